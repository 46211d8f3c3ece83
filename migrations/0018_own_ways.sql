-- What a person wants models to know in every chat; absent: nothing was ever written.
create table personal_instructions (
    user_id blob primary key not null references user (id) on delete cascade,
    about text not null,
    answering text not null,
    is_on integer not null check (is_on in (0, 1))
) strict, without rowid;

-- What its person says of an answer. Texts are not copied: where they were sent along, they are read
-- where they stand, and go with the message.
create table rating (
    message_id blob primary key not null references message (id) on delete cascade,
    thumb text not null check (thumb in ('up', 'down')),
    reason text check (
        reason in ('incorrect', 'ignored', 'incomplete', 'style', 'refused', 'harmful', 'other')
    ),
    comment text not null, -- empty: none
    with_texts integer not null check (with_texts in (0, 1)), -- question and answer were sent along
    is_imported integer not null check (is_imported in (0, 1)), -- told to other administrators
    day integer not null, -- of the server's time zone, as in `usage_day`
    rated_at integer not null
) strict, without rowid;

create index rating_day on rating (day) where is_imported = 0;
