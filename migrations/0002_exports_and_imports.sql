-- What was exported. The content of an archive of everything is not kept, and that of other
-- exports goes after some time; the row stays until somebody deletes it.
create table export (
    id blob primary key not null,
    user_id blob not null references user (id) on delete cascade,
    scope text not null check (scope in ('conversation', 'all')),
    format text not null check (format in ('markdown', 'json', 'text', 'html', 'zip')),
    conversation_id blob references conversation (id) on delete set null,
    file_name text not null,
    sha256 blob not null, -- of the content
    size integer not null, -- bytes
    content blob,
    created_at integer not null
) strict;

create index export_list on export (user_id, id desc);
create index export_conversation on export (conversation_id) where conversation_id is not null;

-- A file between its preview and its import: one per user.
create table upload (
    user_id blob primary key not null references user (id) on delete cascade,
    id blob not null unique,
    file_name text not null,
    content blob, -- gone once it is imported
    report text, -- JSON of what the import did
    created_at integer not null
) strict;

-- The id in the imported file, where somebody else's row had it already.
alter table conversation add column source_id blob;
alter table message add column source_id blob;

create unique index conversation_source on conversation (user_id, source_id)
    where source_id is not null;
create unique index message_source on message (conversation_id, source_id)
    where source_id is not null;
