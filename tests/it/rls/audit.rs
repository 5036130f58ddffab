//! Tests of the whole audit: healthy, broken, with missing permissions, and without traces.

use super::{audit, audit_of, clean, findings};
use crate::support::cli::Cli;
use crate::support::fixtures::read;
use crate::support::postgres::Database;
use crate::support::wait_until;

#[test]
fn clean_access_exits_0_and_states_the_coverage() {
    let database = clean();
    let output = audit(&database).expect_code(0);
    assert_eq!(findings(&output), Vec::<String>::new());
    let report = output.json();
    assert_eq!(report["data"]["schemas_from"], "assumed");
    assert_eq!(report["data"]["reads"], 4);
    assert_eq!(report["data"]["coverage"], "sampled");
    let table = Cli::new(["rls", "audit"]).env("DATABASE_URL", database.url()).run().expect_code(0);
    assert!(table.stdout.starts_with("OK  access matches the contract"), "{table:#?}");
    assert!(table.stdout.contains("pgrst.db_schemas is not set"), "{table:#?}");
}

#[test]
fn flawed_access_is_critical_and_each_flaw_is_listed_once() {
    let output = audit(&Database::as_migrated("typical")).expect_code(2);
    let found = findings(&output);
    let jobs_findings: Vec<_> = found.iter().filter(|f| f.ends_with(" public.jobs")).collect();
    assert_eq!(jobs_findings, ["rls.dead_policy critical public.jobs"]);
    let mut unique = found.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), found.len(), "{found:#?}");
    let report = output.json();
    let fixes: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["suggested_fix"].as_str())
        .collect();
    assert!(fixes.iter().all(Option::is_some), "{fixes:?}");
    let helper = "REVOKE EXECUTE ON FUNCTION public.is_workspace_member";
    assert!(!fixes.iter().flatten().any(|sql| sql.contains(helper)));
}

#[test]
fn empty_table_is_not_tested_and_stays_ok() {
    let database = clean();
    database.execute("TRUNCATE jobs CASCADE");
    let output = audit(&database).expect_code(0);
    assert!(output.stdout.contains("not tested: the table is empty"), "{output:#?}");
    // The helper is called directly, so a broken one is found without any row.
    database.execute(
        "CREATE OR REPLACE FUNCTION is_workspace_member(p_workspace_id uuid) RETURNS boolean \
         LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS 'SELECT true'",
    );
    assert_eq!(findings(&audit(&database).expect_code(2)), ["rls.helper critical public.jobs"]);
}

#[test]
fn login_without_set_role_gets_catalog_findings_and_unknown() {
    let database = clean();
    let output = audit_of(&database.url_as("nogrant"), &[]).expect_code(3);
    let found = findings(&output);
    assert!(found.contains(&"rls.observed unknown role anon".to_owned()), "{found:?}");
    assert!(found.contains(&"rls.observed unknown public.jobs".to_owned()), "{found:?}");
    assert_eq!(output.json()["data"]["policies"], 5);
    // Findings from the catalog alone are still reported.
    database.execute("ALTER TABLE jobs DISABLE ROW LEVEL SECURITY");
    let found = findings(&audit_of(&database.url_as("nogrant"), &[]).expect_code(2));
    assert!(found[0].starts_with("rls.policies_without_rls critical"), "{found:?}");
}

#[test]
fn login_bound_by_rls_is_unknown() {
    let database = clean();
    let found = findings(&audit_of(&database.url_as("blind"), &[]).expect_code(3));
    assert!(found.contains(&"rls.observed unknown public.jobs".to_owned()), "{found:?}");
}

