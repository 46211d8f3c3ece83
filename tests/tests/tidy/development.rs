//! What only development builds have stands behind a condition. That a release lacks it is seen on
//! one: `cargo xtask dist --check`.

use super::sources;

/// Where the style guide joins the program.
const JOINTS: [&str; 3] = ["app/src/lib.rs", "app/src/pages.rs", "server/src/http.rs"];

#[test]
fn the_style_guide_is_in_development_builds_only() {
    let mut violations = Vec::new();
    for path in JOINTS {
        let text = sources::read(path);
        let lines: Vec<&str> = text.lines().collect();
        let mut num_joints = 0;
        for pair in lines.windows(2) {
            if !pair[1].contains("styleguide") {
                continue;
            }
            num_joints += 1;
            let condition = pair[0].trim();
            if !condition.starts_with("#[cfg(") || !condition.contains("debug_assertions") {
                violations.push(format!("{path}: {}", pair[1]));
            }
        }
        assert!(num_joints > 0, "{path} does not name the style guide");
    }
    sources::none("the style guide would be in a release", &violations);
}
