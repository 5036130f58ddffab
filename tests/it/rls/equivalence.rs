//! Random policies on random small data: the matrix is compared with what real transactions of each role can read,
//! insert, update and delete. The writes are rolled back.
//!
//! `CLIPLYCTL_DRILL_ROUNDS=5000` compares as many cells; `CLIPLYCTL_RLS_SEED` repeats a run.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::support::cli::Cli;
use crate::support::drill;
use crate::support::fixtures::backend;
use crate::support::postgres::Database;

/// Number of cells that the test suite compares.
const CELLS: u32 = 500;
/// Number of tables of one database.
const TABLES: usize = 14;
/// Number of rows of a table: fewer than the audit samples.
const ROWS: usize = 4;
/// Users that are in the data.
const USERS: [&str; 3] = [
    "aaaaaaaa-0000-4000-8000-000000000001",
    "aaaaaaaa-0000-4000-8000-000000000002",
    "aaaaaaaa-0000-4000-8000-000000000003",
];
/// A user who is not.
const STRANGER: &str = "dddddddd-0000-4000-8000-000000000009";
const WORKSPACES: [&str; 2] =
    ["bbbbbbbb-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"];
const COMMANDS: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "DELETE"];
const ROLES: [&str; 2] = ["anon", "authenticated"];

/// Random numbers: xorshift64*, the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap() % n
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

