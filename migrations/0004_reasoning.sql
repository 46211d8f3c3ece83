-- What a model thought before it answered: shown folded, never part of the answer or of a prompt.
alter table message add column reasoning text; -- absent: the model does not reason, or did not
alter table message add column reasoning_ms integer not null default 0; -- how long it took
alter table message_chunk add column reasoning text not null default '';
alter table conversation add column reasoning_effort text
    check (reasoning_effort in ('low', 'medium', 'high')); -- absent: the server's default
