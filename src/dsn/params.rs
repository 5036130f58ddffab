//! Connection parameters: parsed from a URL, a keyword string or a service file, and compared with
//! the parameters that take effect.
//!
//! Errors and warnings contain names of parameters and services, but no other part of a connection
//! string: after a typing error, any part of it can be the password.

use std::path::{Path, PathBuf};

use super::suggest::{did_you_mean, nearest};
use super::{ConnectionDefaults, ConnectionParams, Error};

/// Parameters that take effect.
const EFFECTIVE: [&str; 21] = [
    "application_name",
    "channel_binding",
    "connect_timeout",
    "connection_limit",
    "dbname",
    "fallback_application_name",
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
const IGNORED: [&str; 22] = [
    "client_encoding",
    "gssdelegation",
    "gssencmode",
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
    "supa",
    "tcp_user_timeout",
    "uselibpqcompat",
    "max_protocol_version",
    "min_protocol_version",
];

/// Parameters that are not supported, with the text that says what happens instead.
const UNSUPPORTED: [(&str, &str); 13] = [
    ("load_balance_hosts", "hosts are tried in order"),
    ("replication", "this is an ordinary session"),
    ("require_auth", "any method the server asks for is accepted"),
    ("requirepeer", "the owner of the socket is not checked"),
    ("sslaccept", "sslmode decides what is verified"),
    ("sslcertmode", "a client certificate is sent when the server asks for one"),
    ("sslcrl", "revocation is not checked"),
    ("sslcrldir", "revocation is not checked"),
    ("sslidentity", "use sslcert and sslkey"),
    ("sslnegotiation", "TLS is asked for in the ordinary way"),
    ("sslpassword", "use a key without passphrase"),
    ("ssl_max_protocol_version", "TLS 1.2 and 1.3 are offered"),
    ("ssl_min_protocol_version", "TLS 1.2 and 1.3 are offered"),
];

/// The system-wide service file of Debian's libpq, read if the user's file does not define the
/// service.
const SYSTEM_SERVICE_FILE: &str = "/etc/postgresql-common/pg_service.conf";

/// Parses a connection string: a URL or keywords.
pub(super) fn parse(text: &str) -> Result<ConnectionParams, Error> {
    let text = text.trim();
    let schemes = ["postgres://", "postgresql://"];
    let params = match schemes.iter().find_map(|scheme| text.strip_prefix(scheme)) {
        Some(rest) => parse_url(rest),
        None if text.is_empty() => Err("it is empty".to_owned()),
        None if text.contains("://") => Err("it begins with another scheme".to_owned()),
        None => parse_keywords(text),
    };
    params.map_err(|cause| {
        Error::new("cannot read the database URL")
            .cause(cause)
            .hint("expected postgres://user@host:5432/database or host=… user=… dbname=…")
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
        let (key, value) =
            (percent_decode(key, "parameter name")?, percent_decode(value, "parameter")?);
        match (key.as_str(), value.as_str()) {
            // The JDBC form, which libpq accepts too.
            ("ssl", "true") => insert_nonempty(&mut params, "sslmode", "require".to_owned()),
            _ => insert_nonempty(&mut params, &key, value),
        }
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
            "a / stands before the @; in a password write / as %2F, in a database name write @ as %40"
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
                    inner.split_once(']').ok_or("an IPv6 address lacks its closing bracket ]")?;
                match (after.is_empty(), after.strip_prefix(':')) {
                    (true, _) => (host, ""),
                    (false, Some(port)) => (host, port),
                    (false, None) => return Err("after ] a :port or / is expected".to_owned()),
                }
            }
            None => entry.split_once(':').unwrap_or((entry, "")),
        };
        if !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(
                "the port is not a number; does an @host lack after the password?".to_owned()
            );
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
    let invalid_escape = || format!("the {part} holds a % that begins no escape; write % as %25");
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
            Ok(0) | Err(_) => return Err(format!("the {part} holds a zero byte")),
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
        let (key, after) = rest
            .split_once('=')
            .ok_or("a word without = is no parameter; put values with blanks in single quotes")?;
        let key = key.trim_end();
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(
                "a parameter name is expected before =; put values with blanks in single quotes"
                    .to_owned(),
            );
        }
        let (value, after) = keyword_value(after.trim_start())
            .ok_or_else(|| format!("the value of {key} lacks its closing quote"))?;
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

/// The parameters of `service` and the service file (`pg_service.conf`) that defines it. `file` is
/// the value of `servicefile`; without it, `~/.pg_service.conf` is read.
pub(super) fn read_service(
    service: &str,
    file: Option<&str>,
    defaults: &ConnectionDefaults,
) -> Result<(ConnectionParams, PathBuf), Error> {
    let user_file = match file {
        Some(path) => Some(defaults.path(path)),
        None => defaults.home.as_ref().map(|home| home.join(".pg_service.conf")),
    };
    let mut names = Vec::new();
    for path in user_file.iter().cloned().chain([PathBuf::from(SYSTEM_SERVICE_FILE)]) {
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if file.is_some() && Some(&path) == user_file.as_ref() => {
                return Err(
                    Error::new(format!("cannot read service file {}", path.display())).cause(error)
                );
            }
            Err(_) => continue,
        };
        if let Some(params) = find_service(&text, service, &path, &mut names)? {
            return Ok((params, path));
        }
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let file = user_file.unwrap_or_else(|| PathBuf::from(SYSTEM_SERVICE_FILE));
    Err(Error::new(format!("service `{service}` is not in {}", file.display()))
        .hint(did_you_mean(service, &names)))
}

/// The parameters of `service` in the text of a service file; `None` if it is not defined there.
/// The names of the services are added to `names`.
fn find_service(
    text: &str,
    service: &str,
    path: &Path,
    names: &mut Vec<String>,
) -> Result<Option<ConnectionParams>, Error> {
    let mut params = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
            if params.is_some() {
                break;
            }
            names.push(name.to_owned());
            params = (name == service).then(ConnectionParams::new);
        } else if let Some(params) = &mut params {
            let invalid =
                |problem: &str| Error::new(format!("{}:{}: {problem}", path.display(), index + 1));
            if line.starts_with("ldap://") {
                return Err(invalid("services in LDAP are not supported"));
            }
            let (key, value) =
                line.split_once('=').ok_or_else(|| invalid("expected parameter=value"))?;
            if key.trim() == "service" {
                return Err(invalid("a service cannot name another service"));
            }
            params.insert(key.trim().to_owned(), value.trim().to_owned());
        }
    }
    Ok(params)
}