#[test]
fn audit_writes_no_rows() {
    let database = clean();
    database.execute(&read("rls/wide.sql"));
    let contract = Cli::new(["rls", "contract"]).env("DATABASE_URL", database.url()).run();
    let rows = database.value(
        "SELECT string_agg(format('SELECT concat_ws('' '', %L, t.xmin, t.xmax, md5(t::text)) AS t FROM %s t',
                oid::regclass, oid::regclass), ' UNION ALL ')
           FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'",
    );
    let row_versions = format!(
        "SELECT pg_stat_clear_snapshot()::text || md5(string_agg(t, '|' ORDER BY t)) FROM ({rows}
        UNION ALL SELECT concat_ws(' ', 'seq', schemaname, sequencename, last_value) FROM pg_sequences
        UNION ALL SELECT concat_ws(' ', 'catalog', oid, xmin) FROM pg_class
        UNION ALL SELECT concat_ws(' ', 'policy', oid, xmin) FROM pg_policy) AS all_of_it"
    );
    let statistics = || {
        database.value(
        "SELECT string_agg(concat_ws(' ', relname, n_tup_ins, n_tup_upd, n_tup_del), '|' ORDER BY relid)
           FROM pg_stat_user_tables",
    )
    };
    let scans = || -> u64 {
        let sum = "SELECT sum(seq_scan + coalesce(idx_scan, 0)) FROM pg_stat_user_tables";
        database.value(sum).parse().unwrap()
    };
    let before = database.value(&row_versions);
    let (counted, scanned) = (statistics(), scans());
    for more in [&[][..], &["--contract", "c.toml"]] {
        let args = [&["rls", "audit", "-o", "json"], more].concat();
        let mut run = Cli::new(args).file("c.toml", &contract.stdout);
        run = run.env("DATABASE_URL", database.url());
        run.run().expect_code(0);
    }
    for view in ["matrix", "contract"] {
        Cli::new(["rls", view]).env("DATABASE_URL", database.url()).run().expect_code(0);
    }
    // Statistics are written shortly after their session ends. Writes would be in them together with the reads.
    wait_until("the reads are counted", || scans() >= scanned + 28);
    assert_eq!(statistics(), counted);
    assert_eq!(database.value(&row_versions), before);
    // Writes that are rolled back do appear in the statistics, so this test can detect them.
    let args = ["rls", "audit", "--probe-writes", "--yes"];
    Cli::new(args).env("DATABASE_URL", database.url()).run().expect_code(0);
    wait_until("the rehearsal is counted", || statistics() != counted);
}

#[test]
fn waiver_applies_until_its_expiry_date() {
    let database = clean();
    database.execute("CREATE TABLE notes (id int PRIMARY KEY); GRANT SELECT ON notes TO anon");
    let contract = |expires: &str| {
        format!(
            "[[waivers]]\ncheck = \"rls.off\"\nsubject = \"public.notes\"\nowner = \"ariel\"\n\
             reason = \"public by design\"\nexpires = \"{expires}\"\n"
        )
    };
    let run = |expires: &str| {
        Cli::new(["rls", "audit", "-o", "json", "--contract", "c.toml"])
            .file("c.toml", contract(expires))
            .env("DATABASE_URL", database.url())
            .run()
    };
    let waived = run("9999-01-01").expect_code(0);
    assert!(waived.stdout.contains("waived by ariel"), "{waived:#?}");
    let found = findings(&run("2020-01-01").expect_code(2));
    assert_eq!(found, ["rls.off critical public.notes", "rls.waiver warning public.notes"]);
}

#[test]
fn invalid_contract_is_a_configuration_error() {
    let database = clean();
    let run = |text: &str| {
        Cli::new(["rls", "audit", "--contract", "c.toml"])
            .file("c.toml", text)
            .env("DATABASE_URL", database.url())
            .run()
    };
    let unknown_value = run("[tables.\"public.jobs\".roles]\nanon = \"denied\"\n").expect_code(78);
    assert!(unknown_value.stderr.contains("c.toml is not valid"), "{unknown_value:#?}");
    let unknown_rule =
        run("[tables.\"public.jobs\".roles]\nanon = \"rows where nobody\"\n").expect_code(78);
    assert!(unknown_rule.stderr.contains("unknown rule"), "{unknown_rule:#?}");
    let without_column = "[rules.m]\nmembership = \"public.m\"\nuser = \"u\"\ntenant = \"t\"\n\
                   [tables.\"public.jobs\".roles]\nanon = \"rows where m\"\n";
    let without_column = run(without_column).expect_code(78);
    assert!(without_column.stderr.contains("has no workspace column"), "{without_column:#?}");
    for missing in ["owner", "reason", "expires"] {
        let lines = [
            "check = \"rls.off\"",
            "subject = \"public.n\"",
            "owner = \"a\"",
            "reason = \"b\"",
            "expires = \"9999-01-01\"",
        ];
        let lines_kept = lines.iter().filter(|line| !line.starts_with(missing));
        let waiver = lines_kept.fold("[[waivers]]\n".to_owned(), |text, line| text + line + "\n");
        let refused = run(&waiver).expect_code(78);
        assert!(refused.stderr.contains(missing), "{refused:#?}");
    }
}

