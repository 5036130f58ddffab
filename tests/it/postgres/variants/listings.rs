//! Compares the commands that list jobs, one by one or in groups.

use serde_json::Value;

use super::compare::{Comparison, STUCK_AFTER, joined, plain, strings, value};
use super::definitions::Truth;
use crate::support::cli::Cli;

impl Comparison<'_> {
    /// `jobs list` of every state.
    pub fn job_lists(&mut self) {
        let truth = self.truth;
        let states = [
            ("due", Some(self.due())),
            ("scheduled", Some(self.scheduled())),
            ("running", Some(self.running())),
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
        let roles = [
            ("queued_too_long", Some(self.due())),
            ("scheduled", Some(self.scheduled())),
            ("running", Some(self.running())),
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
            ("due_age_seconds", truth.due_at),
            ("heartbeat_age_seconds", truth.last_sign.unwrap_or("null::timestamptz")),
            ("created_age_seconds", "created_at"),
            ("updated_age_seconds", "updated_at"),
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
            // No function claims its failed jobs: they are listed instead.
            self.equal("dlq list exit code", &json["exit_code"], 0);
            let precision = plain(&json["data"]["total"]["precision"]);
            self.equal("dlq list total", precision, "not_counted");
            self.equal("dlq list given up", json["data"]["given_up"].is_null(), false);
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
            let died = plain(&job["dead_since"]);
            let is_same = format!(
                "select abs(extract(epoch from {dead_since} - '{died}'::timestamptz)) < 0.001 from jobs where id = '{id}'"
            );
            let expected = format!("select {dead_since} from jobs where id = '{id}'");
            if self.session.value(&is_same) != "t" {
                self.equal(
                    &format!("dlq list {id} dead_since"),
                    died,
                    self.session.value(&expected),
                );
            }
        }
    }

    /// `dlq groups`: number, times and workspaces by kind and first word of the error.
    pub fn groups(&mut self) {
        let json = self.run(&["dlq", "groups", "-o", "json"]);
        let Truth { dead, error, dead_since, kind, .. } = self.truth;
        let Some(dead) = dead else {
            self.equal("dlq groups exit code", &json["exit_code"], 0);
            self.equal("dlq groups given up", json["data"]["given_up"].is_null(), false);
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
                    start(&group["cause"], 4),
                    group["count"],
                    start(&group["first_dead_lettered_at"], 19),
                    start(&group["last_dead_lettered_at"], 19),
                    group["dead_lettered_last_15m"],
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
        self.equal("jobs rescue: stuck", &data["stuck"], self.count(&stuck));
        self.equal("jobs rescue: without_heartbeat", &data["without_heartbeat"], 0);
        let given_up = if dead.is_some() { "dead_letter" } else { "skipped" };
        let sql = format!(
            "select id, {}, case when {last_attempt} then '{given_up}' else 'queued' end from jobs where {stuck}",
            worker.expect("a worker sends the heartbeats")
        );
        let mut expected: Vec<_> = self.session.rows(&sql).into_iter().map(joined).collect();
        let jobs = data["jobs"].as_array().into_iter().flatten();
        let mut reported: Vec<_> = jobs
            .map(|job| ["id", "worker", "result"].map(|key| plain(&job[key])).join(" "))
            .collect();
        expected.sort();
        reported.sort();
        self.equal("jobs rescue", reported.join("; "), expected.join("; "));
    }
}
