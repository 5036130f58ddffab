//! `--pause-above` counts the due jobs of a package as `queue` does.

use super::{Installed, WRITTEN};
use crate::support::wait_until;

/// Removes the due jobs, as if workers had taken all of them.
fn take_due_jobs(installed: &Installed) {
    let due = installed.queue.due.replace("{table}", &installed.table());
    let mut statements = format!(
        "create temporary table taken as select id from {table} t where {due}; ",
        table = installed.table()
    );
    if installed.queue.key == "solid_queue" {
        for state in ["ready", "scheduled"] {
            statements.push_str(&format!(
                "delete from solid_queue_{state}_executions where job_id in (select id from taken); "
            ));
        }
    }
    statements.push_str(&format!(
        "delete from {} where id in (select id from taken); drop table taken",
        installed.table()
    ));
    installed.db.session().execute(&statements);
}

/// Waits until the requeue has counted twice.
fn wait_for_polls(installed: &Installed) {
    let session = installed.db.session();
    let started = "select string_agg(query_start::text, ',') from pg_stat_activity \
                    where datname = current_database() and application_name like 'cliplyctl:%'";
    for _ in 0..2 {
        let last = session.value(started);
        wait_until("it counts again", || session.value(started) != last);
    }
}

#[test]
fn backlog_of_a_package_pauses_the_requeue() {
    for queue in WRITTEN {
        let installed = queue.installed();
        let due = installed.count(queue.due);
        assert!(due > 0, "{}", queue.key);
        let ids =
            installed.select("string_agg(id::text, ' ' order by id)", queue.writes.requeueable);
        let ids: Vec<_> = ids.split(' ').take(2).collect();
        let dead = installed.count(queue.dead);
        // As many jobs as may be due are due already: one more is requeued before it pauses.
        let most = due.to_string();
        let more = ["--skip-ineligible", "--yes", "--reason", "x", "--pause-above", &most];
        let mut cli = installed.command(&[&["dlq", "requeue"], &ids[..], &more].concat());
        let running = cli.start();
        wait_until("one job is requeued", || installed.count(queue.due) == due + 1);
        wait_for_polls(&installed);
        assert_eq!(installed.count(queue.dead), dead - 1, "{}", queue.key);
        assert!(running.is_alive(), "{}", queue.key);
        // Workers make room.
        take_due_jobs(&installed);
        let out = running.finish().expect_code(0);
        let paused = format!("paused: at least {} jobs are due, more than {due}", due + 1);
        assert!(out.stderr.contains(&paused), "{} {out:?}", queue.key);
        assert_eq!(installed.count(queue.dead), dead - 2, "{}", queue.key);
        assert_eq!(installed.count(queue.due), 1, "{}", queue.key);
    }
}

#[test]
fn requeue_below_the_limit_does_not_pause() {
    for queue in WRITTEN {
        let installed = queue.installed();
        let ids =
            installed.select("string_agg(id::text, ' ' order by id)", queue.writes.requeueable);
        let ids: Vec<_> = ids.split(' ').take(2).collect();
        let most = (installed.count(queue.due) + 2).to_string();
        let more = ["--skip-ineligible", "--yes", "--reason", "x", "--pause-above", &most];
        let out = installed.run(&[&["dlq", "requeue"], &ids[..], &more].concat()).expect_code(0);
        assert!(!out.stderr.contains("paused: "), "{} {out:?}", queue.key);
    }
}
