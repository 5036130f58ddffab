//! Rescue of stuck jobs that a package frees itself: the claim is aged, the package is played by a statement.

use serde_json::Value;

use super::{Installed, OBAN, OBAN_PYTHON, PG_BOSS, Queue, RIVER};
use crate::support::cli::Output;
use crate::support::wait_until;

/// A package that frees jobs by the age of their claim.
struct ClaimAge {
    queue: &'static Queue,
    /// The column with the time of the claim.
    claimed_at: &'static str,
    /// Inserts job number `n` of a worker that is gone, claimed four minutes ago.
    stuck_job: &'static str,
    /// What the package's own code does with the jobs of a condition: assignments.
    frees: &'static str,
    /// What can become of a job, each as a statement of which `{job}` is the condition.
    outcomes: [(&'static str, &'static str); 6],
    name: &'static str,
}

const OBAN_JOB: &str = "insert into oban_jobs (id, worker, state, attempt, max_attempts, args, attempted_at, attempted_by) \
    overriding system value values (2000 + {n}, 'App.Gone', 'executing', 1, 20, '{}', \
    timezone('UTC', now()) - interval '4 min', array['host-gone', '0199aaaa-0000-7000-8000-0000000000' || 10 + {n}])";

const OBAN_OUTCOMES: [(&str, &str); 6] = [
    ("queued", "update oban_jobs set state = 'available' where {job}"),
    (
        "running",
        "update oban_jobs set attempt = attempt + 1, attempted_at = timezone('UTC', now()), \
           attempted_by = '{host-b}' where {job}",
    ),
    (
        "finished",
        "update oban_jobs set state = 'completed', completed_at = timezone('UTC', now()) where {job}",
    ),
    (
        "dead_letter",
        "update oban_jobs set state = 'discarded', discarded_at = timezone('UTC', now()) where {job}",
    ),
    (
        "canceled",
        "update oban_jobs set state = 'cancelled', cancelled_at = timezone('UTC', now()) where {job}",
    ),
    ("deleted", "delete from oban_jobs where {job}"),
];

const OBAN_FREES: &str = "state = case when attempt < max_attempts then 'available' else 'discarded' end::oban_job_state, \
    discarded_at = case when attempt >= max_attempts then timezone('UTC', now()) end";

const PACKAGES: [ClaimAge; 4] = [
    ClaimAge {
        queue: &RIVER,
        claimed_at: "attempted_at",
        stuck_job: "insert into river_job (id, kind, state, attempt, max_attempts, args, attempted_at, attempted_by) \
            values (2000 + {n}, 'gone', 'running', 1, 25, '{}', now() - interval '4 min', array['client-gone-' || {n}])",
        frees: "state = case when attempt < max_attempts then 'retryable' else 'discarded' end::river_job_state, \
            finalized_at = case when attempt >= max_attempts then now() end, scheduled_at = now() + interval '1 s'",
        outcomes: [
            ("queued", "update river_job set state = 'retryable' where {job}"),
            (
                "running",
                "update river_job set attempt = attempt + 1, attempted_at = now(), attempted_by = '{client-b}' \
                 where {job}",
            ),
            (
                "finished",
                "update river_job set state = 'completed', finalized_at = now() where {job}",
            ),
            (
                "dead_letter",
                "update river_job set state = 'discarded', finalized_at = now() where {job}",
            ),
            (
                "canceled",
                "update river_job set state = 'cancelled', finalized_at = now() where {job}",
            ),
            ("deleted", "delete from river_job where {job}"),
        ],
        name: "River's leader",
    },
    ClaimAge {
        queue: &PG_BOSS,
        claimed_at: "started_on",
        stuck_job: "insert into pgboss.job (id, name, state, started_on) values \
            (('00000000-0000-4000-8000-00000000200' || {n})::uuid, 'video', 'active', now() - interval '4 min')",
        frees: "state = case when retry_count < retry_limit then 'retry' else 'failed' end::pgboss.job_state, \
            completed_on = case when retry_count < retry_limit then null else now() end",
        outcomes: [
            ("queued", "update pgboss.job set state = 'retry' where {job}"),
            (
                "running",
                "update pgboss.job set retry_count = retry_count + 1, started_on = now() where {job}",
            ),
            (
                "finished",
                "update pgboss.job set state = 'completed', completed_on = now() where {job}",
            ),
            (
                "dead_letter",
                "update pgboss.job set state = 'failed', completed_on = now() where {job}",
            ),
            (
                "canceled",
                "update pgboss.job set state = 'cancelled', completed_on = now() where {job}",
            ),
            ("deleted", "delete from pgboss.job where {job}"),
        ],
        name: "pg-boss's supervision",
    },
    ClaimAge {
        queue: &OBAN,
        claimed_at: "attempted_at",
        stuck_job: OBAN_JOB,
        frees: OBAN_FREES,
        outcomes: OBAN_OUTCOMES,
        name: "Oban's Lifeline",
    },
    ClaimAge {
        queue: &OBAN_PYTHON,
        claimed_at: "attempted_at",
        stuck_job: OBAN_JOB,
        frees: OBAN_FREES,
        outcomes: OBAN_OUTCOMES,
        name: "Oban's Lifeline",
    },
];

