//! Single changes of a clean database. Each change of effective access is reported under the check that
//! names its cause. Changes without an effect are not CRITICAL, and innocent ones are not reported.

use super::{audit, clean, findings};

/// The expected result of a change.
enum Expect {
    /// This finding, and no other CRITICAL one.
    Critical(&'static str),
    /// This finding, and no CRITICAL one, because access is unchanged.
    Warning(&'static str),
    /// This finding, because access could not be evaluated.
    Unknown(&'static str),
}

use Expect::{Critical, Unknown, Warning};

const HELPER: &str = "CREATE OR REPLACE FUNCTION public.is_workspace_member(p_workspace_id uuid) RETURNS boolean \
     LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS";

const WS: &str = "CREATE POLICY extra ON workspaces FOR SELECT TO public";

/// The changes with their expected findings, and the rules of pgrls and splinter (Supabase's linter) for the same
/// fault. `HELPER` stands for the header of the helper function, `WS` for that of a policy of `workspaces`.
#[rustfmt::skip]
const MUTATIONS: &[(&str, Expect, &str)] = &[
    // Policies of the protected table.
    ("DROP POLICY jobs_workspace_member_select ON jobs", Critical("rls.contract_policy"), "pgrls SEC012"),
    ("DROP POLICY jobs_service_role_full_access ON jobs", Warning("rls.contract_policy"), ""),
    ("ALTER POLICY jobs_workspace_member_select ON jobs USING (true)", Critical("rls.contract_policy"), "pgrls SEC008, splinter 0024"),
    ("ALTER POLICY jobs_workspace_member_select ON jobs USING (false)", Critical("rls.contract_policy"), "pgrls SEC010"),
    ("ALTER POLICY jobs_workspace_member_select ON jobs USING (is_workspace_member(workspace_id) OR state = 'dead_letter')", Critical("rls.contract_policy"), ""),
    ("ALTER POLICY jobs_workspace_member_select ON jobs USING (is_workspace_member(workspace_id) AND state <> 'dead_letter')", Critical("rls.contract_policy"), ""),
    ("ALTER POLICY jobs_workspace_member_select ON jobs USING (workspace_id = workspace_id)", Critical("rls.contract_policy"), "pgrls SEC008"),
    ("ALTER POLICY jobs_workspace_member_select ON jobs USING (auth.uid() IS NOT NULL)", Critical("rls.contract_policy"), "pgrls SEC005"),
    ("ALTER POLICY jobs_workspace_member_select ON jobs USING (NOT is_workspace_member(workspace_id))", Critical("rls.contract_policy"), ""),
    ("ALTER POLICY jobs_workspace_member_select ON jobs USING ((auth.jwt() -> 'user_metadata' ->> 'admin') = 'yes')", Critical("rls.contract_policy"), "pgrls SEC033, splinter 0015"),
    ("ALTER POLICY jobs_workspace_member_select ON jobs TO service_role", Critical("rls.contract_policy"), ""),
    ("ALTER POLICY jobs_workspace_member_select ON jobs TO authenticated, anon", Warning("rls.contract_policy"), ""),
    ("ALTER POLICY jobs_service_role_full_access ON jobs TO public", Critical("rls.contract_policy"), "pgrls SEC003"),
    ("ALTER POLICY jobs_service_role_full_access ON jobs TO authenticated", Critical("rls.contract_policy"), ""),
    ("ALTER POLICY jobs_workspace_member_select ON jobs RENAME TO members_read", Warning("rls.contract_policy"), ""),
    ("CREATE POLICY extra ON jobs FOR SELECT TO authenticated USING (true)", Critical("rls.contract_policy"), "splinter 0006"),
    ("CREATE POLICY extra ON jobs FOR SELECT TO authenticated USING (locked_by IS NULL)", Critical("rls.contract_policy"), ""),
    ("CREATE POLICY extra ON jobs FOR UPDATE TO authenticated USING (true)", Warning("rls.contract_policy"), ""),
    ("CREATE POLICY extra ON jobs AS RESTRICTIVE TO authenticated USING (false)", Critical("rls.contract_policy"), ""),
    ("CREATE POLICY extra ON jobs AS RESTRICTIVE TO authenticated USING (priority > 0)", Critical("rls.contract_policy"), ""),
    ("CREATE POLICY extra ON jobs TO service_role USING (true)", Warning("rls.contract_policy"), ""),
    // Row security of the table.
    ("ALTER TABLE jobs DISABLE ROW LEVEL SECURITY", Critical("rls.policies_without_rls"), "pgrls SEC032, splinter 0007"),
    ("ALTER TABLE workspaces DISABLE ROW LEVEL SECURITY", Critical("rls.policies_without_rls"), "pgrls SEC032, splinter 0007"),
    // Grants.
    ("REVOKE SELECT ON jobs FROM authenticated", Critical("rls.dead_policy"), ""),
    ("REVOKE ALL ON jobs FROM service_role", Critical("rls.dead_policy"), ""),
    ("REVOKE DELETE ON jobs FROM service_role", Critical("rls.access"), ""),
    ("GRANT TRUNCATE ON jobs TO authenticated", Critical("rls.uncovered_grant"), ""),
    ("GRANT REFERENCES ON jobs TO anon", Critical("rls.uncovered_grant"), ""),
    ("GRANT TRIGGER ON jobs TO PUBLIC", Critical("rls.uncovered_grant"), ""),
    ("GRANT TRUNCATE ON workspaces TO anon", Warning("rls.uncovered_grant"), ""),
    ("GRANT INSERT ON jobs TO authenticated", Warning("rls.unpoliced_grant"), ""),
    ("GRANT SELECT ON jobs TO anon", Warning("rls.unpoliced_grant"), ""),
    ("GRANT SELECT (payload) ON jobs TO anon", Warning("rls.column_grant"), "pgrls SEC045"),
    ("REVOKE SELECT ON jobs FROM authenticated; GRANT SELECT (id) ON jobs TO authenticated", Critical("rls.column_grant"), ""),
    ("REVOKE SELECT ON jobs FROM service_role; GRANT SELECT (id, state) ON jobs TO service_role", Critical("rls.column_grant"), ""),
    ("REVOKE UPDATE ON jobs FROM service_role; GRANT UPDATE (state) ON jobs TO service_role", Critical("rls.column_grant"), ""),
    ("GRANT UPDATE (state) ON jobs TO authenticated; CREATE POLICY extra ON jobs FOR UPDATE TO authenticated USING (is_workspace_member(workspace_id))", Critical("rls.contract_policy"), ""),
    ("GRANT REFERENCES (id) ON jobs TO anon", Critical("rls.column_grant"), ""),
    ("ALTER TABLE jobs OWNER TO authenticated", Critical("rls.access"), "pgrls SEC048"),
    ("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO anon", Warning("rls.default_privileges"), "pgrls SEC044"),
    ("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT TRUNCATE ON TABLES TO authenticated", Warning("rls.default_privileges"), ""),
    ("ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO anon", Warning("rls.default_privileges"), ""),
    ("GRANT INSERT ON workspace_members TO authenticated; CREATE POLICY joining ON workspace_members FOR INSERT TO authenticated WITH CHECK (true)", Critical("rls.always_true"), "pgrls SEC028, splinter 0024"),
    ("REVOKE USAGE ON SCHEMA public FROM authenticated, PUBLIC", Critical("rls.access"), ""),
    // The helper.
    ("HELPER 'SELECT true'", Critical("rls.helper"), ""),
    ("HELPER 'SELECT false'", Critical("rls.helper"), ""),
    ("HELPER 'SELECT EXISTS (SELECT FROM workspace_members WHERE workspace_id = p_workspace_id)'", Critical("rls.helper"), ""),
    ("HELPER 'SELECT EXISTS (SELECT FROM workspace_members WHERE user_id = auth.uid())'", Critical("rls.helper"), ""),
    ("HELPER 'SELECT p_workspace_id IS NULL OR EXISTS (SELECT FROM workspace_members WHERE workspace_id = p_workspace_id AND user_id = auth.uid())'", Critical("rls.helper"), ""),
    ("HELPER 'SELECT NULL::boolean'", Critical("rls.helper"), ""),
    ("ALTER FUNCTION is_workspace_member(uuid) VOLATILE", Unknown("rls.observed"), "pgrls PERF002"),
    ("ALTER FUNCTION is_workspace_member(uuid) RESET search_path", Warning("rls.definer_search_path"), "pgrls SEC015, splinter 0011"),
    ("REVOKE EXECUTE ON FUNCTION is_workspace_member(uuid) FROM authenticated", Critical("rls.policy_fails"), ""),
    ("ALTER FUNCTION is_workspace_member(uuid) SECURITY INVOKER; REVOKE SELECT ON workspace_members FROM authenticated", Critical("rls.policy_fails"), ""),
    // Functions that bypass row security.
    ("GRANT EXECUTE ON FUNCTION worker_claim_next_job(text) TO anon", Critical("rls.definer_rpc"), "pgrls SEC042, splinter 0028"),
    ("GRANT EXECUTE ON FUNCTION worker_fail(uuid, text, text, int) TO PUBLIC", Critical("rls.definer_rpc"), "pgrls SEC014, splinter 0029"),
    ("CREATE FUNCTION peek() RETURNS SETOF jobs LANGUAGE sql SECURITY DEFINER SET search_path = public AS 'SELECT * FROM jobs'", Critical("rls.definer_rpc"), "pgrls SEC014, splinter 0028"),
    ("CREATE FUNCTION run(q text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS 'BEGIN EXECUTE q; END'", Warning("rls.definer_rpc"), ""),
    ("CREATE FUNCTION busy(w uuid) RETURNS boolean LANGUAGE sql SECURITY DEFINER SET search_path = public AS 'SELECT EXISTS (SELECT FROM jobs WHERE workspace_id = w)'", Critical("rls.definer_rpc"), ""),
    ("CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS 'BEGIN UPDATE jobs SET priority = 1; RETURN NEW; END'; CREATE TRIGGER note AFTER UPDATE ON workspaces FOR EACH ROW EXECUTE FUNCTION note(); GRANT UPDATE ON workspaces TO authenticated; CREATE POLICY renaming ON workspaces FOR UPDATE TO authenticated USING (owner_id = (SELECT auth.uid()))", Warning("rls.trigger"), "pgrls SEC013"),
    // Views and other tables.
    ("CREATE VIEW open_jobs AS SELECT * FROM jobs; GRANT SELECT ON open_jobs TO anon", Critical("rls.view_bypass"), "pgrls VIEW001, splinter 0010"),
    ("CREATE VIEW inner_jobs AS SELECT * FROM jobs; CREATE VIEW outer_jobs AS SELECT id FROM inner_jobs; GRANT SELECT ON outer_jobs TO anon", Critical("rls.view_bypass"), ""),
    ("CREATE MATERIALIZED VIEW job_copy AS SELECT * FROM jobs; GRANT SELECT ON job_copy TO authenticated", Critical("rls.view_bypass"), "pgrls SEC054, splinter 0016"),
    ("CREATE TABLE old_jobs () INHERITS (jobs); GRANT SELECT ON old_jobs TO authenticated", Critical("rls.off"), "pgrls SEC043"),
    ("CREATE TABLE notes (id int PRIMARY KEY); GRANT SELECT ON notes TO anon", Critical("rls.off"), "pgrls SEC001, splinter 0013"),
    // More than one policy, and conditions in disguise.
    ("WS USING (auth.uid() IS NULL OR owner_id = auth.uid()); GRANT SELECT ON workspaces TO anon", Critical("rls.always_true"), "pgrls SEC004, splinter 0030"),
    ("WS USING (auth.role() = 'authenticated')", Critical("rls.always_true"), "pgrls SEC005"),
    ("WS USING ('authenticated' = (SELECT auth.role()))", Critical("rls.always_true"), ""),
    ("WS USING ((SELECT auth.role()) <> 'anon')", Critical("rls.always_true"), ""),
    ("WS USING (auth.role() IN ('anon', 'authenticated')); GRANT SELECT ON workspaces TO anon", Critical("rls.always_true"), "pgrls SEC038"),
    ("WS USING (owner_id = (SELECT auth.uid()) OR true)", Critical("rls.always_true"), "pgrls SEC011"),
    ("WS USING (id IS NOT NULL)", Critical("rls.always_true"), "pgrls SEC030"),
    ("WS USING (((SELECT auth.jwt()) ->> 'aud') = 'authenticated')", Critical("rls.always_true"), ""),
    ("WS USING (name <> 'secret' OR name = 'secret')", Critical("rls.always_true"), ""),
    ("WS USING (NOT EXISTS (SELECT FROM workspace_members m WHERE m.user_id = (SELECT auth.uid())))", Critical("rls.always_true"), ""),
    ("CREATE FUNCTION any_owner() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS 'SELECT EXISTS (SELECT FROM workspace_members WHERE role = ''owner'')'; WS USING (any_owner())", Critical("rls.always_true"), "pgrls SEC036"),
    ("WS USING (coalesce(org_id = (SELECT auth.uid()), true))", Warning("rls.loose_policy"), "pgrls SEC030"),
    ("WS USING (org_id = org_id)", Warning("rls.loose_policy"), "pgrls SEC005"),
    ("WS USING (EXISTS (SELECT FROM workspace_members m WHERE m.workspace_id = m.workspace_id AND m.user_id = (SELECT auth.uid())))", Critical("rls.any_member"), "pgrls SEC005"),
    ("CREATE POLICY low ON workspaces TO anon USING (true); GRANT INSERT, SELECT ON workspaces TO anon", Critical("rls.always_true"), "pgrls SEC039"),
    ("GRANT UPDATE (name) ON workspaces TO authenticated; CREATE POLICY edit ON workspaces FOR UPDATE TO authenticated USING (owner_id = (SELECT auth.uid())) WITH CHECK (true)", Warning("rls.row_transfer"), "pgrls SEC020"),
    ("GRANT UPDATE (name) ON workspaces TO authenticated; CREATE POLICY edit ON workspaces FOR UPDATE TO authenticated USING (true) WITH CHECK (owner_id = (SELECT auth.uid()))", Critical("rls.row_transfer"), ""),
    ("GRANT INSERT ON workspaces TO authenticated; CREATE POLICY edit ON workspaces TO authenticated USING (owner_id = (SELECT auth.uid())) WITH CHECK (name <> '')", Warning("rls.row_transfer"), "pgrls SEC040"),
    ("GRANT UPDATE ON workspaces TO authenticated; CREATE POLICY edit ON workspaces FOR UPDATE TO authenticated USING (owner_id = (SELECT auth.uid()))", Warning("rls.rights_column"), ""),
    ("GRANT DELETE ON workspaces TO authenticated; CREATE POLICY leave ON workspaces FOR DELETE TO authenticated USING (owner_id = (SELECT auth.uid())); ALTER TABLE jobs ADD CONSTRAINT w FOREIGN KEY (workspace_id) REFERENCES workspaces ON DELETE CASCADE NOT VALID", Warning("rls.cascade"), ""),
    ("DROP POLICY workspaces_member_select ON workspaces", Warning("rls.no_policy"), "pgrls SEC009, splinter 0008"),
    ("DROP POLICY workspaces_member_select ON workspaces; CREATE POLICY restricted ON workspaces AS RESTRICTIVE USING (true)", Warning("rls.no_policy"), "pgrls SEC012"),
    ("ALTER TABLE workspaces OWNER TO authenticated", Critical("rls.owner"), "pgrls SEC048"),
    ("WS USING (owner_id = auth.uid())", Warning("rls.per_row_uid"), "pgrls PERF001, splinter 0003"),
    ("CREATE POLICY again ON workspaces FOR SELECT TO authenticated USING (public.is_workspace_member(id))", Warning("rls.duplicate_policy"), "pgrls HYG003, splinter 0006"),
    // Commands that fail.
    ("WS USING (name = current_setting('app.tenant'))", Warning("rls.policy_fails"), "pgrls SEC019"),
    ("WS USING (EXISTS (SELECT FROM workspaces w WHERE w.owner_id = (SELECT auth.uid())))", Warning("rls.policy_fails"), ""),
    ("CREATE TABLE admins (user_id uuid PRIMARY KEY); WS USING (EXISTS (SELECT FROM admins a WHERE a.user_id = (SELECT auth.uid())))", Warning("rls.policy_fails"), "pgrls SEC025"),
    ("CREATE TABLE admins (user_id uuid PRIMARY KEY); GRANT SELECT ON admins TO authenticated; WS USING (EXISTS (SELECT FROM admins a WHERE a.user_id = (SELECT auth.uid())))", Critical("rls.off"), "pgrls SEC025"),
    ("GRANT INSERT ON workspaces TO authenticated; CREATE POLICY adding ON workspaces FOR INSERT TO authenticated WITH CHECK (EXISTS (SELECT FROM plan_limits))", Warning("rls.policy_fails"), ""),
    ("CREATE FUNCTION reads_it(i uuid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT EXISTS (SELECT FROM public.plan_limits)'; WS USING (reads_it(id))", Warning("rls.policy_fails"), ""),
    ("REVOKE SELECT ON workspace_members FROM authenticated; GRANT SELECT (workspace_id) ON workspace_members TO authenticated; WS USING (EXISTS (SELECT FROM workspace_members m WHERE m.workspace_id = workspaces.id AND m.user_id = (SELECT auth.uid())))", Warning("rls.policy_fails"), ""),
    ("CREATE VIEW own_jobs WITH (security_invoker) AS SELECT * FROM jobs; GRANT SELECT ON own_jobs TO anon", Warning("rls.policy_fails"), ""),
    // Helpers and functions.
    ("CREATE FUNCTION me() RETURNS uuid LANGUAGE sql IMMUTABLE AS 'SELECT auth.uid()'; WS USING (owner_id = me())", Critical("rls.immutable_helper"), "pgrls SEC046"),
    ("CREATE FUNCTION is_admin() RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT coalesce(auth.jwt() -> 'user_metadata' ->> 'role' = 'admin', false) $$; WS USING ((SELECT is_admin()))", Critical("rls.user_metadata"), "pgrls SEC033, splinter 0015"),
    ("CREATE FUNCTION of(w uuid) RETURNS SETOF jobs LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$ BEGIN IF auth.uid() IS NULL THEN RAISE 'no'; END IF; RETURN QUERY SELECT * FROM public.jobs WHERE workspace_id = w; END $$", Critical("rls.definer_rpc"), "splinter 0029"),
    ("CREATE SCHEMA priv; CREATE FUNCTION priv.everything() RETURNS SETOF public.jobs LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT * FROM public.jobs'; CREATE FUNCTION listed() RETURNS SETOF jobs LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT * FROM priv.everything()'", Critical("rls.definer_rpc"), "pgrls SEC014"),
    ("CREATE FUNCTION standard() RETURNS SETOF jobs LANGUAGE sql SECURITY DEFINER SET search_path = '' BEGIN ATOMIC SELECT * FROM public.jobs; END", Critical("rls.definer_rpc"), "pgrls SEC014"),
    ("CREATE TABLE auth.users (id uuid PRIMARY KEY, email text); ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY; CREATE FUNCTION everybody() RETURNS TABLE (id uuid, email text) LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT id, email FROM auth.users'", Critical("rls.definer_rpc"), "splinter 0028"),
    ("CREATE RULE planting AS ON INSERT TO idempotency_keys DO INSTEAD DELETE FROM jobs; GRANT INSERT ON idempotency_keys TO authenticated; ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON idempotency_keys FOR INSERT TO authenticated WITH CHECK (key <> '')", Critical("rls.trigger"), ""),
    // Views.
    ("CREATE TABLE auth.users (id uuid PRIMARY KEY, email text); ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY; CREATE VIEW people AS SELECT * FROM auth.users; GRANT SELECT ON people TO anon", Critical("rls.view_bypass"), "pgrls SEC052, splinter 0002"),
    ("CREATE SCHEMA priv; GRANT USAGE ON SCHEMA priv TO anon; CREATE VIEW priv.v AS SELECT * FROM public.jobs; GRANT SELECT ON priv.v TO anon; CREATE VIEW board WITH (security_invoker) AS SELECT id FROM priv.v; GRANT SELECT ON board TO anon", Critical("rls.view_bypass"), "pgrls VIEW001"),
    ("CREATE SCHEMA priv; GRANT USAGE ON SCHEMA priv TO anon; CREATE MATERIALIZED VIEW priv.m AS SELECT * FROM public.jobs; GRANT SELECT ON priv.m TO anon; CREATE VIEW board WITH (security_invoker) AS SELECT id FROM priv.m; GRANT SELECT ON board TO anon", Critical("rls.view_bypass"), "pgrls VIEW003"),
    ("CREATE SCHEMA priv; CREATE TABLE priv.customers (id int PRIMARY KEY, email text); CREATE VIEW customers AS SELECT * FROM priv.customers; GRANT SELECT ON customers TO anon", Warning("rls.view_bypass"), "splinter 0023"),
    ("CREATE VIEW mine AS SELECT * FROM workspaces WHERE owner_id = (SELECT auth.uid()); GRANT SELECT ON mine TO authenticated", Warning("rls.view_bypass"), "pgrls VIEW002"),
    ("CREATE SCHEMA priv; GRANT USAGE ON SCHEMA priv TO anon; CREATE FUNCTION priv.all_jobs() RETURNS SETOF public.jobs LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT * FROM public.jobs'; CREATE VIEW board WITH (security_invoker) AS SELECT id FROM priv.all_jobs(); GRANT SELECT ON board TO anon", Critical("rls.view_bypass"), "pgrls VIEW004"),
    ("CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE f (id int) SERVER s; GRANT SELECT ON f TO anon", Critical("rls.foreign_table"), "pgrls SEC053, splinter 0017"),
    ("CREATE TABLE parts (id int) PARTITION BY LIST (id); ALTER TABLE parts ENABLE ROW LEVEL SECURITY; CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1); GRANT SELECT ON part_1 TO authenticated", Critical("rls.off"), "pgrls SEC041"),
    ("CREATE TABLE queue_messages (id int PRIMARY KEY, message jsonb); GRANT ALL ON queue_messages TO anon, authenticated", Critical("rls.off"), "splinter 0019"),
    ("CREATE TABLE profiles (id uuid PRIMARY KEY, password text, ssn text); GRANT SELECT ON profiles TO anon", Critical("rls.off"), "pgrls SEC049, splinter 0023"),
];

/// Changes of a healthy database that leave it healthy.
#[rustfmt::skip]
const INNOCENT: &[&str] = &[
    "ALTER POLICY jobs_workspace_member_select ON jobs USING ((SELECT is_workspace_member(workspace_id)))",
    "ALTER TABLE jobs FORCE ROW LEVEL SECURITY",
    "GRANT TRUNCATE ON jobs TO service_role",
    "CREATE FUNCTION peek() RETURNS SETOF jobs LANGUAGE sql AS 'SELECT * FROM public.jobs'",
    "CREATE TABLE notes (id int PRIMARY KEY)",
    "CREATE VIEW own_jobs WITH (security_invoker) AS SELECT * FROM jobs; GRANT SELECT ON own_jobs TO authenticated",
    "CREATE INDEX ON jobs (priority)",
    "ALTER TABLE jobs ADD COLUMN note text",
    "COMMENT ON TABLE jobs IS 'open to everybody'",
    "WS USING (owner_id = (SELECT auth.uid()))",
    "WS USING (coalesce(owner_id = (SELECT auth.uid()), false))",
    "WS USING (org_id IS NOT NULL AND owner_id = (SELECT auth.uid()))",
    "WS USING ((SELECT auth.role()) <> 'anon' AND owner_id = (SELECT auth.uid()))",
    "WS USING (owner_id = (SELECT (auth.jwt() ->> 'sub')::uuid))",
    "WS USING (org_id::text = (SELECT auth.jwt() ->> 'org'))",
    "CREATE POLICY narrow ON workspaces AS RESTRICTIVE FOR SELECT TO authenticated USING (plan <> 'hidden')",
    "GRANT UPDATE (name) ON workspaces TO authenticated; CREATE POLICY edit ON workspaces FOR UPDATE TO authenticated USING (owner_id = (SELECT auth.uid()))",
    "GRANT INSERT (id, name, owner_id) ON workspaces TO authenticated; CREATE POLICY adding ON workspaces FOR INSERT TO authenticated WITH CHECK (owner_id = (SELECT auth.uid()))",
    "CREATE FUNCTION mine() RETURNS SETOF workspaces LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS 'SELECT * FROM public.workspaces WHERE owner_id = (SELECT auth.uid())'",
    "CREATE FUNCTION everything() RETURNS SETOF jobs LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT * FROM public.jobs'; REVOKE EXECUTE ON FUNCTION everything() FROM PUBLIC",
    "CREATE VIEW mine WITH (security_barrier) AS SELECT * FROM workspaces WHERE owner_id = (SELECT auth.uid()); GRANT SELECT ON mine TO authenticated",
    "CREATE FUNCTION auto_rls() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS 'BEGIN END'",
    "CREATE TABLE notes (id int PRIMARY KEY, user_metadata jsonb, owner uuid); ALTER TABLE notes ENABLE ROW LEVEL SECURITY; GRANT SELECT ON notes TO authenticated; CREATE POLICY p ON notes FOR SELECT TO authenticated USING (owner = (SELECT auth.uid()) AND (user_metadata ->> 'a') = 'b')",
    "CREATE TABLE notes (id int PRIMARY KEY, owner uuid, public boolean); ALTER TABLE notes ENABLE ROW LEVEL SECURITY; GRANT SELECT ON notes TO authenticated; CREATE POLICY p ON notes FOR SELECT TO authenticated USING (public OR owner = (SELECT auth.uid()))",
    "CREATE TABLE notes (id int PRIMARY KEY, workspace_id uuid); ALTER TABLE notes ENABLE ROW LEVEL SECURITY; GRANT ALL ON notes TO service_role; GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO authenticated; CREATE POLICY p ON notes TO authenticated USING (workspace_id IN (SELECT m.workspace_id FROM workspace_members m WHERE m.user_id = (SELECT auth.uid())))",
    "CREATE TABLE notes (id int PRIMARY KEY); ALTER TABLE notes ENABLE ROW LEVEL SECURITY; GRANT SELECT ON notes TO authenticated; CREATE POLICY p ON notes USING ((SELECT auth.role()) IN ('service_role', 'reporting'))",
    "CREATE TABLE admins (user_id uuid PRIMARY KEY); ALTER TABLE admins ENABLE ROW LEVEL SECURITY; GRANT SELECT ON admins TO authenticated; CREATE POLICY self ON admins FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid())); WS USING (EXISTS (SELECT FROM admins a WHERE a.user_id = (SELECT auth.uid())))",
];

#[test]
fn each_access_change_is_reported_by_its_cause() {
    let from_peers = MUTATIONS.iter().filter(|(.., peers)| !peers.is_empty()).count();
    assert!(MUTATIONS.len() >= 80 && from_peers >= 40, "{} and {from_peers}", MUTATIONS.len());
    let mut failures = Vec::new();
    for (sql, expected, _) in MUTATIONS {
        let database = clean();
        database.execute(&sql.replace("HELPER", HELPER).replace("WS ", &format!("{WS} ")));
        let output = audit(&database);
        if let Err(reason) = verify(expected, output.code, &findings(&output)) {
            failures.push(format!("{sql}\n    {reason}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn innocent_changes_are_not_reported() {
    assert!(INNOCENT.len() >= 20);
    let mut failures = Vec::new();
    for sql in INNOCENT {
        let database = clean();
        database.execute(&sql.replace("HELPER", HELPER).replace("WS ", &format!("{WS} ")));
        let output = audit(&database);
        let found = findings(&output);
        if output.code != 0 || !found.is_empty() {
            failures.push(format!("{sql}\n    exit {}, {found:?}", output.code));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn verify(expected: &Expect, code: i32, findings: &[String]) -> Result<(), String> {
    let with_severity = |severity: &str| -> Vec<&String> {
        findings.iter().filter(|f| f.split(' ').nth(1) == Some(severity)).collect()
    };
    let has = |list: &[&String], id: &str| list.iter().any(|f| f.starts_with(&format!("{id} ")));
    let (critical, unknown, warning) =
        (with_severity("critical"), with_severity("unknown"), with_severity("warning"));
    let as_expected = match expected {
        Critical(id) => code == 2 && critical.len() == 1 && has(&critical, id),
        Warning(id) => code == 1 && has(&warning, id),
        Unknown(id) => code == 3 && critical.is_empty() && has(&unknown, id),
    };
    as_expected.then_some(()).ok_or_else(|| format!("exit {code}, {findings:?}"))
}

#[test]
fn mutation_table_in_the_docs_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rls-mutations.md");
    let mut text = String::from(
        "# What `rls audit` says about one change at a time\n\n\
         Starting from the clean access rules (`src/demo/backend/posture.sql`). Checked by `tests/it/rls/mutations.rs`,\n\
         which also writes this file when `UPDATE_DOCS` is set. `HELPER` is the head of `is_workspace_member`, `WS` that\n\
         of a policy of `workspaces` for everybody. *Also a rule of*: pgrls 0.57 and splinter, Supabase's linter.\n\n\
         | change | finding | status | also a rule of |\n|---|---|---|---|\n",
    );
    for (sql, expected, peers) in MUTATIONS {
        let (id, status) = match expected {
            Critical(id) => (*id, "CRITICAL"),
            Warning(id) => (*id, "WARNING"),
            Unknown(id) => (*id, "UNKNOWN"),
        };
        text.push_str(&format!("| `{}` | {id} | {status} | {peers} |\n", sql.replace('|', "\\|")));
    }
    text.push_str("\n## Changes that are not reported\n\n");
    for sql in INNOCENT {
        text.push_str(&format!("- `{sql}`\n"));
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), text, "set UPDATE_DOCS=1");
}
