-- Ids are UUIDv7 blobs, times integer milliseconds UTC.

create table user (
    id blob primary key not null,
    name text not null unique collate nocase,
    password_hash text not null,
    role text not null check (role in ('user', 'administrator')),
    disabled integer not null default 0,
    created_at integer not null
) strict;

create table session (
    token_hash blob primary key not null, -- sha256 of the cookie
    user_id blob not null references user (id) on delete cascade,
    user_agent text not null,
    created_at integer not null,
    last_seen_at integer not null,
    expires_at integer not null
) strict;

create index session_user on session (user_id);

create table conversation (
    id blob primary key not null,
    user_id blob not null references user (id) on delete cascade,
    title text not null,
    active_message_id blob, -- leaf of the branch that is shown
    created_at integer not null,
    updated_at integer not null,
    deleted_at integer -- hidden, and removed for good some time later
) strict;

create index conversation_list on conversation (user_id, deleted_at, updated_at desc);

create table message (
    id blob primary key not null,
    conversation_id blob not null references conversation (id) on delete cascade,
    parent_id blob references message (id),
    role text not null check (role in ('user', 'assistant')),
    status text not null check (status in ('running', 'finished', 'stopped', 'interrupted', 'failed')),
    text text not null,
    finish_reason text check (finish_reason in ('stop', 'length')),
    error text,
    params text not null, -- JSON of the turn's settings, seed included
    prompt_token_ids blob, -- little-endian u32; with the fingerprint they make Continue exact
    token_ids blob, -- ids of the answer so far
    model_name text,
    model_fingerprint text,
    prompt_tokens integer not null default 0,
    completion_tokens integer not null default 0,
    time_to_first_token_ms integer not null default 0,
    decode_ms integer not null default 0,
    created_at integer not null
) strict;

create index message_tree on message (conversation_id, parent_id, id);
create index message_unfinished on message (status) where status = 'running';

-- What the recorder wrote of a running answer; folded into the message at its end.
create table message_chunk (
    message_id blob not null references message (id) on delete cascade,
    seq integer not null,
    text text not null,
    token_ids blob not null,
    primary key (message_id, seq)
) strict, without rowid;

create table idempotency_key (
    user_id blob not null references user (id) on delete cascade,
    key blob not null,
    user_message_id blob not null references message (id) on delete cascade,
    assistant_message_id blob not null references message (id) on delete cascade,
    created_at integer not null,
    primary key (user_id, key)
) strict, without rowid;