const SCHEMA: &str = "
CREATE SCHEMA auth;
CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE AS
  $$ SELECT coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb $$;
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT (auth.jwt() ->> 'sub')::uuid $$;
CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql STABLE AS $$ SELECT auth.jwt() ->> 'role' $$;
GRANT USAGE ON SCHEMA auth, public TO anon, authenticated;
CREATE TABLE members (workspace_id uuid, user_id uuid, admin boolean, PRIMARY KEY (workspace_id, user_id));
INSERT INTO members VALUES
  ('bbbbbbbb-0000-4000-8000-000000000001', 'aaaaaaaa-0000-4000-8000-000000000001', true),
  ('bbbbbbbb-0000-4000-8000-000000000002', 'aaaaaaaa-0000-4000-8000-000000000002', false);
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON members TO authenticated;
CREATE POLICY own ON members FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE FUNCTION is_member(w uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS
  $$ SELECT EXISTS (SELECT FROM public.members m WHERE m.workspace_id = w AND m.user_id = auth.uid()) $$;
-- What a real transaction answers for one row: the number of rows that the command reaches, or the SQLSTATE. The
-- other rows are deleted first, so that the command needs no condition. Everything is rolled back.
CREATE FUNCTION truth(t text, r text, sub text, command text, k int) RETURNS text LANGUAGE plpgsql AS $f$
DECLARE
  n int;
BEGIN
  EXECUTE format('CREATE TEMP TABLE kept AS SELECT * FROM %I WHERE id = %s', t, k);
  GRANT SELECT ON kept TO anon, authenticated;
  EXECUTE format('DELETE FROM %I WHERE id <> %s OR %L = ''INSERT''', t, k, command);
  PERFORM set_config('request.jwt.claims',
    json_strip_nulls(json_build_object('role', r, 'aud', r, 'sub', sub))::text, true);
  PERFORM set_config('role', r, true);
  CASE command
    WHEN 'SELECT' THEN EXECUTE format('SELECT count(*) FROM %I', t) INTO n;
    WHEN 'INSERT' THEN EXECUTE format('INSERT INTO %I SELECT * FROM kept', t);
    WHEN 'UPDATE' THEN EXECUTE format('UPDATE %I SET pad = 1', t);
    ELSE EXECUTE format('DELETE FROM %I', t);
  END CASE;
  IF command <> 'SELECT' THEN GET DIAGNOSTICS n = ROW_COUNT; END IF;
  RAISE SQLSTATE 'ZZ001' USING MESSAGE = n::text;
EXCEPTION
  WHEN SQLSTATE 'ZZ001' THEN RETURN SQLERRM;
  WHEN OTHERS THEN RETURN SQLSTATE;
END $f$;
";

/// A random condition on the columns of a table.
fn condition(random: &mut Random, table: &str, depth: usize) -> String {
    if depth > 0 && random.chance(45) {
        let (a, b) = (condition(random, table, depth - 1), condition(random, table, depth - 1));
        return match random.below(5) {
            0 | 1 => format!("({a} AND {b})"),
            2 | 3 => format!("({a} OR {b})"),
            _ => format!("(NOT {a})"),
        };
    }
    let atom = match random.below(24) {
        0 | 1 => "owner = (SELECT auth.uid())",
        2 => "auth.uid() = owner",
        3 => "flag",
        4 => "NOT flag",
        5 => "n > 1",
        6 => "n <> 2",
        7 => "state = 'draft'",
        8 => "state <> 'done'",
        9 => "state IN ('draft', 'done')",
        10 => "(SELECT auth.role()) = 'authenticated'",
        11 => "auth.role() IN ('anon', 'authenticated')",
        12 => "(SELECT auth.role()) <> 'anon'",
        13 => "auth.uid() IS NOT NULL",
        14 => "(SELECT auth.uid()) IS NULL",
        15 => "owner IS NULL",
        16 => "is_member(workspace_id)",
        17 => "coalesce(owner = auth.uid(), true)",
        18 => {
            "workspace_id IN (SELECT m.workspace_id FROM members m WHERE m.user_id = (SELECT auth.uid()))"
        }
        19 => "(SELECT auth.jwt() ->> 'aud') = 'authenticated'",
        20 => "state = auth.role()",
        21 => "true",
        22 => "id IS NOT NULL",
        _ => {
            return format!(
                "EXISTS (SELECT FROM members m WHERE m.workspace_id = {table}.workspace_id AND m.user_id = auth.uid() \
                 AND m.admin)"
            );
        }
    };
    atom.to_owned()
}

/// A random table with rows, grants and policies.
fn table(random: &mut Random, name: &str) -> String {
    let mut sql = format!(
        "CREATE TABLE {name} (id int PRIMARY KEY, owner uuid, workspace_id uuid NOT NULL, state text, n int, \
         flag boolean, pad int);\nALTER TABLE {name} ENABLE ROW LEVEL SECURITY;\n"
    );
    for id in 1..=ROWS {
        let owner = match random.chance(20) {
            true => "NULL".to_owned(),
            false => format!("'{}'", random.pick(&USERS)),
        };
        let state = random.pick(&["'draft'", "'done'", "'other'", "'anon'", "NULL"]);
        let flag = random.pick(&["true", "false", "NULL"]);
        let (workspace, n) = (random.pick(&WORKSPACES), random.below(4));
        _ = writeln!(
            sql,
            "INSERT INTO {name} VALUES ({id}, {owner}, '{workspace}', {state}, {n}, {flag}, 0);"
        );
    }
    for role in ROLES {
        for command in COMMANDS {
            if random.chance(85) {
                _ = writeln!(sql, "GRANT {command} ON {name} TO {role};");
            }
        }
    }
    for policy in 0..1 + random.below(5) {
        let command = random.pick(&["ALL", "SELECT", "INSERT", "UPDATE", "DELETE", "UPDATE"]);
        let kind = if random.chance(20) { "RESTRICTIVE" } else { "PERMISSIVE" };
        let to = random.pick(&[
            "public",
            "authenticated",
            "authenticated",
            "anon",
            "anon, authenticated",
        ]);
        _ = write!(sql, "CREATE POLICY p{policy} ON {name} AS {kind} FOR {command} TO {to}");
        let has_check = matches!(command, "ALL" | "INSERT" | "UPDATE");
        let using = command != "INSERT" && (!has_check || random.chance(85));
        if using {
            _ = write!(sql, " USING ({})", condition(random, name, 2));
        }
        if has_check && (!using || random.chance(50)) {
            _ = write!(sql, " WITH CHECK ({})", condition(random, name, 2));
        }
        sql.push_str(";\n");
    }
    sql
}

/// Answers of real transactions: by table, role, command and user, one for each row.
type Truth = BTreeMap<(String, String, String, Option<String>), Vec<String>>;

fn truth(database: &Database) -> Truth {
    let users: Vec<_> = USERS.iter().chain([&STRANGER]).map(|user| format!("('{user}')")).collect();
    let rows = database.rows(&format!(
        "SELECT 't' || t, r, c, s, k::text, truth('t' || t, r, s, c, k)
           FROM generate_series(1, {TABLES}) t, (VALUES ('anon'), ('authenticated')) roles(r),
                (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) commands(c),
                (VALUES (NULL), {}) users(s), generate_series(1, {ROWS}) k
          WHERE (r = 'anon') = (s IS NULL) ORDER BY 1, 2, 3, 4, k",
        users.join(", ")
    ));
    let mut truth = Truth::new();
    for row in rows {
        let [table, role, command, user, _, answer] = &row[..] else { panic!("{row:?}") };
        let text = |value: &Option<String>| value.clone().unwrap();
        let key = (text(table), text(role), text(command), user.clone());
        truth.entry(key).or_default().push(text(answer));
    }
    truth
}

/// What a cell claims wrongly; `Ok(false)` if it claims nothing.
fn verify(cell: &Value, truth: &Truth) -> Result<bool, String> {
    let text = |key: &str| cell[key].as_str().unwrap_or_default().to_owned();
    let table = text("table").trim_start_matches("public.").to_owned();
    let of_user = |user: Option<&str>| {
        let key = (table.clone(), text("role"), text("command"), user.map(str::to_owned));
        truth.get(&key).unwrap_or_else(|| panic!("{key:?}"))
    };
    let users: Vec<Option<&str>> = match text("role").as_str() {
        "anon" => vec![None],
        _ => USERS.iter().chain([&STRANGER]).map(|user| Some(*user)).collect(),
    };
    let answers: Vec<&String> = users.iter().flat_map(|user| of_user(*user)).collect();
    let reaches = |answer: &str| answer == "1";
    let predicted = text("computed");
    let all = |matches: &dyn Fn(&str) -> bool| answers.iter().all(|a| matches(a));
    let is_right = match predicted.as_str() {
        "every row" => all(&reaches),
        p if p.starts_with("no row") => all(&|a| a == "0" || a == "42501"),
        p if p.starts_with("denied") => all(&|a| a == "42501"),
        p if p.starts_with("fails") => all(&|a| a.len() == 5),
        p if p.starts_with("rows where") => true,
        _ => false,
    };
    if !is_right {
        return Err(format!("predicted \"{predicted}\", and the transactions answer {answers:?}"));
    }
    let tested = cell["tested"].as_array().unwrap();
    for test in tested {
        let user = match test["identity"].as_str().unwrap() {
            "a non-member" => Some(STRANGER),
            "a user" => test["user"].as_str(),
            _ => None,
        };
        let reached = of_user(user).iter().filter(|answer| reaches(answer)).count();
        if test["rows"] != reached || test["of"] != ROWS {
            return Err(format!("tested {test}, and the transactions answer {:?}", of_user(user)));
        }
    }
    Ok(!predicted.starts_with("rows where") || !tested.is_empty())
}

#[test]
fn matrix_agrees_with_real_transactions() {
    let wanted = if drill::is_full_run() { drill::drill_rounds() } else { CELLS };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let seed = std::env::var("CLIPLYCTL_RLS_SEED").ok().map(|seed| seed.parse().unwrap());
    // A fixed seed for half of the cells, so that every run compares the same ones, and a new one for the others.
    let seeds =
        [seed.unwrap_or(20_261_129), seed.unwrap_or_else(|| u64::from(now.subsec_nanos()) + 1)];
    println!("seeds {seeds:?}: repeat with CLIPLYCTL_RLS_SEED");
    let (mut cells, mut unknown, mut wrong) = (0, 0, Vec::new());
    let mut randoms = seeds.map(|seed| Random(seed.max(1)));
    while cells < wanted {
        let random = &mut randoms[usize::from(cells * 2 >= wanted)];
        let schema = format!("{}\n{SCHEMA}", backend(&["roles"]));
        let database = Database::with_schema("rls_equivalence", &schema);
        let tables: Vec<_> = (1..=TABLES).map(|t| table(random, &format!("t{t}"))).collect();
        database.execute(&tables.concat());
        let matrix = Cli::new([
            "rls",
            "matrix",
            "-o",
            "json",
            "--timeout",
            "60s",
            "--contract",
            "none.toml",
        ])
        .file("none.toml", "")
        .env("DATABASE_URL", database.url())
        .run()
        .expect_code(0)
        .json();
        let truth = truth(&database);
        let of_roles = |c: &&Value| {
            ROLES.contains(&c["role"].as_str().unwrap()) && c["table"] != "public.members"
        };
        for cell in matrix["data"].as_array().unwrap().iter().filter(of_roles) {
            cells += 1;
            match verify(cell, &truth) {
                Ok(known) => unknown += u32::from(!known),
                Err(why) => {
                    let table = cell["table"].as_str().unwrap().trim_start_matches("public.t");
                    let sql = &tables[table.parse::<usize>().unwrap() - 1];
                    let (role, command) = (&cell["role"], &cell["command"]);
                    wrong.push(format!("{role} {command}: {why}\n{sql}"));
                }
            }
        }
    }
    drill::report_run(&format!("{cells} cells, {} wrong, {unknown} unknown", wrong.len()));
    assert!(wrong.is_empty(), "{} of {cells} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(unknown * 50 < cells, "{unknown} of {cells} unknown");
}
