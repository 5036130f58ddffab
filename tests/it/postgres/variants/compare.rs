//! Compares the figures of a report with the SQL of a variant, and collects the differences.

use serde_json::Value;

use super::definitions::{Truth, Variant};
use crate::support::cli::Cli;
use crate::support::postgres::{Database, Session};

/// A variant with its rows, and the differences that were found.
pub struct Comparison<'a> {
    variant: &'a Variant,
    truth: &'a Truth,
    database: &'a Database,
    session: Session,
    differences: Vec<String>,
}

const STUCK_AFTER: &str = "interval '10 min'";

impl<'a> Comparison<'a> {
    pub fn new(variant: &'a Variant, database: &'a Database) -> Comparison<'a> {
        Comparison {
            variant,
            truth: &variant.truth,
            database,
            session: database.session(),
            differences: Vec::new(),
        }
    }

    pub fn differences(self) -> Vec<String> {
        self.differences
    }

    pub fn run(&self, args: &[&str]) -> Value {
        Cli::new(args).env("DATABASE_URL", self.database.url()).run().json()
    }

    pub fn equal(&mut self, what: &str, reported: impl ToString, expected: impl ToString) {
        let (reported, expected) = (reported.to_string(), expected.to_string());
        if reported != expected {
            let name = self.variant.name;
            self.differences.push(format!("{name}: {what}: {reported} instead of {expected}"));
        }
    }

    /// The status of a report about a queue with faults.
    pub fn not_ok(&mut self, what: &str, json: &Value) {
        self.equal(&format!("{what}: is OK"), json["exit_code"] == 0, false);
    }

    /// The number of jobs, for a role that the variant has.
    fn count(&self, condition: &str) -> u64 {
        let sql = format!("select count(*) from jobs where {condition}");
        self.session.value(&sql).parse().expect("a number")
    }

    fn ids(&self, condition: &str, order: &str) -> Vec<String> {
        let sql = format!("select id::text from jobs where {condition} order by {order}");
        self.session.rows(&sql).into_iter().map(|row| row[0].clone().expect("an id")).collect()
    }

    /// A value that grows with time: the report was written between two readings of it.
    fn age(&mut self, what: &str, reported: &Value, before: Option<f64>, sql: &str) {
        let after = self.seconds(sql);
        let is_between = match (before, after, reported.as_f64()) {
            (Some(before), Some(after), Some(age)) => (before - 1.0..=after + 1.0).contains(&age),
            (before, after, reported) => (before, after, reported) == (None, None, None),
        };
        if !is_between {
            let range = format!("a value from {before:?} to {after:?}");
            self.equal(what, reported, range);
        }
    }

    fn seconds(&self, sql: &str) -> Option<f64> {
        self.session.value(sql).parse().ok()
    }

    fn due(&self) -> String {
        format!("{} and coalesce({} <= now(), true)", self.truth.queued, self.truth.due_at)
    }

    fn scheduled(&self) -> String {
        format!("{} and {} > now()", self.truth.queued, self.truth.due_at)
    }

    fn stuck(&self) -> Option<String> {
        let last_sign = self.truth.last_sign?;
        let claimed = self.truth.claimed;
        Some(format!("{claimed} and coalesce({last_sign} < now() - {STUCK_AFTER}, true)"))
    }

    fn oldest_due(&self) -> String {
        let Truth { due_at, .. } = self.truth;
        format!("select extract(epoch from now() - min({due_at})) from jobs where {}", self.due())
    }

    /// `data` of `queue`, just read.
    pub fn queue(&mut self, what: &str, data: &Value) {
        let oldest_due = self.oldest_due();
        let truth = self.truth;
        let figures = [
            ("due", Some(self.due())),
            ("scheduled", Some(self.scheduled())),
            ("in_progress", Some(truth.claimed.to_owned())),
            ("failed", truth.failed.map(str::to_owned)),
            ("dead", truth.dead.map(str::to_owned)),
            ("canceled", truth.canceled.map(str::to_owned)),
            ("stuck", self.stuck()),
            ("died_last_hour", truth.dead.map(|dead| self.dead_within(dead, "1 hour"))),
        ];
        for (key, condition) in figures {
            let expected = condition.map_or(Value::Null, |condition| self.count(&condition).into());
            self.equal(&format!("{what} {key}"), value(&data[key]), expected);
        }
        self.equal(&format!("{what} unknown_state"), value(&data["unknown_state"]), 0);
        // The command has just run, so its clock is at most a few seconds older.
        let age = data["oldest_due_age"].as_f64();
        self.age(
            &format!("{what} oldest due"),
            &data["oldest_due_age"],
            age.map(|_| 0.0),
            &oldest_due,
        );
        self.by_kind(what, data);
        self.workers(what, data);
    }

    /// Condition for dead letters of the last hours or minutes.
    fn dead_within(&self, dead: &str, time: &str) -> String {
        format!("{dead} and {} > now() - interval '{time}'", self.truth.dead_since)
    }

    fn by_kind(&mut self, what: &str, data: &Value) {
        let Truth { claimed, failed, dead, finished, kind, .. } = self.truth;
        let of = |condition: Option<&str>| match condition {
            Some(condition) => format!("count(*) filter (where {condition})"),
            None => "0".to_owned(),
        };
        let sql = format!(
            "select {kind}, {}, {}, {}, {}, {} from jobs where not ({finished}) group by 1",
            of(Some(&self.due())),
            of(Some(&self.scheduled())),
            of(Some(claimed)),
            of(*failed),
            of(*dead),
        );
        let mut expected: Vec<String> = self.session.rows(&sql).into_iter().map(joined).collect();
        let kinds = data["by_kind"].as_array().into_iter().flatten();
        let keys = ["due", "scheduled", "in_progress", "failed", "dead"];
        let mut reported: Vec<String> = kinds
            .map(|row| {
                let figures: Vec<_> = keys.iter().map(|key| row[key].to_string()).collect();
                format!("{} {}", row["kind"].as_str().unwrap_or("?"), figures.join(" "))
            })
            .collect();
        expected.sort();
        reported.sort();
        self.equal(&format!("{what} by kind"), reported.join("; "), expected.join("; "));
    }

    fn workers(&mut self, what: &str, data: &Value) {
        let Truth { claimed, last_sign, worker, .. } = self.truth;
        let Some(last_sign) = last_sign else {
            self.equal(&format!("{what} workers"), &data["workers"], "null");
            return;
        };
        let sql = format!(
            "select count(distinct {}) from jobs where {claimed} and {last_sign} > now() - interval '5 min'",
            worker.expect("a worker sends the heartbeats")
        );
        let expected = self.session.value(&sql);
        self.equal(&format!("{what} workers"), value(&data["workers"]), expected);
        let youngest = format!(
            "select extract(epoch from now() - max({last_sign})) from jobs where {claimed}"
        );
        let age = data["last_beat_age"].as_f64();
        self.age(
            &format!("{what} last heartbeat"),
            &data["last_beat_age"],
            age.map(|_| 0.0),
            &youngest,
        );
    }

    /// `jobs list` of every state.
    pub fn job_lists(&mut self) {
        let truth = self.truth;
        let states = [
            ("due", Some(self.due())),
            ("scheduled", Some(self.scheduled())),
            ("running", Some(truth.claimed.to_owned())),
            ("stuck", self.stuck()),
            ("failed", truth.failed.map(str::to_owned)),
            ("finished", Some(truth.finished.to_owned())),
            ("dead", truth.dead.map(str::to_owned)),
            ("canceled", truth.canceled.map(str::to_owned)),
            ("unknown", Some("false".to_owned())),
        ];
        for (state, condition) in states {
            let args = ["jobs", "list", "--state", state, "--limit", "1000", "-o", "json"];
            let json = self.run(&args);
            let what = format!("jobs list --state {state}");
            let Some(condition) = condition else {
                self.equal(&format!("{what} exit code"), &json["exit_code"], 3);
                continue;
            };
            let mut listed = strings(&json["data"]["jobs"], "id");
            let mut expected = self.ids(&condition, "1");
            listed.sort();
            expected.sort();
            self.equal(&what, listed.join(" "), expected.join(" "));
            self.listed_details(&what, &json);
        }
    }

    /// Worker and attempts of listed jobs.
    fn listed_details(&mut self, what: &str, json: &Value) {
        for job in json["data"]["jobs"].as_array().into_iter().flatten() {
            let id = job["id"].as_str().expect("an id");
            let sql = format!(
                "select coalesce({}::text, 'null'), attempts, max_attempts, {} from jobs where id = '{id}'",
                self.truth.worker.unwrap_or("null"),
                self.truth.kind,
            );
            let expected = joined(self.session.rows(&sql).remove(0));
            let keys = ["worker", "attempts", "max_attempts", "kind"];
            let reported: Vec<_> = keys.iter().map(|key| plain(&job[key])).collect();
            self.equal(&format!("{what} {id}"), reported.join(" "), expected);
        }
    }

    /// `jobs show` of one job of each role.
    pub fn shown_jobs(&mut self) {
        let truth = self.truth;
        let running = match self.stuck() {
            Some(stuck) => format!("{} and not ({stuck})", truth.claimed),
            None => truth.claimed.to_owned(),
        };
        let roles = [
            ("queued_too_long", Some(self.due())),
            ("scheduled", Some(self.scheduled())),
            ("running", Some(running)),
            ("stuck", self.stuck()),
            ("finished", Some(truth.finished.to_owned())),
            ("failed", truth.failed.map(str::to_owned)),
            ("dead", truth.dead.map(str::to_owned)),
            ("canceled", truth.canceled.map(str::to_owned)),
        ];
        for (label, condition) in roles {
            let Some(condition) = condition else { continue };
            let Some(id) = self.ids(&condition, "created_at, id").first().cloned() else {
                continue;
            };
            self.shown_job(label, &id);
        }
    }

    fn shown_job(&mut self, label: &str, id: &str) {
        let truth = self.truth;
        let json = self.run(&["jobs", "show", id, "-o", "json"]);
        let data = &json["data"];
        let what = |key: &str| format!("jobs show of a job that is {label}: {key}");
        if label != "failed" {
            self.equal(&what("meaning"), plain(&data["meaning"]), label);
        }
        if label == "failed" {
            self.is_retried(id);
        }
        let state = self.variant.schema.state;
        for (key, expression) in [
            ("state", format!("{state}::text")),
            ("kind", truth.kind.to_owned()),
            ("workspace_id", "workspace_id::text".to_owned()),
            ("max_attempts", "max_attempts".to_owned()),
            ("locked_by", truth.worker.unwrap_or("null").to_owned()),
            (
                "last_error",
                if self.variant.schema.last_error { "last_error" } else { "null" }.to_owned(),
            ),
        ] {
            let sql = format!("select {expression} from jobs where id = '{id}'");
            let expected = self.session.rows(&sql).remove(0).remove(0);
            self.equal(&what(key), plain(&data[key]), expected.unwrap_or("null".to_owned()));
        }
        for (key, time) in [
            ("due_age", truth.due_at),
            ("last_sign_of_life_age", truth.last_sign.unwrap_or("null::timestamptz")),
            ("created_age", "created_at"),
            ("updated_age", "updated_at"),
        ] {
            let sql =
                format!("select extract(epoch from now() - {time}) from jobs where id = '{id}'");
            let before = self.seconds(&sql).map(|age| age - 5.0);
            self.age(&what(key), &data[key], before, &sql);
        }
        if self.variant.schema.events.is_some() {
            let sql = format!("select count(*) from job_events where job_id = '{id}'");
            let events = data["events"].as_array().map_or(0, Vec::len);
            self.equal(&what("events"), events, self.session.value(&sql));
        }
    }

    /// Whether `jobs show` says of a failed job that it is tried again.
    fn is_retried(&mut self, id: &str) {
        let mut cli = Cli::new(["jobs", "show", id]).env("DATABASE_URL", self.database.url());
        let text = cli.run().stdout.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let retried =
            says(&["tried again", "retried", "claimed again", "next attempt", "retrying"]);
        let given_up = says(&["given up", "no worker", "nobody", "never"]);
        let expected = self.truth.failed_is_retried;
        self.equal("jobs show: a failed job is tried again", retried, expected);
        // A report may leave it open, but not say the opposite.
        self.equal("jobs show: a retried job is given up", given_up && expected, false);
    }

    /// `dlq list`.
    pub fn dead_letters(&mut self) {
        let json = self.run(&["dlq", "list", "--limit", "1000", "-o", "json"]);
        let Truth { dead, error, dead_since, kind, .. } = self.truth;
        let Some(dead) = dead else {
            self.equal("dlq list exit code", &json["exit_code"], 3);
            return;
        };
        let data = &json["data"];
        self.equal("dlq list total", value(&data["total"]), self.count(dead));
        let expected = self.ids(dead, "updated_at desc, id desc");
        self.equal("dlq list", strings(&data["jobs"], "id").join(" "), expected.join(" "));
        for job in data["jobs"].as_array().into_iter().flatten() {
            let id = job["id"].as_str().expect("an id");
            let sql = format!(
                "select {kind}, workspace_id, attempts, max_attempts, {error} from jobs where id = '{id}'"
            );
            let keys = ["kind", "workspace_id", "attempts", "max_attempts", "error"];
            let reported: Vec<_> = keys.iter().map(|key| plain(&job[key])).collect();
            let expected = joined(self.session.rows(&sql).remove(0));
            self.equal(&format!("dlq list {id}"), reported.join(" "), expected);
            let died = plain(&job["died_at"]);
            let is_same = format!(
                "select abs(extract(epoch from {dead_since} - '{died}'::timestamptz)) < 0.001 from jobs where id = '{id}'"
            );
            let expected = format!("select {dead_since} from jobs where id = '{id}'");
            if self.session.value(&is_same) != "t" {
                self.equal(&format!("dlq list {id} died_at"), died, self.session.value(&expected));
            }
        }
    }

    /// `dlq groups`: number, times and workspaces by kind and first word of the error.
    pub fn groups(&mut self) {
        let json = self.run(&["dlq", "groups", "-o", "json"]);
        let Truth { dead, error, dead_since, kind, .. } = self.truth;
        let Some(dead) = dead else {
            self.equal("dlq groups exit code", &json["exit_code"], 3);
            return;
        };
        let data = &json["data"];
        self.equal("dlq groups read", &data["read"], self.count(dead));
        let time = |function: &str| {
            format!(
                "to_char({function}({dead_since}) at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS')"
            )
        };
        let sql = format!(
            "select {kind}, left({error}, 4), count(*), {}, {},
                    count(*) filter (where {dead_since} > now() - interval '15 min'), count(distinct workspace_id)
               from jobs where {dead} group by 1, 2",
            time("min"),
            time("max"),
        );
        let mut expected: Vec<_> = self.session.rows(&sql).into_iter().map(joined).collect();
        let groups = data["groups"].as_array().into_iter().flatten();
        let start = |text: &Value, n| plain(text).chars().take(n).collect::<String>();
        let mut reported: Vec<_> = groups
            .map(|group| {
                format!(
                    "{} {} {} {} {} {} {}",
                    plain(&group["kind"]),
                    start(&group["template"], 4),
                    group["count"],
                    start(&group["first_died_at"], 19),
                    start(&group["last_died_at"], 19),
                    group["died_last_15m"],
                    group["workspaces"],
                )
            })
            .collect();
        expected.sort();
        reported.sort();
        self.equal("dlq groups", reported.join("; "), expected.join("; "));
    }

    /// `jobs rescue --dry-run`.
    pub fn rescue(&mut self) {
        let json = self.run(&["jobs", "rescue", "--dry-run", "-o", "json"]);
        let Truth { claimed, last_sign, last_attempt, dead, worker, .. } = self.truth;
        let Some(last_sign) = last_sign else {
            self.equal("jobs rescue exit code", json["exit_code"] == 0, false);
            return;
        };
        let data = &json["data"];
        let stuck = format!("{claimed} and {last_sign} < now() - {STUCK_AFTER}");
        self.equal("jobs rescue: silent", &data["silent"], self.count(&stuck));
        self.equal("jobs rescue: never_beat", &data["never_beat"], 0);
        let given_up = if dead.is_some() { "dies" } else { "left" };
        let sql = format!(
            "select id, {}, case when {last_attempt} then '{given_up}' else 'waits' end from jobs where {stuck}",
            worker.expect("a worker sends the heartbeats")
        );
        let mut expected: Vec<_> = self.session.rows(&sql).into_iter().map(joined).collect();
        let jobs = data["jobs"].as_array().into_iter().flatten();
        let mut reported: Vec<_> = jobs
            .map(|job| ["id", "worker", "becomes"].map(|key| plain(&job[key])).join(" "))
            .collect();
        expected.sort();
        reported.sort();
        self.equal("jobs rescue", reported.join("; "), expected.join("; "));
    }

    /// The figures of the checks in `triage`.
    pub fn triage(&mut self, app: &str) {
        let mut cli = Cli::new(["triage", "-o", "json"])
            .env("DATABASE_URL", self.database.url())
            .env("CLIPLY_BASE_URL", app);
        let json = cli.run().json();
        let truth = self.truth;
        let checks = json["checks"].as_array().cloned().unwrap_or_default();
        let observed = |id: &str| {
            let check = checks.iter().find(|check| check["id"] == id);
            check.map_or(Value::Null, |check| check["observed"]["value"].clone())
        };
        for (id, condition) in [
            ("queue.backlog", Some(self.due())),
            ("queue.running", Some(truth.claimed.to_owned())),
            ("queue.stuck", self.stuck()),
            ("dlq.size", truth.dead.map(str::to_owned)),
            ("dlq.inflow", truth.dead.map(|dead| self.dead_within(dead, "1 hour"))),
        ] {
            let expected = condition.map(|condition| self.count(&condition) as f64);
            let reported = observed(id).as_f64();
            self.equal(&format!("triage {id}"), text(reported), text(expected));
        }
        let oldest_due = self.oldest_due();
        self.age("triage queue.oldest_due", &observed("queue.oldest_due"), Some(0.0), &oldest_due);
    }

    /// The figures in `handoff`.
    pub fn handoff(&mut self, app: &str) {
        let mut cli = Cli::new(["handoff", "-o", "json"])
            .env("DATABASE_URL", self.database.url())
            .env("CLIPLY_BASE_URL", app);
        let json = cli.run().json();
        let parts = &json["data"]["parts"];
        self.queue("handoff queue", &parts["queue"]);
        if let Some(dead) = self.truth.dead {
            self.equal("handoff groups read", &parts["groups"]["read"], self.count(dead));
            self.equal(
                "handoff samples total",
                value(&parts["samples"]["total"]),
                self.count(dead),
            );
        }
        let last_hour = &json["data"]["last_hour"];
        let Some(stage) = self.truth.events else {
            self.equal("handoff last_hour", last_hour, "null");
            return;
        };
        let sql = format!(
            "select {stage}, count(*) from job_events where created_at > now() - interval '1 hour' group by 1"
        );
        let mut expected: Vec<_> = self.session.rows(&sql).into_iter().map(joined).collect();
        let mut reported: Vec<_> = last_hour.as_array().into_iter().flatten().map(events).collect();
        expected.sort();
        reported.sort();
        self.equal("handoff last_hour", reported.join("; "), expected.join("; "));
    }

    /// The figures that `record` stores and `history` shows.
    pub fn record(&mut self) {
        let state = tempfile::tempdir().expect("a directory");
        let run = |args: &[&str]| {
            Cli::new(args)
                .env("DATABASE_URL", self.database.url())
                .env("XDG_STATE_HOME", state.path())
                .run()
        };
        run(&["record"]).expect_code(0);
        let output = run(&["history", "-o", "csv"]).expect_code(0);
        let mut lines = output.stdout.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let (names, values) = (lines.next().expect("names"), lines.next().expect("a snapshot"));
        let metric = |name: &str| {
            names
                .iter()
                .zip(values.iter())
                .find(|(n, _)| **n == name)
                .map_or("?", |(_, value)| value)
        };
        let truth = self.truth;
        for (name, condition) in [
            ("due", Some(self.due())),
            ("scheduled", Some(self.scheduled())),
            ("in_progress", Some(truth.claimed.to_owned())),
            ("stuck", self.stuck()),
            ("failed", truth.failed.map(str::to_owned)),
            ("dead", truth.dead.map(str::to_owned)),
            ("died_last_hour", truth.dead.map(|dead| self.dead_within(dead, "1 hour"))),
        ] {
            let expected = condition.map(|condition| self.count(&condition).to_string());
            self.equal(&format!("record {name}"), metric(name), expected.unwrap_or_default());
        }
    }
}

/// The value of a count, or null.
fn value(count: &Value) -> &Value {
    count.get("value").unwrap_or(&Value::Null)
}

/// A JSON value without quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn text(number: Option<f64>) -> String {
    number.map_or_else(|| "none".to_owned(), |number| number.to_string())
}

fn strings(rows: &Value, key: &str) -> Vec<String> {
    rows.as_array().into_iter().flatten().map(|row| plain(&row[key])).collect()
}

fn joined(row: Vec<Option<String>>) -> String {
    let cells: Vec<_> = row.into_iter().map(|cell| cell.unwrap_or("null".to_owned())).collect();
    cells.join(" ")
}

/// Name and total of a row of the last hour.
fn events(row: &Value) -> String {
    let counts = row["counts"].as_array().into_iter().flatten().filter_map(Value::as_i64);
    format!("{} {}", plain(&row["event"]), counts.sum::<i64>())
}
