//! Random interleavings of operators, workers, kills and manual edits on the tables of packages, checked against
//! docs/writes.md.
//!
//! A trigger records each change of a row with its session. After each step the records must show only what
//! docs/writes.md allows, and each command must have reported what they show.

use std::collections::BTreeSet;
use std::path::PathBuf;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::Value;

use super::{GRAPHILE_WORKER, OBAN, OBAN_PYTHON, PG_BOSS, PROCRASTINATE, Queue, RIVER};
use crate::support::cli::{Cli, Output};
use crate::support::drill::interleavings;
use crate::support::interleavings::{CAUSES, run};
use crate::support::postgres::{Database, Session};
use crate::support::wait_until;

/// The seed of the first half of the interleavings.
const FIXED_SEED: u64 = 17;

/// What a package's workers and the people around it do, as SQL. `{one}` is the id of the job.
struct Package {
    queue: &'static Queue,
    /// Five dead letters that are ten minutes old, in empty tables.
    dead_letters: &'static str,
    /// Rows that are no jobs of their own, as the name of a role; empty if there are none.
    other_role: &'static str,
    claim: &'static str,
    finish: &'static str,
    /// The last attempt fails with `{cause}`.
    fail: &'static str,
    /// An attempt fails with `{cause}` and is retried.
    retry: &'static str,
    /// The worker has ended long ago.
    silence: &'static str,
    /// Flags of a rescue.
    rescue: &'static [&'static str],
    /// A dead letter gets another error.
    edit: &'static str,
    /// A queued job becomes a dead letter.
    kill: &'static str,
}

const RIVER_PACKAGE: Package = Package {
    queue: &RIVER,
    dead_letters: "truncate river_job restart identity;
        insert into river_job (kind, state, attempt, max_attempts, args, attempted_at, scheduled_at, finalized_at, attempted_by, errors)
        select 'mail', 'discarded', 25, 25, '{}', t, t, t, '{a}',
               array[jsonb_build_object('at', t, 'attempt', 25, 'error', 'first failure')]
          from generate_series(1, 5), (select now() - interval '10 min' as t) t",
    other_role: "",
    claim: "update river_job set state = 'running', attempt = attempt + 1, attempted_at = now(), \
            attempted_by = array_append(attempted_by, 'w' || id) where id = {one}",
    finish: "update river_job set state = 'completed', finalized_at = now() where id = {one}",
    fail: "update river_job set state = 'discarded', finalized_at = now(), errors = array_append(errors, \
           jsonb_build_object('at', now(), 'attempt', attempt, 'error', '{cause}')) where id = {one}",
    retry: "update river_job set state = 'retryable', scheduled_at = now(), errors = array_append(errors, \
            jsonb_build_object('at', now(), 'attempt', attempt, 'error', '{cause}')) where id = {one}",
    silence: "update river_job set attempted_at = now() - interval '10 min' where id = {one}",
    rescue: &["--stuck-after", "5m", "--wait", "1s"],
    edit: "update river_job set errors = array_append(errors, '{\"error\": \"edited\"}') where id = {one}",
    kill: "update river_job set state = 'discarded', finalized_at = now(), \
           errors = array_append(errors, '{\"error\": \"killed\"}') where id = {one}",
};

