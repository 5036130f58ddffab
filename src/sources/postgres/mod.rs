//! The database: a small pool, and read-only transactions with a limit on their time.
//!
//! Everything here works through a transaction-mode pooler: no named prepared statements
//! (`query_typed` and `batch_execute` alone), and every setting is local to its transaction.

pub mod access;
mod connect;
pub mod dead_letters;
pub mod earlier_requeues;
mod errors;
pub mod event_histogram;
pub mod flow;
pub mod groups;
pub mod jobs;
pub mod last_finishes;
pub mod layout;
pub mod probe;
mod query;
pub mod queue;
pub mod recent_activity;
pub mod requeue;
pub mod requeued_jobs;
mod row_types;
mod script;
pub mod selection;
pub mod server;
pub mod table_load;
mod transaction;

use std::fmt;
use std::time::Duration;

pub use connect::SessionOptions;
use connect::{Connector, LastConnectError};
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod};
use futures_util::future::join;
use tokio_postgres::{Client, Config};
use transaction::{Transaction, read_only};

use crate::dsn::Dsn;
use crate::facts::{SourceError, SourceErrorKind as Kind};

/// How much longer than the server's own limit we wait before we give up on the server itself.
const GRACE: Duration = Duration::from_secs(1);

/// A connection lent by the pool.
pub type Connection = deadpool_postgres::Client;

/// A database that can be asked. Cheap to clone; connects when first asked.
#[derive(Clone)]
pub struct Database {
    pool: Pool,
    failure: LastConnectError,
    shown: String,
}

impl Database {
    /// Prepares the pool. Nothing is connected yet.
    pub fn open(dsn: &Dsn, options: SessionOptions) -> Result<Self, SourceError> {
        let (size, failure) = (options.pool_size.max(1), LastConnectError::default());
        let connector = Connector::new(dsn.clone(), options, failure.clone());
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        // The connector knows more than the driver's configuration can say, and makes its own.
        let manager = Manager::from_connect(Config::new(), connector, recycling);
        let pool = Pool::builder(manager).max_size(size).build();
        let pool = pool.map_err(|error| SourceError::new(Kind::Other, error.to_string()))?;
        Ok(Self { pool, failure, shown: dsn.to_string() })
    }

    /// A connection for those who manage their own transactions (the writers).
    pub async fn connection(&self) -> Result<Connection, SourceError> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => self.failure.get().unwrap_or_else(|| error.into()),
            other => SourceError::new(Kind::Other, other.to_string()),
        })
    }

    /// Runs `ask`, a conversation, in a read-only transaction; what needs no conversation is asked by
    /// [`Self::rows`] in a round trip less. No statement may take longer than `limit`, nor all of
    /// them together much longer; a server that falls silent is left alone after that.
    pub async fn read<T>(
        &self,
        limit: Duration,
        ask: impl AsyncFnOnce(&Client) -> Result<T, SourceError>,
    ) -> Result<T, SourceError> {
        self.with_timeout(limit, async |connection| read_only(connection, limit, ask).await).await
    }

    /// Runs `ask` in a transaction that may write and is rolled back, whatever comes of it. Triggers run
    /// and sequences move all the same.
    pub async fn rolled_back<T>(
        &self,
        limit: Duration,
        ask: impl AsyncFnOnce(&Client) -> Result<T, SourceError>,
    ) -> Result<T, SourceError> {
        self.with_timeout(limit, async |connection| {
            let transaction = Transaction::new(connection);
            let (begun, answer) = join(connection.batch_execute("BEGIN"), ask(connection)).await;
            // Waited for: a pooler throws a server connection away when its client leaves it in the middle.
            connection.batch_execute("ROLLBACK").await?;
            transaction.over();
            begun?;
            answer
        })
        .await
    }

    async fn with_timeout<T>(
        &self,
        limit: Duration,
        ask: impl AsyncFnOnce(&Client) -> Result<T, SourceError>,
    ) -> Result<T, SourceError> {
        let connection = self.connection().await?;
        let answer = tokio::time::timeout(limit + GRACE, ask(&connection));
        let answer = answer.await.unwrap_or_else(|_| Err(errors::server_timeout(limit + GRACE)));
        if let Err(SourceError { kind: Kind::Disconnected | Kind::Timeout, .. }) = answer {
            // Broken, or still busy with our query: this connection must not be lent again.
            drop(Object::take(connection));
        }
        answer
    }
}

/// `user@host:port/database`.
impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({})", self.shown)
    }
}
