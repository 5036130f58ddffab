//! Connection parameters: parsed from a URL or a keyword string, and compared with the parameters that take
//! effect.
//!
//! Errors and warnings contain names of parameters and services, but no other part of a connection
//! string: after a typing error, any part of it can be the password.

use super::suggest::{did_you_mean, nearest};
use super::{ConnectionParams, Error, tls};

/// Parameters that take effect.
const EFFECTIVE: [&str; 22] = [
    "application_name",
    "channel_binding",
    "connect_timeout",
    "connection_limit",
    "dbname",
    "fallback_application_name",
    "gssencmode",
    "host",
    "hostaddr",
    "options",
    "passfile",
    "password",
    "port",
    "schema",
    "service",
    "servicefile",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "target_session_attrs",
    "user",
];

/// Parameters that are ignored without a warning: settings of other clients, or behavior that this
/// client has anyway.
const IGNORED: [&str; 23] = [
    "client_encoding",
    "gssdelegation",
    "gsslib",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "pgbouncer",
    "pool_timeout",
    "prepareThreshold",
    "prepared_statements",
    "socket_timeout",
    "sslcompression",
    "sslsni",
    "statement_cache_size",
    "statement_cache_mode",
    "supa",
    "tcp_user_timeout",
    "uselibpqcompat",
    "workaround",
    "max_protocol_version",
    "min_protocol_version",
];

/// Parameters that are not supported, with the text that says what happens instead.
const UNSUPPORTED: [(&str, &str); 13] = [
    ("load_balance_hosts", "hosts are tried in order"),
    ("replication", "replication sessions are not used"),
    ("require_auth", "every authentication method of the server is accepted"),
    ("requirepeer", "the owner of the socket is not checked"),
    ("sslaccept", "sslmode decides what is verified"),
    ("sslcertmode", "a client certificate is sent if the server requests one"),
    ("sslcrl", "revocation is not checked"),
    ("sslcrldir", "revocation is not checked"),
    ("sslidentity", "use sslcert and sslkey"),
    ("sslnegotiation", "TLS is negotiated in the usual way"),
    ("sslpassword", "use a key without passphrase"),
    ("ssl_max_protocol_version", "TLS 1.2 and 1.3 are offered"),
    ("ssl_min_protocol_version", "TLS 1.2 and 1.3 are offered"),
];

/// Parses a connection string: a URL or keywords. A byte order mark, white space and quotes around it are ignored:
/// they come from editors and from files of containers.
pub(super) fn parse(text: &str) -> Result<ConnectionParams, Error> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let text = without_quotes(text);
    let params = match SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme)) {
        Some(rest) => refuse_invisible(rest).and_then(|()| parse_url(rest)),
        None if text.is_empty() => Err("it is empty".to_owned()),
        None => match text_before_url(text) {
            Some(problem) => Err(problem),
            None => parse_keywords(text),
        },
    };
    let params = params.and_then(tls::normalize);
    params.map_err(|cause| {
        Error::new("cannot read the database URL")
            .cause(cause)
            .hint("expected postgres://user@host:5432/database or host=… user=… dbname=…")
    })
}

const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

/// The text inside of quotes around a whole URL.
fn without_quotes(text: &str) -> &str {
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    let is_url = |text: &&str| SCHEMES.iter().any(|scheme| text.starts_with(scheme));
    ['\'', '"', '`'].into_iter().find_map(inner).map(str::trim).filter(is_url).unwrap_or(text)
}

/// Refuses characters that nobody sees in a URL: they were pasted with it, and no driver ignores them.
fn refuse_invisible(url: &str) -> Result<(), String> {
    let is_invisible = |c: &char| {
        c.is_control()
            || matches!(c, '\u{a0}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{2060}' | '\u{feff}')
    };
    match url.chars().find(is_invisible) {
        None => Ok(()),
        Some('\n' | '\r') => Err("it contains a line break: write it in one line".to_owned()),
        Some(c) => {
            Err(format!("it contains the invisible character U+{:04X}: remove it", u32::from(c)))
        }
    }
}

