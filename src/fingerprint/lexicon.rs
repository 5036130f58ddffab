//! The lexicon: word lists, and predicates that classify a single word by a list.
//!
//! The predicates depend on the word only, never on its position in the text; `scan` and `code` combine them with
//! the surrounding text. Lists are packed, several words a line, and therefore exempt from rustfmt.

/// Replaces every part of an error that differs between jobs.
pub(crate) const PLACEHOLDER: &str = "<*>";

// Names and units

/// Names that contain digits and are not ids; lower case, sorted.
#[rustfmt::skip]
const TECHNICAL_NAMES: [&str; 89] = [
    "2xx", "3g2", "3gp", "3xx", "4xx", "5xx", "7z", "aarch64", "ac3", "aes128", "aes256", "amd64",
    "arm64", "av1", "avc1", "base32", "base64", "bt709", "cp1252", "eac3", "ebur128", "ec2",
    "f32", "f64", "float32", "float64", "h263", "h264", "h265", "hev1", "http2", "http3", "hvc1",
    "i16", "i32", "i386", "i64", "i686", "int16", "int32", "int4", "int64", "int8", "ipv4",
    "ipv6", "iso-8859-1", "iso8601", "k8s", "latin1", "libmp3lame", "libopenh264", "libx264",
    "libx265", "m3u8", "m4a", "md5", "mj2", "mp2", "mp3", "mp4", "mp4a", "mpeg2", "mpeg2video",
    "mpeg4", "oauth1", "oauth2", "pcm_f32le", "pcm_s16le", "rgb24", "s3", "sha-256", "sha1",
    "sha256", "sha512", "tlsv1", "u16", "u32", "u64", "u8", "utf-16", "utf-8", "utf8", "vp8",
    "vp9", "x264", "x265", "x509", "x86_64", "yuv420p",
];

/// Units, which follow a number and are part of it.
#[rustfmt::skip]
const UNITS: [&str; 43] = [
    "b", "bps", "byte", "bytes", "d", "day", "days", "fps", "gb", "gib", "h", "hour", "hours",
    "hr", "hrs", "hz", "kb", "kbps", "khz", "kib", "m", "mb", "mbps", "mhz", "mib",
    "microseconds", "milliseconds", "min", "mins", "minute", "minutes", "ms", "ns", "percent",
    "px", "s", "sec", "second", "seconds", "secs", "tb", "tib", "us",
];

/// Time zones and day halves, which follow a time of day and are part of it. Case matters: "est" is a French word.
#[rustfmt::skip]
const TIME_ZONES: [&str; 13] = [
    "AM", "CEST", "CET", "EDT", "EST", "GMT", "JST", "PDT", "PM", "PST", "UTC", "Z", "pm",
];

/// Counted things in the singular: "1 attempt" and "2 attempts" are one cause.
#[rustfmt::skip]
const COUNTED: [&str; 21] = [
    "argument", "attempt", "character", "chunk", "clip", "element", "error", "file", "frame",
    "item", "job", "part", "request", "result", "retry", "row", "scene", "segment", "time", "token",
    "try",
];

/// Extensions of media and data files, whose names come from users and jobs.
#[rustfmt::skip]
const MEDIA_EXTENSIONS: [&str; 30] = [
    "3gp", "aac", "ass", "avi", "bmp", "flac", "flv", "gif", "heic", "jpeg", "jpg", "m3u8", "m4a",
    "m4v", "mkv", "mov", "mp3", "mp4", "mpeg", "mpg", "ogg", "opus", "part", "png", "srt", "vtt",
    "wav", "webm", "webp", "wmv",
];

/// Months by their first three letters.
#[rustfmt::skip]
const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Weekdays by their first three letters.
#[rustfmt::skip]
const WEEKDAYS: [&str; 7] = [
    "mon", "tue", "wed", "thu", "fri", "sat", "sun",
];

/// Months with more than three letters, in full.
#[rustfmt::skip]
const FULL_MONTHS: [&str; 11] = [
    "january", "february", "march", "april", "june", "july", "august", "september", "october",
    "november", "december",
];

