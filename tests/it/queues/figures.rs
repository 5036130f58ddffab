//! Every figure of every reading command equals SQL that a person writes for the package's table.

use cliplyctl::cli::SPECS;
use serde_json::Value;

use super::{Installed, QUEUES, RESCUED};
use crate::support::http::Stub;
use crate::support::readiness;

/// The number of a count in JSON.
fn number(value: &Value) -> u64 {
    let value = value.get("value").unwrap_or(value);
    value.as_u64().unwrap_or_else(|| panic!("no number: {value}"))
}

fn ids(value: &Value) -> Vec<String> {
    let jobs = value["jobs"].as_array().unwrap();
    jobs.iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect()
}

/// The ids of a condition, in an order.
fn expected_ids(installed: &Installed, condition: &str, order: &str) -> Vec<String> {
    let list = format!("coalesce(string_agg(id::text, ' ' order by {order}), '')");
    installed.select(&list, condition).split_whitespace().map(str::to_owned).collect()
}

#[test]
fn queue_counts_equal_sql() {
    for queue in QUEUES {
        let installed = queue.installed();
        let counts = installed.data(&["queue"]);
        let expected = [
            ("due", queue.due),
            ("scheduled", queue.scheduled),
            ("claimed", queue.claimed),
            ("stuck", queue.stuck),
            ("failed", queue.retrying),
            ("dead", queue.dead),
            ("canceled", queue.canceled),
            ("blocked", queue.blocked),
            ("unknown_state", "false"),
            (
                "dead_lettered_last_hour",
                &format!("{} and {} > now() - interval '1 hour'", queue.dead, queue.death),
            ),
        ];
        for (key, condition) in expected {
            if condition == "false" && ["canceled", "blocked"].contains(&key) {
                assert_eq!(counts[key], Value::Null, "there is no such state: {counts:#}");
                continue;
            }
            let expected = installed.count(condition);
            assert_eq!(number(&counts[key]), expected, "{} {key}: {counts:#}", queue.key);
        }
        // All rows but finished ones, and copies that belong to a dead letter, are in one of the roles.
        let roles = ["due", "scheduled", "claimed", "failed", "dead", "canceled", "blocked"];
        let known = roles.iter().filter(|key| !counts[**key].is_null());
        let sum: u64 = known.map(|key| number(&counts[*key])).sum();
        let pairs = match queue.key {
            "pg_boss" => installed.count(
                "state = 'created' and source_id is not null and exists (select from {table} o \
                 where o.id = t.source_id and o.name = t.source_name and o.state = 'failed')",
            ),
            _ => 0,
        };
        let others = format!("not ({})", queue.finished);
        assert_eq!(sum + pairs, installed.count(&others), "{}", queue.key);
        match queue.workers {
            Some(sql) => {
                assert_eq!(
                    number(&counts["workers"]).to_string(),
                    installed.db.value(sql),
                    "{counts:#}"
                )
            }
            None => assert_eq!(counts["workers"], Value::Null, "cannot be known: {counts:#}"),
        }
        assert!(!counts["unknowable"].as_array().unwrap().is_empty(), "{counts:#}");
        for kind in counts["by_kind"].as_array().unwrap() {
            let name = kind["kind"].as_str().unwrap().replace('\'', "''");
            for (key, condition) in [("due", queue.due), ("dead", queue.dead)] {
                let own = match name.as_str() {
                    "(none)" => format!("{} is null", queue.kind),
                    _ => format!("{} = '{name}'", queue.kind),
                };
                let condition = format!("{own} and {condition}");
                assert_eq!(number(&kind[key]), installed.count(&condition), "{name} {key}");
            }
        }
    }
}

