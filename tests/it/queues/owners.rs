//! What is said about claimed jobs: a claim is not called a heartbeat, and a job without a process or worker of its package
//! is said to have none. Lists, the view of one job and `queue` agree about which jobs are stuck.

use super::{QUEUES, RESCUED};

/// Packages whose processes or workers send heartbeats, and what these are called.
const OWNERS: [(&str, &str); 3] =
    [("procrastinate", "worker"), ("solid_queue", "process"), ("good_job", "process")];

/// The row of stuck jobs in a report of `queue`.
fn stuck_row(text: &str) -> &str {
    text.lines().find(|line| line.starts_with("stuck ")).unwrap_or_default()
}

#[test]
fn claim_is_not_called_a_heartbeat() {
    for queue in QUEUES {
        let installed = queue.installed();
        for state in ["running", "stuck"] {
            let list = installed.data(&["jobs", "list", "--state", state, "--limit", "1000"]);
            for job in list["jobs"].as_array().unwrap() {
                let id = job["id"].as_str().unwrap();
                let shown = installed.run(&["jobs", "show", id, "-o", "json"]).json();
                let label = format!("{} {state} {id} {job:#} {shown:#}", queue.key);
                let data = &shown["data"];
                assert_eq!(data["meaning"], state, "{label}");
                assert_eq!(data["heartbeat_source"], job["heartbeat_source"], "{label}");
                let text = installed.run(&["jobs", "show", id]).stdout;
                let has_heartbeat = job["heartbeat_source"] == "heartbeat";
                let says = text.contains("last heartbeat")
                    || text.contains("no heartbeat") && !text.contains("since its lock");
                assert_eq!(says, has_heartbeat, "{label}\n{text}");
                let is_ownerless = OWNERS.iter().any(|(key, _)| *key == queue.key)
                    && job["worker"].is_null()
                    && state == "stuck";
                assert_eq!(text.contains(" owns it"), is_ownerless, "{label}\n{text}");
            }
        }
    }
}

#[test]
fn heartbeats_of_packages_without_any_are_not_made_up() {
    for queue in QUEUES {
        let installed = queue.installed();
        let text = installed.run(&["queue"]).stdout;
        let sends = OWNERS.iter().any(|(key, _)| *key == queue.key);
        assert_eq!(stuck_row(&text).contains("no heartbeat"), sends, "{} {text}", queue.key);
        // Workers without a heartbeat show none instead of the time of a claim.
        let counts = installed.data(&["queue"]);
        for worker in counts["by_worker"].as_array().unwrap() {
            if worker["worker"].is_null() {
                assert!(worker["heartbeat_age_seconds"].is_null(), "{} {worker:#}", queue.key);
            }
        }
    }
}

#[test]
fn job_without_a_process_is_said_to_have_none() {
    for (key, owner) in OWNERS {
        let queue = QUEUES.into_iter().find(|queue| queue.key == key).unwrap();
        let table = match key {
            "procrastinate" => "procrastinate_workers",
            "solid_queue" => "solid_queue_processes",
            _ => "good_job_processes",
        };
        let installed = queue.installed_with(&format!("delete from {table}"));
        let claimed = installed.count(queue.claimed);
        let text = installed.run(&["queue"]).stdout;
        let expected = format!("no {owner} owns {claimed} jobs");
        assert!(text.contains(&expected), "{key} {text}");
        assert!(!stuck_row(&text).contains("no heartbeat"), "{key} {text}");
        assert!(text.contains(&format!("jobs are claimed, but no {owner} owns them")), "{text}");
        let list = installed.run(&["jobs", "list", "--state", "stuck"]).stdout;
        assert!(!list.contains("heartbeat"), "{key} {list}");
        // One that has a process, and one that has not.
        let installed = queue.installed();
        let text = installed.run(&["queue"]).stdout;
        assert!(text.contains("no heartbeat for more than 10m: "), "{key} {text}");
        assert!(text.contains(&format!("; no {owner} owns ")), "{key} {text}");
    }
}

#[test]
fn plan_of_a_rescue_names_locks_of_packages_without_heartbeats() {
    for queue in QUEUES.into_iter().filter(|queue| RESCUED.contains(&queue.key)) {
        let installed = queue.installed();
        // Each job of pg-boss has a limit of its own, or a heartbeat.
        if queue.key == "pg_boss" {
            continue;
        }
        let plan = installed.run(&["jobs", "rescue", "--stuck-after", "2h", "--dry-run"]).stdout;
        assert!(plan.contains("locked for"), "{} {plan}", queue.key);
        assert!(!plan.contains("no heartbeat for"), "{} {plan}", queue.key);
    }
}
