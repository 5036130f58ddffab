//! Tests of the recorded systems: which snapshots belong to one, and `history systems`.

use std::path::Path;
use std::time::Duration;

use cliplyctl::facts::identity::ServerRun;
use cliplyctl::facts::snapshot::{OperationMarker, Snapshot};
use cliplyctl::sources::files::history::{Store, SystemId};
use serde_json::Value;

use super::store::{count, marker, snapshot};
use crate::connect::unresponsive_server::plain_server;
use crate::support::cli::{Cli, Output};

const YEAR: Duration = Duration::from_hours(365 * 24);
const LOCALHOST: &str = "localhost:5432/app";
const LOOPBACK: &str = "127.0.0.1:5432/app";

/// Returns a server that started then.
fn server(identity: &str, started: i64) -> Option<ServerRun> {
    Some(ServerRun { identity: format!("{identity}/5/app"), started })
}

/// A store with the snapshots that a test records.
struct Recorded {
    directory: tempfile::TempDir,
    store: Store,
    last: i64,
}

impl Recorded {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(Some(directory.path())).unwrap();
        Self { directory, store, last: 0 }
    }

    /// Records a snapshot through an address.
    fn record(&mut self, address: &str, server: Option<ServerRun>) {
        self.record_with(address, server, &[]);
    }

    fn record_with(
        &mut self,
        address: &str,
        server: Option<ServerRun>,
        markers: &[OperationMarker],
    ) {
        self.last += 1;
        let snapshot = Snapshot { server, ..snapshot(self.last) };
        let system = SystemId { address, context: None };
        self.store.append(system, &snapshot, markers, YEAR).unwrap();
    }

    /// Returns how many snapshots the history at each address has.
    fn counts(&self, addresses: &[&str]) -> Vec<usize> {
        addresses.iter().map(|address| count(&self.store, address)).collect()
    }

    /// Runs `history systems` with these arguments.
    fn systems(&self, args: &[&str]) -> Output {
        systems(self.directory.path(), args)
    }

    /// Shows the history of a system.
    fn show(&self, system: &str) -> Output {
        with_state(
            self.directory.path(),
            &["history", "--system", system, "--since", "1970-01-01T00:00:00Z"],
        )
    }

    /// Returns the recorded systems as `id name snapshots`.
    fn listed(&self) -> Vec<String> {
        listed(&self.systems(&["-o", "json"]).expect_code(0).json())
    }
}

/// Runs `history systems` with the store in this directory, without a configured system.
fn systems(state: &Path, args: &[&str]) -> Output {
    with_state(state, &[&["history", "systems"], args].concat())
}

