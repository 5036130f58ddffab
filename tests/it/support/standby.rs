//! A hot standby: a second server that replays a primary.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use cliplyctl::demo::binaries;
use cliplyctl::demo::server::{DemoServer, ServerOptions};

use super::postgres::{Session, server_options};
use super::{fixtures, wait_until};

/// The name of the database on both servers.
const DATABASE: &str = "app";

/// A standby and its primary. Dropping it stops both.
pub struct Standby {
    standby: DemoServer,
    primary: DemoServer,
}

impl Standby {
    /// Returns the standby for tests that only read. It replays `main_typical`.
    pub fn shared() -> &'static Standby {
        static SHARED: OnceLock<Standby> = OnceLock::new();
        SHARED.get_or_init(|| Standby::start("main_typical"))
    }

    /// Starts a primary with a fixture such as `main_typical`, and a standby that has replayed it.
    pub fn start(fixture: &str) -> Standby {
        let primary = DemoServer::start(&with_replication(server_options())).unwrap();
        Session::open(&primary.url("postgres"))
            .execute(&format!("CREATE DATABASE {DATABASE} TEMPLATE template0"));
        Session::open(&primary.url(DATABASE)).execute(&fixtures::fixture(fixture));
        let programs = programs_that_copy(&primary);
        let options = ServerOptions { bin_dir: Some(programs), ..server_options() };
        let standby = DemoServer::start(&with_replication(options)).unwrap();
        let pair = Standby { standby, primary };
        pair.catch_up();
        pair
    }

    /// Returns a libpq URL for the superuser of the standby.
    pub fn url(&self) -> String {
        self.standby.url(DATABASE)
    }

    /// Returns a libpq URL for the superuser of the primary.
    pub fn primary_url(&self) -> String {
        self.primary.url(DATABASE)
    }

    /// Waits until the standby has replayed everything that the primary has written so far.
    pub fn catch_up(&self) {
        let written = Session::open(&self.primary_url()).value("SELECT pg_current_wal_lsn()");
        let standby = Session::open(&self.url());
        let sql = format!("SELECT pg_last_wal_replay_lsn() >= '{written}'");
        wait_until("the standby has caught up", || standby.value(&sql) == "t");
    }
}

fn with_replication(options: ServerOptions) -> ServerOptions {
    let settings =
        [("wal_level", "replica"), ("max_wal_senders", "4"), ("synchronous_commit", "local")];
    let extra_conf = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    ServerOptions { extra_conf, ..options }
}

/// Creates a directory of server programs whose `initdb` copies the primary instead of creating a
/// cluster. The directory is part of the primary's and is removed with it.
fn programs_that_copy(primary: &DemoServer) -> PathBuf {
    let options = server_options();
    let bin_dir = binaries::find(options.bin_dir.as_deref(), options.path.as_deref()).unwrap();
    let postgres = bin_dir.join("postgres").canonicalize().unwrap();
    let backup = primary.directory().join("backup");
    back_up(primary, &backup);
    let programs = primary.directory().join("bin");
    fs::create_dir(&programs).unwrap();
    let copy = format!(
        "#!/bin/sh\nfor data; do :; done # the last argument\n\
         mkdir -p -m 700 \"$data\" && cp -a '{}/.' \"$data\"\n",
        backup.display(),
    );
    fs::write(programs.join("initdb"), copy).unwrap();
    fs::set_permissions(programs.join("initdb"), Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink(&postgres, programs.join("postgres")).unwrap();
    set_owner(&programs.join("initdb"), primary);
    set_owner(&programs, primary);
    programs
}

/// Copies the running primary with the SQL backup functions, because `pg_basebackup` may not be installed.
fn back_up(primary: &DemoServer, target: &Path) {
    let session = Session::open(&primary.url("postgres"));
    let version: u32 = session.value("SHOW server_version_num").parse().unwrap();
    let (start, stop) = match version {
        150_000.. => ("pg_backup_start('standby', true)", "pg_backup_stop(false)"),
        _ => ("pg_start_backup('standby', true, false)", "pg_stop_backup(false, false)"),
    };
    session.value(&format!("SELECT {start}"));
    let data = primary.directory().join("data");
    assert!(Command::new("cp").arg("-a").arg(data).arg(target).status().unwrap().success());
    let label = session.value(&format!("SELECT labelfile FROM {stop}"));
    fs::remove_file(target.join("postmaster.pid")).unwrap();
    let primary_conninfo = format!(
        "primary_conninfo = 'host=''{}'' port=5432 user=postgres'\n",
        primary.directory().display()
    );
    for (name, text) in [
        ("backup_label", label.as_str()),
        ("standby.signal", ""),
        ("postgresql.auto.conf", &primary_conninfo),
    ] {
        fs::write(target.join(name), text).unwrap();
        set_owner(&target.join(name), primary);
    }
}

/// Makes the user of the server the owner of a file, so that the server can remove it.
fn set_owner(path: &Path, server: &DemoServer) {
    let owner = fs::metadata(server.directory()).unwrap();
    chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
}