/// Whether `word` contains digits but is the name of a format, protocol or API version.
pub(crate) fn is_technical_name(word: &str) -> bool {
    is_version(word) || in_lower_case(word, |word| TECHNICAL_NAMES.binary_search(&word).is_ok())
}

/// Whether `word` is the version of a program: `v1.2.3`.
pub(crate) fn is_release(word: &str) -> bool {
    let number = word.strip_prefix(['v', 'V']).unwrap_or_default();
    number.starts_with(|c: char| c.is_ascii_digit())
        && number.split_once('.').is_some_and(|(major, minor)| {
            major.bytes().all(|b| b.is_ascii_digit())
                && minor.starts_with(|c: char| c.is_ascii_digit())
        })
}

/// Whether `word` is the version of an API: `v1` to `v99`.
pub(crate) fn is_version(word: &str) -> bool {
    let number = word.strip_prefix(['v', 'V']).unwrap_or_default();
    (1..=2).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
}

/// Whether `word` is a unit or a time zone, if it directly follows a number.
pub(crate) fn is_unit(word: &str) -> bool {
    contains(&UNITS, word) || TIME_ZONES.contains(&word)
}

/// The plural of a counted thing in the singular.
pub(crate) fn plural(word: &str) -> Option<String> {
    COUNTED.contains(&word).then(|| match word.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{word}s"),
    })
}

/// Whether `name` is a file name with the extension of a media or data file.
pub(crate) fn is_media(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(stem, extension)| !stem.is_empty() && contains(&MEDIA_EXTENSIONS, extension))
}

/// Whether `name` is the name of a source file, after which a line number follows: `handshake.cc:5432`. Hosts below
/// these domains have more than one dot.
pub(crate) fn is_source_file(name: &str) -> bool {
    const EXTENSIONS: [&str; 6] = ["c", "cc", "cpp", "go", "py", "rs"];
    name.split_once('.').is_some_and(|(_, extension)| EXTENSIONS.contains(&extension))
}

/// Whether `word` is the English name of a month or weekday, in full or by its first three letters.
pub(crate) fn is_calendar(word: &str) -> bool {
    word.len() >= 3
        && word.len() <= 9
        && word.get(..3).is_some_and(|start| contains(&MONTHS, start) || contains(&WEEKDAYS, start))
        && (word.len() == 3 || word.ends_with("day") || contains(&FULL_MONTHS, word))
}

// Words that classify the text next to them

/// Words before a quoted text that names a part of the program or schema: the name is part of the cause, not a value.
#[rustfmt::skip]
const BEFORE_NAMES: [&str; 81] = [
    "argument", "attribute", "awaiting", "binary", "bucket", "class", "code", "codec", "colonne",
    "column", "command", "constraint", "contrainte", "database", "datenbank", "decoder", "demuxer",
    "encoder", "env", "err", "error", "event", "extension", "field", "filter", "fonction", "format",
    "function", "funktion", "grant", "header", "import", "index", "keyerror", "limit", "method",
    "metric", "model", "module", "muxer", "named", "operator", "option", "package", "param",
    "parameter", "phase", "policy", "procedure", "property", "protocol", "reading", "reason",
    "relation", "role", "rolle", "schema", "scope", "sequence", "setting", "spalte", "spawn",
    "stage", "step", "tabelle", "table", "token", "trigger", "unique", "unique-constraint",
    "variable", "because", "desc", "details", "detail", "fields", "message", "msg", "returned",
    "said", "violated",
];

/// Words before a quoted text that is a value, even if it has the form of a name.
#[rustfmt::skip]
const BEFORE_VALUES: [&str; 14] = [
    "benutzer", "email", "entry", "file", "host", "id", "input", "slug", "string", "tag",
    "title", "user", "username", "value",
];

/// Texts after a quoted text that names a part of the program.
#[rustfmt::skip]
const AFTER_NAMES: [&str; 18] = [
    ": executable file", " is not a function", " is not defined", " is required", " is not allowed",
    " is undefined", " must ", " object has", " column of", " in the schema cache", " argument",
    " property", " option", " length must", " contains ", " does not match", " is out of range",
    " field ",
];

