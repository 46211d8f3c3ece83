//! The document that becomes of a conversation of another program.

use hearth_app::model::{
    Brought, ChatProgram, ConversationSettings, ImportProblem, MessageId, MessageStatus, Reasoning,
    Role, ToolStep,
};
use serde_json::Map;

use super::{
    identity::Identity,
    runs::{self, Run, Runs},
    told::{Answer, Node, Part, Told, append, one_line, split_thoughts},
};
use crate::{
    chat,
    export::{ConversationDocument, SettingsDocument, Timestamp},
    import::{check, problem::Problems},
    store::{StoredTree, TreeMessage, TreePlace},
};

/// The question of an answer that nobody asked for.
const NO_QUESTION: &str = "…";
/// A tool whose name is not told.
const NO_NAME: &str = "tool";

/// A conversation of another program, as a document of ours that was checked.
#[derive(Debug)]
pub(in crate::import) struct ForeignConversation {
    pub(in crate::import) document: ConversationDocument,
    left: LeftOut,
}

/// What stays behind, and what is told of the rest.
#[derive(Clone, Copy, Debug, Default)]
struct LeftOut {
    branches: u32,
    pictures: u32,
    files: u32,
    prompts: u32,
}

impl ForeignConversation {
    /// Adds what is told of this one to what is told of others.
    pub(in crate::import) fn count(&self, brought: &mut Brought) {
        let add = |sum: &mut u32, more: u32| *sum = sum.saturating_add(more);
        let num_messages = u32::try_from(self.document.messages.len());
        add(&mut brought.conversations, 1);
        add(&mut brought.messages, num_messages.unwrap_or(u32::MAX));
        add(&mut brought.branches, self.left.branches);
        add(&mut brought.pictures, self.left.pictures);
        add(&mut brought.files, self.left.files);
        add(&mut brought.prompts, self.left.prompts);
    }
}

/// The document of what a program told. `None`: nobody said anything.
///
/// # Errors
/// The first thing that is wrong with it.
pub(super) fn build(
    program: ChatProgram,
    told: &Told,
) -> Result<Option<ForeignConversation>, ImportProblem> {
    let runs = runs::find(&told.nodes, told.shown.as_deref())?;
    let first = told.nodes.iter().find(|node| node.parent.is_none());
    let first = first.or(told.nodes.first()).map(|node| node.id.as_str());
    let named = told.id.as_deref().filter(|id| !id.is_empty());
    let (Some(own), false) = (named.or(first), runs.runs.is_empty()) else {
        return Ok(None);
    };
    let identity = Identity {
        program,
        conversation: own,
    };
    let mut tree = Growth::new(told, &runs, identity).grow();
    let mut left = LeftOut {
        branches: num_leaves(&runs).saturating_sub(1),
        pictures: told.attachments.pictures,
        files: told.attachments.files,
        prompts: 0,
    };
    tree.settings = settings(told, &mut left);
    let document = ConversationDocument::new(tree, Timestamp::from_ms(0));
    let mut problems = Problems::default();
    check::check(&document, &mut problems);
    match problems.named().first() {
        Some(first) => Err(first.clone()),
        None => Ok(Some(ForeignConversation { document, left })),
    }
}

fn num_leaves(runs: &Runs) -> u32 {
    let leaves = is_leaf(&runs.runs).into_iter().filter(|is_leaf| *is_leaf);
    u32::try_from(leaves.count()).unwrap_or(u32::MAX)
}

/// Of each run, whether nothing follows it.
fn is_leaf(runs: &[Run]) -> Vec<bool> {
    let mut is_leaf = vec![true; runs.len()];
    for parent in runs.iter().filter_map(|run| run.parent) {
        is_leaf[parent] = false;
    }
    is_leaf
}

/// Settings that hold here; others would be refused with the whole conversation.
fn settings(told: &Told, left: &mut LeftOut) -> ConversationSettings {
    let prompt = told.system_prompt.as_deref().map(str::trim);
    let mut wanted = SettingsDocument {
        system_prompt: prompt.filter(|it| !it.is_empty()).map(str::to_owned),
        ..SettingsDocument::default()
    };
    if wanted.check().is_err() {
        left.prompts = 1;
        wanted.system_prompt = None;
    }
    let with_temperature = SettingsDocument {
        temperature: told.temperature,
        ..wanted.clone()
    };
    if with_temperature.check().is_ok() {
        wanted = with_temperature;
    }
    let with_top_p = SettingsDocument {
        top_p: told.top_p,
        ..wanted.clone()
    };
    with_top_p
        .check()
        .or_else(|_| wanted.check())
        .unwrap_or_default()
}

/// Messages as they come to stand below each other.
struct Growth<'a> {
    told: &'a Told,
    runs: &'a Runs,
    identity: Identity<'a>,
    /// When the first and the last message was written, of those that say it.
    earliest: Option<i64>,
    latest: Option<i64>,
    /// Of each run so far, the id of its message and the time in that.
    made: Vec<(MessageId, u64)>,
    messages: Vec<TreeMessage>,
}

