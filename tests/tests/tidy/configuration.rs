//! The example configuration is what the program itself prints, so it cannot drift.

use super::sources;

#[test]
fn the_example_configuration_is_what_the_program_prints() {
    let committed = sources::read("hearth.example.toml");
    let printed = hearth_server::config::Config::example();
    assert!(
        committed.trim() == printed.trim(),
        "hearth.example.toml differs from what the program prints; it should read:\n{printed}"
    );
}
