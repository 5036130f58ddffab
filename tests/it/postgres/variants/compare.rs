//! Compares the figures of a report with the SQL of a variant, and collects the differences.

use serde_json::Value;

use super::definitions::{Truth, Variant};
use crate::support::cli::Cli;
use crate::support::postgres::{Database, Session};

/// A variant with its rows, and the differences that were found.
pub struct Comparison<'a> {
    pub variant: &'a Variant,
    pub truth: &'a Truth,
    pub database: &'a Database,
    pub session: Session,
    differences: Vec<String>,
}

/// Age of the heartbeat from which a job is stuck.
pub const STUCK_AFTER: &str = "interval '10 min'";

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
    pub fn count(&self, condition: &str) -> u64 {
        let sql = format!("select count(*) from jobs where {condition}");
        self.session.value(&sql).parse().expect("a number")
    }

    pub fn ids(&self, condition: &str, order: &str) -> Vec<String> {
        let sql = format!("select id::text from jobs where {condition} order by {order}");
        self.session.rows(&sql).into_iter().map(|row| row[0].clone().expect("an id")).collect()
    }

    /// A value that grows with time: the report was written between two readings of it.
    pub fn age(&mut self, what: &str, reported: &Value, before: Option<f64>, sql: &str) {
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

    pub fn seconds(&self, sql: &str) -> Option<f64> {
        self.session.value(sql).parse().ok()
    }

    pub fn due(&self) -> String {
        format!("{} and coalesce({} <= now(), true)", self.truth.queued, self.truth.due_at)
    }

    pub fn scheduled(&self) -> String {
        format!("{} and {} > now()", self.truth.queued, self.truth.due_at)
    }

    pub fn stuck(&self) -> Option<String> {
        let last_sign = self.truth.last_sign?;
        let claimed = self.truth.claimed;
        Some(format!("{claimed} and coalesce({last_sign} < now() - {STUCK_AFTER}, true)"))
    }

    /// Claimed and not stuck; without heartbeats and locks all claimed jobs.
    pub fn running(&self) -> String {
        match self.stuck() {
            Some(stuck) => format!("{} and not ({stuck})", self.truth.claimed),
            None => self.truth.claimed.to_owned(),
        }
    }

    pub fn oldest_due(&self) -> String {
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
            ("claimed", Some(truth.claimed.to_owned())),
            ("failed", truth.failed.map(str::to_owned)),
            ("dead", truth.dead.map(str::to_owned)),
            ("canceled", truth.canceled.map(str::to_owned)),
            ("stuck", self.stuck()),
            ("dead_lettered_last_hour", truth.dead.map(|dead| self.dead_within(dead, "1 hour"))),
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
    pub fn dead_within(&self, dead: &str, time: &str) -> String {
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
        let keys = ["due", "scheduled", "claimed", "failed", "dead"];
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
        // The time of a claim is no heartbeat.
        let Some(last_sign) = last_sign.filter(|sign| sign.contains("heartbeat")) else {
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
        let age = data["heartbeat_age_seconds"].as_f64();
        self.age(
            &format!("{what} last heartbeat"),
            &data["heartbeat_age_seconds"],
            age.map(|_| 0.0),
            &youngest,
        );
    }
}

/// The value of a count, or null.
pub fn value(count: &Value) -> &Value {
    count.get("value").unwrap_or(&Value::Null)
}

/// A JSON value without quotes.
pub fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub fn strings(rows: &Value, key: &str) -> Vec<String> {
    rows.as_array().into_iter().flatten().map(|row| plain(&row[key])).collect()
}

pub fn joined(row: Vec<Option<String>>) -> String {
    let cells: Vec<_> = row.into_iter().map(|cell| cell.unwrap_or("null".to_owned())).collect();
    cells.join(" ")
}
