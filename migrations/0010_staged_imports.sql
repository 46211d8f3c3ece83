-- An import that is under way. Its rows are put aside in short transactions; one decides that they
-- count.
create table import (
    id blob primary key not null,
    user_id blob not null unique references user (id) on delete cascade,
    state text not null check (state in ('running', 'decided', 'dead')),
    renewed_at integer not null -- when rows were last put aside; one that fell silent is dead
) strict;

-- What an import put aside: a conversation whose `deleted_at` is 0, out of everybody's reach. It
-- becomes the target itself, or gives its messages to the target.
create table import_staged (
    id integer primary key not null,
    import_id blob not null references import (id) on delete cascade,
    conversation_id blob unique references conversation (id) on delete cascade, -- absent: no message
    target_id blob not null,
    source_id blob, -- the target's
    hidden_at integer, -- since when the target was in the trash
    active_message_id blob, -- what the imported side shows
    updated_at integer not null -- and since when
) strict;

create index import_staged_import on import_staged (import_id);
create index import_staged_target on import_staged (target_id);