#[test]
fn lists_of_every_state_equal_sql() {
    for queue in QUEUES {
        let installed = queue.installed();
        let running = format!("({}) and ({}) is not true", queue.claimed, queue.stuck);
        for (state, condition) in [
            ("due", queue.due),
            ("scheduled", queue.scheduled),
            ("running", &running),
            ("stuck", queue.stuck),
            ("failed", queue.retrying),
            ("finished", queue.finished),
            ("canceled", queue.canceled),
            ("blocked", queue.blocked),
            ("dead", queue.dead),
        ] {
            if condition == "false" {
                let out = installed.run(&["jobs", "list", "--state", state]);
                assert_eq!(out.code, 3, "{}{}", out.stdout, out.stderr);
                let why = if state == "finished" { "not kept here: " } else { "no state for" };
                assert!(out.stderr.contains(why), "{}", out.stderr);
                continue;
            }
            let list = installed.data(&["jobs", "list", "--state", state, "--limit", "1000"]);
            if state == "stuck" {
                let list = installed.run(&["jobs", "list", "--state", "stuck"]).stdout;
                let queue_text = installed.run(&["queue"]).stdout;
                let is_suggested = [&list, &queue_text].map(|text| text.contains("jobs rescue"));
                let is_rescued = RESCUED.contains(&queue.key);
                assert_eq!(is_suggested, [is_rescued; 2], "{queue_text}{list}");
            }
            let mut expected = expected_ids(&installed, condition, queue.changed);
            let mut shown = ids(&list);
            if !["finished", "canceled", "dead"].contains(&state) {
                expected.sort();
                shown.sort();
            }
            assert_eq!(shown, expected, "{} {state}", queue.key);
        }
    }
}

#[test]
fn due_jobs_are_those_that_the_package_claims_now() {
    for queue in QUEUES {
        let installed = queue.installed();
        let due = |when: &str| {
            let mut shown =
                ids(&installed.data(&["jobs", "list", "--state", "due", "--limit", "1000"]));
            let mut claimable = expected_ids(&installed, queue.claimable, "id");
            shown.sort();
            claimable.sort();
            assert_eq!(shown, claimable, "{} {when}", queue.key);
            let counted = installed.data(&["queue"])["due"].clone();
            assert_eq!(number(&counted), shown.len() as u64, "{} {when}", queue.key);
            shown
        };
        let before = due("as it is");
        let retrying = expected_ids(&installed, queue.retrying, "id");
        assert!(!retrying.is_empty(), "{}", queue.key);
        installed.db.execute(queue.retries_now);
        let after = due("with retries that are due");
        // A retry behind the lock of a named queue is blocked as soon as it is due.
        let still = expected_ids(&installed, queue.retrying, "id");
        let moved: Vec<_> = retrying.iter().filter(|id| !still.contains(id)).collect();
        assert!(!moved.is_empty(), "{}", queue.key);
        for id in moved {
            assert!(after.contains(id) && !before.contains(id), "{} {id}: {after:?}", queue.key);
            let job = installed.run(&["jobs", "show", id]).expect_code(0);
            assert!(job.stdout.contains("due for 3h"), "{} {}", queue.key, job.stdout);
        }
    }
}

#[test]
fn attempt_of_a_finished_job_did_not_fail() {
    for queue in QUEUES.into_iter().filter(|queue| queue.finished != "false") {
        let installed = queue.installed();
        // All of them finished with their first attempt, unless an older version of GoodJob continued them as another.
        let continued = match queue.key {
            "good_job" => "error is not null",
            _ => "false",
        };
        let id =
            installed.select("max(id::text)", &format!("{} and not ({continued})", queue.finished));
        let out = installed.run(&["jobs", "show", &id]).expect_code(0);
        let job = installed.data(&["jobs", "show", &id]);
        assert_eq!(job["attempts"], 0, "{} {job:#}", queue.key);
        assert!(!out.stdout.contains("1 of"), "{} {}", queue.key, out.stdout);
    }
}

#[test]
fn retries_that_no_worker_takes_are_no_healthy_queue() {
    for queue in QUEUES.into_iter().filter(|queue| queue.key != "delayed_job") {
        let installed = queue.installed();
        let others = format!(
            "delete from {table} t where not ({}) and not ({})",
            queue.retrying,
            queue.finished,
            table = installed.table()
        );
        installed.db.execute(&others);
        let waiting = installed.run(&["queue"]).expect_code(0);
        assert!(waiting.stdout.starts_with("OK"), "{} {}", queue.key, waiting.stdout);
        installed.db.execute(queue.retries_now);
        let counts = installed.data(&["queue"]);
        let retries = installed.count(queue.claimable);
        assert_eq!(number(&counts["due"]), retries, "{} {counts:#}", queue.key);
        let by_kind = counts["by_kind"].as_array().unwrap();
        let by_kind: u64 = by_kind.iter().map(|kind| number(&kind["due"])).sum();
        assert_eq!(by_kind, retries, "{} {counts:#}", queue.key);
        for command in ["queue", "triage"] {
            let out = installed.run(&[command]);
            assert_eq!(out.code, 2, "{} {}{}", queue.key, out.stdout, out.stderr);
            assert!(out.stdout.contains("due for 3h"), "{} {}", queue.key, out.stdout);
        }
    }
}

