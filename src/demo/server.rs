//! A private throwaway PostgreSQL server: its own directory, a Unix socket, no password, no fsync.
//!
//! It is removed however this process ends. A small shell script (`supervise.sh`) owns the
//! directory and the server, and holds the reading end of a pipe from this process: the system
//! closes that pipe when the process ends, whatever the cause.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use tokio_postgres::{Client, NoTls};

use super::binaries;
use crate::error::{Error, ErrorKind};
use crate::facts::SourceErrorKind;

const SCRIPT: &str = include_str!("supervise.sh");

/// The default port of tools and URLs. It only names the socket, whose directory is private, so no
/// TCP port is used.
const SOCKET_PORT: u16 = 5432;

/// Fast rather than durable, small rather than tuned. Autovacuum would change estimates during
/// tests.
const CONFIGURATION: &[(&str, &str)] = &[
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("synchronous_commit", "off"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("shared_buffers", "32MB"),
    ("max_connections", "200"),
    ("autovacuum", "off"),
    ("jit", "off"),
    ("timezone", "UTC"),
];

/// The addresses that the server listens on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Listen {
    /// A Unix socket in the server's own directory.
    #[default]
    UnixOnly,
    /// The Unix socket and this port of 127.0.0.1.
    Tcp {
        /// The port; it must be free.
        port: u16,
    },
}

/// The options of a server. This module does not read the environment.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    /// The directory of `initdb` and `postgres`; searched for if absent.
    pub bin_dir: Option<PathBuf>,
    /// The value of `PATH` to search for the programs.
    pub path: Option<OsString>,
    /// The parent of the server's directory; `/tmp` if absent, because socket paths must be short.
    pub temp_dir: Option<PathBuf>,
    /// The addresses that the server listens on.
    pub listen: Listen,
    /// Further settings of postgresql.conf, which override the defaults.
    pub extra_conf: Vec<(String, String)>,
}

/// Why the server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The programs are not installed.
    #[error(
        "no PostgreSQL server programs (initdb, postgres) found{}; \
         install them with `apt-get install postgresql` or `brew install postgresql`",
        .looked_in.as_ref().map(|dir| format!(" in {}", dir.display())).unwrap_or_default()
    )]
    NotInstalled {
        /// The directory given by the caller.
        looked_in: Option<PathBuf>,
    },
    /// This process runs as root, and there is no account to run the server as.
    #[error(
        "PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody` in /etc/passwd"
    )]
    NoUnprivilegedUser,
    /// The supervising shell could not be started or read.
    #[error("cannot start the private PostgreSQL server")]
    Io(#[from] io::Error),
    /// initdb or postgres failed.
    #[error("the private PostgreSQL server did not start: {log}")]
    DidNotStart {
        /// The last lines of their output.
        log: String,
    },
}

/// A running server. Dropping it stops it and removes its directory.
#[derive(Debug)]
pub struct DemoServer {
    dir: PathBuf,
    listen: Listen,
    supervisor: Child,
}

impl DemoServer {
    /// Creates and starts a server; returns when it accepts connections (about 0.7 s).
    pub fn start(options: &ServerOptions) -> Result<DemoServer, ServerError> {
        let bin = binaries::find(options.bin_dir.as_deref(), options.path.as_deref())
            .ok_or_else(|| ServerError::NotInstalled { looked_in: options.bin_dir.clone() })?;
        let mut supervisor = supervise(&bin, options)?.spawn()?;
        let started = supervisor.stdout.take().map(await_start);
        // From here on, dropping the server cleans up, also if the start failed.
        let mut server = DemoServer { dir: PathBuf::new(), listen: options.listen, supervisor };
        server.dir =
            started.unwrap_or_else(|| Err(io::Error::from(io::ErrorKind::BrokenPipe).into()))?;
        Ok(server)
    }

    /// Returns the server's directory, which contains its socket; removed once the server is
    /// dropped.
    pub fn directory(&self) -> &Path {
        &self.dir
    }

    /// Returns the id of the process that owns the server and its directory.
    pub fn supervisor_id(&self) -> u32 {
        self.supervisor.id()
    }

    /// Returns the libpq URL of the superuser's connection to `database` over the socket.
    pub fn url(&self, database: &str) -> String {
        self.url_as("postgres", database)
    }

    /// Returns the libpq URL of `role`'s connection to `database` over the socket.
    pub fn url_as(&self, role: &str, database: &str) -> String {
        let host = escape(&self.dir.to_string_lossy());
        let port = match self.listen {
            Listen::UnixOnly => SOCKET_PORT,
            Listen::Tcp { port } => port, // the name of the socket contains the same number
        };
        format!("postgresql://{}@{host}:{port}/{}", escape(role), escape(database))
    }
}

