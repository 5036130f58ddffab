//! Tests of ids that are shortened to a prefix on the command line.

use std::path::PathBuf;

use clap::CommandFactory as _;
use serde_json::Value;

use crate::declared::Declared;
use crate::support::cli::{Cli, Output};
use crate::support::postgres::Database;

const FIRST: &str = "abcd0001-0000-4000-8000-000000000001";
const SECOND: &str = "abcd0002-0000-4000-8000-000000000002";
const DUE: &str = "abce0001-0000-4000-8000-000000000003";
const STUCK: &str = "abcf0001-0000-4000-8000-000000000004";

/// Inserts two dead letters, a due and a stuck job, and many groups.
fn database() -> Database {
    let database = Database::from_fixture("main_typical");
    database.execute(&format!(
        "INSERT INTO jobs (id, workspace_id, kind, state, last_error, locked_by, locked_at, updated_at)
         SELECT id::uuid, (SELECT id FROM workspaces LIMIT 1), 'CLIP_RENDER', state, 'boom', worker,
                now() - interval '2 h', now() - interval '1 h'
           FROM (VALUES ('{FIRST}', 'dead_letter', NULL), ('{SECOND}', 'dead_letter', NULL),
                        ('{DUE}', 'queued', NULL), ('{STUCK}', 'running', 'worker-x'))
                AS inserted (id, state, worker);
         INSERT INTO jobs (workspace_id, kind, state, last_error, updated_at)
         SELECT (SELECT id FROM workspaces LIMIT 1), 'CLIP_RENDER', 'dead_letter', 'no ' || thing || ' in the kitchen',
                now() - interval '1 h'
           FROM unnest(ARRAY['apple', 'bread', 'cheese', 'dough', 'egg', 'flour', 'garlic', 'honey', 'ice',
                             'juice', 'kale', 'lemon', 'milk', 'noodle', 'onion', 'pepper', 'quince', 'rice',
                             'salt', 'tea']) thing"
    ));
    database
}

/// Runs commands on a database with one state directory.
struct Operator<'a> {
    database: &'a Database,
    state: tempfile::TempDir,
}

impl<'a> Operator<'a> {
    fn new(database: &'a Database) -> Self {
        Self { database, state: tempfile::tempdir().unwrap() }
    }

    fn run(&self, line: &str) -> Output {
        let cli = Cli::new(line.split_whitespace()).env("DATABASE_URL", self.database.url());
        let state = self.state.path().join("state");
        { cli }.env("XDG_STATE_HOME", state).env("USER", "ann").run()
    }

    fn data(&self, line: &str) -> Value {
        self.run(&format!("{line} -o json")).expect_code(0).json()["data"].clone()
    }

    /// Returns the directory of the stored plans.
    fn plans(&self) -> PathBuf {
        self.state.path().join("state/cliplyctl/plans")
    }
}

/// Returns the shortest start of an id, of at least `least` characters, that none of the others has.
fn shortest(id: &str, others: &[&str], least: usize) -> String {
    let is_unique = |length: &usize| !others.iter().any(|other| other.starts_with(&id[..*length]));
    id[..(least..id.len()).find(is_unique).unwrap()].to_owned()
}

#[test]
fn start_of_a_job_id_shows_the_only_job_that_has_it() {
    let database = database();
    let operator = Operator::new(&database);
    for (line, id) in [
        ("jobs show abcd0001", FIRST),
        ("dlq show abcd0001", FIRST),
        ("jobs show ABCD0002-00", SECOND),
        ("jobs show abce", DUE),
        ("jobs show abcf", STUCK),
    ] {
        assert_eq!(operator.data(line)["id"], id, "{line}");
    }
    for line in ["jobs show abcd", "dlq show abcd", "jobs show abcd000"] {
        let output = operator.run(line).expect_code(64);
        let both = output.stderr.contains(FIRST) && output.stderr.contains(SECOND);
        assert!(both && output.stderr.contains("is the start of 2 jobs"), "{line}: {output:#?}");
        assert!(!output.stderr.contains(DUE), "{line}: {output:#?}");
    }
    let none = operator.run("jobs show abcd9").expect_code(64);
    assert!(none.stderr.contains("no job has an id that starts with \"abcd9\""), "{none:#?}");
    for line in ["jobs show abc", "jobs show abcd0001x", "jobs show abcd-"] {
        let output = operator.run(line).expect_code(64);
        assert!(output.stderr.contains("is not a job id"), "{line}: {output:#?}");
    }
}

