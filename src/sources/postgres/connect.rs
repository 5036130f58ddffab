//! Connects as libpq does: hosts in order, TLS according to sslmode, and a timeout for each host.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Connect;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_postgres::config::{self, Config};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::errors;
use super::session::{Session, SessionState};
use crate::dsn::{ChannelBinding, Dsn, Host, ServerAddress, SessionAttrs, SslMode};
use crate::facts::SourceError;
use crate::sources::tls::sslmode;

/// Settings of all sessions of a pool.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    /// `application_name`, unless the DSN sets one: `cliplyctl:<command>`.
    pub application_name: String,
    /// Time limit for getting a session: for all hosts together, handshakes included. The DSN can set a shorter one
    /// for each host.
    pub connect_timeout: Duration,
    /// Maximum number of sessions; the DSN can set a smaller one.
    pub pool_size: usize,
}

/// Opens the sessions of a pool.
pub(crate) struct Connector {
    dsn: Dsn,
    application_name: String,
    // Created on first use: reading certificates is slow, and connections over a socket do not need
    // them.
    tls: OnceCell<MakeRustlsConnect>,
}

/// Failed attempt to open a session.
pub(crate) struct ConnectFailure {
    pub(crate) error: SourceError,
    /// Whether the server or pooler has no connection left for this client.
    pub(crate) at_limit: bool,
}

impl From<SourceError> for ConnectFailure {
    fn from(error: SourceError) -> Self {
        Self { error, at_limit: false }
    }
}

type Attempt = Result<Session, tokio_postgres::Error>;

impl Connector {
    pub(crate) fn new(dsn: Dsn, application_name: String) -> Self {
        Self { dsn, application_name, tls: OnceCell::new() }
    }

    /// Connects to the first suitable host. As in libpq, the next host is tried only after a
    /// retryable error, and `prefer-standby` tries all hosts again if none is a standby.
    async fn first_host(&self, deadline: Instant) -> Result<Session, ConnectFailure> {
        let passes: &[SessionAttrs] = match self.dsn.session {
            SessionAttrs::PreferStandby => &[SessionAttrs::Standby, SessionAttrs::Any],
            ref other => std::slice::from_ref(other),
        };
        let hosts = self.dsn.hosts.len();
        let (mut failures, mut at_limit) = (Vec::new(), false);
        for (pass, required) in passes.iter().enumerate() {
            failures.clear();
            for (index, host) in self.dsn.hosts.iter().enumerate() {
                let attempts_left = (passes.len() - pass) * hosts - index;
                let timeout = self.host_timeout(deadline, attempts_left);
                let attempt = self.suitable_host(host, *required, timeout);
                let attempt = tokio::time::timeout(timeout, attempt).await;
                match attempt.unwrap_or_else(|_| Err(errors::host_timeout(host, timeout).into())) {
                    Ok(session) => return Ok(session),
                    Err(failure) if failure.error.kind.is_retryable() => {
                        at_limit |= failure.at_limit;
                        failures.push(failure.error);
                    }
                    Err(failure) => return Err(failure),
                }
            }
        }
        Err(ConnectFailure { error: errors::no_host_left(failures), at_limit })
    }

    /// Returns the timeout for the next host: an equal share of the remaining time, so that an unresponsive host
    /// leaves time for the next one, or a shorter `connect_timeout`.
    fn host_timeout(&self, deadline: Instant, attempts_left: usize) -> Duration {
        let remaining = deadline.saturating_duration_since(Instant::now());
        let share = remaining / u32::try_from(attempts_left).unwrap_or(u32::MAX).max(1);
        self.dsn.connect_timeout.map_or(share, |timeout| timeout.min(share))
    }

    /// Connects to one host and compares it with `target_session_attrs`.
    async fn suitable_host(
        &self,
        host: &Host,
        required: SessionAttrs,
        timeout: Duration,
    ) -> Result<Session, ConnectFailure> {
        let session = self.connect_host(host, timeout).await?;
        session.check(required, host).await?;
        Ok(session)
    }

    /// Connects to one host, with a second attempt with or without TLS where sslmode allows it.
    async fn connect_host(
        &self,
        host: &Host,
        timeout: Duration,
    ) -> Result<Session, ConnectFailure> {
        let config = self.config(host, timeout);
        let explain = |error| ConnectFailure {
            at_limit: errors::is_connection_limit(&error),
            error: errors::connecting(&error, &self.dsn, host),
        };
        let mode = match host.address {
            ServerAddress::Socket(_) => SslMode::Disable,
            ServerAddress::Tcp { .. } => self.dsn.tls.mode,
        };
        match mode {
            SslMode::Disable => attempt_plain(&config).await.map_err(explain),
            SslMode::Allow => match attempt_plain(&config).await {
                Err(error) if refused_by_pg_hba(&error) => {
                    let second = self.attempt_tls(&config, config::SslMode::Require).await?;
                    more_useful_error(second, error).map_err(explain)
                }
                first => first.map_err(explain),
            },
            SslMode::Prefer => match self.attempt_tls(&config, config::SslMode::Prefer).await? {
                Err(error) if refused_by_pg_hba(&error) || errors::is_tls(&error) => {
                    more_useful_error(attempt_plain(&config).await, error).map_err(explain)
                }
                first => first.map_err(explain),
            },
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => {
                self.attempt_tls(&config, config::SslMode::Require).await?.map_err(explain)
            }
        }
    }

