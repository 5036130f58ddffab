//! Explanations of server errors by SQLSTATE, because messages may be in any language.

use tokio_postgres::error::DbError;

use crate::facts::SourceError;
use crate::facts::SourceErrorKind::{self as Kind, *};
use crate::redact;

/// SQLSTATE codes or prefixes with their kind and hint, from the most specific to the most general.
const CODES: [(&str, Kind, Option<&str>); 28] = [
    (
        "08P01",
        Malformed,
        Some("a pooler may refuse a start-up parameter: remove `options` from the database URL"),
    ),
    ("08", Disconnected, Some("try again")),
    (
        "25006",
        Permission,
        Some("this server accepts no writes: it is a standby, or its default is read-only"),
    ),
    (
        "25P03",
        Disconnected,
        Some("the server's idle_in_transaction_session_timeout ended the session; try again"),
    ),
    (
        "25P04",
        Timeout,
        Some(
            "the server's transaction_timeout ended the transaction: raise it for this role (ALTER ROLE … SET transaction_timeout)",
        ),
    ),
    ("26000", Other, Some(POOLER)),
    ("28P01", Authentication, Some(PASSWORD)),
    (
        "28000",
        Authentication,
        Some("the server's pg_hba.conf must have a line for this user, database and address"),
    ),
    ("3D000", NotFound, Some("check the name after the last / of the database URL")),
    ("3F000", NotFound, Some("is this the right database? that schema is not in it")),
    ("40", Unavailable, Some("the transaction lost against another one; try again")),
    ("42P01", NotFound, Some("is this the backend's database? that table is not in it")),
    ("42P05", Other, Some(POOLER)),
    ("42501", Permission, Some("connect as a role that may read it, or ask for the grant")),
    (
        "42703",
        UnknownLayout,
        Some("the schema changed while we looked, or is one that this tool does not know"),
    ),
    ("42883", NotFound, Some("is this the backend's database? that function is not in it")),
    ("53300", Unavailable, Some("wait, end idle sessions, or connect through the pooler")),
    (
        "53100",
        Unavailable,
        Some("the server's disk is full: make room there, then try again; nothing is half done"),
    ),
    ("53", Unavailable, Some("the server lacks memory, disk or another resource")),
    (
        "55P03",
        Timeout,
        Some(
            "another session holds a lock on what was asked for: a migration, VACUUM FULL or an \
             open transaction? pg_stat_activity and pg_blocking_pids() tell whose; try again then",
        ),
    ),
    (
        "57014",
        Timeout,
        Some("the server ended the query at our time limit; a longer --timeout may help"),
    ),
    ("57P01", Disconnected, Some("the server, or somebody there, ended the session")),
    ("57P02", Disconnected, Some("the server crashed and is restarting")),
    (
        "57P03",
        Unavailable,
        Some("the server is starting, stopping or recovering; try again in a moment"),
    ),
    ("57P04", NotFound, Some("the database was dropped")),
    ("57P05", Disconnected, Some("the session was idle for too long")),
    ("58", Unavailable, Some("the server has trouble with its files; look into its log")),
    ("", Other, None),
];

const POOLER: &str = "a transaction-mode pooler mixed up prepared statements; use its session-mode \
                      port, or the server itself";
const PASSWORD: &str =
    "check user and password (`cliplyctl config show` says where each came from)";

/// Returns the explanation of a server error.
pub(crate) fn explain(server: &DbError) -> SourceError {
    let code = server.code().code();
    let (kind, hint) = lookup(code, server.message());
    // Detail and context may quote rows, so only the message is used.
    let message = format!("{} (SQLSTATE {code})", redact::text(server.message()));
    SourceError { kind, message, hint: hint.map(str::to_owned) }
}

/// Messages of poolers, which have no SQLSTATE of their own and are not translated.
const POOLERS: [(&str, Kind, &str); 12] = [
    ("bouncer config error", NotFound, "the pooler knows no such database or user"),
    (
        "Tenant or user not found",
        Authentication,
        "through Supabase's pooler the user is ROLE.PROJECT, and the host is that of the project's region",
    ),
    ("no such database", NotFound, "the pooler does not know this database"),
    ("no such user", Authentication, "the pooler does not know this user"),
    ("password authentication failed", Authentication, PASSWORD),
    ("no more connections allowed", Unavailable, "the pooler is full; try again"),
    (
        "server login has been failing",
        Unavailable,
        "the pooler cannot log in to its server: its own password or pg_hba.conf is wrong",
    ),
    (
        "cannot connect to server",
        Unavailable,
        "the pooler runs, and its database server does not answer it",
    ),
    (
        "unsupported startup parameter",
        Malformed,
        "the pooler refuses a start-up parameter: remove `options` from the database URL",
    ),
    (
        "database is paused",
        Unavailable,
        "an administrator paused the database in the pooler (PAUSE); RESUME lets it go on",
    ),
    (
        "database is disabled",
        Unavailable,
        "an administrator disabled the database in the pooler (DISABLE); ENABLE lets it go on",
    ),
    ("query_wait_timeout", Unavailable, "the pooler found no free server connection; try again"),
];

/// Returns the kind and hint for a code and, for codes of poolers, a message.
fn lookup(code: &str, message: &str) -> (Kind, Option<&'static str>) {
    let is_pooler_code = matches!(code, "08P01" | "XX000" | "58000" | "FATAL");
    if let Some((_, kind, hint)) =
        POOLERS.iter().find(|(text, ..)| is_pooler_code && message.contains(text))
    {
        return (*kind, Some(hint));
    }
    let entry = CODES.iter().find(|(prefix, ..)| code.starts_with(prefix));
    entry.map_or((Other, None), |(_, kind, hint)| (*kind, *hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specific_sqlstate_precedes_its_class() {
        assert_eq!(lookup("53300", "").0, Unavailable);
        assert!(lookup("53300", "").1.unwrap().contains("pooler"));
        assert!(lookup("53200", "").1.unwrap().contains("memory"));
        for (index, (code, ..)) in CODES.iter().enumerate() {
            let first = CODES.iter().position(|(prefix, ..)| code.starts_with(prefix));
            assert_eq!(first, Some(index), "{code} is never reached");
        }
    }

    #[test]
    fn pooler_messages_count_only_with_pooler_codes() {
        assert_eq!(lookup("XX000", "Tenant or user not found").0, Authentication);
        assert_eq!(lookup("08P01", "no such database: x").0, NotFound);
        assert_eq!(
            lookup("08P01", "server login has been failing, try again later").0,
            Unavailable
        );
        let options = lookup("08P01", "unsupported startup parameter: options").1.unwrap();
        assert!(options.contains("options"), "{options}");
        assert_eq!(lookup("42501", "no such database").0, Permission);
        assert_eq!(lookup("99999", "anything").0, Other);
    }
}
