//! Files stored by earlier versions (`tests/fixtures/stored/`) are read by this version.
//!
//! Every test works on copies. Plans and operations name their database by its address: where a test
//! needs the same database, the copies get the address of the test's own database.

use std::path::Path;

use rusqlite::Connection;
use serde_json::Value;

use crate::rls::{clean, findings};
use crate::support::cli::{Cli, Output};
use crate::support::fixtures;
use crate::support::postgres::{Database, cluster};

/// The directory of the files of 0.1.0.
const V0_1_0: &str = "stored/v0.1.0";
/// The system whose history 0.1.0 recorded.
const RECORDED: &str = "postgres://ada@db.example:5432/cliply";
/// A time before the first snapshot of 0.1.0.
const BEFORE: &str = "2026-11-29T00:00:00Z";

/// Operations on the database `queue`.
const FINISHED: &str = "rq-20261129T003831Z-e168-c790e6";
const KILLED: &str = "rq-20261129T003832Z-e170-069ae6";
const TAKEN_OVER: &str = "rq-20261129T003834Z-e190-fd43bf";
const CANARY: &str = "rq-20261129T003837Z-e206-a0af4b";
const UNDONE: &str = "rq-20261129T003839Z-e207-0541da";
const UNDO: &str = "rq-20261129T003839Z-e209-2a35a4";
const RESCUE: &str = "rq-20261129T003839Z-e211-29a5ab";

/// Operations on the database `legacy`, which has no events.
const LOCAL_UNDONE: &str = "rq-20261129T003853Z-t-6ed45d";
const LOCAL_UNDO: &str = "rq-20261129T003853Z-t-91f523";
const LOCAL_FINISHED: &str = "rq-20261129T003853Z-t-6dd390";
const LOCAL_KILLED: &str = "rq-20261129T003853Z-t-9f907e";

/// Reads a file of 0.1.0.
fn stored(file: &str) -> String {
    fixtures::read(&format!("{V0_1_0}/{file}"))
}

/// Copies a directory; in plans and operations the address `there` becomes `here`.
fn copy(from: &Path, to: &Path, (there, here): (&str, &str)) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to, (there, here));
        } else if from.extension().is_some_and(|ending| ending == "json") {
            let text = std::fs::read_to_string(from).unwrap();
            std::fs::write(to, text.replace(there, here)).unwrap();
        } else {
            std::fs::copy(from, to).unwrap();
        }
    }
}

/// A run whose home has the records of 0.1.0, with the database address `there` replaced by `here`.
fn moved(words: &[&str], there: &str, here: &str) -> Cli {
    let cli = Cli::new(words);
    let state = cli.home().join(".local/state/cliplyctl");
    copy(&fixtures::path(&format!("{V0_1_0}/state/cliplyctl")), &state, (there, here));
    cli
}

/// A run whose home has the records of 0.1.0.
fn with_records(words: &[&str]) -> Cli {
    moved(words, "", "")
}

/// A run whose home has only the history of 0.1.0.
fn with_history(words: &[&str]) -> Cli {
    let cli = Cli::new(words);
    let state = cli.home().join(".local/state/cliplyctl");
    std::fs::create_dir_all(&state).unwrap();
    let store = fixtures::path(&format!("{V0_1_0}/state/cliplyctl/history.db"));
    std::fs::copy(store, state.join("history.db")).unwrap();
    cli
}

/// A database with the rows and events that 0.1.0 wrote.
struct Left {
    database: Database,
    /// Its address in the records: `db.example:5432/queue`.
    then: &'static str,
}

impl Left {
    fn queue() -> Left {
        let schema = fixtures::backend(&["roles", "workspaces", "main", "access"]);
        let schema = schema + &stored("databases/queue.sql");
        let database = Database::with_schema("stored_queue", &schema);
        Left { database, then: "db.example:5432/queue" }
    }

    fn legacy() -> Left {
        let schema = fixtures::backend(&["roles", "workspaces", "bigint", "access"]);
        let schema = schema + &stored("databases/legacy.sql");
        let database = Database::with_schema("stored_legacy", &schema);
        Left { database, then: "db.example:5432/legacy" }
    }

    /// Its address in this test, as the tool writes it.
    fn now(&self) -> String {
        format!("{}:5432/{}", cluster().directory().display(), self.database.name())
    }

    /// A run on it with the records of 0.1.0.
    fn cli(&self, words: &[&str]) -> Cli {
        moved(words, self.then, &self.now())
            .env("DATABASE_URL", self.database.url())
            .env("USER", "bob")
    }

    /// Runs `dlq …` on it with `-o json`.
    fn dlq(&self, words: &[&str]) -> Output {
        self.cli(&[&["dlq"], words, &["-o", "json"]].concat()).run()
    }
}

fn array<'a>(json: &'a Value, pointer: &str) -> &'a Vec<Value> {
    json.pointer(pointer).and_then(Value::as_array).unwrap_or_else(|| panic!("{pointer}: {json:#}"))
}

