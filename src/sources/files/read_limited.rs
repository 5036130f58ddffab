//! Files, read to a bound: one that is larger is not what it is taken for.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The bytes of a file; `None` where there are more than `most`.
pub(crate) fn file(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    reader(File::open(path)?, most)
}

/// What a reader has; `None` where there is more than `most`.
pub(crate) fn reader(reader: impl Read, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    reader.take(most + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
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
