//! Connects as libpq does: hosts in order, TLS according to sslmode, and a timeout for each host.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::Connect;
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;
use tokio_postgres::config::{self, Config};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::errors;
use crate::dsn::{ChannelBinding, Dsn, Host, ServerAddress, SessionAttrs, SslMode};
use crate::facts::SourceError;
use crate::sources::tls::sslmode;

/// Settings of all sessions of a pool.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    /// `application_name`, unless the DSN sets one: `cliplyctl:<command>`.
    pub application_name: String,
    /// Timeout for each host, handshakes included, unless the DSN sets one.
    pub connect_timeout: Duration,
    /// Maximum number of connections.
    pub pool_size: usize,
}

/// Connection factory of the pool.
pub(crate) struct Connector {
    dsn: Dsn,
    options: SessionOptions,
    // Created on first use: reading certificates is slow, and connections over a socket do not need
    // them.
    tls: OnceCell<MakeRustlsConnect>,
    last_error: LastConnectError,
}

/// Explanation of the last failed connection attempt. The pool can return only the driver's error
/// type, so the explanation is passed through this shared slot.
#[derive(Clone, Default)]
pub(crate) struct LastConnectError(Arc<Mutex<Option<SourceError>>>);

impl LastConnectError {
    fn set(&self, error: SourceError) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    /// Returns the explanation. It is kept, because other tasks may wait for the same database.
    pub(crate) fn get(&self) -> Option<SourceError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Client and the task that drives its connection.
type ClientWithTask = (Client, JoinHandle<()>);
type Attempt = Result<ClientWithTask, tokio_postgres::Error>;

impl Connector {
    pub(crate) fn new(dsn: Dsn, options: SessionOptions, last_error: LastConnectError) -> Self {
        Self { dsn, options, tls: OnceCell::new(), last_error }
    }

    /// Connects to the first suitable host. As in libpq, the next host is tried only after a
    /// retryable error.
    async fn first_host(&self) -> Result<ClientWithTask, SourceError> {
        let timeout = self.dsn.connect_timeout.unwrap_or(self.options.connect_timeout);
        let mut failures = Vec::new();
        for host in &self.dsn.hosts {
            let attempt = tokio::time::timeout(timeout, self.connect_host(host, timeout)).await;
            match attempt.unwrap_or_else(|_| Err(errors::host_timeout(host, timeout))) {
                Ok(client) => return Ok(client),
                Err(error) if error.kind.is_retryable() => failures.push(error),
                Err(error) => return Err(error),
            }
        }
        Err(errors::no_host_left(failures))
    }

    /// Connects to one host, with a second attempt with or without TLS where sslmode allows it.
    async fn connect_host(
        &self,
        host: &Host,
        timeout: Duration,
    ) -> Result<ClientWithTask, SourceError> {
        let config = self.config(host, timeout);
        let explain = |error| errors::connecting(&error, &self.dsn, host);
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
            Ok((client, connection)) => Ok(spawn_connection(client, connection)),
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
            .application_name(
                dsn.application_name.as_ref().unwrap_or(&self.options.application_name),
            )
            // Half of the timeout, so that the second address of a name is tried if the first is
            // unreachable.
            .connect_timeout(timeout / 2)
            .channel_binding(match dsn.channel_binding {
                ChannelBinding::Disable => config::ChannelBinding::Disable,
                ChannelBinding::Prefer => config::ChannelBinding::Prefer,
                ChannelBinding::Require => config::ChannelBinding::Require,
            })
            .target_session_attrs(match dsn.session {
                SessionAttrs::Any => config::TargetSessionAttrs::Any,
                SessionAttrs::ReadWrite => config::TargetSessionAttrs::ReadWrite,
                SessionAttrs::ReadOnly => config::TargetSessionAttrs::ReadOnly,
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

/// Makes one attempt without TLS.
async fn attempt_plain(config: &Config) -> Attempt {
    let mut config = config.clone();
    let (client, connection) = config.ssl_mode(config::SslMode::Disable).connect(NoTls).await?;
    Ok(spawn_connection(client, connection))
}

/// Spawns the connection's task, which runs until the client is dropped. Its errors are reported by
/// the queries.
fn spawn_connection<F>(client: Client, connection: F) -> ClientWithTask
where
    F: Future<Output = Result<(), tokio_postgres::Error>> + Send + 'static,
{
    let task = tokio::spawn(async move {
        _ = connection.await;
    });
    (client, task)
}

/// Returns whether pg_hba.conf has no entry for this kind of connection.
fn refused_by_pg_hba(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
}

/// Returns the second error, or the first if pg_hba.conf refused the second attempt.
fn more_useful_error(second: Attempt, first: tokio_postgres::Error) -> Attempt {
    second.map_err(|second| if refused_by_pg_hba(&second) { first } else { second })
}

impl Connect for Connector {
    fn connect(&self, _: &Config) -> Pin<Box<dyn Future<Output = Attempt> + Send + '_>> {
        Box::pin(async {
            self.first_host().await.map_err(|error| {
                self.last_error.set(error);
                tokio_postgres::Error::__private_api_timeout()
            })
        })
    }
}