#[test]
fn write_with_a_prefix_names_the_job_and_writes_only_it() {
    let database = database();
    let operator = Operator::new(&database);
    let state = |id: &str| database.value(&format!("SELECT state FROM jobs WHERE id = '{id}'"));
    for line in ["dlq requeue abcd --yes", "dlq requeue abcd9 --yes", "jobs rescue abcd --yes"] {
        operator.run(line).expect_code(64);
    }
    assert_eq!((state(FIRST), state(SECOND)), ("dead_letter".into(), "dead_letter".into()));
    let note = format!("abcd0001 is job {FIRST}");
    let preview = operator.run("dlq requeue abcd0001 --dry-run").expect_code(0);
    assert!(preview.stderr.contains(&note), "{preview:#?}");
    let written = operator.run("dlq requeue abcd0001 --yes").expect_code(0);
    assert!(written.stderr.contains(&note), "{written:#?}");
    assert_eq!((state(FIRST), state(SECOND)), ("queued".into(), "dead_letter".into()));
    let rescued = operator.run("jobs rescue abcf --yes").expect_code(0);
    assert!(rescued.stderr.contains(&format!("abcf is job {STUCK}")), "{rescued:#?}");
    assert_ne!(state(STUCK), "running");
}

#[test]
fn number_is_never_the_start_of_another_id() {
    let database = Database::from_fixture("bigint_typical");
    let operator = Operator::new(&database);
    let shown = operator.run("jobs show 21");
    assert!(!shown.stdout.contains("216") && !shown.stderr.contains("216"), "{shown:#?}");
    assert_eq!(operator.data("jobs show 216")["id"], "216");
}

#[test]
fn ids_of_type_text_are_shortened_only_in_reads() {
    let database = Database::blank();
    database.execute(
        "CREATE TABLE public.tasks (id text PRIMARY KEY, kind text NOT NULL, state text NOT NULL,
           error text, at timestamptz DEFAULT now() - interval '1 h');
         INSERT INTO tasks (id, kind, state, error) VALUES ('job-a', 'K', 'dead', 'boom'),
           ('job-ab', 'K', 'dead', 'boom'), ('task-abc', 'K', 'dead', 'boom')",
    );
    let declared = Declared::new(
        database,
        "[context.here.queue]
adapter = 'declared'
schema = 'public'
table = 'tasks'
[context.here.queue.columns]
id = 'id'
state = 'state'
kind = 'kind'
error = 'error'
updated = 'at'
[context.here.queue.states]
queued = ['queued']
claimed = ['running']
dead = ['dead']
[context.here.queue.requeue]
set = { state = 'queued' }
now = ['at']
",
    );
    for (text, id) in [("task", "task-abc"), ("job-a", "job-a"), ("job-ab", "job-ab")] {
        assert_eq!(declared.data(&["jobs", "show", text])["id"], id, "{text}");
    }
    let ambiguous = declared.run(&["jobs", "show", "job-"]).expect_code(64);
    assert!(ambiguous.stderr.contains("is the start of 2 jobs"), "{ambiguous:#?}");
    declared.run(&["jobs", "show", "jobless"]).expect_code(3);
    let dead = || declared.db.value("SELECT count(*) FROM tasks WHERE state = 'dead'");
    let refused = declared.run(&["dlq", "requeue", "task", "--yes"]);
    assert_eq!((refused.code, dead()), (77, "3".to_owned()), "{refused:#?}");
    declared.run(&["dlq", "requeue", "task-abc", "--yes"]).expect_code(0);
    assert_eq!(dead(), "2");
}