const PG_BOSS_PACKAGE: Package = Package {
    queue: &PG_BOSS,
    dead_letters: "truncate pgboss.job, pgboss.queue;
        insert into pgboss.queue (name, dead_letter) values ('graveyard', null), ('mail', 'graveyard');
        insert into pgboss.job (id, name, state, retry_limit, retry_count, started_on, completed_on, created_on, dead_letter, output)
        select ('00000000-0000-4000-8000-00000000000' || n)::uuid, 'mail', 'failed', 2, 2, t, t, t, 'graveyard',
               '{\"message\": \"first failure\"}'
          from generate_series(1, 5) n, (select now() - interval '10 min' as t) t;
        insert into pgboss.job (name, source_name, source_id, source_retry_count, source_output, source_root_id, created_on)
        select 'graveyard', name, id, retry_count, output, id, completed_on from pgboss.job",
    other_role: "when source_id is not null then 'copy'",
    claim: "update pgboss.job set state = 'active', started_on = now(), \
            retry_count = retry_count + (state = 'retry')::int where id = {one}",
    finish: "update pgboss.job set state = 'completed', completed_on = now(), output = '{}' where id = {one}",
    // The package deletes and inserts the row, and copies it.
    fail: "with gone as (delete from pgboss.job where id = {one} returning *), \
             failed as (insert into pgboss.job overriding user value \
               select (jsonb_populate_record(null::pgboss.job, to_jsonb(gone) || jsonb_build_object('state', 'failed', \
                 'completed_on', now(), 'output', jsonb_build_object('message', '{cause}')))).* from gone returning *) \
           insert into pgboss.job (name, source_name, source_id, source_retry_count, source_output, source_root_id) \
           select 'graveyard', name, id, retry_count, output, id from failed",
    retry: "with gone as (delete from pgboss.job where id = {one} returning *) insert into pgboss.job \
            select (jsonb_populate_record(null::pgboss.job, to_jsonb(gone) || jsonb_build_object('state', 'retry', \
              'start_after', now(), 'output', jsonb_build_object('message', '{cause}')))).* from gone",
    silence: "update pgboss.job set started_on = now() - interval '2 h' where id = {one}",
    rescue: &["--wait", "1s"],
    edit: "update pgboss.job set output = '{\"message\": \"edited\"}' where id = {one}",
    kill: "update pgboss.job set state = 'failed', completed_on = now(), output = '{\"message\": \"killed\"}' where id = {one}",
};

const GRAPHILE_WORKER_PACKAGE: Package = Package {
    queue: &GRAPHILE_WORKER,
    dead_letters: "truncate graphile_worker._private_jobs, graphile_worker._private_tasks restart identity;
        insert into graphile_worker._private_tasks (identifier) values ('mail');
        insert into graphile_worker._private_jobs (task_id, run_at, attempts, created_at, updated_at, last_error)
        select 1, t + exp(10) * interval '1 s', 25, t, t, 'first failure'
          from generate_series(1, 5), (select now() - interval '10 min' as t) t",
    other_role: "",
    claim: "update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w', attempts = attempts + 1 \
            where id = {one}",
    finish: "delete from graphile_worker._private_jobs where id = {one}",
    fail: "update graphile_worker._private_jobs set locked_at = null, locked_by = null, attempts = max_attempts, \
           run_at = now() + exp(10) * interval '1 s', last_error = '{cause}' where id = {one}",
    retry: "update graphile_worker._private_jobs set locked_at = null, locked_by = null, \
            run_at = now() + exp(least(attempts, 10)) * interval '1 s', last_error = '{cause}' where id = {one}",
    silence: "update graphile_worker._private_jobs set locked_at = now() - interval '5 h' where id = {one}",
    rescue: &[],
    edit: "update graphile_worker._private_jobs set last_error = 'edited' where id = {one}",
    kill: "update graphile_worker._private_jobs set attempts = max_attempts, last_error = 'killed', updated_at = now() \
           where id = {one}",
};

const OBAN_PACKAGE: Package = Package {
    queue: &OBAN,
    dead_letters: "truncate oban_jobs restart identity;
        insert into oban_jobs (worker, state, attempt, inserted_at, attempted_at, scheduled_at, discarded_at, errors)
        select 'App.Mail', 'discarded', 20, t, t, t, t, array[jsonb_build_object('attempt', 20, 'error', 'first failure')]
          from generate_series(1, 5), (select timezone('UTC', now()) - interval '10 min' as t) t",
    other_role: "",
    claim: "update oban_jobs set state = 'executing', attempt = attempt + 1, attempted_at = timezone('UTC', now()), \
            attempted_by = array['w' || id] where id = {one}",
    finish: "update oban_jobs set state = 'completed', completed_at = timezone('UTC', now()) where id = {one}",
    fail: "update oban_jobs set state = 'discarded', discarded_at = timezone('UTC', now()), errors = array_append(errors, \
           jsonb_build_object('attempt', attempt, 'error', '{cause}')) where id = {one}",
    // As after a snooze, the job gets one more attempt.
    retry: "update oban_jobs set state = 'retryable', max_attempts = max_attempts + 1, scheduled_at = timezone('UTC', now()), \
            errors = array_append(errors, jsonb_build_object('attempt', attempt, 'error', '{cause}')) where id = {one}",
    silence: "update oban_jobs set attempted_at = timezone('UTC', now()) - interval '10 min' where id = {one}",
    rescue: &["--stuck-after", "5m", "--wait", "1s"],
    edit: "update oban_jobs set errors = array_append(errors, '{\"error\": \"edited\"}') where id = {one}",
    kill: "update oban_jobs set state = 'discarded', discarded_at = timezone('UTC', now()), \
           errors = array_append(errors, '{\"error\": \"killed\"}') where id = {one}",
};

