//! A contract that accepts a path for one access does not accept another one that is added later.

use super::{clean, findings};
use crate::support::cli::Cli;

/// What is accepted, what is added, and the finding.
#[rustfmt::skip]
const CASES: &[(&str, &str, &str)] = &[
    ("CREATE VIEW v AS SELECT id, state FROM jobs; GRANT SELECT ON v TO anon",
        "GRANT UPDATE ON v TO anon", "rls.view_bypass critical public.v"),
    ("CREATE VIEW v AS SELECT id, state FROM jobs; GRANT SELECT ON v TO anon",
        "GRANT INSERT (id) ON v TO PUBLIC", "rls.view_bypass critical public.v"),
    ("CREATE VIEW v AS SELECT id, state FROM jobs; GRANT UPDATE ON v TO anon",
        "GRANT DELETE ON v TO anon", "rls.view_bypass critical public.v"),
    ("CREATE VIEW v AS SELECT id, state FROM jobs; GRANT UPDATE ON v TO anon",
        "GRANT SELECT ON v TO anon", "rls.view_bypass critical public.v"),
    ("CREATE VIEW v AS SELECT id, state FROM jobs; GRANT SELECT, UPDATE ON v TO anon",
        "GRANT SELECT ON v TO authenticated", "rls.view_bypass critical public.v"),
    ("CREATE VIEW v AS SELECT id, state FROM jobs; GRANT SELECT, UPDATE ON v TO anon; GRANT SELECT ON v TO authenticated",
        "GRANT UPDATE ON v TO authenticated", "rls.view_bypass critical public.v"),
    ("CREATE VIEW v WITH (security_barrier) AS SELECT * FROM workspaces WHERE owner_id = (SELECT auth.uid()); GRANT SELECT ON v TO authenticated",
        "GRANT UPDATE ON v TO authenticated", "rls.view_bypass warning public.v"),
    ("CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE f (id int) SERVER s; GRANT SELECT ON f TO anon",
        "GRANT DELETE ON f TO anon", "rls.foreign_table critical public.f"),
    ("CREATE FUNCTION f() RETURNS SETOF jobs LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT * FROM public.jobs'",
        "CREATE OR REPLACE FUNCTION f() RETURNS SETOF jobs LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'DELETE FROM public.jobs RETURNING *'",
        "rls.definer_rpc critical public.f()"),
    ("CREATE FUNCTION f(w uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'DELETE FROM public.jobs WHERE workspace_id = w'",
        "CREATE OR REPLACE FUNCTION f(w uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'DELETE FROM public.jobs'",
        "rls.definer_rpc critical public.f(uuid)"),
    ("CREATE FUNCTION f(w uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS
        'DELETE FROM public.workspaces WHERE id = w AND owner_id = auth.uid()'",
        "CREATE OR REPLACE FUNCTION f(w uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS
        'DELETE FROM public.workspaces WHERE id = w OR owner_id = auth.uid()'",
        "rls.definer_rpc warning public.f(uuid)"),
    ("CREATE TABLE n (id int); ALTER TABLE n ENABLE ROW LEVEL SECURITY; GRANT INSERT, DELETE ON n TO service_role;
      CREATE RULE r AS ON INSERT TO n DO INSTEAD DELETE FROM jobs; CREATE RULE d AS ON DELETE TO n DO INSTEAD DELETE FROM jobs; GRANT INSERT ON n TO authenticated",
        "GRANT DELETE ON n TO authenticated", "rls.trigger critical public.n"),
];

#[test]
fn accepted_path_does_not_accept_an_access_that_is_added() {
    let mut failures = Vec::new();
    for (accepted, added, finding) in CASES {
        let database = clean();
        database.execute(accepted);
        let contract = Cli::new(["rls", "contract"]).env("DATABASE_URL", database.url()).run();
        let contract = contract.expect_code(0).stdout.replace(" # review", "");
        let critical = || {
            let run = Cli::new(["rls", "audit", "-o", "json", "--contract", "c.toml"])
                .file("c.toml", &contract)
                .env("DATABASE_URL", database.url())
                .run();
            let subject = finding.rsplit(' ').next().unwrap();
            let mut found = findings(&run);
            found
                .retain(|f| f.ends_with(&format!(" {subject}")) && !f.starts_with("rls.no_policy"));
            found
        };
        let before = critical();
        database.execute(added);
        let after = critical();
        if !before.is_empty() || !after.contains(&(*finding).to_owned()) {
            failures.push(format!("{accepted}\n  before {before:?}\n  after {added}: {after:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
