//! Every connection parameter we have heard of, and what becomes of it.

use super::ConnectionParams;
use crate::settings::suggest::nearest;

/// Parameters that take effect.
pub const KNOWN: [&str; 19] = [
    "application_name",
    "channel_binding",
    "connect_timeout",
    "dbname",
    "fallback_application_name",
    "host",
    "hostaddr",
    "options",
    "passfile",
    "password",
    "port",
    "service",
    "servicefile",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "target_session_attrs",
    "user",
];

/// Parameters that change nothing for us: tuning of other clients, or what we do anyway.
const HARMLESS: [&str; 23] = [
    "client_encoding",
    "connection_limit",
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

/// Parameters whose absence somebody might miss, and what we do instead.
const MISSED: [(&str, &str); 14] = [
    ("load_balance_hosts", "hosts are tried in order"),
    ("replication", "this is an ordinary session"),
    ("require_auth", "any method the server asks for is accepted"),
    ("requirepeer", "the owner of the socket is not checked"),
    ("schema", "tables are looked up in public; other schemas are found by introspection"),
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

/// One warning for each parameter that has no effect although somebody may count on it.
pub fn warnings(params: &ConnectionParams) -> Vec<String> {
    params.keys().filter_map(|key| warning(key)).collect()
}

fn warning(key: &str) -> Option<String> {
    if KNOWN.contains(&key) || HARMLESS.contains(&key) {
        return None;
    }
    if let Some((_, instead)) = MISSED.iter().find(|(name, _)| *name == key) {
        return Some(format!("connection parameter {key} has no effect here: {instead}"));
    }
    // A name that does not look like one may be a piece of a password.
    if key.len() > 40 || !key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Some("an unknown connection parameter has no effect".to_owned());
    }
    let near = nearest(key, KNOWN).map(|name| format!("; did you mean {name}?"));
    Some(format!("unknown connection parameter {key} has no effect{}", near.unwrap_or_default()))
}
