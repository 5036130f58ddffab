//! PostgreSQL: a small connection pool, read-only transactions with timeouts, and one module per kind
//! of facts that is read.
//!
//! [`Database`] is the entry point; [`requeue`] is the only module that writes. Everything works
//! through a transaction-mode pooler: no named prepared statements (only `query_typed` and
//! `batch_execute`), and every setting is local to its transaction.

pub(crate) mod access;
pub(crate) mod acknowledged;
pub(crate) mod affected_workspaces;
mod connect;
pub(crate) mod counted_attempts;
pub(crate) mod dead_letters;
pub(crate) mod earlier_requeues;
mod errors;
pub(crate) mod evaluate;
pub(crate) mod event_histogram;
pub(crate) mod events;
pub(crate) mod flow;
pub(crate) mod grants;
pub(crate) mod groups;
pub(crate) mod identity;
pub(crate) mod jobs;
pub(crate) mod last_finishes;
pub(crate) mod layout;
mod parallel;
mod pool;
pub(crate) mod probe;
mod query;
pub(crate) mod queue;
pub(crate) mod recent_activity;
pub(crate) mod requeue;
pub(crate) mod requeued_jobs;
pub(crate) mod rescued_jobs;
mod row_types;
pub(crate) mod selection;
pub(crate) mod server;
mod session;
pub(crate) mod table_load;
pub(crate) mod user_access;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use connect::Connector;
pub use connect::SessionOptions;
use futures_util::future::join;
use pool::{Pool, PooledSession};
use query::{NEUTRAL_SETTINGS, Transaction, read_only};
pub(crate) use session::sessions_ended;
use tokio_postgres::Client;

use crate::dsn::Dsn;
use crate::facts::{SourceError, SourceErrorKind as Kind};
use crate::queue::Relation;
use crate::queue::sql::{ident, literal};
use crate::redact;

/// Additional wait after the server's own statement timeout, before the server counts as
/// unresponsive.
const GRACE: Duration = Duration::from_secs(1);

/// Connection of the pool; returned to it on drop.
pub type Connection = PooledSession;

/// Connection pool of one database. Cheap to clone; connects on the first query.
#[derive(Clone)]
pub struct Database {
    pool: Arc<Pool>,
    display_name: String,
    /// Schema of the tables that the connection string or the declaration names.
    schema: Option<String>,
    /// The declared jobs table.
    declared_table: Option<String>,
    /// The jobs table of a package, once it is found. All clones share it, because the layout is read after the
    /// database is opened.
    package_table: Arc<OnceLock<Relation>>,
    /// The connection of a database made by [`Self::on_one_connection`].
    shared: Option<Arc<SharedConnection>>,
}

/// A connection on which several transactions are sent one behind another.
struct SharedConnection {
    /// `None` only while it is dropped.
    connection: Option<Connection>,
    /// Time limit of all of them together.
    limit: Duration,
    /// Whether it must not return to the pool.
    is_broken: AtomicBool,
}

impl SharedConnection {
    fn new(connection: Connection, limit: Duration) -> Arc<Self> {
        Arc::new(Self { connection: Some(connection), limit, is_broken: AtomicBool::new(false) })
    }
}

impl Drop for SharedConnection {
    fn drop(&mut self) {
        let connection = self.connection.take();
        if let Some(connection) = connection.filter(|_| self.is_broken.load(Ordering::Relaxed)) {
            connection.discard();
        }
    }
}

impl Database {
    /// Creates the pool without connecting.
    pub fn open(dsn: &Dsn, options: SessionOptions) -> Result<Self, SourceError> {
        let passwords = dsn.hosts.iter().filter_map(|host| host.password.as_ref());
        passwords.for_each(|password| {
            redact::own::register(&String::from_utf8_lossy(password.value.expose()));
        });
        let size =
            dsn.connection_limit.map_or(options.pool_size, |limit| limit.min(options.pool_size));
        let connector = Connector::new(dsn.clone(), options.application_name);
        let pool = Pool::new(connector, size, options.connect_timeout)?;
        let (display_name, schema) = (dsn.to_string(), dsn.schema.clone());
        Ok(Self {
            pool,
            display_name,
            schema,
            declared_table: None,
            package_table: Arc::default(),
            shared: None,
        })
    }

    /// The same database with this jobs table and no events.
    pub(crate) fn with_jobs_table(&self, schema: Option<&str>, table: &str) -> Self {
        let schema = schema.map(str::to_owned).or_else(|| self.schema.clone());
        Self { schema, declared_table: Some(table.to_owned()), ..self.clone() }
    }

    /// The same database with this jobs table of a package, and no events. Clones of this database do not have it.
    pub(crate) fn with_package_table(&self, relation: Relation) -> Self {
        Self { package_table: Arc::new(OnceLock::from(relation)), ..self.clone() }
    }

