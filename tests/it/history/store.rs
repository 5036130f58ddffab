//! Tests of the history store, which stays consistent when a writer is killed.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use cliplyctl::facts::Status;
use cliplyctl::facts::operation::{OperationType, Reasons, Resume};
use cliplyctl::facts::snapshot::{
    AreaLine, FailedCheck, Metric, MetricValues, OperationMarker, Snapshot, SnapshotDetail,
};
use cliplyctl::sources::files::history::{Store, SystemId};
use jiff::Timestamp;
use rusqlite::Connection;

/// The environment variable with the state directory, set for the process that writes until it is killed.
const WRITER: &str = "CLIPLYCTL_TEST_HISTORY_WRITER";
const RETENTION: Duration = Duration::from_hours(24);
const SYSTEM: SystemId<'_> = SystemId { address: "db:5432/app", context: Some("test") };

pub fn snapshot(at: i64) -> Snapshot {
    let mut metrics = MetricValues::default();
    metrics.exact(Metric::Due, Some(at as f64));
    let (check, message) = ("queue.workers".to_owned(), "nobody works".to_owned());
    let area = AreaLine {
        area: "queue?".into(),
        status: "critical".into(),
        // Longer than a database page, so that an incomplete row would be detected.
        detail: "nobody works ".repeat(1_000),
    };
    Snapshot {
        at: Timestamp::from_millisecond(at).unwrap(),
        took: Duration::from_millis(7),
        status: Status::Critical,
        section: Some("3.3".into()),
        failed_checks: vec![FailedCheck { check, status: Status::Critical, message }],
        evaluated: vec!["queue.workers".to_owned()],
        server_time: None,
        server: None,
        metrics,
        detail: SnapshotDetail { areas: vec![area], ..SnapshotDetail::default() },
    }
}

pub fn marker(operation: &str, jobs: u64) -> OperationMarker {
    let at = Timestamp::from_millisecond(5).unwrap();
    OperationMarker {
        operation: operation.into(),
        operation_type: OperationType::Requeue,
        who: "ada@desk".into(),
        reasons: Reasons::default(),
        at,
        jobs,
    }
}

/// Not a test: the process that [`acknowledged_snapshots_survive_kill_9`] starts.
#[test]
#[ignore = "a process that another test starts"]
fn history_writer_process() {
    let Some(directory) = std::env::var_os(WRITER) else { return };
    let mut store = Store::open(Some(Path::new(&directory))).unwrap();
    for at in 1.. {
        let number = store.append(SYSTEM, &snapshot(at), &[marker("rq-1", 1)], RETENTION).unwrap();
        println!("\nkept {number}");
    }
}

#[test]
fn acknowledged_snapshots_survive_kill_9() {
    let directory = tempfile::tempdir().unwrap();
    let mut acknowledged: Vec<i64> = Vec::new();
    for round in 1..=4 {
        let mut writers: Vec<_> = (0..2)
            .map(|_| {
                let mut command = Command::new(std::env::current_exe().unwrap());
                command.args([
                    "--exact",
                    "history::store::history_writer_process",
                    "--ignored",
                    "--nocapture",
                ]);
                command.env(WRITER, directory.path()).stdout(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        for writer in &mut writers {
            let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
            let number = |line: String| line.strip_prefix("kept ")?.parse::<i64>().ok();
            let first = (&mut lines).map_while(Result::ok).filter_map(number).take(round * 7);
            let known = acknowledged.len();
            acknowledged.extend(first);
            assert_eq!(acknowledged.len(), known + round * 7, "a writer could not write");
            writer.kill().unwrap(); // SIGKILL, at any point of a write
            writer.wait().unwrap();
            acknowledged.extend(lines.map_while(Result::ok).filter_map(number));
        }
    }
    let store = Connection::open(directory.path().join("history.db")).unwrap();
    let value = |sql: &str| store.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(value("PRAGMA integrity_check"), "ok");
    let is_complete = |number: &i64| {
        let sql = "SELECT count(*) FROM snapshots JOIN details ON snapshot = id
                   WHERE id = ?1 AND bad = 'queue.workers:2' AND detail LIKE '%works \"}]%'";
        store.query_row(sql, [number], |row| row.get::<_, i64>(0)).unwrap() == 1
    };
    let lost: Vec<_> = acknowledged.iter().filter(|number| !is_complete(number)).collect();
    assert!(lost.is_empty(), "lost or half there: {lost:?}");
    let orphaned_details = "SELECT count(*) || '' FROM snapshots LEFT JOIN details ON snapshot = id
                  WHERE snapshot IS NULL";
    assert_eq!(value(orphaned_details), "0");
}

#[test]
fn concurrent_writers_lose_no_snapshot() {
    let directory = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut store = Store::open(Some(directory.path())).unwrap();
                for at in 1..=25 {
                    store.append(SYSTEM, &snapshot(at), &[], RETENTION).unwrap();
                }
            });
        }
    });
    let store = Store::read(Some(directory.path())).unwrap().unwrap();
    let system_id = store.system(SYSTEM.address).unwrap().unwrap();
    let mut times = Vec::new();
    store.walk(system_id, (0, 100), |point| times.push(point.at)).unwrap();
    let expected: Vec<i64> = (1..=25).flat_map(|at| [at; 4]).collect();
    assert_eq!(times, expected);
}

#[test]
fn expired_snapshots_are_deleted_with_their_details() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(Some(directory.path())).unwrap();
    let retention = Duration::from_millis(10);
    let other_system = SystemId { address: "another", context: None };
    store.append(other_system, &snapshot(3), &[], RETENTION).unwrap();
    // The last one deletes what is older than the one before it by more than the retention.
    for at in [5, 6, 20, 21] {
        store
            .append(SYSTEM, &snapshot(at), &[marker("rq-1", at.unsigned_abs())], retention)
            .unwrap();
    }
    let count = |table: &str| {
        let file = Connection::open(store.path()).unwrap();
        let sql = format!("SELECT count(*) FROM {table}");
        file.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!((count("snapshots"), count("details"), count("operations")), (3, 3, 0));
}

