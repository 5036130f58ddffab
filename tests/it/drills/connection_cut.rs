//! Drills that cut the connection at every statement in turn and then finish the operation.

use super::reported_vs_database::{assert_report_matches, count_complete_writes};
use crate::requeue::insert_dead_letters;
use crate::support::cli::{Cli, Output};
use crate::support::drill::{in_full, jobs, ran};
use crate::support::postgres::{Database, cluster};
use crate::support::wire::{Cut, CutPoint, Wire};

/// More than one pipelined set of transactions, so that a second connection is opened.
const JOBS: u32 = 520;

/// Each cut point, and whether the whole network is cut: before the server receives the statement, after
/// it executed it, and the latter with the network down.
const WAYS: [(CutPoint, bool); 3] =
    [(CutPoint::Before, false), (CutPoint::After, false), (CutPoint::After, true)];

/// A database behind a proxy, and the state directory of all commands.
struct Site {
    db: Database,
    wire: Wire,
    home: tempfile::TempDir,
    jobs: u32,
}

impl Site {
    fn new(jobs: u32) -> Site {
        let wire = Wire::to(cluster().directory().join(".s.PGSQL.5432"));
        let home = tempfile::tempdir().unwrap();
        Site { db: Database::with_variant("main"), wire, home, jobs }
    }

    /// Replaces all jobs with new dead letters without events.
    fn reset(&self) {
        self.db.execute("TRUNCATE jobs, job_events");
        insert_dead_letters(&self.db, self.jobs);
    }

    fn dlq(&self, args: &[&str]) -> Output {
        let words = ["--yes", "--reason", "drill", "-o", "json"];
        Cli::new(["dlq"].iter().chain(args).chain(&words))
            .env("DATABASE_URL", self.wire.url(self.db.name()))
            .env("XDG_STATE_HOME", self.home.path())
            .run()
    }

    /// Runs a command with this cut. Returns its output and a description of the cut, or `None` if the
    /// command has fewer statements.
    fn run_with_cut(&self, args: &[&str], cut: Cut) -> Option<(Output, String)> {
        self.wire.arm(Some(cut));
        let output = self.dlq(args);
        let broke = self.wire.broke();
        self.wire.arm(None);
        Some((output, format!("{args:?} {cut:?}, at {:.80}", broke?)))
    }
}

/// Returns the operation id that the command printed, which it does before the first write.
fn announced(output: &Output) -> Option<String> {
    let line = output.stderr.lines().find_map(|line| line.strip_prefix("operation "));
    line.map(str::to_owned)
}

/// Runs `trial` with a cut at the first statement, the second and so on, until there are no more, and
/// returns their number. The test suite cuts at every ninth, with a different cut point each time.
fn at_every_statement(mut trial: impl FnMut(Cut) -> bool) -> u32 {
    let (step, mut cuts) = (if in_full() { 1 } else { 9 }, 0);
    for (way, (moment, everything)) in (0..).zip(WAYS) {
        let mut at = if in_full() { 1 } else { 1 + 2 * way };
        while trial(Cut { at, moment, everything }) {
            (at, cuts) = (at + step, cuts + 1);
        }
        assert!(at > 7, "nothing broke");
    }
    cuts
}

/// Cuts a requeue of all jobs or of ids, resumes it as its hint says, and undoes it.
fn requeue(site: &Site, ids: bool) -> u32 {
    let all = u64::from(site.jobs);
    at_every_statement(|cut| {
        site.reset();
        let ids = if ids { site.db.rows("SELECT id::text FROM jobs") } else { vec![] };
        let mut args = vec!["requeue"];
        args.extend(ids.iter().flatten().flatten().map(String::as_str));
        args.extend(ids.is_empty().then_some("--all"));
        let Some((first, when)) = site.run_with_cut(&args, cut) else { return false };
        let (written, _) = count_complete_writes(&site.db, &when);
        assert_report_matches(&first, all, written, &when);
        let operation = announced(&first);
        let again = match &operation {
            Some(operation) => site.dlq(&["requeue", "--resume", operation]),
            None => site.dlq(&args),
        };
        assert_eq!(again.code, 0, "{when}: {first:#?} {again:#?}");
        assert_eq!(count_complete_writes(&site.db, &when), (all, 0), "{when}");
        let operation = operation.or_else(|| announced(&again)).unwrap();
        let undo = site.dlq(&["undo", &operation]);
        assert_eq!(
            (undo.code, count_complete_writes(&site.db, &when)),
            (0, (all, all)),
            "{when}: {undo:#?}"
        );
        true
    })
}