#[test]
fn start_of_a_group_id_selects_the_only_group_that_has_it() {
    let database = database();
    let operator = Operator::new(&database);
    let groups = operator.data("dlq groups");
    let ids = groups["groups"].as_array().unwrap().iter();
    let ids: Vec<_> = ids.map(|group| group["group"].as_str().unwrap()).collect();
    for (at, id) in ids.iter().enumerate().take(4) {
        let others = [&ids[..at], &ids[at + 1..]].concat();
        let prefix = shortest(id, &others, 4);
        assert!(prefix.len() < id.len(), "{prefix}");
        let count = &groups["groups"][at]["count"];
        let listed = operator.data(&format!("dlq list --group {prefix}"));
        assert_eq!(&listed["total"]["value"], count, "{prefix}");
        assert_eq!(
            operator.data(&format!("dlq groups --group {prefix}"))["groups"][0]["group"],
            *id
        );
        let ack = format!("dlq ack --group {prefix} --expires 2999-12-31 --reason known");
        assert_eq!(operator.data(&ack)["group"], *id);
        let plan = operator.run(&format!("dlq requeue --group {prefix} --dry-run")).expect_code(0);
        assert!(plan.stdout.contains(id), "the plan has the complete id: {plan:#?}");
    }
    // Of more than 16 groups, two begin with the same digit.
    let same = ids.iter().find_map(|id| {
        let same: Vec<_> = ids.iter().filter(|other| other[..4] == id[..4]).collect();
        (same.len() > 1).then_some(same)
    });
    let same = same.unwrap();
    for command in ["dlq list", "dlq groups", "dlq requeue --yes"] {
        let output = operator.run(&format!("{command} --group {}", &same[0][..4])).expect_code(64);
        for id in &same {
            assert!(output.stderr.contains(**id), "{command}: {output:#?}");
        }
        assert!(output.stderr.contains("boom") || output.stderr.contains("CLIP"), "{output:#?}");
    }
    let unused = (0..=0xfff_u32).map(|n| format!("v2-{n:03x}"));
    let unused = { unused }.find(|prefix| !ids.iter().any(|id| id.starts_with(prefix))).unwrap();
    let none = operator.run(&format!("dlq list --group {unused}")).expect_code(64);
    assert!(none.stderr.contains("no group has an id that starts with"), "{none:#?}");
}

/// Collects the arguments that hold an id: path of the command, flag (empty if there is none), name of the value.
fn id_arguments(command: &clap::Command, path: &str, found: &mut Vec<(String, String, String)>) {
    for arg in command.get_arguments().filter(|arg| arg.get_id() != "workspace") {
        let name = arg.get_value_names().unwrap_or_default().first().map_or("", |name| name);
        let name = if arg.get_id() == "id" { "ID" } else { name };
        if ["GROUP", "PLAN", "OPERATION", "ID"].contains(&name) {
            let flag = arg.get_long().map_or_else(String::new, |long| format!("--{long}"));
            found.push((path.to_owned(), flag, name.to_owned()));
        }
    }
    for inner in command.get_subcommands() {
        id_arguments(inner, format!("{path} {}", inner.get_name()).trim(), found);
    }
}

#[test]
fn every_argument_with_an_id_refuses_an_ambiguous_prefix() {
    let database = database();
    let operator = Operator::new(&database);
    for id in [FIRST, SECOND] {
        let planned = operator.data(&format!("dlq requeue {id} --dry-run"));
        let plan = planned["plan"].as_str().unwrap();
        let stored = operator.plans().join(format!("{plan}.json"));
        std::fs::copy(&stored, operator.plans().join(format!("plan-0a0a{}.json", &id[4..8])))
            .unwrap();
        operator.data(&format!("dlq requeue {id} --yes"));
    }
    database.execute("UPDATE jobs SET state = 'dead_letter' WHERE id::text LIKE 'abcd%'");
    let groups = operator.data("dlq groups");
    let ids = groups["groups"].as_array().unwrap().iter();
    let ids: Vec<_> = ids.map(|group| group["group"].as_str().unwrap()).collect();
    let group = ids
        .iter()
        .map(|id| &id[..4])
        .find(|start| ids.iter().filter(|id| id.starts_with(start)).count() > 1);
    let mut arguments = Vec::new();
    id_arguments(&cliplyctl::cli::Cli::command(), "", &mut arguments);
    assert!(arguments.len() >= 11, "the walk finds them: {arguments:?}");
    for (path, flag, name) in arguments {
        let prefix = match name.as_str() {
            "GROUP" => group.unwrap(),
            "PLAN" => "plan-0a0a",
            "OPERATION" => "rq-2",
            _ => "abcd",
        };
        let required = if path == "dlq ack" { "--expires 2999-12-31 --reason known" } else { "" };
        let output = operator.run(&format!("{path} {flag} {prefix} {required}"));
        let is_listed = output.stderr.contains(&format!("\"{prefix}\" is the start of "));
        assert!(output.code == 64 && is_listed, "{path} {flag}: {output:#?}");
        assert!(output.stderr.matches("hint: ").count() > 1, "{path} {flag}: {output:#?}");
    }
}

