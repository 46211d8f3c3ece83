//! The files of `deploy/`, read by the programs that will read them, where these are installed.
#![expect(clippy::print_stderr, reason = "a check that is skipped says its name")]

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use hearth_server::config::{Config, Networks, Overrides};

use super::sources;

/// What systemd counts against a service, in tenths: 100 is wide open. The files have 12 and 16.
const MOST_EXPOSURE: u32 = 20;
/// The first version that judges a file without installing it.
const JUDGES_FILES: u32 = 250;

/// The unit in a folder of its own, with a program that is there; with the drop-in for cards, too.
fn unit(with_cards: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let text = sources::read("deploy/systemd/hearth.service");
    let text = text.replace("/usr/local/bin/hearth ", "/bin/true ");
    fs::write(folder.path().join("hearth.service"), text).expect("writing the unit");
    if with_cards {
        let drop_ins = folder.path().join("hearth.service.d");
        fs::create_dir(&drop_ins).expect("a folder");
        let text = sources::read("deploy/systemd/hearth-gpu.conf");
        fs::write(drop_ins.join("gpu.conf"), text).expect("writing the drop-in");
    }
    folder
}

/// The version of systemd's own reader of units, if there is one.
fn systemd() -> Option<u32> {
    let output = Command::new("systemd-analyze").arg("--version").output();
    let text = String::from_utf8(output.ok()?.stdout).ok()?;
    let number = text.strip_prefix("systemd ")?;
    number
        .split(|letter: char| !letter.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

/// Runs it on the unit; what it wrote, and whether it was content.
fn analyze(arguments: &[&str], folder: &Path) -> (String, bool) {
    let output = Command::new("systemd-analyze")
        .args(arguments)
        .arg(folder.join("hearth.service"))
        .output()
        .expect("systemd-analyze");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    (text, output.status.success())
}

#[test]
fn systemd_reads_the_unit_and_has_nothing_to_say() {
    if systemd().is_none() {
        eprintln!("skipped: systemd_reads_the_unit_and_has_nothing_to_say: no systemd-analyze");
        return;
    }
    for with_cards in [false, true] {
        let folder = unit(with_cards);
        let (text, is_content) = analyze(&["verify"], folder.path());
        // An unknown setting is a warning to systemd: it would be left out in silence.
        assert!(is_content && text.is_empty(), "cards: {with_cards}: {text}");
    }
}

#[test]
fn systemd_finds_little_that_the_service_could_harm() {
    if systemd().is_none_or(|version| version < JUDGES_FILES) {
        eprintln!("skipped: systemd_finds_little_that_the_service_could_harm: no systemd 250");
        return;
    }
    let threshold = format!("--threshold={MOST_EXPOSURE}");
    for with_cards in [false, true] {
        let folder = unit(with_cards);
        let arguments = ["security", "--no-pager", "--offline=true", &threshold];
        let (text, is_content) = analyze(&arguments, folder.path());
        assert!(is_content, "cards: {with_cards}: {text}");
    }
}

/// Settings as the program reads them; they are for a server behind a proxy on its own machine.
fn settings_behind_a_proxy(file: PathBuf) -> Config {
    let shown = file.display().to_string();
    let data = tempfile::tempdir().expect("a folder");
    let loaded = Config::load(Overrides {
        data: Some(data.path().to_owned()),
        config: Some(file),
        ..Overrides::default()
    });
    let config = loaded.unwrap_or_else(|error| panic!("{shown}: {error}"));
    let origin = config.server.public_origin().unwrap_or_default();
    assert!(origin.starts_with("https://"), "cookies travel over https");
    for proxy in ["127.0.0.1", "::1"] {
        let address: IpAddr = proxy.parse().expect("an address");
        // Else everybody has the proxy's address, and one guesses for all.
        let is_trusted = config.server.trusted_proxies.contains(address);
        assert!(is_trusted, "{shown} trusts no proxy at {proxy}");
    }
    config
}

#[test]
fn the_settings_for_a_team_are_settings_of_this_program() {
    settings_behind_a_proxy(sources::root().join("deploy/hearth.toml"));
}

#[test]
fn the_file_of_each_proxy_names_settings_with_which_the_server_knows_its_visitors() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["nginx.conf", "Caddyfile", "haproxy.cfg"] {
        let text = sources::read(&format!("deploy/proxies/{name}"));
        let lines = text.lines().filter_map(|line| line.strip_prefix("#     "));
        let settings: Vec<&str> = lines.collect();
        let file = folder.path().join(format!("{name}.toml"));
        fs::write(&file, settings.join("\n")).expect("writing the settings");
        assert_eq!(settings_behind_a_proxy(file).server.sub_path(), "/chat");
    }
}

#[test]
fn a_container_takes_the_word_of_the_bridge_that_requests_come_through() {
    let text = sources::read("deploy/container/compose.yaml");
    let value = |name: &str| {
        let mut lines = text.lines().map(str::trim);
        let value = lines.find_map(|line| line.strip_prefix(name));
        value.unwrap_or_else(|| panic!("no line {name}")).trim()
    };
    let trusted = value("HEARTH_SERVER__TRUSTED_PROXIES:");
    assert_eq!(trusted, value("- subnet:"));
    let networks: Networks = serde_json::from_str(&format!("\"{trusted}\"")).expect("a network");
    assert_ne!(networks, Networks::default());
}

#[test]
fn a_shell_reads_every_script() {
    let mut problems = Vec::new();
    for path in ["deploy/install.sh", "xtask/bundle/run.sh"] {
        let mut shell = Command::new("sh");
        let output = shell.arg("-n").arg(sources::root().join(path)).output();
        let output = output.expect("sh");
        if !output.status.success() {
            problems.push(String::from_utf8_lossy(&output.stderr).into_owned());
        }
    }
    sources::none("a script that is no shell script", &problems);
}
