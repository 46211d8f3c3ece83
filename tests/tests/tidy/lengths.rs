//! Nothing grows beyond what one person reads at once. Clippy counts the lines of functions.

use super::sources;

/// Lines of a source file, a test file, and a file that holds one whole architecture.
const SOURCE: usize = 500;
const TEST: usize = 600;
const ARCHITECTURE: usize = 600;
const LINE_WIDTH: usize = 100;

fn limit(path: &str) -> usize {
    if path.starts_with("engine/src/model/") {
        return ARCHITECTURE;
    }
    if path.starts_with("tests/") || path.contains("/tests/") {
        TEST
    } else {
        SOURCE
    }
}

#[test]
fn no_source_file_is_longer_than_its_limit() {
    let mut violations = Vec::new();
    for source in sources::all() {
        if !source.is_rust() && !source.has_extension("css") {
            continue;
        }
        let (lines, limit) = (source.text.lines().count(), limit(&source.path));
        if lines > limit {
            violations.push(format!(
                "{}: {lines} lines, the limit is {limit}",
                source.path
            ));
        }
    }
    sources::none("split by concept", &violations);
}

#[test]
fn no_line_of_code_is_wider_than_a_hundred_columns() {
    let mut violations = Vec::new();
    for source in sources::rust() {
        let code = source.code();
        for (index, (line, code)) in source.text.lines().zip(code.lines()).enumerate() {
            // A literal or a test's name cannot always be broken; code and comments can.
            let start = line.trim_start();
            let has_literal = line != code && !start.starts_with("//");
            let has_name = start.starts_with("fn ") || start.starts_with("async fn ");
            if !has_literal && !has_name && line.chars().count() > LINE_WIDTH {
                violations.push(format!("{}:{}", source.path, index + 1));
            }
        }
    }
    sources::none("a line wider than 100 columns", &violations);
}
