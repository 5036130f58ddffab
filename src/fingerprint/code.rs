//! What counts as an error code or class, and which of several wins.

use super::lexicon::{ERRNO, GRPC, NUMBERED};

/// How telling a code is; the lowest of those found wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CodeRank {
    /// Told as such by a structured error.
    Structured,
    /// A symbol that exists for this purpose: `ECONNREFUSED`, `PGRST116`, `UNAVAILABLE`.
    Symbol,
    SqlState,
    Http,
    /// Exit codes and signals.
    Exit,
    /// The class of an exception: `TypeError`.
    Class,
}

const CLASS_ENDS: [&str; 3] = ["Error", "Exception", "Fault"];

/// Judges one word without digits; `next` is the byte after it, `named` says that the word before announced a code.
pub(crate) fn of_word(word: &str, next: Option<u8>, named: bool) -> Option<CodeRank> {
    if word.len() < 3 || !word.bytes().any(|b| b.is_ascii_uppercase()) {
        let symbol =
            named && word.contains('_') && word.starts_with(|c: char| c.is_ascii_alphabetic());
        return symbol.then_some(CodeRank::Symbol);
    }
    if word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') {
        return of_capitals(word, next, named);
    }
    let ends_a_name = matches!(next, None | Some(b':' | b'(' | b' ' | b'[' | b'.' | b'\n'));
    let class = CLASS_ENDS.iter().any(|end| word.len() > end.len() && word.ends_with(end));
    if class && ends_a_name {
        return Some(CodeRank::Class);
    }
    (named && is_hump(word)).then_some(CodeRank::Symbol)
}

fn of_capitals(word: &str, next: Option<u8>, named: bool) -> Option<CodeRank> {
    if word.starts_with("SIG") && (6..=8).contains(&word.len()) {
        return Some(CodeRank::Exit);
    }
    let grpc = next == Some(b':') && GRPC.binary_search(&word).is_ok();
    // Names of settings look the same: only a code is announced, or followed by what it means.
    let told =
        named || next == Some(b':') || word.starts_with("ERR_") || word.starts_with("UND_ERR_");
    let joined = told && word.len() >= 8 && word.trim_matches('_').contains('_');
    (grpc || joined || ERRNO.binary_search(&word).is_ok()).then_some(CodeRank::Symbol)
}

/// `quotaExceeded`, `NoSuchKey`: more than one word written as one.
pub(crate) fn is_hump(word: &str) -> bool {
    word.as_bytes()
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase()))
}

/// Whether a word with digits is a code rather than an id: `PGRST116`, `ERR_HTTP2_STREAM_ERROR`, `ORA-00942`.
pub(crate) fn is_numbered(word: &str) -> bool {
    let digits =
        |text: &str| (2..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let shouted =
        || word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    NUMBERED.iter().any(|prefix| word.strip_prefix(prefix).is_some_and(digits))
        || (["ERR_", "NGHTTP2_"].iter().any(|prefix| word.starts_with(prefix))
            && word.len() <= 64
            && shouted())
}

/// Whether a word with digits is the class of an exception: `S3ServiceException`.
pub(crate) fn is_class(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_uppercase())
        && CLASS_ENDS.iter().any(|end| word.ends_with(end))
}

/// Whether a word is the name of a gRPC status.
pub(crate) fn is_grpc(word: &str) -> bool {
    GRPC.binary_search(&word).is_ok()
}
