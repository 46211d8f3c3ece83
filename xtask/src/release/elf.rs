//! What a Linux program wants from the system it is started on, read from the program itself: the
//! libraries it names, and the versions of their symbols (ELF, sections `.dynamic` and
//! `.gnu.version_r`).

use anyhow::{Context, Result, bail};

/// Types of sections: what is loaded with the program, and which versions it needs.
const DYNAMIC: u32 = 6;
const VERSIONS_NEEDED: u32 = 0x6fff_fffe;
/// The entry of `.dynamic` that names a library.
const LIBRARY_NEEDED: u64 = 1;
/// Bytes of an entry of `.dynamic`.
const DYNAMIC_ENTRY: usize = 16;
/// Libraries that belong to every system with glibc.
const EVERYWHERE: [&str; 8] = [
    "libc.so.6",
    "libm.so.6",
    "libdl.so.2",
    "libpthread.so.0",
    "librt.so.1",
    "libgcc_s.so.1",
    "ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1",
];

/// Major and minor number of a version of glibc.
pub(super) type GlibcVersion = (u32, u32);

/// What a program wants.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Needs {
    pub(super) libraries: Vec<String>,
    /// Versions of symbols, such as `GLIBC_2.17` or `GCC_3.0`.
    pub(super) versions: Vec<String>,
}

/// Reads a program.
///
/// # Errors
/// If it is no 64-bit little-endian ELF file with sections, or ends too early.
pub(super) fn read(bytes: &[u8]) -> Result<Needs> {
    let file = File { bytes };
    if !bytes.starts_with(b"\x7fELF\x02\x01") {
        bail!("this is no 64-bit program of Linux");
    }
    let sections = file.sections()?;
    let mut needs = Needs {
        libraries: Vec::new(),
        versions: Vec::new(),
    };
    for section in &sections {
        let names = sections.get(section.names).map_or(0, |names| names.start);
        match section.kind {
            DYNAMIC => needs.libraries.extend(file.libraries(section, names)?),
            VERSIONS_NEEDED => needs.versions.extend(file.versions(section, names)?),
            _ => {}
        }
    }
    Ok(needs)
}

impl Needs {
    /// The newest version of glibc that a symbol asks for.
    ///
    /// # Errors
    /// If a version of glibc is none of numbers: such a program starts on the newest systems only.
    pub(super) fn newest_glibc(&self) -> Result<GlibcVersion> {
        let mut newest = (0, 0);
        for version in &self.versions {
            let Some(numbers) = version.strip_prefix("GLIBC_") else {
                continue;
            };
            let version = glibc_version(numbers)
                .with_context(|| format!("the program asks for {version} of glibc"))?;
            newest = newest.max(version);
        }
        Ok(newest)
    }

    /// Libraries that a plain system may lack.
    pub(super) fn unusual_libraries(&self) -> Vec<&str> {
        let names = self.libraries.iter().map(String::as_str);
        names.filter(|name| !EVERYWHERE.contains(name)).collect()
    }
}

/// The numbers of `2.31` or `2.3.4`.
fn glibc_version(text: &str) -> Option<GlibcVersion> {
    let mut numbers = text.split('.').map(str::parse);
    let major = numbers.next()?.ok()?;
    Some((major, numbers.next()?.ok()?))
}

struct File<'a> {
    bytes: &'a [u8],
}

struct Section {
    kind: u32,
    start: usize,
    size: usize,
    /// Number of the section with its names.
    names: usize,
    /// Number of its entries, where it has some of different sizes.
    count: u32,
}