impl ClaimAge {
    /// A database with this many jobs of workers that are gone.
    fn installed(&self, jobs: usize) -> Installed {
        let more: Vec<_> =
            (0..jobs).map(|n| self.stuck_job.replace("{n}", &n.to_string())).collect();
        self.queue.installed_with(&more.join("; "))
    }

    /// The id of one of them.
    fn id(&self, n: usize) -> String {
        match self.queue.key {
            "pg_boss" => format!("00000000-0000-4000-8000-00000000200{n}"),
            _ => (2000 + n).to_string(),
        }
    }

    /// All rows without the time of the claim.
    fn without_claims(&self, installed: &Installed) -> String {
        let list =
            format!("string_agg((to_jsonb(t) - '{}')::text, e'\\n' order by id)", self.claimed_at);
        installed.select(&list, "true")
    }

    /// The claims of the rows of a condition.
    fn claims(&self, installed: &Installed, condition: &str) -> String {
        let list = format!("string_agg(t.{}::text, e'\\n' order by id)", self.claimed_at);
        installed.select(&list, condition)
    }

    /// The condition of the job with this number.
    fn job(&self, n: usize) -> String {
        format!("id = '{}'", self.id(n))
    }
}

fn rescue(installed: &Installed, args: &[&str]) -> Output {
    let fixed = ["jobs", "rescue", "--stuck-after", "3m", "--yes"];
    installed.run(&[&fixed, args].concat())
}

