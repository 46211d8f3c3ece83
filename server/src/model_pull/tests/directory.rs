//! Model directories: what is fetched, and when it becomes a model.

use super::{
    super::Pulled,
    Machine,
    pretend_hub::{Fault, PretendHub},
    weights,
};

const CONFIG: &[u8] = b"{\"hidden_size\": 64}\n";
const FINAL: [&str; 4] = [
    "rose/config.json",
    "rose/model-1.safetensors",
    "rose/model-2.safetensors",
    "rose/tokenizer.json",
];

/// 4 files that are needed, 600 020 bytes together, among others that are not.
fn hub() -> PretendHub {
    PretendHub::new()
        .small("README.md", b"# Rose")
        .small("config.json", CONFIG)
        .small("original/config.json", b"{}")
        .large("original/model.safetensors", b"original")
        .large("model-1.safetensors", &weights(400_000))
        .large("model-2.safetensors", &weights(200_000))
        .small("tokenizer.json", b"")
        .small("tokenizer_config.json", b"{}")
}

#[test]
fn a_whole_directory_arrives_and_is_left_alone_the_second_time() {
    let (hub, mut machine) = (hub(), Machine::new());
    let path = machine.models().join("rose");
    let size_bytes = 600_000 + CONFIG.len() as u64;
    let complete = Pulled::Complete {
        path: path.clone(),
        size_bytes,
    };
    assert_eq!(machine.pull(&hub).unwrap(), complete);
    assert_eq!(machine.files(), FINAL);
    assert_eq!(machine.content("rose/config.json"), CONFIG);
    assert_eq!(
        machine.content("rose/model-1.safetensors"),
        weights(400_000)
    );
    assert_eq!(machine.events.present_bytes, size_bytes);
    assert_eq!(machine.events.total_bytes, size_bytes);
    // The list and three files; an empty one needs no request.
    assert_eq!(hub.seen().len(), 4);

    assert_eq!(machine.pull(&hub).unwrap(), Pulled::AlreadyThere { path });
    assert_eq!(hub.seen().len(), 5);
}

#[test]
fn a_list_in_pages_is_read_to_its_end() {
    let (hub, mut machine) = (hub().pages_of(3), Machine::new());
    machine.pull(&hub).unwrap();
    assert_eq!(machine.files(), FINAL);
    let pages = hub.seen();
    let pages = pages.iter().filter(|seen| seen.path.starts_with("/api/"));
    assert_eq!(pages.count(), 3);
}

#[test]
fn a_directory_is_no_model_before_its_last_byte() {
    let mut machine = Machine::new();
    // Every connection breaks at once: the first needed file arrives, then nothing more.
    let broken = hub().faults([400_000, 10, 0, 0, 0, 0, 0].map(Fault::Breaks));
    let told = machine.refusal(&broken);
    assert!(
        told.contains("gave up on model-2.safetensors after 5 retries"),
        "{told}"
    );
    let left = [
        ".rose.part/model-1.safetensors",
        ".rose.part/model-2.safetensors.part",
    ];
    assert_eq!(machine.files(), left);

    let mended = hub();
    machine.pull(&mended).unwrap();
    assert_eq!(machine.files(), FINAL);
    assert_eq!(mended.ranges(), ["bytes=10-", "all"]);
    let start = format!("4 files, 400010 of {}", 600_000 + CONFIG.len());
    assert!(
        machine.events.sentences.contains(&start),
        "{:?}",
        machine.events.sentences
    );
}

#[test]
fn damaged_content_is_deleted_and_the_rest_is_kept() {
    let mut machine = Machine::new();
    let told = machine.refusal(&hub().faults([Fault::Damages]));
    assert!(
        told.contains("model-1.safetensors arrived damaged"),
        "{told}"
    );
    assert!(told.contains("its checksum is SHA-256 "), "{told}");
    assert_eq!(machine.files(), [""; 0]);

    // The last file is the configuration, which is compared by its git blob id. A connection that
    // breaks after the last byte does no harm.
    let late = || Fault::Breaks(usize::MAX);
    let told = machine.refusal(&hub().faults([late(), late(), Fault::Damages]));
    assert!(told.contains("config.json arrived damaged"), "{told}");
    assert!(told.contains("the hub says git blob "), "{told}");
    assert_eq!(machine.files().len(), 3);
    assert!(
        machine
            .files()
            .iter()
            .all(|file| file.starts_with(".rose.part/"))
    );

    machine.pull(&hub()).unwrap();
    assert_eq!(machine.files(), FINAL);
}

#[test]
fn what_an_unfinished_run_left_is_checked_and_strangers_go() {
    let (hub, mut machine) = (hub(), Machine::new());
    machine.put(".rose.part/model-1.safetensors", &vec![7; 400_000]);
    machine.put(".rose.part/model-2.safetensors", &weights(200_000));
    machine.put(".rose.part/model-3.safetensors", b"of another revision");
    machine.put(
        ".rose.part/model-4.safetensors.part",
        b"of another revision",
    );
    machine.pull(&hub).unwrap();
    assert_eq!(machine.files(), FINAL);
    assert_eq!(
        machine.content("rose/model-1.safetensors"),
        weights(400_000)
    );
    assert_eq!(hub.ranges(), ["all", "all"]);
}

#[test]
fn a_directory_that_differs_is_not_overwritten() {
    let (hub, mut machine) = (hub(), Machine::new());
    machine.put("rose/model-1.safetensors", b"mine");
    let told = machine.refusal(&hub);
    assert!(told.contains("not overwritten"), "{told}");
    assert!(
        told.contains("model-1.safetensors has 4 bytes instead of 400000"),
        "{told}"
    );
    machine.put("rose/model-1.safetensors", &vec![7; 400_000]);
    let told = machine.refusal(&hub);
    assert!(
        told.contains("model-1.safetensors has the checksum SHA-256"),
        "{told}"
    );
    machine.put("rose/model-1.safetensors", &weights(400_000));
    let told = machine.refusal(&hub);
    assert!(told.contains("model-2.safetensors is missing"), "{told}");
    assert_eq!(machine.files(), ["rose/model-1.safetensors"]);
    assert_eq!(hub.ranges(), [""; 0]);
}
