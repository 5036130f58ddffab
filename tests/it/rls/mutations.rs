//! Single changes of a clean database. Each change of effective access is reported under the check that
//! names its cause. Changes without an effect are not CRITICAL.

use super::{audit, clean, findings};

/// The expected result of a change.
enum Expect {
    /// This finding, and no other CRITICAL one.
    Critical(&'static str),
    /// This finding, and no CRITICAL one, because access is unchanged.
    Warning(&'static str),
    /// This finding, because access could not be evaluated.
    Unknown(&'static str),
    /// No finding except notes.
    Nothing,
}

use Expect::{Critical, Nothing, Unknown, Warning};

const HELPER: &str = "CREATE OR REPLACE FUNCTION public.is_workspace_member(p_workspace_id uuid) RETURNS boolean \
     LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS";

/// The changes with their expected findings. `HELPER` stands for the header of the helper function.
#[rustfmt::skip]
const MUTATIONS: &[(&str, Expect)] = &[
    // Policies of the protected table.
    ("DROP POLICY jobs_workspace_member_select ON jobs", Critical("rls.contract_policy")),
    ("DROP POLICY jobs_service_role_full_access ON jobs", Warning("rls.contract_policy")),
    ("ALTER POLICY jobs_workspace_member_select ON jobs USING (true)", Critical("rls.contract_policy")),
    ("ALTER POLICY jobs_workspace_member_select ON jobs USING (false)", Critical("rls.contract_policy")),
    ("ALTER POLICY jobs_workspace_member_select ON jobs USING (is_workspace_member(workspace_id) OR state = 'dead_letter')", Critical("rls.contract_policy")),
    ("ALTER POLICY jobs_workspace_member_select ON jobs USING (is_workspace_member(workspace_id) AND state <> 'dead_letter')", Critical("rls.contract_policy")),
    ("ALTER POLICY jobs_workspace_member_select ON jobs USING (workspace_id = workspace_id)", Critical("rls.contract_policy")),
    ("ALTER POLICY jobs_workspace_member_select ON jobs USING (auth.uid() IS NOT NULL)", Critical("rls.contract_policy")),
    ("ALTER POLICY jobs_workspace_member_select ON jobs USING (NOT is_workspace_member(workspace_id))", Critical("rls.contract_policy")),
    ("ALTER POLICY jobs_workspace_member_select ON jobs USING ((auth.jwt() -> 'user_metadata' ->> 'admin') = 'yes')", Critical("rls.contract_policy")),
    ("ALTER POLICY jobs_workspace_member_select ON jobs USING ((SELECT is_workspace_member(workspace_id)))", Nothing),
    ("ALTER POLICY jobs_workspace_member_select ON jobs TO service_role", Critical("rls.contract_policy")),
    ("ALTER POLICY jobs_workspace_member_select ON jobs TO authenticated, anon", Warning("rls.contract_policy")),
    ("ALTER POLICY jobs_service_role_full_access ON jobs TO public", Critical("rls.contract_policy")),
    ("ALTER POLICY jobs_service_role_full_access ON jobs TO authenticated", Critical("rls.contract_policy")),
    ("ALTER POLICY jobs_workspace_member_select ON jobs RENAME TO members_read", Warning("rls.contract_policy")),
    ("CREATE POLICY extra ON jobs FOR SELECT TO authenticated USING (true)", Critical("rls.contract_policy")),
    ("CREATE POLICY extra ON jobs FOR SELECT TO authenticated USING (locked_by IS NULL)", Critical("rls.contract_policy")),
    ("CREATE POLICY extra ON jobs FOR UPDATE TO authenticated USING (true)", Warning("rls.contract_policy")),
    ("CREATE POLICY extra ON jobs AS RESTRICTIVE TO authenticated USING (false)", Critical("rls.contract_policy")),
    ("CREATE POLICY extra ON jobs AS RESTRICTIVE TO authenticated USING (priority > 0)", Critical("rls.contract_policy")),
    ("CREATE POLICY extra ON jobs TO service_role USING (true)", Warning("rls.contract_policy")),
    // Row security of the table.
    ("ALTER TABLE jobs DISABLE ROW LEVEL SECURITY", Critical("rls.policies_without_rls")),
    ("ALTER TABLE jobs FORCE ROW LEVEL SECURITY", Nothing),
    ("ALTER TABLE workspaces DISABLE ROW LEVEL SECURITY", Critical("rls.policies_without_rls")),
    // Grants.
    ("REVOKE SELECT ON jobs FROM authenticated", Critical("rls.dead_policy")),
    ("REVOKE ALL ON jobs FROM service_role", Critical("rls.dead_policy")),
    ("REVOKE DELETE ON jobs FROM service_role", Critical("rls.access")),
    ("GRANT TRUNCATE ON jobs TO authenticated", Critical("rls.uncovered_grant")),
    ("GRANT REFERENCES ON jobs TO anon", Critical("rls.uncovered_grant")),
    ("GRANT TRIGGER ON jobs TO PUBLIC", Critical("rls.uncovered_grant")),
    ("GRANT TRUNCATE ON workspaces TO anon", Warning("rls.uncovered_grant")),
    ("GRANT INSERT ON jobs TO authenticated", Warning("rls.unpoliced_grant")),
    ("GRANT SELECT ON jobs TO anon", Warning("rls.unpoliced_grant")),
    ("GRANT SELECT (payload) ON jobs TO anon", Warning("rls.column_grant")),
    ("REVOKE SELECT ON jobs FROM authenticated; GRANT SELECT (id) ON jobs TO authenticated", Critical("rls.column_grant")),
    ("REVOKE SELECT ON jobs FROM service_role; GRANT SELECT (id, state) ON jobs TO service_role", Critical("rls.column_grant")),
    ("REVOKE UPDATE ON jobs FROM service_role; GRANT UPDATE (state) ON jobs TO service_role", Critical("rls.column_grant")),
    ("GRANT UPDATE (state) ON jobs TO authenticated; CREATE POLICY extra ON jobs FOR UPDATE TO authenticated USING (is_workspace_member(workspace_id))", Critical("rls.contract_policy")),
    ("GRANT REFERENCES (id) ON jobs TO anon", Critical("rls.column_grant")),
    ("GRANT TRUNCATE ON jobs TO service_role", Nothing),
    ("ALTER TABLE jobs OWNER TO authenticated", Critical("rls.access")),
    ("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO anon", Warning("rls.default_privileges")),
    ("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT TRUNCATE ON TABLES TO authenticated", Warning("rls.default_privileges")),
    ("ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO anon", Warning("rls.default_privileges")),
    ("GRANT INSERT ON workspace_members TO authenticated; CREATE POLICY joining ON workspace_members FOR INSERT TO authenticated WITH CHECK (true)", Critical("rls.always_true")),
    ("REVOKE USAGE ON SCHEMA public FROM authenticated, PUBLIC", Critical("rls.access")),
    // The helper.
    ("HELPER 'SELECT true'", Critical("rls.helper")),
    ("HELPER 'SELECT false'", Critical("rls.helper")),
    ("HELPER 'SELECT EXISTS (SELECT FROM workspace_members WHERE workspace_id = p_workspace_id)'", Critical("rls.helper")),
    ("HELPER 'SELECT EXISTS (SELECT FROM workspace_members WHERE user_id = auth.uid())'", Critical("rls.helper")),
    ("HELPER 'SELECT p_workspace_id IS NULL OR EXISTS (SELECT FROM workspace_members WHERE workspace_id = p_workspace_id AND user_id = auth.uid())'", Critical("rls.helper")),
    ("HELPER 'SELECT NULL::boolean'", Critical("rls.helper")),
    ("ALTER FUNCTION is_workspace_member(uuid) VOLATILE", Unknown("rls.observed")),
    ("ALTER FUNCTION is_workspace_member(uuid) RESET search_path", Warning("rls.definer_search_path")),
    ("REVOKE EXECUTE ON FUNCTION is_workspace_member(uuid) FROM authenticated", Critical("rls.policy_fails")),
    ("ALTER FUNCTION is_workspace_member(uuid) SECURITY INVOKER; REVOKE SELECT ON workspace_members FROM authenticated", Critical("rls.helper")),
    // Functions that bypass row security.
    ("GRANT EXECUTE ON FUNCTION worker_claim_next_job(text) TO anon", Critical("rls.definer_rpc")),
    ("GRANT EXECUTE ON FUNCTION worker_fail(uuid, text, text, int) TO PUBLIC", Critical("rls.definer_rpc")),
    ("CREATE FUNCTION peek() RETURNS SETOF jobs LANGUAGE sql SECURITY DEFINER SET search_path = public AS 'SELECT * FROM jobs'", Critical("rls.definer_rpc")),
    ("CREATE FUNCTION peek() RETURNS SETOF jobs LANGUAGE sql AS 'SELECT * FROM public.jobs'", Nothing),
    ("CREATE FUNCTION run(q text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS 'BEGIN EXECUTE q; END'", Warning("rls.definer_rpc")),
    ("CREATE FUNCTION busy(w uuid) RETURNS boolean LANGUAGE sql SECURITY DEFINER SET search_path = public AS 'SELECT EXISTS (SELECT FROM jobs WHERE workspace_id = w)'", Critical("rls.definer_rpc")),
    ("CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS 'BEGIN UPDATE jobs SET priority = 1; RETURN NEW; END'; CREATE TRIGGER note AFTER UPDATE ON workspaces FOR EACH ROW EXECUTE FUNCTION note(); GRANT UPDATE ON workspaces TO authenticated; CREATE POLICY renaming ON workspaces FOR UPDATE TO authenticated USING (owner_id = (SELECT auth.uid()))", Warning("rls.trigger")),
    // Views and other tables.
    ("CREATE VIEW open_jobs AS SELECT * FROM jobs; GRANT SELECT ON open_jobs TO anon", Critical("rls.view_bypass")),
    ("CREATE VIEW own_jobs WITH (security_invoker) AS SELECT * FROM jobs; GRANT SELECT ON own_jobs TO anon", Nothing),
    ("CREATE VIEW inner_jobs AS SELECT * FROM jobs; CREATE VIEW outer_jobs AS SELECT id FROM inner_jobs; GRANT SELECT ON outer_jobs TO anon", Critical("rls.view_bypass")),
    ("CREATE MATERIALIZED VIEW job_copy AS SELECT * FROM jobs; GRANT SELECT ON job_copy TO authenticated", Critical("rls.view_bypass")),
    ("CREATE TABLE old_jobs () INHERITS (jobs); GRANT SELECT ON old_jobs TO authenticated", Critical("rls.off")),
    ("CREATE TABLE notes (id int PRIMARY KEY); GRANT SELECT ON notes TO anon", Critical("rls.off")),
    ("CREATE TABLE notes (id int PRIMARY KEY)", Nothing),
];

#[test]
fn each_access_change_is_reported_by_its_cause() {
    assert!(MUTATIONS.len() >= 40);
    let mut failures = Vec::new();
    for (sql, expected) in MUTATIONS {
        let database = clean();
        database.execute(&sql.replace("HELPER", HELPER));
        let output = audit(&database);
        if let Err(reason) = verify(expected, output.code, &findings(&output)) {
            failures.push(format!("{sql}\n    {reason}"));
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
        Nothing => code == 0 && findings.is_empty(),
    };
    as_expected.then_some(()).ok_or_else(|| format!("exit {code}, {findings:?}"))
}

#[test]
fn mutation_table_in_the_docs_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rls-mutations.md");
    let mut text = String::from(
        "# What `rls audit` says about one change at a time\n\n\
         Starting from the clean posture (`src/demo/backend/posture.sql`). Checked by `tests/it/rls/mutations.rs`,\n\
         which also writes this file when `UPDATE_DOCS` is set. `HELPER` is the head of `is_workspace_member`.\n\n\
         | change | finding | severity |\n|---|---|---|\n",
    );
    for (sql, expected) in MUTATIONS {
        let (id, severity) = match expected {
            Critical(id) => (*id, "CRITICAL"),
            Warning(id) => (*id, "WARNING"),
            Unknown(id) => (*id, "UNKNOWN"),
            Nothing => ("–", "changes nothing"),
        };
        text.push_str(&format!("| `{}` | {id} | {severity} |\n", sql.replace('|', "\\|")));
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), text, "set UPDATE_DOCS=1");
}