/// Runs a command with this state directory.
fn with_state(state: &Path, words: &[&str]) -> Output {
    let mut cli = Cli::new(words);
    let home = cli.home().join(".local/state/cliplyctl");
    std::fs::create_dir_all(home.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(state, home).unwrap();
    cli.run()
}

fn listed(report: &Value) -> Vec<String> {
    let systems = report["data"]["systems"].as_array().unwrap();
    let line = |system: &Value| {
        format!("{} {} {}", system["id"], system["name"].as_str().unwrap(), system["snapshots"])
    };
    systems.iter().map(line).collect()
}

#[test]
fn addresses_of_one_server_are_one_system() {
    let mut recorded = Recorded::new();
    recorded.record(LOCALHOST, server("1", 7));
    recorded.record(LOOPBACK, server("1", 7));
    assert_eq!(recorded.counts(&[LOCALHOST, LOOPBACK]), [2, 2]);
    // A restarted server is the same one, whichever address is recorded first.
    recorded.record(LOOPBACK, server("1", 8));
    recorded.record(LOCALHOST, server("1", 8));
    assert_eq!(recorded.counts(&[LOCALHOST, LOOPBACK]), [4, 4]);
    assert_eq!(recorded.listed(), ["1 localhost:5432/app 4"]);
}

#[test]
fn different_servers_are_different_systems() {
    let mut recorded = Recorded::new();
    recorded.record(LOCALHOST, server("1", 7));
    recorded.record("other:5432/app", server("2", 7));
    // A copy of the server has its identifiers.
    recorded.record("copy:5432/app", server("1", 9));
    recorded.record(LOCALHOST, server("1", 7));
    assert_eq!(recorded.counts(&[LOCALHOST, "other:5432/app", "copy:5432/app"]), [2, 1, 1]);
}

#[test]
fn server_restarted_between_two_addresses_is_one_system() {
    let mut recorded = Recorded::new();
    recorded.record(LOCALHOST, server("1", 7));
    recorded.record(LOOPBACK, server("1", 8)); // it could be a copy
    assert_eq!(recorded.counts(&[LOCALHOST, LOOPBACK]), [1, 1]);
    recorded.record(LOCALHOST, server("1", 8));
    assert_eq!(recorded.counts(&[LOCALHOST, LOOPBACK]), [3, 3]);
}

#[test]
fn snapshots_of_an_outage_stay_with_their_address() {
    let mut recorded = Recorded::new();
    recorded.record(LOOPBACK, None);
    recorded.record(LOCALHOST, server("1", 7));
    recorded.record(LOCALHOST, None);
    assert_eq!(recorded.counts(&[LOCALHOST, LOOPBACK]), [2, 1]);
    // Now it is known which server was not reached.
    recorded.record(LOOPBACK, server("1", 7));
    assert_eq!(recorded.counts(&[LOCALHOST, LOOPBACK]), [4, 4]);
}

#[test]
fn another_server_at_an_address_is_another_system() {
    let mut recorded = Recorded::new();
    recorded.record(LOCALHOST, server("1", 7));
    recorded.record(LOCALHOST, server("1", 8));
    recorded.record(LOCALHOST, server("2", 9));
    assert_eq!(recorded.counts(&[LOCALHOST]), [1]);
    assert_eq!(recorded.listed(), ["1 localhost:5432/app 2", "2 localhost:5432/app (2) 1"]);
    let note = "localhost:5432/app was another database at the same address: \
                cliplyctl history --system 1";
    let shown = |system: &str| recorded.show(system).expect_code(0).stdout;
    assert!(shown("2").contains(note), "{}", shown("2"));
    assert!(!shown("1").contains("another database"), "{}", shown("1"));
    // A tunnel leads back to the first one.
    recorded.record(LOCALHOST, server("1", 8));
    assert_eq!(recorded.counts(&[LOCALHOST]), [3]);
}

#[test]
fn joined_systems_keep_every_snapshot_and_operation() {
    let mut recorded = Recorded::new();
    recorded.record_with(LOCALHOST, server("1", 7), &[marker("rq-1", 3), marker("rq-2", 5)]);
    recorded.record_with(LOCALHOST, server("2", 9), &[marker("rq-1", 9), marker("rq-3", 1)]);
    recorded.systems(&["join", "1", "2"]).expect_code(77);
    assert_eq!(recorded.listed().len(), 2, "not confirmed");
    let report = recorded.systems(&["join", "1", "2", "--yes", "-o", "json"]).expect_code(0).json();
    assert_eq!(report["data"]["joined"]["snapshots"], 1);
    assert_eq!(report["data"]["system"]["snapshots"], 2);
    assert_eq!(recorded.listed(), ["2 localhost:5432/app (2) 2"]);
    let system = recorded.store.system(LOCALHOST).unwrap().unwrap();
    assert_eq!(
        recorded.store.marks(system, (0, 9)).unwrap(),
        [marker("rq-1", 9), marker("rq-2", 5), marker("rq-3", 1)]
    );
    // Both servers stay known.
    recorded.record(LOCALHOST, server("1", 7));
    recorded.record(LOCALHOST, server("2", 9));
    assert_eq!(recorded.counts(&[LOCALHOST]), [4]);
}

#[test]
fn renamed_system_keeps_its_name_and_addresses() {
    let mut recorded = Recorded::new();
    recorded.record(LOCALHOST, server("1", 7));
    recorded.record("other:5432/app", server("2", 7));
    recorded.systems(&["rename", LOCALHOST, "prod"]).expect_code(0);
    recorded.record(LOCALHOST, server("1", 7));
    assert_eq!(recorded.listed(), ["2 other:5432/app 1", "1 prod 2"]);
    let taken = recorded.systems(&["rename", "2", "prod"]).expect_code(64);
    assert!(taken.stderr.contains("cliplyctl history systems join 2 prod"), "{taken:?}");
    recorded.systems(&["rename", "prod", "prod"]).expect_code(0);
}

#[test]
fn unknown_or_ambiguous_system_is_refused() {
    let mut recorded = Recorded::new();
    recorded.systems(&["rename", "prod", "x"]).expect_code(64);
    recorded.record(LOCALHOST, server("1", 7));
    recorded.record(LOCALHOST, server("2", 9));
    for args in [&["rename", LOCALHOST, "x"][..], &["join", LOCALHOST, "2", "--yes"]] {
        let ambiguous = recorded.systems(args).expect_code(64);
        assert!(ambiguous.stderr.contains("can be several systems"), "{ambiguous:?}");
        assert!(ambiguous.stderr.contains("1 (localhost:5432/app), 2 ("), "{ambiguous:?}");
    }
    let unknown = recorded.systems(&["rename", "localhots:5432/app", "x"]).expect_code(64);
    assert!(unknown.stderr.contains("did you mean `localhost:5432/app`"), "{unknown:?}");
    recorded.systems(&["join", "1", "1", "--yes"]).expect_code(64);
    recorded.systems(&["rename", "1", "2"]).expect_code(64);
    assert_eq!(recorded.listed().len(), 2);
}

#[test]
fn systems_without_a_store_are_none() {
    let directory = tempfile::tempdir().unwrap();
    let report = systems(directory.path(), &["-o", "json"]).expect_code(0).json();
    assert_eq!(listed(&report), Vec::<String>::new());
    assert!(std::fs::read_dir(directory.path()).unwrap().next().is_none(), "a store was created");
}

/// Runs a command with the state of all tests of `home`.
fn run(home: &Path, args: &str, url: &str, base_url: Option<&str>) -> Output {
    let mut cli = Cli::new(args.split(' ')).env("DATABASE_URL", url).env("HOME", home);
    if let Some(base_url) = base_url {
        cli = cli.env("CLIPLY_BASE_URL", base_url);
    }
    cli.run()
}

#[test]
fn localhost_and_127_0_0_1_have_one_history() {
    let (home, port) = (tempfile::tempdir().unwrap(), plain_server());
    let url = |host: &str| format!("postgres://postgres@{host}:{port}/postgres");
    let app = Some("http://127.0.0.1:1");
    for (host, base_url) in [("localhost", None), ("127.0.0.1", None), ("127.0.0.1", app)] {
        run(home.path(), "record", &url(host), base_url).expect_code(0);
    }
    for host in ["localhost", "127.0.0.1"] {
        let report = run(home.path(), "history -o json", &url(host), None).expect_code(0).json();
        assert_eq!(report["data"]["snapshots"], 3, "{host}");
    }
    let listed = run(home.path(), "history systems -o json", &url("localhost"), None);
    let listed = listed.expect_code(0).json();
    assert_eq!(listed["data"]["systems"].as_array().unwrap().len(), 1, "{listed}");
    // Another database of this server.
    let other = format!("postgres://postgres@127.0.0.1:{port}/template1");
    let missing = run(home.path(), "history", &other, None).expect_code(3);
    assert!(missing.stderr.contains("no snapshots of"), "{missing:?}");
}

#[test]
fn history_at_a_new_address_of_a_recorded_server_is_found() {
    let (home, port) = (tempfile::tempdir().unwrap(), plain_server());
    let url = |host: &str| format!("postgres://postgres@{host}:{port}/postgres");
    run(home.path(), "record", &url("127.0.0.1"), None).expect_code(0);
    let report = run(home.path(), "history -o json", &url("localhost"), None).expect_code(0);
    assert_eq!(report.json()["data"]["snapshots"], 1);
}

#[test]
fn selected_system_is_shown_without_settings() {
    let mut recorded = Recorded::new();
    recorded.record(LOCALHOST, server("1", 7));
    recorded.systems(&["rename", "1", "prod"]).expect_code(0);
    let show =
        |args: &str| with_state(recorded.directory.path(), &args.split(' ').collect::<Vec<_>>());
    let report = show("history --system prod --since 1970-01-01T00:00:00Z -o json");
    let report = report.expect_code(0).json();
    assert_eq!(
        (&report["data"]["subject"], &report["data"]["snapshots"]),
        (&"prod".into(), &1.into())
    );
    assert_eq!(report["context"]["database"], LOCALHOST);
    show("history").expect_code(78);
}