#[test]
fn dead_letters_equal_sql_page_by_page() {
    for queue in QUEUES {
        let installed = queue.installed();
        let order = format!("{} desc, id desc", queue.death);
        let expected = expected_ids(&installed, queue.dead, &order);
        let (mut shown, mut after) = (vec![], None::<String>);
        loop {
            let cursor = after.clone().unwrap_or_default();
            let mut args = vec!["dlq", "list", "--limit", "4"];
            if after.is_some() {
                args.extend(["--after", cursor.as_str()]);
            }
            let page = installed.data(&args);
            assert_eq!(number(&page["total"]) as usize, expected.len());
            shown.extend(ids(&page));
            match page["next_cursor"].as_str() {
                Some(cursor) => after = Some(cursor.to_owned()),
                None => break,
            }
        }
        assert_eq!(shown, expected, "{}", queue.key);
        for id in &expected {
            let job = installed.data(&["dlq", "show", id]);
            let own = format!("id::text = '{id}'");
            let kind = job["kind"].as_str().unwrap_or("NULL");
            assert_eq!(kind, installed.select(queue.kind, &own));
            let error = installed.select(queue.error, &own);
            let shown = job["last_error"].as_str().unwrap_or("NULL");
            // This includes an error with the line separator U+2028: JSON escapes what a terminal must not show.
            assert_eq!(shown, error, "{id}");
        }
    }
}

#[test]
fn groups_and_filters_equal_sql() {
    for queue in QUEUES {
        let installed = queue.installed();
        let groups = installed.data(&["dlq", "groups"]);
        let sum: u64 =
            groups["groups"].as_array().unwrap().iter().map(|g| number(&g["count"])).sum();
        assert_eq!(sum, installed.count(queue.dead), "{groups:#}");
        let kinds =
            installed.select(&format!("string_agg(distinct {}, '|')", queue.kind), queue.dead);
        for kind in kinds.split('|') {
            let list = installed.data(&["dlq", "list", "--kind", kind]);
            let condition = format!("{} = '{kind}' and {}", queue.kind, queue.dead);
            assert_eq!(number(&list["total"]), installed.count(&condition), "{kind}");
        }
        let column = queue.queue_column;
        let names = installed.select(&format!("string_agg(distinct {column}, '|')"), queue.dead);
        for name in names.split('|') {
            let list = installed.data(&["dlq", "list", "--queue", name]);
            let condition = format!("{column} = '{name}' and {}", queue.dead);
            assert_eq!(number(&list["total"]), installed.count(&condition), "{name}");
        }
        let list = installed.data(&["dlq", "list", "--since", "2h30m"]);
        let recent = format!("{} and {} > now() - interval '150 min'", queue.dead, queue.death);
        assert_eq!(number(&list["total"]), installed.count(&recent), "{list:#}");
    }
}

#[test]
fn deletion_of_dead_letters_is_shown() {
    for queue in QUEUES {
        let installed = queue.installed();
        let list = installed.data(&["dlq", "list"]);
        for job in list["jobs"].as_array().unwrap() {
            let own = format!("id::text = '{}'", job["id"].as_str().unwrap());
            let seconds = format!("round(extract(epoch from {} - now()))::text", queue.deleted_at);
            let expected = installed.select(&seconds, &own);
            match job["deleted_in_seconds"].as_f64() {
                Some(shown) => {
                    assert!((shown - expected.parse::<f64>().unwrap()).abs() < 60.0, "{job:#}");
                }
                None => assert_eq!(expected, "NULL", "{job:#}"),
            }
        }
        let out = installed.run(&["dlq", "list"]).expect_code(0);
        let is_deleted =
            installed.count(&format!("{} and {} is not null", queue.dead, queue.deleted_at));
        let note = "The package deletes the first of these dead letters";
        assert_eq!(out.stdout.contains(note), is_deleted > 0, "{}", out.stdout);
    }
}