#[test]
fn growing_operation_is_stored_as_one_marker() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(Some(directory.path())).unwrap();
    for jobs in [10, 50, 20] {
        store.append(SYSTEM, &snapshot(9), &[marker("rq-1", jobs)], RETENTION).unwrap();
    }
    let system_id = store.system(SYSTEM.address).unwrap().unwrap();
    assert_eq!(store.marks(system_id, (0, 9)).unwrap(), [marker("rq-1", 50)]);
    let because = |text: &str| Reasons { first: Some(text.into()), resumes: vec![] };
    let first = OperationMarker { reasons: because("token renewed"), ..marker("rq-2", 1) };
    let who = "bob@desk".into();
    let resumed =
        OperationMarker { who, reasons: because("network was back"), ..marker("rq-2", 9) };
    let rescue = OperationMarker { operation_type: OperationType::Rescue, ..marker("rq-3", 4) };
    let markers = [first, resumed.clone(), resumed, rescue.clone()];
    markers.iter().for_each(|marker| {
        store.append(SYSTEM, &snapshot(9), std::slice::from_ref(marker), RETENTION).unwrap();
    });
    let resume = Resume { by: Some("bob@desk".into()), reason: Some("network was back".into()) };
    let reasons = Reasons { resumes: vec![resume], ..because("token renewed") };
    let merged = OperationMarker { reasons, ..marker("rq-2", 9) };
    assert_eq!(store.marks(system_id, (0, 9)).unwrap(), [marker("rq-1", 50), merged, rescue]);
}

#[test]
fn store_files_are_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(Some(&directory.path().join("new/state"))).unwrap();
    store.append(SYSTEM, &snapshot(1), &[], RETENTION).unwrap();
    let files = std::fs::read_dir(directory.path().join("new/state")).unwrap().flatten();
    let modes: Vec<_> =
        files.map(|file| file.metadata().unwrap().permissions().mode() & 0o777).collect();
    assert!(modes.len() >= 2 && modes.iter().all(|mode| *mode == 0o600), "{modes:?}");
}

#[test]
fn older_store_version_is_migrated_and_newer_one_refused() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(Some(directory.path())).unwrap();
    store.append(SYSTEM, &snapshot(1), &[], RETENTION).unwrap();
    let file = Connection::open(store.path()).unwrap();
    drop(store);
    // The first version of the schema.
    file.execute_batch(
        "DROP TABLE operations; DROP TABLE check_sets; DROP TABLE servers; DROP TABLE addresses;
         ALTER TABLE snapshots DROP COLUMN evaluated; PRAGMA user_version = 1",
    )
    .unwrap();
    let store = Store::read(Some(directory.path())).unwrap().unwrap();
    let system_id = store.system(SYSTEM.address).unwrap().unwrap();
    assert_eq!(store.marks(system_id, (0, 9)).unwrap(), []);
    let mut snapshots = 0;
    store.walk(system_id, (0, 9), |_| snapshots += 1).unwrap();
    assert_eq!(snapshots, 1);
    file.execute_batch("PRAGMA user_version = 99").unwrap();
    for refused in
        [Store::open(Some(directory.path())).err(), Store::read(Some(directory.path())).err()]
    {
        let error = refused.unwrap();
        assert!(error.causes[0].contains("its format version is 99"), "{error:?}");
        assert_eq!(error.exit_code().code(), 78);
    }
}

/// Returns how many snapshots of a system are stored.
pub fn count(store: &Store, name: &str) -> usize {
    let mut found = 0;
    let system = store.system(name).unwrap().unwrap();
    store.walk(system, (0, i64::MAX), |_| found += 1).unwrap();
    found
}

const DAY: i64 = 86_400_000;

#[test]
fn retention_deletes_only_snapshots_of_its_own_system() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(Some(directory.path())).unwrap();
    let (year, month) = (Duration::from_hours(365 * 24), Duration::from_hours(30 * 24));
    let other = SystemId { address: "other:5432/app", context: None };
    for day in [0, 100, 200] {
        store.append(SYSTEM, &snapshot(day * DAY), &[], year).unwrap();
    }
    for day in [0, 200] {
        store.append(other, &snapshot(day * DAY), &[], month).unwrap();
    }
    assert_eq!(count(&store, SYSTEM.address), 3);
    // The next poll deletes what is older than the previous one by more than the retention.
    store.append(other, &snapshot(200 * DAY + 1), &[], month).unwrap();
    assert_eq!(count(&store, other.address), 2);
    assert_eq!(count(&store, SYSTEM.address), 3);
}

#[test]
fn poll_with_a_wrong_clock_deletes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(Some(directory.path())).unwrap();
    let month = Duration::from_hours(30 * 24);
    let mut append = |day: i64, server_day: Option<i64>| {
        let mut snapshot = snapshot(day * DAY);
        snapshot.server_time =
            server_day.map(|day| Timestamp::from_millisecond(day * DAY).unwrap());
        store.append(SYSTEM, &snapshot, &[], month).unwrap();
        count(&store, SYSTEM.address)
    };
    assert_eq!(append(100, None), 1);
    assert_eq!(append(101, None), 2);
    // A year ahead, once; and again, while the server's clock is right.
    assert_eq!(append(466, None), 3);
    assert_eq!(append(102, None), 4);
    assert_eq!(append(467, Some(103)), 5);
    assert_eq!(append(468, Some(103)), 6);
}
