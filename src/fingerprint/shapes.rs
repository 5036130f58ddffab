//! Predicates that classify a single word by its shape: ids, hosts, URLs, hashes, addresses.

use super::lexicon::{HTTP_REASONS, PLACEHOLDER, is_errno};

/// Words for a position in a text.
const POSITIONS: [&str; 6] = ["char", "col", "column", "line", "offset", "position"];

/// Whether `c` separates the parts of a token, as in `web-7f9c4d6b5-x2k8p`.
pub(crate) fn is_separator(c: char) -> bool {
    matches!(c, '-' | '_' | '.' | ':' | '=' | '+' | '%' | '~' | '@' | '/' | '\\')
}

/// Whether a token with digits is one id as a whole: it starts with a digit, is hexadecimal or an IPv6 address, or
/// its first part is not shaped like a word.
pub(crate) fn is_id(token: &str) -> bool {
    let start = token.trim_start_matches(['-', '+', '.', '~', '_']);
    // The name of a file is an id as well if it is one without its extension.
    let stem = start.split('.').next().unwrap_or_default();
    let hexadecimal = || {
        stem.len() >= 8
            && stem.bytes().any(|b| b.is_ascii_digit())
            && stem.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
    };
    let address = || {
        token.contains(':')
            && token.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.' | b'%'))
    };
    let first = start.split(is_separator).next().unwrap_or_default();
    let letters = first.split(|c: char| c.is_ascii_digit()).next().unwrap_or_default();
    start.starts_with(|c: char| c.is_ascii_digit())
        || hexadecimal()
        || address()
        || (letters.len() != first.len() && !is_word(letters))
        || (!is_word(first) && letters.len() == first.len() && first.len() > 1)
}

/// Whether letters form a word: in lower case, in capitals, capitalized, or several words in camel case.
pub(crate) fn is_word(letters: &str) -> bool {
    let bytes = letters.as_bytes();
    let one_case =
        bytes.iter().all(u8::is_ascii_lowercase) || bytes.iter().all(u8::is_ascii_uppercase);
    if bytes.len() > 24 {
        return false;
    }
    let rest = bytes.get(1..).unwrap_or_default();
    one_case
        || rest.iter().all(u8::is_ascii_lowercase)
        || (is_camel_case(letters)
            && bytes.iter().all(u8::is_ascii_alphabetic)
            && case_changes(bytes) * 2 <= bytes.len())
        || !bytes.iter().all(u8::is_ascii_alphanumeric)
}

/// Whether `word` changes case too often for a word, as the ids of videos do.
pub(crate) fn is_scrambled(word: &str) -> bool {
    let bytes = word.as_bytes();
    (10..=64).contains(&bytes.len()) && case_changes(bytes) * 2 > bytes.len()
}

/// Whether a capital follows a small letter, as in `quotaExceeded` and `NoSuchKey`.
pub(crate) fn is_camel_case(word: &str) -> bool {
    word.as_bytes()
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase()))
}

/// How many adjacent bytes differ in being a small letter or not.
fn case_changes(bytes: &[u8]) -> usize {
    bytes
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() != b.is_ascii_lowercase()))
        .count()
}

/// Whether `word` is an e-mail address.
pub(crate) fn is_email(word: &str) -> bool {
    let Some((local, domain)) = word.rsplit_once('@') else {
        return false;
    };
    let top_level = domain.rsplit_once('.').map_or("", |(_, top_level)| top_level);
    !local.is_empty() && top_level.len() >= 2 && top_level.bytes().all(|b| b.is_ascii_alphabetic())
}

/// Whether `text` is the name of a host with its domain: `api.example.com`.
pub(crate) fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let top_level = text.rsplit_once('.').map_or("", |(_, top_level)| top_level);
    top_level.bytes().all(|b| b.is_ascii_lowercase())
        && top_level.len() >= 2
        && text.split('.').all(is_label)
}

/// Whether `word` starts with a scheme and `://`.
pub(crate) fn is_url(word: &str) -> bool {
    word.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty()
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    })
}

