//! What has to hold before a conversation is written.

use std::collections::HashMap;

use hearth_app::model::{MessageId, MessageStatus, Role, TurnParams, message::MAX_MESSAGE_BYTES};
use serde::Deserialize;
use serde_json::Value;

use super::problem::{Problem, Problems};
use crate::{
    chat::{MAX_TITLE_CHARS, check_params},
    export::{ConversationDocument, MessageDocument, SCHEMA, SettingsDocument, VERSION},
};

/// Most messages of one conversation.
const MAX_MESSAGES: usize = 100_000;
/// Longest answer in bytes; more than any context window writes.
const MAX_ANSWER_BYTES: usize = 8 << 20;
/// Longest error sentence, name of a model, or fingerprint, in bytes.
const MAX_NOTE_BYTES: usize = 4096;

/// What tells our documents from others, read before the rest.
#[derive(Deserialize)]
struct Header {
    schema: Option<Value>,
    version: Option<Value>,
}

/// Reads a document and checks it.
pub(super) fn read(json: &[u8]) -> Result<ConversationDocument, Problems> {
    check_header(json, SCHEMA, VERSION)?;
    let document: ConversationDocument = parse(json)?;
    let mut problems = Problems::default();
    check(&document, &mut problems);
    problems.into_result()?;
    Ok(document)
}

/// Refuses JSON that is something else, or of another time.
pub(super) fn check_header(json: &[u8], schema: &str, version: u32) -> Result<(), Problem> {
    let header: Header = serde_json::from_slice(json).map_err(|error| {
        if error.is_data() {
            Problem::new("", format!("this is not a {schema} document: {error}"))
        } else {
            Problem::new("", format!("this is not JSON: {error}"))
        }
    })?;
    if header.schema.as_ref().and_then(Value::as_str) != Some(schema) {
        let message = format!("is not {schema:?}: this file was not made by Hearth");
        return Err(Problem::new("schema", message));
    }
    if header.version != Some(Value::from(version)) {
        let found = header.version.unwrap_or_default();
        let message = format!("is {found}; this server reads version {version}");
        return Err(Problem::new("version", message));
    }
    Ok(())
}

/// Reads JSON, naming the place of what does not fit.
pub(super) fn parse<T: for<'de> Deserialize<'de>>(json: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let parsed = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let place = place(error.path());
        Problem::new(place, error.into_inner().to_string())
    })?;
    let end = deserializer.end();
    end.map_err(|error| Problem::new("", format!("something follows the document: {error}")))?;
    Ok(parsed)
}

fn place(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let segments = path.iter().map(|segment| match segment {
        Segment::Seq { index } => index.to_string(),
        Segment::Map { key } => key.clone(),
        Segment::Enum { variant } => variant.clone(),
        Segment::Unknown => "?".to_owned(),
    });
    segments.collect::<Vec<_>>().join("/")
}

fn check(document: &ConversationDocument, problems: &mut Problems) {
    let title = document.title.chars().count();
    if let Some(Err(reason)) = document.settings.as_ref().map(SettingsDocument::check) {
        problems.push(Problem::new("settings", reason));
    }
    // A conversation that has settings and no message yet has no title.
    if document.title.trim().is_empty() && !document.messages.is_empty() {
        problems.push(Problem::new("title", "is empty"));
    } else if title > MAX_TITLE_CHARS {
        let message = format!("has {title} characters, at most {MAX_TITLE_CHARS} are accepted");
        problems.push(Problem::new("title", message));
    }
    if document.messages.len() > MAX_MESSAGES {
        let message = format!("are more than {MAX_MESSAGES}");
        return problems.push(Problem::new("messages", message));
    }
    let mut roles = HashMap::new();
    for (index, message) in document.messages.iter().enumerate() {
        for problem in check_message(message, &roles) {
            problems.push(problem.within(&format!("messages/{index}")));
        }
        roles.insert(message.id, message.role);
    }
    if let Some(active) = document.active_message_id
        && !roles.contains_key(&active)
    {
        let message = format!("there is no message {active}");
        problems.push(Problem::new("active_message_id", message));
    }
    if document.sha256 != document.content_hash() {
        problems.push(Problem::new("sha256", CHANGED));
    }
}

const CHANGED: &str = "does not fit the content: it was changed or damaged after the export";

/// `earlier`: the messages that stand before this one.
fn check_message(message: &MessageDocument, earlier: &HashMap<MessageId, Role>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut wrong = |place: &str, text: String| problems.push(Problem::new(place, text));
    if earlier.contains_key(&message.id) {
        wrong("id", format!("{} stands here twice", message.id));
    }
    match (
        message.parent_id,
        message.parent_id.map(|id| earlier.get(&id)),
    ) {
        (Some(parent), Some(None)) => {
            wrong(
                "parent_id",
                format!("no message {parent} stands before this one"),
            );
        }
        (_, None | Some(Some(Role::Assistant))) if message.role == Role::Assistant => {
            wrong(
                "parent_id",
                "an answer needs a person's message as its parent".to_owned(),
            );
        }
        _ => {}
    }
    let limit = match message.role {
        Role::User => MAX_MESSAGE_BYTES,
        Role::Assistant => MAX_ANSWER_BYTES,
    };
    if message.text.len() > limit {
        let bytes = message.text.len();
        wrong(
            "text",
            format!("has {bytes} bytes, at most {limit} are accepted"),
        );
    }
    if message.role == Role::User && message.status != MessageStatus::Finished {
        wrong("status", "a person's message is always finished".to_owned());
    }
    if let Err(reason) = check_turn_params(message) {
        wrong("params", reason);
    }
    for (place, note) in notes(message) {
        if note.is_some_and(|note| note.len() > MAX_NOTE_BYTES) {
            wrong(place, format!("has more than {MAX_NOTE_BYTES} bytes"));
        }
    }
    if message.sha256 != message.content_hash() {
        wrong("sha256", CHANGED.to_owned());
    }
    problems
}

fn notes(message: &MessageDocument) -> [(&'static str, Option<&String>); 3] {
    let model = message.model.as_ref();
    [
        ("error", message.error.as_ref()),
        ("model/name", model.and_then(|model| model.name.as_ref())),
        (
            "model/fingerprint",
            model.and_then(|model| model.fingerprint.as_ref()),
        ),
    ]
}

/// Settings that no turn could have had would fail each later turn.
fn check_turn_params(message: &MessageDocument) -> Result<(), String> {
    let params = Value::Object(message.params.clone());
    let params: TurnParams = serde_json::from_value(params).map_err(|error| error.to_string())?;
    check_params(&params)
}
