//! Random interleavings of operators, workers, kills and manual edits, checked against docs/writes.md.
//!
//! A trigger records each change of a state with its session and transaction. After each step the records must
//! show only what docs/writes.md allows, and each command must have reported what they show.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::Value;

use crate::requeue::command;
use crate::support::cli::{Cli, Output};
use crate::support::drill::interleavings;
use crate::support::interleavings::{CAUSES, run};
use crate::support::postgres::{Database, Session};
use crate::support::wait_until;

/// Jobs of each interleaving.
const JOBS: u32 = 5;
/// The seed of the first half of the interleavings.
const FIXED_SEED: u64 = 13;

/// One step. Numbers select one of the plans or operations so far.
#[derive(Debug, Clone)]
enum Step {
    Plan,
    Requeue,
    ApplyPlan(usize),
    /// A requeue that is killed or interrupted after its first job; in between somebody does something.
    Cut {
        kill: bool,
        meanwhile: Meanwhile,
    },
    Resume(usize),
    Undo(usize),
    Rescue,
    Follow(usize),
    WorkerAction(WorkerAction),
    Edit(Edit),
}

/// What happens while a requeue is being written.
#[derive(Debug, Clone)]
enum Meanwhile {
    Nothing,
    WorkerAction(WorkerAction),
    Undo,
    Follow,
    Edit(Edit),
}

/// What a worker does with one job.
#[derive(Debug, Clone, Copy)]
enum WorkerAction {
    Claim,
    Finish,
    /// The last attempt fails.
    Fail,
    /// An attempt fails and is retried.
    Retry,
    /// The worker falls silent.
    Silence,
}

/// What somebody does by hand.
#[derive(Debug, Clone, Copy)]
enum Edit {
    /// Another error on a dead letter.
    Error,
    /// A dead letter is queued, without the tool.
    Requeue,
    /// A queued job is dead-lettered, without the tool.
    Kill,
    /// A column that no write compares.
    Priority,
}

fn work() -> impl Strategy<Value = WorkerAction> {
    prop_oneof![
        3 => Just(WorkerAction::Claim),
        2 => Just(WorkerAction::Finish),
        3 => Just(WorkerAction::Fail),
        1 => Just(WorkerAction::Retry),
        1 => Just(WorkerAction::Silence),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![Just(Edit::Error), Just(Edit::Requeue), Just(Edit::Kill), Just(Edit::Priority)]
}

fn step() -> impl Strategy<Value = Step> {
    let meanwhile = prop_oneof![
        2 => Just(Meanwhile::Nothing),
        3 => work().prop_map(Meanwhile::WorkerAction),
        2 => Just(Meanwhile::Undo),
        1 => Just(Meanwhile::Follow),
        1 => edit().prop_map(Meanwhile::Edit),
    ];
    prop_oneof![
        1 => Just(Step::Plan),
        2 => Just(Step::Requeue),
        2 => (0..3usize).prop_map(Step::ApplyPlan),
        2 => (any::<bool>(), meanwhile).prop_map(|(kill, meanwhile)| Step::Cut { kill, meanwhile }),
        3 => (0..3usize).prop_map(Step::Resume),
        3 => (0..3usize).prop_map(Step::Undo),
        1 => Just(Step::Rescue),
        2 => (0..3usize).prop_map(Step::Follow),
        6 => work().prop_map(Step::WorkerAction),
        3 => edit().prop_map(Step::Edit),
    ]
}

/// A database with the recording trigger. `late` makes it run after the statement, which makes the tool verify
/// what is stored.
fn recorded_database(late: bool) -> Database {
    let db = Database::with_variant("main");
    let when = if late { "AFTER" } else { "BEFORE" };
    db.execute(&format!(
        "ALTER TABLE jobs ADD COLUMN version bigint NOT NULL DEFAULT 0;
         CREATE TABLE moves (n bigserial, job uuid, was text, now text, version bigint, xid bigint, app text);
         CREATE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           NEW.version := OLD.version + 1; RETURN NEW; END $$;
         CREATE TRIGGER bump BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION bump();
         CREATE FUNCTION record() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           INSERT INTO moves (job, was, now, version, xid, app) VALUES (OLD.id, OLD.state, NEW.state, OLD.version,
             pg_current_xact_id()::text::bigint % 4294967296, current_setting('application_name'));
           RETURN NEW; END $$;
         CREATE TRIGGER record {when} UPDATE ON jobs FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION record();
         INSERT INTO workspaces (id, name, owner_id)
           VALUES ('aaaaaaaa-0000-4000-8000-000000000009', 'w', gen_random_uuid())"
    ));
    db
}

/// One interleaving.
struct Machine<'a> {
    db: &'a Database,
    session: Session,
    home: tempfile::TempDir,
    /// Plans, each with the version of its jobs.
    plans: Vec<(String, HashMap<String, String>)>,
    operations: Vec<String>,
    /// Jobs that were edited by hand.
    edited: BTreeSet<String>,
    /// Edits of a column that no write compares: the job, and its version after the edit.
    priority_edits: Vec<(String, i64)>,
    failures: usize,
    /// Jobs that commands wrote.
    written: Cell<u64>,
}

