//! Answers that are refused, and the token, which goes to one place only.

use super::{
    Machine,
    pretend_hub::{Fault, PretendHub},
    request, told, weights,
};

const TREE: &str = "/api/models/someone/rose/tree/refs%2Fpr%2F1?recursive=true";
const CONTENT: &str = "/someone/rose/resolve/refs%2Fpr%2F1/rose.gguf";

fn hub() -> PretendHub {
    PretendHub::new().large("rose.gguf", &weights(1000))
}

#[test]
fn the_token_goes_to_the_hub_and_to_no_host_that_it_redirects_to() {
    for other_name in [false, true] {
        let store = hub();
        let to = if other_name {
            store.other_name()
        } else {
            store.endpoint()
        };
        let hub = hub().faults([Fault::Redirects(format!("{to}{CONTENT}"))]);
        let mut machine = Machine::new();
        machine.put("rose.gguf.part", &weights(10));
        machine.pull(&hub).unwrap();
        let seen = hub.seen();
        assert_eq!(seen[0].path, TREE);
        assert_eq!(seen[1].path, CONTENT);
        let token = Some("Bearer the-token");
        assert!(
            seen.iter()
                .all(|seen| seen.authorization.as_deref() == token)
        );
        let seen = store.seen();
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].authorization, None);
        assert_eq!(seen[0].range.as_deref(), Some("bytes=10-"));
    }
}

#[test]
fn another_name_of_the_hub_is_another_host() {
    let hub = hub();
    let to = format!("{}{CONTENT}", hub.other_name());
    let hub = hub.faults([Fault::Redirects(to)]);
    Machine::new().pull(&hub).unwrap();
    let seen = hub.seen();
    assert!(seen[1].authorization.is_some());
    assert!(seen[2].authorization.is_none());
}

#[test]
fn redirects_within_the_hub_are_followed_five_times() {
    let redirects = |count| vec![Fault::Redirects(CONTENT.to_owned()); count];
    let followed = hub().faults(redirects(5));
    Machine::new().pull(&followed).unwrap();
    let seen = followed.seen();
    assert_eq!(seen.len(), 7);
    assert!(seen.iter().all(|seen| seen.authorization.is_some()));

    let told = Machine::new().refusal(&hub().faults(redirects(6)));
    assert!(
        told.contains("more than 5 redirects for file rose.gguf"),
        "{told}"
    );
}

#[test]
fn a_redirect_leads_to_web_addresses_only() {
    for to in [
        "file:///etc/passwd",
        "ftp://hub.example.org/a",
        "http://",
        "",
    ] {
        let told = Machine::new().refusal(&hub().faults([Fault::Redirects(to.to_owned())]));
        assert!(told.contains("to no web address"), "{to}: {told}");
    }
}

#[test]
fn a_status_becomes_a_sentence() {
    let check = |status: u16, sentence: &str| {
        let hub = hub().listing(status, "application/json", "{\"error\": \"no\"}");
        let told = Machine::new().refusal(&hub);
        assert!(told.contains(sentence), "{told}");
    };
    let what = "model someone/rose at revision refs/pr/1";
    check(404, &format!("the hub has no {what} (404)"));
    check(
        401,
        &format!("access to {what} is refused (401): set models.token"),
    );
    check(403, "(403): set models.token");
    check(500, &format!("answered 500 for {what}"));
    check(418, "answered 418");

    let told = Machine::new().refusal(&hub().faults([Fault::Answers(404, "gone")]));
    let sentence = "the hub has no file rose.gguf in someone/rose at refs/pr/1 (404)";
    assert_eq!(told, sentence);
}

#[test]
fn an_answer_that_is_no_list_is_refused() {
    let check = |kind: &'static str, body: &str, sentence: &str| {
        let told = Machine::new().refusal(&hub().listing(200, kind, body));
        assert!(told.contains(sentence), "{body}: {told}");
    };
    check(
        "text/html",
        "\n<!DOCTYPE html><html>",
        "a web page instead of the list",
    );
    check("text/plain", "", "is no list");
    check("application/json", "{\"error\": \"no\"}", "is no list");
    check(
        "application/json",
        "[{\"type\": \"file\"}]",
        "missing field `path`",
    );
    check("application/json", "[]", "nothing usable");
    check("application/json", "[", "is no list");
}

#[test]
fn an_entry_that_makes_no_sense_is_refused_by_name() {
    let blob = "0".repeat(40);
    let check = |entry: &str, sentence: &str| {
        let body = format!("[{{\"type\": \"file\", {}}}]", entry.replace("BLOB", &blob));
        let hub = hub().listing(200, "application/json", &body);
        let mut machine = Machine::new();
        let told = machine.refusal(&hub);
        assert!(told.contains(sentence), "{entry}: {told}");
        assert_eq!(machine.files(), [""; 0]);
        assert_eq!(hub.ranges(), [""; 0]);
    };
    let sized = |size: &str| format!("\"path\": \"a.gguf\", \"oid\": \"BLOB\", \"size\": {size}");
    check(&sized("null"), "a.gguf without a size");
    check(&sized("-1"), "a.gguf with -1 bytes");
    check(&sized("1.5"), "a.gguf with 1.5 bytes");
    check(
        &sized("18446744073709551615"),
        "a.gguf with 18446744073709551615 bytes",
    );
    check(&sized("1e300"), "a.gguf with 1e");
    check(&sized("\"1\""), "is no list");
    let path = |path: &str| format!("\"path\": \"{path}\", \"oid\": \"BLOB\", \"size\": 1");
    for odd in [
        "../a.gguf",
        "/etc/a.gguf",
        "a/../../b.gguf",
        "a//b.gguf",
        "C:a.gguf",
        "",
    ] {
        check(&path(odd), &format!("the path {odd:?}"));
    }
    check(&path("..\\\\a.gguf"), "which would lead elsewhere");
    check(&path("a\\u0000.gguf"), "which would lead elsewhere");
    check(
        "\"path\": \"a.gguf\", \"size\": 1",
        "a.gguf without a checksum",
    );
    check(
        "\"path\": \"a.gguf\", \"size\": 1, \"oid\": \"12\"",
        "without a checksum",
    );
    let large = "\"path\": \"a.gguf\", \"size\": 1, \"oid\": \"BLOB\", \"lfs\": {\"size\": 1}";
    check(large, "a.gguf without a checksum");
    let twice = format!("{0}}}, {{\"type\": \"file\", {0}", path("a.gguf"));
    check(&twice, "lists a.gguf twice");
}

#[test]
fn a_download_that_does_not_fit_is_not_begun() {
    let (hub, mut machine) = (hub(), Machine::new());
    machine.put("rose.gguf.part", &weights(100));
    let mut pull = machine.prepared(&hub);
    pull.free_bytes = |_| Ok(899);
    let error = pull.run(&request(None), &mut machine.events);
    let sentence = told(&error.unwrap_err());
    assert!(
        sentence.contains("900 bytes are needed, 899 bytes are free"),
        "{sentence}"
    );
    assert_eq!(hub.ranges(), [""; 0]);
    pull.free_bytes = |_| Ok(900);
    pull.run(&request(None), &mut machine.events).unwrap();
}
