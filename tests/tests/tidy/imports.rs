//! Who may import whom: text at the edges, tokens in the middle, tensors at the bottom.

use super::sources::{self, Source};

/// Paths below which some words may not be code, and why.
struct Rule {
    /// Beginnings of paths.
    files: &'static [&'static str],
    words: &'static [&'static str],
    reason: &'static str,
}

const RULES: [Rule; 6] = [
    Rule {
        files: &["app/src/"],
        words: &["hearth_server::", "hearth_engine::", "sqlx::", "burn::"],
        reason: "the page builds without database and engine",
    },
    Rule {
        files: &["engine/src/"],
        words: &[
            "hearth_app::",
            "hearth_server::",
            "axum::",
            "sqlx::",
            "leptos::",
        ],
        reason: "the engine is usable from an example, a bench, a command line",
    },
    Rule {
        files: &[
            "engine/src/scheduler",
            "engine/src/block_pool",
            "engine/src/prefix_cache",
            "engine/src/sampling",
            "engine/src/chat",
        ],
        words: &["burn::", "burn_flex::", "cubecl::"],
        reason: "decisions are tested in microseconds, without a device",
    },
    Rule {
        files: &[
            "engine/src/kernels",
            "engine/src/model/",
            "engine/src/model_runner",
            "engine/src/scheduler",
            "engine/src/worker",
        ],
        words: &["crate::chat", "tokenizers::"],
        reason: "the worker and below see token ids, never text",
    },
    Rule {
        files: &["server/src/"],
        words: &["burn::", "cubecl::"],
        reason: "only the engine knows tensors",
    },
    Rule {
        files: &["app/src/components/"],
        words: &["crate::api"],
        reason: "a component takes signals and callbacks; pages call the server",
    },
];

#[test]
fn nobody_imports_what_lies_on_another_level() {
    let sources = sources::rust();
    let mut violations = Vec::new();
    for rule in &RULES {
        for source in &sources {
            if rule
                .files
                .iter()
                .any(|beginning| source.path.starts_with(beginning))
            {
                violations.extend(uses(source, rule.words, rule.reason));
            }
        }
    }
    sources::none("an import across the levels", &violations);
}

#[test]
fn only_the_store_holds_sql() {
    let words = [
        "query!(",
        "query_as!(",
        "query_scalar!(",
        "sqlx::query",
        "raw_sql(",
    ];
    let mut violations = Vec::new();
    for source in sources::rust() {
        let is_store = source.path.starts_with("server/src/store");
        // A test may look into the database behind the program's back.
        if source.path.starts_with("server/src/") && !is_store && !source.is_test() {
            violations.extend(uses(&source, &words, "SQL belongs into server/src/store/"));
        }
    }
    sources::none("SQL outside the store", &violations);
}

#[test]
fn only_the_configuration_reads_the_environment() {
    let words = ["env::var", "env::vars", "Env::prefixed", "Env::raw"];
    let mut violations = Vec::new();
    for source in sources::rust() {
        let may_read = source.path.starts_with("server/src/config")
            || source.path.starts_with("xtask/")
            || source.path.ends_with("/build.rs")
            || source.is_test();
        if !may_read {
            violations.extend(uses(&source, &words, "only server/src/config.rs reads it"));
        }
    }
    sources::none(
        "the environment is read outside the configuration",
        &violations,
    );
}

fn uses(source: &Source, words: &[&str], reason: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (index, line) in source.code().lines().enumerate() {
        for word in words.iter().filter(|word| has_path(line, word)) {
            found.push(format!("{}:{}: {word} ({reason})", source.path, index + 1));
        }
    }
    found
}

/// Whether `line` contains `word` where a path begins: `burn::` is not part of `sunburn::`.
fn has_path(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(position, _)| {
        let before = line[..position].chars().next_back();
        before.is_none_or(|letter| !letter.is_alphanumeric() && letter != '_')
    })
}
