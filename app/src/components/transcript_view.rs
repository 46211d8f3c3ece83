//! The messages of a conversation: the only part of the page that scrolls.

use leptos::{html, prelude::*};

use super::{Icon, IconName, MessageCommand, MessageView};
use crate::{
    browser::{self, Follower},
    model::MessageId,
    transcript::ShownMessage,
    words,
};

/// All messages. `message_of` finds the state of one by its id.
#[component]
pub(crate) fn TranscriptView(
    #[prop(into)] ids: Signal<Vec<MessageId>>,
    message_of: Callback<MessageId, Option<RwSignal<ShownMessage>>>,
    #[prop(into)] is_busy: Signal<bool>,
    on_command: Callback<MessageCommand>,
    /// A code block was copied, or not.
    on_copied: Callback<bool>,
) -> impl IntoView {
    let container = NodeRef::<html::Div>::new();
    let content = NodeRef::<html::Div>::new();
    let follower = StoredValue::new_local(None::<Follower>);
    let (is_away, set_away) = signal(false);
    Effect::new(move || {
        if let (Some(container), Some(content)) = (container.get(), content.get()) {
            follower.set_value(Some(Follower::new(container.into(), &content)));
        }
    });
    // A new last message is one's own, a new answer or another conversation: show it.
    Effect::new(move |last: Option<Option<MessageId>>| {
        let newest = ids.read().last().copied();
        if last.is_some_and(|last| last != newest) {
            follower.with_value(|it| {
                if let Some(it) = it {
                    it.pin()
                }
            });
        }
        newest
    });
    let on_scroll = move |_| {
        let shown = is_away.get_untracked();
        let show = follower.with_value(|it| it.as_ref().is_some_and(|it| it.scrolled(shown)));
        if show != shown {
            set_away.set(show);
        }
    };
    let to_bottom = move |_| {
        follower.with_value(|it| {
            if let Some(it) = it {
                it.pin()
            }
        })
    };
    let row = move |id| {
        let message = message_of.run(id)?;
        Some(view! { <MessageView message is_busy on_command/> })
    };
    view! {
        <div class="transcript" node_ref=container on:scroll=on_scroll>
            <div
                class="transcript-content"
                role="log"
                aria-live="off"
                aria-label=words::MESSAGES
                node_ref=content
                on:click=move |event| copy_code(&event, on_copied)
            >
                <For each=move || ids.get() key=|id| *id children=row/>
            </div>
        </div>
        <div class="to-bottom">
            {move || is_away.get().then(|| view! {
                <button
                    type="button"
                    class="icon-button raised"
                    title=words::TO_BOTTOM
                    aria-label=words::TO_BOTTOM
                    on:click=to_bottom
                >
                    <Icon name=IconName::Down/>
                </button>
            })}
        </div>
    }
}

/// Copy buttons of code blocks come with the server's HTML; one listener serves them all.
fn copy_code(event: &web_sys::Event, on_copied: Callback<bool>) {
    let Some((button, code)) = browser::read_code(event) else {
        return;
    };
    let is_copied = browser::copy_text(&code);
    on_copied.run(is_copied);
    let label = button.text_content();
    button.set_text_content(Some(if is_copied {
        words::COPIED
    } else {
        words::NOT_COPIED
    }));
    leptos::task::spawn_local(async move {
        browser::sleep(std::time::Duration::from_secs(2)).await;
        button.set_text_content(label.as_deref());
    });
}