/// The operation record of a run, as JSON.
fn record(cli: &Cli, operation: &str) -> Value {
    let file = format!(".local/state/cliplyctl/operations/{operation}.json");
    serde_json::from_slice(&std::fs::read(cli.home().join(file)).unwrap()).unwrap()
}

/// The operations on the recorded system: type, operator, jobs, reason.
const MARKS: [&str; 5] = [
    "requeue ada@desk 3 the uploads were restored",
    "requeue ada@desk 1 the token was renewed",
    "requeue bob@desk 7 the deploy was rolled back",
    "undo ada@desk 7 the workers are still on the old build",
    "rescue ada@desk 4 worker-c is gone",
];

/// The operations in the output of `history`.
fn operations(json: &Value) -> Vec<String> {
    let told = |o: &Value| {
        let text = |key: &str| o[key].as_str().unwrap_or("-").to_owned();
        format!("{} {} {} {}", text("type"), text("who"), o["jobs"], text("reason"))
    };
    array(json, "/data/operations").iter().map(told).collect()
}

fn history(cli: Cli) -> Output {
    let mut cli = cli.env("DATABASE_URL", RECORDED).env("CLIPLY_BASE_URL", "http://app.example");
    cli.run().expect_code(0)
}

#[test]
fn history_store_of_0_1_0_is_read() {
    let rows = history(with_history(&["history", "--since", BEFORE, "-o", "csv"])).stdout;
    let rows: Vec<_> = rows.lines().collect();
    assert_eq!(
        rows[..2],
        [
            "at,status,section,not_ok,due,oldest_due,scheduled,claimed,stuck,failed,dead,\
             dead_lettered_last_hour,throughput,workers,heartbeat_age,at_least",
            "2026-11-29T00:36:00Z,critical,3.3,ready.ok queue.oldest_due queue.backlog queue.stuck \
             ready.queue dlq.size dlq.inflow dlq.trend dlq.failures,69,2319.91,8,6,4,0,48,35,0.4,2,0.76,",
        ]
    );
    let dead: Vec<_> = rows[1..].iter().map(|row| row.split(',').nth(10).unwrap()).collect();
    assert_eq!(dead, ["48", "45", "44", "37", "44", "45"]);

    let json = history(with_history(&["history", "--since", BEFORE, "-o", "json"])).json();
    assert_eq!(json["data"]["subject"], "db.example:5432/cliply http://app.example");
    assert_eq!(json["data"]["snapshots"], 6);
    assert_eq!(json["data"]["latest"], "2026-11-29T00:37:51Z");
    let troubles = array(&json, "/data/troubles");
    let ready = troubles.iter().find(|t| t["check"] == "ready.ok").expect("one of them");
    assert_eq!((&ready["status"], troubles.len()), (&"critical".into(), 8));
    assert_eq!(ready["since"], "2026-11-29T00:36:00Z");
    assert_eq!(operations(&json), MARKS);
    assert_eq!(json["data"]["operations"][0]["at"], "2026-11-29T00:36:07Z");
}

#[test]
fn history_page_of_0_1_0_shows_dead_letters_by_cause() {
    let cli = with_history(&["history", "--since", BEFORE, "--html", "page.html"]);
    let page = cli.home().join("page.html");
    let mut cli = cli.env("DATABASE_URL", RECORDED).env("CLIPLY_BASE_URL", "http://app.example");
    cli.run().expect_code(0);
    let page = std::fs::read_to_string(page).unwrap();
    // The details of the latest snapshot.
    for told in ["v1-368e892dd7", "PUBLISH_TIKTOK", "access token expired"] {
        assert!(page.contains(told), "{told}");
    }
}