/// Whether letters are random: a long word whose changes of case do not divide it into words, or with a part that
/// nobody can pronounce.
pub(crate) fn is_random_letters(word: &str) -> bool {
    let bytes = word.as_bytes();
    let lower = bytes.iter().filter(|b| b.is_ascii_lowercase()).count();
    if !(8..=64).contains(&bytes.len())
        || !bytes.iter().all(u8::is_ascii_alphabetic)
        || lower == 0
        || lower + 1 >= bytes.len()
    {
        return false;
    }
    let (mut humps, mut capitals, mut silent) = (0, 0, 0);
    for (at, byte) in bytes.iter().enumerate() {
        if byte.is_ascii_uppercase() {
            capitals += 1;
            humps += usize::from(capitals < 3);
        } else {
            capitals = 0;
            humps += usize::from(at == 0);
        }
        let vowel = b"aeiouyAEIOUY".contains(byte);
        silent = if vowel || capitals > 1 { 0 } else { silent + 1 };
        if silent >= 6 {
            return true;
        }
    }
    humps >= 3 && bytes.len() < humps * 3
}

/// Whether a word without digits is a hash in hexadecimal, such as the short id of a commit.
pub(crate) fn is_letter_hash(word: &str) -> bool {
    word.len() >= 7 && word.bytes().all(|b| matches!(b, b'a'..=b'f'))
}

/// Whether a token is base64, in either alphabet: long, with capitals, small letters and digits, and none of the other
/// punctuation.
pub(crate) fn is_base64(token: &str) -> bool {
    let bytes = token.as_bytes();
    let has = |test: fn(&u8) -> bool| bytes.iter().any(test);
    bytes.len() >= 20
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'_' | b'-'))
        && !token.starts_with('/')
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
        && case_changes(bytes) * 4 >= bytes.len()
}

/// Whether a part of a token is a hash or UUID, so that the parts before it only qualify it: `repeat:781f2ca5…`.
pub(crate) fn is_composite_id(token: &str) -> bool {
    token.contains(':')
        && token.split(':').any(|part| {
            part.len() >= 24 && part.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
        })
}

/// Whether a quoted text is a name in the style of programs: `clips_slug_key`, `maxRetries`, without digits.
pub(crate) fn is_identifier(text: &str) -> bool {
    let lower = |b: u8| b.is_ascii_lowercase();
    let snake = text.split('_').count() >= 2
        && text.split('_').all(|part| !part.is_empty() && part.bytes().all(lower));
    let camel = text.bytes().next().is_some_and(lower)
        && is_camel_case(text)
        && text.bytes().all(|b| b.is_ascii_alphabetic())
        && !is_scrambled(text)
        && !is_random_letters(text);
    text.len() <= 64 && (snake || camel)
}

/// Whether a sentence starts with an HTTP status or an error number.
pub(crate) fn starts_with_code(text: &str) -> bool {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let reason = rest.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let status = word.len() == 3 && word.bytes().all(|b| b.is_ascii_digit());
    (status && HTTP_REASONS.contains(&reason)) || text.starts_with("[Errno") || is_errno(word)
}

/// Whether the text in a parenthesis consists of measurements (`total=10, idle=0`) or names a position
/// (`line 1 column 5`).
pub(crate) fn is_measurements(text: &str) -> bool {
    let is_value = |value: &str| {
        value == PLACEHOLDER || (!value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()))
    };
    let pairs = text.split(", ").all(|pair| {
        pair.split_once('=').is_some_and(|(name, value)| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphabetic()) && is_value(value)
        })
    });
    let mut words = text.split([' ', ',']).filter(|word| !word.is_empty()).peekable();
    let starts = words.peek().is_some_and(|word| POSITIONS.contains(word));
    (pairs && text.contains(", "))
        || (starts && words.all(|word| POSITIONS.contains(&word) || is_value(word)))
}

/// Whether `path` is a media type, such as `video/mp4`.
pub(crate) fn is_media_type(path: &str) -> bool {
    const TYPES: [&str; 7] = ["application", "audio", "font", "image", "model", "text", "video"];
    path.split_once('/').is_some_and(|(kind, subtype)| {
        TYPES.contains(&kind)
            && !subtype.is_empty()
            && subtype.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+.".contains(&b))
    })
}
