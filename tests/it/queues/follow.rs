//! What a follow says about requeued jobs whose rows are gone.

use super::WRITTEN;

#[test]
fn deleted_row_has_no_known_outcome() {
    for queue in WRITTEN {
        let installed = queue.installed();
        let id = installed.select("min(id::text)", queue.writes.requeueable);
        let data = installed.data(&["dlq", "requeue", &id, "--yes"]);
        let operation = data["outcome"]["operation"].as_str().unwrap();
        let args = ["dlq", "follow", operation, "--wait", "1s"];
        let follow = || installed.run(&[&args[..], &["-o", "json"]].concat());
        let json = follow().expect_code(3).json();
        assert_eq!(json["data"]["queued"], 1, "{} {json:#}", queue.key);
        // The cleaner of the package, or an operator.
        for dependent in
            ["ready_executions", "scheduled_executions"].map(|table| format!("solid_queue_{table}"))
        {
            if queue.key == "solid_queue" {
                installed.db.execute(&format!("delete from {dependent} where job_id = {id}"));
            }
        }
        installed.db.execute(&format!("delete from {} where id::text = '{id}'", installed.table()));
        let deletes_finished = ["graphile_worker", "que", "delayed_job"].contains(&queue.key);
        let (code, key) = if deletes_finished { (0, "finished") } else { (3, "deleted") };
        let json = follow().expect_code(code).json();
        assert_eq!((&json["data"][key], &json["data"]["jobs"]), (&1.into(), &1.into()), "{json:#}");
        assert_eq!(json["data"]["changed_since"], 0, "{} {json:#}", queue.key);
        let text = installed.run(&args).stdout;
        let said = text.contains("1 deleted (outcome not known here)");
        assert_eq!(said, !deletes_finished, "{} {text}", queue.key);
        assert!(!text.contains("undone or changed"), "{} {text}", queue.key);
    }
}
