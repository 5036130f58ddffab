//! Converts errors of the driver and the server to [`SourceError`] with a kind and a hint.

mod connecting;
mod platforms;
mod sqlstate;

use std::error::Error as _;
use std::io;
use std::time::Duration;

pub(crate) use connecting::{connecting, host_timeout, no_host_left, unsuitable_server};

use crate::facts::{SourceError, SourceErrorKind};

/// Explains an error of a query.
impl From<tokio_postgres::Error> for SourceError {
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(server) = error.as_db_error() {
            return sqlstate::explain(server);
        }
        if error.is_closed() || io_error(&error).is_some() {
            return disconnected();
        }
        // A value that does not match its column type, or a violation of the protocol.
        SourceError::new(SourceErrorKind::Malformed, error_message(&error))
    }
}

/// Returns the error for a server that did not respond within `waited`.
pub(crate) fn server_timeout(waited: Duration) -> SourceError {
    let message = format!("the database did not answer within {} s", waited.as_secs_f64());
    SourceError::new(SourceErrorKind::Timeout, message)
        .hint("check the load of the server and the network, or allow more time: --timeout 30s")
}

/// Returns the error for a query that got no session of the pool within `waited`.
pub(crate) fn no_free_session(waited: Duration) -> SourceError {
    let message = format!("no connection became free within {} s", waited.as_secs_f64());
    SourceError::new(SourceErrorKind::Timeout, message)
        .hint("few connections are available, so queries wait for each other: allow more time: --timeout 30s")
}

/// Returns whether the server or pooler has no connection left for this client.
pub(crate) fn is_connection_limit(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(sqlstate::is_connection_limit)
}

/// Returns whether the TLS handshake failed.
pub(crate) fn is_tls(error: &tokio_postgres::Error) -> bool {
    // The error kind is private in tokio-postgres, so its text is compared.
    error.to_string() == "error performing TLS handshake"
}

fn disconnected() -> SourceError {
    SourceError::new(SourceErrorKind::Disconnected, "lost the connection to the database")
        .hint("the server, a pooler or a firewall may have closed it; try again")
}

/// Returns the I/O error that is the source, if there is one.
fn io_error(error: &tokio_postgres::Error) -> Option<&io::Error> {
    error.source()?.downcast_ref()
}

/// Returns the error and its source in one line.
fn error_message(error: &tokio_postgres::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
