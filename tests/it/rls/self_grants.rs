//! Rights that users give to themselves, tried on the server: if a user without any right, or a member of another
//! workspace, reaches a further row by a write to the memberships, the audit says so, otherwise it says nothing.

use super::{audit, clean, findings};

/// Policies of a table `T` that read the memberships `M`, with what they need.
const READERS: &[(&str, &str)] = &[
    ("", "workspace_id IN (SELECT m.workspace_id FROM M m WHERE m.user_id = UID)"),
    ("", "EXISTS (SELECT FROM M WHERE M.workspace_id = T.workspace_id AND M.user_id = UID)"),
    ("", "EXISTS (SELECT FROM M m WHERE m.workspace_id = T.workspace_id AND m.user_id = UID AND m.role = 'admin')"),
    ("", "EXISTS (SELECT FROM M m WHERE m.workspace_id = T.workspace_id AND m.user_id = UID AND m.status = 'active' AND m.left_at IS NULL)"),
    ("", "id = 7 AND workspace_id IN (SELECT m.workspace_id FROM M m WHERE m.user_id = UID)"),
    ("", "EXISTS (SELECT FROM spaces s JOIN M m ON m.workspace_id = s.id WHERE s.id = T.workspace_id AND m.user_id = UID)"),
    ("", "body = 'public' OR UID IN (SELECT m.user_id FROM M m WHERE m.workspace_id = T.workspace_id)"),
    ("CREATE FUNCTION f_M(w uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
        $$ SELECT EXISTS (SELECT 1 FROM M WHERE workspace_id = w AND user_id = auth.uid()); $$",
     "f_M(workspace_id)"),
    ("CREATE FUNCTION f_M(uuid, text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS
        $$ SELECT count(*) > 0 FROM public.M AS x WHERE x.workspace_id = $1 AND x.user_id = (SELECT auth.uid()) AND x.role = $2 $$",
     "(SELECT f_M(workspace_id, 'admin'))"),
    ("CREATE FUNCTION f_M(w uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
        RETURN EXISTS (SELECT 1 FROM public.M WHERE M.workspace_id = w AND M.user_id = auth.uid())",
     "f_M(workspace_id)"),
    ("CREATE FUNCTION f_M(w uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS
        $$ BEGIN RETURN EXISTS (SELECT 1 FROM M x WHERE x.workspace_id = f_M.w AND x.user_id = auth.uid()); END $$",
     "f_M(workspace_id)"),
    ("CREATE FUNCTION f_M() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
        $$ SELECT workspace_id FROM M WHERE user_id = auth.uid() $$",
     "workspace_id IN (SELECT f_M())"),
    ("CREATE FUNCTION f_M() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
        $$ SELECT workspace_id FROM M WHERE user_id = auth.uid() $$",
     "workspace_id = ANY (ARRAY(SELECT w FROM f_M() AS x(w)))"),
    ("CREATE VIEW v_M AS SELECT workspace_id, user_id FROM M WHERE status <> 'left'; GRANT SELECT ON v_M TO authenticated",
     "workspace_id IN (SELECT v.workspace_id FROM v_M v WHERE v.user_id = UID)"),
    // The entry takes a right away, or gives none.
    ("", "T.owner = UID AND NOT EXISTS (SELECT FROM M m WHERE m.user_id = UID AND m.workspace_id = T.workspace_id)"),
    ("", "T.owner IN (SELECT m.user_id FROM M m WHERE m.user_id = UID)"),
];

