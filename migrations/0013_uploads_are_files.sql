-- The content of a file between its preview and its import lies in the folder `uploads` under the id
-- that stands here. What waited in the database before is chosen again: it waits for a day at most.
drop table upload;

-- One for each person.
create table upload (
    user_id blob primary key not null references user (id) on delete cascade,
    id blob not null unique,
    file_name text not null,
    size integer not null, -- bytes
    report text, -- JSON of what the import did; absent: the file waits
    created_at integer not null
) strict;