impl<'a> Machine<'a> {
    fn new(db: &'a Database) -> Self {
        let session = db.session();
        session.execute(&format!(
            "TRUNCATE jobs, job_events, moves RESTART IDENTITY CASCADE;
             INSERT INTO jobs (workspace_id, kind, state, attempts, last_error, run_at, updated_at)
               SELECT 'aaaaaaaa-0000-4000-8000-000000000009', 'CLIP_RENDER', 'dead_letter', 5, 'first failure', now(),
                      now() - interval '10 min'
                 FROM generate_series(1, {JOBS})"
        ));
        let (home, plans, operations) = (tempfile::tempdir().unwrap(), vec![], vec![]);
        Self {
            db,
            session,
            home,
            plans,
            operations,
            edited: BTreeSet::new(),
            priority_edits: vec![],
            failures: 0,
            written: Cell::new(0),
        }
    }

    fn state_dir(&self) -> PathBuf {
        self.home.path().to_owned()
    }

    fn cli(&self, verb: &str, args: &[&str]) -> Cli {
        command(self.db, verb, args).env("XDG_STATE_HOME", self.state_dir())
    }

    fn number(&self, sql: &str) -> u64 {
        self.session.value(sql).parse().unwrap()
    }

    /// The newest recorded move; 0 if there is none.
    fn last_move(&self) -> u64 {
        self.number("SELECT coalesce(max(n), 0) FROM moves")
    }

    fn events_of(&self, operation: &str) -> u64 {
        self.number(&format!(
            "SELECT count(*) FROM job_events WHERE data->>'operation' = '{operation}'"
        ))
    }