/// What users may write into `M`.
const WRITERS: &[&str] = &[
    "GRANT INSERT ON M TO authenticated; CREATE POLICY w ON M FOR INSERT TO authenticated WITH CHECK (user_id = UID)",
    "GRANT ALL ON M TO authenticated; CREATE POLICY w ON M TO authenticated USING (user_id = UID)",
    "GRANT UPDATE ON M TO authenticated; CREATE POLICY w ON M FOR UPDATE TO authenticated USING (user_id = UID)",
    "GRANT UPDATE (role) ON M TO authenticated; CREATE POLICY w ON M FOR UPDATE TO authenticated USING (user_id = UID)",
    "GRANT INSERT (user_id, workspace_id) ON M TO authenticated; CREATE POLICY w ON M FOR INSERT TO authenticated WITH CHECK (user_id = UID)",
    "GRANT INSERT ON M TO authenticated; CREATE POLICY w ON M FOR INSERT TO authenticated WITH CHECK (user_id = UID AND role = 'member')",
    "GRANT INSERT ON M TO authenticated; CREATE POLICY w ON M FOR INSERT TO authenticated WITH CHECK (user_id = UID AND status = 'pending')",
    "GRANT INSERT ON M TO authenticated; ALTER TABLE M ADD CHECK (role IN ('member', 'guest'));
     CREATE POLICY w ON M FOR INSERT TO authenticated WITH CHECK (user_id = UID)",
    // Every space that exists
    "GRANT INSERT ON M TO authenticated; CREATE POLICY w ON M FOR INSERT TO authenticated
       WITH CHECK (user_id = UID AND EXISTS (SELECT FROM spaces s WHERE s.id = workspace_id))",
    "GRANT INSERT ON M TO authenticated; CREATE FUNCTION tr_M() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       IF TG_OP = 'INSERT' THEN NEW.role := 'member'; END IF; RETURN NEW; END $$;
     CREATE TRIGGER tr BEFORE INSERT ON M FOR EACH ROW EXECUTE FUNCTION tr_M();
     CREATE POLICY w ON M FOR INSERT TO authenticated WITH CHECK (user_id = UID)",
    // Closed
    "GRANT INSERT ON M TO authenticated; CREATE POLICY w ON M FOR INSERT TO authenticated
       WITH CHECK (user_id = UID AND workspace_id IN (SELECT i.workspace_id FROM invitations i WHERE i.email = (SELECT auth.jwt() ->> 'email')))",
    "GRANT INSERT ON M TO authenticated; CREATE POLICY w ON M FOR INSERT TO authenticated
       WITH CHECK (user_id = UID AND workspace_id IN (SELECT s.id FROM spaces s WHERE s.is_public))",
    "GRANT INSERT ON M TO authenticated; CREATE POLICY w ON M FOR INSERT TO authenticated
       WITH CHECK (user_id = UID AND workspace_id IN (SELECT s.id FROM spaces s WHERE s.owner_id = UID))",
    "GRANT INSERT ON M TO authenticated; CREATE POLICY w ON M FOR INSERT TO authenticated WITH CHECK (user_id = UID);
     CREATE POLICY r ON M AS RESTRICTIVE FOR INSERT WITH CHECK (workspace_id IN (SELECT i.workspace_id FROM invitations i WHERE i.email = 'x'))",
    "GRANT INSERT (user_id) ON M TO authenticated; CREATE POLICY w ON M FOR INSERT TO authenticated WITH CHECK (user_id = UID)",
    "CREATE POLICY w ON M FOR INSERT TO authenticated WITH CHECK (user_id = UID)",
    "GRANT INSERT ON M TO authenticated; CREATE POLICY w ON M FOR INSERT TO service_role WITH CHECK (user_id = UID)",
    "GRANT INSERT ON M TO authenticated; CREATE FUNCTION tr_M() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       IF NOT EXISTS (SELECT FROM public.invitations i WHERE i.workspace_id = NEW.workspace_id) THEN RAISE EXCEPTION 'not invited'; END IF;
       RETURN NEW; END $$;
     CREATE TRIGGER tr BEFORE INSERT ON M FOR EACH ROW EXECUTE FUNCTION tr_M();
     CREATE POLICY w ON M FOR INSERT TO authenticated WITH CHECK (user_id = UID)",
    "GRANT UPDATE (note) ON M TO authenticated; CREATE POLICY w ON M FOR UPDATE TO authenticated USING (user_id = UID)",
    "GRANT UPDATE ON M TO authenticated; CREATE POLICY w ON M FOR UPDATE TO authenticated USING (user_id = UID)
       WITH CHECK (user_id = UID AND role = 'member' AND workspace_id IN (SELECT s.id FROM spaces s WHERE s.owner_id = UID))",
];

const SETUP: &str = "CREATE TABLE spaces (id uuid PRIMARY KEY, owner_id uuid, is_public boolean);
    INSERT INTO spaces VALUES ('a0000000-0000-4000-8000-000000000001', gen_random_uuid(), false),
      ('a0000000-0000-4000-8000-000000000002', gen_random_uuid(), true);
    CREATE TABLE invitations (email text, workspace_id uuid);
    ALTER TABLE spaces ENABLE ROW LEVEL SECURITY; ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;
    GRANT SELECT ON spaces, invitations TO authenticated;
    CREATE POLICY listed ON spaces FOR SELECT TO authenticated USING (true);
    CREATE POLICY own ON invitations FOR SELECT TO authenticated USING (email = (SELECT auth.jwt() ->> 'email'));";

/// A user without a row, and a member of the second space, whose role is `member`.
const USERS: [&str; 2] =
    ["b0000000-0000-4000-8000-000000000001", "b0000000-0000-4000-8000-000000000002"];

