//! Tests of `rls matrix`, `rls explain` and `rls contract`.

use super::{audit_of, clean, findings};
use crate::support::cli::{Cli, Output};

fn run(url: &str, args: &[&str]) -> Output {
    Cli::new([&["rls"], args].concat()).env("DATABASE_URL", url).run()
}

#[test]
fn matrix_contains_expected_computed_and_tested_access() {
    let database = clean();
    let cells = run(&database.url(), &["matrix", "-o", "json"]).expect_code(0).json();
    let cell = |role: &str, command: &str| {
        let cells = cells["data"].as_array().unwrap();
        cells
            .iter()
            .find(|c| c["table"] == "public.jobs" && c["role"] == role && c["command"] == command)
            .unwrap()
            .clone()
    };
    let select = cell("authenticated", "SELECT");
    assert_eq!(select["expected"], "rows where member");
    assert_eq!(select["computed"], "rows where public.is_workspace_member(workspace_id)");
    assert!(select["observed"].as_str().unwrap().contains("member: 20 of 20 own rows, 0 of"));
    assert_eq!(cell("anon", "DELETE")["computed"], "denied: no grant");
    assert_eq!(cell("service_role", "UPDATE")["computed"], "every row");
}

#[test]
fn explain_states_the_decision_and_suggests_a_table() {
    let database = clean();
    let why = run(&database.url(), &["explain", "jobs", "authenticated", "SELECT"]).expect_code(0);
    assert!(why.stdout.contains("jobs_workspace_member_select"), "{why:#?}");
    database.execute("REVOKE SELECT ON jobs FROM authenticated");
    let why = run(&database.url(), &["explain", "jobs", "authenticated", "select"]).expect_code(0);
    assert!(why.stdout.contains("denied: no grant"), "{why:#?}");
    let unknown = run(&database.url(), &["explain", "job", "anon", "select"]).expect_code(64);
    assert!(unknown.stderr.contains("jobs"), "{unknown:#?}");
}

#[test]
fn written_contract_matches_the_current_access() {
    let database = clean();
    let contract = run(&database.url(), &["contract"]).expect_code(0).stdout;
    let audit = |contract: &str| {
        Cli::new(["rls", "audit", "-o", "json", "--contract", "c.toml"])
            .file("c.toml", contract)
            .env("DATABASE_URL", database.url())
            .run()
    };
    assert_eq!(findings(&audit(&contract).expect_code(0)), Vec::<String>::new());
    // The written contract includes tables that are not in the built-in one.
    database.execute("ALTER POLICY workspaces_member_select ON workspaces USING (owner_id = (SELECT auth.uid()))");
    assert_eq!(findings(&audit_of(&database.url(), &[])), Vec::<String>::new());
    let found = findings(&audit(&contract).expect_code(2));
    assert_eq!(found, ["rls.contract_policy critical public.workspaces"]);
}
