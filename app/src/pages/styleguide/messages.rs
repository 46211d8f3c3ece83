//! Questions and answers, what was thought before them, and how their text is set.

use std::fmt::Write as _;

use leptos::prelude::*;
use uuid::Uuid;

use super::{
    MarkdownRenderer,
    specimen::{Specimen, Stage},
};
use crate::{
    components::{DayLine, Editing, MessageView, StepsView},
    model::{
        AttachedFile, FileId, FinishReason, LocalDate, LocalTime, Message, MessageId,
        MessageStatus, Notice, Provenance, Reasoning, Role, ToolStep, TurnError, Usage, UserId,
        WaitState,
    },
    pages::attached_files,
    transcript::ShownMessage,
    words::{Locale, words},
};

/// Enough to be numbered and folded.
const NUM_LONG_LINES: usize = 34;

const CODE: &str = "/// Adds one.\nfn add_one(x: u32) -> u32 {\n    let label = \"a string that is \
    long enough to need a scroll bar where the screen is narrow\";\n    x + 1 // and a comment\n}\n";

/// A message in a column of text.
fn specimen(name: &'static str, message: ShownMessage) -> Specimen {
    column(name, message, None)
}

/// The same; one that is edited has a box in its place.
fn column(name: &'static str, message: ShownMessage, edited: Option<MessageId>) -> Specimen {
    Specimen::new(name, Stage::Column, move || {
        let message = RwSignal::new(message);
        let on_command = Callback::new(|_| ());
        let is_busy = message.with_untracked(ShownMessage::is_running);
        let editing = Editing::new(UserId::new(Uuid::nil()), None);
        editing.question.set(edited);
        view! {
            <div class="transcript-content">
                <MessageView message is_busy editing on_command/>
            </div>
        }
        .into_any()
    })
}

/// Every state of a question and of an answer.
pub(super) fn messages(locale: Locale, render: MarkdownRenderer) -> Vec<Specimen> {
    let text = words!(locale, styleguide.sample.text);
    let question = question(words!(locale, styleguide.sample.question));
    let versions = versions(question.id);
    let edited = ShownMessage {
        versions: versions.clone(),
        ..question.clone()
    };
    let answer = answer(render(text));
    let with = |status: MessageStatus| ShownMessage {
        status,
        ..answer.clone()
    };
    let again = ShownMessage {
        versions,
        ..answer.clone()
    };
    let long = ShownMessage {
        finish_reason: Some(FinishReason::Length),
        notice: Some(Notice::TurnsLeftOut(12)),
        ..answer.clone()
    };
    let failed = ShownMessage {
        error: Some(TurnError::TimeUp),
        ..with(MessageStatus::Failed)
    };
    let mut specimens = vec![
        specimen("message [data-role=user]", question.clone()),
        specimen("attachments", with_file(&question)),
        column("question-editor", question.clone(), Some(question.id)),
        specimen("version-switch", edited),
        specimen("message [data-role=assistant]", answer.clone()),
        specimen("message-info", answer.clone()).open(),
        specimen("version-switch, message-footer", again),
        specimen("message-note, message-notice", long),
        specimen("message-note, stopped", with(MessageStatus::Stopped)),
        specimen(
            "message-note, interrupted",
            with(MessageStatus::Interrupted),
        ),
        specimen("message-note failed", failed),
    ];
    specimens.extend(running(text));
    specimens.extend(days());
    specimens
}

/// A question with a file beside it.
fn with_file(question: &ShownMessage) -> ShownMessage {
    let file = AttachedFile {
        id: FileId::new(Uuid::from_u128(3)),
        name: "flour-and-time.pdf".to_owned(),
        kind: "pdf".to_owned(),
        size: 1 << 20,
        num_pages: Some(22),
        num_tokens: Some(9120),
        is_cut: false,
        is_whole: true,
    };
    ShownMessage {
        files: attached_files(&[file]),
        ..question.clone()
    }
}

/// What stands above the first message of a day.
fn days() -> [Specimen; 2] {
    let today = message(Role::User, 1).time.date();
    let line = |name: &'static str, date: LocalDate| {
        Specimen::new(name, Stage::Column, move || {
            let id = MessageId::new(Uuid::from_u128(1));
            let days = Signal::stored(vec![(id, date)]);
            view! { <DayLine id days today=Signal::stored(today)/> }.into_any()
        })
    };
    let last_year = LocalDate {
        year: today.year - 1,
        ..today
    };
    [line("day, today", today), line("day", last_year)]
}

/// An answer on its way, from the queue to its last words.
fn running(text: &'static str) -> [Specimen; 5] {
    let empty = ShownMessage {
        status: MessageStatus::Running,
        usage: None,
        provenance: None,
        ..answer(Vec::new())
    };
    let waiting = |state: WaitState| ShownMessage {
        waiting: Some(state),
        ..empty.clone()
    };
    let queued = WaitState::Queued {
        ahead: 2,
        seconds: Some(20),
    };
    let writing = ShownMessage {
        pending: format!("<p>{text}</p>"),
        ..empty.clone()
    };
    let lost = ShownMessage {
        is_lost: true,
        ..writing.clone()
    };
    [
        specimen("message-note waiting, queued", waiting(queued)),
        specimen(
            "message-note waiting, reading",
            waiting(WaitState::ReadingPrompt { percent: 41 }),
        ),
        specimen("message-note waiting", empty.clone()),
        specimen("message [data-running]", writing),
        specimen("message [data-lost]", lost),
    ]
}

