//! Errors of poolers and hosting platforms. They have no SQLSTATE of their own, or the one of another error, and
//! their messages are not translated.

use crate::facts::SourceErrorKind::{self as Kind, *};

/// Messages of several poolers, which also occur in errors of a server. They count only with these codes.
const POOLER_CODES: [&str; 4] = ["08P01", "XX000", "58000", "FATAL"];
const POOLERS: [(&str, Kind, &str); 8] = [
    ("bouncer config error", NotFound, "the pooler does not know this database or user"),
    ("no such database", NotFound, "the pooler does not know this database"),
    ("no such user", Authentication, "the pooler does not know this user"),
    ("query_wait_timeout", Unavailable, "the pooler found no free server connection; try again"),
    ("no more connections allowed", Unavailable, CLIENT_LIMIT),
    (
        "server login has been failing",
        Unavailable,
        "the pooler cannot log in to the server: check the server, and the password that the pooler has for it",
    ),
    (
        "database does not allow connections",
        Unavailable,
        "the pooler's administrator disabled this database",
    ),
    ("SSL required", Tls, ENCRYPT),
];

/// Distinctive messages of hosting platforms.
const PLATFORMS: [(&str, Kind, &str); 26] = [
    // Supavisor, the pooler of Supabase.
    ("Tenant or user not found", Authentication, SUPABASE_USER),
    ("ENOTFOUND", Authentication, SUPABASE_USER),
    ("ENOIDENTIFIER", Authentication, SUPABASE_USER),
    ("external_id or sni_hostname required", Authentication, SUPABASE_USER),
    ("EMAXCONNSESSION", Unavailable, SESSION_LIMIT),
    ("MaxClientsInSessionMode", Unavailable, SESSION_LIMIT),
    ("max clients reached in session mode", Unavailable, SESSION_LIMIT),
    ("Max client connections reached", Unavailable, CLIENT_LIMIT),
    ("EMAXCLIENTCONN", Unavailable, CLIENT_LIMIT),
    ("ECIRCUITBREAKER", Unavailable, CIRCUIT_BREAKER),
    ("Circuit breaker open", Unavailable, CIRCUIT_BREAKER),
    (
        "ECHECKOUTTIMEOUT",
        Unavailable,
        "the pooler found no free server connection; try again, or use the transaction pooler (port 6543)",
    ),
    ("ESSLREQUIRED", Tls, ENCRYPT),
    // Neon.
    (
        "Endpoint ID is not specified",
        NotFound,
        "connect by the full host name (ep-….neon.tech), not by an address; hostaddr= may hold the address, \
         options=endpoint%3DENDPOINT names the endpoint otherwise",
    ),
    (
        "Inconsistent project name",
        NotFound,
        "the endpoint in options is not the one of the host name: remove options=endpoint…",
    ),
    (
        "requested endpoint could not be found",
        NotFound,
        "check the first part of the host name (ep-…) in the Neon console; the branch may be deleted",
    ),
    ("connection is insecure", Tls, ENCRYPT),
    (
        "exceeded the compute time quota",
        Unavailable,
        "the Neon project is suspended until its quota is raised or the month ends",
    ),
    // Amazon RDS.
    ("RDS Proxy requires TLS", Tls, ENCRYPT),
    (
        "PAM authentication failed",
        Authentication,
        "with IAM, the password is a token that is valid for 15 minutes and needs sslmode=require",
    ),
    ("IAM authentication failed", Authentication, IAM),
    // Google Cloud SQL.
    ("Cloud SQL IAM", Authentication, IAM),
    // Azure.
    ("SSL connection is required", Tls, ENCRYPT),
    (
        "Username should be in <username@hostname>",
        Authentication,
        "this Azure server expects the user as USER@SERVER: write the @ as %40 in a URL",
    ),
    (
        "public network access on this server is disabled",
        Permission,
        "connect from the virtual network of the server, or through its private endpoint",
    ),
    // Heroku and other servers with a limit for each role.
    ("too many connections for role", Unavailable, ROLE_LIMIT),
];

const ENCRYPT: &str = "set sslmode=require in the database URL";
const CLIENT_LIMIT: &str =
    "the pooler has no free client connection: end idle clients, or raise its limit";
