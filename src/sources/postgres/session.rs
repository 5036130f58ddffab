//! A session: the driver's client, and what the server tells about itself when the session starts.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_postgres::{Client, Connection, SimpleQueryMessage};

use super::errors;
use crate::dsn::{Host, SessionAttrs};
use crate::facts::SourceError;

/// The first major version with the setting `transaction_timeout`.
const TRANSACTION_TIMEOUT_SINCE: u32 = 17;

/// A client whose connection runs in a task. The task ends when the client is dropped; its errors
/// are reported by the queries.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) state: Arc<SessionState>,
}

/// What is known about a session. Its connection's task holds a reference until the session ends.
#[derive(Debug, Default)]
pub(crate) struct SessionState {
    pub(crate) parameters: ServerParameters,
    /// Whether the server has answered a query. Poolers start a session without it.
    has_answered: AtomicBool,
}

/// Values that the server reports at the start of a session. Some poolers do not pass them on.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServerParameters {
    /// Version of the server: `15.18 (Debian 15.18-0+deb12u1)`.
    pub(crate) version: Option<Arc<str>>,
    /// Encoding of the database.
    encoding: Option<Arc<str>>,
    /// Whether the server is a hot standby; reported since PostgreSQL 14.
    in_hot_standby: Option<bool>,
    /// Whether transactions are read-only unless they say otherwise; reported since PostgreSQL 14.
    default_read_only: Option<bool>,
}

impl ServerParameters {
    fn of<S, T>(connection: &Connection<S, T>) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin,
        T: AsyncRead + AsyncWrite + Unpin,
    {
        let flag = |name| connection.parameter(name).map(|value| value == "on");
        Self {
            version: connection.parameter("server_version").map(Arc::from),
            encoding: connection.parameter("server_encoding").map(Arc::from),
            in_hot_standby: flag("in_hot_standby"),
            default_read_only: flag("default_transaction_read_only"),
        }
    }

    /// Returns whether the server has the setting `transaction_timeout`; `None` if that is not known.
    pub(crate) fn has_transaction_timeout(&self) -> Option<bool> {
        let version = self.version.as_deref()?;
        let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
        Some(version[..digits].parse::<u32>().ok()? >= TRANSACTION_TIMEOUT_SINCE)
    }

    /// Returns whether the database has no encoding; `None` if that is not known.
    pub(crate) fn is_sql_ascii(&self) -> Option<bool> {
        Some(self.encoding.as_deref()? == "SQL_ASCII")
    }
}

impl SessionState {
    pub(crate) fn has_answered(&self) -> bool {
        self.has_answered.load(Ordering::Relaxed)
    }

    pub(crate) fn set_answered(&self) {
        self.has_answered.store(true, Ordering::Relaxed);
    }
}

/// The number of sessions of this process whose tasks have not ended.
static OPEN: LazyLock<watch::Sender<usize>> = LazyLock::new(watch::Sender::default);

/// Time for the server's answers to what was sent last; a distant server needs it for a read whose end was not awaited.
const END_LIMIT: Duration = Duration::from_millis(100);

/// One of the open sessions, until it is dropped.
struct OpenSession;

impl OpenSession {
    fn count() -> Self {
        OPEN.send_modify(|open| *open += 1);
        Self
    }
}

impl Drop for OpenSession {
    fn drop(&mut self) {
        OPEN.send_modify(|open| *open -= 1);
    }
}

/// Waits until the sessions whose clients were dropped have told the server that they end. Otherwise the server counts
/// them as abandoned, and logs those with an open transaction.
pub(crate) async fn sessions_ended() {
    let mut open = OPEN.subscribe();
    _ = timeout(END_LIMIT, open.wait_for(|open| *open == 0)).await;
}

impl Session {
    /// Starts the task of a connection.
    pub(crate) fn start<S, T>(client: Client, connection: Connection<S, T>) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let parameters = ServerParameters::of(&connection);
        let state = Arc::new(SessionState { parameters, ..SessionState::default() });
        let held_until_end = (Arc::clone(&state), OpenSession::count());
        tokio::spawn(async move {
            _ = connection.await;
            drop(held_until_end);
        });
        Self { client, state }
    }

    /// Compares the server with `target_session_attrs`, as libpq does: by the reported parameters,
    /// otherwise by a query.
    ///
    /// # Errors
    /// If the server is not the requested one, or the query fails.
    pub(crate) async fn check(
        &self,
        required: SessionAttrs,
        host: &Host,
    ) -> Result<(), SourceError> {
        let (is_suitable, problem) = match required {
            SessionAttrs::Any | SessionAttrs::PreferStandby => return Ok(()),
            SessionAttrs::ReadWrite => (!self.is_read_only().await?, "the session is read-only"),
            SessionAttrs::ReadOnly => (self.is_read_only().await?, "the session is not read-only"),
            SessionAttrs::Primary => (!self.is_standby().await?, "the server is a hot standby"),
            SessionAttrs::Standby => (self.is_standby().await?, "the server is not a hot standby"),
        };
        if is_suitable { Ok(()) } else { Err(errors::unsuitable_server(host, problem)) }
    }

    async fn is_read_only(&self) -> Result<bool, SourceError> {
        let parameters = &self.state.parameters;
        match (parameters.default_read_only, parameters.in_hot_standby) {
            (Some(read_only), Some(standby)) => Ok(read_only || standby),
            _ => Ok(self.value("SHOW transaction_read_only").await?.as_deref() == Some("on")),
        }
    }

    async fn is_standby(&self) -> Result<bool, SourceError> {
        match self.state.parameters.in_hot_standby {
            Some(standby) => Ok(standby),
            None => {
                let value = self.value("SELECT pg_catalog.pg_is_in_recovery()").await?;
                Ok(value.as_deref() == Some("t"))
            }
        }
    }

    /// Returns the only value of a statement as text.
    async fn value(&self, statement: &str) -> Result<Option<String>, SourceError> {
        let messages = self.client.simple_query(statement).await?;
        Ok(messages.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transaction_timeout_exists_since_postgresql_17() {
        let has = |version: &str| {
            let version = Some(Arc::from(version));
            ServerParameters { version, ..ServerParameters::default() }.has_transaction_timeout()
        };
        assert_eq!(has("15.18 (Debian 15.18-0+deb12u1)"), Some(false));
        assert_eq!(has("16beta1"), Some(false));
        assert_eq!(has("17.0"), Some(true));
        assert_eq!(has("18devel"), Some(true));
        assert_eq!(has("a pooler"), None);
        assert_eq!(ServerParameters::default().has_transaction_timeout(), None);
    }
}
