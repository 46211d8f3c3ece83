//! What is kept of a hub's checksums, and what it is good for later.

use super::{
    super::{Compared, compare_with_record},
    Machine,
    pretend_hub::PretendHub,
    weights,
};

fn hub() -> PretendHub {
    PretendHub::new()
        .small("config.json", b"{}")
        .large("model.safetensors", &weights(9000))
        .small("tokenizer.json", b"[]")
}

fn compared(machine: &mut Machine, name: &str) -> Result<Compared, String> {
    let models = machine.models();
    let compared = compare_with_record(&models, name, &mut machine.events);
    compared.map_err(|error| super::told(&error))
}

#[test]
fn a_model_is_compared_with_what_its_hub_said_when_it_came() {
    let mut machine = Machine::new();
    machine.pull(&hub()).unwrap();
    let same = Compared::Same { num_files: 3 };
    assert_eq!(compared(&mut machine, "rose").unwrap(), same);
    let mut damaged = weights(9000);
    damaged[4567] ^= 1;
    machine.put("rose/model.safetensors", &damaged);
    match compared(&mut machine, "rose").unwrap() {
        Compared::Different(difference) => {
            let told = difference.to_string();
            assert!(
                told.contains("model.safetensors has the checksum"),
                "{told}"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_file_is_compared_too_and_a_model_that_was_there_before_gets_a_record() {
    let hub = PretendHub::new().large("rose-q4.gguf", &weights(5000));
    let mut machine = Machine::new();
    machine.put("rose-q4.gguf", &weights(5000));
    let name = "rose-q4.gguf";
    let nothing = Compared::NothingRecorded;
    assert_eq!(compared(&mut machine, name).unwrap(), nothing);
    machine.pull(&hub).unwrap();
    let same = Compared::Same { num_files: 1 };
    assert_eq!(compared(&mut machine, name).unwrap(), same);
    machine.put(name, b"short");
    let told = format!("{:?}", compared(&mut machine, name).unwrap());
    assert!(told.contains("found_bytes: 5"), "{told}");
}

#[test]
fn a_record_that_somebody_damaged_is_named_and_leads_nowhere() {
    let mut machine = Machine::new();
    machine.pull(&hub()).unwrap();
    let digits = "0".repeat(64);
    let outside =
        format!(r#"[{{"path":"../../secret","size_bytes":1,"checksum":"sha256:{digits}"}}]"#);
    for odd in [
        "",
        "[]",
        "{}",
        "[1]",
        r#"[{"path":"a","size_bytes":1,"checksum":"md5:00"}]"#,
        &outside,
    ] {
        machine.put(".rose.checksums", odd.as_bytes());
        let told = compared(&mut machine, "rose").unwrap_err();
        assert!(
            told.contains(".rose.checksums is no record"),
            "{odd}: {told}"
        );
    }
}
