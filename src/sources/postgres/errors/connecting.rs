//! Explanations of failed connection attempts, with hints.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use tokio_postgres::error::SqlState;

use super::{error_message, io_error, is_tls, sqlstate};
use crate::dsn::{Dsn, Host, ServerAddress, SslMode};
use crate::facts::{SourceError, SourceErrorKind as Kind};
use crate::sources::tls::postgres_errors;

/// Returns the explanation of a failed attempt to connect to `host`.
pub(crate) fn connecting(error: &tokio_postgres::Error, dsn: &Dsn, host: &Host) -> SourceError {
    if let Some(server) = error.as_db_error() {
        let mut explained = sqlstate::explain(server);
        let is_pg_hba = server.code() == &SqlState::INVALID_AUTHORIZATION_SPECIFICATION;
        if is_pg_hba && !sqlstate::is_of_platform(server) {
            explained.hint = Some(pg_hba_hint(dsn, host).into());
        }
        explained.message = format!("{host} refused: {}", explained.message);
        return explained;
    }
    if is_tls(error) {
        return handshake(error, host);
    }
    if let Some(io) = io_error(error) {
        return network(io, host);
    }
    let source = error.source().map(ToString::to_string).unwrap_or_default();
    if source == "password missing" {
        let message = format!("{host} requires a password for {}, and none is set", dsn.user);
        return SourceError::new(Kind::Authentication, message)
            .hint("set it in ~/.pgpass, a file named by database_url_file, or PGPASSWORD");
    }
    if source == "unsupported authentication method" {
        let message = format!("{host} requires an unsupported authentication method");
        return SourceError::new(Kind::Authentication, message).hint(
            "Kerberos (GSSAPI, SSPI) is not supported: allow scram-sha-256 for this user and address in pg_hba.conf",
        );
    }
    if source == "server did not use channel binding" {
        return SourceError::new(
            Kind::Authentication,
            format!("{host} does not support channel binding"),
        )
        .hint("channel_binding=require needs sslmode=require and SCRAM; poolers cannot do it");
    }
    if error.is_closed() {
        return closed(host);
    }
    not_postgres(host, &error_message(error))
}

/// Returns the hint for a missing entry in pg_hba.conf.
fn pg_hba_hint(dsn: &Dsn, host: &Host) -> String {
    let tcp = matches!(host.address, ServerAddress::Tcp { .. });
    let advice = match dsn.tls.mode {
        SslMode::Disable | SslMode::Allow if tcp => "; it may require TLS: try sslmode=require",
        _ if tcp => "",
        _ => "; over a socket it may require the name of your system user (peer)",
    };
    format!(
        "check that role {} exists and that pg_hba.conf has a line for it, database {} and this address{advice}",
        dsn.user, dsn.database
    )
}

/// Returns the explanation of a failed TLS handshake.
fn handshake(error: &tokio_postgres::Error, host: &Host) -> SourceError {
    let source = error.source();
    let io: Option<&io::Error> = source.and_then(|source| source.downcast_ref());
    let inner = io.and_then(|io| io.get_ref()).and_then(|inner| inner.downcast_ref());
    if let Some(inner) = inner {
        return postgres_errors::explain(inner, &host.to_string());
    }
    let source = source.map(ToString::to_string).unwrap_or_default();
    if source == "server does not support TLS" {
        return SourceError::new(Kind::Tls, format!("{host} does not support TLS")).hint(
            "if the network is trusted, use sslmode=prefer or disable (poolers often have no TLS)",
        );
    }
    SourceError::new(Kind::Tls, format!("cannot set up TLS with {host}: {source}"))
}

/// Returns the explanation of an I/O error.
fn network(io: &io::Error, host: &Host) -> SourceError {
    let socket = matches!(host.address, ServerAddress::Socket(_));
    let (kind, what, hint) = match io.kind() {
        io::ErrorKind::ConnectionRefused if socket => {
            (Kind::Refused, "no process listens on the socket", "check that the server is running")
        }
        io::ErrorKind::ConnectionRefused => (
            Kind::Refused,
            "connection refused",
            "check that the server is running, and its port; a tunnel or proxy may be down",
        ),
        io::ErrorKind::NotFound => (
            Kind::Refused,
            "no such socket",
            "check that the server is running, and its socket directory",
        ),
        io::ErrorKind::PermissionDenied => (
            Kind::Permission,
            "permission denied by the operating system",
            "check the permissions of the socket directory, or the firewall",
        ),
        io::ErrorKind::TimedOut => (
            Kind::Timeout,
            "timed out",
            "a firewall may drop the packets; check whether a VPN is needed",
        ),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => (
            Kind::Refused,
            "no route to the host",
            "check the network, and whether a VPN or IPv6 is needed",
        ),
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => return closed(host),
        io::ErrorKind::InvalidData => return not_postgres(host, &io.to_string()),
        _ if is_cut_off(io) => return closed(host),
        _ if is_lookup(io) => {
            return SourceError::new(Kind::Dns, format!("cannot resolve {host}: no such host"))
                .hint("check the spelling, and whether a VPN or its DNS is needed");
        }
        _ => return SourceError::new(Kind::Other, format!("cannot connect to {host}: {io}")),
    };
    SourceError::new(kind, format!("cannot connect to {host}: {what}")).hint(hint)
}

/// Returns whether the host name could not be resolved. There is no `ErrorKind` for it, so the text
/// of the standard library is compared.
fn is_lookup(io: &io::Error) -> bool {
    io.to_string().starts_with("failed to lookup address information")
}

/// Returns whether the connection ended in the middle of a message, by the text of tokio's codec.
fn is_cut_off(io: &io::Error) -> bool {
    io.to_string() == "bytes remaining on stream"
}

/// Returns the error for a server that `target_session_attrs` excludes.
pub(crate) fn unsuitable_server(host: &Host, problem: &str) -> SourceError {
    SourceError::new(Kind::Unavailable, format!("{host}: {problem}"))
        .hint("add a host that target_session_attrs accepts, or set target_session_attrs=any")
}

fn closed(host: &Host) -> SourceError {
    SourceError::new(Kind::Disconnected, format!("{host} closed the connection immediately"))
        .hint("check that PostgreSQL listens there; a proxy may have no server, or require TLS")
}

fn not_postgres(host: &Host, message: &str) -> SourceError {
    SourceError::new(
        Kind::Malformed,
        format!("{host} does not speak the PostgreSQL protocol: {words}", words = message),
    )
    .hint("check the port")
}

/// Returns the error for a host that did not complete the connection within `waited`.
pub(crate) fn host_timeout(host: &Host, waited: Duration) -> SourceError {
    let message = format!("{host} did not answer within {}", rounded(waited));
    SourceError::new(Kind::Timeout, message)
        .hint("it may be overloaded, not a database, or behind a firewall that drops packets; allow more time: connect_timeout=SECONDS")
}

/// A duration in seconds, to a tenth of a second.
fn rounded(duration: Duration) -> String {
    format!("{}s", (duration.as_secs_f64() * 10.0).round() / 10.0)
}

/// Combines the errors of all hosts: the last one, with the messages of the others in front.
pub(crate) fn no_host_left(mut failures: Vec<SourceError>) -> SourceError {
    let Some(mut last) = failures.pop() else {
        return SourceError::new(Kind::InvalidSetting, "the database URL has no host");
    };
    for other in failures.iter().rev() {
        last.message = format!("{}; {}", other.message, last.message);
    }
    last
}
