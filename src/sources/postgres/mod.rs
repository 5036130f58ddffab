//! The database: a small pool, and read-only transactions with a limit on their time.
//!
//! Everything here works through a transaction-mode pooler: no named prepared statements
//! (`query_typed` and `batch_execute` alone), and every setting is local to its transaction.

pub mod access;
mod connect;
pub mod dead_letters;
mod errors;
pub mod groups;
pub mod jobs;
pub mod layout;
pub mod probe;
pub mod queue;
pub mod recovery;
pub mod requeue;
pub mod selection;
pub mod sql;
mod tally;
mod tls;

use std::fmt;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod};
use tokio_postgres::{Config, Transaction};

pub use connect::SessionOptions;
use connect::{Connector, Failure};

use crate::facts::{SourceError, SourceErrorKind as Kind};
use crate::settings::Dsn;

/// How much longer than the server's own limit we wait before we give up on the server itself.
const GRACE: Duration = Duration::from_secs(1);

/// A connection lent by the pool.
pub type Connection = deadpool_postgres::Client;

/// A database that can be asked. Cheap to clone; connects when first asked.
#[derive(Clone)]
pub struct Database {
    pool: Pool,
    failure: Failure,
    shown: String,
}

impl Database {
    /// Prepares the pool. Nothing is connected yet.
    pub fn open(dsn: &Dsn, options: SessionOptions) -> Result<Self, SourceError> {
        let (size, failure) = (options.pool_size.max(1), Failure::default());
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

    /// Runs `ask` in a read-only transaction. No statement may take longer than `limit`, nor all of
    /// them together much longer; a server that falls silent is left alone after that.
    pub async fn read<T>(
        &self,
        limit: Duration,
        ask: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, SourceError>,
    ) -> Result<T, SourceError> {
        let mut connection = self.connection().await?;
        let answer = tokio::time::timeout(limit + GRACE, read_only(&mut connection, limit, ask));
        let answer = answer.await.unwrap_or_else(|_| Err(errors::silent(limit + GRACE)));
        if let Err(SourceError { kind: Kind::Disconnected | Kind::Timeout, .. }) = answer {
            // Broken, or still busy with our query: this connection must not be lent again.
            drop(Object::take(connection));
        }
        answer
    }
}

async fn read_only<T>(
    connection: &mut Connection,
    limit: Duration,
    ask: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, SourceError>,
) -> Result<T, SourceError> {
    let transaction = connection.build_transaction().read_only(true).start().await?;
    // Zero would mean no limit at all.
    let limit = format!("SET LOCAL statement_timeout = {}", limit.as_millis().max(1));
    transaction.batch_execute(&limit).await?;
    let answer = ask(&*transaction).await?;
    transaction.commit().await?;
    Ok(answer)
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