const OBAN_PYTHON_PACKAGE: Package = Package {
    queue: &OBAN_PYTHON,
    dead_letters: "truncate oban_jobs restart identity;
        insert into oban_jobs (worker, state, attempt, inserted_at, attempted_at, scheduled_at, discarded_at, errors)
        select 'app.Mail', 'discarded', 20, t, t, t, t, jsonb_build_array(jsonb_build_object('attempt', 20, 'error', 'first failure'))
          from generate_series(1, 5), (select timezone('UTC', now()) - interval '10 min' as t) t",
    fail: "update oban_jobs set state = 'discarded', discarded_at = timezone('UTC', now()), errors = errors || \
           jsonb_build_object('attempt', attempt, 'error', '{cause}') where id = {one}",
    retry: "update oban_jobs set state = 'retryable', max_attempts = max_attempts + 1, scheduled_at = timezone('UTC', now()), \
            errors = errors || jsonb_build_object('attempt', attempt, 'error', '{cause}') where id = {one}",
    edit: "update oban_jobs set errors = errors || '{\"error\": \"edited\"}' where id = {one}",
    kill: "update oban_jobs set state = 'discarded', discarded_at = timezone('UTC', now()), \
           errors = errors || '{\"error\": \"killed\"}' where id = {one}",
    ..OBAN_PACKAGE
};

const PROCRASTINATE_PACKAGE: Package = Package {
    queue: &PROCRASTINATE,
    // Groups are by task, because there are no errors.
    dead_letters: "truncate procrastinate_jobs, procrastinate_events, procrastinate_workers restart identity cascade;
        insert into procrastinate_workers default values;
        insert into procrastinate_jobs (queue_name, task_name, status, attempts)
        select 'default', 'app.task' || n, 'failed', 1 from generate_series(1, 5) n;
        insert into procrastinate_events (job_id, type, at)
        select id, type::procrastinate_job_event_type, now() - interval '10 min'
          from procrastinate_jobs, unnest(array['deferred', 'started', 'failed']) with ordinality e (type, n) order by id, n",
    other_role: "",
    claim: "update procrastinate_jobs set status = 'doing', worker_id = 1 where id = {one}",
    finish: "update procrastinate_jobs set status = 'succeeded', attempts = attempts + 1 where id = {one}",
    fail: "update procrastinate_jobs set status = 'failed', attempts = attempts + 1 where id = {one}",
    retry: "update procrastinate_jobs set status = 'todo', attempts = attempts + 1, scheduled_at = now() where id = {one}",
    silence: "update procrastinate_jobs set worker_id = null where id = {one}",
    rescue: &[],
    edit: "update procrastinate_jobs set attempts = attempts + 1 where id = {one}",
    kill: "update procrastinate_jobs set status = 'failed' where id = {one}",
};

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
    Other(Other),
}

/// What happens while a requeue is being written.
#[derive(Debug, Clone)]
enum Meanwhile {
    Nothing,
    Undo,
    Follow,
    Other(Other),
}

/// What a worker or a person does with one job.
#[derive(Debug, Clone, Copy)]
enum Other {
    Claim,
    Finish,
    Fail,
    Retry,
    Silence,
    Edit,
    /// A dead letter is queued by the package.
    OwnRetry,
    Kill,
}

