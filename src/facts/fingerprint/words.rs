//! The dictionary: words with digits that are not ids, units, and words that tell what follows.

/// Names with digits in them; lower case, sorted.
const TECHNICAL: [&str; 89] = [
    "2xx",
    "3g2",
    "3gp",
    "3xx",
    "4xx",
    "5xx",
    "7z",
    "aarch64",
    "ac3",
    "aes128",
    "aes256",
    "amd64",
    "arm64",
    "av1",
    "avc1",
    "base32",
    "base64",
    "bt709",
    "cp1252",
    "eac3",
    "ebur128",
    "ec2",
    "f32",
    "f64",
    "float32",
    "float64",
    "h263",
    "h264",
    "h265",
    "hev1",
    "http2",
    "http3",
    "hvc1",
    "i16",
    "i32",
    "i386",
    "i64",
    "i686",
    "int16",
    "int32",
    "int4",
    "int64",
    "int8",
    "ipv4",
    "ipv6",
    "iso-8859-1",
    "iso8601",
    "k8s",
    "latin1",
    "libmp3lame",
    "libopenh264",
    "libx264",
    "libx265",
    "m3u8",
    "m4a",
    "md5",
    "mj2",
    "mp2",
    "mp3",
    "mp4",
    "mp4a",
    "mpeg2",
    "mpeg2video",
    "mpeg4",
    "oauth1",
    "oauth2",
    "pcm_f32le",
    "pcm_s16le",
    "rgb24",
    "s3",
    "sha-256",
    "sha1",
    "sha256",
    "sha512",
    "tlsv1",
    "u16",
    "u32",
    "u64",
    "u8",
    "utf-16",
    "utf-8",
    "utf8",
    "vp8",
    "vp9",
    "x264",
    "x265",
    "x509",
    "x86_64",
    "yuv420p",
];

/// Written after a number; part of it.
const UNITS: [&str; 51] = [
    "am",
    "b",
    "bps",
    "byte",
    "bytes",
    "cet",
    "cest",
    "d",
    "day",
    "days",
    "est",
    "fps",
    "gb",
    "gib",
    "gmt",
    "h",
    "hour",
    "hours",
    "hr",
    "hrs",
    "hz",
    "kb",
    "kbps",
    "khz",
    "kib",
    "m",
    "mb",
    "mbps",
    "mhz",
    "mib",
    "microseconds",
    "milliseconds",
    "min",
    "mins",
    "minute",
    "minutes",
    "ms",
    "ns",
    "percent",
    "pm",
    "px",
    "s",
    "sec",
    "second",
    "seconds",
    "secs",
    "tb",
    "tib",
    "us",
    "utc",
    "z",
];

/// Counted things: one attempt and two attempts are one cause.
const COUNTED: [(&str, &str); 20] = [
    ("argument", "arguments"),
    ("attempt", "attempts"),
    ("character", "characters"),
    ("chunk", "chunks"),
    ("clip", "clips"),
    ("element", "elements"),
    ("error", "errors"),
    ("file", "files"),
    ("frame", "frames"),
    ("item", "items"),
    ("job", "jobs"),
    ("part", "parts"),
    ("request", "requests"),
    ("result", "results"),
    ("retry", "retries"),
    ("row", "rows"),
    ("segment", "segments"),
    ("time", "times"),
    ("token", "tokens"),
    ("try", "tries"),
];

/// After these a quoted text names a part of the program or schema, which is the cause, not a value.
const NAMING: [&str; 64] = [
    "argument",
    "attribute",
    "binary",
    "bucket",
    "class",
    "code",
    "codec",
    "column",
    "command",
    "constraint",
    "contrainte",
    "colonne",
    "database",
    "datenbank",
    "decoder",
    "demuxer",
    "encoder",
    "env",
    "error",
    "event",
    "extension",
    "field",
    "filter",
    "fonction",
    "format",
    "function",
    "funktion",
    "grant",
    "header",
    "import",
    "index",
    "keyerror",
    "method",
    "module",
    "muxer",
    "named",
    "operator",
    "option",
    "package",
    "param",
    "parameter",
    "policy",
    "procedure",
    "properties",
    "property",
    "protocol",
    "reading",
    "reason",
    "relation",
    "role",
    "rolle",
    "schema",
    "scope",
    "sequence",
    "setting",
    "spalte",
    "spawn",
    "tabelle",
    "table",
    "token",
    "trigger",
    "unique",
    "unique-constraint",
    "variable",
];

