//! `hearth model list`, `verify` and `remove`, beside a running server and without one.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use anyhow::Result;
use hearth_tests::{command::hearth, running_server::RunningServer};
use serde_json::Value;

fn tiny_model() -> PathBuf {
    let golden = "../engine/tests/golden/gpt-oss-tiny-chat/model-bf16.gguf";
    Path::new(env!("CARGO_MANIFEST_DIR")).join(golden)
}

/// A data folder with a whole model, half of one, and the beginning of another.
fn data() -> Result<tempfile::TempDir> {
    let data = tempfile::tempdir()?;
    let models = data.path().join("models");
    fs::create_dir(&models)?;
    let whole = fs::read(tiny_model())?;
    fs::write(models.join("whole.gguf"), &whole)?;
    fs::write(models.join("half.gguf"), &whole[..whole.len() / 2])?;
    fs::write(models.join("begun.gguf.part"), b"GG")?;
    Ok(data)
}

#[tokio::test]
async fn the_list_says_what_can_be_used_and_what_would_be() -> Result<()> {
    let data = data()?;
    let listed = hearth(data.path(), &["model", "list", "--json"], "").await?;
    let listed: Vec<Value> = serde_json::from_str(&listed.text()?)?;
    let told: Vec<_> = listed
        .iter()
        .map(|it| (it["name"].as_str(), it["condition"].as_str()))
        .collect();
    let expected = [
        (Some("begun.gguf"), Some("incomplete")),
        (Some("half.gguf"), Some("damaged")),
        (Some("whole.gguf"), Some("sound")),
    ];
    assert_eq!(told, expected);
    assert_eq!(listed[2]["architecture"], "gpt-oss");
    // Without any other word the first one by name is taken, whatever it is.
    assert_eq!(listed[1]["chosen"], true);
    let text = hearth(data.path(), &["model", "list"], "").await?.text()?;
    assert!(
        text.contains("whole.gguf") && text.contains("gpt-oss"),
        "{text}"
    );
    let problem = listed[1]["problem"].as_str().unwrap_or_default();
    assert!(problem.contains("half.gguf"), "{problem}");
    Ok(())
}

#[tokio::test]
async fn verifying_fails_for_what_cannot_be_used_and_names_it() -> Result<()> {
    let data = data()?;
    let all = hearth(data.path(), &["model", "verify"], "").await?;
    assert!(!all.is_success, "{all:?}");
    for line in [
        "FAIL  begun.gguf: not complete",
        "FAIL  half.gguf: ",
        "ok    whole.gguf: gpt-oss, sound in structure; no checksums were recorded",
    ] {
        assert!(all.stdout.contains(line), "{line}: {}", all.stdout);
    }
    let one = ["model", "verify", "whole.gguf"];
    hearth(data.path(), &one, "").await?.text()?;
    let none = ["model", "verify", "../whole.gguf"];
    let none = hearth(data.path(), &none, "").await?.refusal()?;
    assert!(none.contains("hearth model list"), "{none}");
    Ok(())
}

#[tokio::test]
async fn what_is_removed_is_gone_and_what_would_follow_is_said() -> Result<()> {
    let data = data()?;
    let models = data.path().join("models");
    let told = hearth(data.path(), &["model", "remove", "half.gguf"], "").await?;
    let told = told.text()?;
    assert!(told.contains("half.gguf is removed"), "{told}");
    assert!(told.contains("whole.gguf"), "the next start: {told}");
    assert!(!models.join("half.gguf").exists());
    let begun = ["model", "remove", "begun.gguf"];
    hearth(data.path(), &begun, "").await?.text()?;
    assert!(!models.join("begun.gguf.part").exists());
    for odd in ["nothing.gguf", "../hearth.db", "/etc/passwd", ""] {
        let words = ["model", "remove", odd];
        hearth(data.path(), &words, "").await?.refusal()?;
    }
    assert!(models.join("whole.gguf").exists());
    Ok(())
}

#[tokio::test]
async fn the_model_of_a_running_server_stays() -> Result<()> {
    let (server, _ada) = RunningServer::start_file(tiny_model()).await?;
    let models = server.database().with_file_name("models");
    // By another name it is the same model.
    symlink(fs::canonicalize(tiny_model())?, models.join("in-use.gguf"))?;
    fs::write(models.join("other.gguf"), b"GGUF")?;
    let data = server.database();
    let data = data.parent().unwrap_or(Path::new("."));
    let text = hearth(data, &["model", "list"], "").await?.text()?;
    assert!(text.contains("* in-use.gguf"), "{text}");
    let remove = ["model", "remove", "in-use.gguf"];
    let refused = hearth(data, &remove, "").await?.refusal()?;
    let address = server.base_url().trim_start_matches("http://");
    assert!(refused.contains(address), "{refused}");
    assert!(models.join("in-use.gguf").exists());
    let other = ["model", "remove", "other.gguf"];
    hearth(data, &other, "").await?.text()?;
    assert!(!models.join("other.gguf").exists());
    Ok(())
}
