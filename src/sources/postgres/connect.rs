//! Connecting as libpq does: hosts in order, TLS as asked, and never waiting for ever.

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

/// How sessions are to be.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    /// What the server's lists call us: `cliplyctl:<command>`.
    pub application_name: String,
    /// Longest wait for each server, handshakes included.
    pub connect_timeout: Duration,
    /// Most connections at a time.
    pub pool_size: usize,
}

/// Makes connections for the pool.
pub struct Connector {
    dsn: Dsn,
    options: SessionOptions,
    // Reading certificates takes a while, and most sessions over a socket never need them.
    tls: OnceCell<MakeRustlsConnect>,
    failure: LastConnectError,
}

/// Why the last connection could not be made, explained. The pool can only hand on the driver's
/// own error type; what a person needs to know waits here.
#[derive(Clone, Default)]
pub struct LastConnectError(Arc<Mutex<Option<SourceError>>>);

impl LastConnectError {
    fn set(&self, error: SourceError) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    /// The explanation. It stays, for others who wait for the same database.
    pub fn get(&self) -> Option<SourceError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A client, and the task that carries its messages.
type ClientWithTask = (Client, JoinHandle<()>);
type Attempt = Result<ClientWithTask, tokio_postgres::Error>;

impl Connector {
    pub(crate) fn new(dsn: Dsn, options: SessionOptions, failure: LastConnectError) -> Self {
        Self { dsn, options, tls: OnceCell::new(), failure }
    }

    /// The first host that answers and will do. As in libpq, a host that answers "no" ends it.
    async fn first_host(&self) -> Result<ClientWithTask, SourceError> {
        let limit = self.dsn.connect_timeout.unwrap_or(self.options.connect_timeout);
        let mut failures = Vec::new();
        for host in &self.dsn.hosts {
            let attempt = tokio::time::timeout(limit, self.connect_host(host, limit)).await;
            match attempt.unwrap_or_else(|_| Err(errors::host_timeout(host, limit))) {
                Ok(client) => return Ok(client),
                Err(error) if error.kind.retryable() => failures.push(error),
                Err(error) => return Err(error),
            }
        }
        Err(errors::no_host_left(failures))
    }

    async fn connect_host(
        &self,
        host: &Host,
        limit: Duration,
    ) -> Result<ClientWithTask, SourceError> {
        let config = self.config(host, limit);
        let explain = |error| errors::connecting(&error, &self.dsn, host);
        let mode = match host.address {
            ServerAddress::Socket(_) => SslMode::Disable,
            ServerAddress::Tcp { .. } => self.dsn.tls.mode,
        };
        match mode {
            SslMode::Disable => plain(&config).await.map_err(explain),
            SslMode::Allow => match plain(&config).await {
                Err(error) if refused_by_rule(&error) => {
                    let second = self.secure(&config, config::SslMode::Require).await?;
                    more_useful_error(second, error).map_err(explain)
                }
                first => first.map_err(explain),
            },
            SslMode::Prefer => match self.secure(&config, config::SslMode::Prefer).await? {
                Err(error) if refused_by_rule(&error) || errors::is_tls(&error) => {
                    more_useful_error(plain(&config).await, error).map_err(explain)
                }
                first => first.map_err(explain),
            },
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => {
                self.secure(&config, config::SslMode::Require).await?.map_err(explain)
            }
        }
    }

    /// One attempt with TLS; the outer error is about our own certificates.
    async fn secure(&self, config: &Config, mode: config::SslMode) -> Result<Attempt, SourceError> {
        let connector = || async { sslmode::connector(&self.dsn.tls) };
        let connector = self.tls.get_or_try_init(connector).await?;
        let mut config = config.clone();
        Ok(match config.ssl_mode(mode).connect(connector.clone()).await {
            Ok((client, connection)) => Ok(spawn_connection(client, connection)),
            Err(error) => Err(error),
        })
    }

    fn config(&self, host: &Host, limit: Duration) -> Config {
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
            // A name with a dead first address deserves a try of the second.
            .connect_timeout(limit / 2)
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

/// One attempt without TLS.
async fn plain(config: &Config) -> Attempt {
    let mut config = config.clone();
    let (client, connection) = config.ssl_mode(config::SslMode::Disable).connect(NoTls).await?;
    Ok(spawn_connection(client, connection))
}

/// Lets the connection's task run until the client is dropped. What breaks it, its queries report.
fn spawn_connection<F>(client: Client, connection: F) -> ClientWithTask
where
    F: Future<Output = Result<(), tokio_postgres::Error>> + Send + 'static,
{
    let task = tokio::spawn(async move {
        _ = connection.await;
    });
    (client, task)
}

/// Whether pg_hba.conf has no place for this kind of connection.
fn refused_by_rule(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
}

/// Of two failures, the one that tells more: the second, unless it was not even let in.
fn more_useful_error(second: Attempt, first: tokio_postgres::Error) -> Attempt {
    second.map_err(|second| if refused_by_rule(&second) { first } else { second })
}

impl Connect for Connector {
    fn connect(&self, _: &Config) -> Pin<Box<dyn Future<Output = Attempt> + Send + '_>> {
        Box::pin(async {
            self.first_host().await.map_err(|error| {
                self.failure.set(error);
                tokio_postgres::Error::__private_api_timeout()
            })
        })
    }
}
