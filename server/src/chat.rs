//! Conversations and turns: the middle of one message's path.