/// The problem of a text that is no URL, but contains one or begins with another scheme.
fn text_before_url(text: &str) -> Option<String> {
    let is_name = |name: &str| {
        let mut bytes = name.bytes();
        bytes.next().is_some_and(|b| b.is_ascii_uppercase())
            && name.len() <= 40
            && bytes.all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    };
    let remove = |prefix: &str| Some(format!("`{prefix}` precedes the URL: remove it"));
    if let Some(at) = SCHEMES.iter().filter_map(|scheme| text.find(scheme)).min() {
        let before = &text[..at];
        let name = before.strip_prefix("export ").unwrap_or(before).split('=').next();
        return match (before, name) {
            ("jdbc:", _) => remove("jdbc:"),
            _ if before.starts_with("psql ") => remove("psql "),
            (_, Some(name)) if before.contains('=') && is_name(name) => remove(&format!("{name}=")),
            _ => match before.chars().next() {
                Some(quote @ ('"' | '\'' | '`')) => {
                    Some(format!("it starts with the quote `{quote}`, which is not closed"))
                }
                _ if before.contains('=') => None,
                _ => Some("it has another scheme".to_owned()),
            },
        };
    }
    let (scheme, _) = text.split_once("://")?;
    let is_scheme = scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    is_scheme.then(|| match scheme.split_once('+') {
        Some((known @ ("postgres" | "postgresql"), driver)) if driver.len() <= 12 => {
            format!("its scheme `{known}+{driver}` contains a driver: write {known}://")
        }
        _ => "it has another scheme".to_owned(),
    })
}

/// Whether a connection string contains a password; `None` if the string is invalid.
pub fn holds_password(text: &str) -> Option<bool> {
    Some(parse(text).ok()?.contains_key("password"))
}

/// Parses the part of a URL after `postgres://`:
/// `user:password@host:port,host2/database?parameter=value`. Differs from libpq in one point: an
/// `@` in the password need not be escaped.
fn parse_url(rest: &str) -> Result<ConnectionParams, String> {
    let mut params = ConnectionParams::new();
    let (credentials, rest) = split_credentials(rest)?;
    if let Some(credentials) = credentials {
        let (user, password) = match credentials.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (credentials, None),
        };
        insert_nonempty(&mut params, "user", percent_decode(user, "user")?);
        insert_nonempty(
            &mut params,
            "password",
            percent_decode(password.unwrap_or(""), "password")?,
        );
    }
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (hosts, database) = rest.split_once('/').unwrap_or((rest, ""));
    parse_hosts(&mut params, hosts)?;
    insert_nonempty(&mut params, "dbname", percent_decode(database, "database name")?);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) =
            pair.split_once('=').ok_or("a parameter after ? has no =; is a character of the password unescaped? write @ as %40, / as %2F, ? as %3F")?;
        let key = percent_decode(key, "parameter name")?;
        insert_nonempty(&mut params, &key, percent_decode(value, "parameter")?);
    }
    Ok(params)
}

/// The part before the last `@` in front of the path (`None` without credentials), and the rest.
fn split_credentials(rest: &str) -> Result<(Option<&str>, &str), String> {
    let before_path = &rest[..rest.find('/').unwrap_or(rest.len())];
    let at = before_path.rfind('@').filter(|&at| {
        // `host?application_name=a@b` has no credentials.
        let credentials = &before_path[..at];
        credentials.find('?').is_none_or(|question| credentials[..question].contains(':'))
    });
    // The path is the database name, which is shown. In a URL that was pasted twice, the path
    // contains the password.
    let path = rest[before_path.len()..].split('?').next().unwrap_or("");
    if path.contains('@') {
        return Err(
            "a / precedes the @; in a password write / as %2F, in a database name write @ as %40"
                .to_owned(),
        );
    }
    Ok(match at {
        Some(at) => (Some(&rest[..at]), &rest[at + 1..]),
        None => (None, rest),
    })
}

/// Parses `host:port,[v6]:port,%2Fsocket%2Fdirectory` into the parameters `host` and `port`: two
/// lists of equal length.
fn parse_hosts(params: &mut ConnectionParams, text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for entry in text.split(',') {
        let (host, port) = match entry.strip_prefix('[') {
            Some(inner) => {
                let (host, after) =
                    inner.split_once(']').ok_or("an IPv6 address has no closing bracket ]")?;
                match (after.is_empty(), after.strip_prefix(':')) {
                    (true, _) => (host, ""),
                    (false, Some(port)) => (host, port),
                    (false, None) => return Err("after ] a :port or / is expected".to_owned()),
                }
            }
            None => entry.split_once(':').unwrap_or((entry, "")),
        };
        if !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("the port is not a number; is @host missing after the password?".to_owned());
        }
        hosts.push(percent_decode(host, "host")?);
        ports.push(port.to_owned());
    }
    insert_nonempty(params, "host", hosts.join(","));
    if ports.iter().any(|port| !port.is_empty()) {
        insert_nonempty(params, "port", ports.join(","));
    }
    Ok(())
}