#[test]
fn history_store_of_0_1_0_accepts_new_snapshots() {
    let words = ["record", "--retain", "3650d", "--database-url", "postgres://u@127.0.0.1:1/app"];
    let mut cli = with_history(&words);
    cli.run().expect_code(0);
    let store = Connection::open(cli.home().join(".local/state/cliplyctl/history.db")).unwrap();
    let count = |table: &str| -> u32 {
        store.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!(["places", "snapshots", "details", "operations"].map(count), [2, 7, 7, 5]);
}

#[test]
fn operations_of_0_1_0_are_shown_in_the_history() {
    let words = ["history", "--since", BEFORE, "-o", "json"];
    let cli = with_records(&words);
    // These come from the records of this machine, not from snapshots.
    let store = Connection::open(cli.home().join(".local/state/cliplyctl/history.db")).unwrap();
    store.execute("DELETE FROM operations", []).unwrap();
    drop(store);
    assert_eq!(operations(&history(cli).json()), MARKS);
}

#[test]
fn operations_of_0_1_0_are_listed() {
    let json = Left::queue().dlq(&["ops"]).expect_code(0).json();
    let told = |o: &Value| {
        let text = |key: &str| o[key].as_str().unwrap_or("-").to_owned();
        let (jobs, planned) = (&o["jobs"], &o["planned"]);
        format!("{} {} {} {jobs} of {planned}", text("operation"), text("type"), text("actor"))
    };
    let told: Vec<_> = array(&json, "/data/operations").iter().map(told).collect();
    assert_eq!(
        told,
        [
            format!("{RESCUE} rescue ada 3 of 3"),
            format!("{UNDO} undo bob 2 of 2"),
            format!("{UNDONE} requeue ada 2 of 2"),
            format!("{CANARY} requeue ada 1 of 8"),
            format!("{TAKEN_OVER} requeue bob 16 of 40"),
            format!("{KILLED} requeue ada 20 of 60"),
            format!("{FINISHED} requeue ada 2 of 2"),
        ]
    );
    let reason = "the model server is up again; resumed by bob@desk: taken over for the night";
    assert_eq!(json["data"]["operations"][4]["reason"], reason);
    assert_eq!(json["data"]["operations"][2]["states"][0][0], "undone");
}

#[test]
fn killed_operation_of_0_1_0_is_finished_without_repeats() {
    let left = Left::queue();
    let shown = left.dlq(&["requeue", "--resume", KILLED, "--dry-run"]).expect_code(0).json();
    let excluded = &shown["data"]["skipped"][0];
    assert_eq!((&shown["data"]["matched"], &shown["data"]["eligible"]), (&60.into(), &40.into()));
    assert_eq!((&excluded["reason"], &excluded["jobs"]), (&"requeued_before".into(), &20.into()));
    let words = ["dlq", "requeue", "--resume", KILLED, "--rate", "1000/s", "--yes", "-o", "json"];
    let mut cli = left.cli(&words);
    let json = cli.run().expect_code(0).json();
    let outcome = &json["data"]["outcome"];
    assert_eq!((&outcome["operation"], &outcome["written"]), (&KILLED.into(), &40.into()));
    let events = left.database.value(&format!(
        "SELECT concat_ws(' ', count(*), count(DISTINCT job_id)) FROM job_events
          WHERE data->>'operation' = '{KILLED}'"
    ));
    assert_eq!(events, "60 60");
    // The first operator and reason are preserved.
    let kept = record(&cli, KILLED);
    assert_eq!((&kept["finished"], &kept["began"]["actor"]), (&true.into(), &"ada".into()));
    assert_eq!(
        (&kept["author"]["actor"], &kept["author"]["reason"]),
        (&"bob".into(), &"YouTube is back".into())
    );
}

#[test]
fn taken_over_operation_of_0_1_0_is_followed_and_finished() {
    let left = Left::queue();
    let words = ["follow", TAKEN_OVER, "--wait", "1s"];
    let followed = left.dlq(&words).expect_code(3).json();
    assert_eq!((&followed["data"]["jobs"], &followed["data"]["queued"]), (&16.into(), &16.into()));
    let words =
        ["dlq", "requeue", "--resume", TAKEN_OVER, "--rate", "1000/s", "--yes", "-o", "json"];
    let mut cli = left.cli(&words);
    assert_eq!(cli.run().expect_code(0).json()["data"]["outcome"]["written"], 24);
    let kept = record(&cli, TAKEN_OVER);
    assert_eq!((&kept["began"]["actor"], &kept["done"]), (&"ada".into(), &40.into()));
}

#[test]
fn canary_of_0_1_0_resumes_with_its_stored_flags() {
    let left = Left::queue();
    let words = ["dlq", "requeue", "--resume", CANARY, "--yes", "-o", "json"];
    let mut cli = left.cli(&words);
    let flags = record(&cli, CANARY)["flags"].as_str().unwrap().to_owned();
    assert!(flags.contains("--ramp 1,3,all") && flags.contains("--spread 10m"), "{flags}");
    // No worker claims its first job, so it stops again after a second.
    let json = cli.run().expect_code(3).json();
    assert_eq!(json["data"]["canary"].as_array().map(Vec::len), Some(1), "{json:#}");
    assert_eq!(json["data"]["outcome"]["not_written"].as_u64().map(|left| left > 0), Some(true));
    let now = record(&cli, CANARY);
    assert_eq!((&now["flags"], &now["format"]), (&flags.into(), &2.into()));
    assert_eq!(now["options"]["canary"]["batch_sizes"], "1,3,all", "{now:#}");
    // The second resume reads the options and not the flags.
    change_record(&cli, CANARY, |stored| stored["flags"] = " --no-such-flag".into());
    let again = cli.run().expect_code(3).json();
    assert_eq!(again["data"]["canary"].as_array().map(Vec::len), Some(1), "{again:#}");
}

/// Changes the stored record of an operation.
fn change_record(cli: &Cli, operation: &str, change: impl FnOnce(&mut Value)) {
    let mut stored = record(cli, operation);
    change(&mut stored);
    let file = format!(".local/state/cliplyctl/operations/{operation}.json");
    std::fs::write(cli.home().join(file), stored.to_string()).unwrap();
}

#[test]
fn record_with_unreadable_options_is_not_resumed_without_them() {
    let left = Left::queue();
    let words = ["dlq", "requeue", "--resume", CANARY, "--yes", "-o", "json"];
    let before = left.database.value("SELECT string_agg(state, ',' ORDER BY id) FROM jobs");
    let changes: [fn(&mut Value); 4] = [
        |stored| stored["flags"] = " --canary --no-such-flag".into(),
        |stored| stored["flags"] = " --canary 'open".into(),
        |stored| stored["format"] = 3.into(),
        |stored| stored["format"] = 2.into(), // and no options
    ];
    for change in changes {
        let mut cli = left.cli(&words);
        change_record(&cli, CANARY, change);
        let refused = cli.run().expect_code(77);
        assert!(refused.stdout.contains("record format"), "{refused:#?}");
        let now = left.database.value("SELECT string_agg(state, ',' ORDER BY id) FROM jobs");
        assert_eq!(now, before);
        // Options that are stated now need no stored ones.
        let stated = ["dlq", "requeue", "--resume", CANARY, "--dry-run", "--ramp", "1,all"];
        let mut cli = left.cli(&stated);
        change_record(&cli, CANARY, change);
        cli.run().expect_code(0);
    }
}

#[test]
fn finished_operation_of_0_1_0_is_undone() {
    let left = Left::queue();
    let none = left.dlq(&["requeue", "--resume", FINISHED, "--dry-run"]).expect_code(0).json();
    assert_eq!(none["data"]["eligible"], 0);
    let json = left.dlq(&["undo", FINISHED, "--yes"]).expect_code(0).json();
    assert_eq!(json["data"]["outcome"]["written"], 2, "{json:#}");
    let jobs = left.database.value(
        "SELECT string_agg(concat_ws(' ', right(id::text, 4), state, attempts), ', ' ORDER BY id)
           FROM jobs WHERE right(id::text, 4) IN ('3001', '3002')",
    );
    assert_eq!(jobs, "3001 dead_letter 5, 3002 dead_letter 5");
}

#[test]
fn undo_and_rescue_of_0_1_0_are_distinct_from_requeues() {
    let left = Left::queue();
    for operation in [UNDO, RESCUE] {
        left.dlq(&["requeue", "--resume", operation, "--yes"]).expect_code(64);
        left.dlq(&["undo", operation, "--yes"]).expect_code(64);
    }
    // Undone jobs are not undone again.
    let again = left.dlq(&["undo", UNDONE, "--yes"]).expect_code(0).json();
    assert_eq!(again["data"]["eligible"], 0, "{again:#}");
}

#[test]
fn plan_of_0_1_0_is_applied_to_its_listed_jobs() {
    // With every filter: at most five of eight.
    let left = Left::queue();
    // Its filter names a group of the rules of 0.1.0, so only its list of jobs applies.
    let refused = left.dlq(&["requeue", "--plan", "plan-fd4e5f767258", "--yes"]).expect_code(64);
    for told in ["v1-", "rules v1", "--plan plan-fd4e5f767258 --ignore-changes"] {
        assert!(refused.stderr.contains(told), "{told}: {refused:#?}");
    }
    let json = left.dlq(&["requeue", "--plan", "plan-fd4e5f767258", "--ignore-changes", "--yes"]);
    let json = json.expect_code(0).json();
    assert_eq!((&json["data"]["matched"], &json["data"]["eligible"]), (&5.into(), &5.into()));
    assert_eq!(json["data"]["outcome"]["written"], 5, "{json:#}");
    let jobs = left.database.value(
        "SELECT string_agg(right(id::text, 3), ' ' ORDER BY id) FROM jobs
          WHERE kind = 'CLIP_RENDER' AND state = 'queued' AND right(id::text, 3) BETWEEN '201' AND '215'",
    );
    assert_eq!(jobs, "201 203 205 207 209");
}

#[test]
fn plan_of_0_1_0_whose_jobs_changed_is_refused() {
    let left = Left::queue();
    // All dead letters: 39 of them have been requeued since. And three ids, of which two were dead.
    for (plan, planned, eligible) in [("plan-a99bdde6a3cb", 131, 92), ("plan-a0a8d7ed6796", 2, 0)] {
        left.dlq(&["requeue", "--plan", plan, "--yes", "--reason", "x"]).expect_code(77);
        let words = ["requeue", "--plan", plan, "--ignore-changes", "--dry-run"];
        let json = left.dlq(&words).expect_code(0).json();
        let read = (&json["data"]["matched"], &json["data"]["eligible"]);
        assert_eq!(read, (&planned.into(), &eligible.into()), "{plan}");
    }
}

#[test]
fn plans_and_operations_of_0_1_0_are_each_read() {
    let database = Database::with_variant("main");
    let refused = |words: [&str; 2], why: &str, code: i32| {
        let words = [&["dlq", "requeue", "--dry-run"], &words[..]].concat();
        let run = with_records(&words).env("DATABASE_URL", database.url()).run().expect_code(code);
        assert!(run.stderr.contains(why), "{words:?}: {run:#?}");
    };
    let mut read = 0;
    for (part, flag) in [("plans", "--plan"), ("operations", "--resume")] {
        let part = fixtures::path(&format!("{V0_1_0}/state/cliplyctl/{part}"));
        for file in std::fs::read_dir(part).unwrap().map(|entry| entry.unwrap().path()) {
            let id = file.file_stem().unwrap().to_str().unwrap();
            // A damaged file is 78, a missing one says so.
            let others = ["28e14b", "395f01", "2a35a4", "29a5ab", "91f523"];
            match others.iter().any(|other| id.ends_with(other)) {
                true => refused([flag, id], "only requeues can be resumed", 64),
                false => refused([flag, id], "it belongs to database db.example:5432/", 77),
            }
            read += 1;
        }
    }
    assert_eq!(read, 32);
}

#[test]
fn records_of_0_1_0_about_another_database_are_refused() {
    let left = Left::queue();
    let run = |words: &[&str]| {
        let words = [&["dlq", "requeue", "-o", "json", "--yes"], words].concat();
        let mut cli = with_records(&words).env("DATABASE_URL", left.database.url());
        cli.run()
    };
    for words in [["--plan", "plan-fd4e5f767258"], ["--resume", KILLED]] {
        let refused = run(&words).expect_code(77);
        assert!(
            refused.stderr.contains("it belongs to database db.example:5432/queue"),
            "{refused:#?}"
        );
    }
    run(&["--plan", "plan-000000000000"]).expect_code(64);
    assert_eq!(left.database.value("SELECT max(id) FROM job_events"), "214", "nothing was written");
}

#[test]
fn journal_of_0_1_0_is_listed_and_finished() {
    let left = Left::legacy();
    let json = left.dlq(&["ops"]).expect_code(0).json();
    let told: Vec<_> = array(&json, "/data/operations")
        .iter()
        .map(|o| (o["operation"].as_str().unwrap(), o["jobs"].as_u64(), o["planned"].as_u64()))
        .collect();
    let mut wanted = [
        (LOCAL_UNDONE, Some(3), Some(3)),
        (LOCAL_UNDO, Some(3), Some(3)),
        (LOCAL_FINISHED, Some(2), Some(2)),
        (LOCAL_KILLED, Some(0), Some(13)),
    ];
    // They started within the same second; ids have no finer time.
    wanted.sort_by_key(|(operation, ..)| told.iter().position(|(known, ..)| known == operation));
    assert_eq!(told, wanted);
    // Five of the thirteen are in the journal and committed.
    let words = ["requeue", "--resume", LOCAL_KILLED, "--rate", "1000/s", "--yes"];
    let json = left.dlq(&words).expect_code(0).json();
    let excluded = &json["data"]["skipped"][0];
    assert_eq!((&excluded["reason"], &excluded["jobs"]), (&"requeued_before".into(), &5.into()));
    assert_eq!(json["data"]["outcome"]["written"], 8, "{json:#}");
    let dead = "SELECT count(*) FROM jobs WHERE status = 'failed' AND kind = 'CLIP_RENDER'";
    assert_eq!(left.database.value(dead), "0");
}

#[test]
fn journal_of_0_1_0_is_undone() {
    let left = Left::legacy();
    let row = |id: u32| {
        left.database.value(&format!(
            "SELECT concat_ws(' ', status, attempts, run_after AT TIME ZONE 'UTC', updated_at AT TIME ZONE 'UTC')
               FROM jobs WHERE id = {id}"
        ))
    };
    assert!(row(204).starts_with("queued 0 2026-11-29 00:38:53"), "{}", row(204));
    let json = left.dlq(&["undo", LOCAL_FINISHED, "--yes"]).expect_code(0).json();
    assert_eq!(json["data"]["outcome"]["written"], 2, "{json:#}");
    assert!(row(204).starts_with("failed 5 2026-11-29 00:08:05.086391 "), "{}", row(204));
    // Of the killed operation, the jobs in its journal; its first job has its previous values.
    let json = left.dlq(&["undo", LOCAL_KILLED, "--yes"]).expect_code(0).json();
    assert_eq!(json["data"]["outcome"]["written"], 5, "{json:#}");
    assert!(row(206).starts_with("failed 5 2026-11-28 23:58:05.086391 "), "{}", row(206));
    // The journal has one error of this operation redacted, and all of it is undone already.
    let json = left.dlq(&["undo", LOCAL_UNDONE, "--yes"]).expect_code(0).json();
    assert_eq!((&json["data"]["eligible"], &json["data"]["undone_before"]), (&0.into(), &3.into()));
    assert!(row(201).starts_with("failed 5 "), "{}", row(201));
    left.dlq(&["undo", LOCAL_UNDO, "--yes"]).expect_code(64);
}

/// Runs `triage --from` with a saved file; returns the JSON and the status of each check.
fn triage(file: &str) -> (Value, impl Fn(&str) -> String) {
    let words = ["triage", "--from", "seen.json", "-o", "json"];
    let mut cli = Cli::new(words).file("seen.json", stored(&format!("triage/{file}.json")));
    let json = cli.run().expect_code(2).json();
    let checks = array(&json, "/checks").clone();
    let status = move |id: &str| {
        let check = checks.iter().find(|check| check["id"] == id);
        check.and_then(|check| check["status"].as_str()).unwrap_or("absent").to_owned()
    };
    (json, status)
}

#[test]
fn saved_triage_of_0_1_0_is_evaluated() {
    let (json, status) = triage("incident");
    assert_eq!(
        (&json["status"], &json["diagnosis"]["section"]),
        (&"critical".into(), &"3.3".into())
    );
    assert_eq!(json["started_at"], "2026-11-29T00:36:00.37947076Z");
    let from = &json["context"];
    let wanted = ["prod", "prod", "ada@db.example:5432/cliply", "http://app.example"];
    let read = ["name", "protected", "database", "base_url"].map(|key| from[key].clone());
    assert_eq!(read, wanted.map(Value::from));
    for (check, wanted) in [
        ("app.up", "ok"),
        ("ready.ok", "critical"),
        ("ready.queue", "warning"),
        ("queue.oldest_due", "critical"),
        ("queue.backlog", "warning"),
        ("queue.stuck", "warning"),
        ("queue.workers", "ok"),
        ("cross.queue_length", "ok"),
        ("db.connections", "ok"),
        ("dlq.size", "warning"),
        ("dlq.inflow", "warning"),
        ("access.jobs", "ok"),
    ] {
        assert_eq!(status(check), wanted, "{check}");
    }
}

#[test]
fn saved_triage_of_0_1_0_with_locks_is_evaluated() {
    let (json, status) = triage("locked");
    assert_eq!(json["context"]["database"], "ada@db.example:5432/queue");
    let read = ["dlq.inflow", "dlq.trend", "cross.queue_length", "db.locks", "db.transactions"];
    assert_eq!(read.map(status), ["critical", "critical", "warning", "ok", "ok"]);
    // A session that waits for one second is OK with the default thresholds and a finding with lower ones.
    let limits = "[context.now.thresholds]\nlock_wait = { warning = 1, critical = false }\n\
                  transaction_age = { warning = 1, critical = false }\n";
    let words = ["triage", "--from", "seen.json", "-o", "json", "-c", "now"];
    let cli = Cli::new(words).file("seen.json", stored("triage/locked.json"));
    let json = cli.file("cliplyctl.toml", limits).run().expect_code(2).json();
    for id in ["db.locks", "db.transactions"] {
        let check = array(&json, "/checks").iter().find(|check| check["id"] == id).unwrap();
        assert_eq!(check["status"], "warning", "{check:#}");
    }
}

#[test]
fn saved_triage_of_0_1_0_without_answers_is_evaluated() {
    let (json, status) = triage("unreachable");
    assert_eq!(json["diagnosis"]["section"], "3.1");
    let read = ["app.up", "db.reachable", "queue.oldest_due", "access.jobs"].map(status);
    assert_eq!(read, ["critical", "unknown", "skipped", "skipped"]);
}

/// A run with the configuration of 0.1.0, whose production database is this one.
fn configured(words: &[&str], database: &Database) -> Cli {
    let cli = Cli::new(words);
    let from = fixtures::path(&format!("{V0_1_0}/config/cliplyctl"));
    copy(&from, &cli.home().join(".config/cliplyctl"), ("", ""));
    cli.file("staging-admin-token", "not-a-secret\n")
        .env("PROD_DATABASE_URL", database.url())
        .env("PROD_ADMIN_TOKEN", "not-a-secret")
        .env("PROD_EDGE", "edge-1")
}

/// The output of `config show` as lines `name value`.
fn shown(output: &Output) -> Vec<String> {
    let json = output.json();
    let word = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let line = |row: &Value| format!("{} {}", word(row, "name"), word(row, "value"));
    array(&json, "/data").iter().map(line).collect()
}

#[test]
fn configuration_of_0_1_0_is_accepted() {
    let database = Database::with_variant("main");
    let check = configured(&["config", "check"], &database).run().expect_code(0);
    let said = format!("{}{}", check.stdout, check.stderr);
    assert!(said.contains("http://app.example") && !said.contains("warning"), "{said}");
    let mut cli = configured(&["config", "show", "-o", "json"], &database);
    let prod = shown(&cli.run().expect_code(0));
    for line in [
        "context prod",
        "base_url http://app.example",
        "admin_token ", // refused since: it would be sent without TLS
        "headers.X-Edge ***",
        "headers.X-Team ***",
        "headers.X-Zone ***",
        "protected true",
        "read_only false",
        "timeout 20s",
        "oldest_job_age_unit s",
        "runbook_url https://wiki.example/runbook",
        "thresholds.due warning ≥ 40, critical ≥ 100",
        "thresholds.oldest_due warning ≥ 45s, critical ≥ 4m",
        "thresholds.running no threshold",
        "thresholds.stuck warning ≥ 1",
        "thresholds.heartbeat_age warning ≥ 4m, critical ≥ 9m",
        "thresholds.dead warning ≥ 20, critical ≥ 80",
        "thresholds.dead_inflow warning ≥ 8 jobs/h, critical ≥ 50 jobs/h",
        "thresholds.dead_trend warning ≥ 8.5 jobs/h, critical ≥ 40 jobs/h",
        "thresholds.failures warning ≥ 40 failures/h, critical ≥ 200 failures/h",
        "thresholds.transaction_age warning ≥ 4m, critical ≥ 1h",
        "thresholds.lock_wait warning ≥ 4s, critical ≥ 25s",
        "thresholds.dead_rows warning ≥ 35%, critical ≥ 70%",
        "thresholds.connections warning ≥ 70%, critical ≥ 90%",
        "thresholds.replay_lag warning ≥ 30s, critical ≥ 2m",
        "thresholds.queue_gap warning ≥ 12",
        "thresholds.health_latency warning ≥ 1500 ms, critical ≥ 5000 ms",
        "thresholds.stuck_after 8m",
    ] {
        assert!(prod.iter().any(|shown| shown == line), "{line}: {prod:#?}");
    }
    for (context, lines) in [
        (
            "staging",
            &[
                "base_url http://staging.example",
                "database ada@db.example:5432/cliply_staging",
                "admin_token ", // refused since: it would be sent without TLS
                "read_only true",
                "oldest_job_age_unit ms",
            ][..],
        ),
        ("plain", &["base_url http://plain.example", "database ada@db.example:5432/cliply"][..]),
    ] {
        let words = ["config", "show", "-o", "json", "-c", context];
        let shown = shown(&configured(&words, &database).run().expect_code(0));
        for line in lines {
            assert!(shown.iter().any(|shown| shown == line), "{context}: {line}: {shown:#?}");
        }
    }
}

#[test]
fn advice_of_0_1_0_precedes_the_built_in_advice() {
    let database = Database::with_variant("main");
    let messages =
        ["render farm is down", "no such object a/b", "cache miss", "no space left on it"];
    for (n, message) in messages.iter().enumerate() {
        database.execute(&format!(
            "INSERT INTO jobs (workspace_id, kind, state, attempts, last_error, priority)
             VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 'CLIP_RENDER', 'dead_letter', 5, '{message}', {n})"
        ));
    }
    let json = configured(&["dlq", "groups", "-o", "json"], &database).run().expect_code(0).json();
    let groups = array(&json, "/data/groups");
    for (message, class, retry, text) in [
        (messages[0], "external_service", "after_fix", "Call the render farm's desk."),
        (messages[1], "bad_input", "no", "The upload was deleted: tell the workspace."),
        (messages[2], "internal_error", "yes", "It passes by itself."),
        (messages[3], "resources", "after_fix", "Free the scratch disk."),
    ] {
        let start = &message[..8];
        let advice = groups
            .iter()
            .find(|group| group["cause"].as_str().unwrap().starts_with(start))
            .map(|group| &group["advice"]);
        let wanted = serde_json::json!({"category": class, "safe_to_retry": retry, "text": text});
        assert_eq!(advice, Some(&wanted), "{json:#}");
    }
}

