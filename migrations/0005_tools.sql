-- What tools did for an answer: one JSON object a line.
alter table message add column tool_steps text not null default '';
alter table message_chunk add column tool_steps text not null default '';
alter table conversation add column calculator integer
    check (calculator in (0, 1)); -- absent: the server's default
