//! Drills that cut the connection at every statement in turn and then finish the operation.

use super::reported_vs_database::{assert_report_matches, count_complete_writes};
use crate::requeue::insert_dead_letters;
use crate::support::cli::{Cli, Output};
use crate::support::drill::{is_full_run, jobs, report_run};
use crate::support::postgres::{Database, cluster};
use crate::support::wire::{Cut, CutPoint, Proxy};

/// More than one pipelined set of transactions, so that a second connection is opened.
const JOBS: u32 = 520;

/// Each cut point, and whether the whole network is cut: before the server receives the statement, after
/// it executed it, and the latter with the network down.
const CUT_POINTS: [(CutPoint, bool); 3] =
    [(CutPoint::Before, false), (CutPoint::After, false), (CutPoint::After, true)];

/// A database behind a proxy, and the state directory of all commands.
struct CutTest {
    db: Database,
    proxy: Proxy,
    home: tempfile::TempDir,
    jobs: u32,
}

impl CutTest {
    fn new(jobs: u32) -> CutTest {
        let proxy = Proxy::new(cluster().directory().join(".s.PGSQL.5432"));
        let home = tempfile::tempdir().unwrap();
        CutTest { db: Database::with_variant("main"), proxy, home, jobs }
    }

    /// Replaces all jobs with new dead letters without events.
    fn reset(&self) {
        self.db.execute("TRUNCATE jobs, job_events");
        insert_dead_letters(&self.db, self.jobs);
    }

    fn dlq(&self, args: &[&str]) -> Output {
        let options = ["--yes", "--reason", "drill", "-o", "json"];
        Cli::new(["dlq"].iter().chain(args).chain(&options))
            .env("DATABASE_URL", self.proxy.url(self.db.name()))
            .env("XDG_STATE_HOME", self.home.path())
            .run()
    }

    /// Runs a command with this cut. Returns its output and a description of the cut, or `None` if the
    /// command has fewer statements.
    fn run_with_cut(&self, args: &[&str], cut: Cut) -> Option<(Output, String)> {
        self.proxy.arm(Some(cut));
        let output = self.dlq(args);
        let cut_statement = self.proxy.cut_statement();
        self.proxy.arm(None);
        Some((output, format!("{args:?} {cut:?}, at {:.80}", cut_statement?)))
    }
}

/// Returns the operation id that the command printed, which it does before the first write.
fn operation_id(output: &Output) -> Option<String> {
    let line = output.stderr.lines().find_map(|line| line.strip_prefix("operation "));
    line.map(str::to_owned)
}

/// Runs `attempt` with a cut at the first statement, the second and so on, until there are no more, and
/// returns their number. The test suite cuts at every ninth, with a different cut point each time.
fn at_every_statement(mut attempt: impl FnMut(Cut) -> bool) -> u32 {
    let (step, mut cuts) = (if is_full_run() { 1 } else { 9 }, 0);
    for (index, (point, all_connections)) in (0..).zip(CUT_POINTS) {
        let mut at = if is_full_run() { 1 } else { 1 + 2 * index };
        while attempt(Cut { at, point, all_connections }) {
            (at, cuts) = (at + step, cuts + 1);
        }
        assert!(at > 7, "nothing broke");
    }
    cuts
}

/// Cuts a requeue of all jobs or of ids, resumes it as its hint says, and undoes it.
fn requeue(test: &CutTest, ids: bool) -> u32 {
    let all = u64::from(test.jobs);
    at_every_statement(|cut| {
        test.reset();
        let ids = if ids { test.db.rows("SELECT id::text FROM jobs") } else { vec![] };
        let mut args = vec!["requeue"];
        args.extend(ids.iter().flatten().flatten().map(String::as_str));
        args.extend(ids.is_empty().then_some("--all"));
        let Some((first, description)) = test.run_with_cut(&args, cut) else { return false };
        let (written, _) = count_complete_writes(&test.db, &description);
        assert_report_matches(&first, all, written, &description);
        let operation = operation_id(&first);
        let again = match &operation {
            Some(operation) => test.dlq(&["requeue", "--resume", operation]),
            None => test.dlq(&args),
        };
        assert_eq!(again.code, 0, "{description}: {first:#?} {again:#?}");
        assert_eq!(count_complete_writes(&test.db, &description), (all, 0), "{description}");
        let operation = operation.or_else(|| operation_id(&again)).unwrap();
        let undo = test.dlq(&["undo", &operation]);
        assert_eq!(
            (undo.code, count_complete_writes(&test.db, &description)),
            (0, (all, all)),
            "{description}: {undo:#?}"
        );
        true
    })
}