#[test]
fn env_table_of_0_1_0_defines_profiles_and_fallbacks() {
    let database = Database::with_variant("main");
    let schema = "import { z } from \"zod\";\nexport const EnvSchema = z.object({\n  \
                  DATABASE_URL: z.string().min(1),\n  CLIP_BUCKET: z.string().min(1),\n  \
                  NEXT_PUBLIC_SUPABASE_URL: z.string().url(),\n  \
                  SUPABASE_SERVICE_ROLE_KEY: z.string().optional(),\n});\n";
    let template = "DATABASE_URL=postgres://localhost/app\nCLIP_BUCKET=clips\n\
                    NEXT_PUBLIC_SUPABASE_URL=https://a.example\n# SUPABASE_SERVICE_ROLE_KEY=\n";
    let values = "DATABASE_URL=postgres://localhost/app\nLEGACY_CLIP_BUCKET=clips\n\
                  NEXT_PUBLIC_SUPABASE_URL=https://a.example\n";
    let check = |profile: &str| {
        let words = ["env", "check", "--values", "values", "--profile", profile, "-o", "json"];
        let cli = configured(&words, &database);
        let cli = cli.file("packages/shared/src/env.ts", schema).file(".env.example", template);
        cli.file("values", values).run()
    };
    check("web").expect_code(0);
    let json = check("worker").expect_code(2).json();
    let subjects: Vec<_> = array(&json, "/findings").iter().map(|f| &f["subject"]).collect();
    assert_eq!(subjects, ["SUPABASE_SERVICE_ROLE_KEY"]);
}

