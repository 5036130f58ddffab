//! Reads files and streams up to a maximum size.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Reads a file; `None` if it is larger than `max_bytes`.
pub(crate) fn file(path: &Path, max_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    reader(File::open(path)?, max_bytes)
}

/// Reads to the end; `None` if there are more than `max_bytes`.
pub(crate) fn reader(reader: impl Read, max_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    reader.take(max_bytes + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= max_bytes).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::reader;

    #[test]
    fn input_up_to_the_limit_is_read_and_longer_is_rejected() {
        let read = |text: &str| reader(text.as_bytes(), 4).ok().flatten();
        assert_eq!(read("four").as_deref(), Some(&b"four"[..]));
        assert_eq!((read("four!"), read("")), (None, Some(vec![])));
    }
}
