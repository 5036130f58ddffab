//! Questions to the lexicon: words with digits that are not ids, units, and words that tell what follows.

use super::lexicon::{
    COUNTED, FULL_MONTHS, MEDIA, MONTHS, NAMED_BY_REST, NAMING, TECHNICAL, UNITS, WEEKDAYS, ZONES,
};

/// Runs a question on the lower-case form of a short ASCII word; long words are in no dictionary.
fn lowered<T>(word: &str, ask: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    let mut buffer = [0_u8; 20];
    let buffer = buffer.get_mut(..word.len())?;
    buffer.copy_from_slice(word.as_bytes());
    buffer.make_ascii_lowercase();
    ask(std::str::from_utf8(buffer).ok()?)
}

fn listed(list: &[&str], word: &str) -> bool {
    lowered(word, |word| list.contains(&word).then_some(())).is_some()
}

/// A name with digits that means something, API versions (`v1` … `v99`) included.
pub(crate) fn is_technical(word: &str) -> bool {
    lowered(word, |word| {
        let version = word
            .strip_prefix('v')
            .is_some_and(|n| (1..=2).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit()));
        (version || TECHNICAL.binary_search(&word).is_ok()).then_some(())
    })
    .is_some()
}

/// A unit, right behind a number.
pub(crate) fn is_unit(word: &str) -> bool {
    listed(&UNITS, word) || ZONES.contains(&word)
}

/// The plural of a counted thing given in the singular.
pub(crate) fn plural(word: &str) -> Option<&'static str> {
    COUNTED.iter().find(|(one, _)| *one == word).map(|(_, many)| *many)
}

/// Whether a quoted text after `word` names a thing.
pub(crate) fn announces_name(word: &str) -> bool {
    if word.is_ascii() {
        listed(&NAMING, word)
    } else {
        ["リレーション", "テーブル", "列", "制約"].iter().any(|end| word.ends_with(end))
    }
}

/// Whether the words after a quoted text say that it names a thing.
pub(crate) fn confirms_name(rest: &str) -> bool {
    NAMED_BY_REST.iter().any(|start| rest.starts_with(start))
}

/// Whether a code follows `word`.
pub(crate) fn announces_code(word: &str) -> bool {
    ["code", "reason", "error", "errno", "status"].iter().any(|end| ends_with(word, end))
}

/// Whether a value after `word` and an equals sign identifies one thing among many, or is nobody's business.
pub(crate) fn announces_id(word: &str) -> bool {
    word == "id"
        || ["_id", "Id", "ID"].iter().any(|end| word.ends_with(end))
        || ["uuid", "key", "token", "session", "trace", "user", "email"]
            .iter()
            .any(|end| ends_with(word, end))
        || announces_secret(word)
}

/// Whether a secret follows `word` and a colon or an equals sign.
pub(crate) fn announces_secret(word: &str) -> bool {
    [
        "password",
        "passwd",
        "pwd",
        "secret",
        "apikey",
        "api_key",
        "api-key",
        "authorization",
        "credential",
    ]
    .iter()
    .any(|end| ends_with(word, end))
}

/// Whether `word` ends in the ASCII `end`, whatever its case.
fn ends_with(word: &str, end: &str) -> bool {
    let start = word.len().checked_sub(end.len());
    let tail = start.and_then(|at| word.as_bytes().get(at..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(end.as_bytes()))
}

/// Whether a file name ends like media or data.
pub(crate) fn is_media(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(stem, end)| !stem.is_empty() && listed(&MEDIA, end))
}

/// The name of a month or a weekday, at most its English three-letter or full form.
pub(crate) fn is_calendar(word: &str) -> bool {
    word.len() >= 3
        && word.len() <= 9
        && word.get(..3).is_some_and(|start| listed(&MONTHS, start) || listed(&WEEKDAYS, start))
        && (word.len() == 3
            || word.ends_with("day")
            || lowered(word, |w| FULL_MONTHS.contains(&w).then_some(())).is_some())
}

#[cfg(test)]
mod tests {
    use super::super::lexicon::{ERRNO, GRPC};
    use super::*;

    #[test]
    fn binary_searched_lists_are_sorted() {
        assert!(TECHNICAL.is_sorted() && ERRNO.is_sorted() && GRPC.is_sorted());
    }

    #[test]
    fn calendar_words_match_only_short_and_full_names() {
        for word in ["Dec", "December", "Wed", "Wednesday", "May"] {
            assert!(is_calendar(word), "{word}");
        }
        for word in ["Marker", "Section", "Monitor", "Satellite"] {
            assert!(!is_calendar(word), "{word}");
        }
    }
}