#[test]
fn dotenv_of_0_1_0_is_read() {
    let cli = Cli::new(["config", "show", "-o", "json"]).env("USER", "oncall");
    let cli = cli.file(".env", stored("project/dotenv"));
    let mut cli = cli.file("services", stored("project/services"));
    let lines = shown(&cli.run().expect_code(0));
    for line in [
        "base_url http://app.example",
        "database ada@db.example:5434/cliply",
        "database.password ***",
        "database.sslmode disable",
        "admin_token ", // refused since: it would be sent without TLS
        "headers.X-Team ***",
    ] {
        assert!(lines.iter().any(|shown| shown == line), "{line}: {lines:#?}");
    }
}

#[test]
fn demo_file_of_0_1_0_without_its_demo_is_refused() {
    // It names the directory of an ended demo: 78, no demo is running.
    let output = with_records(&["queue", "-c", "demo"]).run().expect_code(78);
    assert!(output.stderr.contains("no demo is running"), "{output:#?}");
    // It does not affect other configurations.
    with_records(&["config", "show"]).run().expect_code(0);
}

/// Runs `rls audit` with a contract of 0.1.0.
fn audit(contract: &str, database: &Database) -> Output {
    let words = ["rls", "audit", "-o", "json", "--timeout", "60s", "--contract", "access.toml"];
    let cli = Cli::new(words).file("access.toml", stored(&format!("rls/{contract}.toml")));
    cli.env("DATABASE_URL", database.url()).run()
}

