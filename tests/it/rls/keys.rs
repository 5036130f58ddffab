//! Tests of row sampling: by the whole primary key, and not at all without one.

use cliplyctl::facts::access::contract::BUILT_IN;

use super::{clean, findings};
use crate::support::cli::{Cli, Output};
use crate::support::postgres::Database;

/// A table with a key of two columns, the workspace second. One key value looks like a list.
const NOTES: &str = "CREATE TABLE notes (title text, workspace_id uuid, body text, PRIMARY KEY (title, workspace_id));
    ALTER TABLE notes ENABLE ROW LEVEL SECURITY; GRANT SELECT, UPDATE ON notes TO authenticated;
    INSERT INTO notes SELECT t, w.id, 'x' FROM workspaces w, unnest(ARRAY['plain', 'o''hara', '(a,\"b\")']) t;
    CREATE FUNCTION sees(w uuid, what text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
      SET search_path = '' AS $$ SELECT EXISTS (SELECT FROM public.workspace_members m
        WHERE m.workspace_id = w AND m.user_id = auth.uid()) $$;
    CREATE POLICY theirs ON notes TO authenticated USING (sees(workspace_id, title))";

const CONTRACT: &str = "[tables.\"public.notes\"]\nworkspace_column = \"workspace_id\"\n\
    [tables.\"public.notes\".roles]\n\
    authenticated = { select = \"rows where member\", update = \"rows where member\" }\n\
    [[tables.\"public.notes\".policies]]\nname = \"theirs\"\nroles = [\"authenticated\"]\n\
    using = \"public.sees(workspace_id, title)\"\n";

fn audit(database: &Database, more: &[&str]) -> Output {
    let args = [&["rls", "audit", "-o", "json", "--contract", "c.toml"], more].concat();
    Cli::new(args)
        .file("c.toml", format!("{BUILT_IN}\n{CONTRACT}"))
        .env("DATABASE_URL", database.url())
        .run()
}

#[test]
fn composite_key_selects_exactly_the_sampled_rows() {
    let database = clean();
    database.execute(NOTES);
    let writes = ["--probe-writes", "--yes"];
    let output = audit(&database, &writes).expect_code(0);
    assert_eq!(findings(&output), Vec::<String>::new());
    assert!(!output.stdout.contains("not tested: it has no primary key"), "{output:#?}");
    // Only the tested rows show this. Expected and computed access are unchanged.
    database.execute(
        "CREATE OR REPLACE FUNCTION sees(w uuid, what text) RETURNS boolean LANGUAGE sql STABLE \
         SECURITY DEFINER SET search_path = '' AS $$ SELECT what = 'o''hara' $$",
    );
    let output = audit(&database, &[]).expect_code(2);
    assert_eq!(findings(&output), ["rls.observed critical public.notes"]);
    let message = output.json()["findings"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("of 3 own rows"), "{message}");
}

#[test]
fn table_without_a_primary_key_is_unknown() {
    let database = clean();
    database.execute(NOTES);
    database.execute("ALTER TABLE notes DROP CONSTRAINT notes_pkey");
    let output = audit(&database, &[]).expect_code(3);
    assert_eq!(findings(&output), ["rls.observed unknown public.notes"]);
}
