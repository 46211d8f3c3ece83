-- Set while an account is being removed: its name is free, nobody enters, its rows go in pieces.
alter table user add column removed_at integer;

-- `deleted_at` of a conversation is the moment at which it went into the trash; 0 means that it is
-- being removed for good, in pieces, and can no longer come back.
create index conversation_deleted on conversation (deleted_at) where deleted_at is not null;

-- Whatever points at a row that is removed has to be found without reading whole tables.
create index message_parent on message (parent_id);
create index idempotency_user_message on idempotency_key (user_message_id);
create index idempotency_assistant_message on idempotency_key (assistant_message_id);
create index audit_user on audit (user_id) where user_id is not null;

-- What the upkeep looks for every hour.
create index idempotency_age on idempotency_key (created_at);
create index export_content_age on export (created_at) where content is not null;

-- The last run of each job of the upkeep.
create table upkeep_job (
    name text primary key not null,
    ran_at integer not null,
    num_removed integer not null, -- by the last run
    total_removed integer not null, -- by all runs
    error text -- absent: the last run did what it had to
) strict, without rowid;
