//! The lists behind the judgement of words, packed (this file is exempt from rustfmt).

/// Names with digits in them; lower case, sorted.
pub(crate) const TECHNICAL: [&str; 89] = [
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

/// Written after a number; part of it.
pub(crate) const UNITS: [&str; 43] = [
    "b", "bps", "byte", "bytes", "d", "day", "days", "fps", "gb", "gib", "h", "hour", "hours",
    "hr", "hrs", "hz", "kb", "kbps", "khz", "kib", "m", "mb", "mbps", "mhz", "mib",
    "microseconds", "milliseconds", "min", "mins", "minute", "minutes", "ms", "ns", "percent",
    "px", "s", "sec", "second", "seconds", "secs", "tb", "tib", "us",
];

/// Written after a time of day; part of it, in this case only: "est" is a French word.
pub(crate) const ZONES: [&str; 13] = [
    "AM", "CEST", "CET", "EDT", "EST", "GMT", "JST", "PDT", "PM", "PST", "UTC", "Z", "pm",
];

/// Counted things: one attempt and two attempts are one cause.
pub(crate) const COUNTED: [(&str, &str); 20] = [
    ("argument", "arguments"), ("attempt", "attempts"), ("character", "characters"),
    ("chunk", "chunks"), ("clip", "clips"), ("element", "elements"), ("error", "errors"),
    ("file", "files"), ("frame", "frames"), ("item", "items"), ("job", "jobs"), ("part", "parts"),
    ("request", "requests"), ("result", "results"), ("retry", "retries"), ("row", "rows"),
    ("segment", "segments"), ("time", "times"), ("token", "tokens"), ("try", "tries"),
];

/// After these a quoted text names a part of the program or schema, which is the cause, not a value.
pub(crate) const NAMING: [&str; 69] = [
    "argument", "attribute", "awaiting", "binary", "bucket", "class", "code", "codec", "colonne",
    "column", "command", "constraint", "contrainte", "database", "datenbank", "decoder",
    "demuxer", "encoder", "env", "error", "event", "extension", "field", "filter", "fonction",
    "format", "function", "funktion", "grant", "header", "import", "index", "keyerror", "method",
    "model", "module", "muxer", "named", "operator", "option", "package", "param", "parameter",
    "phase", "policy", "procedure", "properties", "property", "protocol", "reading", "reason",
    "relation", "role", "rolle", "schema", "scope", "sequence", "setting", "spalte", "spawn",
    "stage", "step", "tabelle", "table", "token", "trigger", "unique", "unique-constraint",
    "variable",
];

/// After these a quoted text was the name of something in the program.
pub(crate) const NAMED_BY_REST: [&str; 14] = [
    " is not a function", " is not defined", " is required", " is not allowed", " is undefined",
    " is not iterable", " must be", " of relation", " object has", " is not a constructor",
    " is not supported", " does not exist on type", " column of", " in the schema cache",
];

/// Endings of the names of media and data files: such names come from users and jobs.
pub(crate) const MEDIA: [&str; 30] = [
    "3gp", "aac", "ass", "avi", "bmp", "flac", "flv", "gif", "heic", "jpeg", "jpg", "m3u8", "m4a",
    "m4v", "mkv", "mov", "mp3", "mp4", "mpeg", "mpg", "ogg", "opus", "part", "png", "srt", "vtt",
    "wav", "webm", "webp", "wmv",
];

/// Months and weekdays by their first three letters, and months in full.
pub(crate) const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

pub(crate) const WEEKDAYS: [&str; 7] = [
    "mon", "tue", "wed", "thu", "fri", "sat", "sun",
];

pub(crate) const FULL_MONTHS: [&str; 11] = [
    "january", "february", "march", "april", "june", "july", "august", "september", "october",
    "november", "december",
];

/// Errors of system calls and of name resolution; sorted.
pub(crate) const ERRNO: [&str; 59] = [
    "E2BIG", "EACCES", "EADDRINUSE", "EADDRNOTAVAIL", "EAGAIN", "EAI_AGAIN", "EALREADY", "EBADF",
    "EBUSY", "ECANCELED", "ECHILD", "ECONNABORTED", "ECONNREFUSED", "ECONNRESET", "EDESTADDRREQ",
    "EDQUOT", "EEXIST", "EFAULT", "EFBIG", "EHOSTDOWN", "EHOSTUNREACH", "EINPROGRESS", "EINTR",
    "EINVAL", "EIO", "EISDIR", "ELOOP", "EMFILE", "EMSGSIZE", "ENAMETOOLONG", "ENETDOWN",
    "ENETRESET", "ENETUNREACH", "ENFILE", "ENOBUFS", "ENODATA", "ENODEV", "ENOENT", "ENOEXEC",
    "ENOMEM", "ENOSPC", "ENOSYS", "ENOTCONN", "ENOTDIR", "ENOTEMPTY", "ENOTFOUND", "ENOTSUP",
    "EOVERFLOW", "EPERM", "EPIPE", "EPROTO", "ERANGE", "EROFS", "ESPIPE", "ESRCH", "ESTALE",
    "ETIMEDOUT", "ETXTBSY", "EXDEV",
];

/// Statuses of gRPC; sorted.
pub(crate) const GRPC: [&str; 16] = [
    "ABORTED", "ALREADY_EXISTS", "CANCELLED", "DATA_LOSS", "DEADLINE_EXCEEDED",
    "FAILED_PRECONDITION", "INTERNAL", "INVALID_ARGUMENT", "NOT_FOUND", "OUT_OF_RANGE",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "UNAUTHENTICATED", "UNAVAILABLE", "UNIMPLEMENTED",
    "UNKNOWN",
];

/// Prefixes of codes that end in digits.
pub(crate) const NUMBERED: [&str; 9] = [
    "NET-", "PGRST", "AADSTS", "ORA-", "TS", "E11", "P00", "XX00", "SQLITE_",
];

/// Words that announce a code, whatever its value.
pub(crate) const CODES: [&str; 10] = [
    "code", "errno", "errorcode", "error_code", "exitcode", "exit_code", "rc", "signal", "status",
    "statuscode",
];

/// Words that may announce an HTTP status, when what follows allows it.
pub(crate) const REPLIES: [&str; 13] = [
    "with", "got", "returned", "received", "response", "error", "responded", "answered", "status",
    "code", "server", "erreur", "fehler",
];

/// First words of the standard reason phrases.
pub(crate) const REASONS: [&str; 22] = [
    "Bad", "Bandwidth", "Client", "Conflict", "Content", "Forbidden", "Gateway", "Gone",
    "Internal", "Length", "Locked", "Method", "Moved", "Not", "Payload", "Payment",
    "Precondition", "Request", "Service", "Too", "Unauthorized", "Unprocessable",
];
