//! White space and line ends as JavaScript's regular expressions see them.

/// Length in bytes of the white space (`\s`) at `at`; zero when there is none.
pub(crate) fn space(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at..) {
        Some([b'\t'..=b'\r' | b' ', ..]) => 1,
        Some([0xC2, 0xA0, ..]) => 2,
        // U+1680, U+2000–200A, U+2028, U+2029, U+202F, U+205F, U+3000, and U+FEFF: the BOM.
        Some(
            [0xE1, 0x9A, 0x80, ..]
            | [0xE2, 0x80, 0x80..=0x8A | 0xA8 | 0xA9 | 0xAF, ..]
            | [0xE2, 0x81, 0x9F, ..]
            | [0xE3, 0x80, 0x80, ..]
            | [0xEF, 0xBB, 0xBF, ..],
        ) => 3,
        _ => 0,
    }
}

/// Length in bytes of the line terminator at `at` (what `^`, `$` and `.` go by); zero when none.
pub(crate) fn line_end(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at..) {
        Some([b'\r', b'\n', ..]) => 2,
        Some([b'\r' | b'\n', ..]) => 1,
        Some([0xE2, 0x80, 0xA8 | 0xA9, ..]) => 3,
        _ => 0,
    }
}

/// The first offset from `at` on that is not white space.
pub(crate) fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    loop {
        match space(bytes, at) {
            0 => return at,
            length => at += length,
        }
    }
}

/// The offset of the next line terminator from `at` on, or the end.
pub(crate) fn skip_line(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && line_end(bytes, at) == 0 {
        at += 1;
    }
    at
}

/// Without white space at both ends (JavaScript's `trim`).
pub(crate) fn trim(bytes: &[u8]) -> &[u8] {
    let start = skip_space(bytes, 0);
    let mut end = bytes.len();
    'shrink: while end > start {
        for length in 1..=3.min(end - start) {
            if space(bytes, end - length) == length {
                end -= length;
                continue 'shrink;
            }
        }
        break;
    }
    &bytes[start..end]
}
