//! What was asked again and again, and what it should cost at most.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use hearth_tests::web_client::Answer;

/// What was asked again and again.
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    pub(crate) times: Vec<Duration>,
    max_bytes: usize,
    goal_time: Option<Duration>,
    goal_bytes: Option<usize>,
}

impl Measured {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            times: Vec::new(),
            max_bytes: 0,
            goal_time: None,
            goal_bytes: None,
        }
    }

    pub(crate) fn within(self, goal: Duration) -> Self {
        Self {
            goal_time: Some(goal),
            ..self
        }
    }

    pub(crate) fn below(self, goal: usize) -> Self {
        Self {
            goal_bytes: Some(goal),
            ..self
        }
    }

    /// Asks once and notes what it cost.
    pub(crate) async fn ask(
        &mut self,
        asking: impl Future<Output = Result<Answer>>,
    ) -> Result<Answer> {
        let start = Instant::now();
        let answer = asking.await?;
        self.times.push(start.elapsed());
        ensure!(answer.status == 200, "{}: {}", self.name, answer.text());
        self.max_bytes = self.max_bytes.max(answer.body.len());
        Ok(answer)
    }

    pub(crate) fn median(&self) -> Duration {
        let mut times = self.times.clone();
        times.sort();
        times.get(times.len() / 2).copied().unwrap_or_default()
    }

    pub(crate) fn meets_its_goals(&self) -> bool {
        self.goal_time.is_none_or(|goal| self.median() <= goal)
            && self.goal_bytes.is_none_or(|goal| self.max_bytes <= goal)
    }

    pub(crate) fn print(&self) {
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