/// The database of the contracts.
fn declared() -> Database {
    let database = clean();
    database.execute(&stored("databases/access.sql"));
    database
}

#[test]
fn contract_of_0_1_0_is_audited() {
    let database = declared();
    let output = audit("contract", &database).expect_code(2);
    // The table without row security is not in the written contract.
    assert_eq!(findings(&output), ["rls.off critical public.plan_limits"]);
    assert_eq!(array(&output.json(), "/data/declared").len(), 6);
    database.execute("ALTER TABLE idempotency_keys NO FORCE ROW LEVEL SECURITY");
    database.execute("GRANT UPDATE ON notes TO authenticated");
    let found = findings(&audit("contract", &database).expect_code(2));
    for subject in ["public.idempotency_keys", "public.notes"] {
        assert!(found.iter().any(|finding| finding.ends_with(subject)), "{subject}: {found:?}");
    }
}

#[test]
fn reviewed_contract_of_0_1_0_is_enforced() {
    let database = declared();
    let output = audit("contract-reviewed", &database).expect_code(0);
    assert_eq!(findings(&output), Vec::<String>::new());
    let json = output.json();
    let tried = (json["data"]["reads"].as_u64(), json["data"]["helper_calls"].as_u64());
    assert!(tried.0 > Some(15) && tried.1 > Some(0), "rules are tried on rows: {tried:?}");
    database.execute("ALTER POLICY notes_member ON notes USING (true)");
    database.execute("DROP POLICY notes_not_archived ON notes");
    let found = findings(&audit("contract-reviewed", &database).expect_code(2));
    assert!(found.iter().all(|finding| finding.ends_with(" public.notes")), "{found:?}");
    assert!(found.len() >= 2, "{found:?}");
}

