//! What a large database costs: 10,000 conversations of 100,000 messages, 2,000 of them in one.
//!
//! Asked over HTTP on this machine, with a model that answers by itself, so that what is measured
//! is the server; then in Chromium, where somebody types while an answer grows below 2,000
//! messages. `cargo xtask bench --store`.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

mod store {
    pub(crate) mod measured;
    pub(crate) mod page;
    pub(crate) mod server;
}

use std::{process::ExitCode, time::Duration, time::Instant};

use anyhow::Result;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::RunningServer,
    seed::{self, Amount, Seeded},
    speed,
    web_client::WebClient,
};
use store::{measured::Measured, page, server};

const AMOUNT: Amount = Amount {
    conversations: 10_000,
    messages: 100_000,
    longest: 2_000,
};

async fn start(model: ScriptedModel) -> Result<(RunningServer, WebClient, Seeded)> {
    let (server, ada) = RunningServer::start(model).await?;
    let start = Instant::now();
    let seeded = seed::fill(&server.database(), "Ada", AMOUNT).await?;
    println!("{AMOUNT:?} in {:.1} s", start.elapsed().as_secs_f64());
    Ok((server, ada, seeded))
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let quick = ScriptedModel::new(vec!["Very well.".to_owned()]);
    let (running, ada, seeded) = start(quick).await?;
    let begun = Instant::now();
    running.upkeep_in_days(0).await;
    println!("indexed in {:.1} s", begun.elapsed().as_secs_f64());
    let mut all = server::measure(&ada, &seeded).await?;
    running.shut_down().await;

    let slow = ScriptedModel::new(vec![speed::long_answer()]);
    let slow = slow.with_token_delay(Duration::from_millis(5));
    let (running, _ada, seeded) = start(slow).await?;
    all.extend(page::measure(&running, &seeded).await?);
    running.shut_down().await;

    println!(
        "\n{:<44} {:>9} {:>9} {:>10}  goal",
        "", "median ms", "worst ms", "most bytes"
    );
    all.iter().for_each(Measured::print);
    let is_good = all.iter().all(Measured::meets_its_goals);
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