impl<'a> Growth<'a> {
    fn new(told: &'a Told, runs: &'a Runs, identity: Identity<'a>) -> Self {
        let times = || told.nodes.iter().filter_map(|node| node.time);
        Self {
            told,
            runs,
            identity,
            earliest: times().min(),
            latest: times().max(),
            made: Vec::with_capacity(runs.runs.len()),
            messages: Vec::with_capacity(runs.runs.len()),
        }
    }

    fn grow(mut self) -> StoredTree {
        let (told, runs) = (self.told, self.runs);
        for run in &runs.runs {
            self.add(run);
        }
        let created = told.created.or(self.earliest).unwrap_or_default();
        let updated = told.updated.or(self.latest).unwrap_or(created);
        StoredTree {
            id: self.identity.conversation(),
            title: self.title(),
            active_message: self.shown(),
            created_at: created,
            updated_at: updated,
            settings: ConversationSettings::default(),
            place: TreePlace::default(),
            messages: self.messages,
            shares: Vec::new(),
        }
    }

    fn add(&mut self, run: &Run) {
        let told = self.told;
        let nodes = run.path.iter().filter_map(|place| told.nodes.get(*place));
        let nodes: Vec<&Node> = nodes.collect();
        let last = run.path.last().copied().unwrap_or_default();
        let time = self.runs.times.get(last).copied().flatten();
        let time = time.or(told.created).or(self.earliest).unwrap_or_default();
        let ms = u64::try_from(time).unwrap_or_default();
        let own = nodes.last().map_or("", |node| node.id.as_str());
        let mut above = run.parent.and_then(|parent| self.made.get(parent).copied());
        if above.is_none() && run.role == Role::Assistant {
            let id = self.identity.message(&[own, "question"], ms);
            let mut question = message(id, None, Role::User, time);
            NO_QUESTION.clone_into(&mut question.text);
            self.messages.push(question);
            above = Some((id, ms));
        }
        // A child's id is greater than its parent's.
        let ms = above.map_or(ms, |(_, before)| ms.max(before + 1));
        let id = self.identity.message(&[own], ms);
        let mut message = message(id, above.map(|(id, _)| id), run.role, time);
        match run.role {
            Role::User => message.text = question_text(&nodes),
            Role::Assistant => fill(&mut message, &nodes),
        }
        self.made.push((id, ms));
        self.messages.push(message);
    }

    /// The message that is shown last: as told, or the newest that nothing follows.
    fn shown(&self) -> Option<MessageId> {
        let told = self.runs.shown.and_then(|run| self.made.get(run));
        let leaves = is_leaf(&self.runs.runs).into_iter().zip(&self.made);
        let leaves = leaves.filter_map(|(is_leaf, made)| is_leaf.then_some(made));
        let newest = leaves.max_by_key(|(_, ms)| *ms);
        told.or(newest).map(|(id, _)| *id)
    }

    fn title(&self) -> String {
        let told = one_line(self.told.title.as_deref().unwrap_or_default());
        if !told.is_empty() {
            return told;
        }
        let questions = self.messages.iter().filter(|it| it.role == Role::User);
        let mut texts = questions.map(|message| message.text.as_str());
        let said = texts.find(|text| *text != NO_QUESTION);
        match said.map(chat::title) {
            Some(title) if !title.is_empty() => title,
            _ => self.identity.program.name().to_owned(),
        }
    }
}

fn question_text(nodes: &[&Node]) -> String {
    let mut text = String::new();
    for node in nodes {
        if let Some(Part::Question(more)) = &node.part {
            append(&mut text, more);
        }
    }
    text
}

fn fill(message: &mut TreeMessage, nodes: &[&Node]) {
    let mut whole = Answer::default();
    for node in nodes {
        if let Some(Part::Answer(piece)) = &node.part {
            whole.join(piece);
        }
    }
    let (thoughts, text) = split_thoughts(&whole.text);
    text.clone_into(&mut message.text);
    append(&mut whole.reasoning, thoughts);
    message.reasoning = (!whole.reasoning.is_empty()).then_some(Reasoning {
        text: whole.reasoning,
        duration_ms: whole.reasoning_ms,
    });
    let steps = whole.calls.into_iter().map(|call| named(call.step));
    message.steps = steps.collect();
    message.model_name = whole.model.map(|name| one_line(&name));
    message.finish_reason = whole.finish_reason;
    message.error = whole.error.map(|error| one_line(&error));
    message.status = match (whole.status, &message.error) {
        (Some(status), _) => status,
        (None, Some(_)) => MessageStatus::Failed,
        (None, None) => MessageStatus::Finished,
    };
}

/// The step with a name for its tool.
fn named(mut step: ToolStep) -> ToolStep {
    if step.tool.is_empty() {
        NO_NAME.clone_into(&mut step.tool);
    }
    step
}

/// A message that says nothing yet.
fn message(id: MessageId, parent_id: Option<MessageId>, role: Role, time: i64) -> TreeMessage {
    TreeMessage {
        id,
        parent_id,
        role,
        status: MessageStatus::Finished,
        text: String::new(),
        files: Vec::new(),
        reasoning: None,
        steps: Vec::new(),
        finish_reason: None,
        error: None,
        params: Map::new(),
        model_name: None,
        model_fingerprint: None,
        prompt_tokens: 0,
        completion_tokens: 0,
        time_to_first_token_ms: 0,
        decode_ms: 0,
        rating: None,
        created_at: time,
    }
}
