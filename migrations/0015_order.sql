-- What people put together. Two names are one as those of accounts are: the program fills the key.
create table folder (
    id blob primary key not null,
    user_id blob not null references user (id) on delete cascade,
    name text not null,
    name_key text not null,
    instructions text, -- for chats that have none of their own; absent: none
    created_at integer not null
) strict;

create unique index folder_name on folder (user_id, name_key);

alter table conversation add column folder_id blob references folder (id) on delete set null;
alter table conversation add column pinned_at integer; -- absent: not at the top of the list
alter table conversation add column archived_at integer; -- absent: not in the archive
alter table conversation add column unread integer not null default 0
    check (unread in (0, 1)); -- an answer has ended since its person saw it last

-- Each list is one range of one index: what is used most, the top, a folder, the archive.
create index conversation_recent on conversation (user_id, updated_at desc, id desc)
    where deleted_at is null
        and archived_at is null
        and pinned_at is null
        and folder_id is null;
create index conversation_pinned on conversation (user_id, pinned_at desc, id desc)
    where pinned_at is not null and archived_at is null and deleted_at is null;
create index conversation_archived on conversation (user_id, updated_at desc, id desc)
    where archived_at is not null and deleted_at is null;
-- Also what finds the chats of a folder that is removed.
create index conversation_folder
    on conversation (folder_id, deleted_at, archived_at, pinned_at, updated_at desc, id desc)
    where folder_id is not null;

-- The folder that an imported conversation goes into, by the key of its name.
alter table import_staged add column folder_key text;
