//! Tests of `rls whocan`.

use super::clean;
use crate::support::cli::Cli;
use crate::support::postgres::Database;

fn whocan(database: &Database, args: &[&str]) -> Cli {
    Cli::new([&["rls", "whocan", "-o", "json"], args].concat()).env("DATABASE_URL", database.url())
}

#[test]
fn member_sees_the_rows_of_own_workspaces_with_the_reason() {
    let database = clean();
    let [user, workspace] = ["user_id", "workspace_id"].map(|column| {
        database.value(&format!("SELECT {column} FROM workspace_members ORDER BY user_id LIMIT 1"))
    });
    let jobs =
        database.value(&format!("SELECT count(*) FROM jobs WHERE workspace_id = '{workspace}'"));
    let report = whocan(&database, &[&user, "jobs"]).run().expect_code(0).json();
    let table = &report["data"]["tables"][0];
    assert_eq!(table["select"]["rows"].to_string(), jobs);
    assert_eq!(table["delete"]["reason"], "no grant of DELETE");
    assert_eq!(table["memberships"][0]["groups"][0], workspace);
    assert_eq!(table["reason"], "member of 1 workspace through public.workspace_members");
    let ids = table["ids"].as_array().unwrap();
    assert_eq!(ids.len(), 3);
}

#[test]
fn user_without_a_membership_sees_nothing() {
    let database = clean();
    let stranger = "dddddddd-0000-4000-8000-000000000009";
    let report = whocan(&database, &[stranger]).run().expect_code(0).json();
    let tables = report["data"]["tables"].as_array().unwrap();
    assert!(tables.len() >= 3);
    assert!(tables.iter().all(|table| table["select"]["rows"] == 0), "{report:#}");
    let jobs = tables.iter().find(|table| table["table"] == "public.jobs").unwrap();
    assert_eq!(jobs["reason"], "not in public.workspace_members");
}

#[test]
fn updatable_rows_are_those_that_the_policy_admits() {
    let database = clean();
    database.execute(
        "GRANT UPDATE (name) ON workspaces TO authenticated;
         CREATE POLICY edit ON workspaces FOR UPDATE TO authenticated USING (owner_id = (SELECT auth.uid()))",
    );
    let update = |user: &str| {
        let report = whocan(&database, &[user, "workspaces"]).run().expect_code(0).json();
        report["data"]["tables"][0]["update"]["rows"].clone()
    };
    assert_eq!(update("cccccccc-0000-4000-8000-000000000001"), 1); // the owner
    assert_eq!(update("cccccccc-0000-4000-8000-000000000003"), 0); // a member
}

#[test]
fn unknown_table_and_role_are_refused_with_a_suggestion() {
    let database = clean();
    let user = "cccccccc-0000-4000-8000-000000000001";
    let table = whocan(&database, &[user, "job"]).run().expect_code(64);
    assert!(table.stdout.contains("public.jobs"), "{table:#?}");
    whocan(&database, &[user, "--as", "authentcated"]).run().expect_code(64);
    for command in ["audit", "matrix", "contract"] {
        for (flag, name) in [("--role", "authentcated"), ("--schemas", "pubilc")] {
            let args = ["rls", command, flag, name];
            let refused = Cli::new(args).env("DATABASE_URL", database.url()).run().expect_code(64);
            let suggestion = if flag == "--role" { "authenticated" } else { "public" };
            assert!(refused.stderr.contains(suggestion), "{refused:#?}");
        }
    }
}
