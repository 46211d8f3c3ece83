//! What somebody says of an answer that is not good: a small form above the page. The thumb is
//! counted already, so nothing here has to be filled in.

use leptos::{html, prelude::*};

use super::{ErrorText, Icon, IconName};
use crate::{
    browser,
    model::{ChatError, MAX_COMMENT_CHARS, MessageId, RatingDetails, RatingReason},
    words::{rating_reason, use_locale, words},
};

/// What holds the values of the form while it is open.
#[derive(Clone, Copy)]
struct Inputs {
    form: NodeRef<html::Form>,
    reason: RwSignal<Option<RatingReason>>,
    comment: NodeRef<html::Textarea>,
    with_texts: NodeRef<html::Input>,
}

impl Inputs {
    fn new() -> Self {
        Self {
            form: NodeRef::new(),
            reason: RwSignal::new(None),
            comment: NodeRef::new(),
            with_texts: NodeRef::new(),
        }
    }

    fn empty(self) {
        if let Some(form) = self.form.get_untracked() {
            form.reset();
        }
        self.reason.set(None);
    }

    fn read(self) -> RatingDetails {
        let comment = self.comment.get_untracked().map(|it| it.value());
        let with_texts = self.with_texts.get_untracked();
        RatingDetails {
            reason: self.reason.get_untracked(),
            comment: comment.unwrap_or_default(),
            with_texts: with_texts.is_some_and(|it| it.checked()),
        }
    }
}

/// The dialog; it opens while `rated` names an answer.
#[component]
pub(crate) fn RatingDialog(
    rated: RwSignal<Option<MessageId>>,
    #[prop(into)] error: Signal<Option<ChatError>>,
    on_send: Callback<(MessageId, RatingDetails)>,
) -> impl IntoView {
    let locale = use_locale();
    let dialog = NodeRef::<html::Dialog>::new();
    let inputs = Inputs::new();
    Effect::new(move || {
        let Some(dialog) = dialog.get() else { return };
        if rated.get().is_some() {
            inputs.empty();
            // It fails only for a dialog that is open already.
            let _ = dialog.show_modal();
        } else {
            dialog.close();
        }
    });
    let on_submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if let Some(id) = rated.get_untracked() {
            on_send.run((id, inputs.read()));
        }
    };
    // What was written is put away by a button alone, not by a press or a key too many.
    let is_written = move || !inputs.read().comment.trim().is_empty();
    let on_click = move |event: web_sys::MouseEvent| {
        if browser::pressed_backdrop(&event).is_some() && !is_written() {
            rated.set(None);
        }
    };
    let on_cancel = move |event: web_sys::Event| {
        if is_written() {
            event.prevent_default();
        }
    };
    view! {
        <dialog
            node_ref=dialog
            class="dialog sheet rating-dialog"
            aria-labelledby="rating-title"
            on:click=on_click
            on:cancel=on_cancel
            on:close=move |_| rated.set(None)
        >
            <form node_ref=inputs.form on:submit=on_submit>
                <Head rated/>
                <div class="dialog-body">
                    <Reasons reason=inputs.reason/>
                    <Words inputs/>
                    <ErrorText error/>
                </div>
                <div class="dialog-foot">
                    <button type="submit" class="button primary">
                        {words!(locale, chat.rating.send)}
                    </button>
                </div>
            </form>
        </dialog>
    }
}

#[component]
fn Head(rated: RwSignal<Option<MessageId>>) -> impl IntoView {
    let locale = use_locale();
    view! {
        <div class="dialog-head">
            <h2 id="rating-title">{words!(locale, chat.rating.title)}</h2>
            <button
                type="button"
                class="icon-button"
                title=words!(locale, frame.close)
                aria-label=words!(locale, frame.close)
                on:click=move |_| rated.set(None)
            >
                <Icon name=IconName::Close/>
            </button>
        </div>
    }
}

#[component]
fn Reasons(reason: RwSignal<Option<RatingReason>>) -> impl IntoView {
    let locale = use_locale();
    let choice = move |it: RatingReason| {
        view! {
            <label>
                <input
                    type="radio"
                    name="rating-reason"
                    value=it.as_str()
                    autocomplete="off"
                    on:change=move |_| reason.set(Some(it))
                />
                <span>{rating_reason(locale, it)}</span>
            </label>
        }
    };
    view! {
        <fieldset class="segmented rating-reasons">
            <legend class="visually-hidden">{words!(locale, chat.rating.title)}</legend>
            {RatingReason::ALL.map(choice).into_iter().collect_view()}
        </fieldset>
    }
}

#[component]
fn Words(inputs: Inputs) -> impl IntoView {
    let locale = use_locale();
    view! {
        <div class="field">
            <label for="rating-comment">{words!(locale, chat.rating.comment)}</label>
            <textarea
                id="rating-comment"
                class="input"
                rows="3"
                maxlength=MAX_COMMENT_CHARS.to_string()
                dir="auto"
                autocomplete="off"
                aria-describedby="rating-readers"
                node_ref=inputs.comment
            ></textarea>
        </div>
        <label class="rating-texts">
            <input
                id="rating-texts"
                class="check"
                type="checkbox"
                autocomplete="off"
                node_ref=inputs.with_texts
            />
            <span>{words!(locale, chat.rating.with_texts)}</span>
        </label>
        <p class="hint" id="rating-readers">{words!(locale, chat.rating.who_reads)}</p>
    }
}
