-- A copy of a chat as it was when its person shared it. It belongs to the chat: nobody reads it while
-- the chat is in the trash, and it goes with the chat.
create table share (
    id blob primary key not null, -- random: it stands in an address that nobody guesses
    user_id blob not null references user (id) on delete cascade,
    conversation_id blob not null references conversation (id) on delete cascade,
    audience text not null check (audience in ('everybody', 'named')), -- of those who are signed in
    title text not null,
    num_messages integer not null,
    created_at integer not null,
    content text not null -- JSON: the messages of the branch that was shown, as exports have them
) strict;

create index share_list on share (user_id, created_at desc);
create index share_conversation on share (conversation_id);

-- Whom a copy is for that is not for everybody.
create table share_reader (
    share_id blob not null references share (id) on delete cascade,
    user_id blob not null references user (id) on delete cascade,
    primary key (share_id, user_id)
) strict, without rowid;

create index share_reader_user on share_reader (user_id);
