//! Tests of role changes. Roles belong to the cluster, so these tests use their own.

use cliplyctl::demo::server::DemoServer;

use super::fixes::{fixes, granted_to};
use super::flaws::{FLAWS, full};
use super::{audit_of, findings};
use crate::support::cli::Output;
use crate::support::fixtures::backend;
use crate::support::postgres::{Session, server_options};

/// Starts a separate cluster with the access rules of the runbook.
fn own_cluster() -> (DemoServer, String) {
    let server = DemoServer::start(&server_options()).expect("a PostgreSQL server");
    Session::open(&server.url("postgres")).execute("CREATE DATABASE clean TEMPLATE template0");
    let url = server.url("clean");
    let session = Session::open(&url);
    session.execute(&backend(&["roles", "workspaces", "main", "access", "posture"]));
    (server, url)
}

/// The check whose flaws are tested here and not in `flaws`.
pub const CHECK: &str = "rls.bypass_role";

/// The change, its findings, and the statement that reverts it.
#[rustfmt::skip]
const CHANGES: &[(&str, &[&str], &str)] = &[
    ("GRANT service_role TO anon", &["rls.bypass_role critical anon"],
        "REVOKE service_role FROM anon"),
    ("GRANT postgres TO authenticated", &["rls.bypass_role critical authenticated"],
        "REVOKE postgres FROM authenticated"),
    ("GRANT authenticated TO anon", &[], "REVOKE authenticated FROM anon"), // NOINHERIT
    ("ALTER ROLE anon INHERIT; GRANT authenticated TO anon",
        &["rls.access critical public.jobs"], // anon reads with the policy of authenticated
        "ALTER ROLE anon NOINHERIT; REVOKE authenticated FROM anon"),
    ("ALTER ROLE authenticated BYPASSRLS",
        &["rls.bypass_role critical authenticated"],
        "ALTER ROLE authenticated NOBYPASSRLS"),
    ("ALTER ROLE anon SUPERUSER",
        &["rls.bypass_role critical anon"],
        "ALTER ROLE anon NOSUPERUSER"),
    ("ALTER ROLE service_role NOBYPASSRLS", &[], // its policy allows every row
        "ALTER ROLE service_role BYPASSRLS"),
    ("ALTER ROLE anon CREATEROLE", &["rls.bypass_role critical anon"], "ALTER ROLE anon NOCREATEROLE"),
    ("ALTER ROLE anon CREATEDB", &[], "ALTER ROLE anon NOCREATEDB"),
    ("GRANT pg_read_server_files TO authenticated", &["rls.bypass_role critical authenticated"],
        "REVOKE pg_read_server_files FROM authenticated"),
    ("GRANT pg_monitor TO authenticated", &[], "REVOKE pg_monitor FROM authenticated"),
    ("CREATE ROLE grp; GRANT SELECT ON jobs TO grp; CREATE POLICY g ON jobs FOR SELECT TO grp USING (true); GRANT grp TO anon", // NOINHERIT
        &["rls.bypass_role critical anon"],
        "REVOKE grp FROM anon; DROP POLICY g ON jobs; REVOKE SELECT ON jobs FROM grp; DROP ROLE grp"),
    ("CREATE ROLE grp; CREATE TABLE n (id int); ALTER TABLE n ENABLE ROW LEVEL SECURITY; GRANT ALL ON n TO grp;
      CREATE POLICY g ON n TO grp USING (true); GRANT grp TO anon",
        &["rls.bypass_role critical anon"],
        "DROP TABLE n; DROP ROLE grp"),
    ("CREATE ROLE grp; GRANT grp TO anon", &[], "DROP ROLE grp"),
    ("CREATE ROLE grp; GRANT EXECUTE ON FUNCTION worker_fail(uuid, text, text, int) TO grp; GRANT grp TO anon", // NOINHERIT
        &["rls.bypass_role critical anon"],
        "DROP OWNED BY grp; DROP ROLE grp"),
    ("CREATE ROLE grp; CREATE ROLE sub; GRANT EXECUTE ON FUNCTION worker_fail(uuid, text, text, int) TO sub; GRANT sub TO grp; GRANT grp TO anon",
        &["rls.bypass_role critical anon", "rls.bypass_role critical anon"],
        "DROP OWNED BY sub; DROP ROLE grp, sub"),
    ("CREATE ROLE grp; GRANT EXECUTE ON FUNCTION is_workspace_member(uuid) TO grp; GRANT grp TO anon", &[], // a helper
        "DROP OWNED BY grp; DROP ROLE grp"),
    ("CREATE ROLE grp; CREATE VIEW v AS SELECT * FROM jobs; GRANT SELECT ON v TO grp; GRANT grp TO anon",
        &["rls.bypass_role critical anon"],
        "DROP VIEW v; DROP ROLE grp"),
    ("CREATE ROLE grp; CREATE VIEW v WITH (security_invoker) AS SELECT id FROM jobs; GRANT SELECT ON v TO grp; GRANT grp TO anon",
        &[],
        "DROP VIEW v; DROP ROLE grp"),
    ("ALTER ROLE anon INHERIT; CREATE ROLE grp; GRANT EXECUTE ON FUNCTION worker_fail(uuid, text, text, int) TO grp; GRANT grp TO anon",
        &["rls.definer_rpc critical public.worker_fail(uuid,text,text,integer)"],
        "ALTER ROLE anon NOINHERIT; DROP OWNED BY grp; DROP ROLE grp"),
    ("ALTER ROLE anon LOGIN", &[], "ALTER ROLE anon NOLOGIN"),
];