/// What was thought and calculated.
pub(super) fn steps(locale: Locale) -> Vec<Specimen> {
    let thought = words!(locale, styleguide.sample.thought);
    let finished = ShownMessage {
        reasoning: Some(Reasoning {
            text: thought.to_owned(),
            duration_ms: 12_000,
        }),
        steps: vec![
            step("8 * 1.5", "12", false),
            step("8 / 0", "division by zero", true),
        ],
        ..answer(vec![String::new()])
    };
    let thinking = ShownMessage {
        status: MessageStatus::Running,
        blocks: Vec::new(),
        ..finished.clone()
    };
    let show = |name, message: ShownMessage| {
        Specimen::new(name, Stage::Column, move || {
            let message = RwSignal::new(message);
            view! { <StepsView message/> }.into_any()
        })
    };
    vec![
        show("steps [data-thinking]", thinking),
        show("steps", finished.clone()),
        show("steps [open], step-tool", finished).unfolded(),
    ]
}

fn step(input: &str, output: &str, has_failed: bool) -> ToolStep {
    ToolStep {
        tool: ToolStep::CALCULATOR.to_owned(),
        input: input.to_owned(),
        output: output.to_owned(),
        has_failed,
        reasoning_bytes: None,
    }
}

/// Everything that Markdown can do.
pub(super) fn answers(locale: Locale, render: MarkdownRenderer) -> Vec<Specimen> {
    let mut code = format!("```rust\n{CODE}```\n\n```rust\n");
    for number in 1..=NUM_LONG_LINES {
        // Writing into a string cannot fail.
        let _ = writeln!(code, "let line_{number} = {number};");
    }
    code.push_str("```\n");
    vec![
        specimen("answer, prose", answer(render(&prose(locale)))),
        specimen("alert", answer(render(&alerts(locale)))),
        specimen("code-block, numbered, code-more", answer(render(&code))),
    ]
}

fn prose(locale: Locale) -> String {
    let title = words!(locale, styleguide.sample.title);
    let text = words!(locale, styleguide.sample.text);
    let strong = words!(locale, styleguide.sample.strong);
    let item = words!(locale, styleguide.sample.item);
    let task = words!(locale, styleguide.sample.task);
    let wood = words!(locale, styleguide.sample.wood);
    let hours = words!(locale, styleguide.sample.hours);
    let oak = words!(locale, styleguide.sample.oak);
    let birch = words!(locale, styleguide.sample.birch);
    format!(
        "# {title}\n\n{text}\n\n## {title}\n\n**{strong}**, *{strong}*, ~~{strong}~~, `{oak}`, \
         [{title}](https://example.org), $x^2 + y^2 = z^2$[^1].\n\n### {title}\n\n- {item}\n  \
         - {item}\n- {task}\n\n1. {item}\n2. {task}\n\n#### {title}\n\n- [x] {item}\n- [ ] {task}\n\n\
         > {text}\n\n| {wood} | {hours} |\n|:---|---:|\n| {oak} | 8 |\n| {birch} | 5 |\n\n\
         $$\\int_0^1 x^2 \\, dx = \\frac{{1}}{{3}}$$\n\n---\n\n<details>\n<summary>{title}</summary>\
         \n\n{text}\n\n</details>\n\n[^1]: {strong}\n"
    )
}

fn alerts(locale: Locale) -> String {
    let text = words!(locale, styleguide.sample.strong);
    let kinds = ["NOTE", "TIP", "IMPORTANT", "WARNING", "CAUTION"];
    let alerts = kinds.map(|kind| format!("> [!{kind}]\n> {text}\n"));
    alerts.join("\n")
}

fn question(text: &str) -> ShownMessage {
    ShownMessage {
        text: text.to_owned(),
        ..message(Role::User, 3)
    }
}

/// A finished answer with all its facts.
pub(super) fn answer(blocks: Vec<String>) -> ShownMessage {
    ShownMessage {
        blocks,
        finish_reason: Some(FinishReason::Stop),
        usage: Some(Usage {
            prompt_tokens: 412,
            completion_tokens: 96,
            time_to_first_token_ms: 180,
            tokens_per_second: 41.5,
        }),
        provenance: Some(Provenance {
            model: Some("SmolLM2-135M-Instruct".to_owned()),
            sampling: "temperature 0.7, top-p 0.95".to_owned(),
            seed: "20261129".to_owned(),
        }),
        ..message(Role::Assistant, 4)
    }
}

/// An empty one that is finished.
fn message(role: Role, number: u128) -> ShownMessage {
    let id = MessageId::new(Uuid::from_u128(number));
    let time = LocalTime {
        year: 2026,
        month: 11,
        day: 29,
        hour: 22,
        minute: 40,
    };
    ShownMessage::new(Message::empty(id, role, time))
}

/// It is the second of three.
fn versions(id: MessageId) -> Vec<MessageId> {
    let other = |number: u128| MessageId::new(Uuid::from_u128(number));
    vec![other(5), id, other(6)]
}