/// The ids of the plan with this result.
fn with_result(data: &Value, result: &str) -> Vec<String> {
    let jobs = data["jobs"].as_array().unwrap().iter();
    let jobs = jobs.filter(|job| job["result"] == result);
    let mut ids: Vec<_> = jobs.map(|job| job["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

#[test]
fn rescue_ages_the_claims_of_stuck_jobs_and_only_these() {
    for package in &PACKAGES {
        let installed = package.installed(2);
        let now = if package.queue.key == "oban" { "timezone('UTC', now())" } else { "now()" };
        let old = format!(
            "({}) and t.{} < {now} - interval '3 min'",
            package.queue.claimed, package.claimed_at
        );
        let live = format!("({old}) is not true");
        let (others, live_claims) =
            (package.without_claims(&installed), package.claims(&installed, &live));
        let out = rescue(&installed, &["--wait", "1s", "-o", "json"]);
        let report = out.json();
        let data = &report["data"];
        let (aged, active) = (with_result(data, "claim_aged"), with_result(data, "worker_active"));
        assert!(aged.len() >= 4 && (0..2).all(|n| aged.contains(&package.id(n))), "{data:#}");
        // Two jobs of Oban were claimed by a producer that has claimed another one since.
        assert_eq!(active.len(), if package.queue.key == "oban" { 2 } else { 0 }, "{data:#}");
        assert_eq!(data["outcome"]["written"], aged.len(), "{data:#}");
        assert_eq!(data["followed"]["still_claimed"], aged.len(), "{data:#}");
        assert_eq!(data["followed"]["end"], "deadline", "{data:#}");
        assert_eq!(data["rescuer"]["name"], package.name);
        assert_eq!(out.code, if active.is_empty() { 3 } else { 75 }, "{report:#}");
        // Nothing but the time of these claims changed: the package takes the jobs now.
        assert_eq!(package.without_claims(&installed), others);
        assert_eq!(package.claims(&installed, &live), live_claims);
        for id in aged {
            assert_eq!(
                installed.count(&format!("id = '{id}' and ({})", package.queue.stuck)),
                1,
                "{id}"
            );
        }
        if !active.is_empty() {
            let text = rescue(&installed, &["--wait", "1s"]).expect_code(75).stdout;
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains("2 jobs are skipped, because the worker is active: "), "{text}");
            assert!(active.iter().all(|id| text.contains(id)), "{text}");
        }
        for id in active {
            let aged =
                format!("id = '{id}' and t.{} < {now} - interval '61 min'", package.claimed_at);
            assert_eq!(installed.count(&aged), 0, "{id}");
        }
    }
}

#[test]
fn rescue_reports_what_the_package_does_with_each_job() {
    for package in &PACKAGES {
        let installed = package.installed(6);
        let ids: Vec<_> = (0..6).map(|n| package.id(n)).collect();
        let args: Vec<_> =
            ids.iter().map(String::as_str).chain(["--wait", "60s", "-o", "json"]).collect();
        let stuck = installed.count(package.queue.stuck);
        let out = std::thread::scope(|scope| {
            let out = scope.spawn(|| rescue(&installed, &args));
            wait_until("the claims are aged", || {
                installed.count(package.queue.stuck) == stuck + 6 || out.is_finished()
            });
            for (n, (_, statement)) in package.outcomes.iter().enumerate() {
                installed.db.execute(&statement.replace("{job}", &package.job(n)));
            }
            out.join().unwrap()
        });
        let report = out.json();
        assert_eq!(out.code, 0, "{report:#}");
        let followed = &report["data"]["followed"];
        for (key, expected) in [
            ("queued", 1),
            ("running", 1),
            ("finished", 1),
            ("dead_letters", 1),
            ("canceled", 1),
            ("deleted", 1),
            ("still_claimed", 0),
            ("unknown", 0),
        ] {
            assert_eq!(followed[key], expected, "{} {key}: {followed:#}", package.name);
        }
        let jobs = followed["jobs"].as_array().unwrap();
        for (n, (outcome, _)) in package.outcomes.iter().enumerate() {
            let job = jobs.iter().find(|job| job["id"] == package.id(n)).unwrap();
            assert_eq!(job["outcome"], *outcome, "{}", package.name);
        }
    }
}

#[test]
fn rescue_ends_when_the_package_has_freed_the_jobs() {
    for package in &PACKAGES {
        let installed = package.installed(2);
        let (one, two) = (package.id(0), package.id(1));
        let (freed, stuck) = (package.queue.stuck, installed.count(package.queue.stuck));
        let table = installed.table();
        let last_attempt = match package.queue.key {
            "pg_boss" => "retry_count = retry_limit",
            _ => "attempt = max_attempts",
        };
        installed.db.execute(&format!("update {table} set {last_attempt} where id = '{two}'"));
        let out = std::thread::scope(|scope| {
            let out = scope.spawn(|| rescue(&installed, &[&one, &two, "--wait", "60s"]));
            wait_until("the claims are aged", || {
                installed.count(freed) == stuck + 2 || out.is_finished()
            });
            installed.db.execute(&format!("update {table} t set {} where {freed}", package.frees));
            out.join().unwrap()
        });
        assert_eq!(out.code, 0, "{}{}", out.stdout, out.stderr);
        assert!(
            out.stdout.contains("2 claims aged: 1 queued again, 1 dead letter"),
            "{}",
            out.stdout
        );
        assert!(
            out.stdout.contains(&format!("{} has freed the jobs", package.name)),
            "{}",
            out.stdout
        );
        // A second rescue does not find them.
        let out = installed.run(&["jobs", "rescue", "--stuck-after", "3m", "--dry-run"]);
        assert!(!out.stdout.contains(&one) && !out.stdout.contains(&two), "{}", out.stdout);
    }
}

#[test]
fn rescue_says_that_nobody_freed_the_jobs() {
    for package in &PACKAGES {
        let installed = package.installed(1);
        let id = package.id(0);
        let out = rescue(&installed, &[&id, "--wait", "1s"]).expect_code(3);
        let text = out.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("1 claim aged: 1 still claimed"), "{text}");
        assert!(text.contains(&format!("{} has not acted. Perhaps", package.name)), "{text}");
        // It can be repeated; the plan says that the claim is past the limit.
        let again = installed.run(&["jobs", "rescue", &id, "--stuck-after", "3m", "--dry-run"]);
        let text = again.expect_code(0).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("1 claim is past the default limit already"), "{text}");
    }
}