#[test]
fn requeue_survives_a_cut_at_every_statement() {
    let site = Site::new(jobs(JOBS));
    let cuts = requeue(&site, false);
    ran(&format!("requeue cut {cuts} times × {} jobs", site.jobs));
}

#[test]
fn all_or_nothing_requeue_survives_a_cut_at_every_statement() {
    let site = Site::new(30);
    let cuts = requeue(&site, true);
    ran(&format!("requeue of ids cut {cuts} times × {} jobs", site.jobs));
}

#[test]
fn undo_survives_a_cut_at_every_statement() {
    let site = Site::new(jobs(JOBS));
    let all = u64::from(site.jobs);
    let cuts = at_every_statement(|cut| {
        site.reset();
        let operation = announced(&site.dlq(&["requeue", "--all"])).unwrap();
        let Some((first, when)) = site.run_with_cut(&["undo", &operation], cut) else {
            return false;
        };
        let (_, back) = count_complete_writes(&site.db, &when);
        assert_report_matches(&first, all, back, &when);
        let data = &first.json()["data"];
        assert!(data["outcome"].is_null() || data["eligible"] == all, "{when}: {data:#}");
        let again = site.dlq(&["undo", &operation]);
        assert_eq!(again.code, 0, "{when}: {first:#?} {again:#?}");
        assert_eq!(count_complete_writes(&site.db, &when), (all, all), "{when}");
        let json = again.json();
        let told = json["data"]["undone_before"].as_u64().unwrap();
        let done = json["data"]["outcome"]["done"].as_u64().unwrap_or(0);
        assert_eq!((told, done), (back, all - back), "{when}: {json:#}");
        true
    });
    ran(&format!("undo cut {cuts} times × {} jobs", site.jobs));
}

/// A trigger that records the writes. Without an events table, only the local journal has them.
const WITNESS: &str = "
    CREATE TABLE moves (id bigint, was text, is_now text);
    CREATE FUNCTION witness() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF OLD.status <> NEW.status THEN INSERT INTO moves VALUES (OLD.id, OLD.status, NEW.status); END IF;
      RETURN NULL; END $$;
    CREATE TRIGGER witness AFTER UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION witness()";

#[test]
fn requeue_without_events_survives_a_cut_at_every_statement() {
    let mut site = Site::new(26);
    let all = u64::from(site.jobs);
    let cuts = at_every_statement(|cut| {
        site.db = Database::from_fixture("bigint_typical");
        site.db.execute(WITNESS);
        let moved = |db: &Database| {
            let n = "SELECT count(*) FILTER (WHERE was = 'failed') || ' ' || count(DISTINCT id) FROM moves";
            db.value(n)
        };
        let Some((first, when)) = site.run_with_cut(&["requeue", "--all"], cut) else {
            return false;
        };
        let written = site.db.value("SELECT count(*) FROM moves").parse().unwrap();
        assert_report_matches(&first, all, written, &when);
        let operation = announced(&first);
        let again = match &operation {
            Some(operation) => site.dlq(&["requeue", "--resume", operation]),
            None => site.dlq(&["requeue", "--all"]),
        };
        assert_eq!(
            (again.code, moved(&site.db)),
            (0, format!("{all} {all}")),
            "{when}: {again:#?}"
        );
        let operation = operation.or_else(|| announced(&again)).unwrap();
        let (first, when) = match site.run_with_cut(&["undo", &operation], cut) {
            Some(struck) => struck,
            None => (site.dlq(&["undo", &operation]), when),
        };
        let back = "SELECT count(*) FROM moves WHERE is_now = 'failed'";
        assert_report_matches(&first, all, site.db.value(back).parse().unwrap(), &when);
        site.dlq(&["undo", &operation]).expect_code(0);
        assert_eq!(
            (site.db.value(back), moved(&site.db)),
            (all.to_string(), format!("{all} {all}")),
            "{when}"
        );
        true
    });
    ran(&format!("requeue and undo without events cut {cuts} times × {} jobs", site.jobs));
}