#[test]
fn schemas_default_to_the_api_setting() {
    let database = clean();
    let name = database.name();
    database.execute(&format!(
        "CREATE SCHEMA api; CREATE TABLE api.t (id int PRIMARY KEY); GRANT USAGE ON SCHEMA api TO anon;
         GRANT SELECT ON api.t TO anon;
         ALTER ROLE authenticator IN DATABASE {name} SET pgrst.db_schemas = 'public, api'"
    ));
    let output = audit(&database).expect_code(2);
    assert_eq!(findings(&output), ["rls.off critical api.t"]);
    assert_eq!(output.json()["data"]["schemas_from"], "pgrst.db_schemas");
    let narrowed = audit_of(&database.url(), &["--schemas", "public"]);
    assert_eq!(findings(&narrowed.expect_code(0)), Vec::<String>::new());
}

#[test]
fn wide_database_is_audited_completely_without_findings() {
    let database = clean();
    database.execute(&read("rls/wide.sql"));
    let output = audit(&database).expect_code(0);
    assert_eq!(findings(&output), Vec::<String>::new());
    assert_eq!(output.json()["data"]["tables"], 28);
    assert_eq!(output.json()["data"]["policies"], 70);
    // The written contract tests every role on every table.
    let contract = Cli::new(["rls", "contract"]).env("DATABASE_URL", database.url()).run();
    let output = Cli::new(["rls", "audit", "-o", "json", "--contract", "c.toml"])
        .file("c.toml", contract.expect_code(0).stdout)
        .env("DATABASE_URL", database.url())
        .run()
        .expect_code(0);
    assert_eq!(findings(&output), Vec::<String>::new());
    assert!(output.json()["data"]["reads"].as_u64() >= Some(27 * 3), "{output:#?}");
}

#[test]
fn storage_audit_with_the_built_in_contract_finds_open_access() {
    let database = clean();
    let audit = |more: &[&str]| findings(&audit_of(&database.url(), more));
    audit_of(&database.url(), &["--storage"]).expect_code(64);
    database.execute(&read("rls/storage.sql"));
    assert_eq!(audit(&["--storage"]), Vec::<String>::new());

    let open = [
        (
            "CREATE POLICY p ON storage.objects FOR SELECT TO anon USING (bucket_id = 'clips')",
            "DROP POLICY p ON storage.objects",
            "rls.contract_policy critical storage.objects",
        ),
        (
            "ALTER TABLE storage.buckets DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE storage.buckets ENABLE ROW LEVEL SECURITY",
            "rls.off critical storage.buckets",
        ),
    ];
    for (change, revert, finding) in open {
        database.execute(change);
        assert_eq!(audit(&["--storage"]), [finding], "{change}");
        database.execute(revert);
    }

    // An app that uses Storage declares its own access, which takes precedence.
    database.execute(
        "CREATE POLICY own ON storage.objects FOR SELECT TO authenticated
           USING (owner_id = (SELECT auth.uid())::text)",
    );
    let mut contract =
        Cli::new(["rls", "contract", "--storage"]).env("DATABASE_URL", database.url());
    let contract = contract.run().expect_code(0).stdout;
    let output = Cli::new(["rls", "audit", "-o", "json", "--storage", "--contract", "c.toml"])
        .file("c.toml", contract)
        .env("DATABASE_URL", database.url())
        .run();
    let critical: Vec<_> =
        findings(&output).into_iter().filter(|finding| finding.contains("critical")).collect();
    assert_eq!(critical, Vec::<String>::new(), "{output:#?}");
}