#[test]
fn rescue_leaves_a_claim_that_changed_since_the_plan() {
    for package in &PACKAGES {
        let installed = package.installed(2);
        let (one, two) = (package.id(0), package.id(1));
        let claim = installed.db.session();
        let (_, claims_again) = package.outcomes[1];
        claim.execute(&format!("begin; {}", claims_again.replace("{job}", &package.job(0))));
        let stuck = format!("{} and ({})", package.job(1), package.queue.stuck);
        let args = [&one, &two, "--lock-wait", "60s", "--wait", "1s", "-o", "json"];
        let out = std::thread::scope(|scope| {
            let out = scope.spawn(|| rescue(&installed, &args));
            wait_until("the other claim is aged", || {
                installed.count(&stuck) == 1 || out.is_finished()
            });
            assert!(!out.is_finished(), "it waits for the locked job");
            claim.execute("commit");
            out.join().unwrap()
        });
        let report = out.json();
        assert_eq!(out.code, 75, "{report:#}");
        let outcome = &report["data"]["outcome"];
        assert_eq!(
            (&outcome["written"], &outcome["skipped"]),
            (&1.into(), &1.into()),
            "{report:#}"
        );
        assert_eq!(outcome["skipped_jobs"][0]["id"], one, "{report:#}");
        // Only the written job is waited for.
        assert_eq!(report["data"]["followed"]["jobs"].as_array().unwrap().len(), 1, "{report:#}");
        assert_eq!(
            installed.count(&format!("{} and ({})", package.job(0), package.queue.stuck)),
            0
        );
    }
}

#[test]
fn preview_writes_nothing_and_names_what_frees_the_jobs() {
    for package in &PACKAGES {
        let installed = package.installed(1);
        let before = installed.rows();
        let args = ["jobs", "rescue", &package.id(0), "--stuck-after", "3m", "--dry-run"];
        let out = installed.run(&args).expect_code(0).stdout;
        let text = out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("Plan: rescue 1 stuck job; 1 by aging the claim"), "{text}");
        assert!(
            text.contains(&format!(
                "{} frees the jobs after that, by default within",
                package.name
            )),
            "{text}"
        );
        assert!(!text.contains("past the default limit"), "{text}");
        assert!(text.contains("only this machine records the operation"), "{text}");
        // The command that applies it selects the same jobs.
        assert!(
            text.contains(&format!("jobs rescue {} --stuck-after 3m", package.id(0))),
            "{text}"
        );
        assert_eq!(installed.rows(), before);
    }
}

#[test]
fn job_that_is_not_stuck_is_refused() {
    for package in &PACKAGES {
        let installed = package.installed(1);
        let before = installed.rows();
        // By the package's own limit, which is longer than four minutes.
        let out = installed.run(&["jobs", "rescue", &package.id(0), "--yes"]).expect_code(77);
        assert!(out.stderr.contains("is not stuck"), "{}", out.stderr);
        let out =
            installed.run(&["jobs", "rescue", &package.id(0), "--stuck-after", "5m", "--yes"]);
        assert_eq!(out.code, 77, "{}{}", out.stdout, out.stderr);
        assert_eq!(installed.rows(), before);
    }
}

