//! Files without a text for us, and children that come to a bad end: each is an error of its own.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Result, ensure};
use hearth_server::extract::{ExtractError, Extractor, Limits};
use hearth_tests::foreign_files::{PdfPage, docx, extractor, large_zip, locked_pdf, pdf};
use tokio::{process::Command, time::Instant};

use super::{read, read_within};

const MIB: usize = 1 << 20;

fn container(stream: &str) -> Vec<u8> {
    let mut bytes = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    bytes.resize(4096, 0);
    let name: Vec<u8> = stream.encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes[1024..1024 + name.len()].copy_from_slice(&name);
    bytes
}

#[tokio::test]
async fn a_file_without_text_says_what_it_is() -> Result<()> {
    let cases: [(&str, Vec<u8>, ExtractError); 14] = [
        ("a.txt", b"\xff\xd8\xff\xe0".to_vec(), ExtractError::Picture),
        (
            "a.heic",
            b"\0\0\0\x18ftypheic".to_vec(),
            ExtractError::Picture,
        ),
        ("a.mp3", b"ID3\x04\0\0".to_vec(), ExtractError::Sound),
        ("a.mp4", b"\0\0\0\x18ftypisom".to_vec(), ExtractError::Video),
        ("a.zip", large_zip("a.txt", 10)?, ExtractError::Archive),
        ("a.gz", b"\x1f\x8b\x08\0".to_vec(), ExtractError::Archive),
        ("a.doc", container("WordDocument"), ExtractError::OldFormat),
        ("a.rtf", b"{\\rtf1 words}".to_vec(), ExtractError::OldFormat),
        (
            "a.xlsx",
            container("EncryptedPackage"),
            ExtractError::Encrypted,
        ),
        ("a.pdf", locked_pdf(), ExtractError::Encrypted),
        ("a.txt", Vec::new(), ExtractError::Empty),
        ("a.txt", b" \n ".to_vec(), ExtractError::Empty),
        ("a.pdf", pdf(&[PdfPage::Drawn]), ExtractError::NoText),
        (
            "a.bin",
            b"\x7fELF\x02\x01\x01\0\0\0\0".to_vec(),
            ExtractError::NoText,
        ),
    ];
    for (name, bytes, expected) in cases {
        assert_eq!(read(name, &bytes).await?, Err(expected), "{name}");
    }
    assert_eq!(read("a.docx", &docx("")?).await?, Err(ExtractError::NoText));
    for (name, bytes) in [
        ("a.pdf", b"%PDF-1.7 and no more".to_vec()),
        ("a.docx", b"PK\x03\x04 and no more".to_vec()),
        ("b.docx", docx("<w:p></w:tbl>")?),
    ] {
        let found = read(name, &bytes).await?;
        assert!(
            matches!(found, Err(ExtractError::Damaged(_))),
            "{name}: {found:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn what_is_too_large_is_not_read_and_not_unpacked() -> Result<()> {
    let limits = Limits {
        max_bytes: 1000,
        ..Limits::default()
    };
    let long = [b'a'; 1001];
    let found = read_within(limits.clone(), "a.txt", &long).await?;
    assert_eq!(found, Err(ExtractError::TooLarge));
    ensure!(read_within(limits, "a.txt", &long[1..]).await?.is_ok());
    for name in ["word/document.xml", "xl/workbook.xml", "xl/workbook.bin"] {
        let bomb = large_zip(name, 160 * MIB)?;
        ensure!(bomb.len() < MIB, "{} bytes", bomb.len());
        let limits = Limits {
            memory_bytes: 128 << 20,
            ..Limits::default()
        };
        let found = read_within(limits, "a.docx", &bomb).await?;
        assert_eq!(found, Err(ExtractError::TooLarge), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn a_child_has_no_more_memory_than_it_may() -> Result<()> {
    let limits = Limits {
        memory_bytes: 96 << 20,
        ..Limits::default()
    };
    // The file has room, but not twice.
    let text = vec![b'a'; 60 * MIB];
    let found = read_within(limits, "a.txt", &text).await?;
    assert_eq!(found, Err(ExtractError::TooMuchMemory));
    ensure!(read("a.txt", &text).await?.is_ok_and(|it| it.is_cut));
    Ok(())
}

#[tokio::test]
async fn a_child_that_takes_too_long_is_ended() -> Result<()> {
    let place = tempfile::tempdir()?;
    let path = place.path().join("pipe");
    let made = Command::new("mkfifo").arg(&path).status().await?;
    ensure!(made.success(), "mkfifo: {made}");
    let limits = Limits {
        time: Duration::from_secs(1),
        ..Limits::default()
    };
    let begun = Instant::now();
    // Nobody writes into it.
    let found = extractor(limits)?.extract(&path, "a.txt").await;
    assert_eq!(found, Err(ExtractError::TooLong));
    ensure!(begun.elapsed() < Duration::from_secs(5));
    Ok(())
}

#[tokio::test]
async fn a_fault_of_ours_is_none_of_the_file() -> Result<()> {
    let place = tempfile::tempdir()?;
    let path = place.path().join("file");
    let nothing = extractor(Limits::default())?.extract(&path, "a.txt").await;
    assert_eq!(nothing, Err(ExtractError::Unavailable));
    fs::write(&path, "words")?;
    let nobody = Extractor::new(place.path().join("nobody"), Limits::default());
    let found = nobody.extract(&path, "a.txt").await;
    assert_eq!(found, Err(ExtractError::Unavailable));
    // It says something else than we speak.
    let stranger = Extractor::new(PathBuf::from("/bin/echo"), Limits::default());
    let found = stranger.extract(&path, "a.txt").await;
    assert_eq!(found, Err(ExtractError::Crashed));
    Ok(())
}