fn other() -> impl Strategy<Value = Other> {
    prop_oneof![
        3 => Just(Other::Claim),
        2 => Just(Other::Finish),
        3 => Just(Other::Fail),
        1 => Just(Other::Retry),
        1 => Just(Other::Silence),
        1 => Just(Other::Edit),
        1 => Just(Other::OwnRetry),
        1 => Just(Other::Kill),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let meanwhile = prop_oneof![
        2 => Just(Meanwhile::Nothing),
        2 => Just(Meanwhile::Undo),
        1 => Just(Meanwhile::Follow),
        4 => other().prop_map(Meanwhile::Other),
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
        8 => other().prop_map(Step::Other),
    ]
}

impl Package {
    /// The table in SQL.
    fn table(&self) -> String {
        format!("{}.{}", self.queue.schema, self.queue.table)
    }

    /// A database with the package's tables and the recording trigger.
    fn recorded_database(&self) -> Database {
        let (db, table) = (Database::blank(), self.table());
        db.execute(&self.queue.tables(self.queue.schema));
        let predicate = |text: &str| text.replace("{table}", &table);
        db.execute(&format!(
            "create table moves (n bigserial, job text, was text, now text, old jsonb, new jsonb, app text);
             create function role_of(it jsonb) returns text language sql as $$
               select case {other_role} when {dead} then 'dead' when {claimed} then 'claimed' when {finished} then 'finished'
                      when {canceled} then 'canceled' else 'queued' end
                 from jsonb_populate_record(null::{table}, it) t $$;
             create function record_move() returns trigger language plpgsql as $$
             declare old_row jsonb; new_row jsonb;
             begin
               if tg_op <> 'INSERT' then old_row := to_jsonb(old); end if;
               if tg_op <> 'DELETE' then new_row := to_jsonb(new); end if;
               insert into public.moves (job, was, now, old, new, app)
               values (coalesce(old_row, new_row) ->> 'id', public.role_of(old_row), public.role_of(new_row),
                       old_row, new_row, current_setting('application_name'));
               return null;
             end $$;
             create trigger record_move after insert or update or delete on {table}
               for each row execute function record_move()",
            other_role = self.other_role,
            dead = predicate(self.queue.dead),
            claimed = predicate(self.queue.claimed),
            finished = predicate(self.queue.finished),
            canceled = predicate(self.queue.canceled),
        ));
        db
    }
}

/// One interleaving.
struct Machine<'a> {
    package: &'static Package,
    db: &'a Database,
    session: Session,
    home: tempfile::TempDir,
    /// Plans, each with the newest move before it.
    plans: Vec<(String, u64)>,
    /// Operations in the order of their start, with the jobs that they requeued.
    operations: Vec<(String, BTreeSet<String>)>,
    failures: usize,
    /// Whether somebody changed jobs by hand.
    edited: bool,
    /// Jobs that commands wrote.
    written: u64,
}

impl<'a> Machine<'a> {
    fn new(package: &'static Package, db: &'a Database) -> Self {
        let session = db.session();
        session.execute(package.dead_letters);
        session.execute("truncate moves restart identity");
        Self {
            package,
            db,
            session,
            home: tempfile::tempdir().unwrap(),
            plans: vec![],
            operations: vec![],
            failures: 0,
            edited: false,
            written: 0,
        }
    }

    fn state_dir(&self) -> PathBuf {
        self.home.path().to_owned()
    }

    fn cli(&self, args: &[&str]) -> Cli {
        let args = args.iter().copied().chain(["-o", "json"]);
        Cli::new(args).env("DATABASE_URL", self.db.url()).env("XDG_STATE_HOME", self.state_dir())
    }

    fn number(&self, sql: &str) -> u64 {
        self.session.value(sql).parse().unwrap()
    }

    /// The newest recorded move; 0 if there is none.
    fn last_move(&self) -> u64 {
        self.number("select coalesce(max(n), 0) from moves")
    }