/// Commands that read, with the exit code for the fixture.
const READING: [(&str, i32); 5] =
    [("queue", 1), ("triage", 1), ("dlq list", 0), ("dlq groups", 0), ("handoff", 0)];

#[test]
fn every_format_of_reading_commands_works() {
    let app = Stub::start([
        ("/api/healthz", readiness::response("healthz_ok")),
        ("/api/readyz", readiness::response("canonical_ok")),
    ]);
    for queue in QUEUES {
        let installed = queue.installed();
        for (command, code) in READING {
            let spec = SPECS.iter().find(|spec| spec.name == command).unwrap();
            for format in spec.formats.iter().map(|format| format.as_str()) {
                let args: Vec<_> = command.split(' ').chain(["-o", &format]).collect();
                let out = installed.command(&args).env("CLIPLY_BASE_URL", app.url()).run();
                assert_eq!(out.code, code, "{args:?} {}{}", out.stdout, out.stderr);
                assert!(
                    !out.stderr.contains("SQLSTATE") && !out.stdout.contains("SQLSTATE"),
                    "{args:?} {}{}",
                    out.stdout,
                    out.stderr
                );
                if format == "json" {
                    assert_eq!(out.json()["errors"], serde_json::json!([]), "{args:?}");
                }
            }
        }
        let first = expected_ids(&installed, queue.dead, "id").remove(0);
        installed.run(&["jobs", "show", &first]).expect_code(0);
        installed.run(&["record"]).expect_code(0);
        installed.run(&["record"]).expect_code(0);
        let out = installed.run(&["history"]).expect_code(0);
        assert!(out.stdout.contains("dead"), "{}", out.stdout);
        let out = installed.run(&["dlq", "list", "-o", "csv"]).expect_code(0);
        // Line breaks of error texts are in quotes.
        let records = out.stdout.split('"').step_by(2).flat_map(str::chars).filter(|c| *c == '\n');
        assert_eq!(records.count() as u64, installed.count(queue.dead) + 1);
    }
}

#[test]
fn healthy_queue_is_ok_and_its_dead_letters_are_zero() {
    // Delayed Job deletes dead letters by default: none is no sign of health, see below.
    for queue in QUEUES.into_iter().filter(|queue| queue.key != "delayed_job") {
        let installed = queue.installed();
        let keep = format!("delete from {} t where not ({})", installed.table(), queue.finished);
        installed.db.execute(&keep.replace("{table}", &installed.table()));
        let out = installed.run(&["queue"]).expect_code(0);
        assert!(out.stdout.starts_with("OK"), "{}", out.stdout);
        let list = installed.data(&["dlq", "list"]);
        assert_eq!(number(&list["total"]), 0);
    }
}

#[test]
fn dead_letter_without_a_time_counts_if_no_check_forbids_it() {
    let installed = super::RIVER.installed_with(
        "alter table river_job drop constraint finalized_or_finalized_at_null;
         insert into river_job (kind, state, max_attempts, args) values ('mail', 'discarded', 1, '{}')",
    );
    let dead = installed.count(installed.queue.dead);
    assert_eq!(number(&installed.data(&["queue"])["dead"]), dead);
    assert_eq!(number(&installed.data(&["dlq", "list"])["total"]), dead);
}

#[test]
fn lost_processes_are_groups_of_their_own() {
    let installed = super::SOLID_QUEUE.installed();
    let groups = installed.data(&["dlq", "groups", "--kind", "VideoJob"]);
    let causes = groups["groups"].as_array().unwrap().iter().map(|group| {
        (
            group["cause"].as_str().unwrap().split(':').nth(4).unwrap().to_owned(),
            number(&group["count"]),
        )
    });
    let causes: std::collections::BTreeMap<_, _> = causes.collect();
    let expected = [("ProcessExitError", 1), ("ProcessMissingError", 1), ("ProcessPrunedError", 2)];
    assert_eq!(causes, expected.map(|(cause, n)| (cause.to_owned(), n)).into(), "{groups:#}");
}

