//! For each finding the flaw, and the nearest innocent neighbour.

use super::{audit, clean, findings};

/// The finding, the change that makes it, and the neighbour that does not.
#[rustfmt::skip]
const FLAWS: &[(&str, &str, &str)] = &[
    ("rls.off",
        "CREATE TABLE n (id int PRIMARY KEY); GRANT SELECT ON n TO anon",
        "CREATE TABLE n (id int PRIMARY KEY); GRANT SELECT ON n TO service_role"),
    ("rls.off", // a partition of a guarded table
        "CREATE TABLE n (id int) PARTITION BY LIST (id); ALTER TABLE n ENABLE ROW LEVEL SECURITY;
         CREATE TABLE n_1 PARTITION OF n FOR VALUES IN (1); GRANT SELECT ON n_1 TO authenticated",
        "CREATE TABLE n (id int) PARTITION BY LIST (id); ALTER TABLE n ENABLE ROW LEVEL SECURITY;
         CREATE TABLE n_1 PARTITION OF n FOR VALUES IN (1)"),
    ("rls.policies_without_rls",
        "ALTER TABLE workspaces DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE workspaces FORCE ROW LEVEL SECURITY"),
    ("rls.no_policy",
        "CREATE TABLE n (id int); ALTER TABLE n ENABLE ROW LEVEL SECURITY; GRANT SELECT ON n TO anon",
        "CREATE TABLE n (id int); ALTER TABLE n ENABLE ROW LEVEL SECURITY"),
    ("rls.always_true",
        "CREATE POLICY everybody ON workspaces FOR SELECT TO authenticated USING (true)",
        "CREATE POLICY theirs ON workspaces FOR SELECT TO authenticated USING (owner_id = (SELECT auth.uid()))"),
    ("rls.always_true", // WITH CHECK (true) beside a real USING
        "GRANT INSERT ON workspaces TO authenticated;
         CREATE POLICY adding ON workspaces FOR INSERT TO authenticated WITH CHECK (true)",
        "GRANT INSERT ON workspaces TO authenticated;
         CREATE POLICY adding ON workspaces FOR INSERT TO authenticated WITH CHECK (owner_id = (SELECT auth.uid()))"),
    ("rls.public_policy",
        "CREATE POLICY service_all ON workspaces USING (true)",
        "CREATE POLICY service_all ON workspaces TO service_role USING (true);
         GRANT ALL ON workspaces TO service_role"),
    ("rls.duplicate_policy",
        "CREATE POLICY twice ON workspace_members FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()))",
        "CREATE POLICY once ON workspace_members FOR SELECT TO authenticated USING (user_id <> (SELECT auth.uid()) AND is_workspace_member(workspace_id))"),
    ("rls.contract_policy",
        "ALTER POLICY jobs_workspace_member_select ON jobs USING (true)",
        "ALTER POLICY jobs_service_role_full_access ON jobs WITH CHECK (true)"), // the same again
    ("rls.contract_policy", // a missing WITH CHECK is USING
        "ALTER POLICY jobs_service_role_full_access ON jobs WITH CHECK (false)",
        "DROP POLICY jobs_service_role_full_access ON jobs;
         CREATE POLICY jobs_service_role_full_access ON jobs TO service_role USING (true)"),
    ("rls.dead_policy",
        "REVOKE SELECT ON jobs FROM authenticated",
        "REVOKE SELECT ON jobs FROM anon"),
    ("rls.policy_fails",
        "CREATE TABLE admins (user_id uuid PRIMARY KEY);
         CREATE POLICY by_admin ON workspaces FOR SELECT TO authenticated
           USING (EXISTS (SELECT FROM admins a WHERE a.user_id = (SELECT auth.uid())))",
        "CREATE TABLE admins (user_id uuid PRIMARY KEY); ALTER TABLE admins ENABLE ROW LEVEL SECURITY;
         GRANT SELECT ON admins TO authenticated;
         CREATE POLICY self ON admins FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
         CREATE POLICY by_admin ON workspaces FOR SELECT TO authenticated
           USING (EXISTS (SELECT FROM admins a WHERE a.user_id = (SELECT auth.uid())))"),
    ("rls.unpoliced_grant",
        "GRANT DELETE ON jobs TO authenticated",
        "GRANT DELETE ON jobs TO service_role"),
    ("rls.uncovered_grant",
        "GRANT TRUNCATE ON jobs TO anon",
        "GRANT TRUNCATE ON jobs TO service_role"),
    ("rls.column_grant",
        "GRANT UPDATE (payload) ON jobs TO authenticated",
        "GRANT SELECT (payload) ON jobs TO authenticated"), // the table's grant covers it
    ("rls.default_privileges",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO anon",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO service_role"),
    ("rls.definer_rpc",
        "GRANT EXECUTE ON FUNCTION worker_recover_stuck_jobs(int) TO authenticated",
        "GRANT EXECUTE ON FUNCTION is_workspace_member(uuid) TO anon"),
    ("rls.definer_rpc", // a NULL acl is PUBLIC; a comment is not a write
        "CREATE FUNCTION purge() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'DELETE FROM public.jobs'",
        "CREATE FUNCTION purge() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1 -- DELETE FROM public.jobs'"),
    ("rls.definer_search_path",
        "ALTER FUNCTION worker_fail(uuid, text, text, int) RESET search_path",
        "ALTER FUNCTION worker_fail(uuid, text, text, int) SET search_path = ''"),
    ("rls.view_bypass",
        "CREATE VIEW v AS SELECT id FROM jobs; GRANT SELECT ON v TO authenticated",
        "CREATE VIEW v WITH (security_invoker = on) AS SELECT id FROM jobs; GRANT SELECT ON v TO authenticated"),
    ("rls.view_bypass",
        "CREATE MATERIALIZED VIEW v AS SELECT id FROM jobs; GRANT SELECT ON v TO anon",
        "CREATE MATERIALIZED VIEW v AS SELECT id FROM jobs"),
    ("rls.foreign_table",
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
         CREATE FOREIGN TABLE f (id int) SERVER s; GRANT SELECT ON f TO anon",
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
         CREATE FOREIGN TABLE f (id int) SERVER s"),
    ("rls.user_metadata",
        "CREATE POLICY admin ON workspaces FOR SELECT TO authenticated
           USING (((SELECT auth.jwt()) -> 'user_metadata' ->> 'admin') = 'yes')",
        "CREATE POLICY admin ON workspaces FOR SELECT TO authenticated
           USING (((SELECT auth.jwt()) -> 'app_metadata' ->> 'admin') = 'yes')"),
    ("rls.per_row_uid",
        "ALTER POLICY workspace_members_self_select ON workspace_members USING (user_id = auth.uid())",
        "ALTER POLICY workspace_members_self_select ON workspace_members USING ((SELECT auth.uid()) = user_id)"),
    ("rls.helper",
        "CREATE OR REPLACE FUNCTION is_workspace_member(p_workspace_id uuid) RETURNS boolean LANGUAGE sql
           STABLE SECURITY DEFINER SET search_path = public AS 'SELECT true'",
        "CREATE OR REPLACE FUNCTION is_workspace_member(p_workspace_id uuid) RETURNS boolean LANGUAGE sql
           STABLE SECURITY DEFINER SET search_path = '' AS 'SELECT p_workspace_id IN (
             SELECT m.workspace_id FROM public.workspace_members m WHERE m.user_id = auth.uid())'"),
    ("rls.access",
        "REVOKE UPDATE ON jobs FROM service_role",
        "REVOKE UPDATE ON workspaces FROM service_role"),
];

#[test]
fn each_flaw_is_found_and_its_innocent_neighbour_is_not() {
    let mut wrong = Vec::new();
    for (id, flaw, neighbour) in FLAWS {
        for (sql, expected) in [(flaw, true), (neighbour, false)] {
            let database = clean();
            database.execute(sql);
            let found = findings(&audit(&database));
            let hit = found.iter().any(|f| f.starts_with(&format!("{id} ")));
            // A neighbour is innocent altogether, not of this one flaw alone.
            if hit != expected || (!expected && !found.is_empty()) {
                wrong.push(format!("{id}, expected {expected}: {sql}\n    {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