#[test]
fn client_role_that_bypasses_rls_is_critical() {
    let (_server, url) = own_cluster();
    assert_eq!(findings(&audit_of(&url, &[])), Vec::<String>::new());
    for (change, expected, revert) in CHANGES {
        Session::open(&url).execute(change);
        let mut found = findings(&audit_of(&url, &[]));
        found.retain(|f| f.contains(" critical "));
        found.sort();
        assert_eq!(found, *expected, "{change}");
        Session::open(&url).execute(revert);
    }
}

#[test]
fn suggested_revoke_names_the_group_that_holds_the_grant() {
    let (server, url) = own_cluster();
    Session::open(&url).execute(
        "CREATE ROLE grp; ALTER ROLE anon INHERIT; ALTER ROLE authenticated INHERIT; GRANT grp TO anon, authenticated",
    );
    let admin = Session::open(&server.url("postgres"));
    let (mut tried, mut failures) = (0, Vec::new());
    for (at, (id, flaw, _)) in FLAWS.iter().enumerate() {
        let Some(flaw) = granted_to(&full(flaw), " TO grp") else { continue };
        let name = format!("flaw_{at}");
        admin.execute(&format!("CREATE DATABASE {name} TEMPLATE clean"));
        let url = server.url(&name);
        Session::open(&url).execute(&flaw);
        let is_found =
            |output: &Output| findings(output).iter().any(|f| f.starts_with(&format!("{id} ")));
        let before = audit_of(&url, &[]);
        let fixes = fixes(&before);
        if is_found(&before) && fixes.iter().any(|fix| fix.contains("REVOKE")) {
            tried += 1;
            let done = Session::open(&url).try_execute(&fixes.join("\n"));
            let left = audit_of(&url, &[]);
            if done.is_err() || is_found(&left) {
                let left = findings(&left);
                failures.push(format!("{id}: {flaw}\n  {fixes:?}\n  {done:?}, left {left:?}"));
            }
        }
        admin.execute(&format!("DROP DATABASE {name} WITH (FORCE)"));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(tried >= 12, "{tried}");
}

#[test]
fn suggested_fix_ends_a_membership_that_gives_the_right() {
    let (_server, url) = own_cluster();
    Session::open(&url).execute(
        "CREATE ROLE grp; GRANT pg_read_all_data TO grp; ALTER ROLE anon INHERIT; GRANT grp TO anon;
         CREATE MATERIALIZED VIEW v AS SELECT id FROM jobs",
    );
    let output = audit_of(&url, &[]);
    assert!(
        findings(&output).contains(&"rls.view_bypass critical public.v".to_owned()),
        "{output:#?}"
    );
    let fixes = fixes(&output);
    let fix = fixes.iter().find(|fix| fix.contains("REVOKE grp FROM anon")).expect("a REVOKE");
    Session::open(&url).execute(fix);
    assert_eq!(findings(&audit_of(&url, &[])), Vec::<String>::new());
}

#[test]
fn role_that_is_not_inherited_but_has_more_access_is_a_warning() {
    let (_server, url) = own_cluster();
    let of_anon = |output: &Output| {
        let mut found = findings(output);
        found.retain(|f| f.ends_with(" anon"));
        found
    };
    Session::open(&url).execute("GRANT authenticated TO anon");
    let output = audit_of(&url, &[]);
    assert_eq!(of_anon(&output), ["rls.bypass_role warning anon"]);
    let report = output.json();
    let all = report["findings"].as_array().unwrap();
    let finding = all.iter().find(|f| f["id"] == CHECK).unwrap();
    let message = finding["message"].as_str().unwrap();
    assert!(message.contains("can SET ROLE to authenticated"), "{message}");
    Session::open(&url).execute(finding["suggested_fix"].as_str().unwrap());
    assert_eq!(of_anon(&audit_of(&url, &[])), Vec::<String>::new());
}

#[test]
fn suggested_revoke_names_the_membership_on_the_way_to_the_role() {
    let (_server, url) = own_cluster();
    Session::open(&url).execute(
        "CREATE ROLE staff; CREATE ROLE lead; CREATE ROLE other; GRANT lead TO staff; GRANT staff, other TO authenticated;
         GRANT SELECT ON jobs TO lead; CREATE POLICY g ON jobs FOR SELECT TO lead USING (true)",
    );
    let output = audit_of(&url, &[]);
    let fixes = fixes(&output);
    assert!(fixes.iter().any(|fix| fix == "REVOKE staff FROM authenticated;"), "{fixes:?}");
    assert!(!fixes.iter().any(|fix| fix.contains("REVOKE lead") || fix.contains("other")));
    Session::open(&url).execute(&fixes.join("\n"));
    assert_eq!(findings(&audit_of(&url, &[])), Vec::<String>::new());
}
