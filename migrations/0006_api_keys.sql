-- Keys with which programs ask in a person's name.
create table api_key (
    id blob primary key not null,
    user_id blob not null references user (id) on delete cascade,
    name text not null, -- what its person calls it
    key_hash blob not null unique, -- sha256 of the key, which is kept nowhere
    ending text not null, -- last characters, to tell keys apart
    created_at integer not null,
    last_used_at integer -- up to a minute ago; absent: never
) strict;

create index api_key_list on api_key (user_id, id desc);
