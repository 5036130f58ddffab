//! A hot standby: a real second server that replays a primary of its own.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use cliplyctl::demo::binaries;
use cliplyctl::demo::server::{Server, ServerOptions};

use super::postgres::{Session, server_options};
use super::{fixtures, wait_until};

/// The database's name on both servers.
const DATABASE: &str = "app";

/// A standby and the primary that it replays. Dropping it ends both.
pub struct Standby {
    standby: Server,
    primary: Server,
}

impl Standby {
    /// The one for tests that only read: it replays `main_typical`.
    pub fn shared() -> &'static Standby {
        static SHARED: OnceLock<Standby> = OnceLock::new();
        SHARED.get_or_init(|| Standby::start("main_typical"))
    }

    /// A primary with a fixture like `main_typical`, and a standby that has replayed all of it.
    pub fn start(fixture: &str) -> Standby {
        let primary = Server::start(&replicating(server_options())).unwrap();
        Session::open(&primary.url("postgres"))
            .execute(&format!("CREATE DATABASE {DATABASE} TEMPLATE template0"));
        Session::open(&primary.url(DATABASE)).execute(&fixtures::fixture(fixture));
        let programs = copying(&primary);
        let options = ServerOptions { bin_dir: Some(programs), ..server_options() };
        let standby = Server::start(&replicating(options)).unwrap();
        let both = Standby { standby, primary };
        both.catch_up();
        both
    }

    /// A libpq URL of the standby's superuser.
    pub fn url(&self) -> String {
        self.standby.url(DATABASE)
    }

    /// A libpq URL of the primary's superuser.
    pub fn primary_url(&self) -> String {
        self.primary.url(DATABASE)
    }

    /// Waits until the standby has replayed what the primary has written by now.
    pub fn catch_up(&self) {
        let written = Session::open(&self.primary_url()).value("SELECT pg_current_wal_lsn()");
        let standby = Session::open(&self.url());
        let sql = format!("SELECT pg_last_wal_replay_lsn() >= '{written}'");
        wait_until("the standby has caught up", || standby.value(&sql) == "t");
    }
}

fn replicating(options: ServerOptions) -> ServerOptions {
    let settings =
        [("wal_level", "replica"), ("max_wal_senders", "4"), ("synchronous_commit", "local")];
    let extra_conf = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    ServerOptions { extra_conf, ..options }
}

/// A directory of server programs whose `initdb` copies the primary instead of making a new
/// cluster. It lies in the primary's directory and ends with it.
fn copying(primary: &Server) -> PathBuf {
    let options = server_options();
    let found = binaries::find(options.bin_dir.as_deref(), options.path.as_deref()).unwrap();
    // Where some machines link initdb and postgres from, pg_basebackup is not linked as well.
    let postgres = found.join("postgres").canonicalize().unwrap();
    let real = postgres.parent().unwrap();
    let programs = primary.directory().join("bin");
    fs::create_dir(&programs).unwrap();
    let copy = format!(
        "#!/bin/sh\nfor data; do :; done # the last argument\n\
         exec '{}/pg_basebackup' --write-recovery-conf --checkpoint=fast --no-sync \
         --dbname='{}' --pgdata=\"$data\"\n",
        real.display(),
        primary.url("postgres"),
    );
    fs::write(programs.join("initdb"), copy).unwrap();
    fs::set_permissions(programs.join("initdb"), Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink(&postgres, programs.join("postgres")).unwrap();
    give(&programs.join("initdb"), primary);
    give(&programs, primary);
    programs
}

/// The server's user must be able to remove it.
fn give(path: &Path, server: &Server) {
    let owner = fs::metadata(server.directory()).unwrap();
    chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
}