impl File<'_> {
    fn sections(&self) -> Result<Vec<Section>> {
        let table = self.long(0x28)?;
        let size = usize::from(self.short(0x3a)?);
        let count = usize::from(self.short(0x3c)?);
        if count == 0 {
            bail!("the program has no sections to read");
        }
        let section = |index: usize| -> Result<Section> {
            let at = table.saturating_add(index * size);
            Ok(Section {
                kind: self.word(at.saturating_add(4))?,
                start: self.long(at.saturating_add(24))?,
                size: self.long(at.saturating_add(32))?,
                names: self.word(at.saturating_add(40))? as usize,
                count: self.word(at.saturating_add(44))?,
            })
        };
        (0..count).map(section).collect()
    }

    fn libraries(&self, section: &Section, names: usize) -> Result<Vec<String>> {
        let mut libraries = Vec::new();
        for index in 0..section.size / DYNAMIC_ENTRY {
            let at = section.start.saturating_add(index * DYNAMIC_ENTRY);
            if self.long(at)? as u64 == LIBRARY_NEEDED {
                let name = self.long(at.saturating_add(8))?;
                libraries.push(self.name(names.saturating_add(name))?);
            }
        }
        Ok(libraries)
    }

    /// One entry for each library, and behind it one for each version of its symbols.
    fn versions(&self, section: &Section, names: usize) -> Result<Vec<String>> {
        let mut versions = Vec::new();
        let mut library = section.start;
        for _ in 0..section.count {
            let count = self.short(library.saturating_add(2))?;
            let mut version =
                library.saturating_add(self.word(library.saturating_add(8))? as usize);
            for _ in 0..count {
                let name = self.word(version.saturating_add(8))? as usize;
                versions.push(self.name(names.saturating_add(name))?);
                version = version.saturating_add(self.word(version.saturating_add(12))? as usize);
            }
            library = library.saturating_add(self.word(library.saturating_add(12))? as usize);
        }
        Ok(versions)
    }

    fn name(&self, at: usize) -> Result<String> {
        let rest = self.bytes.get(at..).context("a name lies behind the end")?;
        let end = rest.iter().position(|byte| *byte == 0);
        let end = end.context("a name has no end")?;
        Ok(String::from_utf8_lossy(&rest[..end]).into_owned())
    }

    fn short(&self, at: usize) -> Result<u16> {
        self.number(at).map(u16::from_le_bytes)
    }

    fn word(&self, at: usize) -> Result<u32> {
        self.number(at).map(u32::from_le_bytes)
    }

    /// A number of eight bytes, as a place or a size in this file.
    fn long(&self, at: usize) -> Result<usize> {
        let number = u64::from_le_bytes(self.number(at)?);
        usize::try_from(number).context("a number is larger than memory")
    }

    fn number<const N: usize>(&self, at: usize) -> Result<[u8; N]> {
        let part = self.bytes.get(at..at.saturating_add(N));
        let number = part.and_then(|part| part.try_into().ok());
        number.context("the program ends too early")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_of_glibc_is_read_from_its_name() {
        assert_eq!(glibc_version("2.31"), Some((2, 31)));
        assert_eq!(glibc_version("2.3.4"), Some((2, 3)));
        assert_eq!(glibc_version("ABI_DT_RELR"), None);
    }

    #[test]
    fn the_newest_version_is_one_of_numbers_and_of_glibc() {
        let needs = |versions: &[&str]| Needs {
            libraries: vec!["libc.so.6".to_owned(), "libonnx.so.1".to_owned()],
            versions: versions.iter().map(|text| (*text).to_owned()).collect(),
        };
        let found = needs(&["GLIBC_2.9", "GLIBC_2.31", "GCC_4.2.0", "GLIBC_2.2.5"]);
        assert_eq!(found.newest_glibc().unwrap(), (2, 31));
        assert_eq!(found.unusual_libraries(), ["libonnx.so.1"]);
        let error = needs(&["GLIBC_ABI_DT_RELR"]).newest_glibc().unwrap_err();
        assert!(error.to_string().contains("GLIBC_ABI_DT_RELR"), "{error}");
    }

    #[test]
    fn what_is_no_program_is_refused_in_a_sentence() {
        let refusal = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        assert_eq!(refusal(b"#!/bin/sh"), "this is no 64-bit program of Linux");
        let mut short = b"\x7fELF\x02\x01".to_vec();
        assert_eq!(refusal(&short), "the program ends too early");
        short.resize(64, 0);
        assert_eq!(refusal(&short), "the program has no sections to read");
        // Sections that are said to lie behind the end.
        short[0x28] = 0xff;
        short[0x3a] = 64;
        short[0x3c] = 1;
        assert_eq!(refusal(&short), "the program ends too early");
    }

    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
    fn this_test_itself_wants_glibc_and_names_it() {
        let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let needs = read(&program).unwrap();
        assert!(needs.libraries.iter().any(|name| name == "libc.so.6"));
        assert!(needs.newest_glibc().unwrap() > (2, 1), "{needs:?}");
        assert!(needs.versions.iter().any(|name| name.starts_with("GLIBC_")));
        // Cut off, it is refused.
        for end in [64, program.len() / 2] {
            assert!(read(&program[..end]).is_err(), "cut at {end}");
        }
    }
}
