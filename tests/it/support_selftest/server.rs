//! Tests that a temporary server leaves nothing behind, however its owner ends.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

use cliplyctl::demo::server::{DemoServer, Listen, ServerError, ServerOptions};
use tempfile::TempDir;

use crate::support::postgres::{Session, server_options};
use crate::support::wait_until;

/// The environment variable with the server directory, set for the process that owns the server.
const OWNER: &str = "CLIPLYCTL_TEST_SERVER_OWNER";

/// Not a test: the process that [`start_owner`] starts.
#[test]
#[ignore = "a process that another test starts"]
fn server_owner_process() {
    let Some(temp_dir) = std::env::var_os(OWNER) else {
        return;
    };
    let options = ServerOptions { temp_dir: Some(temp_dir.into()), ..server_options() };
    let _server = DemoServer::start(&options).unwrap();
    println!("\nserver is up");
    std::thread::park();
}

fn start_owner(temp_dir: &TempDir) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "support_selftest::server::server_owner_process",
            "--ignored",
            "--nocapture",
        ])
        .env(OWNER, temp_dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Creates a directory with a short path that the unprivileged user can write to as well.
fn temp_dir() -> TempDir {
    let dir = TempDir::new_in("/tmp").unwrap();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o777)).unwrap();
    dir
}

fn is_empty(dir: &TempDir) -> bool {
    fs::read_dir(dir.path()).unwrap().next().is_none()
}

/// Returns pid, parent pid and command line of every process.
fn processes() -> Vec<(u32, u32, String)> {
    let output = Command::new("ps").args(["-A", "-o", "pid=,ppid=,args="]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let parse = |line: &str| {
        let mut words = line.split_whitespace();
        let ids = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some((ids.0, ids.1, line.to_owned()))
    };
    text.lines().filter_map(parse).collect()
}

/// Returns the processes whose command line names this directory, and their descendants.
fn descendants(dir: &TempDir) -> Vec<u32> {
    let all = processes();
    let name = dir.path().to_str().unwrap();
    let mut descendants: Vec<u32> =
        all.iter().filter(|(.., args)| args.contains(name)).map(|(pid, ..)| *pid).collect();
    let mut next = 0;
    while let Some(parent) = descendants.get(next).copied() {
        let children = all.iter().filter(|(_, ppid, _)| *ppid == parent).map(|(pid, ..)| *pid);
        let new: Vec<u32> = children.filter(|pid| !descendants.contains(pid)).collect();
        descendants.extend(new);
        next += 1;
    }
    descendants
}

#[test]
fn killed_owner_leaves_no_process_and_no_directory() {
    let dir = temp_dir();
    let mut owner = start_owner(&dir);
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "server is up"));
    let descendants = descendants(&dir);
    assert!(descendants.len() >= 4, "a shell, the server and its helpers: {descendants:?}");

    owner.kill().unwrap(); // SIGKILL
    owner.wait().unwrap();
    wait_until("the directory is gone", || is_empty(&dir));
    wait_until("the processes are gone", || {
        processes().iter().all(|(pid, ..)| !descendants.contains(pid))
    });
}

#[test]
fn owner_killed_during_the_start_leaves_no_process() {
    let dir = temp_dir();
    let mut owner = start_owner(&dir);
    wait_until("the start has begun", || !is_empty(&dir));
    owner.kill().unwrap();
    owner.wait().unwrap();
    wait_until("the processes are gone", || descendants(&dir).is_empty());
    assert!(is_empty(&dir));
}

#[test]
fn dropped_server_stops_and_removes_its_directory() {
    let dir = temp_dir();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = DemoServer::start(&ServerOptions {
        temp_dir: Some(dir.path().to_owned()),
        listen: Listen::Tcp { port },
        extra_conf: vec![("max_connections".into(), "17".into())],
        ..server_options()
    });
    let server = server.unwrap();
    let by_socket = Session::open(&server.url("postgres"));
    assert_eq!(by_socket.value("SHOW max_connections"), "17");
    let by_port = Session::open(&format!("postgresql://postgres@127.0.0.1:{port}/postgres"));
    assert_eq!(by_port.value("SELECT inet_server_port()"), port.to_string());

    let supervisor = server.supervisor_id();
    drop(server);
    assert!(is_empty(&dir));
    assert!(descendants(&dir).is_empty());
    assert!(processes().iter().all(|(pid, ..)| *pid != supervisor));
}

#[test]
fn failed_server_start_reports_the_cause_and_cleans_up() {
    let dir = temp_dir();
    let error = DemoServer::start(&ServerOptions {
        temp_dir: Some(dir.path().to_owned()),
        extra_conf: vec![("max_connections".into(), "many".into())],
        ..server_options()
    });
    let error = error.unwrap_err();
    assert!(matches!(error, ServerError::DidNotStart { .. }), "{error:?}");
    assert!(error.to_string().contains("max_connections"), "{error}");
    assert!(is_empty(&dir));
}

#[test]
fn missing_temp_dir_is_named_in_the_error() {
    let options = ServerOptions { temp_dir: Some("/no/such/place".into()), ..server_options() };
    let error = DemoServer::start(&options).unwrap_err().to_string();
    assert!(error.contains("/no/such/place"), "{error}");
}