/// Sets a parameter, replacing an earlier value. An empty value is ignored.
fn insert_nonempty(params: &mut ConnectionParams, key: &str, value: String) {
    if !value.is_empty() {
        params.insert(key.to_owned(), value);
    }
}

/// Decodes percent escapes; `part` names the part of the URL in an error.
fn percent_decode(text: &str, part: &str) -> Result<String, String> {
    let invalid_escape =
        || format!("the {part} contains a % that does not start an escape; write % as %25");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2).ok_or_else(invalid_escape)?;
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let (Some(high), Some(low)) = (digit(digits[0]), digit(digits[1])) else {
            return Err(invalid_escape());
        };
        match u8::try_from(high * 16 + low) {
            Ok(0) | Err(_) => return Err(format!("the {part} contains a zero byte")),
            Ok(decoded) => bytes.push(decoded),
        }
        rest = after;
    }
    String::from_utf8(bytes).map_err(|_| format!("the {part} is not UTF-8"))
}

/// Parses libpq's keyword form: `host=h dbname='my db' password='it\'s'`. An error contains a
/// keyword only if it consists of letters, digits and underscores.
fn parse_keywords(text: &str) -> Result<ConnectionParams, String> {
    let mut params = ConnectionParams::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').ok_or(
            "a word without = is not a parameter; put values with blanks in single quotes",
        )?;
        let key = key.trim_end();
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(
                "a parameter name is expected before =; put values with blanks in single quotes"
                    .to_owned(),
            );
        }
        let (value, after) = keyword_value(after.trim_start())
            .ok_or_else(|| format!("the value of {key} has no closing quote"))?;
        insert_nonempty(&mut params, key, value);
        rest = after.trim_start();
    }
    Ok(params)
}

/// The value at the start of `text`, with or without quotes, and the rest; `None` without a closing
/// quote. A backslash escapes the next character.
fn keyword_value(text: &str) -> Option<(String, &str)> {
    let (quoted, text) = match text.strip_prefix('\'') {
        Some(inner) => (true, inner),
        None => (false, text),
    };
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            '\'' if quoted => return Some((value, &text[at + 1..])),
            c if !quoted && c.is_whitespace() => return Some((value, &text[at..])),
            c => value.push(c),
        }
    }
    (!quoted).then_some((value, ""))
}

/// A warning for each parameter that is unsupported or unknown.
pub(super) fn warnings(params: &ConnectionParams) -> Vec<String> {
    params.keys().filter_map(|key| warning(key)).collect()
}

/// Refuses unknown parameters that may ask for TLS: ignoring one could send a password in plain text.
pub(super) fn refuse_unknown_tls(params: &ConnectionParams) -> Result<(), Error> {
    let asks_for_tls = |key: &&String| {
        let key = key.to_ascii_lowercase();
        key.contains("ssl") || key.contains("tls")
    };
    match params.keys().find(|key| asks_for_tls(key) && !is_known(key) && is_shown(key)) {
        None => Ok(()),
        Some(key) => Err(Error::new(format!("unknown connection parameter {key}"))
            .cause("it may require TLS, so it is not ignored")
            .hint(did_you_mean(key, &["sslmode", "sslrootcert", "sslcert", "sslkey"]))),
    }
}

fn is_known(key: &str) -> bool {
    EFFECTIVE.contains(&key)
        || IGNORED.contains(&key)
        || UNSUPPORTED.iter().any(|(name, _)| *name == key)
}

/// Whether a name can be shown. Text that is not a valid parameter name may be a part of a password.
fn is_shown(key: &str) -> bool {
    key.len() <= 40 && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The warning for a parameter, if it has no effect.
fn warning(key: &str) -> Option<String> {
    if EFFECTIVE.contains(&key) || IGNORED.contains(&key) {
        return None;
    }
    if let Some((_, instead)) = UNSUPPORTED.iter().find(|(name, _)| *name == key) {
        return Some(format!("connection parameter {key} has no effect here: {instead}"));
    }
    if !is_shown(key) {
        return Some("an unknown connection parameter has no effect".to_owned());
    }
    let suggestion = nearest(key, EFFECTIVE).map(|name| format!("; did you mean {name}?"));
    Some(format!(
        "unknown connection parameter {key} has no effect{}",
        suggestion.unwrap_or_default()
    ))
}
