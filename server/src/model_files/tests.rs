use std::process::Command;

use super::*;

/// The beginning of a GGUF file with so many tensors and pairs, and what follows.
fn gguf(version: u32, num_tensors: u64, num_pairs: u64, rest: &[u8]) -> Vec<u8> {
    let mut bytes = b"GGUF".to_vec();
    bytes.extend(version.to_le_bytes());
    bytes.extend(num_tensors.to_le_bytes());
    bytes.extend(num_pairs.to_le_bytes());
    bytes.extend(rest);
    bytes
}

fn text(value: &str) -> Vec<u8> {
    let mut bytes = (value.len() as u64).to_le_bytes().to_vec();
    bytes.extend(value.as_bytes());
    bytes
}

/// A pair of a key and a text.
fn pair(key: &str, value: &str) -> Vec<u8> {
    [text(key), 8_u32.to_le_bytes().to_vec(), text(value)].concat()
}

/// An entry of the tensor table, of one dimension and F32.
fn tensor(name: &str, length: u64, offset: u64) -> Vec<u8> {
    let mut bytes = text(name);
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend(offset.to_le_bytes());
    bytes
}

/// A file with one tensor of eight numbers, and so many bytes of them.
fn small(num_bytes: usize) -> Vec<u8> {
    let head = [
        pair("general.architecture", "llama"),
        tensor("output.weight", 8, 0),
    ];
    let mut file = gguf(3, 1, 1, &head.concat());
    file.resize(file.len().next_multiple_of(32) + num_bytes, 0);
    file
}

fn only(folder: &Path) -> FoundModel {
    let mut found = models(folder);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[test]
fn whole_models_and_beginnings_are_found_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let place = folder.path().join(name);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, bytes).unwrap();
    };
    put("a.gguf", &small(32));
    put("b.gguf.part", b"12345");
    put(".c.part/model.safetensors.part", b"123");
    put(".a.gguf.checksums", b"[]");
    put("notes.txt", b"1");
    put("notes.txt.part", b"1");
    put("pictures/a.png", b"1");
    let found = models(folder.path());
    let told: Vec<_> = found
        .iter()
        .map(|it| (it.name.as_str(), it.num_bytes(), it.condition().as_str()))
        .collect();
    let size = small(32).len() as u64;
    assert_eq!(
        told,
        [
            ("a.gguf", size, "sound"),
            ("b.gguf", 5, "incomplete"),
            ("c", 3, "incomplete"),
        ]
    );
    let architecture = "llama".to_owned();
    assert_eq!(found[0].condition(), Condition::Sound { architecture });
    assert!(models(&folder.path().join("nowhere")).is_empty());
}

#[test]
fn hostile_files_are_damaged_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("model.gguf");
    let whole = small(32);
    let mut overflowing = small(32);
    let at = overflowing.len() - 64;
    overflowing.truncate(at);
    for (name, bytes) in [
        ("empty", Vec::new()),
        ("nothing but the magic", b"GGUF".to_vec()),
        ("another magic", vec![7; 100]),
        ("version 1", gguf(1, 0, 0, &[0; 64])),
        (
            "big-endian",
            [b"GGUF".as_slice(), &3_u32.to_be_bytes(), &[0; 64]].concat(),
        ),
        ("2^60 tensors", gguf(3, 1 << 60, 0, &[0; 64])),
        ("2^60 pairs", gguf(3, 0, 1 << 60, &[0; 64])),
        (
            "a key of 2^60 bytes",
            gguf(3, 0, 1, &(1_u64 << 60).to_le_bytes()),
        ),
        ("2^61 numbers", gguf(3, 1, 0, &tensor("a", 1 << 61, 0))),
        ("no numbers", gguf(3, 1, 0, &tensor("a", 0, 0))),
        ("numbers far away", gguf(3, 1, 0, &tensor("a", 8, 1 << 62))),
        ("half a file", whole[..whole.len() / 2].to_vec()),
        ("a tensor without its end", small(31)),
        ("cut in its table", overflowing),
    ] {
        fs::write(&place, bytes).unwrap();
        match only(folder.path()).condition() {
            Condition::Damaged(reason) => {
                assert!(reason.contains("model.gguf"), "{name}: {reason}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn text_of_a_file_controls_no_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("model.gguf");
    let wild = format!("\u{1b}[2J\n{}", "a".repeat(10_000));
    fs::write(&place, gguf(3, 0, 1, &pair("general.architecture", &wild))).unwrap();
    let Condition::Sound { architecture } = only(folder.path()).condition() else {
        panic!("it has no tensor that could be damaged");
    };
    assert!(architecture.starts_with("?[2J?aaa"), "{architecture}");
    assert_eq!(architecture.chars().count(), MAX_TOLD_CHARS);
    let damaged = gguf(3, 1, 0, &tensor(&wild, 0, 0));
    fs::write(&place, damaged).unwrap();
    let Condition::Damaged(reason) = only(folder.path()).condition() else {
        panic!("a tensor without numbers");
    };
    assert!(!reason.contains(char::is_control), "{reason:?}");
}

#[test]
fn pipes_and_endless_lists_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.gguf");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let told = only(folder.path()).condition();
    assert!(
        matches!(&told, Condition::Damaged(it) if it.contains("is no file")),
        "{told:?}"
    );
    fs::remove_file(&pipe).unwrap();
    let directory = folder.path().join("model");
    fs::create_dir(&directory).unwrap();
    let config = fs::File::create(directory.join("config.json")).unwrap();
    // A hole: it takes no space.
    config.set_len(MAX_JSON_BYTES + 1).unwrap();
    let told = only(folder.path()).condition();
    assert!(
        matches!(&told, Condition::Damaged(it) if it.contains("config.json has")),
        "{told:?}"
    );
}

#[test]
fn what_is_removed_is_gone_with_its_parts_and_its_record() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let place = folder.path().join(name);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, bytes).unwrap();
    };
    put("rose/config.json", b"{}");
    put("rose/original/weights", b"1234");
    put(".rose.part/a.part", b"12");
    put(".rose.checksums", b"[]");
    put("other.gguf", b"1");
    assert_eq!(
        remove(folder.path(), &models(folder.path())[1]).unwrap(),
        10
    );
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    fs::remove_file(folder.path().join("other.gguf")).unwrap();

    let target = elsewhere.path().join("shared.gguf");
    fs::write(&target, b"12345678").unwrap();
    std::os::unix::fs::symlink(&target, folder.path().join("link.gguf")).unwrap();
    remove(folder.path(), &only(folder.path())).unwrap();
    assert!(models(folder.path()).is_empty());
    assert_eq!(fs::read(&target).unwrap(), b"12345678");
}

#[test]
fn a_download_that_goes_on_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("rose.gguf.part");
    fs::write(&place, b"12").unwrap();
    let held = fs::File::open(&place).unwrap();
    held.try_lock().unwrap();
    let refused = remove(folder.path(), &only(folder.path())).unwrap_err();
    assert!(refused.to_string().contains("being fetched"), "{refused}");
    assert!(place.exists());
    drop(held);
    assert_eq!(remove(folder.path(), &only(folder.path())).unwrap(), 2);
}