    fn run(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Plan => self.plan(),
            Step::Requeue => self.requeue(&["--all"], None)?,
            Step::ApplyPlan(n) => {
                let Some((plan, at)) = pick(&self.plans, *n) else { return Ok(()) };
                self.requeue(&["--plan", &plan, "--ignore-changes"], Some(at))?;
            }
            Step::Cut { kill, meanwhile } => self.cut(*kill, meanwhile)?,
            Step::Resume(n) => {
                let Some((operation, _)) = pick(&self.operations, *n) else { return Ok(()) };
                self.requeue(&["--resume", &operation, "--rate", "1000/s"], None)?;
            }
            Step::Undo(n) => {
                let Some((operation, _)) = pick(&self.operations, *n) else { return Ok(()) };
                self.undo(&operation)?;
            }
            Step::Rescue => self.rescue()?,
            Step::Follow(n) => {
                let Some((operation, _)) = pick(&self.operations, *n) else { return Ok(()) };
                self.follow(&operation)?;
            }
            Step::Other(other) => self.act(*other),
        }
        self.check()
    }

    fn plan(&mut self) {
        let at = self.last_move();
        let json = self.cli(&["dlq", "requeue", "--all", "--dry-run"]).run().json();
        if let Some(plan) = json["data"]["plan"].as_str() {
            self.plans.push((plan.to_owned(), at));
        }
    }

    /// Runs a requeue and compares its report with what is stored. `planned` is the newest move before its plan.
    fn requeue(&mut self, args: &[&str], planned: Option<u64>) -> Result<(), TestCaseError> {
        let last_move = self.last_move();
        let args: Vec<_> = ["dlq", "requeue", "--yes"].iter().chain(args).copied().collect();
        let output = self.cli(&args).run();
        let written = self.check_report(&output, last_move)?;
        if let Some(planned) = planned {
            let changed = self.number(&format!(
                "select count(*) from moves m where n > {last_move} and app = 'cliplyctl:dlq requeue' and was = 'dead'
                    and exists (select from moves o where o.job = m.job and o.n > {planned} and o.n < m.n
                                   and o.app not like 'cliplyctl:%')"
            ));
            prop_assert_eq!(changed, 0, "jobs that changed since the plan: {:#?}", output);
        }
        if let Some(operation) = operation_of(&output) {
            self.remember(&operation, last_move)?;
        } else {
            prop_assert_eq!(written, 0, "written without an operation: {:#?}", output);
        }
        Ok(())
    }

    /// Adds the jobs that were requeued since a move to their operation.
    fn remember(&mut self, operation: &str, last_move: u64) -> Result<(), TestCaseError> {
        let jobs = self.session.rows(&format!(
            "select job from moves where n > {last_move} and app = 'cliplyctl:dlq requeue' and was = 'dead'"
        ));
        let known = self.operations.iter().position(|(id, _)| id == operation);
        let known = known.unwrap_or_else(|| {
            self.operations.push((operation.to_owned(), BTreeSet::new()));
            self.operations.len() - 1
        });
        for job in jobs {
            let job = job[0].clone().unwrap();
            let is_first = self.operations[known].1.insert(job.clone());
            prop_assert!(is_first, "{operation} wrote {job} twice");
        }
        Ok(())
    }

    fn undo(&mut self, operation: &str) -> Result<(), TestCaseError> {
        let last_move = self.last_move();
        let output = self.cli(&["dlq", "undo", operation, "--yes"]).run();
        let written = self.check_report(&output, last_move)?;
        if !self.package.queue.writes.undo {
            prop_assert!(output.code == 77 && written == 0, "{output:#?}");
        }
        Ok(())
    }

    fn rescue(&mut self) -> Result<(), TestCaseError> {
        let last_move = self.last_move();
        let args = [&["jobs", "rescue", "--yes"], self.package.rescue].concat();
        let output = self.cli(&args).run();
        self.check_report(&output, last_move)?;
        Ok(())
    }

    /// A write reports as written what its session moved. A rescue can leave a job claimed, for the package to free it.
    fn check_report(&mut self, output: &Output, last_move: u64) -> Result<u64, TestCaseError> {
        prop_assert!([0, 2, 3, 64, 75, 77].contains(&output.code), "{output:#?}");
        let moved = self.number(&format!(
            "select count(*) from moves where n > {last_move} and app like 'cliplyctl:%' and was <> 'copy'"
        ));
        let json = serde_json::from_str::<Value>(&output.stdout).unwrap_or_default();
        let written = json["data"]["outcome"]["written"].as_u64().unwrap_or(0);
        prop_assert_eq!(written, moved, "{:#?}", output);
        prop_assert!(
            !(output.code == 75 && written == 0 && json["data"]["outcome"]["in_doubt"] == 0),
            "75 with nothing written: {output:#?}"
        );
        self.written += written;
        Ok(written)
    }

    fn cut(&mut self, kill: bool, meanwhile: &Meanwhile) -> Result<(), TestCaseError> {
        let last_move = self.last_move();
        let mut cli = self.cli(&["dlq", "requeue", "--all", "--yes", "--rate", "20/m"]);
        let running = cli.start();
        let wrote = format!("select count(*) from moves where n > {last_move}");
        wait_until("it wrote a job or ended", || {
            !running.is_alive() || self.session.value(&wrote) != "0"
        });
        let operation = self.recorded_operation();
        match (meanwhile, &operation) {
            (Meanwhile::Other(other), _) => self.act(*other),
            (Meanwhile::Undo, Some(operation)) => {
                self.cli(&["dlq", "undo", operation, "--yes"]).run();
            }
            (Meanwhile::Follow, Some(operation)) if running.is_alive() => {
                let follow = self.cli(&["dlq", "follow", operation, "--wait", "1s"]).run();
                prop_assert!(
                    follow.code != 0 || !running.is_alive(),
                    "finished, and still being written: {follow:#?}"
                );
            }
            _ => {}
        }
        running.signal_if_alive(if kill { "KILL" } else { "TERM" });
        let output = running.finish();
        if let Some(operation) = operation.or_else(|| operation_of(&output)) {
            self.remember(&operation, last_move)?;
        }
        Ok(())
    }

    /// The operation that has a record and is not known yet.
    fn recorded_operation(&self) -> Option<String> {
        let files = std::fs::read_dir(self.home.path().join("cliplyctl/operations")).ok()?;
        let names = files.filter_map(|file| file.ok()?.file_name().into_string().ok());
        let ids = names.filter_map(|name| Some(name.strip_suffix(".json")?.to_owned()));
        ids.into_iter().find(|id| self.operations.iter().all(|(known, _)| known != id))
    }

    /// The counts of a follow are the states of the jobs, unless somebody else moved them.
    fn follow(&mut self, operation: &str) -> Result<(), TestCaseError> {
        let output = self.cli(&["dlq", "follow", operation, "--wait", "1ms"]).run();
        prop_assert!([0, 2, 3, 64].contains(&output.code), "{output:#?}");
        let Ok(json) = serde_json::from_str::<Value>(&output.stdout) else { return Ok(()) };
        let jobs = &self.operations.iter().find(|(id, _)| id == operation).unwrap().1;
        if output.code == 64 {
            prop_assert!(jobs.is_empty(), "{output:#?}");
            return Ok(());
        }
        let undone = self.number("select count(*) from moves where app = 'cliplyctl:dlq undo'");
        if self.edited || self.operations.len() > 1 || undone > 0 {
            return Ok(());
        }
        prop_assert_eq!(json["data"]["jobs"].as_u64(), Some(jobs.len() as u64), "{:#?}", output);
        let ids = jobs.iter().map(|id| format!("'{id}'")).collect::<Vec<_>>().join(", ");
        let table = self.package.table();
        let in_role = |role: &str| {
            match jobs.is_empty() {
            true => 0,
            false => self.number(&format!(
                "select count(*) from {table} t where id::text in ({ids}) and role_of(to_jsonb(t)) = '{role}'"
            )),
        }
        };
        let gone = jobs.len() as u64
            - ["queued", "claimed", "dead", "finished", "canceled"]
                .map(in_role)
                .iter()
                .sum::<u64>();
        for (key, expected) in [
            ("finished", in_role("finished") + gone),
            ("queued", in_role("queued")),
            ("running", in_role("claimed")),
        ] {
            let told = json["data"][key].as_u64().unwrap();
            // A retry that waits after its first failed attempt counts as failed again.
            let is_wrong = if key == "finished" { told != expected } else { told > expected };
            prop_assert!(!is_wrong, "{key}: {told} of {expected}: {output:#?}");
        }
        Ok(())
    }

    /// What a worker or a person does with the first job that fits.
    fn act(&mut self, other: Other) {
        let package = self.package;
        let cause = CAUSES[self.failures % CAUSES.len()];
        let own_retry = package.queue.writes.own_retry;
        let own_retry = match own_retry.contains("{ids}") {
            true => own_retry.replace("{ids}", "{one}"),
            false => format!("{own_retry} where id = {{one}}"),
        };
        let (role, sql) = match other {
            Other::Claim => ("queued", package.claim),
            Other::Finish => ("claimed", package.finish),
            Other::Fail => ("claimed", package.fail),
            Other::Retry => ("claimed", package.retry),
            Other::Silence => ("claimed", package.silence),
            Other::Edit => ("dead", package.edit),
            Other::OwnRetry => ("dead", own_retry.as_str()),
            Other::Kill => ("queued", package.kill),
        };
        let one = self.session.value(&format!(
            "select coalesce((select quote_literal(id) from {} t where role_of(to_jsonb(t)) = '{role}' order by id limit 1), '')",
            package.table()
        ));
        if one.is_empty() {
            return;
        }
        self.failures += usize::from(matches!(other, Other::Fail | Other::Retry));
        self.edited |= matches!(other, Other::Edit | Other::OwnRetry | Other::Kill);
        self.session.execute(&sql.replace("{one}", &one).replace("{cause}", cause));
    }

    /// What docs/writes.md promises at all times.
    fn check(&self) -> Result<(), TestCaseError> {
        let none = [
            (
                "each command moves jobs only from and to its own states",
                "select count(*) from moves where app like 'cliplyctl:%' and was is distinct from 'copy' and not case app
                   when 'cliplyctl:dlq requeue' then was = 'dead' and now = 'queued'
                   when 'cliplyctl:dlq undo' then was = 'queued' and now = 'dead'
                   when 'cliplyctl:jobs rescue' then was = 'claimed' and now in ('queued', 'dead', 'claimed')
                   else false end",
            ),
            (
                "a rescue writes only jobs whose worker ended",
                "select count(*) from moves r where app = 'cliplyctl:jobs rescue' and not exists (
                   select from moves o where o.job = r.job and o.was = 'claimed' and o.now = 'claimed'
                      and o.n = (select max(n) from moves p where p.job = r.job and p.n < r.n))",
            ),
            (
                "an undo writes a job only right after its requeue, and restores the row",
                "select count(*) from moves u where app = 'cliplyctl:dlq undo' and was <> 'copy' and not exists (
                   select from moves r where r.job = u.job and r.app = 'cliplyctl:dlq requeue' and r.old = u.new
                      and r.new = u.old and r.n = (select max(n) from moves o where o.job = u.job and o.n < u.n))",
            ),
            (
                "a requeued job has no copy that can be redriven",
                "select count(*) from moves m join moves c on c.new ->> 'source_id' = m.job and c.was is null
                    and c.new ->> 'state' = 'created' and c.n < m.n
                  where m.app = 'cliplyctl:dlq requeue' and m.was = 'dead' and not exists (
                    select from moves d where d.job = c.job and d.n > c.n and d.new ->> 'state' = 'cancelled')",
            ),
        ];
        for (promise, violations) in none {
            prop_assert_eq!(self.number(violations), 0, "violated: {}", promise);
        }
        Ok(())
    }
}