/// After these a quoted text was the name of something in the program.
const NAMED_BY_REST: [&str; 14] = [
    " is not a function",
    " is not defined",
    " is required",
    " is not allowed",
    " is undefined",
    " is not iterable",
    " must be",
    " of relation",
    " object has",
    " is not a constructor",
    " is not supported",
    " does not exist on type",
    " column of",
    " in the schema cache",
];

/// Endings of the names of media and data files: such names come from users and jobs.
const MEDIA: [&str; 30] = [
    "3gp", "aac", "ass", "avi", "bmp", "flac", "flv", "gif", "heic", "jpeg", "jpg", "m3u8", "m4a",
    "m4v", "mkv", "mov", "mp3", "mp4", "mpeg", "mpg", "ogg", "opus", "part", "png", "srt", "vtt",
    "wav", "webm", "webp", "wmv",
];

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

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
pub(super) fn is_technical(word: &str) -> bool {
    lowered(word, |word| {
        let version = word
            .strip_prefix('v')
            .is_some_and(|n| (1..=2).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit()));
        (version || TECHNICAL.binary_search(&word).is_ok()).then_some(())
    })
    .is_some()
}

/// A unit, right behind a number.
pub(super) fn is_unit(word: &str) -> bool {
    listed(&UNITS, word)
}

/// The plural of a counted thing given in the singular.
pub(super) fn plural(word: &str) -> Option<&'static str> {
    COUNTED.iter().find(|(one, _)| *one == word).map(|(_, many)| *many)
}

/// Whether a quoted text after `word` names a thing.
pub(super) fn announces_name(word: &str) -> bool {
    if word.is_ascii() {
        listed(&NAMING, word)
    } else {
        ["リレーション", "テーブル", "列", "制約"].iter().any(|end| word.ends_with(end))
    }
}

/// Whether the words after a quoted text say that it names a thing.
pub(super) fn confirms_name(rest: &str) -> bool {
    NAMED_BY_REST.iter().any(|start| rest.starts_with(start))
}

/// Whether a code follows `word`.
pub(super) fn announces_code(word: &str) -> bool {
    ["code", "reason", "error", "errno", "status"].iter().any(|end| {
        let start = word.len().checked_sub(end.len());
        start
            .and_then(|at| word.as_bytes().get(at..))
            .is_some_and(|tail| tail.eq_ignore_ascii_case(end.as_bytes()))
    })
}

/// Whether a value after `word` and an equals sign identifies one thing among many.
pub(super) fn announces_id(word: &str) -> bool {
    ["id", "_id", "Id", "ID", "uuid", "key", "token", "session", "trace", "user", "email"]
        .iter()
        .any(|end| if end.len() == 2 && *end == "id" { word == *end } else { word.ends_with(end) })
}

/// Whether a file name ends like media or data.
pub(super) fn is_media(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(stem, end)| !stem.is_empty() && listed(&MEDIA, end))
}

/// The name of a month or a weekday, at most its English three-letter or full form.
pub(super) fn is_calendar(word: &str) -> bool {
    word.len() >= 3
        && word.len() <= 9
        && word.get(..3).is_some_and(|start| listed(&MONTHS, start) || listed(&WEEKDAYS, start))
        && (word.len() == 3
            || word.ends_with("day")
            || lowered(word, |w| FULL_MONTHS.contains(&w).then_some(())).is_some())
}

const FULL_MONTHS: [&str; 11] = [
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_searched_by_halves_are_sorted() {
        assert!(TECHNICAL.is_sorted());
    }

    #[test]
    fn months_and_weekdays_are_known_in_both_forms_only() {
        for word in ["Dec", "December", "Wed", "Wednesday", "May"] {
            assert!(is_calendar(word), "{word}");
        }
        for word in ["Marker", "Section", "Monitor", "Satellite"] {
            assert!(!is_calendar(word), "{word}");
        }
    }
}
