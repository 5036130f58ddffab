//! Writes of clients who own nothing, tried on the server: if they change rows of others, the audit says so,
//! otherwise it says nothing.

use super::{audit, clean, findings};

const UID: &str = "(SELECT auth.uid())";

/// Conditions that the row of another user fulfills, of policies on a table that has `owner`, `reviewer`, `published`, `kind` and `done`, with the
/// values of [`ROW`].
const OPEN: &[&str] = &[
    "published",
    "published AND kind = 'note'",
    "kind IN ('note', 'page') AND NOT done",
    "published OR owner = UID",
    "(published AND kind = 'note') OR owner = UID",
    "UID IS NOT NULL AND (published OR owner = UID)",
    "UID IS NOT NULL AND published AND kind = 'note'",
    "(SELECT auth.role()) = 'authenticated' AND kind = 'note'",
    "public.open_kind(kind)",
    "EXISTS (SELECT FROM public.kinds k WHERE k.name = kind)",
    "owner <> UID AND published",
    "done OR length(kind) BETWEEN 3 AND 9",
    "CASE WHEN published THEN kind = 'note' ELSE owner = UID END",
    // Claims of every user
    "(auth.jwt() ->> 'session_id') IS NOT NULL AND published",
    "(auth.jwt() ->> 'email') IS NOT NULL AND kind = 'note'",
    "(auth.jwt() -> 'app_metadata' ->> 'provider') = 'email' AND published",
    "(SELECT (auth.jwt() ->> 'is_anonymous')::boolean) = false AND published",
    "(SELECT (auth.jwt() ->> 'is_anonymous')::boolean) IS FALSE AND published",
    "(auth.jwt() ->> 'aal') = 'aal1' AND published",
    "(auth.jwt() ->> 'role') IN ('authenticated', 'service_role') AND published",
    "(SELECT auth.role()) <> 'anon' AND published",
];

/// Conditions that it does not fulfill.
const CLOSED: &[&str] = &[
    "owner = UID",
    "owner = UID AND published",
    "owner = UID AND (published OR kind = 'note')",
    "owner = UID OR reviewer = UID",
    "(owner = UID) IS TRUE",
    "published AND UID = ANY (ARRAY[owner, reviewer])",
    "kind = 'note' AND owner = (SELECT (auth.jwt() ->> 'sub')::uuid)",
    "published AND owner::text = current_setting('request.jwt.claims', true)::json ->> 'sub'",
    "owner::text = current_setting('app.user', true)",
    "published AND kind = CURRENT_USER",
    "public.mine(owner) AND published",
    "published AND EXISTS (SELECT FROM public.own_kinds k WHERE k.name = kind)",
    "public.is_workspace_member(owner) AND published",
    "published AND (SELECT auth.role()) = 'service_role'",
    "(SELECT auth.jwt() ->> 'role') = 'service_role'",
    "'service_role' = (SELECT auth.jwt() ->> 'role')",
    "(auth.jwt() ->> 'role') IN ('service_role', 'supabase_admin') AND published",
    "published AND (SELECT auth.role()) IN ('service_role', 'supabase_admin')",
    "(SELECT auth.role()) = ANY (ARRAY['service_role'])",
    "public.is_service() AND published",
    "(SELECT public.is_service())",
    "published AND (SELECT auth.role()) <> 'authenticated' AND kind = 'note' AND owner = UID",
    "(auth.jwt() ->> 'aal') = 'aal2'",
    "(auth.jwt() -> 'app_metadata' ->> 'admin') = 'yes'",
    "(auth.jwt() ->> 'email') = kind AND published",
    "false",
    "owner IS NULL AND UID = reviewer",
];

const ROW: &str = "('11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222', true, 'note', false)";

/// The clients and their claims: a user who occurs in no row, and nobody.
const CLIENTS: [(&str, &str); 2] = [
    (
        "authenticated",
        r#"{"sub": "33333333-3333-4333-8333-333333333333", "role": "authenticated", "aud": "authenticated",
            "session_id": "44444444-4444-4444-8444-444444444444", "email": "a@example.org", "phone": "", "aal": "aal1",
            "is_anonymous": false, "app_metadata": {"provider": "email", "providers": ["email"]}, "user_metadata": {}}"#,
    ),
    ("anon", r#"{"role": "anon"}"#),
];

