//! PostgreSQL: a small connection pool, read-only transactions with timeouts, and one module per kind
//! of facts that is read.
//!
//! [`Database`] is the entry point; [`requeue`] is the only module that writes. Everything works
//! through a transaction-mode pooler: no named prepared statements (only `query_typed` and
//! `batch_execute`), and every setting is local to its transaction.

pub(crate) mod access;
mod connect;
pub(crate) mod dead_letters;
pub(crate) mod earlier_requeues;
mod errors;
pub(crate) mod event_histogram;
mod events;
pub(crate) mod flow;
pub(crate) mod groups;
pub(crate) mod identity;
pub(crate) mod jobs;
pub(crate) mod last_finishes;
pub(crate) mod layout;
pub(crate) mod probe;
mod query;
pub(crate) mod queue;
pub(crate) mod recent_activity;
pub(crate) mod requeue;
pub(crate) mod requeued_jobs;
mod row_types;
pub(crate) mod selection;
pub(crate) mod server;
pub(crate) mod table_load;

use std::fmt;
use std::time::Duration;

pub use connect::SessionOptions;
use connect::{Connector, LastConnectError};
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod};
use futures_util::future::join;
use query::{NEUTRAL_SETTINGS, Transaction, read_only};
use tokio_postgres::{Client, Config};

use crate::dsn::Dsn;
use crate::facts::{SourceError, SourceErrorKind as Kind};
use crate::queue::sql::{ident, literal};
use crate::redact;

/// Additional wait after the server's own statement timeout, before the server counts as
/// unresponsive.
const GRACE: Duration = Duration::from_secs(1);

/// Connection of the pool; returned to it on drop.
pub(crate) type Connection = deadpool_postgres::Client;

/// Connection pool of one database. Cheap to clone; connects on the first query.
#[derive(Clone)]
pub struct Database {
    pool: Pool,
    last_error: LastConnectError,
    display_name: String,
    /// Schema of the tables that the connection string names.
    schema: Option<String>,
}

impl Database {
    /// Creates the pool without connecting.
    pub fn open(dsn: &Dsn, options: SessionOptions) -> Result<Self, SourceError> {
        let passwords = dsn.hosts.iter().filter_map(|host| host.password.as_ref());
        passwords.for_each(|password| redact::own::register(password.value.expose()));
        let (size, last_error) = (options.pool_size.max(1), LastConnectError::default());
        let connector = Connector::new(dsn.clone(), options, last_error.clone());
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        // The driver's configuration cannot express a DSN; the connector builds its own for each
        // host.
        let manager = Manager::from_connect(Config::new(), connector, recycling);
        let pool = Pool::builder(manager).max_size(size).build();
        let pool = pool.map_err(|error| SourceError::new(Kind::Other, error.to_string()))?;
        Ok(Self { pool, last_error, display_name: dsn.to_string(), schema: dsn.schema.clone() })
    }

    /// Replaces `{jobs}` and `{job_events}` in a statement by the OIDs of these tables: in the schema that the
    /// connection string names, otherwise those that the server finds by its search_path, otherwise in `public`.
    pub(crate) fn with_relations(&self, statement: &str) -> String {
        let regclass = |name: &str| match &self.schema {
            Some(schema) => {
                let name = format!("{}.{}", ident(schema), ident(name));
                format!("pg_catalog.to_regclass({})", literal(&name))
            }
            None => format!(
                "coalesce(pg_catalog.to_regclass('{name}'), pg_catalog.to_regclass('public.{name}'))"
            ),
        };
        statement
            .replace("{jobs}", &regclass("jobs"))
            .replace("{job_events}", &regclass("job_events"))
    }

    /// The schema in which the jobs table is expected, for messages.
    pub(crate) fn schema(&self) -> &str {
        self.schema.as_deref().unwrap_or("public")
    }

    /// Returns a connection for callers that manage their own transactions (the writers).
    pub async fn connection(&self) -> Result<Connection, SourceError> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => self.last_error.get().unwrap_or_else(|| error.into()),
            other => SourceError::new(Kind::Other, other.to_string()),
        })
    }

    /// Runs `queries` in a read-only transaction. Each statement, and about the same for all of
    /// them together, may take at most `timeout`; after that the connection is closed. Independent
    /// queries are cheaper with [`Self::rows`] and [`Self::query_all`], which need one round trip
    /// less.
    pub async fn read<T>(
        &self,
        timeout: Duration,
        queries: impl AsyncFnOnce(&Client) -> Result<T, SourceError>,
    ) -> Result<T, SourceError> {
        self.with_timeout(timeout, async |connection| read_only(connection, timeout, queries).await)
            .await
    }

    /// Runs `queries` in a transaction that may write and is always rolled back. Triggers run and
    /// sequences advance nevertheless.
    pub(crate) async fn rolled_back<T>(
        &self,
        timeout: Duration,
        queries: impl AsyncFnOnce(&Client) -> Result<T, SourceError>,
    ) -> Result<T, SourceError> {
        self.with_timeout(timeout, async |connection| {
            let transaction = Transaction::new(connection);
            let begin = format!("BEGIN; {NEUTRAL_SETTINGS}");
            let (begun, result) = join(connection.batch_execute(&begin), queries(connection)).await;
            // A pooler closes a server connection whose client disconnects inside a transaction, so
            // the rollback is awaited.
            connection.batch_execute("ROLLBACK").await?;
            transaction.finish();
            begun?;
            result
        })
        .await
    }

    /// Runs `queries` on a connection of the pool. On a timeout or a broken connection the
    /// connection is removed from the pool.
    async fn with_timeout<T>(
        &self,
        timeout: Duration,
        queries: impl AsyncFnOnce(&Client) -> Result<T, SourceError>,
    ) -> Result<T, SourceError> {
        let connection = self.connection().await?;
        let result = tokio::time::timeout(timeout + GRACE, queries(&connection));
        let result = result.await.unwrap_or_else(|_| Err(errors::server_timeout(timeout + GRACE)));
        if let Err(SourceError { kind: Kind::Disconnected | Kind::Timeout, .. }) = result {
            // The connection is broken or still runs our query, so it must not return to the pool.
            drop(Object::take(connection));
        }
        result
    }
}

/// Displayed as `user@host:port/database`.
impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.display_name)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({})", self.display_name)
    }
}
