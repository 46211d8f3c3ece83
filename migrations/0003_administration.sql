-- What an administrator chose. A setting without a row has its default.
create table setting (
    name text primary key not null,
    value text not null,
    version integer not null, -- counts changes: of two who save at once, the second is told
    changed_at integer not null
) strict, without rowid;

-- The model file an administrator switched to; without a row the configuration decides.
create table chosen_model (
    id integer primary key not null check (id = 1),
    file text not null -- a name in the models folder
) strict;

-- Who changed what. Names are copied: an entry outlives the account it speaks of.
create table audit (
    id blob primary key not null,
    user_id blob references user (id) on delete set null,
    user_name text not null,
    action text not null,
    subject text not null, -- a setting, an account, a model
    old text not null,
    new text not null,
    created_at integer not null
) strict;

-- Links with which a person chooses a password, once.
create table one_time_link (
    token_hash blob primary key not null,
    user_id blob not null unique references user (id) on delete cascade,
    created_at integer not null,
    expires_at integer not null
) strict;

-- Tokens computed for a person. Kept apart from messages, which may be deleted.
create table usage_day (
    user_id blob not null references user (id) on delete cascade,
    day integer not null, -- days since 1970-01-01, UTC
    num_turns integer not null,
    prompt_tokens integer not null,
    completion_tokens integer not null,
    primary key (user_id, day)
) strict, without rowid;

-- What a conversation's own settings are; null is the server's default.
alter table conversation add column system_prompt text;
alter table conversation add column temperature real;
alter table conversation add column top_p real;
alter table conversation add column max_tokens integer;
