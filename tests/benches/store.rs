//! What a large database costs: 10,000 conversations of 100,000 messages, 2,000 of them in one.
//!
//! Asked over HTTP on this machine, with a model that answers by itself, so that what is measured
//! is the server. `cargo xtask bench --store`.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::{ConversationId, ConversationPage, StartedTurn};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{RunningServer, new_key},
    seed::{self, Amount, Seeded},
    web_client::{Answer, WebClient},
};

const AMOUNT: Amount = Amount {
    conversations: 10_000,
    messages: 100_000,
    longest: 2_000,
};
const ROUNDS: usize = 31;
/// Of the list and of the way of a message; the median counts.
const MAX_TIME: Duration = Duration::from_millis(50);
/// Of a page, uncompressed, with the values for hydration.
const MAX_PAGE_BYTES: usize = 400_000;

/// What was asked again and again.
struct Measured {
    name: &'static str,
    times: Vec<Duration>,
    max_bytes: usize,
    goal_time: Option<Duration>,
    goal_bytes: Option<usize>,
}

impl Measured {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            times: Vec::new(),
            max_bytes: 0,
            goal_time: None,
            goal_bytes: None,
        }
    }

    fn within(self, goal: Duration) -> Self {
        Self {
            goal_time: Some(goal),
            ..self
        }
    }

    fn below(self, goal: usize) -> Self {
        Self {
            goal_bytes: Some(goal),
            ..self
        }
    }

    /// Asks once and notes what it cost.
    async fn ask(&mut self, asking: impl Future<Output = Result<Answer>>) -> Result<Answer> {
        let start = Instant::now();
        let answer = asking.await?;
        self.times.push(start.elapsed());
        ensure!(answer.status == 200, "{}: {}", self.name, answer.text());
        self.max_bytes = self.max_bytes.max(answer.body.len());
        Ok(answer)
    }

    fn median(&self) -> Duration {
        let mut times = self.times.clone();
        times.sort();
        times.get(times.len() / 2).copied().unwrap_or_default()
    }

    fn meets_its_goals(&self) -> bool {
        self.goal_time.is_none_or(|goal| self.median() <= goal)
            && self.goal_bytes.is_none_or(|goal| self.max_bytes <= goal)
    }

    fn print(&self) {
        let worst = self.times.iter().max().copied().unwrap_or_default();
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        let time_goal = self.goal_time.map(|goal| format!("{:.0} ms", ms(goal)));
        let size_goal = self.goal_bytes.map(|goal| format!("{goal} bytes"));
        let goal = time_goal.or(size_goal).unwrap_or_default();
        let verdict = if self.meets_its_goals() {
            ""
        } else {
            "  MISSED"
        };
        println!(
            "{:<44} {:>9.1} {:>9.1} {:>10}  {goal}{verdict}",
            self.name,
            ms(self.median()),
            ms(worst),
            self.max_bytes,
        );
    }
}

async fn list(ada: &WebClient) -> Result<[Measured; 2]> {
    let mut first = Measured::new("the first page of the list").within(MAX_TIME);
    let mut deep = Measured::new("every tenth page of the list, to its end").within(MAX_TIME);
    for _ in 0..ROUNDS {
        first.ask(ada.call_raw("conversations", &[])).await?;
    }
    let mut after = Vec::new();
    for number in 0_usize.. {
        let asking = ada.call_raw("conversations", &after);
        let answer = if number % 10 == 9 {
            deep.ask(asking).await?
        } else {
            asking.await?
        };
        let page: ConversationPage = answer.outcome()??;
        let last = page.conversations.last().context("a page with rows")?;
        after = vec![
            ("after[updated_at]", last.updated_at.to_string()),
            ("after[id]", last.id.to_string()),
        ];
        if !page.has_more {
            break;
        }
    }
    Ok([first, deep])
}

/// The way of a message: until its answer begins.
async fn send(ada: &WebClient, name: &'static str, to: ConversationId) -> Result<Measured> {
    let mut sent = Measured::new(name).within(MAX_TIME);
    for _ in 0..ROUNDS {
        let fields = [
            ("conversation", to.to_string()),
            ("text", "How are you?".to_owned()),
            ("key", new_key().to_string()),
        ];
        let answer = sent.ask(ada.call_raw("send_message", &fields)).await?;
        let turn: StartedTurn = answer.outcome()??;
        let message = turn.assistant_message;
        let cursor = message.cursor.context("a running answer")?;
        ada.tail(message.id, cursor).await?.to_end().await?;
    }
    Ok(sent)
}

async fn open(ada: &WebClient, seeded: &Seeded) -> Result<[Measured; 3]> {
    let id = seeded.conversations.first().context("conversations")?;
    let middle = seeded.branch.get(1000).context("messages")?;
    let (path, earlier) = (format!("/c/{id}"), format!("/c/{id}?before={middle}"));
    let mut page = Measured::new("the page of 2,000 messages").below(MAX_PAGE_BYTES);
    let mut before = Measured::new("its page of earlier messages").below(MAX_PAGE_BYTES);
    let mut state = Measured::new("whether it changed").within(MAX_TIME);
    for _ in 0..ROUNDS {
        page.ask(ada.get(&path)).await?;
        before.ask(ada.get(&earlier)).await?;
        let fields = [("id", id.to_string())];
        state
            .ask(ada.call_raw("conversation_state", &fields))
            .await?;
    }
    Ok([page, before, state])
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let model = ScriptedModel::new(vec!["Very well.".to_owned()]);
    let (server, ada) = RunningServer::start(model).await?;
    let start = Instant::now();
    let seeded = seed::fill(&server.database(), "Ada", AMOUNT).await?;
    println!("{AMOUNT:?} in {:.1} s\n", start.elapsed().as_secs_f64());
    let (long, short) = (seeded.conversations[0], seeded.conversations[5000]);
    let mut all = Vec::from(open(&ada, &seeded).await?);
    all.extend(list(&ada).await?);
    all.push(send(&ada, "a message sent to 10 messages", short).await?);
    all.push(send(&ada, "a message sent to 2,000 messages", long).await?);
    println!(
        "{:<44} {:>9} {:>9} {:>10}  goal",
        "", "median ms", "worst ms", "most bytes"
    );
    all.iter().for_each(Measured::print);
    server.shut_down().await;
    let is_good = all.iter().all(Measured::meets_its_goals);
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