/// Returns the n-th newest one, or the oldest.
fn pick<T: Clone>(from: &[T], n: usize) -> Option<T> {
    from.iter().rev().nth(n).or(from.first()).cloned()
}

/// Returns the operation that a command names before its first write.
fn operation_of(output: &Output) -> Option<String> {
    let words: Vec<_> = output.stderr.split_whitespace().collect();
    let named =
        words.windows(2).find(|pair| pair[0].ends_with("peration") && pair[1].starts_with("rq-"));
    named.map(|pair| pair[1].trim_end_matches([':', ';', ',']).to_owned())
}

/// Runs interleavings from a fixed and a random seed.
fn keeps_the_promises(package: &'static Package) {
    let db = package.recorded_database();
    // All packages together have about as many as the backend's own table.
    let half = interleavings().div_ceil(12);
    run(package.queue.key, half, FIXED_SEED, (Just(()), step()), |(), steps| {
        let mut machine = Machine::new(package, &db);
        steps.iter().try_for_each(|step| machine.run(step))?;
        Ok(machine.written)
    });
}

#[test]
fn river_keeps_the_promises() {
    keeps_the_promises(&RIVER_PACKAGE);
}

#[test]
fn pg_boss_keeps_the_promises() {
    keeps_the_promises(&PG_BOSS_PACKAGE);
}

#[test]
fn graphile_worker_keeps_the_promises() {
    keeps_the_promises(&GRAPHILE_WORKER_PACKAGE);
}

#[test]
fn oban_keeps_the_promises() {
    keeps_the_promises(&OBAN_PACKAGE);
}

#[test]
fn oban_python_keeps_the_promises() {
    keeps_the_promises(&OBAN_PYTHON_PACKAGE);
}

#[test]
fn procrastinate_keeps_the_promises() {
    keeps_the_promises(&PROCRASTINATE_PACKAGE);
}
