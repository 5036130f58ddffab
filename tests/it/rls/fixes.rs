//! Suggested fixes do no harm: applied one by one and all together, they add no finding that is worse.

use super::flaws::{FLAWS, changed};
use super::{audit, clean, findings};
use crate::support::cli::{Cli, Output};
use crate::support::postgres::Database;

/// Conditions for the placeholders of suggested fixes.
const FILLED: &[(&str, &str)] =
    &[("<owner column>", "NULL::uuid"), ("<app_metadata or a membership>", "false")];

/// Returns the suggested statements, not those that consist of comments only.
pub(super) fn fixes(output: &Output) -> Vec<String> {
    let report = output.json();
    let findings = report["findings"].as_array().unwrap();
    let fixes = findings.iter().filter_map(|finding| finding["suggested_fix"].as_str());
    let is_statement = |sql: &&str| sql.lines().any(|line| !line.trim_start().starts_with("--"));
    let fill = |sql: &str| {
        FILLED
            .iter()
            .fold(sql.to_owned(), |sql, (placeholder, value)| sql.replace(placeholder, value))
    };
    fixes.filter(is_statement).map(fill).collect()
}

/// Returns the findings that are CRITICAL or UNKNOWN, and the number of all.
fn weight(output: &Output) -> (usize, usize) {
    let found = findings(output);
    let grave = found.iter().filter(|f| f.contains(" critical ") || f.contains(" unknown "));
    (grave.count(), found.len())
}