const SESSION_LIMIT: &str = "the session pooler accepts as many clients as its pool has connections: use the transaction pooler (port 6543), or end idle clients";
const CIRCUIT_BREAKER: &str = "the pooler blocks new connections after too many failed logins: stop clients with a \
                               wrong password, correct it, and wait a few minutes";
const SUPABASE_USER: &str = "with the Supabase pooler, the user is ROLE.PROJECT and the host is that of the project's region";
const IAM: &str = "the password is an access token of the role and must be recent; the role must be allowed to log in with IAM";
const ROLE_LIMIT: &str =
    "end idle sessions of this role, raise its CONNECTION LIMIT, or connect through the pooler";

/// Messages for a client that exceeds a limit of connections.
const CONNECTION_LIMITS: [&str; 6] = [
    "no more connections allowed",
    "EMAXCONNSESSION",
    "MaxClientsInSessionMode",
    "max clients reached in session mode",
    "Max client connections reached",
    "EMAXCLIENTCONN",
];

/// Returns the kind and hint for the message of a pooler or platform; no hint if the kind has its own.
pub(super) fn lookup(code: &str, message: &str) -> Option<(Kind, Option<&'static str>)> {
    let entry = |table: &'static [(&str, Kind, &'static str)]| {
        table.iter().find(|(text, ..)| message.contains(text))
    };
    let is_pooler = POOLER_CODES.contains(&code);
    if let Some((_, kind, hint)) =
        entry(&PLATFORMS).or(is_pooler.then(|| entry(&POOLERS)).flatten())
    {
        return Some((*kind, Some(hint)));
    }
    let is_wrong_password = is_pooler && message.contains("password authentication failed");
    is_wrong_password.then_some((Authentication, None))
}

/// Returns whether the pooler has no connection left for this client.
pub(super) fn is_connection_limit(message: &str) -> bool {
    CONNECTION_LIMITS.iter().any(|text| message.contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pooler_messages_count_only_with_pooler_codes() {
        let kind = |code, message| lookup(code, message).map(|(kind, _)| kind);
        assert_eq!(kind("XX000", "Tenant or user not found"), Some(Authentication));
        assert_eq!(kind("08P01", "no such database: x"), Some(NotFound));
        assert_eq!(kind("42501", "no such database"), None);
        assert_eq!(kind("99999", "anything"), None);
    }

    #[test]
    fn messages_of_platforms_have_a_kind_and_a_hint() {
        let table = [
            (
                "XX000",
                "(ENOTFOUND) tenant/user postgres.abc not found",
                Authentication,
                "ROLE.PROJECT",
            ),
            (
                "XX000",
                "(EMAXCONNSESSION) max clients reached in session mode - max clients are limited to pool_size: 15",
                Unavailable,
                "6543",
            ),
            (
                "XX000",
                "MaxClientsInSessionMode: max clients reached - in Session mode max clients are limited to pool_size",
                Unavailable,
                "6543",
            ),
            (
                "XX000",
                "(ECIRCUITBREAKER) too many authentication failures, new connections are temporarily blocked",
                Unavailable,
                "wrong password",
            ),
            ("08P01", "no more connections allowed (max_client_conn)", Unavailable, "idle clients"),
            ("XX000", "Endpoint ID is not specified. Either please upgrade …", NotFound, "ep-"),
            ("28000", "This RDS Proxy requires TLS connections", Tls, "sslmode=require"),
            (
                "28000",
                "SSL connection is required. Please specify SSL options and retry.",
                Tls,
                "sslmode=require",
            ),
            ("53300", "too many connections for role \"u1\"", Unavailable, "CONNECTION LIMIT"),
        ];
        for (code, message, kind, words) in table {
            let (found, hint) = lookup(code, message).unwrap();
            let hint = hint.unwrap_or("wrong password");
            assert_eq!(found, kind, "{message}");
            assert!(hint.contains(words), "{message}: {hint}");
        }
    }

    #[test]
    fn limits_of_poolers_are_recognized() {
        assert!(is_connection_limit("(EMAXCONNSESSION) max clients reached in session mode"));
        assert!(is_connection_limit("no more connections allowed (max_client_conn)"));
        assert!(!is_connection_limit("password authentication failed"));
    }
}
