//! Whatever can be read and sought in is imported: a file is as good as its bytes.

use std::{
    fs::{self, File},
    io::{self, Cursor, Read, Seek, SeekFrom},
    sync::Arc,
};

use tokio::runtime::Runtime;

use super::shelf::{Shelf, archive_of, many, sample};
use crate::{
    export::{ConversationDocument, Timestamp},
    import::{ImportError, import, preview},
};

#[test]
fn a_file_is_previewed_and_imported_as_its_bytes_are() {
    let shelf = Shelf::new(&Arc::new(Runtime::new().unwrap()));
    let archive = archive_of(&many(20, "Hello"));
    let document = ConversationDocument::new(sample(1003), Timestamp::from_ms(0)).to_json();
    let place = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("chats.zip", archive.as_slice()),
        ("chat.json", document.as_bytes()),
    ] {
        let path = place.path().join(name);
        fs::write(&path, content).unwrap();
        let open = || File::open(&path).unwrap();
        let _runtime = shelf.runtime.enter();
        let of_bytes = preview(&shelf.store, shelf.ada, Cursor::new(content)).unwrap();
        let of_file = preview(&shelf.store, shelf.ada, open()).unwrap();
        assert_eq!(of_file, of_bytes, "{name}");
        let imported = import(&shelf.store, shelf.ada, open(), None).unwrap();
        assert_eq!(imported, of_bytes, "{name}");
    }
    let num_documents = shelf.documents(shelf.ada).len();
    assert_eq!(num_documents, 21);
}

/// Bytes, and how many of them were read.
struct Counted {
    bytes: Cursor<Vec<u8>>,
    num_read: u64,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let num_bytes = self.bytes.read(buffer)?;
        self.num_read += num_bytes as u64;
        Ok(num_bytes)
    }
}

impl Seek for Counted {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(place)
    }
}

#[test]
fn what_an_archive_holds_beside_its_conversations_is_not_read() {
    let shelf = Shelf::new(&Arc::new(Runtime::new().unwrap()));
    let mut zip = zip::ZipWriter::new_append(Cursor::new(archive_of(&[sample(3)]))).unwrap();
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("a picture.png", stored).unwrap();
    io::copy(&mut io::repeat(7).take(8 << 20), &mut zip).unwrap();
    let bytes = zip.finish().unwrap();
    let mut counted = Counted {
        bytes: Cursor::new(bytes.into_inner()),
        num_read: 0,
    };
    let _runtime = shelf.runtime.enter();
    let counts = preview(&shelf.store, shelf.ada, &mut counted).unwrap();
    assert_eq!(counts.new_conversations, 1);
    assert!(counted.num_read < 1 << 20, "{}", counted.num_read);
}

#[test]
fn a_file_that_cannot_be_read_is_no_damaged_file() {
    let shelf = Shelf::new(&Arc::new(Runtime::new().unwrap()));
    let place = tempfile::tempdir().unwrap();
    let folder = File::open(place.path()).unwrap();
    let _runtime = shelf.runtime.enter();
    let refused = import(&shelf.store, shelf.ada, folder, None);
    assert!(matches!(refused, Err(ImportError::Read(_))), "{refused:?}");
}
