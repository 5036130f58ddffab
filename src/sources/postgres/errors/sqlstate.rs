//! Explanations of server errors by SQLSTATE, because messages may be in any language.

use tokio_postgres::error::DbError;

use super::platforms;
use crate::facts::SourceError;
use crate::facts::SourceErrorKind::{self as Kind, *};
use crate::redact;
use crate::suggest::{CommandText, ShellCommand};

/// SQLSTATE codes or prefixes with their kind and hint, from the most specific to the most general.
const CODES: [(&str, Kind, Option<&str>); 28] = [
    (
        "08P01",
        Malformed,
        Some("a pooler may reject a start-up parameter: remove `options` from the database URL"),
    ),
    ("08", Disconnected, Some("try again")),
    (
        "25006",
        Permission,
        Some("this server is read-only: it is a standby, or its default is read-only"),
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
    ("28P01", Authentication, None),
    (
        "28000",
        Authentication,
        Some("pg_hba.conf of the server needs a line for this user, database and address"),
    ),
    ("3D000", NotFound, Some("check the name after the last / of the database URL")),
    ("3F000", NotFound, Some("check the database name: it does not contain this schema")),
    ("40", Unavailable, Some("the transaction conflicted with another one; try again")),
    ("42P01", NotFound, Some("check the database name: it does not contain this table")),
    ("42P05", Other, Some(POOLER)),
    ("42501", Permission, Some("connect as a role that may read it, or grant SELECT")),
    (
        "42703",
        UnknownLayout,
        Some("the table changed during the query, or its layout is not known to cliplyctl"),
    ),
    ("42883", NotFound, Some("check the database name: it does not contain this function")),
    ("53300", Unavailable, Some("wait, end idle sessions, or connect through the pooler")),
    (
        "53100",
        Unavailable,
        Some(
            "the disk of the server is full: free space, then try again; the transaction was rolled back",
        ),
    ),
    ("53", Unavailable, Some("the server has too little memory, disk or another resource")),
    (
        "55P03",
        Timeout,
        Some(
            "another session holds a conflicting lock (a migration, VACUUM FULL or an open transaction): find it with pg_blocking_pids(), then try again",
        ),
    ),
    ("57014", Timeout, Some("allow more time: --timeout 30s")),
    ("57P01", Disconnected, Some("the server or an administrator ended the session; try again")),
    ("57P02", Disconnected, Some("the server crashed and restarts; try again")),
    (
        "57P03",
        Unavailable,
        Some("the server is starting, stopping or recovering; try again in a moment"),
    ),
    ("57P04", NotFound, Some("the database was dropped")),
    ("57P05", Disconnected, Some("the session was idle for too long")),
    ("58", Unavailable, Some("the server cannot read its files; check its log")),
    ("", Other, None),
];

const POOLER: &str = "a transaction-mode pooler lost prepared statements; use its session-mode port, or connect to the server directly";

/// Returns the explanation of a server error.
pub(crate) fn explain(server: &DbError) -> SourceError {
    let code = server.code().code();
    let (kind, hint) = lookup(code, server.message());
    // Detail and context may quote rows, so only the message is used.
    let message = format!("{} (SQLSTATE {code})", redact::text(server.message()));
    let password = || {
        CommandText::from("check user and password (their sources: ")
            .command(ShellCommand::new("config show"))
            .text(")")
    };
    let hint = match (hint, kind) {
        (Some(hint), _) => Some(hint.into()),
        (None, Authentication) => Some(password()),
        (None, _) => None,
    };
    SourceError { kind, message, hint }
}

/// Returns the kind and hint for a code; of poolers and platforms, for a message.
fn lookup(code: &str, message: &str) -> (Kind, Option<&'static str>) {
    if let Some((kind, hint)) = platforms::lookup(code, message) {
        return (kind, hint);
    }
    let entry = CODES.iter().find(|(prefix, ..)| code.starts_with(prefix));
    entry.map_or((Other, None), |(_, kind, hint)| (*kind, *hint))
}

/// Returns whether the error is that of a pooler or hosting platform.
pub(super) fn is_of_platform(server: &DbError) -> bool {
    platforms::lookup(server.code().code(), server.message()).is_some()
}

/// Returns whether the server or pooler has no connection left for this client.
pub(crate) fn is_connection_limit(server: &DbError) -> bool {
    server.code().code() == "53300" || platforms::is_connection_limit(server.message())
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
}