/// Whether the claim of the first job is skipped because its worker is active, or aged.
fn is_skipped(package: &ClaimAge, sign_of_life: &str) -> bool {
    let installed = package.installed(1);
    installed.db.execute(sign_of_life);
    let before = installed.rows();
    let out = rescue(&installed, &[&package.id(0), "--wait", "1s", "-o", "json"]);
    let report = out.json();
    let is_skipped = report["data"]["jobs"][0]["result"] == "worker_active";
    assert_eq!(out.code, if is_skipped { 77 } else { 3 }, "{report:#}");
    assert_eq!(installed.rows() == before, is_skipped, "{report:#}");
    is_skipped
}

#[test]
fn job_of_an_active_worker_is_skipped() {
    let [river, boss, oban, python] = &PACKAGES;
    // Its client has claimed another job lately.
    let claim = |client: &str| {
        format!(
            "update river_job set attempted_by = '{{{client}}}' where attempted_at > now() - interval '1 min'"
        )
    };
    assert!(is_skipped(river, &claim("client-gone-0")));
    assert!(!is_skipped(river, &claim("client-gone-1")));
    // A recent heartbeat counts, whatever --stuck-after says.
    let heartbeat = |age: u32| {
        format!(
            "update pgboss.job set heartbeat_seconds = 300, heartbeat_on = now() - interval '{age} s' where id = '{}'",
            boss.id(0)
        )
    };
    assert!(is_skipped(boss, &heartbeat(200)));
    assert!(!is_skipped(boss, &heartbeat(301)));
    let claim = |by: &str| {
        format!(
            "update oban_jobs set attempted_by = '{{{by}}}' \
              where state = 'executing' and attempted_at > timezone('UTC', now()) - interval '1 min'"
        )
    };
    for package in [oban, python] {
        assert!(is_skipped(package, &claim("host-gone,0199aaaa-0000-7000-8000-000000000010")));
        // The same node after a restart.
        assert!(!is_skipped(package, &claim("host-gone,0199aaaa-0000-7000-8000-000000000099")));
    }
    assert!(is_skipped(python, &producer("10", 5)));
    assert!(!is_skipped(python, &producer("10", 61)));
    assert!(!is_skipped(python, &producer("99", 5)));
}

/// A producer of Oban with the heartbeat of this many seconds ago.
fn producer(end: &str, age: u32) -> String {
    format!(
        "insert into oban_producers (uuid, node, queue, updated_at) values ('0199aaaa-0000-7000-8000-0000000000{end}', \
         'host-gone', 'default', timezone('UTC', now()) - interval '{age} s')"
    )
}

#[test]
fn worker_that_becomes_active_after_the_plan_keeps_its_job() {
    let python = &PACKAGES[3];
    let installed = python.installed(2);
    let lock = installed.db.session();
    lock.execute("begin; select from oban_jobs where id = 2000 for update");
    let args = ["2000", "2001", "--lock-wait", "60s", "--wait", "1s", "-o", "json"];
    let out = std::thread::scope(|scope| {
        let out = scope.spawn(|| rescue(&installed, &args));
        let aged = format!("id = 2001 and ({})", python.queue.stuck);
        wait_until("the other claim is aged", || installed.count(&aged) == 1 || out.is_finished());
        installed.db.execute(&producer("10", 0));
        lock.execute("rollback");
        out.join().unwrap()
    });
    let report = out.json();
    assert_eq!(out.code, 75, "{report:#}");
    assert_eq!(report["data"]["outcome"]["skipped_jobs"][0]["id"], "2000", "{report:#}");
    assert_eq!(installed.count(&format!("id = 2000 and ({})", python.queue.stuck)), 0);
}

#[test]
fn hidden_producers_are_not_inactive_ones() {
    let python = &PACKAGES[3];
    let installed = python.installed(1);
    installed.db.execute(&producer("10", 5));
    let role = format!("rescuer_{}", installed.db.name());
    installed.db.execute(&format!(
        "create role {role} login; grant select on all tables in schema public to {role}; \
         grant update on oban_jobs to {role}; alter table oban_producers enable row level security"
    ));
    let url = installed.db.url_as(&role);
    let args = ["jobs", "rescue", "2000", "--stuck-after", "3m", "--yes"];
    let out = installed.run_as(&url, &args);
    assert_eq!(out.code, 3, "{}{}", out.stdout, out.stderr);
    assert!(out.stderr.contains("oban_producers"), "{}", out.stderr);
    installed.db.execute("alter table oban_producers disable row level security");
    installed.run_as(&url, &args).expect_code(77);
    installed.db.execute(&format!("drop owned by {role}; drop role {role}"));
}

