//! A requeued job that a worker has only claimed has not failed again, whatever its claim writes.

use serde_json::Value;

use super::command;
use crate::support::cli::{Cli, Output};
use crate::support::postgres::Database;
use crate::support::wait_until;

/// A table without events. A claim may count the attempt and may remove the error of the last one.
const TABLE: &str = "
    create table jobs(
      id int generated always as identity primary key, kind text not null default 'sync',
      status text not null default 'queued' check (status in ('queued', 'running', 'succeeded', 'dead_letter')),
      attempts int not null default 0, max_attempts int not null default 5, last_error text,
      run_after timestamptz not null default now(), locked_by text, locked_at timestamptz,
      created_at timestamptz not null default now(), finished_at timestamptz,
      updated_at timestamptz not null default now() - interval '1 hour');
    insert into jobs(status, attempts, last_error) select 'dead_letter', 5, '429 rate limited' from generate_series(1, 2)";

/// The claim as a function of the database, if it is one.
const CLAIM_FUNCTION: &str = "
    create function claim_next_job(w text) returns setof jobs language sql as $$
      update jobs set status = 'running', locked_at = now(), locked_by = w ASSIGN where id =
        (select id from jobs where status = 'queued' order by id limit 1 for update skip locked) returning * $$";

/// What a claim writes beside the lock, for a table where it counts the attempt, or not, and removes the error, or not.
fn assigned(counts: bool, clears: bool) -> String {
    let count = if counts { ", attempts = attempts + 1" } else { "" };
    let clear = if clears { ", last_error = null" } else { "" };
    format!("{count}{clear}")
}

struct Queue {
    database: Database,
    assigned: String,
    counts: bool,
    /// The command that requeued the jobs; its home has the journal.
    requeue: Cli,
    operation: String,
}

impl Queue {
    /// A table whose two dead letters were requeued.
    fn requeued(counts: bool, clears: bool, has_function: bool) -> Self {
        let (database, assigned) = (Database::blank(), assigned(counts, clears));
        database.execute(TABLE);
        if has_function {
            database.execute(&CLAIM_FUNCTION.replace("ASSIGN", &assigned));
        }
        let mut requeue = command(&database, "requeue", &["--all", "--yes", "--reason", "x"]);
        let json = requeue.run().expect_code(0).json();
        let operation = json["data"]["outcome"]["operation"].as_str().unwrap().to_owned();
        Self { database, assigned, counts, requeue, operation }
    }

    /// Runs a command on the operation, on the machine that started it.
    fn run(&self, verb: &str, args: &[&str]) -> Output {
        let args = [&[self.operation.as_str()], args].concat();
        let state = self.requeue.home().join(".local/state");
        command(&self.database, verb, &args).env("XDG_STATE_HOME", state).run()
    }

    fn claim(&self) {
        let assigned = &self.assigned;
        self.database.execute(&format!(
            "update jobs set status = 'running', locked_at = now(), locked_by = 'w' {assigned} where status = 'queued'"
        ));
    }

    /// An attempt fails as before: the job waits for its next one, or is dead.
    fn fail(&self, status: &str) {
        let count = if self.counts { "" } else { ", attempts = attempts + 1" };
        self.database.execute(&format!(
            "update jobs set status = '{status}', last_error = '429 rate limited', locked_at = null, locked_by = null {count}"
        ));
    }

    /// The number of jobs by outcome.
    fn follow(&self, code: i32) -> Value {
        let json = self.run("follow", &["--wait", "1ms"]).expect_code(code).json();
        json["data"].clone()
    }
}

fn for_each_table(test: impl Fn(&Queue)) {
    for (counts, clears) in [(true, false), (true, true), (false, false), (false, true)] {
        for has_function in [true, false] {
            println!("counts {counts}, clears {clears}, function {has_function}");
            test(&Queue::requeued(counts, clears, has_function));
        }
    }
}

#[test]
fn claimed_job_runs_until_it_finishes() {
    for_each_table(|queue| {
        queue.claim();
        assert_eq!(queue.follow(3)["running"], 2);
        queue.database.execute("update jobs set status = 'succeeded', finished_at = now()");
        assert_eq!(queue.follow(0)["finished"], 2);
    });
}

#[test]
fn job_that_fails_as_before_has_failed_again() {
    for_each_table(|queue| {
        queue.claim();
        queue.fail("queued");
        assert_eq!(queue.follow(2)["failed_again"], 2, "back in the queue");
        queue.claim();
        queue.fail("dead_letter");
        assert_eq!(queue.follow(2)["failed_again"], 2, "a dead letter");
    });
}

#[test]
fn undo_returns_only_jobs_that_no_worker_has_claimed() {
    for_each_table(|queue| {
        queue.claim();
        queue.database.execute(
            "update jobs set status = 'queued', locked_by = null, locked_at = null, attempts = 0,
                    last_error = '429 rate limited' where id = 2",
        );
        queue.run("undo", &["--yes", "--reason", "x"]);
        let states = "select string_agg(status, ' ' order by id) from jobs";
        assert_eq!(queue.database.value(states), "running dead_letter");
        assert_eq!(queue.follow(3)["running"], 1);
    });
}

#[test]
fn canary_waits_for_a_claimed_job() {
    for (fails, code) in [(false, 0), (true, 2)] {
        let (database, assigned) = (Database::blank(), assigned(true, false));
        database.execute(TABLE);
        let args = ["--all", "--yes", "--reason", "x", "--canary", "--canary-timeout", "60s"];
        let mut canary = command(&database, "requeue", &args);
        let running = canary.start();
        let queued = "select count(*) from jobs where status = 'queued'";
        wait_until("the batch is requeued", || {
            database.value(queued) == "1" || !running.is_alive()
        });
        let queue = Queue {
            requeue: Cli::new(["schema"]),
            database,
            assigned,
            counts: true,
            operation: String::new(),
        };
        queue.claim();
        // Longer than a poll of the canary.
        std::thread::sleep(std::time::Duration::from_secs(3));
        assert!(running.is_alive(), "a claim is no failure");
        let end = match fails {
            true => "status = 'queued', locked_by = null, locked_at = null",
            false => "status = 'succeeded', finished_at = now()",
        };
        queue.database.execute(&format!("update jobs set {end} where status = 'running'"));
        if !fails {
            wait_until("the last batch is requeued", || queue.database.value(queued) == "1");
            queue.claim();
            queue.database.execute("update jobs set status = 'succeeded'");
        }
        running.finish().expect_code(code);
        let left = queue.database.value("select count(*) from jobs where status = 'dead_letter'");
        assert_eq!(left, if fails { "1" } else { "0" });
    }
}