const TABLES: &str = "CREATE TABLE M (n int GENERATED ALWAYS AS IDENTITY, workspace_id uuid, user_id uuid, role text DEFAULT 'member',
      status text DEFAULT 'pending', left_at timestamptz, note text, PRIMARY KEY (workspace_id, user_id));
    INSERT INTO M (workspace_id, user_id, status) VALUES ('a0000000-0000-4000-8000-000000000001', gen_random_uuid(), 'active'),
      ('a0000000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002', 'active');
    ALTER TABLE M ENABLE ROW LEVEL SECURITY; GRANT SELECT ON M TO authenticated;
    CREATE POLICY own ON M FOR SELECT TO authenticated USING (user_id = UID);
    CREATE TABLE T (id int PRIMARY KEY, workspace_id uuid, owner uuid, body text);
    INSERT INTO T VALUES (7, 'a0000000-0000-4000-8000-000000000001', gen_random_uuid(), 'x'),
      (8, 'a0000000-0000-4000-8000-000000000002', gen_random_uuid(), 'x');
    ALTER TABLE T ENABLE ROW LEVEL SECURITY; GRANT SELECT ON T TO authenticated;";

/// Writes by which a user may gain rights.
const WRITES: [&str; 6] = [
    "INSERT INTO M (workspace_id, user_id, role, status) VALUES ('a0000000-0000-4000-8000-000000000001', auth.uid(), 'admin', 'active')",
    "INSERT INTO M (workspace_id, user_id, role, status) VALUES ('a0000000-0000-4000-8000-000000000001', auth.uid(), 'member', 'active')",
    "INSERT INTO M (workspace_id, user_id, role, status) VALUES ('a0000000-0000-4000-8000-000000000001', auth.uid(), 'admin', 'pending')",
    "INSERT INTO M (workspace_id, user_id) VALUES ('a0000000-0000-4000-8000-000000000001', auth.uid())",
    "UPDATE M SET workspace_id = 'a0000000-0000-4000-8000-000000000001' WHERE user_id = auth.uid()",
    "UPDATE M SET role = 'admin' WHERE user_id = auth.uid()",
];

#[test]
fn right_that_a_user_can_write_is_reported_and_no_other_one() {
    let database = clean();
    database.execute(SETUP);
    let mut tables = Vec::new();
    for (needs, condition) in READERS {
        for writer in WRITERS {
            let (m, t) = (format!("m_{}", tables.len()), format!("t_{}", tables.len()));
            let reading =
                format!("CREATE POLICY p ON T FOR SELECT TO authenticated USING ({condition})");
            let sql = named(&format!("{TABLES} {needs}; {writer}; {reading}"), &m, &t);
            let created = database.session().try_execute(&sql);
            assert!(created.is_ok(), "{sql}: {created:?}");
            tables.push((m, t, format!("{writer}\n    {needs} {condition}")));
        }
    }
    let found = findings(&audit(&database));
    let (mut failures, session) = (Vec::new(), database.session());
    for (m, t, what) in &tables {
        let own = format!("rls.self_grant critical public.{m}");
        let is_found = found.contains(&own);
        let gains = |user: &str, write: &str| {
            let write = named(write, m, t);
            let done = session.try_execute(&format!(
                "BEGIN; SET LOCAL ROLE authenticated;
                 SET LOCAL request.jwt.claims = '{{\"sub\": \"{user}\", \"role\": \"authenticated\", \"email\": \"a@example.org\"}}';
                 DO $$ DECLARE before int[]; BEGIN before := ARRAY(SELECT id FROM {t}); {write};
                   IF NOT EXISTS (SELECT FROM {t} WHERE id <> ALL (before)) THEN RAISE 'no further row'; END IF; END $$"
            ));
            session.execute("ROLLBACK");
            done.is_ok()
        };
        let is_open = USERS.iter().any(|user| WRITES.iter().any(|write| gains(user, write)));
        if is_found != is_open {
            let found: Vec<_> = found.iter().filter(|f| f.ends_with(&format!(".{m}"))).collect();
            failures.push(format!("open: {is_open}, found: {found:?}: {what}"));
        }
    }
    let open = found.iter().filter(|f| f.starts_with("rls.self_grant")).count();
    assert!(open >= 60, "{open}");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Returns SQL for these tables.
fn named(sql: &str, m: &str, t: &str) -> String {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut text = String::new();
    for word in sql.split_inclusive(|c: char| !is_name(c)) {
        let (name, end) = word.split_at(word.trim_end_matches(|c: char| !is_name(c)).len());
        let name = match name {
            "M" => m.to_owned(),
            "T" => t.to_owned(),
            "UID" => "(SELECT auth.uid())".to_owned(),
            name => name.replace("_M", &format!("_{m}")),
        };
        text.push_str(&name);
        text.push_str(end);
    }
    text
}
