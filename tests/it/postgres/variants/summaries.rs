//! Compares the commands that include the figures of others.

use serde_json::Value;

use super::compare::{Comparison, joined, plain, value};
use crate::support::cli::Cli;

impl Comparison<'_> {
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
            ("claimed", Some(truth.claimed.to_owned())),
            ("stuck", self.stuck()),
            ("failed", truth.failed.map(str::to_owned)),
            ("dead", truth.dead.map(str::to_owned)),
            ("dead_lettered_last_hour", truth.dead.map(|dead| self.dead_within(dead, "1 hour"))),
        ] {
            let expected = condition.map(|condition| self.count(&condition).to_string());
            self.equal(&format!("record {name}"), metric(name), expected.unwrap_or_default());
        }
    }
}

/// Name and total of a row of the last hour.
fn events(row: &Value) -> String {
    let counts = row["counts"].as_array().into_iter().flatten().filter_map(Value::as_i64);
    format!("{} {}", plain(&row["event"]), counts.sum::<i64>())
}

fn text(number: Option<f64>) -> String {
    number.map_or_else(|| "none".to_owned(), |number| number.to_string())
}
