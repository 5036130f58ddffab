//! From what the client library and the server say to what a person can act on.

mod connecting;
mod sqlstate;

use std::error::Error as _;
use std::io;
use std::time::Duration;

pub use connecting::{connecting, host_timeout, no_host_left};

use crate::facts::{SourceError, SourceErrorKind};

/// Every error of a query, explained.
impl From<tokio_postgres::Error> for SourceError {
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(server) = error.as_db_error() {
            return sqlstate::explain(server);
        }
        if error.is_closed() || io_error(&error).is_some() {
            return disconnected();
        }
        // A value that did not fit its column type, or words that are not the protocol's.
        SourceError::new(SourceErrorKind::Malformed, error_message(&error))
    }
}

/// The error of a server that says nothing any more.
pub fn server_timeout(waited: Duration) -> SourceError {
    let message = format!("the database did not answer within {} s", waited.as_secs_f64());
    SourceError::new(SourceErrorKind::Timeout, message)
        .hint("is the server overloaded, or the network broken? a longer --timeout may help")
}

/// Whether an error came from TLS rather than from the server.
pub fn is_tls(error: &tokio_postgres::Error) -> bool {
    // The library hides its kinds; this is the text of that one.
    error.to_string() == "error performing TLS handshake"
}

fn disconnected() -> SourceError {
    SourceError::new(SourceErrorKind::Disconnected, "the connection to the database broke")
        .hint("did the server, a pooler or a firewall end it? try again")
}

/// The input or output error at the root, if that is what it is.
fn io_error(error: &tokio_postgres::Error) -> Option<&io::Error> {
    error.source()?.downcast_ref()
}

/// The whole chain in one line.
fn error_message(error: &tokio_postgres::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
