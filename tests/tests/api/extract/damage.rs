//! Damaged copies of every format: each is read, or refused, soon.

use std::{fs, time::Duration};

use anyhow::{Result, ensure};
use hearth_server::extract::{ExtractError, Limits};
use hearth_tests::{
    chance::Chance,
    extent::{is_whole, seed},
    foreign_files::{damaged, extractor},
};

use super::{GBK, small_docx, small_pdf, small_xlsx};

/// What happens to a small file happens at once; the rest is for a machine with more to do.
const PATIENCE: Duration = Duration::from_secs(5);

async fn survives(name: &str, file: &[u8]) -> Result<()> {
    let num_copies = if is_whole() { 400 } else { 40 };
    let mut chance = Chance::new(seed(&format!("damaged copies of {name}"), 23)?);
    let extractor = extractor(Limits {
        time: PATIENCE,
        memory_bytes: 256 << 20,
        ..Limits::default()
    })?;
    let place = tempfile::tempdir()?;
    let path = place.path().join("file");
    fs::write(&path, file)?;
    ensure!(
        extractor.extract(&path, name).await.is_ok(),
        "{name}, undamaged"
    );
    let mut num_crashed = 0;
    for number in 0..num_copies {
        let copy = damaged(file, &mut chance)?;
        fs::write(&path, &copy)?;
        match extractor.extract(&path, name).await {
            Err(ExtractError::Crashed | ExtractError::TooMuchMemory) => num_crashed += 1,
            Err(error @ (ExtractError::TooLong | ExtractError::Unavailable)) => {
                anyhow::bail!("{name}, copy {number}: {error}: {copy:?}")
            }
            _ => {}
        }
    }
    // A panic is no harm, and no habit either.
    ensure!(
        num_crashed * 10 <= num_copies,
        "{name}: {num_crashed} of {num_copies} crashed"
    );
    Ok(())
}

#[tokio::test]
async fn damaged_texts_end() -> Result<()> {
    survives("a.txt", &GBK.repeat(50)).await?;
    survives("a.csv", "day,mm\nMon,1.5\n".repeat(50).as_bytes()).await
}

#[tokio::test]
async fn damaged_pages_end() -> Result<()> {
    let page = "<!doctype html><table><tr><td>a<td>b</table><ul><li>c</ul><pre>d</pre>";
    survives("a.html", page.repeat(20).as_bytes()).await
}

#[tokio::test]
async fn damaged_documents_end() -> Result<()> {
    survives("a.docx", &small_docx()?).await
}

#[tokio::test]
async fn damaged_spreadsheets_end() -> Result<()> {
    survives("a.xlsx", &small_xlsx()?).await
}

#[tokio::test]
async fn damaged_pdfs_end() -> Result<()> {
    survives("a.pdf", &small_pdf()).await
}
