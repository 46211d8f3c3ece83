use std::{collections::BTreeMap, time::Duration};

use hearth_app::model::UpkeepJob;
use hearth_engine::handle::{EngineCounters, EngineLoad};

use super::{seen::Process, *};
use crate::{
    chat::RecorderCondition,
    slow_work::{Kind, Load},
    store::FileSizes,
};

/// The server at a moment, with something in everything.
fn seen(steps: u64) -> Seen {
    Seen {
        engine: EngineCounters {
            steps,
            load: EngineLoad::default(),
            ..EngineCounters::default()
        },
        is_ready: true,
        slow_work: Kind::ALL.map(|kind| (kind, Load::default())).to_vec(),
        recorder: RecorderCondition {
            lag: Duration::from_millis(1500),
            num_failures: 2,
        },
        file: FileSizes {
            database_bytes: 4096,
            log_bytes: 512,
        },
        succeeded: vec![(UpkeepJob::Keys, 1_700_000_000_999)],
        process: Some(Process {
            memory_bytes: 1,
            num_files: 2,
        }),
    }
}

/// Metrics of which none is left out for want of a label.
fn exercised() -> Metrics {
    let metrics = Metrics::default();
    metrics.answered_on(Some("/c/{id}"), 200, None);
    metrics.request("/v1/models".to_owned(), 200);
    metrics
}

/// Names with their types, as Prometheus reads them; a counter's with the ending of its values.
fn types(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let pairs = lines.filter_map(|line| line.split_once(' '));
    pairs
        .map(|(name, kind)| {
            let ending = if kind == "counter" { "_total" } else { "" };
            (format!("{name}{ending}"), kind.to_owned())
        })
        .collect()
}

#[test]
fn the_document_names_every_metric_with_its_type_and_no_other() {
    let document = include_str!("../../../docs/metrics.md");
    let mut told = BTreeMap::new();
    for line in document
        .lines()
        .filter(|line| line.starts_with("| `hearth_"))
    {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let name = cells.next().unwrap().trim_matches('`');
        // Labels stand in braces behind it.
        let name = name.split('{').next().unwrap().to_owned();
        told.insert(name, cells.next().unwrap().to_owned());
    }
    let found = types(&exercised().text(&seen(1)));
    assert_eq!(told, found, "left: docs/metrics.md, right: this program");
}

#[test]
fn only_counters_end_in_total() {
    for (name, kind) in types(&exercised().text(&seen(1))) {
        assert_eq!(name.ends_with("_total"), kind == "counter", "{name} {kind}");
        assert!(!name.ends_with("_total_total"), "{name}");
    }
}

#[test]
fn a_counter_does_not_fall_when_another_model_counts_anew() {
    let metrics = Metrics::default();
    for (steps, expected) in [(5, 5), (7, 7), (2, 9), (2, 9), (0, 9), (4, 13)] {
        let text = metrics.text(&seen(steps));
        let line = format!("hearth_engine_steps_total {expected}");
        assert!(
            text.lines().any(|it| it == line),
            "{line} is not in\n{text}"
        );
    }
}

#[test]
fn numbers_are_told_in_their_units() {
    let text = exercised().text(&seen(1));
    for line in [
        "hearth_recorder_lag_seconds 1.5",
        "hearth_recorder_failures_total 2",
        "hearth_database_size_bytes 4096",
        "hearth_database_log_size_bytes 512",
        r#"hearth_upkeep_last_success_timestamp_seconds{job="keys"} 1700000000"#,
        r#"hearth_http_requests_total{route="/c/{id}",class="2xx"} 1"#,
        r#"hearth_refusals_total{kind="throttled"} 0"#,
    ] {
        assert!(
            text.lines().any(|it| it == line),
            "{line} is not in\n{text}"
        );
    }
}

#[test]
fn an_answer_is_counted_by_route_class_and_refusal() {
    let metrics = Metrics::default();
    metrics.answered_on(None, 404, None);
    metrics.answered_on(None, 301, None);
    metrics.answered_on(Some("/"), 429, Some(RefusalKind::Limit));
    metrics.answered_on(Some("/"), 503, Some(RefusalKind::NotReady));
    let text = metrics.text(&Seen::default());
    for line in [
        r#"hearth_http_requests_total{route="other",class="4xx"} 1"#,
        r#"hearth_http_requests_total{route="other",class="3xx"} 1"#,
        r#"hearth_http_requests_total{route="/",class="4xx"} 1"#,
        r#"hearth_http_requests_total{route="/",class="5xx"} 1"#,
        r#"hearth_refusals_total{kind="limit"} 1"#,
        r#"hearth_refusals_total{kind="not_ready"} 1"#,
        r#"hearth_refusals_total{kind="unauthorized"} 0"#,
    ] {
        assert!(
            text.lines().any(|it| it == line),
            "{line} is not in\n{text}"
        );
    }
}