/// Words before a number that is a code, whatever its value.
#[rustfmt::skip]
pub(crate) const CODE_LABELS: [&str; 10] = [
    "code", "errno", "errorcode", "error_code", "exitcode", "exit_code", "rc", "signal", "status",
    "statuscode",
];

/// Words before a number that may be an HTTP status, depending on the text after it.
#[rustfmt::skip]
pub(crate) const HTTP_STATUS_LABELS: [&str; 18] = [
    "with", "got", "returned", "received", "response", "error", "responded", "answered", "status",
    "code", "server", "erreur", "fehler", "failed", "replied", "err", "api", "ok",
];

/// First words of the standard reason phrases of HTTP.
#[rustfmt::skip]
pub(crate) const HTTP_REASONS: [&str; 35] = [
    "Bad", "Bandwidth", "Client", "Conflict", "Content", "Expectation", "Forbidden", "Gateway",
    "Gone", "Insufficient", "Internal", "Length", "Locked", "Method", "Misdirected", "Moved",
    "Network", "Not", "Payload", "Payment", "Permanent", "Precondition", "Proxy", "Range",
    "Request", "Service", "Temporary", "Too", "URI", "Unauthorized", "Unavailable",
    "Unprocessable", "Unsupported", "Upgrade", "Variant",
];

/// Whether a quoted text after `word` is a name.
pub(crate) fn precedes_name(word: &str) -> bool {
    if word.is_ascii() {
        contains(&BEFORE_NAMES, word)
    } else {
        ["リレーション", "テーブル", "列", "制約"].iter().any(|end| word.ends_with(end))
    }
}

/// Whether an identifier in quotes after `word` is nevertheless a value, such as the name of a user.
pub(crate) fn precedes_value(word: &str) -> bool {
    contains(&BEFORE_VALUES, word)
}

/// Whether a quoted text before `rest` is a name.
pub(crate) fn follows_name(rest: &str) -> bool {
    entries(&AFTER_NAMES).any(|start| rest.starts_with(start))
}

/// Whether a word after `word` is an error code.
pub(crate) fn precedes_code(word: &str) -> bool {
    ["code", "reason", "error", "errno", "status"].iter().any(|end| ends_with(word, end))
}

/// Whether a value after `word` and an equals sign identifies one object or person, or is secret.
pub(crate) fn precedes_id(word: &str) -> bool {
    word == "id"
        || ["_id", "Id", "ID"].iter().any(|end| word.ends_with(end))
        || is_entity(word)
        || ["uuid", "key", "token", "session", "trace", "user", "email"]
            .iter()
            .any(|end| ends_with(word, end))
        || precedes_secret(word)
}

/// Whether `word` is a label of an id: `id`, `host_id`, `RequestId`, but neither `said` nor `RecordInvalid`.
pub(crate) fn is_id_label(word: &str) -> bool {
    let name = ["ID", "Id", "id"].iter().find_map(|end| word.strip_suffix(end));
    name.is_some_and(|name| {
        let in_camel_case = !word.ends_with("id") && !name.ends_with(|c: char| c.is_uppercase());
        in_camel_case || name.is_empty() || name.ends_with(['_', '-']) || ends_with(name, "request")
    })
}