#[test]
fn condition_that_the_planner_drops_needs_no_permission() {
    let database = clean();
    database.execute(
        "CREATE TABLE hidden (owner uuid); ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
         CREATE TABLE drafts (owner uuid); ALTER TABLE drafts ENABLE ROW LEVEL SECURITY;
         GRANT SELECT ON drafts TO authenticated;",
    );
    let own = "owner = (SELECT auth.uid())";
    let hidden = format!("({own} AND owner IN (SELECT h.owner FROM hidden h))");
    let failing = |condition: &str| {
        database.execute(&format!(
            "CREATE POLICY p ON drafts FOR SELECT TO authenticated USING ({condition})"
        ));
        let found = findings(&audit(&database));
        database.execute("DROP POLICY p ON drafts");
        found.iter().any(|finding| finding.starts_with("rls.policy_fails"))
    };
    assert!(!failing(&format!("{hidden} OR {own}")), "the server answers without the table");
    assert!(failing(&hidden), "permission denied for table hidden");
}

#[test]
fn documented_contract_is_valid_and_enforced() {
    let text = include_str!("../../../docs/rls.md");
    let contract = text.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let database = clean();
    database.execute(
        "ALTER TABLE plan_limits DISABLE ROW LEVEL SECURITY; GRANT SELECT ON plan_limits TO anon;
         GRANT UPDATE (name) ON workspaces TO authenticated;
         CREATE POLICY workspaces_member_rename ON workspaces FOR UPDATE TO authenticated
           USING (is_workspace_member(id))",
    );
    let audit = || {
        Cli::new(["rls", "audit", "-o", "json", "--contract", "c.toml", "--probe-writes", "--yes"])
            .file("c.toml", contract)
            .env("DATABASE_URL", database.url())
            .run()
    };
    assert_eq!(findings(&audit().expect_code(0)), Vec::<String>::new());
    database.execute("GRANT UPDATE ON workspaces TO authenticated");
    assert_eq!(findings(&audit().expect_code(2)), ["rls.column_grant critical public.workspaces"]);
}

#[test]
fn dynamic_function_bodies_are_listed_as_not_examined() {
    let database = clean();
    database.execute(
        "CREATE FUNCTION run(q text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
           AS 'BEGIN EXECUTE q; END';
         REVOKE EXECUTE ON FUNCTION run(text) FROM PUBLIC",
    );
    let output = audit(&database).expect_code(0);
    let report = output.json();
    let list = report["coverage"]["not_examined"].as_array().unwrap();
    let body = list.iter().find(|entry| entry["subject"] == "the body of public.run(text)");
    assert_eq!(body.unwrap()["reason"], "it builds SQL at run time (EXECUTE)");
}

#[test]
fn function_that_checks_the_caller_is_listed_as_not_examined() {
    let database = clean();
    database.execute(
        "CREATE FUNCTION mine() RETURNS SETOF jobs LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
           AS 'SELECT j.* FROM public.jobs j JOIN public.workspace_members m USING (workspace_id)
              WHERE m.user_id = auth.uid()'",
    );
    let report = audit(&database).expect_code(0).json();
    let checks = report["checks"].as_array().unwrap();
    let note = checks.iter().find(|check| check["id"] == "rls.definer_rpc").expect("a note");
    assert_eq!(note["status"], "ok", "{note:#}");
    assert!(note["message"].as_str().unwrap().contains("not examined"), "{note:#}");
    assert!(note["suggested_fix"].is_null(), "nothing is known to be wrong: {note:#}");
}

#[test]
fn one_table_with_grants_past_rls_is_counted_in_the_singular() {
    let database = clean();
    database.execute("GRANT TRUNCATE ON workspaces TO anon");
    let report = audit(&database).json();
    let findings = report["findings"].as_array().unwrap();
    let finding = findings.iter().find(|f| f["id"] == "rls.uncovered_grant").unwrap();
    let message = finding["message"].as_str().unwrap();
    assert!(message.ends_with(" on 1 table: public.workspaces"), "{message}");
}
