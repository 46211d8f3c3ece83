//! Files of other programs, read by the real program in children of its own.

mod damage;
mod ends;

use std::{fs, process::Output};

use anyhow::{Context as _, Result, ensure};
use hearth_server::extract::{ExtractError, Extracted, FileKind, Limits};
use hearth_tests::{
    foreign_files::{PdfPage, docx, extractor, pdf, xlsx},
    program::binary,
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

/// A text in GB18030, and what it says.
const GBK: &[u8] =
    b"\xce\xaa\xc1\xcb\xb9\xe6\xb7\xb6\xca\xfd\xbe\xdd\xb5\xc4\xca\xb9\xd3\xc3\xa3\xac\
    \xb1\xa3\xbb\xa4\xb8\xf6\xc8\xcb\xb5\xc4\xc8\xa8\xc0\xfb\xa3\xac\xb8\xf9\xbe\xdd\
    \xd3\xd0\xb9\xd8\xb9\xe6\xb6\xa8\xa3\xac\xd6\xc6\xb6\xa8\xb1\xbe\xb0\xec\xb7\xa8\
    \xa1\xa3";
const GBK_TEXT: &str = "为了规范数据的使用，保护个人的权利，根据有关规定，制定本办法。";

/// What is read of bytes that are called so.
async fn read(name: &str, bytes: &[u8]) -> Result<Result<Extracted, ExtractError>> {
    read_within(Limits::default(), name, bytes).await
}

async fn read_within(
    limits: Limits,
    name: &str,
    bytes: &[u8],
) -> Result<Result<Extracted, ExtractError>> {
    let place = tempfile::tempdir()?;
    let path = place.path().join("0198c0de");
    fs::write(&path, bytes)?;
    Ok(extractor(limits)?.extract(&path, name).await)
}

/// `hearth extract` with these words behind it, about a file with this content.
async fn command(words: &[&str], content: &[u8]) -> Result<Output> {
    let place = TempDir::new()?;
    fs::write(place.path().join("file"), content)?;
    let mut command = Command::new(binary()?);
    command.arg("extract").args(words).current_dir(place.path());
    Ok(command.output().await?)
}

fn small_docx() -> Result<Vec<u8>> {
    docx(
        "<w:p><w:pPr><w:pStyle w:val=\"1\"/></w:pPr><w:r><w:t>雨</w:t></w:r></w:p>\
         <w:p><w:pPr><w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"1\"/></w:numPr></w:pPr>\
         <w:r><w:t>first</w:t><w:footnoteReference w:id=\"2\"/></w:r></w:p>\
         <w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r>\
         <w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl>\
         <w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>",
    )
}

fn small_xlsx() -> Result<Vec<u8>> {
    xlsx(&[
        ("Rain", &[&["day", "mm"], &["Mon, early", "1.5"]]),
        ("雨", &[&["三"]]),
    ])
}

fn small_pdf() -> Vec<u8> {
    pdf(&[
        PdfPage::Latin("It is raining (a lot).\nStill."),
        PdfPage::Numbered("第一章 总则\n雨 rain"),
        PdfPage::UniGb("根据有关规定"),
        PdfPage::Gbk(GBK),
    ])
}

#[tokio::test]
async fn every_kind_of_file_is_read() -> Result<()> {
    let markdown = "# Rain\n\n- one\n";
    let page = "<!doctype html><title>Rain</title><p>It is <b>raining</b>.<script>no()</script>";
    let document = "# 雨\n\n1. first[^2]\n\n| a | b |\n| --- | --- |\n\n[^2]: a note\n";
    let sheets = "## Rain\n\nday,mm\n\"Mon, early\",1.5\n\n## 雨\n\n三\n";
    let cases: [(&str, Vec<u8>, FileKind, &str); 10] = [
        ("a.txt", b"one\r\ntwo".to_vec(), FileKind::Text, "one\ntwo"),
        ("你好.txt", GBK.to_vec(), FileKind::Text, GBK_TEXT),
        ("a.md", markdown.into(), FileKind::Markdown, markdown),
        (
            "main.rs",
            b"fn main() {}".to_vec(),
            FileKind::Code,
            "fn main() {}",
        ),
        (
            "a.csv",
            b"a,b\n1,2\n".to_vec(),
            FileKind::Table,
            "a,b\n1,2\n",
        ),
        (
            "a.json",
            b"{\"a\": 1}".to_vec(),
            FileKind::Json,
            "{\"a\": 1}",
        ),
        (
            "page",
            page.into(),
            FileKind::Html,
            "Rain\n\nIt is raining.\n",
        ),
        ("a.docx", small_docx()?, FileKind::Document, document),
        ("a.xlsx", small_xlsx()?, FileKind::Spreadsheet, sheets),
        // Names go behind bytes.
        ("a.png", small_xlsx()?, FileKind::Spreadsheet, sheets),
    ];
    for (name, bytes, kind, text) in cases {
        let read = read(name, &bytes).await?.context(name)?;
        assert_eq!((read.kind, read.text.as_str()), (kind, text), "{name}");
        assert!(!read.is_cut, "{name}");
        let num_pages = (kind == FileKind::Spreadsheet).then_some(2);
        assert_eq!(read.num_pages, num_pages, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn pages_of_a_pdf_are_told_apart_in_latin_and_in_chinese() -> Result<()> {
    let read = read("a.pdf", &small_pdf())
        .await?
        .context("it has a text")?;
    let expected = format!(
        "--- page 1 ---\nIt is raining (a lot).\nStill.\n\n\
         --- page 2 ---\n第一章 总则\n雨 rain\n\n\
         --- page 3 ---\n根据有关规定\n\n\
         --- page 4 ---\n{GBK_TEXT}\n"
    );
    assert_eq!(read.text, expected);
    assert_eq!((read.kind, read.num_pages), (FileKind::Pdf, Some(4)));
    let limits = Limits {
        max_pages: 2,
        ..Limits::default()
    };
    let read = read_within(limits, "a.pdf", &small_pdf()).await?;
    let read = read.context("it has a text")?;
    assert!(read.is_cut);
    assert_eq!(read.num_pages, Some(4));
    assert!(read.text.ends_with("雨 rain\n"), "{}", read.text);
    Ok(())
}

#[tokio::test]
async fn a_long_text_is_cut_at_a_whole_character() -> Result<()> {
    let limits = Limits {
        max_text_bytes: 1000,
        ..Limits::default()
    };
    // Each end of a line is two bytes in JSON.
    let lines = "雨\n\"\\".repeat(1000);
    let read = read_within(limits, "a.txt", lines.as_bytes()).await?;
    let read = read.context("it has a text")?;
    assert!(read.is_cut && lines.starts_with(&read.text));
    assert!((997..=1000).contains(&read.text.len()));
    Ok(())
}

#[tokio::test]
async fn a_name_may_hold_anything() -> Result<()> {
    for name in [
        "--json",
        "a\0b.md",
        "\u{1b}[2J\n.md",
        "-",
        "雨/../x.md",
        "",
        "a.\0",
    ] {
        let read = read(name, b"# Rain").await?.context("it is a text")?;
        let is_markdown = name.contains(".md");
        let expected = if is_markdown {
            FileKind::Markdown
        } else {
            FileKind::Text
        };
        assert_eq!(read.kind, expected, "{name:?}");
    }
    Ok(())
}

#[tokio::test]
async fn many_files_at_once_wait_for_each_other() -> Result<()> {
    let place = tempfile::tempdir()?;
    let path = place.path().join("file");
    fs::write(&path, small_pdf())?;
    let extractor = extractor(Limits::default())?;
    let all = (0..12).map(|_| extractor.extract(&path, "a.pdf"));
    for read in futures::future::join_all(all).await {
        assert_eq!(read.context("it has a text")?.num_pages, Some(4));
    }
    Ok(())
}

#[tokio::test]
async fn the_command_prints_the_text_or_the_reason() -> Result<()> {
    let text = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let told = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();

    let done = command(&["file"], b"# Rain").await?;
    assert_eq!(
        (done.status.code(), text(&done).as_str()),
        (Some(0), "# Rain\n")
    );
    let done = command(&["--json", "--name", "a.md", "file"], b"# Rain").await?;
    let answer: Value = serde_json::from_slice(&done.stdout)?;
    let expected = serde_json::json!({
        "kind": "markdown", "text": "# Rain", "num_pages": null, "is_cut": false,
    });
    assert_eq!(answer, expected);
    let done = command(&["--max-text-bytes", "3", "file"], b"# Rain").await?;
    assert_eq!(text(&done), "# R\n");
    assert!(told(&done).contains("there is more"), "{}", told(&done));

    let picture = b"\x89PNG\r\n\x1a\n";
    let done = command(&["file"], picture).await?;
    assert_eq!(done.status.code(), Some(3));
    assert!(told(&done).contains("this is a picture"), "{}", told(&done));
    let done = command(&["--json", "file"], picture).await?;
    assert_eq!(
        (done.status.code(), text(&done).as_str()),
        (Some(3), "{\"error\":\"picture\"}\n")
    );
    let done = command(&["elsewhere"], b"").await?;
    assert_eq!(done.status.code(), Some(1));
    assert!(told(&done).contains("elsewhere"), "{}", told(&done));
    assert_eq!(command(&[], b"").await?.status.code(), Some(2));
    Ok(())
}

#[tokio::test]
async fn the_text_can_go_into_a_file() -> Result<()> {
    let place = tempfile::tempdir()?;
    let (from, to) = (place.path().join("from"), place.path().join("to"));
    fs::write(&from, "words\n")?;
    let mut command = Command::new(binary()?);
    command
        .arg("extract")
        .arg(&from)
        .stdout(fs::File::create(&to)?);
    let status = command.status().await?;
    ensure!(status.success(), "{status}");
    assert_eq!(fs::read_to_string(&to)?, "words\n");
    Ok(())
}