/// Whether a value after `word` and a colon or an equals sign is secret.
pub(crate) fn precedes_secret(word: &str) -> bool {
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

// Error codes

/// Errors of system calls and of name resolution; sorted.
#[rustfmt::skip]
const ERRNO_NAMES: [&str; 59] = [
    "E2BIG", "EACCES", "EADDRINUSE", "EADDRNOTAVAIL", "EAGAIN", "EAI_AGAIN", "EALREADY", "EBADF",
    "EBUSY", "ECANCELED", "ECHILD", "ECONNABORTED", "ECONNREFUSED", "ECONNRESET", "EDESTADDRREQ",
    "EDQUOT", "EEXIST", "EFAULT", "EFBIG", "EHOSTDOWN", "EHOSTUNREACH", "EINPROGRESS", "EINTR",
    "EINVAL", "EIO", "EISDIR", "ELOOP", "EMFILE", "EMSGSIZE", "ENAMETOOLONG", "ENETDOWN",
    "ENETRESET", "ENETUNREACH", "ENFILE", "ENOBUFS", "ENODATA", "ENODEV", "ENOENT", "ENOEXEC",
    "ENOMEM", "ENOSPC", "ENOSYS", "ENOTCONN", "ENOTDIR", "ENOTEMPTY", "ENOTFOUND", "ENOTSUP",
    "EOVERFLOW", "EPERM", "EPIPE", "EPROTO", "ERANGE", "EROFS", "ESPIPE", "ESRCH", "ESTALE",
    "ETIMEDOUT", "ETXTBSY", "EXDEV",
];

/// Status names of gRPC; sorted.
#[rustfmt::skip]
const GRPC_STATUSES: [&str; 16] = [
    "ABORTED", "ALREADY_EXISTS", "CANCELLED", "DATA_LOSS", "DEADLINE_EXCEEDED",
    "FAILED_PRECONDITION", "INTERNAL", "INVALID_ARGUMENT", "NOT_FOUND", "OUT_OF_RANGE",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "UNAUTHENTICATED", "UNAVAILABLE", "UNIMPLEMENTED",
    "UNKNOWN",
];

/// Prefixes of codes that end in two to six digits.
#[rustfmt::skip]
const CODE_PREFIXES: [&str; 11] = [
    "ERR", "ERROR_", "NET-", "PGRST", "AADSTS", "ORA-", "TS", "E11", "P00", "XX00", "SQLITE_",
];

/// Endings of the names of exception classes.
const CLASS_ENDINGS: [&str; 3] = ["Error", "Exception", "Fault"];

/// Whether `word` is the symbol of a system error, such as `ECONNREFUSED`.
pub(crate) fn is_errno(word: &str) -> bool {
    ERRNO_NAMES.binary_search(&word).is_ok()
}

/// Whether `word` is the name of a gRPC status.
pub(crate) fn is_grpc_status(word: &str) -> bool {
    GRPC_STATUSES.binary_search(&word).is_ok()
}

/// Whether `word` is more than the ending of an exception class, and ends like one.
pub(crate) fn is_class(word: &str) -> bool {
    CLASS_ENDINGS.iter().any(|end| word.len() > end.len() && word.ends_with(end))
}

/// Whether a long token is an exception class with its package: `com.datastax.….WriteTimeoutException`.
pub(crate) fn is_qualified_class(token: &str) -> bool {
    let is_name = |name: &str| {
        (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_')
    };
    token.contains('.') && is_class(token) && token.split('.').all(is_name)
}

/// Whether `word`, which contains digits, is an exception class: `S3ServiceException`, `sqlite3.OperationalError`.
pub(crate) fn is_class_with_digits(word: &str) -> bool {
    let (modules, class) = word.rsplit_once('.').unwrap_or(("", word));
    let is_module = |name: &str| {
        let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
        letters.len() >= 2
            && name.len() - letters.len() <= 2
            && letters.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    };
    class.starts_with(|c: char| c.is_ascii_uppercase())
        && CLASS_ENDINGS.iter().any(|end| class.ends_with(end))
        && (modules.is_empty() || modules.split('.').all(is_module))
}

/// Whether `word`, which contains digits, is a code and not an id: `PGRST116`, `ERR_HTTP2_STREAM_ERROR`, `ORA-00942`.
pub(crate) fn is_numbered_code(word: &str) -> bool {
    let digits =
        |text: &str| (2..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let capitals =
        || word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    CODE_PREFIXES.iter().any(|prefix| word.strip_prefix(prefix).is_some_and(digits))
        || (["ERR_", "NGHTTP2_"].iter().any(|prefix| word.starts_with(prefix))
            && word.len() <= 64
            && capitals())
}

/// Whether digits are a status of HTTP that says that a request failed.
pub(crate) fn is_failed_status(digits: &str) -> bool {
    let known = ["400".."430", "431".."432", "451".."452", "499".."512", "520".."531"];
    digits.len() == 3 && known.iter().any(|range| range.contains(&digits))
}

/// Whether `text` is a SQLSTATE: five capital letters or digits, at least two of them digits, as in `23505` or `22P02`.
pub(crate) fn is_sqlstate(text: &str) -> bool {
    text.len() == 5
        && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
        && text.bytes().filter(u8::is_ascii_digit).count() >= 2
}

// Nouns and statements around names

/// Nouns for objects that users create and name.
const ENTITIES: [&str; 18] = super::lines(include_str!("entities.txt"));

/// Words that form a compound with the noun before them.
#[rustfmt::skip]
const COMPOUNDS: [&str; 48] = [
    "access", "account", "agent", "authentication", "balance", "configuration", "connection",
    "creation", "credentials", "data", "deletion", "directory", "email", "export", "file", "files",
    "group", "id", "ids", "input", "key", "limit", "list", "login", "member", "members", "name",
    "names", "owner", "password", "permissions", "plan", "processing", "profile", "queue", "quota",
    "record", "rendering", "role", "service", "session", "settings", "state", "status", "storage",
    "token", "type", "upload",
];

/// Words that start a statement about a noun.
#[rustfmt::skip]
const STATEMENTS: [&str; 26] = [
    "already", "are", "can", "cannot", "could", "couldn't", "did", "does", "doesn't", "exceeded",
    "exists", "expired", "failed", "had", "has", "have", "is", "must", "no", "not", "reached",
    "that", "was", "were", "which", "who",
];

/// Nouns before the name of a file.
const FILE_NOUNS: [&str; 8] =
    ["asset", "audio", "datei", "fichier", "file", "image", "upload", "video"];

/// Ports of known services.
#[rustfmt::skip]
const KNOWN_PORTS: [&str; 37] = [
    "21", "22", "25", "53", "80", "110", "143", "389", "443", "465", "587", "993", "1433", "1521",
    "2181", "2379", "3000", "3306", "4222", "4317", "5000", "5432", "5672", "6379", "6432", "6543",
    "7233", "8000", "8080", "8443", "9000", "9042", "9092", "9200", "9300", "11211", "27017",
];

/// Domains below which the first label names a tenant or bucket.
#[rustfmt::skip]
const TENANT_DOMAINS: [&str; 14] = [
    "atlassian.net", "auth0.com", "blob.core.windows.net", "digitaloceanspaces.com",
    "herokuapp.com", "myshopify.com", "okta.com", "r2.cloudflarestorage.com",
    "s3.amazonaws.com", "sharepoint.com", "slack.com", "supabase.co", "vercel.app", "zendesk.com",
];

/// Words in the labels of hosts that name a service and not a tenant.
#[rustfmt::skip]
const SERVICE_LABELS: [&str; 48] = [
    "admin", "alerts", "api", "app", "apps", "asset", "assets", "auth", "backend", "cache", "cdn",
    "central", "chat", "dev", "download", "east", "edge", "files", "gateway", "graph", "hooks",
    "image", "images", "internal", "live", "login", "mail", "media", "north", "oauth", "open",
    "primary", "prod", "production", "proxy", "public", "queue", "replica", "service", "south",
    "staging", "static", "storage", "test", "upload", "uploads", "west", "worker",
];

/// Whether `port` is the port of a known service; other ports differ between connections.
pub(crate) fn is_known_port(port: &str) -> bool {
    KNOWN_PORTS.contains(&port)
}

/// Whether `label`, the first label of a host, is the name of a tenant or bucket and not of a service.
pub(crate) fn is_tenant(label: &str, domain: &str) -> bool {
    let is_bucket = (domain.starts_with("s3.") || domain.starts_with("s3-"))
        && domain.ends_with(".amazonaws.com");
    let hosted = is_bucket
        || TENANT_DOMAINS.iter().any(|end| {
            domain == *end || domain.strip_suffix(end).is_some_and(|rest| rest.ends_with('.'))
        });
    let words = || label.split('-');
    let named = label.contains('-')
        && domain.contains('.')
        && words().all(|word| word.len() >= 3 && word.bytes().all(|b| b.is_ascii_lowercase()))
        && !words().any(|word| SERVICE_LABELS.contains(&word));
    hosted || named
}

/// Whether `word` is a noun for objects that users create and name.
pub(crate) fn is_entity(word: &str) -> bool {
    contains(&ENTITIES, word)
}

/// Whether `word` is the plural of such a noun.
pub(crate) fn is_collection(word: &str) -> bool {
    word.strip_suffix('s').is_some_and(is_entity)
}

/// Whether `word` after such a noun belongs to it ("account token", "user id") and is not a name.
pub(crate) fn is_compound_of_entity(word: &str) -> bool {
    contains(&COMPOUNDS, word) || starts_statement(word)
}

/// Whether a word starts a statement about the noun before it.
pub(crate) fn starts_statement(word: &str) -> bool {
    contains(&STATEMENTS, word)
}

/// Whether `word` announces the name of a file.
pub(crate) fn is_file_noun(word: &str) -> bool {
    contains(&FILE_NOUNS, word)
}

/// Whether a line contains a word for a failure.
pub(crate) fn states_failure(line: &str) -> bool {
    let bytes = line.as_bytes();
    bytes.iter().enumerate().any(|(at, first)| {
        let words: &[&str] = match first.to_ascii_lowercase() {
            b'c' => &["cannot", "can't", "could not", "couldn't"],
            b'd' => &["denied"],
            b'e' => &["error", "exception"],
            b'f' => &["fail"],
            b'i' => &["invalid"],
            b'n' => &["not found"],
            b'o' => &["occurred"],
            b'r' => &["refuse", "reject"],
            b't' => &["timed out", "too many"],
            b'u' => &["unable", "unexpected"],
            _ => return false,
        };
        words.iter().any(|word| {
            let found = bytes.get(at..at + word.len()).unwrap_or_default();
            found.eq_ignore_ascii_case(word.as_bytes())
        })
    })
}

// Comparison without regard to case

/// Whether `text` starts with the ASCII `prefix`, ignoring case.
pub(crate) fn starts_with(text: &str, prefix: &str) -> bool {
    text.as_bytes()
        .get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// Whether `word` ends with the ASCII `end`, ignoring case.
pub(crate) fn ends_with(word: &str, end: &str) -> bool {
    let start = word.len().checked_sub(end.len());
    let tail = start.and_then(|at| word.as_bytes().get(at..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(end.as_bytes()))
}

/// Whether the lower-case `list` contains `word`, ignoring the case of `word`.
fn contains(list: &'static [&'static str], word: &str) -> bool {
    in_lower_case(word, |word| entries(list).any(|entry| entry == word))
}

/// The entries of a list of words or phrases; without the one that a test leaves out, to see whether it matters.
pub(crate) fn entries(list: &'static [&'static str]) -> impl Iterator<Item = &'static str> {
    list.iter().copied().filter(|_entry| {
        #[cfg(test)]
        return tests::LEFT_OUT.get() != Some(*_entry);
        #[cfg(not(test))]
        true
    })
}

/// Tests the lower-case form of `word`, without an allocation. False for words of more than 20 bytes, which no list
/// contains.
fn in_lower_case(word: &str, test: impl FnOnce(&str) -> bool) -> bool {
    let mut buffer = [0_u8; 20];
    let Some(buffer) = buffer.get_mut(..word.len()) else {
        return false;
    };
    buffer.copy_from_slice(word.as_bytes());
    buffer.make_ascii_lowercase();
    std::str::from_utf8(buffer).is_ok_and(test)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        /// The entry of a list that is left out.
        pub(crate) static LEFT_OUT: Cell<Option<&'static str>> = const { Cell::new(None) };
    }

    /// Lists of words and phrases that are rules of this tool; the others are vocabularies, such as the units, the
    /// codes of a standard, and the words of English that join or qualify a noun.
    pub(crate) const RULES: [&[&str]; 4] = [&BEFORE_NAMES, &BEFORE_VALUES, &AFTER_NAMES, &ENTITIES];

    #[test]
    fn binary_searched_lists_are_sorted() {
        assert!(
            TECHNICAL_NAMES.is_sorted() && ERRNO_NAMES.is_sorted() && GRPC_STATUSES.is_sorted()
        );
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
