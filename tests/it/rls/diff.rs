//! Tests of `rls diff`: two reports of a database before and after a migration.

use super::{Cli, Output, clean};
use crate::support::postgres::Database;

fn report(command: &str, database: &Database) -> String {
    let args = ["rls", command, "-o", "json", "--timeout", "60s"];
    let output = Cli::new(args).env("DATABASE_URL", database.url()).run();
    assert!((0..=2).contains(&output.code), "{output:?}");
    output.stdout
}

fn diff(old: &str, new: &str, more: &[&str]) -> Output {
    let args = [&["rls", "diff", "old.json", "new.json"], more].concat();
    // It needs neither a database nor a valid configuration.
    let cli = Cli::new(args).file("cliplyctl.toml", "[broken");
    cli.file("old.json", old).file("new.json", new).run()
}

#[test]
fn newly_opened_table_is_reported() {
    let database = clean();
    let reports = || (report("matrix", &database), report("audit", &database));
    let (matrix, audit) = reports();
    database.execute("CREATE TABLE leaked (id int); GRANT SELECT ON leaked TO anon");
    let (opened, faulty) = reports();

    let same = diff(&matrix, &matrix, &[]).expect_code(0);
    assert!(same.stdout.starts_with("OK  no access was gained or lost"), "{}", same.stdout);
    diff(&audit, &audit, &[]).expect_code(0);

    let json = diff(&matrix, &opened, &["-o", "json"]).expect_code(2).json();
    let findings = json["findings"].as_array().unwrap();
    let leak = findings.iter().find(|f| f["subject"] == "public.leaked anon SELECT").unwrap();
    assert_eq!((&leak["id"], &leak["status"]), (&"rls.appeared".into(), &"critical".into()));
    assert_eq!(leak["message"], "every row, was not there");
    let closed = diff(&opened, &matrix, &[]).expect_code(1);
    assert!(closed.stdout.contains("vanished  public.leaked anon SELECT"), "{}", closed.stdout);
    diff(&opened, &matrix, &["--fail-on", "critical"]).expect_code(0);

    let found = diff(&audit, &faulty, &["-o", "markdown"]).expect_code(2);
    assert!(found.stdout.contains("leaked"), "{}", found.stdout);
    let fixed = diff(&faulty, &audit, &[]).expect_code(0);
    assert!(fixed.stdout.contains("no longer: rls.off"), "{}", fixed.stdout);
    let mixed = diff(&matrix, &audit, &[]).expect_code(64);
    assert!(mixed.stderr.contains("reports are from different commands"), "{}", mixed.stderr);
}

#[test]
fn invalid_reports_are_rejected_and_failed_ones_unknown() {
    diff("{}", "{}", &[]).expect_code(64);
    Cli::new(["rls", "diff", "a", "b"]).run().expect_code(64);
    let blind =
        Cli::new(["rls", "audit", "-o", "json", "--database-url", "postgres://x@127.0.0.1:1/x"]);
    let blind = { blind }.run().expect_code(3).stdout;
    let output = diff(&blind, &blind, &[]).expect_code(3);
    assert!(output.stderr.contains("failed with 3"), "{}", output.stderr);
}