impl Drop for DemoServer {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        // The script always ends: it kills a server that does not stop within 10 s.
        let _ = self.supervisor.wait();
    }
}

/// Converts the error into the one that the command line shows.
pub(crate) fn explain(error: ServerError) -> Error {
    let kind = match &error {
        ServerError::NotInstalled { .. } | ServerError::NoUnprivilegedUser => ErrorKind::Config,
        ServerError::Io(_) | ServerError::DidNotStart { .. } => {
            ErrorKind::Source(SourceErrorKind::Other)
        }
    };
    let explained = Error::new(kind, error.to_string());
    match std::error::Error::source(&error) {
        Some(source) => explained.cause(source),
        None => explained,
    }
}

fn supervise(bin: &Path, options: &ServerOptions) -> Result<Command, ServerError> {
    let temp_dir = options.temp_dir.as_deref().unwrap_or(Path::new("/tmp"));
    let mut command = Command::new("/bin/sh");
    command.args(["-c", SCRIPT, "cliplyctl-pg"]).arg(bin).arg(temp_dir);
    for (name, value) in configuration(options) {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    command
        .env_clear()
        .env("PATH", options.path.clone().unwrap_or_else(|| "/usr/bin:/bin".into()))
        .env("LC_ALL", "C")
        .current_dir("/") // the current directory may be unreadable for the unprivileged user
        .process_group(0) // Ctrl-C must not stop the server before this process has cleaned up
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if rustix::process::geteuid().is_root() {
        let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let (uid, gid) = unprivileged_user(&passwd).ok_or(ServerError::NoUnprivilegedUser)?;
        command.uid(uid).gid(gid);
    }
    Ok(command)
}

/// Returns the settings in the order in which they are passed: the last one wins.
fn configuration(options: &ServerOptions) -> Vec<(String, String)> {
    let (addresses, port) = match options.listen {
        Listen::UnixOnly => ("", SOCKET_PORT),
        Listen::Tcp { port } => ("127.0.0.1", port),
    };
    let mut settings: Vec<(String, String)> =
        CONFIGURATION.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    settings.push(("listen_addresses".into(), addresses.into()));
    settings.push(("port".into(), port.to_string()));
    settings.extend(options.extra_conf.iter().cloned());
    settings
}

/// Returns the user and group id of `postgres`, otherwise of `nobody`, from the text of
/// /etc/passwd.
fn unprivileged_user(passwd: &str) -> Option<(u32, u32)> {
    let ids = |name: &str| {
        let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        // macOS writes nobody's id as -2.
        let mut id = || Some(fields.next()?.parse::<i64>().ok()? as u32);
        Some((id()?, id()?))
    };
    ids("postgres").or_else(|| ids("nobody"))
}

/// Reads the two lines of the script: the directory, then `ready`. Anything else is the log of a
/// failure.
fn await_start(stdout: ChildStdout) -> Result<PathBuf, ServerError> {
    let mut stdout = BufReader::new(stdout);
    let mut dir = String::new();
    let mut status = String::new();
    stdout.read_line(&mut dir)?;
    stdout.read_line(&mut status)?;
    if status == "ready\n" {
        return Ok(PathBuf::from(dir.trim_end_matches('\n')));
    }
    stdout.read_to_string(&mut status)?;
    let log = if status.is_empty() { dir } else { status };
    Err(ServerError::DidNotStart { log: log.trim().to_owned() })
}

/// Percent-encodes everything except letters, digits and `_.-`.
fn escape(text: &str) -> String {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    text.bytes()
        .map(|byte| {
            if is_unreserved(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
        })
        .collect()
}

/// Opens a connection of the demo, outside of the pool of the commands.
pub(crate) async fn connect(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    // The task ends with the client; its error surfaces in the client's next statement.
    tokio::spawn(async { _ = connection.await });
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unprivileged_user_is_postgres_before_nobody() {
        let passwd = "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\npostgres:x:101:104::/:/bin/sh\n";
        assert_eq!(unprivileged_user(passwd), Some((101, 104)));
        assert_eq!(
            unprivileged_user("nobody:*:-2:-2::/:/bin/false"),
            Some((4294967294, 4294967294))
        );
        assert_eq!(unprivileged_user("root:x:0:0::/root:/bin/sh"), None);
    }

    #[test]
    fn socket_paths_in_urls_are_escaped() {
        assert_eq!(escape("/tmp/a b"), "%2Ftmp%2Fa%20b");
    }

    #[test]
    fn missing_server_error_explains_the_installation() {
        let options =
            ServerOptions { bin_dir: Some("/nowhere".into()), ..ServerOptions::default() };
        let error = DemoServer::start(&options).unwrap_err().to_string();
        assert!(
            error.contains("in /nowhere") && error.contains("apt-get install postgresql"),
            "{error}"
        );
    }
}