    /// Makes one attempt with TLS. The outer error is about our own certificate files.
    async fn attempt_tls(
        &self,
        config: &Config,
        mode: config::SslMode,
    ) -> Result<Attempt, SourceError> {
        let connector = || async { sslmode::connector(&self.dsn.tls) };
        let connector = self.tls.get_or_try_init(connector).await?;
        let mut config = config.clone();
        Ok(match config.ssl_mode(mode).connect(connector.clone()).await {
            Ok((client, connection)) => Ok(Session::start(client, connection)),
            Err(error) => Err(error),
        })
    }

    /// Returns the driver's configuration for one host.
    fn config(&self, host: &Host, timeout: Duration) -> Config {
        let dsn = &self.dsn;
        let mut config = Config::new();
        match &host.address {
            ServerAddress::Socket(directory) => config.host_path(directory),
            ServerAddress::Tcp { name, addr } => {
                if let Some(addr) = addr {
                    config.hostaddr(*addr);
                }
                config.host(name)
            }
        };
        config
            .port(host.port)
            .user(&dsn.user)
            .dbname(&dsn.database)
            .application_name(dsn.application_name.as_ref().unwrap_or(&self.application_name))
            // Half of the timeout, so that the second address of a name is tried if the first is
            // unreachable.
            .connect_timeout(timeout / 2)
            .channel_binding(match dsn.channel_binding {
                ChannelBinding::Disable => config::ChannelBinding::Disable,
                ChannelBinding::Prefer => config::ChannelBinding::Prefer,
                ChannelBinding::Require => config::ChannelBinding::Require,
            });
        if let Some(password) = &host.password {
            config.password(password.value.expose());
        }
        if let Some(options) = &dsn.options {
            config.options(options);
        }
        config
    }
}

/// What the connector tells about the session that it opened or did not open.
pub(crate) type Outcome = Result<Arc<SessionState>, ConnectFailure>;

/// What the pool and the connector tell each other; deadpool passes on only the driver's client and
/// error.
struct Opening {
    deadline: Instant,
    outcome: Cell<Option<Outcome>>,
}

tokio::task_local! {
    /// Belongs to one call, so calls at the same time do not take each other's outcome.
    static OPENING: Opening;
}

/// Awaits `get`, which asks deadpool for a session; a new one must be open until `deadline`. Returns
/// the connector's outcome besides: `None` if there was an idle session.
pub(crate) async fn with_deadline<T>(
    deadline: Instant,
    get: impl Future<Output = T>,
) -> (T, Option<Outcome>) {
    let opening = Opening { deadline, outcome: Cell::new(None) };
    let get = async { (get.await, OPENING.with(|opening| opening.outcome.take())) };
    OPENING.scope(opening, get).await
}

impl Connect for Connector {
    /// Opens a session for [`with_deadline`], which also returns the reason of an error.
    fn connect(
        &self,
        _: &Config,
    ) -> BoxFuture<'_, Result<(Client, JoinHandle<()>), tokio_postgres::Error>> {
        // The driver's only public way to make an error. It is replaced by the outcome.
        let no_client = tokio_postgres::Error::__private_api_timeout;
        async move {
            let deadline = OPENING.try_with(|opening| opening.deadline).map_err(|_| no_client())?;
            let (client, outcome) = match self.first_host(deadline).await {
                Ok(Session { client, state }) => (Ok(client), Ok(state)),
                Err(failure) => (Err(no_client()), Err(failure)),
            };
            OPENING.with(|opening| opening.outcome.set(Some(outcome)));
            // Deadpool aborts this task when it drops the client. The connection's own task must
            // not be aborted: it tells the server that the session ends.
            Ok((client?, tokio::spawn(async {})))
        }
        .boxed()
    }
}

/// Makes one attempt without TLS.
async fn attempt_plain(config: &Config) -> Attempt {
    let mut config = config.clone();
    let (client, connection) = config.ssl_mode(config::SslMode::Disable).connect(NoTls).await?;
    Ok(Session::start(client, connection))
}

/// Returns whether pg_hba.conf has no entry for this kind of connection.
fn refused_by_pg_hba(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
}

/// Returns the second error, or the first if pg_hba.conf refused the second attempt.
fn more_useful_error(second: Attempt, first: tokio_postgres::Error) -> Attempt {
    second.map_err(|second| if refused_by_pg_hba(&second) { first } else { second })
}