#[test]
fn start_of_a_plan_id_applies_the_only_plan_that_has_it() {
    let database = database();
    let operator = Operator::new(&database);
    let planned = operator.data(&format!("dlq requeue {FIRST} --dry-run"));
    let plan = planned["plan"].as_str().unwrap();
    let ambiguous = "plan-0a0a";
    for copy in ["plan-0a0a11111111", "plan-0a0a22222222"] {
        let (from, to) = (format!("{plan}.json"), format!("{copy}.json"));
        std::fs::copy(operator.plans().join(from), operator.plans().join(to)).unwrap();
    }
    let output = operator.run(&format!("dlq requeue --plan {ambiguous} --yes")).expect_code(64);
    assert!(output.stderr.contains("is the start of 2 plans"), "{output:#?}");
    assert!(output.stderr.contains("plan-0a0a22222222  planned "), "{output:#?}");
    let none = operator.run("dlq requeue --plan plan-zz --yes").expect_code(64);
    assert!(none.stderr.contains("no plan on this machine has an id that starts"), "{none:#?}");
    operator.run("dlq requeue --plan plan- --yes").expect_code(64);
    operator.run("dlq requeue --plan ../x --yes").expect_code(64);
    let applied = operator.run(&format!("dlq requeue --plan {} --yes -o json", &plan[..10]));
    assert_eq!(applied.expect_code(0).json()["data"]["plan"], plan);
}

#[test]
fn start_of_an_operation_id_stands_for_the_only_operation() {
    let database = database();
    let operator = Operator::new(&database);
    let requeue = |id: &str| {
        let data = operator.data(&format!("dlq requeue {id} --yes"));
        data["outcome"]["operation"].as_str().unwrap().to_owned()
    };
    let first = requeue(FIRST);
    // Another machine knows it from the events.
    for operator in [&operator, &Operator::new(&database)] {
        let output = operator.run("dlq undo rq-2 --dry-run").expect_code(0);
        assert!(output.stdout.contains(&first), "{output:#?}");
    }
    let second = requeue(SECOND);
    for line in ["dlq undo rq-2 --yes", "dlq follow rq-2", "dlq requeue --resume rq-2 --yes"] {
        let output = operator.run(line).expect_code(64);
        let both = output.stderr.contains(&first) && output.stderr.contains(&second);
        assert!(both && output.stderr.contains("is the start of 2 operations"), "{output:#?}");
    }
    let none = operator.run("dlq undo rq-19 --yes").expect_code(64);
    assert!(none.stderr.contains("no operation has an id that starts with"), "{none:#?}");
    operator.run("dlq undo 2026 --yes").expect_code(64);
    let prefix = shortest(&second, &[&first], 4);
    let undone = operator.run(&format!("dlq undo {prefix} --yes")).expect_code(0);
    assert!(undone.stdout.contains(&second), "{undone:#?}");
    let states = "SELECT string_agg(state::text, ' ' ORDER BY id) FROM jobs WHERE id IN";
    let states = database.value(&format!("{states} ('{FIRST}', '{SECOND}')"));
    assert_eq!(states, "queued dead_letter", "only the second operation was undone");
}
