-- A name without case and without the ways of writing one letter: no two accounts have the same.
-- The program fills it. It is absent in an account that is being removed, and where an older account
-- had the same before there was this column: such a name is met as it is written, only.
alter table user add column name_key text;
create unique index user_name_key on user (name_key);

-- The speed of a model's last answers.
create index message_speed on message (model_fingerprint, id)
    where completion_tokens > 1 and decode_ms > 0;

-- How long the model had thought when this was recorded, what it continues included.
alter table message_chunk add column reasoning_ms integer not null default 0;