/// Runs `rls diff` on two reports of 0.1.0.
fn diff(old: &str, new: &str) -> Output {
    let cli = Cli::new(["rls", "diff", "old.json", "new.json", "-o", "json"]);
    let cli = cli.file("old.json", stored(&format!("rls/{old}.json")));
    cli.file("new.json", stored(&format!("rls/{new}.json"))).run()
}

#[test]
fn access_reports_of_0_1_0_are_compared() {
    let closed = diff("matrix-before", "matrix-after").expect_code(1);
    assert_eq!(findings(&closed), ["rls.vanished warning public.jobs anon SELECT"]);
    let opened = diff("matrix-after", "matrix-before").expect_code(2);
    assert_eq!(findings(&opened), ["rls.appeared critical public.jobs anon SELECT"]);
    let mended = diff("audit-before", "audit-after").expect_code(0);
    assert_eq!(findings(&mended), Vec::<String>::new());
    let broken = diff("audit-after", "audit-before").expect_code(2);
    assert_eq!(findings(&broken), ["rls.appeared critical public.jobs"]);
    diff("audit-before", "matrix-after").expect_code(64);
}

/// Adds the new name of a key where a report has the old one.
fn add_new_names(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(add_new_names);
            for (old, new) in
                [("severity", "status"), ("declared", "expected"), ("predicted", "computed")]
            {
                if let (Some(value), false) = (fields.get(old).cloned(), fields.contains_key(new)) {
                    fields.insert(new.to_owned(), value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(add_new_names),
        _ => {}
    }
}

#[test]
fn access_report_with_old_and_new_names_is_read() {
    for (old, new, code) in
        [("matrix-after", "matrix-before", 2), ("audit-after", "audit-before", 2)]
    {
        let both = |name: &str| {
            let mut report = serde_json::from_str(&stored(&format!("rls/{name}.json"))).unwrap();
            add_new_names(&mut report);
            report.to_string()
        };
        let diff = |old: String, new: String| {
            let cli = Cli::new(["rls", "diff", "old.json", "new.json", "-o", "json"]);
            findings(&cli.file("old.json", old).file("new.json", new).run().expect_code(code))
        };
        let only_old = diff(stored(&format!("rls/{old}.json")), stored(&format!("rls/{new}.json")));
        assert!(!only_old.is_empty());
        assert_eq!(diff(both(old), both(new)), only_old, "{old} {new}");
    }
}
