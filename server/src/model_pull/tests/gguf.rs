//! Single GGUF files.

use super::{super::Pulled, Machine, pretend_hub::PretendHub, told, weights};

fn hub() -> PretendHub {
    PretendHub::new()
        .small("README.md", b"# Rose")
        .large("rose-q4.gguf", &weights(50_000))
}

#[test]
fn the_only_gguf_of_a_model_needs_no_flag() {
    let (hub, mut machine) = (hub(), Machine::new());
    let path = machine.models().join("rose-q4.gguf");
    let complete = Pulled::Complete {
        path: path.clone(),
        size_bytes: 50_000,
    };
    assert_eq!(machine.pull(&hub).unwrap(), complete);
    assert_eq!(machine.files(), ["rose-q4.gguf"]);
    assert_eq!(machine.content("rose-q4.gguf"), weights(50_000));
    assert_eq!(machine.pull(&hub).unwrap(), Pulled::AlreadyThere { path });
    assert_eq!(hub.ranges(), ["all"]);
}

#[test]
fn one_of_several_is_named_and_put_into_the_folder_itself() {
    let hub = hub().large("large/rose-f16.gguf", &weights(90_000));
    let hub = hub.large("rose-q8.gguf", &weights(70_000));
    let mut machine = Machine::new();
    let told = machine.refusal(&hub);
    assert!(told.contains("choose one with --file"), "{told}");
    assert!(
        told.contains("rose-q4.gguf (50.0 kB)\n  rose-q8.gguf (70.0 kB)"),
        "{told}"
    );
    let file = Some("large/rose-f16.gguf");
    machine.pull_file(&hub, file).unwrap();
    assert_eq!(machine.files(), ["rose-f16.gguf"]);
    assert_eq!(machine.content("rose-f16.gguf"), weights(90_000));
}

#[test]
fn a_file_that_the_model_lacks_is_said() {
    let error = Machine::new().pull_file(&hub(), Some("rose-q2.gguf"));
    let told = told(&error.unwrap_err());
    assert!(told.contains("no file \"rose-q2.gguf\""), "{told}");
    assert!(told.contains("rose-q4.gguf (50.0 kB)"), "{told}");
}

#[test]
fn a_file_that_differs_is_not_overwritten() {
    let (hub, mut machine) = (hub(), Machine::new());
    machine.put("rose-q4.gguf", b"mine");
    let told = machine.refusal(&hub);
    assert!(told.contains("has 4 bytes instead of 50000"), "{told}");
    assert_eq!(machine.content("rose-q4.gguf"), b"mine");
    assert_eq!(machine.files(), ["rose-q4.gguf"]);
}

#[test]
fn a_model_without_anything_usable_is_said() {
    let told = Machine::new().refusal(&PretendHub::new().small("README.md", b"# Rose"));
    assert!(told.contains("someone/rose has nothing usable"), "{told}");
}
