//! Tables that cannot be counted within the time budget: that is no sign of trouble, an error is.

use serde_json::Value;

use super::{Installed, QUEUES};

/// Makes the table look large, so that it is counted within a budget.
fn large(installed: &Installed) {
    installed.db.execute(&format!(
        "update pg_class set reltuples = 5e6, relpages = 1 where oid = '{}'::regclass",
        installed.table()
    ));
}

/// The checks of the queue and of dead letters with this status.
fn with_status(report: &Value, status: &str) -> Vec<String> {
    let checks = report["checks"].as_array().unwrap().iter();
    let checks = checks.filter(|check| {
        let id = check["id"].as_str().unwrap();
        check["status"] == status && (id.starts_with("queue.") || id.starts_with("dlq."))
    });
    checks.map(|check| check["id"].as_str().unwrap().to_owned()).collect()
}

/// A table that the counts of a package read beside the jobs, and that nothing else reads.
const ALSO_READ: [(&str, &str); 5] = [
    ("graphile_worker", "graphile_worker._private_tasks"),
    ("procrastinate", "procrastinate_events"),
    ("solid_queue", "solid_queue_pauses"),
    ("que", "que_lockers"),
    ("good_job", "good_job_processes"),
];

#[test]
fn exhausted_budget_changes_no_status() {
    for (key, table) in ALSO_READ {
        let queue = QUEUES.into_iter().find(|queue| queue.key == key).unwrap();
        let installed = queue.installed();
        large(&installed);
        // A lock that no scan gets within any budget.
        let lock = installed.db.session();
        lock.execute("begin");
        lock.execute(&format!("lock table {table} in access exclusive mode"));
        let json = installed.run(&["queue", "-o", "json"]).json();
        assert_eq!(with_status(&json, "unknown"), [""; 0], "{key} {json:#}");
        assert_eq!(json["exit_code"], 0, "{key} {json:#}");
        let text = installed.run(&["queue"]).stdout;
        assert!(text.starts_with("OK  "), "{key}\n{text}");
        let rows = text
            .lines()
            .filter(|line| line.contains("?") && line.contains("not counted: time limit"));
        assert!(rows.count() >= 4, "{key}\n{text}");
        for count in ["due", "scheduled", "claimed", "failed", "dead"] {
            assert_eq!(json["data"][count]["precision"], "not_counted", "{key} {json:#}");
        }
        let triage = installed.run(&["triage", "-o", "json"]).json();
        assert_eq!(with_status(&triage, "unknown"), [""; 0], "{key} {triage:#}");
        // Without the lock everything is counted, and judged.
        lock.execute("rollback");
        let json = installed.run(&["queue", "-o", "json"]).json();
        assert_eq!(json["data"]["due"]["value"], installed.count(queue.due), "{key}");
        assert_eq!(json["data"]["dead"]["value"], installed.count(queue.dead), "{key}");
        let small = queue.installed().run(&["queue", "-o", "json"]).json();
        assert_eq!(json["exit_code"], small["exit_code"], "{key}");
        assert_ne!(json["exit_code"], 0, "{key}");
    }
}

#[test]
fn missing_permission_is_unknown_in_a_large_table_too() {
    for queue in QUEUES {
        let installed = queue.installed();
        large(&installed);
        let role = format!("{}_none", installed.db.name());
        installed.db.execute(&format!("create role {role} login"));
        let output = installed.run_as(&installed.db.url_as(&role), &["queue"]);
        assert_eq!(output.code, 3, "{} {output:?}", queue.key);
        assert!(output.stderr.contains(queue.denied), "{} {output:?}", queue.key);
        installed.db.execute(&format!("drop role {role}"));
    }
}
