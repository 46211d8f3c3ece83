-- Which title or message a row of `search_text` speaks of. Entries made later have higher ids; what
-- was there before there was an index gets lower ones, the newest first.
create table search_entry (
    id integer primary key not null,
    conversation_id blob unique references conversation (id) on delete cascade, -- of a title
    message_id blob unique references message (id) on delete cascade,
    check ((conversation_id is null) <> (message_id is null))
) strict;

-- The words of titles and messages, taken apart by the program, which is all that is kept of them
-- here. `starts` has the beginnings of words and single characters, each once; `scope` says what the
-- text is (`title`, `message`) and, behind that, whose it is.
create virtual table search_text using fts5 (
    words,
    starts,
    scope,
    content = '',
    contentless_delete = 1,
    tokenize = "ascii tokenchars '+#'"
);

-- Entries that went since the index was last written anew: until then it holds their words.
create table search_removal (
    id integer primary key not null check (id = 1),
    num_entries integer not null
) strict;

insert into search_removal (id, num_entries) values (1, 0);

-- What goes, goes out of the index in the same transaction, whoever removes it.
create trigger search_entry_removed after delete on search_entry
begin
    delete from search_text where rowid = old.id;
    update search_removal set num_entries = num_entries + 1;
end;

-- A text that changes is not found by what it was.
create trigger search_title_changed after update of title on conversation
when new.title <> old.title
begin
    delete from search_entry where conversation_id = old.id;
end;

create trigger search_message_changed after update of text on message
when new.text <> old.text
begin
    delete from search_entry where message_id = old.id;
end;

-- How far titles and messages of an older program have been indexed: those with lower ids wait. The
-- row goes when nothing does.
create table search_backlog (
    id integer primary key not null check (id = 1),
    titles_before blob, -- absent: all are done
    messages_before blob not null
) strict;

insert into search_backlog (id, titles_before, messages_before)
select 1, x'ffffffffffffffffffffffffffffffff', x'ffffffffffffffffffffffffffffffff'
where exists (select 1 from conversation);
