//! For each finding: a change that causes it, and a similar change that does not.

use std::collections::BTreeSet;

use cliplyctl::checks::rls;
use cliplyctl::facts::access::contract::BUILT_IN;

use super::{audit, clean, findings, roles};
use crate::support::cli::Cli;
use crate::support::postgres::Database;

/// The finding, the change that causes it, and the similar change without a finding.
#[rustfmt::skip]
pub(super) const FLAWS: &[(&str, &str, &str)] = &[
    ("rls.off",
        "CREATE TABLE n (id int PRIMARY KEY); GRANT SELECT ON n TO anon",
        "CREATE TABLE n (id int PRIMARY KEY); GRANT SELECT ON n TO service_role"),
    ("rls.off", // a partition of a protected table
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
    ("rls.always_true", // a claim of every user
        "CREATE POLICY everybody ON workspaces FOR SELECT TO authenticated USING ((SELECT auth.jwt() ->> 'session_id') IS NOT NULL)",
        "CREATE POLICY admins ON workspaces FOR SELECT TO authenticated USING ((SELECT auth.jwt() -> 'app_metadata' ->> 'admin') = 'yes')"),
    ("rls.always_true", // a restrictive policy that every user fulfills
        "CREATE POLICY everybody ON workspaces FOR SELECT TO authenticated USING (true);
         CREATE POLICY known ON workspaces AS RESTRICTIVE TO authenticated USING ((SELECT (auth.jwt() ->> 'is_anonymous')::boolean) IS FALSE)",
        "CREATE POLICY everybody ON workspaces FOR SELECT TO authenticated USING (true);
         CREATE POLICY known ON workspaces AS RESTRICTIVE TO authenticated USING (owner_id = (SELECT auth.uid()))"),
    ("rls.always_true", // WITH CHECK (true) with a restricting USING
        "GRANT INSERT ON workspaces TO authenticated;
         CREATE POLICY adding ON workspaces FOR INSERT TO authenticated WITH CHECK (true)",
        "GRANT INSERT ON workspaces TO authenticated;
         CREATE POLICY adding ON workspaces FOR INSERT TO authenticated WITH CHECK (owner_id = (SELECT auth.uid()))"),
    ("rls.always_true", // only new rows
        "GRANT INSERT ON workspaces TO authenticated; CREATE POLICY \"all\" ON workspaces TO authenticated
           USING (owner_id = (SELECT auth.uid())) WITH CHECK (true)",
        "GRANT INSERT ON workspaces TO authenticated; CREATE POLICY \"all\" ON workspaces TO authenticated
           USING (owner_id = (SELECT auth.uid())) WITH CHECK (owner_id = (SELECT auth.uid()))"),
    ("rls.always_true", // beside a helper in a schema that clients may not use: stored policies only need EXECUTE
        "PRIVATE_HELPER; CREATE POLICY helped ON workspaces TO authenticated USING (private.is_member(id));
         CREATE POLICY everybody ON workspaces FOR SELECT TO authenticated USING (true)",
        "PRIVATE_HELPER; CREATE POLICY helped ON workspaces TO authenticated USING (private.is_member(id))"),
    ("rls.always_true", // a type in such a schema
        "CREATE SCHEMA private; CREATE TYPE private.plan AS ENUM ('free', 'paid'); ALTER TABLE workspaces ADD kind private.plan;
         CREATE POLICY typed ON workspaces FOR SELECT TO authenticated USING (kind = 'free'::private.plan OR kind <> 'free'::private.plan OR kind IS NULL)",
        "CREATE SCHEMA private; CREATE TYPE private.plan AS ENUM ('free', 'paid'); ALTER TABLE workspaces ADD kind private.plan;
         CREATE POLICY typed ON workspaces FOR SELECT TO authenticated USING (kind = 'free'::private.plan AND owner_id = (SELECT auth.uid()))"),
    ("rls.public_policy",
        "CREATE POLICY service_all ON workspaces USING (true)",
        "CREATE POLICY service_all ON workspaces TO service_role USING (true);
         GRANT ALL ON workspaces TO service_role"),
    ("rls.duplicate_policy",
        "CREATE POLICY twice ON workspace_members FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()))",
        "CREATE POLICY once ON workspace_members FOR SELECT TO authenticated USING (user_id <> (SELECT auth.uid()) AND is_workspace_member(workspace_id))"),
    ("rls.contract_policy",
        "ALTER POLICY jobs_workspace_member_select ON jobs USING (true)",
        "ALTER POLICY jobs_service_role_full_access ON jobs WITH CHECK (true)"), // the same meaning
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
    ("rls.policy_fails", // EXECUTE is missing, which a stored policy needs; it needs no USAGE
        "PRIVATE_HELPER; REVOKE EXECUTE ON FUNCTION private.is_member FROM PUBLIC;
         CREATE POLICY helped ON workspaces FOR SELECT TO authenticated USING (private.is_member(id))",
        "PRIVATE_HELPER; CREATE POLICY helped ON workspaces FOR SELECT TO authenticated USING (private.is_member(id))"),
    ("rls.policy_fails", // UNKNOWN: reads a table with row security and calls a helper of such a schema
        "PRIVATE_HELPER; CREATE POLICY combined ON workspaces FOR SELECT TO authenticated USING (EXISTS (SELECT FROM workspace_members m
           WHERE m.workspace_id = workspaces.id AND private.is_member(m.workspace_id)))",
        "PRIVATE_HELPER; GRANT USAGE ON SCHEMA private TO authenticated;
         CREATE POLICY combined ON workspaces FOR SELECT TO authenticated USING (EXISTS (SELECT FROM workspace_members m
           WHERE m.workspace_id = workspaces.id AND private.is_member(m.workspace_id)))"),
    ("rls.policy_fails", // a helper that raises an exception: every query of the table ends with it; of a write it refuses the row
        "GUARD; CREATE POLICY guarded ON workspaces FOR SELECT TO authenticated USING (guard(id))",
        "GUARD; GRANT UPDATE (name) ON workspaces TO authenticated; CREATE POLICY guarded ON workspaces FOR UPDATE TO authenticated USING (guard(id))"),
    ("rls.loose_policy", // the clock
        "CREATE TABLE n (id int PRIMARY KEY, token text, created_at timestamptz); ALTER TABLE n ENABLE ROW LEVEL SECURITY; GRANT SELECT ON n TO anon;
         CREATE POLICY recent ON n FOR SELECT TO anon USING (created_at > now() - interval '1 day')",
        "CREATE TABLE n (id int PRIMARY KEY, title text, published_at timestamptz); ALTER TABLE n ENABLE ROW LEVEL SECURITY; GRANT SELECT ON n TO anon;
         CREATE POLICY published ON n FOR SELECT TO anon USING (published_at <= now())"),
    ("rls.loose_policy", // a comparison of a column with itself, and one beside the right comparison
        "CREATE POLICY theirs ON workspaces FOR SELECT TO authenticated USING (id = id AND name <> '')",
        "CREATE POLICY theirs ON workspaces FOR SELECT TO authenticated USING (EXISTS (SELECT FROM workspace_members m
           WHERE m.workspace_id = m.workspace_id AND m.workspace_id = workspaces.id AND m.user_id = (SELECT auth.uid())))"),
    ("rls.definer_rpc", // a helper of policies of a schema that is not examined
        "CREATE FUNCTION busy(w uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS
           'SELECT EXISTS (SELECT FROM public.jobs WHERE workspace_id = w)'; CREATE SCHEMA files; CREATE TABLE files.objects (id uuid)",
        "CREATE FUNCTION busy(w uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS
           'SELECT EXISTS (SELECT FROM public.jobs WHERE workspace_id = w)'; CREATE SCHEMA files; CREATE TABLE files.objects (id uuid);
         CREATE POLICY lively ON files.objects FOR UPDATE TO authenticated USING (public.busy(id))"),
    ("rls.definer_rpc", // a check that NULL passes
        "CREATE FUNCTION promote(w uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$ DECLARE r text; BEGIN
           SELECT role INTO r FROM workspace_members WHERE user_id = auth.uid(); IF r <> 'owner' THEN RAISE EXCEPTION 'only owners'; END IF;
           DELETE FROM jobs WHERE workspace_id = w; END $$",
        "CREATE FUNCTION promote(w uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$ DECLARE r text; BEGIN
           SELECT role INTO r FROM workspace_members WHERE user_id = auth.uid(); IF r IS NULL OR r <> 'owner' THEN RAISE EXCEPTION 'only owners'; END IF;
           DELETE FROM jobs WHERE workspace_id = w; END $$"),
    ("rls.unpoliced_grant",
        "GRANT DELETE ON jobs TO authenticated",
        "GRANT DELETE ON jobs TO service_role"),
    ("rls.uncovered_grant",
        "GRANT TRUNCATE ON jobs TO anon",
        "GRANT TRUNCATE ON jobs TO service_role"),
    ("rls.column_grant",
        "GRANT UPDATE (payload) ON jobs TO authenticated",
        "GRANT SELECT (payload) ON jobs TO authenticated"), // the table grant covers it
    ("rls.column_grant", // less than expected
        "REVOKE SELECT ON jobs FROM authenticated; GRANT SELECT (id, state) ON jobs TO authenticated",
        "GRANT SELECT (id, state) ON jobs TO service_role"),
    ("rls.default_privileges",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO anon",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO service_role"),
    ("rls.definer_rpc",
        "GRANT EXECUTE ON FUNCTION worker_recover_stuck_jobs(int) TO authenticated",
        "GRANT EXECUTE ON FUNCTION is_workspace_member(uuid) TO anon"),
    ("rls.definer_rpc", // a procedure
        "CREATE PROCEDURE wipe() LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM public.jobs'",
        "CREATE PROCEDURE wipe() LANGUAGE sql AS 'DELETE FROM public.jobs'"),
    ("rls.definer_rpc", // a NULL acl is PUBLIC; a comment is not a write
        "CREATE FUNCTION purge() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'DELETE FROM public.jobs'",
        "CREATE FUNCTION purge() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1 -- DELETE FROM public.jobs'"),
    ("rls.definer_rpc", // a boolean function without a policy is not a helper
        "CREATE FUNCTION busy(w uuid) RETURNS boolean LANGUAGE sql SECURITY DEFINER SET search_path = '' AS
           'SELECT EXISTS (SELECT FROM public.jobs WHERE workspace_id = w)'",
        "CREATE FUNCTION busy(w uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS
           'SELECT EXISTS (SELECT FROM public.jobs WHERE workspace_id = w)';
         CREATE POLICY lively ON workspaces FOR UPDATE TO service_role USING (busy(id));
         GRANT UPDATE ON workspaces TO service_role"),
    ("rls.definer_rpc", // dynamic SQL is not examined
        "CREATE FUNCTION run(q text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS 'BEGIN EXECUTE q; END'",
        "CREATE FUNCTION run(q text) RETURNS void LANGUAGE plpgsql SECURITY INVOKER AS 'BEGIN EXECUTE q; END'"),
    ("rls.definer_rpc", // functions that run text
        "CREATE FUNCTION all_jobs() RETURNS xml LANGUAGE sql SECURITY DEFINER SET search_path = '' AS
           $$ SELECT query_to_xml('SELECT * FROM public.jobs', true, false, '') $$",
        "CREATE FUNCTION all_jobs() RETURNS xml LANGUAGE sql AS
           $$ SELECT query_to_xml('SELECT * FROM public.jobs', true, false, '') $$"),
    ("rls.definer_rpc", // a name with escapes
        r#"CREATE FUNCTION names() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = '' AS
           $$ SELECT count(*) FROM public.U&"\006Aobs" $$"#,
        r#"CREATE FUNCTION names() RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = '' AS
           $$ SELECT U&'\006Aobs' AS "jobs" $$"#),
    ("rls.definer_rpc", // dynamic SQL in a private function
        "CREATE SCHEMA private; GRANT USAGE ON SCHEMA private TO anon;
         CREATE FUNCTION private.run(q text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS 'BEGIN EXECUTE q; END';
         CREATE FUNCTION run() RETURNS void LANGUAGE sql AS $$ SELECT private.run('TABLE public.jobs') $$",
        "CREATE SCHEMA private;
         CREATE FUNCTION private.run(q text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS 'BEGIN EXECUTE q; END';
         CREATE FUNCTION run() RETURNS void LANGUAGE sql AS $$ SELECT private.run('TABLE public.jobs') $$"),
    ("rls.definer_rpc", // the owner of an aggregate may call its functions for everybody
        "CREATE FUNCTION step(s bigint, v int) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = '' AS
           'SELECT count(*) FROM public.jobs'; REVOKE EXECUTE ON FUNCTION step(bigint, int) FROM PUBLIC;
         CREATE AGGREGATE jobs_count(int) (SFUNC = step, STYPE = bigint, INITCOND = '0')",
        "CREATE FUNCTION step(s bigint, v int) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = '' AS
           'SELECT s + v'; REVOKE EXECUTE ON FUNCTION step(bigint, int) FROM PUBLIC;
         CREATE AGGREGATE jobs_count(int) (SFUNC = step, STYPE = bigint, INITCOND = '0')"),
    ("rls.definer_rpc", // a foreign table
        "CREATE SCHEMA private; CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
         CREATE FOREIGN TABLE private.f (id int) SERVER s;
         CREATE FUNCTION far() RETURNS SETOF private.f LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT * FROM private.f'",
        "CREATE SCHEMA private; CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
         CREATE FOREIGN TABLE private.f (id int) SERVER s;
         CREATE FUNCTION far() RETURNS SETOF private.f LANGUAGE sql AS 'SELECT * FROM private.f'"),
    ("rls.view_bypass", // a foreign table
        "CREATE SCHEMA private; CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
         CREATE FOREIGN TABLE private.f (id int) SERVER s; CREATE VIEW v AS SELECT * FROM private.f; GRANT SELECT ON v TO anon",
        "CREATE SCHEMA private; CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
         CREATE FOREIGN TABLE private.f (id int) SERVER s; CREATE VIEW v AS SELECT * FROM private.f"),
    ("rls.definer_rpc", // an alias is not a call
        "CREATE FUNCTION t() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'DELETE FROM public.jobs RETURNING 1';
         REVOKE EXECUTE ON FUNCTION t() FROM PUBLIC;
         CREATE FUNCTION total() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = '' AS
           'SELECT sum(x) FROM (SELECT public.t()) AS s(x)'",
        "CREATE FUNCTION t() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'DELETE FROM public.jobs RETURNING 1';
         REVOKE EXECUTE ON FUNCTION t() FROM PUBLIC;
         CREATE FUNCTION tt() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS
           'BEGIN DELETE FROM public.jobs; RETURN NEW; END';
         CREATE FUNCTION total(a int[]) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = '' AS
           'SELECT sum(t.x) FROM unnest(a) t(x), unnest(a) AS t2(x), LATERAL (SELECT 1 AS y, 2) AS tt(y)'"),
    ("rls.trigger",
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS
           'BEGIN DELETE FROM public.jobs; RETURN NEW; END';
         CREATE TRIGGER note AFTER INSERT ON workspaces FOR EACH ROW EXECUTE FUNCTION note();
         GRANT INSERT ON workspaces TO authenticated;
         CREATE POLICY adding ON workspaces FOR INSERT TO authenticated WITH CHECK (owner_id = (SELECT auth.uid()))",
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS
           'BEGIN DELETE FROM public.jobs; RETURN NEW; END';
         CREATE TRIGGER note AFTER INSERT ON workspaces FOR EACH ROW EXECUTE FUNCTION note()"), // no client fires it
    ("rls.trigger", // for statements that reach no row
        "NOTE; CREATE TABLE n (id int, owner uuid); ALTER TABLE n ENABLE ROW LEVEL SECURITY; GRANT SELECT, DELETE ON n TO authenticated;
         CREATE TRIGGER note AFTER DELETE ON n FOR EACH STATEMENT EXECUTE FUNCTION note();
         CREATE POLICY own ON n FOR SELECT TO authenticated USING (owner = (SELECT auth.uid()))",
        "NOTE; CREATE TABLE n (id int, owner uuid); ALTER TABLE n ENABLE ROW LEVEL SECURITY; GRANT SELECT, DELETE ON n TO authenticated;
         CREATE TRIGGER note AFTER DELETE ON n FOR EACH ROW EXECUTE FUNCTION note();
         CREATE POLICY own ON n FOR SELECT TO authenticated USING (owner = (SELECT auth.uid()))"),
    ("rls.trigger", // of a partition, by a write of the parent
        "NOTE; CREATE TABLE n (id int, owner uuid) PARTITION BY LIST (id); CREATE TABLE n_1 PARTITION OF n FOR VALUES IN (1);
         CREATE TRIGGER note AFTER INSERT ON n_1 FOR EACH ROW EXECUTE FUNCTION note(); OWN_N; GRANT INSERT ON n TO authenticated",
        "NOTE; CREATE TABLE n (id int, owner uuid) PARTITION BY LIST (id); CREATE TABLE n_1 PARTITION OF n FOR VALUES IN (1);
         CREATE TRIGGER note AFTER INSERT ON n_1 FOR EACH STATEMENT EXECUTE FUNCTION note(); OWN_N; GRANT INSERT ON n TO authenticated"),
    ("rls.trigger", // a copy in a partition, by a write of the partition
        "NOTE; CREATE TABLE n (id int, owner uuid) PARTITION BY LIST (id); CREATE TABLE n_1 PARTITION OF n FOR VALUES IN (1);
         CREATE TRIGGER note AFTER INSERT ON n FOR EACH ROW EXECUTE FUNCTION note();
         ALTER TABLE n_1 ENABLE ROW LEVEL SECURITY; GRANT INSERT ON n_1 TO authenticated;
         CREATE POLICY own ON n_1 TO authenticated USING (owner = (SELECT auth.uid()))",
        "NOTE; CREATE TABLE n (id int, owner uuid) PARTITION BY LIST (id); CREATE TABLE n_1 PARTITION OF n FOR VALUES IN (1);
         CREATE TRIGGER note AFTER INSERT ON n FOR EACH STATEMENT EXECUTE FUNCTION note();
         ALTER TABLE n_1 ENABLE ROW LEVEL SECURITY; GRANT INSERT ON n_1 TO authenticated;
         CREATE POLICY own ON n_1 TO authenticated USING (owner = (SELECT auth.uid()))"),
    ("rls.trigger", // an UPDATE of the key moves rows into another partition
        "NOTE; CREATE TABLE n (id int, owner uuid) PARTITION BY LIST (id); CREATE TABLE n_1 PARTITION OF n FOR VALUES IN (1);
         CREATE TRIGGER note AFTER INSERT ON n_1 FOR EACH ROW EXECUTE FUNCTION note(); OWN_N; GRANT UPDATE (id) ON n TO authenticated",
        "NOTE; CREATE TABLE n (id int, owner uuid) PARTITION BY LIST (id); CREATE TABLE n_1 PARTITION OF n FOR VALUES IN (1);
         CREATE TRIGGER note AFTER INSERT ON n_1 FOR EACH ROW EXECUTE FUNCTION note(); OWN_N; GRANT UPDATE (owner) ON n TO authenticated"),
    ("rls.trigger", // of an inheriting table
        "NOTE; CREATE TABLE n (id int, owner uuid); CREATE TABLE n_old () INHERITS (n);
         CREATE TRIGGER note AFTER DELETE ON n_old FOR EACH ROW EXECUTE FUNCTION note(); OWN_N; GRANT DELETE ON n TO authenticated",
        "NOTE; CREATE TABLE n (id int, owner uuid); CREATE TABLE n_old () INHERITS (n);
         CREATE TRIGGER note AFTER INSERT ON n_old FOR EACH ROW EXECUTE FUNCTION note(); OWN_N; GRANT INSERT, DELETE ON n TO authenticated"),
    ("rls.trigger", // through a foreign key, in two steps and in another schema
        "NOTE; CREATE SCHEMA private; CREATE TABLE n (id int PRIMARY KEY, owner uuid);
         CREATE TABLE private.a (id int PRIMARY KEY REFERENCES n ON DELETE CASCADE); CREATE TABLE private.b (id int REFERENCES private.a ON DELETE SET NULL);
         CREATE TRIGGER note AFTER UPDATE ON private.b FOR EACH ROW EXECUTE FUNCTION note(); OWN_N; GRANT DELETE ON n TO authenticated",
        "NOTE; CREATE SCHEMA private; CREATE TABLE n (id int PRIMARY KEY, owner uuid);
         CREATE TABLE private.a (id int PRIMARY KEY REFERENCES n ON DELETE CASCADE); CREATE TABLE private.b (id int REFERENCES private.a ON DELETE RESTRICT);
         CREATE TRIGGER note AFTER UPDATE ON private.b FOR EACH ROW EXECUTE FUNCTION note(); OWN_N; GRANT DELETE ON n TO authenticated"),
    ("rls.trigger", // through a foreign key to a column that the client may change
        "NOTE; CREATE TABLE n (id int PRIMARY KEY, owner uuid); CREATE TABLE a (id int REFERENCES n ON UPDATE CASCADE);
         CREATE TRIGGER note AFTER UPDATE ON a FOR EACH ROW EXECUTE FUNCTION note(); OWN_N; GRANT UPDATE (id) ON n TO authenticated",
        "NOTE; CREATE TABLE n (id int PRIMARY KEY, owner uuid); CREATE TABLE a (id int REFERENCES n ON UPDATE CASCADE);
         CREATE TRIGGER note AFTER UPDATE ON a FOR EACH ROW EXECUTE FUNCTION note(); OWN_N; GRANT UPDATE (owner) ON n TO authenticated"),
    ("rls.trigger", // the foreign key runs a BEFORE trigger as the owner of the table
        "NOTE; ALTER FUNCTION note() SECURITY INVOKER; CREATE TABLE n (id int PRIMARY KEY, owner uuid); CREATE TABLE a (id int REFERENCES n ON DELETE CASCADE);
         CREATE TRIGGER note BEFORE DELETE ON a FOR EACH ROW EXECUTE FUNCTION note(); OWN_N; GRANT DELETE ON n TO authenticated",
        "NOTE; ALTER FUNCTION note() SECURITY INVOKER; CREATE TABLE n (id int PRIMARY KEY, owner uuid); CREATE TABLE a (id int REFERENCES n ON DELETE CASCADE);
         CREATE TRIGGER note BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION note(); OWN_N; GRANT DELETE ON n TO authenticated"),
    ("rls.trigger", // through a view
        "NOTE; CREATE TABLE n (id int PRIMARY KEY, owner uuid); CREATE VIEW v AS SELECT * FROM n; GRANT INSERT ON v TO authenticated;
         CREATE TRIGGER note AFTER INSERT ON n FOR EACH ROW EXECUTE FUNCTION note()",
        "NOTE; CREATE TABLE n (id int PRIMARY KEY, owner uuid); CREATE VIEW v AS SELECT * FROM n; GRANT INSERT ON v TO authenticated;
         CREATE TRIGGER note AFTER DELETE ON n FOR EACH ROW EXECUTE FUNCTION note()"),
    ("rls.trigger", // a trigger fires another one
        "NOTE; CREATE TABLE n (id int PRIMARY KEY, owner uuid); CREATE TABLE log (id int);
         CREATE FUNCTION logged() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS
           'BEGIN INSERT INTO public.log VALUES (1); RETURN NEW; END';
         CREATE TRIGGER logged AFTER INSERT ON n FOR EACH ROW EXECUTE FUNCTION logged(); OWN_N; GRANT INSERT ON n TO authenticated;
         CREATE TRIGGER note AFTER INSERT ON log FOR EACH ROW EXECUTE FUNCTION note()",
        "NOTE; CREATE TABLE n (id int PRIMARY KEY, owner uuid); CREATE TABLE log (id int);
         CREATE FUNCTION logged() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS
           'BEGIN INSERT INTO public.log VALUES (1); RETURN NEW; END';
         CREATE TRIGGER logged AFTER INSERT ON n FOR EACH ROW EXECUTE FUNCTION logged(); OWN_N; GRANT INSERT ON n TO authenticated;
         CREATE TRIGGER note AFTER UPDATE ON log FOR EACH ROW EXECUTE FUNCTION note()"),
    ("rls.definer_rpc", // a trigger of the table that it writes
        "NOTE; CREATE TABLE log (id int); CREATE TRIGGER note AFTER INSERT ON log FOR EACH ROW EXECUTE FUNCTION note();
         CREATE FUNCTION add() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'INSERT INTO public.log VALUES (1)'",
        "NOTE; CREATE TABLE log (id int); CREATE TRIGGER note AFTER INSERT ON log FOR EACH ROW EXECUTE FUNCTION note();
         CREATE FUNCTION add() RETURNS void LANGUAGE sql SET search_path = '' AS 'INSERT INTO public.log VALUES (1)'"),
    ("rls.definer_search_path",
        "ALTER FUNCTION worker_fail(uuid, text, text, int) RESET search_path",
        "ALTER FUNCTION worker_fail(uuid, text, text, int) SET search_path = ''"),
    ("rls.view_bypass",
        "CREATE VIEW v AS SELECT id FROM jobs; GRANT SELECT ON v TO authenticated",
        "CREATE VIEW v WITH (security_invoker = on) AS SELECT id FROM jobs; GRANT SELECT ON v TO authenticated"),
    ("rls.view_bypass",
        "CREATE MATERIALIZED VIEW v AS SELECT id FROM jobs; GRANT SELECT ON v TO anon",
        "CREATE MATERIALIZED VIEW v AS SELECT id FROM jobs"),
    ("rls.view_bypass", // writes need no right to read
        "CREATE VIEW v AS SELECT id, state FROM jobs; GRANT UPDATE, DELETE ON v TO anon",
        "CREATE VIEW v AS SELECT DISTINCT state FROM jobs; GRANT UPDATE, DELETE ON v TO anon"), // cannot be written
    ("rls.view_bypass", // FROM in a text, and tables in sub-selects
        "CREATE VIEW v AS SELECT id, state, 'FROM public.workspaces ' AS note FROM jobs
           WHERE workspace_id IN (SELECT id FROM workspaces); GRANT DELETE ON v TO anon",
        "CREATE TABLE n (id int); ALTER TABLE n ENABLE ROW LEVEL SECURITY; CREATE VIEW v WITH (security_invoker) AS
           SELECT id, 'FROM public.jobs ' AS note FROM n WHERE EXISTS (SELECT FROM jobs); GRANT DELETE ON v TO service_role"),
    ("rls.view_bypass", // a grant that another role has passed on
        "CREATE VIEW v AS SELECT id FROM jobs; GRANT DELETE ON v TO service_role WITH GRANT OPTION;
         SET ROLE service_role; GRANT DELETE ON v TO anon; RESET ROLE",
        "CREATE VIEW v AS SELECT id FROM jobs; GRANT DELETE ON v TO service_role WITH GRANT OPTION"),
    ("rls.no_policy", // one column
        "CREATE TABLE n (id int, b int); ALTER TABLE n ENABLE ROW LEVEL SECURITY; GRANT SELECT (b), UPDATE (b) ON n TO anon, authenticated",
        "CREATE TABLE n (id int, b int); ALTER TABLE n ENABLE ROW LEVEL SECURITY; GRANT SELECT (b) ON n TO service_role"),
    ("rls.view_bypass", // a view of a view, one column
        "CREATE SCHEMA private; CREATE VIEW private.inner_v AS SELECT id, state FROM jobs WHERE id IN (SELECT id FROM workspaces);
         CREATE VIEW v AS SELECT * FROM private.inner_v; GRANT UPDATE (state) ON v TO authenticated",
        "CREATE SCHEMA private; CREATE VIEW private.inner_v AS SELECT id, state FROM jobs;
         CREATE VIEW v AS SELECT state FROM private.inner_v GROUP BY state; GRANT UPDATE (state) ON v TO authenticated"),
    ("rls.view_bypass", // the client may read every row, but not write
        "CREATE TABLE n (id int); ALTER TABLE n ENABLE ROW LEVEL SECURITY; GRANT SELECT ON n TO authenticated;
         CREATE POLICY p ON n FOR SELECT TO authenticated USING (id > 0 AND (SELECT auth.uid()) IS NOT NULL);
         CREATE VIEW v AS SELECT id FROM n; GRANT INSERT ON v TO authenticated",
        "CREATE TABLE n (id int); ALTER TABLE n ENABLE ROW LEVEL SECURITY;
         CREATE VIEW v AS SELECT 1 AS id WHERE EXISTS (SELECT FROM n); GRANT INSERT ON v TO authenticated"),
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
    ("rls.owner",
        "ALTER TABLE workspaces OWNER TO authenticated",
        "ALTER TABLE workspaces OWNER TO service_role"),
    ("rls.row_transfer",
        "GRANT UPDATE ON workspaces TO authenticated; CREATE POLICY edit ON workspaces FOR UPDATE TO authenticated
           USING (true) WITH CHECK (owner_id = (SELECT auth.uid()))",
        "GRANT UPDATE (name) ON workspaces TO authenticated; CREATE POLICY edit ON workspaces FOR UPDATE TO authenticated
           USING (owner_id = (SELECT auth.uid())) WITH CHECK (owner_id = (SELECT auth.uid()) AND name <> '')"),
    ("rls.row_transfer", // rows of a workspace, through a helper
        "CREATE TABLE n (id int PRIMARY KEY, workspace_id uuid); ALTER TABLE n ENABLE ROW LEVEL SECURITY;
         INSERT INTO n SELECT 1, id FROM workspaces LIMIT 1; GRANT SELECT, UPDATE ON n TO authenticated;
         CREATE POLICY p ON n TO authenticated USING (is_workspace_member(workspace_id)) WITH CHECK (id > 0)",
        "CREATE TABLE n (id int PRIMARY KEY, workspace_id uuid); ALTER TABLE n ENABLE ROW LEVEL SECURITY;
         INSERT INTO n SELECT 1, id FROM workspaces LIMIT 1; GRANT SELECT, UPDATE ON n TO authenticated;
         CREATE POLICY p ON n TO authenticated USING (is_workspace_member(workspace_id))
           WITH CHECK (is_workspace_member(workspace_id) AND id > 0)"),
    ("rls.loose_policy",
        "CREATE POLICY mine ON workspaces FOR SELECT TO authenticated USING (coalesce(org_id = (SELECT auth.uid()), true))",
        "CREATE POLICY mine ON workspaces FOR SELECT TO authenticated USING (coalesce(org_id = (SELECT auth.uid()), false))"),
    ("rls.any_member", // the inner table has a column of the same name
        "CREATE TABLE n (id int PRIMARY KEY, workspace_id uuid); ALTER TABLE n ENABLE ROW LEVEL SECURITY;
         GRANT SELECT ON n TO authenticated; CREATE POLICY p ON n FOR SELECT TO authenticated USING (EXISTS (
           SELECT FROM workspace_members m WHERE m.workspace_id = workspace_id AND m.user_id = (SELECT auth.uid())))",
        "CREATE TABLE n (id int PRIMARY KEY, workspace_id uuid); ALTER TABLE n ENABLE ROW LEVEL SECURITY;
         GRANT SELECT ON n TO authenticated; CREATE POLICY p ON n FOR SELECT TO authenticated USING (EXISTS (
           SELECT FROM workspace_members m WHERE m.workspace_id = n.workspace_id AND m.user_id = (SELECT auth.uid())))"),
    ("rls.loose_policy", // a policy that has only WITH CHECK
        "GRANT INSERT ON workspaces TO authenticated; CREATE POLICY adding ON workspaces FOR INSERT TO authenticated
           WITH CHECK (coalesce(org_id = (SELECT auth.uid()), true))",
        "GRANT INSERT ON workspaces TO authenticated; CREATE POLICY adding ON workspaces FOR INSERT TO authenticated
           WITH CHECK (coalesce(org_id = (SELECT auth.uid()), false))"),
    ("rls.self_grant", // a membership
        "GRANT INSERT ON workspace_members TO authenticated; CREATE POLICY joining ON workspace_members FOR INSERT TO authenticated
           WITH CHECK (user_id = (SELECT auth.uid()))",
        "GRANT INSERT ON workspace_members TO authenticated; CREATE POLICY joining ON workspace_members FOR INSERT TO authenticated
           WITH CHECK (user_id = (SELECT auth.uid()) AND workspace_id IN (
             SELECT w.id FROM workspaces w WHERE w.owner_id = (SELECT auth.uid())))"),
    ("rls.self_grant", // the role of a profile
        "CREATE TABLE profiles (id uuid PRIMARY KEY, role text DEFAULT 'user'); ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
         GRANT SELECT, INSERT ON profiles TO authenticated; CREATE POLICY own ON profiles TO authenticated USING (id = (SELECT auth.uid()));
         CREATE POLICY admins ON workspaces FOR SELECT TO authenticated USING (EXISTS (
           SELECT FROM profiles p WHERE p.id = (SELECT auth.uid()) AND p.role = 'admin'))",
        "CREATE TABLE profiles (id uuid PRIMARY KEY, role text DEFAULT 'user'); ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
         GRANT SELECT, INSERT (id) ON profiles TO authenticated; CREATE POLICY own ON profiles TO authenticated USING (id = (SELECT auth.uid()));
         CREATE POLICY admins ON workspaces FOR SELECT TO authenticated USING (EXISTS (
           SELECT FROM profiles p WHERE p.id = (SELECT auth.uid()) AND p.role = 'admin'))"),
    ("rls.self_grant", // a mark that the owner of a profile may change
        "CREATE TABLE profiles (user_id uuid PRIMARY KEY, is_admin boolean NOT NULL DEFAULT false, name text); ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
         GRANT SELECT, UPDATE ON profiles TO authenticated; CREATE POLICY own ON profiles TO authenticated USING (user_id = (SELECT auth.uid()));
         CREATE FUNCTION is_admin() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS
           'SELECT is_admin FROM public.profiles WHERE user_id = auth.uid()';
         CREATE POLICY admins ON workspaces FOR SELECT TO authenticated USING ((SELECT is_admin()))",
        "CREATE TABLE profiles (user_id uuid PRIMARY KEY, is_admin boolean NOT NULL DEFAULT false, name text); ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
         GRANT SELECT, UPDATE (name) ON profiles TO authenticated; CREATE POLICY own ON profiles TO authenticated USING (user_id = (SELECT auth.uid()));
         CREATE FUNCTION is_admin() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS
           'SELECT is_admin FROM public.profiles WHERE user_id = auth.uid()';
         CREATE POLICY admins ON workspaces FOR SELECT TO authenticated USING ((SELECT is_admin()))"),
    ("rls.self_grant", // an owner creates workspaces, whose ids are new
        "CREATE TABLE teams (id uuid PRIMARY KEY, lead_id uuid); CREATE TABLE crews (team_id uuid, lead_id uuid);
         ALTER TABLE crews ENABLE ROW LEVEL SECURITY; ALTER TABLE teams ENABLE ROW LEVEL SECURITY;
         GRANT SELECT, INSERT ON crews TO authenticated; CREATE POLICY own ON crews TO authenticated USING (lead_id = (SELECT auth.uid()));
         GRANT SELECT ON teams TO authenticated; CREATE POLICY led ON teams FOR SELECT TO authenticated USING (id IN (
           SELECT c.team_id FROM crews c WHERE c.lead_id = (SELECT auth.uid())))",
        "CREATE TABLE teams (id uuid PRIMARY KEY, lead_id uuid); CREATE TABLE plans (team_id uuid);
         ALTER TABLE plans ENABLE ROW LEVEL SECURITY; ALTER TABLE teams ENABLE ROW LEVEL SECURITY;
         GRANT SELECT, INSERT ON teams TO authenticated; CREATE POLICY own ON teams TO authenticated USING (lead_id = (SELECT auth.uid()));
         GRANT SELECT ON plans TO authenticated; CREATE POLICY led ON plans FOR SELECT TO authenticated USING (team_id IN (
           SELECT t.id FROM teams t WHERE t.lead_id = (SELECT auth.uid())))"),
    ("rls.any_member", // of anything
        "CREATE TABLE n (id int PRIMARY KEY, workspace_id uuid); ALTER TABLE n ENABLE ROW LEVEL SECURITY; GRANT SELECT ON n TO authenticated;
         CREATE POLICY p ON n FOR SELECT TO authenticated USING (EXISTS (SELECT FROM workspace_members WHERE user_id = (SELECT auth.uid())))",
        "CREATE TABLE n (id int PRIMARY KEY); ALTER TABLE n ENABLE ROW LEVEL SECURITY; GRANT SELECT ON n TO authenticated;
         CREATE POLICY p ON n FOR SELECT TO authenticated USING (EXISTS (SELECT FROM workspace_members WHERE user_id = (SELECT auth.uid())))"),
    ("rls.any_member", // of the workspaces themselves, with a role
        "CREATE POLICY theirs ON workspaces FOR SELECT TO authenticated USING (EXISTS (
           SELECT FROM workspace_members WHERE user_id = (SELECT auth.uid()) AND role = 'admin'))",
        "CREATE POLICY theirs ON workspaces FOR SELECT TO authenticated USING (EXISTS (
           SELECT FROM workspace_members WHERE user_id = (SELECT auth.uid()) AND role = 'admin' AND workspace_id = workspaces.id))"),
    ("rls.any_member", // a role in the only row of a user is meant for all
        "CREATE TABLE n (id int PRIMARY KEY, org_id uuid); ALTER TABLE n ENABLE ROW LEVEL SECURITY; GRANT SELECT ON n TO authenticated;
         CREATE TABLE staff (user_id uuid, org_id uuid, role text, PRIMARY KEY (user_id, org_id)); ALTER TABLE staff ENABLE ROW LEVEL SECURITY;
         GRANT SELECT ON staff TO authenticated; CREATE POLICY own ON staff TO authenticated USING (user_id = (SELECT auth.uid()));
         CREATE POLICY p ON n FOR SELECT TO authenticated USING (EXISTS (
           SELECT FROM staff s WHERE s.user_id = (SELECT auth.uid()) AND s.role = 'admin'))",
        "CREATE TABLE n (id int PRIMARY KEY, org_id uuid); ALTER TABLE n ENABLE ROW LEVEL SECURITY; GRANT SELECT ON n TO authenticated;
         CREATE TABLE profiles (id uuid PRIMARY KEY, org_id uuid, role text); ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
         GRANT SELECT ON profiles TO authenticated; CREATE POLICY own ON profiles TO authenticated USING (id = (SELECT auth.uid()));
         CREATE POLICY p ON n FOR SELECT TO authenticated USING (EXISTS (
           SELECT FROM profiles p WHERE p.id = (SELECT auth.uid()) AND p.role = 'admin'))"),
    ("rls.any_member", // a second column that names the caller, and a key before both
        "ORGS; GRANT SELECT ON docs TO authenticated; CREATE POLICY p ON docs FOR SELECT TO authenticated USING (EXISTS (SELECT FROM members WHERE user_id = (SELECT auth.uid())))",
        "ORGS; GRANT SELECT ON docs TO authenticated; CREATE POLICY p ON docs FOR SELECT TO authenticated USING (EXISTS (
           SELECT FROM members m WHERE m.org_id = docs.org_id AND m.user_id = (SELECT auth.uid())))"),
    ("rls.any_member", // a helper whose parameter is hidden by a column
        "ORGS; CREATE FUNCTION is_member(org_id bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
           'SELECT EXISTS (SELECT FROM members m WHERE m.user_id = auth.uid() AND m.org_id = org_id)';
         GRANT SELECT ON docs TO authenticated; CREATE POLICY p ON docs FOR SELECT TO authenticated USING (is_member(org_id))",
        "ORGS; CREATE FUNCTION is_member(org_id bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
           'SELECT EXISTS (SELECT FROM members m WHERE m.user_id = auth.uid() AND m.org_id = is_member.org_id)';
         GRANT SELECT ON docs TO authenticated; CREATE POLICY p ON docs FOR SELECT TO authenticated USING (is_member(org_id))"),
    ("rls.any_member", // a helper that ignores its argument, with a condition on the row
        "ORGS; ALTER TABLE docs ADD deleted_at timestamptz;
         CREATE FUNCTION is_member(o bigint) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS
           'BEGIN RETURN EXISTS (SELECT FROM members m WHERE m.user_id = auth.uid()); END';
         GRANT SELECT ON docs TO authenticated; CREATE POLICY p ON docs FOR SELECT TO authenticated USING (deleted_at IS NULL AND is_member(org_id))",
        "ORGS; ALTER TABLE docs ADD deleted_at timestamptz;
         CREATE FUNCTION is_member(o bigint) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS
           'BEGIN RETURN EXISTS (SELECT FROM members m WHERE m.user_id = auth.uid() AND m.org_id = o); END';
         GRANT SELECT ON docs TO authenticated; CREATE POLICY p ON docs FOR SELECT TO authenticated USING (deleted_at IS NULL AND is_member(org_id))"),
    ("rls.any_member", // a helper that asks for the membership of anybody
        "ORGS; CREATE FUNCTION is_member(o bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
           'SELECT EXISTS (SELECT FROM members m WHERE m.org_id = o)';
         GRANT SELECT ON docs TO authenticated; CREATE POLICY p ON docs FOR SELECT TO authenticated USING (is_member(org_id))",
        "ORGS; GRANT SELECT ON docs TO authenticated; CREATE POLICY p ON docs FOR SELECT TO authenticated USING (EXISTS (SELECT FROM orgs o WHERE o.id = docs.org_id))"),
    ("rls.any_member", // users without a workspace
        "ORGS; CREATE TABLE users (id uuid PRIMARY KEY, phone text); ALTER TABLE users ENABLE ROW LEVEL SECURITY; GRANT SELECT ON users TO authenticated;
         CREATE POLICY p ON users FOR SELECT TO authenticated USING (EXISTS (SELECT FROM members m WHERE m.user_id = (SELECT auth.uid())))",
        "ORGS; CREATE TABLE users (id uuid PRIMARY KEY, phone text); ALTER TABLE users ENABLE ROW LEVEL SECURITY; GRANT SELECT ON users TO authenticated;
         CREATE POLICY p ON users FOR SELECT TO authenticated USING (EXISTS (SELECT FROM members a JOIN members b ON b.org_id = a.org_id
           WHERE a.user_id = (SELECT auth.uid()) AND b.user_id = users.id))"),
    ("rls.any_member", // writes of rows without a workspace
        "ORGS; CREATE TABLE prices (id int PRIMARY KEY, cents int); ALTER TABLE prices ENABLE ROW LEVEL SECURITY; GRANT SELECT, DELETE ON prices TO authenticated;
         CREATE POLICY p ON prices TO authenticated USING (EXISTS (SELECT FROM members m WHERE m.user_id = (SELECT auth.uid())))",
        "ORGS; CREATE TABLE prices (id int PRIMARY KEY, cents int); ALTER TABLE prices ENABLE ROW LEVEL SECURITY; GRANT SELECT ON prices TO authenticated;
         CREATE POLICY p ON prices FOR SELECT TO authenticated USING (EXISTS (SELECT FROM members m WHERE m.user_id = (SELECT auth.uid())))"),
    ("rls.any_member", // the memberships themselves, for those who have one
        "ORGS; CREATE FUNCTION any_member() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
           'SELECT EXISTS (SELECT FROM members m WHERE m.user_id = auth.uid())';
         CREATE POLICY p ON members FOR SELECT TO authenticated USING ((SELECT any_member()))",
        "ORGS; CREATE FUNCTION member_of(o bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
           'SELECT EXISTS (SELECT FROM members m WHERE m.user_id = auth.uid() AND m.org_id = o)';
         CREATE POLICY p ON members FOR SELECT TO authenticated USING (member_of(org_id))"),
    ("rls.self_grant", // members of anything join everything
        "ORGS; DOCS_OF_MEMBERS; CREATE FUNCTION any_member() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
           'SELECT EXISTS (SELECT FROM members m WHERE m.user_id = auth.uid())';
         CREATE POLICY joining ON members FOR INSERT TO authenticated WITH CHECK (any_member())",
        "ORGS; DOCS_OF_MEMBERS; CREATE FUNCTION member_of(o bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
           'SELECT EXISTS (SELECT FROM members m WHERE m.user_id = auth.uid() AND m.org_id = o)';
         CREATE POLICY joining ON members FOR INSERT TO authenticated WITH CHECK (member_of(org_id))"),
    ("rls.self_grant", // and administrators of anything
        "ORGS; DOCS_OF_MEMBERS; CREATE FUNCTION any_member(what text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
           'SELECT EXISTS (SELECT FROM members m WHERE m.user_id = auth.uid() AND m.rank = what)';
         CREATE POLICY joining ON members FOR INSERT TO authenticated WITH CHECK (any_member('admin'))",
        "ORGS; DOCS_OF_MEMBERS; CREATE FUNCTION member_of(o bigint, what text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
           'SELECT EXISTS (SELECT FROM members m WHERE m.user_id = auth.uid() AND m.org_id = o AND m.rank = what)';
         CREATE POLICY joining ON members FOR INSERT TO authenticated WITH CHECK (member_of(org_id, 'admin'))"),
    ("rls.self_grant", // a second column that names the caller, and a key before both
        "ORGS; GRANT SELECT ON docs TO authenticated; CREATE POLICY p ON docs FOR SELECT TO authenticated USING (org_id IN (SELECT m.org_id FROM members m WHERE m.user_id = (SELECT auth.uid())));
         GRANT UPDATE (org_id) ON members TO authenticated; CREATE POLICY move ON members FOR UPDATE TO authenticated USING (user_id = (SELECT auth.uid()))",
        "ORGS; GRANT SELECT ON docs TO authenticated; CREATE POLICY p ON docs FOR SELECT TO authenticated USING (org_id IN (SELECT m.org_id FROM members m WHERE m.user_id = (SELECT auth.uid())));
         GRANT UPDATE (note) ON members TO authenticated; CREATE POLICY move ON members FOR UPDATE TO authenticated USING (user_id = (SELECT auth.uid()))"),
    ("rls.always_true", // a trigger that sets the owner, and one that sets another column
        "GRANT INSERT ON workspaces TO authenticated; CREATE POLICY adding ON workspaces FOR INSERT TO authenticated WITH CHECK (true);
         CREATE POLICY own ON workspaces FOR SELECT TO authenticated USING (owner_id = (SELECT auth.uid()));
         ALTER TABLE workspaces ADD COLUMN changed_by uuid; CREATE FUNCTION stamped() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN NEW.changed_by := auth.uid(); RETURN NEW; END';
         CREATE TRIGGER stamped BEFORE INSERT ON workspaces FOR EACH ROW EXECUTE FUNCTION stamped()",
        "CREATE TABLE n (id int PRIMARY KEY, owner_id uuid); ALTER TABLE n ENABLE ROW LEVEL SECURITY; GRANT SELECT, INSERT ON n TO authenticated;
         CREATE POLICY adding ON n FOR INSERT TO authenticated WITH CHECK (true);
         CREATE POLICY own ON n FOR SELECT TO authenticated USING (owner_id = (SELECT auth.uid()));
         CREATE FUNCTION stamped() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.owner_id := auth.uid(); RETURN NEW; END';
         CREATE TRIGGER stamped BEFORE INSERT ON n FOR EACH ROW EXECUTE FUNCTION stamped()"),
    ("rls.always_true", // a default that the caller can override is no owner
        "CREATE TABLE n (id int PRIMARY KEY, owner_id uuid); ALTER TABLE n ENABLE ROW LEVEL SECURITY; GRANT SELECT, INSERT ON n TO authenticated;
         CREATE POLICY adding ON n FOR INSERT TO authenticated WITH CHECK (true);
         CREATE POLICY own ON n FOR SELECT TO authenticated USING (owner_id = (SELECT auth.uid()));
         CREATE FUNCTION stamped() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN IF NEW.owner_id IS NULL THEN NEW.owner_id := auth.uid(); END IF; RETURN NEW; END';
         CREATE TRIGGER stamped BEFORE INSERT ON n FOR EACH ROW EXECUTE FUNCTION stamped()",
        "CREATE TABLE n (id int PRIMARY KEY, owner_id uuid); ALTER TABLE n ENABLE ROW LEVEL SECURITY; GRANT SELECT, INSERT ON n TO authenticated;
         CREATE POLICY adding ON n FOR INSERT TO authenticated WITH CHECK (true);
         CREATE POLICY own ON n FOR SELECT TO authenticated USING (owner_id = (SELECT auth.uid()));
         CREATE FUNCTION stamped() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP = 'INSERT' THEN
           NEW.id := CASE WHEN NEW.id < 0 THEN 0 ELSE NEW.id END; NEW.owner_id = (SELECT auth.uid()); END IF; RETURN NEW; END $$;
         CREATE TRIGGER stamped BEFORE INSERT OR UPDATE ON n FOR EACH ROW EXECUTE FUNCTION stamped()"),
    ("rls.always_true", // the login of the API, and that of a worker
        "CREATE POLICY everybody ON workspaces FOR SELECT TO authenticated USING (session_user <> 'postgres')",
        "CREATE POLICY workers ON workspaces FOR SELECT TO authenticated USING (session_user = 'postgres')"),
    ("rls.policy_fails", // a view that passes on granted columns only
        "CREATE TABLE n (id int PRIMARY KEY, title text, owner_id uuid); ALTER TABLE n ENABLE ROW LEVEL SECURITY;
         CREATE POLICY own ON n TO authenticated USING (owner_id = (SELECT auth.uid()));
         GRANT SELECT, UPDATE (title) ON n TO authenticated; CREATE VIEW v WITH (security_invoker) AS SELECT id, owner_id FROM n;
         GRANT SELECT, UPDATE ON v TO authenticated",
        "CREATE TABLE n (id int PRIMARY KEY, title text, owner_id uuid); ALTER TABLE n ENABLE ROW LEVEL SECURITY;
         CREATE POLICY own ON n TO authenticated USING (owner_id = (SELECT auth.uid()));
         GRANT SELECT, UPDATE (title) ON n TO authenticated; CREATE VIEW v WITH (security_invoker) AS SELECT * FROM n;
         GRANT SELECT, UPDATE ON v TO authenticated"),
    ("rls.definer_rpc", // a row that only names the caller, and one that is compared
        "CREATE FUNCTION grab(w uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS
           'UPDATE public.workspaces SET owner_id = auth.uid() WHERE id = w'",
        "CREATE FUNCTION rename(w uuid, n text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS
           'UPDATE public.workspaces SET name = n WHERE id = w AND owner_id = auth.uid()'"),
    ("rls.definer_rpc", // a part without the comparison
        "CREATE FUNCTION mine() RETURNS SETOF workspaces LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS
           'SELECT * FROM public.workspaces WHERE owner_id = auth.uid() UNION ALL SELECT * FROM public.workspaces'",
        "CREATE FUNCTION mine() RETURNS SETOF workspaces LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS
           'SELECT * FROM public.workspaces WHERE owner_id = auth.uid() UNION ALL
            SELECT * FROM public.workspaces WHERE org_id = auth.uid()'"),
    ("rls.definer_rpc", // a condition without effect
        "CREATE FUNCTION mine() RETURNS SETOF workspaces LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS
           'SELECT * FROM public.workspaces WHERE owner_id = auth.uid() OR true'",
        "CREATE FUNCTION mine() RETURNS SETOF workspaces LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS
           $$ SELECT * FROM public.workspaces WHERE auth.role() = 'service_role'::text $$"),
    ("rls.rights_column", // of the only row that a user adds
        "CREATE TABLE profiles (id uuid PRIMARY KEY, role text DEFAULT 'user', name text); ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
         GRANT SELECT, INSERT ON profiles TO authenticated; CREATE POLICY own ON profiles TO authenticated USING (id = (SELECT auth.uid()))",
        "CREATE TABLE profiles (id uuid PRIMARY KEY, role text DEFAULT 'user', name text); ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
         GRANT SELECT, INSERT ON profiles TO authenticated; CREATE POLICY own ON profiles TO authenticated USING (id = (SELECT auth.uid()));
         CREATE FUNCTION fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.role := 'user'; RETURN NEW; END $$;
         CREATE TRIGGER fixed BEFORE INSERT ON profiles FOR EACH ROW EXECUTE FUNCTION fixed()"),
    ("rls.open_write", // reading published rows is usual, writing them is not
        "GRANT DELETE ON workspaces TO authenticated;
         CREATE POLICY pruning ON workspaces FOR DELETE TO authenticated USING (plan = 'free' AND name <> '')",
        "CREATE POLICY free ON workspaces FOR SELECT TO authenticated USING (plan = 'free' AND name <> '')"),
    ("rls.open_write", // a role in the token
        "GRANT DELETE ON workspaces TO authenticated; CREATE POLICY pruning ON workspaces FOR DELETE TO authenticated
           USING ((SELECT auth.jwt() ->> 'role') = 'authenticated' AND plan = 'free')",
        "GRANT DELETE ON workspaces TO authenticated; CREATE POLICY pruning ON workspaces FOR DELETE TO authenticated
           USING ((SELECT auth.jwt() ->> 'role') = 'service_role' AND plan = 'free')"),
    ("rls.open_write", // for all commands
        "GRANT UPDATE (name) ON workspaces TO authenticated; CREATE POLICY shared ON workspaces TO authenticated
           USING (plan = 'free' OR owner_id = (SELECT auth.uid()))",
        "GRANT UPDATE (name) ON workspaces TO authenticated; CREATE POLICY shared ON workspaces TO authenticated
           USING (plan = 'free' OR owner_id = (SELECT auth.uid()));
         CREATE POLICY own ON workspaces AS RESTRICTIVE FOR UPDATE TO authenticated USING (owner_id = (SELECT auth.uid()))"),
    ("rls.open_write", // new rows
        "GRANT INSERT ON idempotency_keys TO anon; ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
         CREATE POLICY adding ON idempotency_keys FOR INSERT TO anon WITH CHECK (key <> '')",
        "GRANT INSERT ON idempotency_keys TO anon; ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
         CREATE POLICY adding ON idempotency_keys FOR INSERT TO service_role WITH CHECK (key <> '')"),
    ("rls.user_metadata", // a header of the request
        "CREATE POLICY key ON workspaces FOR SELECT TO anon
           USING ((current_setting('request.headers', true)::json ->> 'x-key') = name); GRANT SELECT ON workspaces TO anon",
        "CREATE POLICY key ON workspaces FOR SELECT TO authenticated
           USING (owner_id = (SELECT auth.uid()) AND name <> 'request.headers of')"),
    ("rls.user_metadata", // the login of the API, in a helper
        "CREATE FUNCTION is_admin() RETURNS boolean LANGUAGE sql STABLE SET search_path = '' AS $$ SELECT session_user = 'authenticator' $$;
         CREATE POLICY admin ON workspaces FOR SELECT TO authenticated USING ((SELECT is_admin()))",
        "CREATE FUNCTION is_admin() RETURNS boolean LANGUAGE sql STABLE SET search_path = '' AS
           $$ SELECT (auth.jwt() -> 'app_metadata' ->> 'admin') = 'yes' $$;
         CREATE POLICY admin ON workspaces FOR SELECT TO authenticated USING ((SELECT is_admin()))"),
    ("rls.user_metadata", // only of new rows
        "GRANT INSERT ON workspaces TO authenticated; CREATE POLICY adding ON workspaces FOR INSERT TO authenticated
           WITH CHECK (((SELECT auth.jwt()) -> 'user_metadata' ->> 'admin') = 'yes')",
        "GRANT INSERT ON workspaces TO authenticated; CREATE POLICY adding ON workspaces FOR INSERT TO authenticated
           WITH CHECK (((SELECT auth.jwt()) -> 'app_metadata' ->> 'admin') = 'yes')"),
    ("rls.rights_column",
        "GRANT UPDATE ON workspaces TO authenticated; CREATE POLICY edit ON workspaces FOR UPDATE TO authenticated
           USING (owner_id = (SELECT auth.uid()))",
        "GRANT UPDATE (name) ON workspaces TO authenticated; CREATE POLICY edit ON workspaces FOR UPDATE TO authenticated
           USING (owner_id = (SELECT auth.uid()))"),
    ("rls.cascade",
        "GRANT DELETE ON workspaces TO authenticated; CREATE POLICY leave ON workspaces FOR DELETE TO authenticated
           USING (owner_id = (SELECT auth.uid()));
         ALTER TABLE jobs ADD CONSTRAINT w FOREIGN KEY (workspace_id) REFERENCES workspaces ON DELETE CASCADE NOT VALID",
        "GRANT DELETE ON idempotency_keys TO service_role"),
    ("rls.immutable_helper",
        "CREATE FUNCTION me() RETURNS uuid LANGUAGE sql IMMUTABLE AS 'SELECT auth.uid()';
         CREATE POLICY mine ON workspaces FOR SELECT TO authenticated USING (owner_id = me())",
        "CREATE FUNCTION me() RETURNS uuid LANGUAGE sql STABLE AS 'SELECT auth.uid()';
         CREATE POLICY mine ON workspaces FOR SELECT TO authenticated USING (owner_id = me())"),
    ("rls.access",
        "REVOKE UPDATE ON jobs FROM service_role",
        "REVOKE UPDATE ON workspaces FROM service_role"),
];

/// Short forms in the statements: a trigger function that changes a table of the contract, and a table `n` of which clients
/// use their own rows, a helper in a schema without USAGE for clients, and
/// members of organizations with documents.
const SHORT: [(&str, &str); 6] = [
    (
        "NOTE;",
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS
           'BEGIN DELETE FROM public.jobs; RETURN NULL; END';",
    ),
    (
        "PRIVATE_HELPER;",
        "CREATE SCHEMA private; CREATE FUNCTION private.is_member(w uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
           SET search_path = '' AS
           'SELECT EXISTS (SELECT FROM public.workspace_members m WHERE m.workspace_id = w AND m.user_id = auth.uid())';",
    ),
    (
        "DOCS_OF_MEMBERS;",
        "GRANT SELECT ON docs TO authenticated; CREATE POLICY p ON docs FOR SELECT TO authenticated USING (org_id IN (
           SELECT m.org_id FROM members m WHERE m.user_id = (SELECT auth.uid()))); GRANT INSERT ON members TO authenticated;",
    ),
    (
        "GUARD;",
        "CREATE FUNCTION guard(w uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$ BEGIN
           IF NOT EXISTS (SELECT FROM workspace_members WHERE workspace_id = w AND user_id = auth.uid()) THEN
             RAISE EXCEPTION 'no access'; END IF; RETURN true; END $$;",
    ),
    (
        "ORGS;",
        "CREATE TABLE orgs (id bigint PRIMARY KEY, name text);
         CREATE TABLE members (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid NOT NULL, org_id bigint NOT NULL REFERENCES orgs,
           rank text NOT NULL DEFAULT 'member', invited_by uuid, note text);
         CREATE TABLE docs (id bigint PRIMARY KEY, org_id bigint NOT NULL REFERENCES orgs, body text);
         INSERT INTO orgs VALUES (1, 'a'), (2, 'b'); INSERT INTO docs VALUES (1, 1, 'a'), (2, 2, 'b');
         INSERT INTO members (user_id, org_id) VALUES (gen_random_uuid(), 1), (gen_random_uuid(), 2);
         ALTER TABLE orgs ENABLE ROW LEVEL SECURITY; ALTER TABLE members ENABLE ROW LEVEL SECURITY; ALTER TABLE docs ENABLE ROW LEVEL SECURITY;
         GRANT SELECT ON orgs, members TO authenticated;
         CREATE POLICY own ON members FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
         CREATE POLICY theirs ON orgs FOR SELECT TO authenticated USING (EXISTS (
           SELECT FROM members m WHERE m.org_id = orgs.id AND (SELECT auth.uid()) IN (m.user_id, m.invited_by)));",
    ),
    (
        "OWN_N;",
        "ALTER TABLE n ENABLE ROW LEVEL SECURITY;
         CREATE POLICY own ON n TO authenticated USING (owner = (SELECT auth.uid())) WITH CHECK (owner = (SELECT auth.uid()));",
    ),
];

/// Returns statements without short forms.
pub(super) fn full(statements: &str) -> String {
    let sql = |sql: String, (short, long): &(&str, &str)| sql.replace(short, long);
    SHORT.iter().fold(statements.to_owned(), sql)
}

/// Returns a clean database with these changes.
pub(super) fn changed(statements: &str) -> Database {
    let database = clean();
    database.execute(&full(statements));
    database
}

/// Flaws that need their own contract: the finding, the contracts of the flaw and of the similar case, and
/// the statements for each.
#[rustfmt::skip]
const BY_CONTRACT: &[(&str, [&str; 2], [&str; 2])] = &[
    ("rls.force",
        ["[tables.\"public.workspaces\"]\nforce = true\n"; 2],
        ["DROP POLICY workspaces_member_select ON workspaces",
         "DROP POLICY workspaces_member_select ON workspaces; ALTER TABLE workspaces FORCE ROW LEVEL SECURITY"]),
    ("rls.observed", // expected and computed access agree, but the rows are wrong: a helper with two arguments
        [SEES; 2],
        ["CREATE FUNCTION sees(w uuid, what text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
            SET search_path = '' AS $$ SELECT EXISTS (SELECT FROM public.workspace_members m
              WHERE m.user_id = auth.uid()) $$;
          ALTER POLICY workspaces_member_select ON workspaces USING (sees(id, 'read'))",
         "CREATE FUNCTION sees(w uuid, what text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
            SET search_path = '' AS $$ SELECT EXISTS (SELECT FROM public.workspace_members m
              WHERE m.workspace_id = w AND m.user_id = auth.uid()) $$;
          ALTER POLICY workspaces_member_select ON workspaces USING (sees(id, 'read'))"]),
    ("rls.column_grant", // a column grant on an allowed command: the role writes what is denied
        [MEMBERS_READ; 2],
        ["CREATE POLICY theirs ON workspaces TO authenticated USING (is_workspace_member(id));
          DROP POLICY workspaces_member_select ON workspaces; GRANT UPDATE (name) ON workspaces TO authenticated",
         "CREATE POLICY theirs ON workspaces TO authenticated USING (is_workspace_member(id));
          DROP POLICY workspaces_member_select ON workspaces"]),
    ("rls.helper_body",
        [HELPER; 2],
        ["CREATE OR REPLACE FUNCTION is_workspace_member(p_workspace_id uuid) RETURNS boolean LANGUAGE sql STABLE
            SECURITY DEFINER SET search_path = public AS 'SELECT p_workspace_id IN (SELECT m.workspace_id FROM
              workspace_members m WHERE m.user_id = auth.uid())'",
         "CREATE OR REPLACE FUNCTION is_workspace_member(p_workspace_id uuid) RETURNS boolean LANGUAGE sql STABLE
            SECURITY DEFINER SET search_path = public AS ' SELECT EXISTS ( SELECT 1 FROM workspace_members
              WHERE workspace_id = p_workspace_id AND user_id = auth.uid())'"]),
    ("rls.review",
        ["[tables.\"public.n\"] # review\nrls = false\n[tables.\"public.n\".roles]\nanon = { select = \"allow\" }\n",
         "[tables.\"public.n\"]\nrls = false\n[tables.\"public.n\".roles]\nanon = { select = \"allow\" }\n"],
        ["CREATE TABLE n (id int PRIMARY KEY); GRANT SELECT ON n TO anon"; 2]),
    ("rls.waiver",
        ["[[waivers]]\ncheck = \"rls.off\"\nsubject = \"public.n\"\nowner = \"ariel\"\nreason = \"a list\"\nexpires = \"2020-01-01\"\n",
         "[[waivers]]\ncheck = \"rls.off\"\nsubject = \"public.n\"\nowner = \"ariel\"\nreason = \"a list\"\nexpires = \"9999-01-01\"\n"],
        ["CREATE TABLE n (id int PRIMARY KEY); GRANT SELECT ON n TO anon"; 2]),
];

const HELPER: &str = "[helpers.\"public.is_workspace_member(uuid)\"]\ndefiner = true\nsearch_path = \"public\"\n\
    body = \"SELECT EXISTS ( SELECT 1 FROM workspace_members WHERE workspace_id = p_workspace_id AND user_id = auth.uid())\"\n";

const SEES: &str = "[tables.\"public.workspaces\"]\nworkspace_column = \"id\"\n\
    [tables.\"public.workspaces\".roles]\nauthenticated = { select = \"rows where member\" }\n\
    [[tables.\"public.workspaces\".policies]]\nname = \"workspaces_member_select\"\ncommand = \"select\"\n\
    roles = [\"authenticated\"]\nusing = \"public.sees(id, 'read'::text)\"\n";

const MEMBERS_READ: &str = "[tables.\"public.workspaces\"]\nworkspace_column = \"id\"\n\
    [tables.\"public.workspaces\".roles]\nauthenticated = { select = \"rows where member\" }\n\
    [[tables.\"public.workspaces\".policies]]\nname = \"theirs\"\nroles = [\"authenticated\"]\n\
    using = \"public.is_workspace_member(id)\"\n";

#[test]
fn column_grant_on_a_protected_table_is_critical() {
    let (_, contracts, [flaw, _]) =
        BY_CONTRACT.iter().find(|(id, ..)| *id == "rls.column_grant").unwrap();
    let database = clean();
    database.execute(flaw);
    let output = Cli::new(["rls", "audit", "-o", "json", "--contract", "c.toml"])
        .file("c.toml", format!("{BUILT_IN}\n{}", contracts[0]))
        .env("DATABASE_URL", database.url())
        .run()
        .expect_code(2);
    assert_eq!(findings(&output), ["rls.column_grant critical public.workspaces"]);
    let message = output.json()["findings"][0]["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("can update rows where") && message.contains("(expected: no rows)"),
        "{message}"
    );
}

#[test]
fn every_check_has_a_flaw_and_a_harmless_counterpart() {
    let pairs = FLAWS.iter().map(|(id, ..)| *id);
    let pairs = pairs.chain(BY_CONTRACT.iter().map(|(id, ..)| *id)).chain([roles::CHECK]);
    let tested: BTreeSet<&str> = pairs.collect();
    let checks: BTreeSet<&str> = rls::all().map(|check| check.id).collect();
    assert_eq!(tested, checks);
}

#[test]
fn each_flaw_is_found_and_its_harmless_counterpart_is_not() {
    let mut failures = Vec::new();
    for (id, flaw, harmless) in FLAWS {
        for (sql, expected) in [(flaw, true), (harmless, false)] {
            let database = changed(sql);
            verify(id, sql, expected, &findings(&audit(&database)), &mut failures);
        }
    }
    for (id, contracts, changes) in BY_CONTRACT {
        for (at, expected) in [(0, true), (1, false)] {
            let database = clean();
            database.execute(changes[at]);
            let output = Cli::new(["rls", "audit", "-o", "json", "--contract", "c.toml"])
                .file("c.toml", format!("{BUILT_IN}\n{}", contracts[at]))
                .env("DATABASE_URL", database.url())
                .run();
            verify(id, changes[at], expected, &findings(&output), &mut failures);
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Compares the findings with the expectation. A change without the flaw must have no finding at all.
fn verify(id: &str, sql: &str, expected: bool, found: &[String], failures: &mut Vec<String>) {
    let is_found = found.iter().any(|f| f.starts_with(&format!("{id} ")));
    if is_found != expected || (!expected && !found.is_empty()) {
        failures.push(format!("{id}, expected {expected}: {sql}\n    {found:?}"));
    }
}
