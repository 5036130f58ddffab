//! Tests of `--probe-writes`: real writes that are rolled back, after confirmation.

use cliplyctl::facts::access::contract::BUILT_IN;

use super::{clean, findings};
use crate::support::cli::Cli;
use crate::support::postgres::Database;

/// A query for a hash of all rows with the transaction that last wrote them.
const ROWS: &str = "SELECT md5(string_agg(t, '|' ORDER BY t)) FROM (
    SELECT concat(xmin, j.*) AS t FROM jobs j UNION ALL SELECT concat(xmin, w.*) FROM workspaces w
    UNION ALL SELECT concat(xmin, m.*) FROM workspace_members m
    UNION ALL SELECT concat(xmin, e.*) FROM job_events e) AS all_of_it";

fn probe(database: &Database, more: &[&str]) -> Cli {
    let args = [&["rls", "audit", "-o", "json", "--probe-writes"], more].concat();
    Cli::new(args).env("DATABASE_URL", database.url())
}

/// Creates a database where a policy with this helper lets members update their workspaces. The catalog
/// does not show what the helper allows.
fn writable(helper: &str) -> (Database, String) {
    let database = clean();
    database.execute(&format!(
        "CREATE FUNCTION edits(w uuid, what text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
           SET search_path = public AS $$ SELECT {helper} $$;
         GRANT INSERT, UPDATE ON workspaces TO authenticated;
         CREATE POLICY editing ON workspaces FOR UPDATE TO authenticated USING (edits(id, 'u'));
         CREATE POLICY adding ON workspaces FOR INSERT TO authenticated WITH CHECK (edits(id, 'i'))"
    ));
    let contract = format!(
        "{BUILT_IN}\n[tables.\"public.workspaces\"]\nworkspace_column = \"id\"\n\
         [tables.\"public.workspaces\".roles]\n\
         authenticated = {{ select = \"rows where member\", update = \"rows where member\", insert = \"rows where member\" }}\n\
         [[tables.\"public.workspaces\".policies]]\nname = \"workspaces_member_select\"\ncommand = \"select\"\n\
         roles = [\"authenticated\"]\nusing = \"public.is_workspace_member(id)\"\n\
         [[tables.\"public.workspaces\".policies]]\nname = \"editing\"\ncommand = \"update\"\n\
         roles = [\"authenticated\"]\nusing = \"public.edits(id, 'u'::text)\"\n\
         [[tables.\"public.workspaces\".policies]]\nname = \"adding\"\ncommand = \"insert\"\n\
         roles = [\"authenticated\"]\ncheck = \"public.edits(id, 'i'::text)\"\n"
    );
    (database, contract)
}

const MEMBERS: &str =
    "EXISTS (SELECT FROM workspace_members m WHERE m.workspace_id = w AND m.user_id = auth.uid())";

#[test]
fn clean_access_passes_write_tests_and_rows_are_unchanged() {
    let database = clean();
    let before = database.value(ROWS);
    let output = probe(&database, &["--yes"]).run().expect_code(0);
    let data = &output.json()["data"];
    assert!(data["rehearsed_writes"].as_u64() >= Some(3), "{data}");
    assert!(output.stderr.contains("Triggers run and sequences advance"), "{output:#?}");
    assert_eq!(database.value(ROWS), before);
}

#[test]
fn write_that_everybody_may_do_is_found_without_writing() {
    let (database, contract) = writable("what = 'u' OR what = 'i'");
    let planned = Cli::new(["rls", "audit", "-o", "json", "--contract", "c.toml"])
        .file("c.toml", &contract)
        .env("DATABASE_URL", database.url())
        .run()
        .expect_code(2);
    assert_eq!(findings(&planned), ["rls.access critical public.workspaces"]);
}

#[test]
fn write_to_other_workspaces_is_found_only_when_tested() {
    let (database, contract) =
        writable("EXISTS (SELECT FROM workspace_members m WHERE m.user_id = auth.uid())");
    let before = database.value(ROWS);
    let planned = Cli::new(["rls", "audit", "-o", "json", "--contract", "c.toml"])
        .file("c.toml", &contract)
        .env("DATABASE_URL", database.url())
        .run()
        .expect_code(0);
    assert_eq!(findings(&planned), Vec::<String>::new());
    let mut tried = probe(&database, &["--yes", "--contract", "c.toml"]).file("c.toml", &contract);
    let tried = tried.run().expect_code(2);
    assert_eq!(findings(&tried), ["rls.observed critical public.workspaces"]);
    // An UPDATE first reads its rows, and the SELECT policy hides those of other workspaces.
    let message = tried.json()["findings"][0]["message"].as_str().unwrap().to_owned();
    let reached = "authenticated (member): 1 of 1 own rows and 1 of 1 rows of other workspaces could \
                   be inserted (expected: rows where member)";
    assert_eq!(message, reached);
    assert_eq!(database.value(ROWS), before);
}

#[test]
fn writes_limited_to_own_rows_match_the_contract() {
    let (database, contract) = writable(MEMBERS);
    // UPDATE also needs to read the row. The SELECT policy of the fixture has the same condition.
    let mut tried = probe(&database, &["--yes", "--contract", "c.toml"]).file("c.toml", &contract);
    assert_eq!(findings(&tried.run().expect_code(0)), Vec::<String>::new());
}

#[test]
fn protected_contexts_and_missing_confirmation_are_refused() {
    let database = clean();
    for guard in ["read_only", "protected"] {
        let config =
            format!("[context.prod]\ndatabase_url = \"{}\"\n{guard} = true\n", database.url());
        let mut refused = probe(&database, &["--yes"]).file("cliplyctl.toml", config);
        refused.run().expect_code(77);
    }
    let without_yes = probe(&database, &[]).run().expect_code(77);
    assert!(without_yes.stdout.contains("use --yes"), "{without_yes:#?}");
    let alone = ["rls", "audit", "--yes"];
    Cli::new(alone).env("DATABASE_URL", database.url()).run().expect_code(64);
}

#[test]
fn prompt_names_the_database_before_write_tests() {
    let database = clean();
    let args = ["rls", "audit", "--probe-writes"];
    let answers = [
        ("n\r", 77, "declined"),
        ("\x03", 130, "error: interrupted: nothing was written"),
        ("y\r", 0, "writes rolled back"),
    ];
    for (answer, code, text) in answers {
        let terminal = Cli::new(args).env("DATABASE_URL", database.url());
        let mut terminal = terminal.terminal(50, 100);
        terminal.wait_for("[y/N]");
        assert!(terminal.screen().contains(database.name()), "{}", terminal.screen());
        terminal.type_text(answer);
        terminal.wait_for(text);
        assert_eq!(terminal.finish(), code);
    }
}