#[test]
fn claim_age_reaches_a_longer_limit() {
    let [river, boss, ..] = &PACKAGES;
    let installed = river.installed(1);
    let older = |hours: u32| {
        installed.count(&format!("id = 2000 and attempted_at < now() - interval '{hours} h'"))
    };
    rescue(&installed, &["2000", "--claim-age", "25h", "--wait", "1s"]).expect_code(3);
    assert_eq!((older(24), older(26)), (1, 0));
    // A claim is never made younger.
    rescue(&installed, &["2000", "--wait", "1s"]).expect_code(3);
    assert_eq!(older(24), 1);
    let out = rescue(&installed, &["2000", "--claim-age", "1h"]).expect_code(64);
    assert!(
        out.stderr.contains("is not beyond the default limit of the package, 1h"),
        "{}",
        out.stderr
    );
    let installed = boss.installed(1);
    let out = rescue(&installed, &["--claim-age", "25h"]).expect_code(64);
    assert!(out.stderr.contains("each job of this queue has its own limit"), "{}", out.stderr);
    let installed = super::GRAPHILE_WORKER.installed();
    for flag in ["--claim-age", "--wait"] {
        let out = installed.run(&["jobs", "rescue", "--yes", flag, "25h"]).expect_code(64);
        assert!(out.stderr.contains("frees the jobs of this queue at once"), "{}", out.stderr);
    }
}

#[test]
fn claim_that_a_trigger_restores_is_refused() {
    for package in &PACKAGES {
        let installed = package.installed(1);
        let (table, column) = (installed.table(), package.claimed_at);
        let trigger = format!(
            "create function keep() returns trigger language plpgsql as $$ begin new.{column} := old.{column}; return new; end $$; \
             create trigger keep before update on {table} for each row execute function keep()"
        );
        installed.db.execute(&trigger);
        let before = installed.rows();
        let out = rescue(&installed, &[&package.id(0), "--wait", "1s"]);
        assert_eq!(out.code, 77, "{}{}", out.stdout, out.stderr);
        assert!(out.stdout.contains("a trigger or rule changes the state"), "{}", out.stdout);
        assert_eq!(installed.rows(), before);
    }
}

#[test]
fn rescue_of_a_package_is_in_the_journal_and_not_undone() {
    for package in &PACKAGES {
        let installed = package.installed(1);
        let args = [
            package.id(0),
            "--wait".into(),
            "1s".into(),
            "--reason".into(),
            "killed".into(),
            "-o".into(),
            "json".into(),
        ];
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        let report = rescue(&installed, &args).expect_code(3).json();
        let operation = report["data"]["outcome"]["operation"].as_str().unwrap();
        let ops = installed.run(&["dlq", "ops"]).expect_code(0).stdout;
        assert!(ops.contains("rescue") && ops.contains("killed"), "{ops}");
        let out = installed.run(&["dlq", "undo", operation, "--yes"]).expect_code(64);
        assert!(
            out.stderr.contains("it is a rescue, and only requeues can be undone"),
            "{}",
            out.stderr
        );
    }
}

#[test]
fn interrupted_wait_reports_what_is_still_claimed() {
    let river = &PACKAGES[0];
    let installed = river.installed(1);
    let args = ["jobs", "rescue", "2000", "--stuck-after", "3m", "--yes", "--wait", "60s"];
    let mut command = installed.command(&args);
    let running = command.start();
    let aged = format!("id = 2000 and ({})", river.queue.stuck);
    wait_until("the claim is aged", || installed.count(&aged) == 1 || !running.is_alive());
    // The handler may not be installed yet.
    wait_until("it ends", || {
        running.signal_if_alive("TERM");
        !running.is_alive()
    });
    let out = running.finish();
    assert_eq!(out.code, 130, "{}{}", out.stdout, out.stderr);
    assert!(out.stdout.contains("1 claim aged: 1 still claimed"), "{}", out.stdout);
}
