-- What people add to their messages: each content once for its person, and for each text that was
-- read of it.
create table file (
    id blob primary key not null,
    user_id blob not null references user (id) on delete cascade,
    sha256 blob not null, -- of the content
    kind text not null, -- how it was read: pdf, markdown, code and so on
    size integer not null, -- bytes
    is_cut integer not null check (is_cut in (0, 1)), -- there is more text in it than `text`
    is_whole integer not null default 0 check (is_whole in (0, 1)), -- all of its pieces are there
    num_pages integer, -- absent: it has none
    num_tokens integer, -- of `text`, for the model of that time; absent: nobody counted
    created_at integer not null,
    text text not null -- what was read of it
) strict;

create index file_content on file (user_id, sha256, kind);

-- The content, half a MiB a piece: a file is written, given away and removed in short steps.
create table file_piece (
    file_id blob not null references file (id) on delete cascade,
    seq integer not null,
    content blob not null,
    primary key (file_id, seq)
) strict;

-- A file beside a message, or on its way to one. The file goes some time after its last one.
create table attachment (
    id blob primary key not null,
    user_id blob not null references user (id) on delete cascade,
    file_id blob not null references file (id) on delete cascade,
    message_id blob references message (id) on delete cascade, -- absent: it was not sent yet
    position integer not null, -- among those of its message
    name text not null,
    name_words text not null, -- the name, taken apart as texts are for the index, between spaces
    created_at integer not null
) strict;

create index attachment_message on attachment (message_id, position)
    where message_id is not null;
create index attachment_file on attachment (file_id);
create index attachment_list on attachment (user_id, created_at desc);
create index attachment_unsent on attachment (created_at) where message_id is null;
