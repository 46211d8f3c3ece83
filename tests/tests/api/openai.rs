//! Laws of the OpenAI-compatible API, asked by a program with a key.

mod chat;
mod completions;
mod disconnecting;
mod errors;
mod formats;
mod keys;
mod limits;
mod load;
mod operation;
mod streaming;
mod tools;

use anyhow::Result;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    api_client::ApiClient,
    running_server::{RunningServer, save_setting},
    web_client::WebClient,
};

const CHAT: &str = "/v1/chat/completions";
const COMPLETIONS: &str = "/v1/completions";

/// A server whose model gives this answer, Ada, and a program of hers.
async fn start(answer: &str) -> Result<(RunningServer, WebClient, ApiClient)> {
    start_with(ScriptedModel::new(vec![answer.to_owned()])).await
}

async fn start_with(model: ScriptedModel) -> Result<(RunningServer, WebClient, ApiClient)> {
    let (server, ada) = RunningServer::start(model).await?;
    let program = ApiClient::of(&server, &ada).await?;
    until_ready(&program).await?;
    Ok((server, ada, program))
}

async fn until_ready(program: &ApiClient) -> Result<()> {
    let patience = std::time::Duration::from_secs(30);
    hearth_tests::deadline::eventually("the model is loaded", patience, async || {
        Ok((program.get("/health").await?.status == 200).then_some(()))
    })
    .await
}

/// Changes a server setting.
async fn set(ada: &WebClient, name: &str, value: &str) -> Result<()> {
    Ok(save_setting(ada, name.parse()?, value).await??)
}
