-- Pages of the list begin after a conversation's place in it: when it was last used, then its id.
drop index conversation_list;
create index conversation_list on conversation (user_id, deleted_at, updated_at desc, id desc);
