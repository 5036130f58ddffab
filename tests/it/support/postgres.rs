//! The PostgreSQL cluster that all tests share, with a database for every test.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use cliplyctl::demo::server::{DemoServer, ServerOptions};
use tokio::runtime::Runtime;
use tokio_postgres::{NoTls, SimpleQueryMessage};

use super::fixtures::backend;
use super::restart::Restartable;

/// Returns the cluster of this process. Statics are not dropped; its supervisor removes it when the
/// process ends.
pub fn cluster() -> &'static DemoServer {
    static CLUSTER: OnceLock<DemoServer> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let server =
            DemoServer::start(&server_options()).expect("a PostgreSQL server for the tests");
        // Roles belong to the cluster: no test depends on whether another one has made them.
        Session::open(&server.url("postgres")).execute(&backend(&["roles"]));
        server
    })
}

/// Returns the options of test servers: programs from `CLIPLYCTL_PG_BIN`, otherwise from `PATH` and the
/// usual directories.
pub fn server_options() -> ServerOptions {
    ServerOptions {
        bin_dir: std::env::var_os("CLIPLYCTL_PG_BIN").map(Into::into),
        path: std::env::var_os("PATH"),
        ..ServerOptions::default()
    }
}

/// A database for one test. Dropping it closes its connections and removes it.
pub struct Database {
    name: String,
    /// The server of the database, or `None` for the shared cluster.
    server: Option<Arc<Restartable>>,
}

impl Database {
    /// Creates a database without tables.
    pub fn blank() -> Database {
        Database::copy_of("template0")
    }

    /// Creates a database with this schema. The schema is loaded once per key and then copied.
    pub fn with_schema(key: &str, schema: &str) -> Database {
        static LOADED: Mutex<Option<HashSet<String>>> = Mutex::new(None);
        let template = format!("template_{key}");
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if !loaded.get_or_insert_default().contains(key) {
            let admin = Session::open(&cluster().url("postgres"));
            admin.execute(&format!("DROP DATABASE IF EXISTS {template}"));
            admin.execute(&format!("CREATE DATABASE {template} TEMPLATE template0"));
            Session::open(&cluster().url(&template)).execute(schema);
            loaded.get_or_insert_default().insert(key.to_owned());
        }
        Database::copy_of(&template)
    }

    /// Creates a database with this schema on a server that can be restarted.
    pub fn on_server(server: &Arc<Restartable>, schema: &str) -> Database {
        let name = next_name();
        let database = Database { name, server: Some(Arc::clone(server)) };
        database.admin().execute(&format!("CREATE DATABASE {} TEMPLATE template0", database.name));
        database.execute(schema);
        database
    }

    fn copy_of(template: &str) -> Database {
        let database = Database { name: next_name(), server: None };
        database.admin().execute(&format!("CREATE DATABASE {} TEMPLATE {template}", database.name));
        database
    }

    fn admin(&self) -> Session {
        Session::open(&match &self.server {
            Some(server) => server.url("postgres"),
            None => cluster().url("postgres"),
        })
    }

    /// Returns the name of the database.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns a libpq URL for the superuser.
    pub fn url(&self) -> String {
        self.url_as("postgres")
    }

    /// Returns a libpq URL for another role, which needs no password.
    pub fn url_as(&self, role: &str) -> String {
        match &self.server {
            Some(server) => server.url_as(role, &self.name),
            None => cluster().url_as(role, &self.name),
        }
    }

    /// Opens a connection as the superuser, for transactions that stay open.
    pub fn session(&self) -> Session {
        Session::open(&self.url())
    }

    /// Executes statements.
    pub fn execute(&self, sql: &str) {
        self.session().execute(sql);
    }

    /// Returns the rows of a query as text; NULL is `None`.
    pub fn rows(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        self.session().rows(sql)
    }

    /// Returns the only value of a query as text; NULL is `NULL`.
    pub fn value(&self, sql: &str) -> String {
        self.session().value(sql)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let _ = self.admin().try_execute(&drop);
    }
}

fn next_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A blocking connection.
pub struct Session {
    runtime: Runtime,
    client: tokio_postgres::Client,
}

impl Session {
    /// Connects to a libpq URL. Fails the test on an error.
    pub fn open(url: &str) -> Session {
        Session::try_open(url).unwrap_or_else(|error| panic!("connecting to {url}: {error:?}"))
    }

    /// Connects to a libpq URL.
    pub fn try_open(url: &str) -> Result<Session, tokio_postgres::Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (client, connection) = runtime.block_on(tokio_postgres::connect(url, NoTls))?;
        runtime.spawn(connection);
        Ok(Session { runtime, client })
    }

    /// Executes statements. Fails the test on an error.
    pub fn execute(&self, sql: &str) {
        self.try_execute(sql).unwrap_or_else(|error| panic!("{error:?}\nin: {:.300}", sql));
    }

    /// Executes statements.
    pub fn try_execute(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        self.runtime.block_on(self.client.batch_execute(sql))
    }

    /// Returns the rows of a query as text; NULL is `None`.
    pub fn rows(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let messages = self.runtime.block_on(self.client.simple_query(sql));
        let messages = messages.unwrap_or_else(|error| panic!("{error:?}\nin: {sql}"));
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|i| row.get(i).map(str::to_owned)).collect())
            }
            _ => None,
        });
        rows.collect()
    }

    /// Returns the only value of a query as text; NULL is `NULL`.
    pub fn value(&self, sql: &str) -> String {
        let rows = self.rows(sql);
        assert!(
            rows.len() == 1 && rows[0].len() == 1,
            "one value expected of: {sql}\ngot: {rows:?}"
        );
        rows[0][0].clone().unwrap_or_else(|| "NULL".to_owned())
    }
}
