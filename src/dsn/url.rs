//! `postgres://user:password@host:port,host2/database?parameter=value`, as libpq reads it, and a
//! little more forgiving: an `@` in the password need not be escaped.
//!
//! No error text holds a piece of the URL: a slip can put the password anywhere.

use super::ConnectionParams;

/// Reads what follows `postgres://`.
pub fn parse(rest: &str) -> Result<ConnectionParams, String> {
    let mut params = ConnectionParams::new();
    let (credentials, rest) = split_credentials(rest)?;
    if let Some(credentials) = credentials {
        let (user, password) = match credentials.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (credentials, None),
        };
        insert(&mut params, "user", decode(user, "user")?);
        insert(&mut params, "password", decode(password.unwrap_or(""), "password")?);
    }
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (hosts, database) = rest.split_once('/').unwrap_or((rest, ""));
    read_hosts(&mut params, hosts)?;
    insert(&mut params, "dbname", decode(database, "database name")?);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) =
            pair.split_once('=').ok_or("a parameter after ? has no =; is a character of the password unescaped? write @ as %40, / as %2F, ? as %3F")?;
        let (key, value) = (decode(key, "parameter name")?, decode(value, "parameter")?);
        match (key.as_str(), value.as_str()) {
            // JDBC's spelling, which libpq accepts too.
            ("ssl", "true") => insert(&mut params, "sslmode", "require".to_owned()),
            _ => insert(&mut params, &key, value),
        }
    }
    Ok(params)
}

/// The part before the last `@` ahead of the hosts, and what follows it.
fn split_credentials(rest: &str) -> Result<(Option<&str>, &str), String> {
    let before_path = &rest[..rest.find('/').unwrap_or(rest.len())];
    let at = before_path.rfind('@').filter(|&at| {
        // `host?application_name=a@b` holds no credentials.
        let credentials = &before_path[..at];
        credentials.find('?').is_none_or(|question| credentials[..question].contains(':'))
    });
    // What stands in the path is shown; a URL that was pasted twice has its password there.
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

/// `host:port,[v6]:port,%2Fsocket%2Fdirectory` as two lists of equal length.
fn read_hosts(params: &mut ConnectionParams, text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for one in text.split(',') {
        let (host, port) = match one.strip_prefix('[') {
            Some(inner) => {
                let (host, after) =
                    inner.split_once(']').ok_or("an IPv6 address lacks its closing bracket ]")?;
                match (after.is_empty(), after.strip_prefix(':')) {
                    (true, _) => (host, ""),
                    (false, Some(port)) => (host, port),
                    (false, None) => return Err("after ] a :port or / is expected".to_owned()),
                }
            }
            None => one.split_once(':').unwrap_or((one, "")),
        };
        if !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(
                "the port is not a number; does an @host lack after the password?".to_owned()
            );
        }
        hosts.push(decode(host, "host")?);
        ports.push(port.to_owned());
    }
    insert(params, "host", hosts.join(","));
    if ports.iter().any(|port| !port.is_empty()) {
        insert(params, "port", ports.join(","));
    }
    Ok(())
}

/// Later parameters win; empty ones say nothing.
fn insert(params: &mut ConnectionParams, key: &str, value: String) {
    if !value.is_empty() {
        params.insert(key.to_owned(), value);
    }
}

/// Percent-decodes; `what` names the part in an error.
fn decode(text: &str, what: &str) -> Result<String, String> {
    let wrong = || format!("the {what} holds a % that begins no escape; write % as %25");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2).ok_or_else(wrong)?;
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let (Some(high), Some(low)) = (digit(digits[0]), digit(digits[1])) else {
            return Err(wrong());
        };
        match u8::try_from(high * 16 + low) {
            Ok(0) | Err(_) => return Err(format!("the {what} holds a zero byte")),
            Ok(decoded) => bytes.push(decoded),
        }
        rest = after;
    }
    String::from_utf8(bytes).map_err(|_| format!("the {what} is not UTF-8"))
}