#[test]
fn suggested_fixes_make_no_other_check_worse() {
    let mut failures = Vec::new();
    for (id, flaw, _) in FLAWS {
        let database = changed(flaw);
        let before = audit(&database);
        let fixes = fixes(&before);
        let single = fixes.iter().map(std::slice::from_ref).filter(|_| fixes.len() > 1);
        for applied in single.chain([&fixes[..]]).filter(|applied| !applied.is_empty()) {
            let database = changed(flaw);
            if let Err(error) = database.session().try_execute(&applied.join("\n")) {
                failures.push(format!("{id}: {applied:?} fails: {error:?}"));
                continue;
            }
            let after = audit(&database);
            // What all fixes together leave has no statement that removes it.
            let left = findings(&after);
            if applied.len() == fixes.len() && left.iter().any(|f| f.starts_with(&format!("{id} ")))
            {
                failures.push(format!("{id}: left after {applied:?}:\n    {left:?}"));
            }
            let (grave, all) = weight(&after);
            let (grave_before, all_before) = weight(&before);
            if grave > grave_before || (grave == grave_before && all > all_before) {
                failures.push(format!(
                    "{id}: {applied:?}\n    before {:?}\n    after {:?}",
                    findings(&before),
                    findings(&after)
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Returns a flaw whose grants to clients are grants to others, through whom the clients hold them.
pub(super) fn granted_to(flaw: &str, others: &str) -> Option<String> {
    let statement = |sql: &str| match sql.trim_start().starts_with("GRANT") {
        true => sql.replace(" TO anon", others).replace(" TO authenticated", others),
        false => sql.to_owned(),
    };
    let changed = flaw.split(';').map(statement).collect::<Vec<_>>().join(";");
    (changed != flaw).then_some(changed)
}

#[test]
fn suggested_revoke_names_public_if_it_holds_the_grant() {
    let (mut tried, mut failures) = (0, Vec::new());
    for (id, flaw, _) in FLAWS {
        let Some(flaw) = granted_to(flaw, " TO PUBLIC") else { continue };
        let database = changed(&flaw);
        let before = audit(&database);
        let is_found =
            |output: &Output| findings(output).iter().any(|f| f.starts_with(&format!("{id} ")));
        let fixes = fixes(&before);
        if !is_found(&before) || !fixes.iter().any(|fix| fix.contains("REVOKE")) {
            continue;
        }
        tried += 1;
        let done = database.session().try_execute(&fixes.join("\n"));
        let left = audit(&database);
        if done.is_err() || is_found(&left) {
            failures
                .push(format!("{id}: {flaw}\n  {fixes:?}\n  {done:?}, left {:?}", findings(&left)));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(tried >= 12, "{tried}");
}

#[test]
fn fix_leaves_the_rights_of_roles_that_are_not_concerned() {
    let database = clean();
    database.execute(
        "CREATE VIEW v AS SELECT id, state FROM jobs; REVOKE ALL ON v FROM service_role; GRANT UPDATE (state) ON v TO PUBLIC;
         ALTER TABLE workspaces ENABLE ROW LEVEL SECURITY; REVOKE ALL ON workspaces FROM authenticated, service_role;
         GRANT SELECT, TRUNCATE ON workspaces TO PUBLIC",
    );
    database.execute(&fixes(&audit(&database)).join("\n"));
    let may = |role: &str, relation: &str, privilege: &str| {
        database.value(&format!(
            "SELECT has_any_column_privilege('{role}', '{relation}', '{privilege}')"
        ))
    };
    assert_eq!(may("anon", "v", "UPDATE"), "f");
    assert_eq!(may("service_role", "v", "UPDATE"), "t");
    assert_eq!(may("authenticated", "workspaces", "SELECT"), "t");
    let truncate = "SELECT has_table_privilege('authenticated', 'workspaces', 'TRUNCATE')";
    assert_eq!(database.value(truncate), "f");
}

#[test]
fn fix_of_a_search_path_names_the_schemas_that_the_body_uses() {
    let database = clean();
    database.execute(
        "SET search_path = public, extensions; GRANT USAGE ON SCHEMA extensions TO authenticated;
         CREATE FUNCTION extensions.gen_salt(text) RETURNS text LANGUAGE sql AS 'SELECT $1';
         CREATE FUNCTION salted() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$ SELECT gen_salt('bf') $$;
         CREATE FUNCTION plain() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$ SELECT extensions.gen_salt('bf') $$",
    );
    let fixes = fixes(&audit(&database));
    let has = |fix: &str| fixes.iter().any(|f| f == fix);
    assert!(
        has("ALTER FUNCTION public.salted() SET search_path = public, extensions, pg_temp;")
            && has("ALTER FUNCTION public.plain() SET search_path = public, pg_temp;"),
        "{fixes:#?}"
    );
    database.execute(&fixes.join("\n"));
    assert_eq!(database.value("SELECT salted()"), "bf");
}

#[test]
fn fix_of_default_privileges_closes_functions_that_everybody_may_call() {
    let database = clean();
    database
        .execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO anon");
    database.execute(&fixes(&audit(&database)).join("\n"));
    database.execute("CREATE FUNCTION later() RETURNS int LANGUAGE sql AS 'SELECT 1'");
    let may = "SELECT has_function_privilege('anon', 'later()', 'EXECUTE')";
    assert_eq!(database.value(may), "f");
}

#[test]
fn text_of_a_fix_keeps_names_with_line_breaks_and_whole_statements() {
    let database = clean();
    database.execute(
        "CREATE POLICY \"two\nlines\" ON workspaces FOR SELECT TO authenticated USING (true)",
    );
    let output = Cli::new(["rls", "audit"]).env("DATABASE_URL", database.url()).run();
    let statement = "  ALTER POLICY \"two\nlines\" ON public.workspaces USING (";
    assert!(output.stdout.contains(statement), "{output:#?}");
}

#[test]
fn names_that_the_server_reserves_are_quoted() {
    let file = [env!("CARGO_MANIFEST_DIR"), "src/checks/rls/reserved_words.txt"].join("/");
    let quoted = std::fs::read_to_string(file).unwrap();
    let reserved = "select word from pg_get_keywords() where catcode in ('R', 'T') order by 1";
    let reserved = Database::blank().rows(reserved);
    let reserved = reserved.iter().flatten().flatten();
    let missing: Vec<_> =
        reserved.filter(|word| quoted.lines().all(|known| known != *word)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn fix_keeps_the_grant_that_another_policy_needs() {
    let database = clean();
    database.execute(
        "CREATE POLICY owners ON jobs FOR SELECT TO public USING (EXISTS (SELECT FROM workspaces w
           WHERE w.id = jobs.workspace_id AND w.owner_id = (SELECT auth.uid())));
         GRANT SELECT ON jobs, workspaces TO anon",
    );
    let query = "SET ROLE anon; SELECT count(*) FROM jobs";
    let count = || database.session().rows(query).last().unwrap()[0].clone();
    assert_eq!(count().as_deref(), Some("0"));
    for fix in fixes(&audit(&database)) {
        if fix.contains("workspaces") {
            database.execute(&fix);
        }
    }
    assert_eq!(count().as_deref(), Some("0"));
}

#[test]
fn fix_of_a_rights_column_grants_no_column_that_decides_access() {
    let database = clean();
    database.execute(
        "CREATE TABLE profiles (id uuid PRIMARY KEY, owner uuid, team uuid, name text, bio text, role text);
         ALTER TABLE profiles ENABLE ROW LEVEL SECURITY; GRANT SELECT, UPDATE ON profiles TO authenticated;
         CREATE POLICY own ON profiles TO authenticated USING (owner = (SELECT auth.uid()));
         CREATE TABLE notes (id int PRIMARY KEY, team uuid); ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
         GRANT SELECT ON notes TO authenticated; CREATE POLICY team ON notes FOR SELECT TO authenticated USING (EXISTS (
           SELECT FROM profiles p WHERE p.team = notes.team AND p.owner = (SELECT auth.uid())))",
    );
    let fixes = fixes(&audit(&database));
    let grants = |fix: &&String| fix.contains("GRANT UPDATE (name, bio) ON public.profiles");
    assert!(fixes.iter().any(|fix| grants(&fix)), "{fixes:#?}");
    database.execute(&fixes.join("\n"));
    let columns = "SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'profiles'::regclass
        AND attnum > 0 AND has_column_privilege('authenticated', attrelid, attnum, 'UPDATE')";
    assert_eq!(database.value(columns), "name bio");
}
