//! Tests with PgBouncer in transaction mode, where clients share a server connection.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use cliplyctl::dsn::{ConnectionDefaults, Dsn};
use cliplyctl::facts::SourceErrorKind;
use tokio_postgres::Client;

use super::secured_server::{TIMEOUT, database, free_port, run, try_connect, user_and_encryption};
use crate::rls::{clean, findings};
use crate::support::cli::Cli;
use crate::support::postgres::{Session, cluster};
use crate::support::wait_until;

const PROGRAMS: [&str; 4] = [
    "/usr/sbin/pgbouncer",
    "/usr/bin/pgbouncer",
    "/opt/homebrew/bin/pgbouncer",
    "/usr/local/bin/pgbouncer",
];

/// The environment variable with another PgBouncer program, to test a newer release.
const PROGRAM: &str = "CLIPLYCTL_TEST_PGBOUNCER";

/// A pooler in front of the test cluster. Dropping it stops it.
pub struct Pooler {
    child: Child,
    pub port: u16,
    _directory: tempfile::TempDir,
}

impl Pooler {
    fn start() -> Pooler {
        Pooler::before("postgres")
    }

    /// Starts a pooler whose `app` is this database of the cluster. All clients share one server connection,
    /// so that any leaked setting affects the next client.
    fn before(database: &str) -> Pooler {
        Pooler::with(database, "default_pool_size = 1\n")
    }

    /// Starts a pooler with these settings.
    pub fn with(database: &str, settings: &str) -> Pooler {
        let program = program();
        let directory = tempfile::tempdir().unwrap();
        let port = free_port();
        let file = configuration(directory.path(), port, database, settings);
        let mut command = Command::new(&program);
        command
            .arg("-q")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // PgBouncer refuses to run as root, so it runs as the owner of the cluster directory.
        use std::os::unix::fs::MetadataExt;
        let owner = std::fs::metadata(cluster().directory()).unwrap();
        std::os::unix::fs::chown(directory.path(), Some(owner.uid()), Some(owner.gid())).unwrap();
        std::os::unix::fs::chown(&file, Some(owner.uid()), Some(owner.gid())).unwrap();
        if owner.uid() != std::fs::metadata("/proc/self").map_or(owner.uid(), |own| own.uid()) {
            command.uid(owner.uid()).gid(owner.gid());
        }
        let pooler = Pooler { child: command.spawn().unwrap(), port, _directory: directory };
        wait_until("pgbouncer listens", || {
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        pooler
    }

    fn dsn(&self, more: &str) -> String {
        format!("host=127.0.0.1 port={} user=postgres dbname=app {more}", self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the path of the PgBouncer program.
fn program() -> PathBuf {
    let override_path = std::env::var_os(PROGRAM).map(PathBuf::from);
    let found = || PROGRAMS.iter().map(PathBuf::from).find(|path| path.exists());
    override_path.or_else(found).expect(
        "pgbouncer is not on this machine: `apt-get install pgbouncer` or `brew install \
         pgbouncer` (scripts/test does it)",
    )
}

/// Returns the release. 1.21 and later have `max_prepared_statements`.
pub fn release() -> (u32, u32) {
    let version = Command::new(program()).arg("--version").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let number = version.split_whitespace().nth(1).unwrap();
    let mut parts = number.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap(), parts.next().unwrap_or(0))
}

fn configuration(directory: &Path, port: u16, database: &str, settings: &str) -> PathBuf {
    let path = directory.join("pgbouncer.ini");
    let users = directory.join("users.txt");
    std::fs::write(&users, "\"postgres\" \"\"\n").unwrap();
    let socket = cluster().directory().display();
    let mut file = std::fs::File::create(&path).unwrap();
    write!(
        file,
        "[databases]\napp = host={socket} port=5432 dbname={database} user=postgres\n\n\
         [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
         auth_type = trust\nauth_file = {}\npool_mode = transaction\n{settings}",
        users.display()
    )
    .unwrap();
    path
}

#[test]
fn many_sessions_share_one_server_connection() {
    let pooler = Pooler::start();
    for _ in 0..40 {
        assert_eq!(try_connect(&pooler.dsn("")).as_deref(), Ok("postgres plain"));
    }
    // Several queries at the same time, one of them slow, each with its own timeout.
    run(async {
        let dsn = Dsn::parse(&pooler.dsn(""), &ConnectionDefaults::default()).unwrap();
        let (one, two) = (database(&dsn, TIMEOUT), database(&dsn, TIMEOUT));
        let slow = async |transaction: &Client| {
            Ok(transaction.batch_execute("SELECT pg_sleep(0.2)").await?)
        };
        let (slow, quick) = tokio::join!(one.read(TIMEOUT, slow), user_and_encryption(&two));
        assert_eq!((slow, quick.as_deref()), (Ok(()), Ok("postgres plain")));
    });
}

#[test]
fn timed_out_statement_leaves_no_timeout_in_the_pool() {
    let pooler = Pooler::start();
    run(async {
        let dsn = Dsn::parse(&pooler.dsn(""), &ConnectionDefaults::default()).unwrap();
        let database = database(&dsn, TIMEOUT);
        let sleep = async |transaction: &Client| {
            Ok(transaction.batch_execute("SELECT pg_sleep(600)").await?)
        };
        let error = database.read(std::time::Duration::from_millis(50), sleep).await.unwrap_err();
        assert_eq!(error.kind, SourceErrorKind::Timeout, "{error:?}");
        let connection = database.connection().await.unwrap();
        let rows = connection.query_typed("SHOW statement_timeout", &[]).await.unwrap();
        assert_eq!(rows[0].get::<_, String>(0), "0");
        let rows = connection.query_typed("SHOW transaction_read_only", &[]).await.unwrap();
        assert_eq!(rows[0].get::<_, String>(0), "off");
    });
}

#[test]
fn pooler_errors_have_their_kind_and_hint() {
    let pooler = Pooler::start();
    let error = try_connect(&pooler.dsn("").replace("dbname=app", "dbname=nowhere")).unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::NotFound, "{error:?}");
    let error = try_connect(&pooler.dsn("options='-c work_mem=1MB'")).unwrap_err();
    assert!(error.hint.as_ref().unwrap().to_string().contains("start-up parameter"), "{error:?}");
    let error = try_connect(&pooler.dsn("sslmode=require")).unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Tls, "{error:?}");
    assert!(error.hint.unwrap().to_string().contains("poolers often have no TLS"));
}

#[test]
fn role_changes_do_not_leak_into_the_pool() {
    let server = clean();
    let pooler = Pooler::before(server.name());
    let url = format!("postgres://postgres@127.0.0.1:{}/app", pooler.port);
    let audit = |more: &[&str]| {
        let args = [&["rls", "audit", "-o", "json"], more].concat();
        let output = Cli::new(args).env("DATABASE_URL", &url).run().expect_code(0);
        assert_eq!(findings(&output), Vec::<String>::new());
        assert_eq!(output.json()["data"]["reads"], 4);
    };
    let settings = "SELECT concat_ws(' ', current_user, current_setting('role'), \
        current_setting('search_path'), current_setting('statement_timeout'), \
        current_setting('row_security'), current_setting('transaction_read_only'), \
        nullif(current_setting('request.jwt.claims', true), ''), pg_backend_pid())";
    let next = || Session::open(&format!("{url}?sslmode=disable")).value(settings);
    let before = next();
    audit(&[]);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| audit(&[]));
        }
    });
    audit(&["--probe-writes", "--yes"]);
    assert_eq!(next(), before);
}