/// What the conditions use. Rows of `own_kinds` are hidden from others.
const SETUP: &str = "CREATE TABLE kinds (name text PRIMARY KEY); INSERT INTO kinds VALUES ('note');
    ALTER TABLE kinds ENABLE ROW LEVEL SECURITY; GRANT SELECT ON kinds TO anon, authenticated;
    CREATE POLICY listed ON kinds FOR SELECT TO authenticated USING (name <> '');
    CREATE TABLE own_kinds (name text PRIMARY KEY, owner uuid); INSERT INTO own_kinds VALUES ('note', gen_random_uuid());
    ALTER TABLE own_kinds ENABLE ROW LEVEL SECURITY; GRANT SELECT ON own_kinds TO anon, authenticated;
    CREATE POLICY own ON own_kinds FOR SELECT TO authenticated USING (owner = (SELECT auth.uid()));
    CREATE FUNCTION open_kind(k text) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT k LIKE 'n%' $$;
    CREATE FUNCTION is_service() RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT (auth.jwt() ->> 'role') = 'service_role' $$;
    CREATE FUNCTION me() RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT auth.uid() $$;
    CREATE FUNCTION mine(o uuid) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT o = public.me() $$;";

/// A policy for each command, with the restrictive policies beside it.
const FORMS: &[&str] = &[
    "CREATE POLICY p ON T FOR INSERT TO authenticated WITH CHECK (C)",
    "CREATE POLICY p ON T FOR UPDATE TO authenticated USING (C)",
    "CREATE POLICY p ON T FOR DELETE TO authenticated USING (C)",
    "CREATE POLICY p ON T USING (C)",
    "CREATE POLICY p ON T FOR DELETE TO authenticated USING (true); CREATE POLICY r ON T AS RESTRICTIVE USING (C)",
    "CREATE POLICY p ON T TO authenticated USING (C); CREATE POLICY r ON T AS RESTRICTIVE USING (owner = UID)",
    "CREATE POLICY p ON T FOR SELECT TO authenticated USING (C)",
    "CREATE POLICY p ON T TO service_role USING (C)",
];

/// Policies that let everybody change the row of another user if new rows fulfill the condition.
const TAKING: &[&str] = &[
    "CREATE POLICY p ON T FOR UPDATE TO authenticated USING (true) WITH CHECK (C)",
    "CREATE POLICY p ON T FOR UPDATE TO authenticated USING (C) WITH CHECK (owner = UID)",
    "CREATE POLICY p ON T FOR UPDATE TO authenticated USING (C) WITH CHECK (true)",
];

#[test]
fn write_that_reaches_rows_of_others_is_reported_and_no_other_one() {
    let database = clean();
    database.execute(SETUP);
    let mut tables = Vec::new();
    let all = FORMS.iter().map(|form| (form, [OPEN, CLOSED].concat()));
    let taking = TAKING.iter().map(|form| (form, OPEN.to_vec()));
    for (policies, conditions) in all.chain(taking) {
        for condition in conditions {
            let name = format!("t_{}", tables.len());
            let policies = policies.replace(" T ", &format!(" {name} "));
            let policies = policies.replace("(C)", &format!("({condition})")).replace("UID", UID);
            let clients =
                if policies.contains(" TO ") { "authenticated" } else { "anon, authenticated" };
            let created = database.session().try_execute(&format!(
                "CREATE TABLE {name} (id int PRIMARY KEY DEFAULT 77, owner uuid, reviewer uuid, published bool, kind text, done bool);
                 INSERT INTO {name} VALUES (1, {});
                 ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;
                 GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {clients}; {policies}",
                &ROW[1..ROW.len() - 1]
            ));
            assert!(created.is_ok(), "{policies}: {created:?}");
            tables.push((name, policies));
        }
    }
    let mut found = findings(&audit(&database));
    // About policies that admit nobody.
    let others = ["rls.policy_fails ", "rls.public_policy "];
    found.retain(|f| !others.iter().any(|id| f.starts_with(id)));
    let (mut failures, session) = (Vec::new(), database.session());
    for (name, policies) in &tables {
        let subject = format!(" public.{name}");
        let is_found = found.iter().any(|f| f.ends_with(&subject));
        let writes = [
            format!("INSERT INTO {name} (owner, reviewer, published, kind, done) VALUES {ROW}"),
            format!("UPDATE {name} SET id = 2"),
            format!("UPDATE {name} SET owner = auth.uid()"),
            format!("DELETE FROM {name}"),
        ];
        let tried = CLIENTS.iter().flat_map(|client| writes.iter().map(move |w| (client, w)));
        let is_open = tried.into_iter().any(|((role, claims), write)| {
            let done = session.try_execute(&format!(
                "BEGIN; SET LOCAL ROLE {role}; SET LOCAL request.jwt.claims = '{claims}';
                 DO $$ DECLARE n bigint; BEGIN {write}; GET DIAGNOSTICS n = ROW_COUNT; IF n = 0 THEN RAISE 'no row'; END IF; END $$"
            ));
            session.execute("ROLLBACK");
            done.is_ok()
        });
        if is_found != is_open {
            let found: Vec<_> = found.iter().filter(|f| f.ends_with(&subject)).collect();
            failures.push(format!("open: {is_open}, found: {found:?}: {policies}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
