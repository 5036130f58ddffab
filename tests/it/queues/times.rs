//! Times in the future, and infinite ones: no list shows a negative age, and none of them is recent.

use serde_json::Value;

use super::{QUEUES, Queue};

/// A statement that sets the time of death of the dead letter `{id}` to `{at}`.
fn died_at(queue: &Queue) -> &'static str {
    match queue.key {
        "river" => "update river_job set finalized_at = {at} where id::text = '{id}'",
        "pg_boss" => "update pgboss.job set completed_on = {at} where id::text = '{id}'",
        "graphile_worker" => {
            "update graphile_worker._private_jobs set updated_at = {at} where id::text = '{id}'"
        }
        "oban" => {
            "update oban_jobs set discarded_at = timezone('UTC', {at}) where id::text = '{id}'"
        }
        "procrastinate" => {
            "update procrastinate_events set at = {at} where job_id::text = '{id}' and type in ('failed', 'cancelled')"
        }
        "solid_queue" => {
            "update solid_queue_failed_executions set created_at = timezone('UTC', {at}) where job_id::text = '{id}'"
        }
        "que" => "update que_jobs set expired_at = {at} where id::text = '{id}'",
        "delayed_job" => {
            "update delayed_jobs set failed_at = timezone('UTC', {at}) where id::text = '{id}'"
        }
        "good_job" => {
            "update good_jobs set finished_at = timezone('UTC', {at}) where id::text = '{id}'"
        }
        key => panic!("{key} has no statement"),
    }
}

/// The time of death in SQL, of dead letters whose row was written later as well.
fn death(queue: &Queue) -> String {
    match queue.key {
        "graphile_worker" => format!("greatest(updated_at, {})", queue.death),
        _ => queue.death.to_owned(),
    }
}

/// All numbers of keys that name an age, with their path.
fn ages(value: &Value, path: &str, found: &mut Vec<(String, f64)>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                ages(value, &format!("{path}.{key}"), found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| ages(value, path, found)),
        Value::Number(number) if path.contains("age") && !path.contains("due_age") => {
            found.push((path.to_owned(), number.as_f64().unwrap()));
        }
        _ => {}
    }
}

fn skew(report: &Value) -> Option<&str> {
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|check| check["id"] == "queue.clock_skew")?["status"].as_str()
}

#[test]
fn death_in_the_future_is_not_recent() {
    for queue in QUEUES {
        let installed = queue.installed();
        // Two of the same queue and cause, if possible: they are a group.
        let dead = installed.select("string_agg(id::text, ' ' order by id)", queue.dead);
        let dead: Vec<_> = dead.split(' ').take(2).collect();
        let is_dead = |id: &str| format!("{} and id::text = '{id}'", queue.dead);
        let mut ahead = 0;
        for (at, is_ahead) in [
            ("now() + interval '20 s'", false),
            ("now() + interval '5 hours'", true),
            ("'infinity'::timestamptz", true),
        ] {
            for id in &dead {
                installed.db.execute(&died_at(queue).replace("{at}", at).replace("{id}", id));
                assert_eq!(installed.count(&is_dead(id)), 1, "{} {id}", queue.key);
            }
            ahead += usize::from(is_ahead);
            let recent = format!(
                "{} and {death} > now() - interval '1 hour' and {death} <= now() + interval '30 s'",
                queue.dead,
                death = death(queue)
            );
            let recent = installed.count(&recent);
            let label = format!("{} {at}", queue.key);
            let counts = installed.run(&["queue", "-o", "json"]).json();
            let data = &counts["data"];
            assert_eq!(data["dead_lettered_last_hour"]["value"], recent, "{label} {data:#}");
            let in_future = if is_ahead { Value::from(dead.len()) } else { Value::Null };
            assert_eq!(data["in_future"]["jobs"], in_future, "{label} {data:#}");
            assert_eq!(skew(&counts).is_some(), is_ahead, "{label} {counts:#}");
            let triage = installed.run(&["triage", "-o", "json"]).json();
            assert_eq!(skew(&triage).is_some(), is_ahead, "{label} {triage:#}");
            assert_ne!(skew(&triage), Some("ok"));
            // The index finds them by the time in the row; what is ahead of the clock is not of the last hour.
            let list = installed.data(&["dlq", "list", "--since", "1h", "--limit", "1000"]);
            assert_eq!(list["jobs"].as_array().unwrap().len() as u64, recent, "{label} {list:#}");
            let commands: [&[&str]; 6] = [
                &["queue"],
                &["dlq", "list"],
                &["dlq", "list", "--sort", "dead-since"],
                &["dlq", "groups"],
                &["triage"],
                &["jobs", "list", "--state", "dead"],
            ];
            for args in commands {
                let json = installed.run(&[args, &["-o", "json"]].concat()).json();
                let mut found = vec![];
                ages(&json["data"], "", &mut found);
                assert!(found.iter().all(|(_, age)| *age >= 0.0), "{label} {args:?} {found:?}");
                let text = installed.run(args).stdout;
                for wrong in [" -4h", " -5h", "∞", " -0s", " -20s", " -19s"] {
                    assert!(!text.contains(wrong), "{label} {args:?} {wrong}\n{text}");
                }
            }
            let groups = installed.data(&["dlq", "groups"]);
            let new: u64 = groups["groups"]
                .as_array()
                .unwrap()
                .iter()
                // It is not known of a death at an infinite time.
                .map(|group| group["dead_lettered_last_15m"].as_u64().unwrap_or(0))
                .sum();
            let expected = format!(
                "{} and {death} > now() - interval '15 min' and {death} <= now() + interval '30 s'",
                queue.dead,
                death = death(queue)
            );
            assert_eq!(new, installed.count(&expected), "{label} {groups:#}");
        }
        assert_eq!(ahead, 2);
    }
}
