//! Two queues of one package in one database, with the same ids and row versions, as after `pg_restore -1`.

use super::{Queue, WRITTEN};
use crate::support::cli::{Cli, Output};
use crate::support::postgres::Database;

struct Twins {
    db: Database,
    queue: &'static Queue,
    state: tempfile::TempDir,
}

impl Twins {
    fn new(queue: &'static Queue) -> Twins {
        let db = Database::blank();
        let install = |schema: &str| format!("{}{}", queue.tables(schema), queue.rows(schema));
        db.execute(&format!("begin; {} {} commit;", install("eu"), install("us")));
        Twins { db, queue, state: tempfile::tempdir().unwrap() }
    }

    fn run(&self, schema: &str, args: &[&str]) -> Output {
        let instance = format!("{}:{schema}", self.queue.key);
        Cli::new(args.iter().copied().chain(["--queue-instance", &instance]))
            .env("DATABASE_URL", self.db.url())
            .env("XDG_STATE_HOME", self.state.path())
            .run()
    }

    fn rows(&self, schema: &str) -> String {
        let rows = "select coalesce(string_agg(t::text, chr(10) order by id), '')";
        self.db.value(&format!("{rows} from {schema}.{} t", self.queue.table))
    }
}

#[test]
fn plan_and_operation_of_one_instance_are_refused_in_another() {
    for queue in WRITTEN {
        let twins = Twins::new(queue);
        let (before, key) = (twins.rows("us"), queue.key);
        let json = twins.run("eu", &["dlq", "requeue", "--all", "--dry-run", "-o", "json"]).json();
        let plan = json["data"]["plan"].as_str().unwrap().to_owned();
        let written =
            twins.run("eu", &["dlq", "requeue", "--all", "--yes", "--reason", "x", "-o", "json"]);
        let json = written.json();
        let operation = json["data"]["outcome"]["operation"].as_str().unwrap().to_owned();
        for args in [
            &["dlq", "requeue", "--plan", &plan, "--ignore-changes", "--yes"][..],
            &["dlq", "requeue", "--resume", &operation],
            &["dlq", "follow", &operation, "--wait", "1ms"],
            &["dlq", "undo", &operation, "--yes"],
        ] {
            let refused = twins.run("us", args);
            assert_eq!(refused.code, 77, "{key} {args:?}: {refused:#?}");
            // Where no requeue can be undone, that is said first.
            let is_named = refused.stderr.contains("belongs to table");
            assert!(is_named || !queue.writes.undo, "{key} {args:?}: {refused:#?}");
        }
        let listed = |schema| twins.run(schema, &["dlq", "ops"]).stdout.contains(&operation);
        assert!(listed("eu") && !listed("us"), "{key}");
        assert_eq!(twins.rows("us"), before, "{key}");
        let follow = twins.run("eu", &["dlq", "follow", &operation, "--wait", "1ms"]);
        assert_ne!(follow.code, 77, "{key}: {follow:#?}");
    }
}
