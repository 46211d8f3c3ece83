-- Whether a conversation is still called after the first line of its first message: then the model may
-- give it a title. A title that a person gave, or that came with an import, stays.
alter table conversation add column awaits_title integer not null default 0
    check (awaits_title in (0, 1));

create index conversation_awaits_title on conversation (updated_at desc) where awaits_title = 1;
