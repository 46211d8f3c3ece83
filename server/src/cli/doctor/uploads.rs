//! What waits to be imported.

use std::io;

use super::State;
use crate::{config::Config, disk, uploads::measure};

/// What lies in the folder of uploads, and whether another file finds a place there.
pub(super) fn examine(config: &Config) -> State {
    let folder = config.uploads();
    let shown = folder.display();
    let (num_files, num_bytes) = match measure(&folder) {
        Ok(measured) => measured,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return State::Absent(format!("{shown} is not there yet: `hearth serve` makes it"));
        }
        Err(error) => return State::Broken(format!("{shown}: {error}. Make it readable")),
    };
    let text = format!("{num_files} files, {} MiB, in {shown}", num_bytes >> 20);
    match disk::free_bytes(&folder) {
        Ok(free) if free < disk::LEFT_BYTES => State::Risky(format!(
            "{text}: the disk has {} MiB left, and no more comes in. Make room",
            free >> 20
        )),
        _ => State::Fine(text),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_waits_is_counted() {
        let place = tempfile::tempdir().unwrap();
        let config = Config::new(place.path().to_owned());
        assert!(matches!(examine(&config), State::Absent(_)));
        fs::create_dir(config.uploads()).unwrap();
        fs::write(config.uploads().join("one"), vec![0; 3 << 20]).unwrap();
        let (State::Fine(text) | State::Risky(text)) = examine(&config) else {
            panic!("it is there");
        };
        assert!(text.starts_with("1 files, 3 MiB, in "), "{text}");
    }
}
