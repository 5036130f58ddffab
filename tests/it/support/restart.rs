//! A PostgreSQL server that a test can restart while clients are connected.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use cliplyctl::demo::server::{DemoServer, ServerOptions};

use super::postgres::{Session, server_options};
use super::wait_until;

/// A server with `synchronous_commit`, which keeps committed data over a restart. Dropping it stops it.
pub struct Restartable {
    first: DemoServer,
    /// The server process after a restart, which the supervisor of `first` does not know.
    next: Mutex<Option<Child>>,
}

impl Restartable {
    /// Starts a server. It does not sync to disk, because only the server crashes, not the machine.
    pub fn start() -> Restartable {
        let extra_conf = vec![("synchronous_commit".to_owned(), "on".to_owned())];
        let options = ServerOptions { extra_conf, ..server_options() };
        Restartable { first: DemoServer::start(&options).unwrap(), next: Mutex::new(None) }
    }

    /// Returns a libpq URL for the superuser.
    pub fn url(&self, database: &str) -> String {
        self.first.url(database)
    }

    /// Returns a libpq URL for another role.
    pub fn url_as(&self, role: &str, database: &str) -> String {
        self.first.url_as(role, database)
    }

    /// Restarts the server and waits until it accepts connections.
    ///
    /// The signal stops it: `INT` is a fast shutdown, `QUIT` an immediate one that needs recovery.
    pub fn restart(&self, signal: &str) {
        let data = self.first.directory().join("data");
        let command_line = fs::read_to_string(data.join("postmaster.opts")).unwrap();
        let pid_file = data.join("postmaster.pid");
        let pid = fs::read_to_string(&pid_file).unwrap().lines().next().unwrap().to_owned();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
        wait_until("the server has ended", || !pid_file.exists());
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        next.take().into_iter().for_each(|mut ended| drop(ended.wait()));
        let owner = fs::metadata(&data).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", &format!("exec {command_line}")]).current_dir("/").env("LC_ALL", "C");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        if owner.uid() != fs::metadata("/proc/self").map_or(owner.uid(), |process| process.uid()) {
            command.uid(owner.uid()).gid(owner.gid());
        }
        *next = Some(command.spawn().unwrap());
        let url = self.url("postgres");
        wait_until("the server is back", || Session::try_open(&url).is_ok());
    }
}

impl Drop for Restartable {
    fn drop(&mut self) {
        let next = self.next.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(next) = next {
            _ = Command::new("kill").args(["-s", "QUIT", &next.id().to_string()]).status();
            _ = next.wait();
        }
    }
}