    /// How a read-only transaction ends. An expression of a declaration may call `set_config`, and nothing that it
    /// sets may outlive its transaction: the next one on the connection may write.
    pub(crate) fn end_of_read(&self) -> &'static str {
        if self.declared_table.is_some() { "ROLLBACK" } else { "COMMIT" }
    }

    /// The name of the jobs table.
    pub(crate) fn jobs_table(&self) -> &str {
        let package_table = self.package_table.get().map(|relation| relation.name.as_str());
        package_table.or(self.declared_table.as_deref()).unwrap_or("jobs")
    }

    /// Sets the jobs table of a package, for all clones of this database. The first one stays.
    pub(crate) fn set_package_table(&self, relation: Relation) {
        _ = self.package_table.set(relation);
    }

    /// Replaces `{jobs}` and `{job_events}` in a statement by the OIDs of these tables: in the schema that the
    /// connection string names, otherwise those that the server finds by its search_path, otherwise in `public`.
    pub(crate) fn with_relations(&self, statement: &str) -> String {
        let regclass = |name: &str| match self.schema_of_tables() {
            Some(schema) => {
                let name = format!("{}.{}", ident(schema), ident(name));
                format!("pg_catalog.to_regclass({})", literal(&name))
            }
            None => format!(
                "coalesce(pg_catalog.to_regclass({}), pg_catalog.to_regclass({}))",
                literal(&ident(name)),
                literal(&format!("public.{}", ident(name)))
            ),
        };
        let has_events = self.declared_table.is_none() && self.package_table.get().is_none();
        let events = match has_events {
            false => "null::pg_catalog.oid".to_owned(),
            true => regclass("job_events"),
        };
        statement.replace("{jobs}", &regclass(self.jobs_table())).replace("{job_events}", &events)
    }

    /// The schema in which the jobs table is expected, for messages.
    pub(crate) fn schema(&self) -> &str {
        self.schema_of_tables().unwrap_or("public")
    }

    fn schema_of_tables(&self) -> Option<&str> {
        let package_table = self.package_table.get().map(|relation| relation.schema.as_str());
        package_table.or(self.schema.as_deref())
    }

    /// Closes the connections that are not in use; no others can be opened.
    pub(crate) fn close(&self) {
        self.pool.close();
    }

    /// Returns a connection for callers that manage their own transactions (the writers).
    pub async fn connection(&self) -> Result<Connection, SourceError> {
        self.pool.get().await
    }

    /// Returns a further connection, or `None` if the server or the pool has none to spare now. A caller that
    /// holds a connection must use this one: waiting for another could last forever.
    pub(crate) async fn spare_connection(&self) -> Option<Connection> {
        self.pool.spare().await
    }

    /// The same database, with one connection for all transactions that are sent at once ([`Self::rows`],
    /// [`Self::query_all`], [`Self::read_at_once`] and the like). If their futures are polled together, none waits
    /// for the answer to another: they take one round trip. All of them together may take `limit`. There are no other
    /// transactions: they would wait for a further connection while this one is held.
    pub(crate) async fn on_one_connection(&self, limit: Duration) -> Result<Self, SourceError> {
        let shared = SharedConnection::new(self.connection().await?, limit);
        Ok(Self { shared: Some(shared), ..self.clone() })
    }

    /// As [`Self::on_one_connection`], if the server and the pool have a connection to spare now; otherwise this
    /// database as it is.
    pub(crate) async fn on_spare_connection(&self, limit: Duration) -> Self {
        let connection = self.spare_connection().await;
        let shared = connection.map(|connection| SharedConnection::new(connection, limit));
        Self { shared, ..self.clone() }
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
        self.with_timeout(timeout, async |connection| {
            read_only(connection, (timeout, self.end_of_read()), queries).await
        })
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
        queries: impl AsyncFnOnce(&Connection) -> Result<T, SourceError>,
    ) -> Result<T, SourceError> {
        debug_assert!(self.shared.is_none(), "a transaction in steps on a shared connection");
        let connection = self.connection().await?;
        let result = self.within(timeout, &connection, queries).await;
        if is_broken(&result) {
            connection.discard();
        }
        result
    }

    /// Runs `queries`, which send a whole transaction when they are polled first: on the shared connection, if this
    /// database has one, otherwise as [`Self::with_timeout`] does.
    async fn at_once<T>(
        &self,
        timeout: Duration,
        queries: impl AsyncFnOnce(&Connection) -> Result<T, SourceError>,
    ) -> Result<T, SourceError> {
        let shared = self.shared.as_deref();
        let Some((shared, connection)) = shared.and_then(|s| Some((s, s.connection.as_ref()?)))
        else {
            return self.with_timeout(timeout, queries).await;
        };
        // The transaction may wait for others.
        let result = self.within(timeout.max(shared.limit), connection, queries).await;
        shared.is_broken.fetch_or(is_broken(&result), Ordering::Relaxed);
        result
    }

    async fn within<T>(
        &self,
        timeout: Duration,
        connection: &Connection,
        queries: impl AsyncFnOnce(&Connection) -> Result<T, SourceError>,
    ) -> Result<T, SourceError> {
        // Boxed, because the futures of commands contain it many times.
        let queries = Box::pin(self.pool.run(connection, queries(connection)));
        let result = tokio::time::timeout(timeout + GRACE, queries);
        result.await.unwrap_or_else(|_| Err(errors::server_timeout(timeout + GRACE)))
    }
}

/// Whether the connection of this result is broken or still runs the query, so that it must not return to the pool.
fn is_broken<T>(result: &Result<T, SourceError>) -> bool {
    matches!(result, Err(SourceError { kind: Kind::Disconnected | Kind::Timeout, .. }))
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
