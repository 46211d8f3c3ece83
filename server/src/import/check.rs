//! What has to hold before a conversation is written.

use std::collections::HashMap;

use hearth_app::model::{
    ImportFault, ImportProblem, MAX_MESSAGE_BYTES, MessageId, MessageStatus, Role, TurnParams,
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    files::{check_files, check_files_version},
    folders::check_place,
    problem::{Problems, problem, within},
    rating,
    shares::check_shares,
};
use crate::{
    chat::{MAX_TITLE_CHARS, check_params},
    export::{ConversationDocument, EXTENDED_VERSION, MessageDocument, SCHEMA, SettingsDocument},
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
    check_header(json, SCHEMA, EXTENDED_VERSION)?;
    let document: ConversationDocument = parse(json)?;
    let mut problems = Problems::default();
    check(&document, &mut problems);
    problems.into_result()?;
    Ok(document)
}

/// Refuses JSON that is something else, or of a later time than this program: `newest` is the last
/// version that is read.
pub(super) fn check_header(json: &[u8], schema: &str, newest: u32) -> Result<(), ImportProblem> {
    let header: Header = serde_json::from_slice(json).map_err(|error| {
        if error.is_data() {
            let schema = schema.to_owned();
            problem("", ImportFault::NotOurs { schema })
        } else {
            let detail = error.to_string();
            problem("", ImportFault::NotJson { detail })
        }
    })?;
    if header.schema.as_ref().and_then(Value::as_str) != Some(schema) {
        let schema = schema.to_owned();
        return Err(problem("schema", ImportFault::NotOurs { schema }));
    }
    let version = header.version.as_ref().and_then(Value::as_u64);
    let is_later = |version| !(1..=u64::from(newest)).contains(&version);
    if version.is_none_or(is_later) {
        let found = header.version.unwrap_or_default().to_string();
        let read = newest;
        return Err(problem(
            "version",
            ImportFault::OtherVersion { found, read },
        ));
    }
    Ok(())
}

/// Reads JSON, naming the place of what does not fit.
pub(super) fn parse<T: for<'de> Deserialize<'de>>(json: &[u8]) -> Result<T, ImportProblem> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let parsed = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let place = place(error.path());
        let detail = error.into_inner().to_string();
        problem(place, ImportFault::Unexpected { detail })
    })?;
    let end = deserializer.end();
    end.map_err(|error| {
        let detail = error.to_string();
        problem("", ImportFault::SomethingFollows { detail })
    })?;
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

pub(super) fn check(document: &ConversationDocument, problems: &mut Problems) {
    let title = document.title.chars().count();
    if let Some(Err(error)) = document.settings.as_ref().map(SettingsDocument::check) {
        problems.push(problem("settings", ImportFault::Refused(error.into())));
    }
    check_place(document, problems);
    rating::check_version(document, problems);
    check_shares(document, problems);
    // A conversation that has settings and no message yet has no title.
    if document.title.trim().is_empty() && !document.messages.is_empty() {
        problems.push(problem("title", ImportFault::Empty));
    } else if title > MAX_TITLE_CHARS {
        let (chars, limit) = (title, MAX_TITLE_CHARS);
        problems.push(problem("title", ImportFault::TooManyChars { chars, limit }));
    }
    if document.messages.len() > MAX_MESSAGES {
        let limit = MAX_MESSAGES;
        return problems.push(problem("messages", ImportFault::TooMany { limit }));
    }
    check_files_version(document, problems);
    let mut roles = HashMap::new();
    for (index, message) in document.messages.iter().enumerate() {
        for found in check_message(message, &roles) {
            problems.push(within(found, &format!("messages/{index}")));
        }
        roles.insert(message.id, message.role);
    }
    if let Some(active) = document.active_message_id
        && !roles.contains_key(&active)
    {
        let fault = ImportFault::NoSuchMessage { id: active };
        problems.push(problem("active_message_id", fault));
    }
    if document.sha256 != document.content_hash() {
        problems.push(problem("sha256", ImportFault::Changed));
    }
}

/// `earlier`: the messages that stand before this one.
fn check_message(
    message: &MessageDocument,
    earlier: &HashMap<MessageId, Role>,
) -> Vec<ImportProblem> {
    let mut problems = Vec::new();
    let mut wrong = |place: &str, fault| problems.push(problem(place, fault));
    if earlier.contains_key(&message.id) {
        wrong("id", ImportFault::Twice { id: message.id });
    }
    let parent = message.parent_id;
    match (parent, parent.map(|id| earlier.get(&id))) {
        (Some(id), Some(None)) => wrong("parent_id", ImportFault::NoParentBefore { id }),
        (_, None | Some(Some(Role::Assistant))) if message.role == Role::Assistant => {
            wrong("parent_id", ImportFault::ParentIsNoQuestion);
        }
        _ => {}
    }
    let limit = match message.role {
        Role::User => MAX_MESSAGE_BYTES,
        Role::Assistant => MAX_ANSWER_BYTES,
    };
    if message.text.len() > limit {
        wrong("text", too_many_bytes(message.text.len(), limit));
    }
    for (place, bytes) in thoughts(message) {
        if bytes > 0 && message.role == Role::User {
            wrong(place, ImportFault::OnlyInAnswers);
        } else if bytes > MAX_ANSWER_BYTES {
            wrong(place, too_many_bytes(bytes, MAX_ANSWER_BYTES));
        }
    }
    if message.role == Role::User && message.status != MessageStatus::Finished {
        wrong("status", ImportFault::NotFinished);
    }
    if let Err(fault) = check_turn_params(message) {
        wrong("params", fault);
    }
    for (place, fault) in rating::faults(message) {
        wrong(place, fault);
    }
    for (place, fault) in check_files(message) {
        wrong(&place, fault);
    }
    for (place, note) in notes(message) {
        let bytes = note.map_or(0, String::len);
        if bytes > MAX_NOTE_BYTES {
            wrong(place, too_many_bytes(bytes, MAX_NOTE_BYTES));
        }
    }
    if message.sha256 != message.content_hash() {
        wrong("sha256", ImportFault::Changed);
    }
    problems
}

pub(super) fn too_many_bytes(bytes: usize, limit: usize) -> ImportFault {
    let (bytes, limit) = (bytes as u64, limit as u64);
    ImportFault::TooManyBytes { bytes, limit }
}

/// How much was thought and done beside the answer, in bytes.
fn thoughts(message: &MessageDocument) -> [(&'static str, usize); 2] {
    let reasoning = message.reasoning.as_ref();
    let steps = message.tool_steps.iter();
    let steps = steps.map(|step| 1 + step.tool.len() + step.input.len() + step.output.len());
    [
        ("reasoning", reasoning.map_or(0, |it| 1 + it.text.len())),
        ("tool_steps", steps.sum()),
    ]
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
fn check_turn_params(message: &MessageDocument) -> Result<(), ImportFault> {
    let params = Value::Object(message.params.clone());
    let params: TurnParams = serde_json::from_value(params).map_err(|error| {
        let detail = error.to_string();
        ImportFault::Unexpected { detail }
    })?;
    check_params(&params).map_err(ImportFault::Refused)
}
