-- A branch that a person deleted, by its first message, until its last row is gone: what a crash cut
-- off goes on after the next start.
create table removed_branch (
    message_id blob primary key not null,
    conversation_id blob not null references conversation (id) on delete cascade
) strict;

create index removed_branch_conversation on removed_branch (conversation_id);