#[test]
fn dead_letters_that_are_not_kept_are_no_healthy_zero() {
    let installed = super::OBAN.installed();
    let recent = "coalesce(completed_at, discarded_at, cancelled_at) > timezone('UTC', now()) - interval '1 min'";
    // What the Pruner leaves: jobs that wait or run, and those that ended in the last minute.
    installed.db.execute(
        "delete from oban_jobs where state in ('completed', 'cancelled', 'discarded', 'executing', 'retryable');
         insert into oban_jobs (worker, state, attempt, completed_at) values \
           ('App.Mail', 'completed', 1, timezone('UTC', now()) - interval '10 s')",
    );
    assert_eq!(installed.count(recent), 1);
    let reason = "dead letters may not be kept here";
    for (command, code) in [
        (&["queue"][..], 3),
        (&["triage"], 3),
        (&["dlq", "list"], 0),
        (&["dlq", "groups"], 0),
        (&["handoff"], 0),
    ] {
        let out = installed.run(command);
        assert_eq!(out.code, code, "{command:?} {}{}", out.stdout, out.stderr);
        let text = out.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(reason), "{command:?} {text}");
        assert!(!text.contains("No dead letters match"), "{command:?} {text}");
    }
    assert_eq!(installed.data(&["queue"])["dead"]["value"], Value::Null);
    // The dead letters of the last minute are a part of them.
    installed.db.execute(
        "insert into oban_jobs (worker, state, attempt, discarded_at) values \
           ('App.Mail', 'discarded', 20, timezone('UTC', now()) - interval '10 s')",
    );
    let dead = installed.data(&["queue"])["dead"].clone();
    assert_eq!((&dead["value"], &dead["precision"]), (&1.into(), &"at_least".into()), "{dead:#}");
    // One that is kept for longer shows that all are.
    installed.db.execute(
        "insert into oban_jobs (worker, state, attempt, completed_at) values \
           ('App.Mail', 'completed', 1, timezone('UTC', now()) - interval '6 min')",
    );
    let dead = installed.data(&["queue"])["dead"].clone();
    assert_eq!((&dead["value"], &dead["precision"]), (&1.into(), &"exact".into()), "{dead:#}");
}

#[test]
fn dead_letters_of_delayed_job_are_unknown_until_one_is_kept() {
    let installed = super::DELAYED_JOB.installed();
    installed.db.execute(
        "create table kept as select * from delayed_jobs where failed_at is not null; delete from delayed_jobs",
    );
    for (command, code) in
        [(&["queue"][..], 3), (&["triage"], 3), (&["dlq", "list"], 0), (&["dlq", "groups"], 0)]
    {
        let out = installed.run(command);
        assert_eq!(out.code, code, "{command:?} {}{}", out.stdout, out.stderr);
        let text = out.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("dead letters may not be kept here"), "{command:?} {text}");
        assert!(!text.contains("No dead letters match"), "{command:?} {text}");
    }
    assert_eq!(installed.data(&["queue"])["dead"]["value"], Value::Null);
    // A dead letter shows that they are kept: the number is exact.
    installed.db.execute("insert into delayed_jobs select * from kept limit 1");
    let dead = installed.data(&["queue"])["dead"].clone();
    assert_eq!((&dead["value"], &dead["precision"]), (&1.into(), &"exact".into()), "{dead:#}");
}

#[test]
fn groups_without_error_texts_say_so() {
    let note = "this table has no error texts: dead letters are grouped by kind only";
    for queue in QUEUES {
        let out = queue.installed().run(&["dlq", "groups"]).expect_code(0);
        assert_eq!(out.stdout.contains(note), queue.key == "procrastinate", "{}", out.stdout);
    }
}

#[test]
fn jobs_without_error_texts_get_no_advice() {
    let installed = super::PROCRASTINATE.installed();
    for command in [&["dlq", "show", "1001"][..], &["dlq", "groups"]] {
        let out = installed.run(command).expect_code(0);
        assert!(!out.stdout.contains("killed"), "{}", out.stdout);
    }
    let out = installed.run(&["dlq", "requeue", "1001", "--dry-run"]).expect_code(0);
    assert!(!out.stdout.contains("a retry does not fix"), "{}", out.stdout);
}