#[test]
fn requeue_survives_a_cut_at_every_statement() {
    let test = CutTest::new(jobs(JOBS));
    let cuts = requeue(&test, false);
    report_run(&format!("requeue cut {cuts} times × {} jobs", test.jobs));
}

#[test]
fn all_or_nothing_requeue_survives_a_cut_at_every_statement() {
    let test = CutTest::new(30);
    let cuts = requeue(&test, true);
    report_run(&format!("requeue of ids cut {cuts} times × {} jobs", test.jobs));
}

#[test]
fn undo_survives_a_cut_at_every_statement() {
    let test = CutTest::new(jobs(JOBS));
    let all = u64::from(test.jobs);
    let cuts = at_every_statement(|cut| {
        test.reset();
        let operation = operation_id(&test.dlq(&["requeue", "--all"])).unwrap();
        let Some((first, description)) = test.run_with_cut(&["undo", &operation], cut) else {
            return false;
        };
        let (_, undone) = count_complete_writes(&test.db, &description);
        assert_report_matches(&first, all, undone, &description);
        let data = &first.json()["data"];
        assert!(data["outcome"].is_null() || data["eligible"] == all, "{description}: {data:#}");
        let again = test.dlq(&["undo", &operation]);
        assert_eq!(again.code, 0, "{description}: {first:#?} {again:#?}");
        assert_eq!(count_complete_writes(&test.db, &description), (all, all), "{description}");
        let json = again.json();
        let undone_before = json["data"]["undone_before"].as_u64().unwrap();
        let done = json["data"]["outcome"]["written"].as_u64().unwrap_or(0);
        assert_eq!((undone_before, done), (undone, all - undone), "{description}: {json:#}");
        true
    });
    report_run(&format!("undo cut {cuts} times × {} jobs", test.jobs));
}

/// A trigger that records the writes. Without an events table, only the local journal has them.
const RECORD_MOVES: &str = "
    CREATE TABLE moves (id bigint, was text, is_now text);
    CREATE FUNCTION witness() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF OLD.status <> NEW.status THEN INSERT INTO moves VALUES (OLD.id, OLD.status, NEW.status); END IF;
      RETURN NULL; END $$;
    CREATE TRIGGER witness AFTER UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION witness()";

#[test]
fn requeue_without_events_survives_a_cut_at_every_statement() {
    let mut test = CutTest::new(26);
    let all = u64::from(test.jobs);
    let cuts = at_every_statement(|cut| {
        test.db = Database::from_fixture("bigint_typical");
        test.db.execute(RECORD_MOVES);
        let moves = |db: &Database| {
            let n = "SELECT count(*) FILTER (WHERE was = 'failed') || ' ' || count(DISTINCT id) FROM moves";
            db.value(n)
        };
        let Some((first, description)) = test.run_with_cut(&["requeue", "--all"], cut) else {
            return false;
        };
        let written = test.db.value("SELECT count(*) FROM moves").parse().unwrap();
        assert_report_matches(&first, all, written, &description);
        let operation = operation_id(&first);
        let again = match &operation {
            Some(operation) => test.dlq(&["requeue", "--resume", operation]),
            None => test.dlq(&["requeue", "--all"]),
        };
        assert_eq!(
            (again.code, moves(&test.db)),
            (0, format!("{all} {all}")),
            "{description}: {again:#?}"
        );
        let operation = operation.or_else(|| operation_id(&again)).unwrap();
        let (first, description) = match test.run_with_cut(&["undo", &operation], cut) {
            Some(result) => result,
            None => (test.dlq(&["undo", &operation]), description),
        };
        let undone = "SELECT count(*) FROM moves WHERE is_now = 'failed'";
        assert_report_matches(&first, all, test.db.value(undone).parse().unwrap(), &description);
        test.dlq(&["undo", &operation]).expect_code(0);
        assert_eq!(
            (test.db.value(undone), moves(&test.db)),
            (all.to_string(), format!("{all} {all}")),
            "{description}"
        );
        true
    });
    report_run(&format!("requeue and undo without events cut {cuts} times × {} jobs", test.jobs));
}
