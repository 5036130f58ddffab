//! Tests of role changes. Roles belong to the cluster, so these tests use their own.

use cliplyctl::demo::server::DemoServer;

use super::{audit_of, findings};
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
