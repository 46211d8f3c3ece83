//! Blocks of answers that are complete, so that opening a conversation renders them once.

use std::{
    mem::size_of,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use hashlink::LruCache;
use hearth_app::model::MessageId;

use crate::markdown;

/// Most bytes kept. Beyond, what was not asked for the longest time is forgotten, and made again
/// when it is asked for.
const MAX_BYTES: usize = 32 << 20;
/// What an answer takes beside its blocks, and a block beside its HTML; about.
const ENTRY_BYTES: usize = 128;

/// Rendered answers by message.
#[derive(Debug)]
pub(super) struct RenderedAnswers {
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    answers: LruCache<MessageId, RenderedAnswer>,
    num_bytes: usize,
    max_bytes: usize,
}

#[derive(Debug)]
struct RenderedAnswer {
    /// An answer only ever grows: its length tells whether it is still the same.
    text_bytes: usize,
    /// Set by whoever asked first; others wait for that.
    blocks: Arc<OnceLock<Vec<String>>>,
    /// 0 until the blocks are there.
    num_bytes: usize,
}

impl Default for RenderedAnswers {
    fn default() -> Self {
        Self::new(MAX_BYTES)
    }
}

impl RenderedAnswers {
    fn new(max_bytes: usize) -> Self {
        let kept = Kept {
            answers: LruCache::new_unbounded(),
            num_bytes: 0,
            max_bytes,
        };
        Self {
            kept: Mutex::new(kept),
        }
    }

    /// The blocks of an answer. Renders it, or waits while another thread does.
    pub(super) fn blocks(&self, message: MessageId, text: &str) -> Vec<String> {
        self.blocks_by(message, text, |text| {
            markdown::render_answer(&message.to_string(), text)
        })
    }

    fn blocks_by(
        &self,
        message: MessageId,
        text: &str,
        render: impl FnOnce(&str) -> Vec<String>,
    ) -> Vec<String> {
        let place = self.lock().place(message, text.len());
        let blocks = place.get_or_init(|| {
            let blocks = render(text);
            self.lock().weigh(message, &place, &blocks);
            blocks
        });
        blocks.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // A panic in the middle of a change leaves at most a wrong sum.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Where the blocks of an answer of that length are, or are to be.
    fn place(&mut self, message: MessageId, text_bytes: usize) -> Arc<OnceLock<Vec<String>>> {
        if let Some(answer) = self.answers.get(&message)
            && answer.text_bytes == text_bytes
        {
            return Arc::clone(&answer.blocks);
        }
        let blocks = Arc::default();
        let answer = RenderedAnswer {
            text_bytes,
            blocks: Arc::clone(&blocks),
            num_bytes: 0,
        };
        let old = self.answers.insert(message, answer);
        self.num_bytes -= old.map_or(0, |old| old.num_bytes);
        blocks
    }

    /// Counts an answer that was just rendered, and forgets what is too much.
    fn weigh(&mut self, message: MessageId, place: &Arc<OnceLock<Vec<String>>>, blocks: &[String]) {
        let html = blocks.iter().map(|block| block.len() + size_of::<String>());
        let num_bytes = ENTRY_BYTES + html.sum::<usize>();
        match self.answers.get_mut(&message) {
            Some(answer) if Arc::ptr_eq(&answer.blocks, place) => answer.num_bytes = num_bytes,
            // The answer went on while this one was rendered, or was forgotten.
            _ => return,
        }
        self.num_bytes += num_bytes;
        while self.num_bytes > self.max_bytes {
            let Some((_, oldest)) = self.answers.remove_lru() else {
                return;
            };
            self.num_bytes -= oldest.num_bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use uuid::Uuid;

    use super::*;

    fn id() -> MessageId {
        MessageId::new(Uuid::now_v7())
    }

    #[test]
    fn an_answer_that_went_on_is_rendered_again() {
        let rendered = RenderedAnswers::default();
        let id = id();
        assert_eq!(rendered.blocks(id, "one"), [r#"<p dir="auto">one</p>"#]);
        assert_eq!(
            rendered.blocks(id, "one two"),
            [r#"<p dir="auto">one two</p>"#]
        );
        assert_eq!(
            rendered.blocks(id, "one two"),
            [r#"<p dir="auto">one two</p>"#]
        );
    }

    #[test]
    fn what_was_not_asked_for_the_longest_time_is_forgotten_first() {
        let block = "b".repeat(1000);
        let rendered = RenderedAnswers::new(2 * (1000 + size_of::<String>() + ENTRY_BYTES));
        let num_rendered = Cell::new(0);
        let ask = |id| {
            let blocks = rendered.blocks_by(id, "text", |_| {
                num_rendered.set(num_rendered.get() + 1);
                vec![block.clone()]
            });
            assert_eq!(blocks, [block.as_str()]);
            num_rendered.get()
        };
        let (one, two, three) = (id(), id(), id());
        assert_eq!((ask(one), ask(two), ask(one)), (1, 2, 2));
        // The third takes the place of the second, which waited longer than the first.
        assert_eq!((ask(three), ask(one), ask(two)), (3, 3, 4));
        let kept = rendered.lock();
        assert!(kept.num_bytes <= kept.max_bytes);
    }

    #[test]
    fn an_answer_that_is_too_long_to_keep_is_shown() {
        let rendered = RenderedAnswers::new(100);
        let id = id();
        for _ in 0..2 {
            assert_eq!(rendered.blocks(id, "one"), [r#"<p dir="auto">one</p>"#]);
        }
        assert_eq!(rendered.lock().num_bytes, 0);
    }

    #[test]
    fn who_asks_at_the_same_time_waits_for_the_same_blocks() {
        let rendered = RenderedAnswers::default();
        let id = id();
        let num_rendered = std::sync::atomic::AtomicUsize::new(0);
        let ask = || {
            rendered.blocks_by(id, "text", |_| {
                num_rendered.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                std::thread::sleep(std::time::Duration::from_millis(20));
                vec!["<p>text</p>".to_owned()]
            })
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(ask(), ["<p>text</p>"]));
            }
        });
        assert_eq!(num_rendered.into_inner(), 1);
    }
}