    fn run(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Plan => self.plan(),
            Step::Requeue => self.write("requeue", &["--all", "--yes"], None)?,
            Step::ApplyPlan(n) => {
                let Some((plan, versions)) = self.pick(&self.plans, *n) else { return Ok(()) };
                self.write(
                    "requeue",
                    &["--plan", &plan, "--ignore-changes", "--yes"],
                    Some(&versions),
                )?;
            }
            Step::Cut { kill, meanwhile } => self.cut(*kill, meanwhile)?,
            Step::Resume(n) => {
                let Some(operation) = self.pick(&self.operations, *n) else { return Ok(()) };
                self.write(
                    "requeue",
                    &["--resume", &operation, "--yes", "--rate", "1000/s"],
                    None,
                )?;
            }
            Step::Undo(n) => {
                let Some(operation) = self.pick(&self.operations, *n) else { return Ok(()) };
                self.write("undo", &[&operation, "--yes"], None)?;
            }
            Step::Rescue => {
                let mut cli = Cli::new(["jobs", "rescue", "--yes", "-o", "json"])
                    .env("DATABASE_URL", self.db.url())
                    .env("XDG_STATE_HOME", self.state_dir());
                let last_move = self.last_move();
                self.check_report(&cli.run(), last_move, None)?;
            }
            Step::Follow(n) => {
                let Some(operation) = self.pick(&self.operations, *n) else { return Ok(()) };
                self.follow(&operation)?;
            }
            Step::WorkerAction(work) => self.work(*work),
            Step::Edit(edit) => self.edit(*edit),
        }
        self.check()
    }

    fn pick<T: Clone>(&self, from: &[T], n: usize) -> Option<T> {
        from.iter().rev().nth(n).or(from.last()).cloned()
    }

    fn plan(&mut self) {
        let rows = self
            .session
            .rows("SELECT id::text, version::text FROM jobs WHERE state = 'dead_letter'");
        let versions =
            rows.into_iter().map(|row| (row[0].clone().unwrap(), row[1].clone().unwrap()));
        let versions = versions.collect();
        let json = self.cli("requeue", &["--all", "--dry-run"]).run().json();
        if let Some(plan) = json["data"]["plan"].as_str() {
            self.plans.push((plan.to_owned(), versions));
        }
    }

    /// Runs a write and compares its report with what is stored.
    fn write(
        &mut self,
        verb: &str,
        args: &[&str],
        planned: Option<&HashMap<String, String>>,
    ) -> Result<(), TestCaseError> {
        let last_move = self.last_move();
        let output = self.cli(verb, args).run();
        if verb == "requeue" {
            self.remember_operation(&output);
        }
        self.check_report(&output, last_move, planned)
    }

    fn remember_operation(&mut self, output: &Output) {
        let operation = output.stderr.split_whitespace().find(|word| word.starts_with("rq-"));
        if let Some(operation) =
            operation.filter(|id| output.stderr.contains(&format!("operation {id}")))
        {
            let operation = operation.trim_end_matches([':', ';', ',']).to_owned();
            if !self.operations.contains(&operation) {
                self.operations.push(operation);
            }
        }
    }

    /// A write reports as written what its sessions moved, and jobs of a plan only as they were planned.
    fn check_report(
        &self,
        output: &Output,
        last_move: u64,
        planned: Option<&HashMap<String, String>>,
    ) -> Result<(), TestCaseError> {
        prop_assert!([0, 2, 3, 64, 75, 77].contains(&output.code), "{output:#?}");
        let Ok(json) = serde_json::from_str::<Value>(&output.stdout) else {
            prop_assert!(output.code == 64 || output.code == 77, "no report: {output:#?}");
            return Ok(());
        };
        let moved = self.session.rows(&format!(
            "SELECT job::text, version::text FROM moves WHERE n > {last_move} AND app LIKE 'cliplyctl:%'"
        ));
        let done = json["data"]["outcome"]["written"].as_u64().unwrap_or(0);
        prop_assert_eq!(done, moved.len() as u64, "{:#?}", output);
        self.written.set(self.written.get() + done);
        if let Some(planned) = planned {
            for row in moved {
                let (job, version) = (row[0].clone().unwrap(), row[1].clone().unwrap());
                let as_planned = self.is_unchanged(&job, planned.get(&job), &version);
                prop_assert!(as_planned, "job {job} changed since the plan: {output:#?}");
            }
        }
        let written_nothing = done == 0 && json["data"]["outcome"]["in_doubt"] == 0;
        prop_assert!(
            !(output.code == 75 && written_nothing),
            "75 with nothing written: {output:#?}"
        );
        Ok(())
    }

    /// Whether a job had its planned version when it was moved, apart from edits of columns that no write
    /// compares, and from requeues that were undone: an undo restores what was planned.
    fn is_unchanged(&self, job: &str, planned: Option<&String>, moved: &str) -> bool {
        let number = |text: &str| text.parse::<i64>().unwrap();
        planned.is_some_and(|planned| {
            let since_plan = number(planned) + 1..=number(moved);
            let edits = self.priority_edits.iter();
            let edits = edits.filter(|(id, version)| id == job && since_plan.contains(version));
            let undone = self.number(&format!(
                "SELECT count(*) FROM moves WHERE job = '{job}' AND version >= {planned} AND version < {moved}
                    AND app IN ('cliplyctl:dlq requeue', 'cliplyctl:dlq undo')"
            ));
            let others = number(moved) - number(planned) - i64::try_from(undone).unwrap();
            usize::try_from(others) == Ok(edits.count())
        })
    }

    fn cut(&mut self, kill: bool, meanwhile: &Meanwhile) -> Result<(), TestCaseError> {
        let newest = self.number("SELECT coalesce(max(id), 0) FROM job_events");
        let mut cli = self.cli("requeue", &["--all", "--yes", "--rate", "20/m"]);
        let running = cli.start();
        let ours = format!(
            "SELECT coalesce(max(data->>'operation'), '') FROM job_events WHERE id > {newest} AND data ? 'operation'"
        );
        wait_until("it wrote a job or ended", || {
            !running.is_alive() || !self.session.value(&ours).is_empty()
        });
        let operation = self.session.value(&ours);
        match meanwhile {
            Meanwhile::Nothing => {}
            Meanwhile::WorkerAction(work) => self.work(*work),
            Meanwhile::Edit(edit) => self.edit(*edit),
            Meanwhile::Undo if !operation.is_empty() => {
                self.cli("undo", &[&operation, "--yes"]).run();
            }
            Meanwhile::Follow if !operation.is_empty() && running.is_alive() => {
                let follow = self.cli("follow", &[&operation, "--wait", "1s"]).run();
                prop_assert!(
                    follow.code != 0 || !running.is_alive(),
                    "finished, and still being written: {follow:#?}"
                );
            }
            Meanwhile::Undo | Meanwhile::Follow => {}
        }
        running.signal_if_alive(if kill { "KILL" } else { "TERM" });
        let output = running.finish();
        self.remember_operation(&output);
        Ok(())
    }

    /// The counts of a follow are the states of the jobs, unless somebody edited them by hand.
    fn follow(&mut self, operation: &str) -> Result<(), TestCaseError> {
        let output = self.cli("follow", &[operation, "--wait", "1ms"]).run();
        prop_assert!([0, 2, 3, 64].contains(&output.code), "{output:#?}");
        let Ok(json) = serde_json::from_str::<Value>(&output.stdout) else { return Ok(()) };
        if output.code == 64 {
            prop_assert_eq!(self.events_of(operation), 0, "{:#?}", output);
            return Ok(());
        }
        let ours = format!(
            "SELECT e.job_id, e.id, exists (SELECT FROM job_events l WHERE l.job_id = e.job_id AND l.id > e.id
                AND l.data ? 'operation' AND l.data->>'reason' <> 'rescued_from_silent_worker') AS moved
               FROM job_events e WHERE e.data->>'operation' = '{operation}'"
        );
        let jobs = self.number(&format!("SELECT count(*) FROM ({ours}) t"));
        prop_assert_eq!(json["data"]["jobs"].as_u64(), Some(jobs), "{:#?}", output);
        let edited = self.edited.iter().map(|id| format!("'{id}'")).collect::<Vec<_>>().join(", ");
        let edited = if edited.is_empty() { "NULL".to_owned() } else { edited };
        if self.number(&format!("SELECT count(*) FROM ({ours}) t WHERE job_id IN ({edited})")) > 0 {
            return Ok(());
        }
        for (state, key) in [("done", "finished"), ("running", "running")] {
            let expected = self.number(&format!(
                "SELECT count(*) FROM ({ours}) t JOIN jobs ON jobs.id = t.job_id WHERE NOT moved AND state = '{state}'
                    AND (state = 'done' OR attempts = 0)"
            ));
            let told = json["data"][key].as_u64().unwrap();
            prop_assert!(told == expected, "{key}: {told} of {expected}: {output:#?}");
        }
        let moved = self.number(&format!("SELECT count(*) FROM ({ours}) t WHERE moved"));
        prop_assert_eq!(json["data"]["changed_since"].as_u64(), Some(moved), "{:#?}", output);
        Ok(())
    }

    fn work(&mut self, work: WorkerAction) {
        // Each failure has a cause of its own: a requeue of several jobs that failed just now for one cause needs a canary.
        let cause = CAUSES[self.failures % CAUSES.len()];
        self.failures += 1;
        let running = "(SELECT id FROM jobs WHERE state = 'running' ORDER BY id LIMIT 1)";
        let event = |stage: &str| {
            format!(
                "INSERT INTO job_events (job_id, stage, data) SELECT id, '{stage}', '{{\"worker_id\": \"w\"}}'
                   FROM jobs WHERE id = {running};"
            )
        };
        let sql = match work {
            WorkerAction::Claim => "WITH claimed AS (UPDATE jobs SET state = 'running', locked_by = 'w', locked_at = now(),
                     heartbeat_at = now() WHERE id = (SELECT id FROM jobs WHERE state = 'queued' ORDER BY id LIMIT 1)
                     RETURNING id)
                   INSERT INTO job_events (job_id, stage, data)
                     SELECT id, 'claimed', '{\"worker_id\": \"w\"}' FROM claimed"
                .to_owned(),
            WorkerAction::Finish => event("finished")
                + &format!("UPDATE jobs SET state = 'done', locked_by = NULL, updated_at = now() WHERE id = {running}"),
            WorkerAction::Fail => event("failed")
                + &format!(
                    "UPDATE jobs SET state = 'dead_letter', attempts = 5, locked_by = NULL,
                       last_error = '{cause}', updated_at = now() WHERE id = {running}"
                ),
            WorkerAction::Retry => event("failed")
                + &format!(
                    "UPDATE jobs SET state = 'queued', attempts = 1, locked_by = NULL,
                       last_error = '{cause}', updated_at = now() WHERE id = {running}"
                ),
            WorkerAction::Silence => format!(
                "UPDATE jobs SET heartbeat_at = now() - interval '1 h', locked_at = now() - interval '1 h'
                  WHERE id = {running}"
            ),
        };
        self.session.execute(&sql);
    }

    fn edit(&mut self, edit: Edit) {
        let (state, set) = match edit {
            Edit::Error => {
                ("dead_letter", "last_error = 'edited', updated_at = updated_at + interval '1 s'")
            }
            Edit::Requeue => ("dead_letter", "state = 'queued', attempts = 0, updated_at = now()"),
            Edit::Kill => (
                "queued",
                "state = 'dead_letter', attempts = 5, last_error = 'killed', updated_at = now()",
            ),
            Edit::Priority => ("dead_letter", "priority = priority + 1"),
        };
        let edited = self.session.rows(&format!(
            "UPDATE jobs SET {set} WHERE id = (SELECT id FROM jobs WHERE state = '{state}' ORDER BY id LIMIT 1)
             RETURNING id::text, version::text"
        ));
        for row in edited {
            let (job, version) = (row[0].clone().unwrap(), row[1].as_deref().unwrap());
            if matches!(edit, Edit::Priority) {
                self.priority_edits.push((job.clone(), version.parse().unwrap()));
            }
            self.edited.insert(job);
        }
    }

    /// What docs/writes.md promises at all times.
    fn check(&self) -> Result<(), TestCaseError> {
        let none = [
            (
                "an operation writes a job at most once",
                "SELECT count(*) FROM (SELECT FROM job_events WHERE data ? 'operation'
                  GROUP BY job_id, data->>'operation' HAVING count(*) > 1) t",
            ),
            (
                "a job and its event are stored together",
                "SELECT count(*) FROM moves m WHERE app LIKE 'cliplyctl:%' AND (SELECT count(*) FROM job_events e
                   WHERE e.job_id = m.job AND e.xmin::text::bigint = m.xid AND e.data ? 'operation') <> 1",
            ),
            (
                "an event belongs to a job that was moved",
                "SELECT count(*) FROM job_events e WHERE data ? 'operation' AND NOT EXISTS (SELECT FROM moves m
                   WHERE m.job = e.job_id AND e.xmin::text::bigint = m.xid AND m.app LIKE 'cliplyctl:%')",
            ),
            (
                "each command moves jobs only from and to its own states",
                "SELECT count(*) FROM moves WHERE app LIKE 'cliplyctl:%' AND NOT CASE app
                   WHEN 'cliplyctl:dlq requeue' THEN was = 'dead_letter' AND now = 'queued'
                   WHEN 'cliplyctl:dlq undo' THEN was = 'queued' AND now = 'dead_letter'
                   WHEN 'cliplyctl:jobs rescue' THEN was = 'running' AND now IN ('queued', 'dead_letter')
                   ELSE false END",
            ),
            (
                "an undo leaves jobs that were claimed since",
                "SELECT count(*) FROM job_events u JOIN job_events r ON r.job_id = u.job_id
                    AND r.data->>'operation' = u.data->>'undoes'
                  WHERE EXISTS (SELECT FROM job_events c WHERE c.job_id = u.job_id AND c.stage = 'claimed'
                    AND c.id > r.id AND c.id < u.id)",
            ),
        ];
        for (promise, violations) in none {
            prop_assert_eq!(self.number(violations), 0, "violated: {}", promise);
        }
        Ok(())
    }
}

#[test]
fn random_interleavings_keep_the_promises() {
    // With both kinds of triggers.
    let databases = [recorded_database(false), recorded_database(true)];
    let half = interleavings().div_ceil(2);
    run("jobs", half, FIXED_SEED, (any::<bool>(), step()), |late, steps| {
        let mut machine = Machine::new(&databases[usize::from(late)]);
        steps.iter().try_for_each(|step| machine.run(step))?;
        Ok(machine.written.get())
    });
}