/// A warning for each parameter that is unsupported or unknown.
pub(super) fn warnings(params: &ConnectionParams) -> Vec<String> {
    params.keys().filter_map(|key| warning(key)).collect()
}

/// The warning for a parameter, if it has no effect.
fn warning(key: &str) -> Option<String> {
    if EFFECTIVE.contains(&key) || IGNORED.contains(&key) {
        return None;
    }
    if let Some((_, instead)) = UNSUPPORTED.iter().find(|(name, _)| *name == key) {
        return Some(format!("connection parameter {key} has no effect here: {instead}"));
    }
    // Text that is not a valid parameter name may be a part of a password.
    if key.len() > 40 || !key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Some("an unknown connection parameter has no effect".to_owned());
    }
    let suggestion = nearest(key, EFFECTIVE).map(|name| format!("; did you mean {name}?"));
    Some(format!(
        "unknown connection parameter {key} has no effect{}",
        suggestion.unwrap_or_default()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# c\n[one]\nhost = h1\nport=1\n\n[two]\nhost=h2\npassword=a=b # c\n";

    fn find_in(text: &str, service: &str) -> Result<Option<ConnectionParams>, Error> {
        find_service(text, service, Path::new("f"), &mut Vec::new())
    }

    #[test]
    fn only_the_named_section_is_read() {
        let one = find_in(FILE, "one").unwrap().unwrap();
        assert_eq!(
            one.into_iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>(),
            ["host=h1", "port=1"]
        );
        assert_eq!(find_in(FILE, "two").unwrap().unwrap()["password"], "a=b # c");
        assert_eq!(find_in(FILE, "three").unwrap(), None);
    }

    #[test]
    fn invalid_line_is_an_error_without_its_text() {
        let error = find_in("[a]\nhunter2\n", "a").unwrap_err();
        assert_eq!(error.message, "f:2: expected parameter=value");
    }
}
