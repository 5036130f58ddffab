//! Tests of `triage --with-tests`, which runs the checks of an app checkout, here with a stub of pnpm.

use std::os::unix::fs::PermissionsExt as _;

use super::{app, triage};
use crate::postgres::status;
use crate::support::cli::Cli;
use crate::support::postgres::Database;

const PACKAGE: &str = r#"{"scripts":{"test:core":"x","check:env:template":"x"}}"#;

/// Returns a command in a checkout where `pnpm run SCRIPT` is this shell script, with SCRIPT in `$2`.
fn checkout(words: &str, url: &str, database: &Database, package: &str, pnpm: &str) -> Cli {
    let cli = triage(words, url, database)
        .file("package.json", package)
        .file("bin/pnpm", format!("#!/bin/sh\n{pnpm}\n"));
    let bin = cli.home().join("bin");
    std::fs::set_permissions(bin.join("pnpm"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    cli.env("PATH", path)
}

#[test]
fn app_tests_are_run_streamed_and_evaluated() {
    let (stub, database) = (app("canonical_ok"), Database::from_fixture("main_healthy"));
    let run =
        |pnpm: &str| checkout("--with-tests -o json", &stub.url(), &database, PACKAGE, pnpm).run();
    let output = run("echo \"running $2\"; echo aside >&2").expect_code(0);
    assert_eq!(status(&output.json(), "env.tests"), "ok");
    assert!(
        output.stderr.contains("  running test:core\n  aside\n")
            || output.stderr.contains("  aside\n  running test:core"),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains("  running check:env:template\n"), "{}", output.stderr);
    let json = run("test $2 = check:env:template || exit 7").expect_code(1).json();
    assert!(json.to_string().contains("pnpm test:core ended with 7"), "{json:#}");
    run("test $2 = test:core || exit 1").expect_code(2);
}

#[test]
fn app_tests_that_cannot_run_are_unknown() {
    let (stub, database) = (app("canonical_ok"), Database::from_fixture("main_healthy"));
    let assert_finding = |cli: &mut Cli, reason: &str| {
        let json = cli.run().expect_code(3).json();
        assert!(json.to_string().contains(reason), "{json:#}");
    };
    let words = "--with-tests -o json";
    assert_finding(&mut triage(words, &stub.url(), &database), "no package.json in this directory");
    assert_finding(
        &mut triage(words, &stub.url(), &database).file("package.json", "{}"),
        "has no script test:core",
    );
    assert_finding(
        &mut triage(words, &stub.url(), &database)
            .file("package.json", PACKAGE)
            .env("PATH", "/nowhere"),
        "cannot start pnpm",
    );
}

#[test]
fn app_tests_that_time_out_are_ended_with_their_children() {
    let (stub, database) = (app("canonical_ok"), Database::from_fixture("main_healthy"));
    // A child process that outlives its parent unless the whole process group is ended.
    let pnpm = "sh -c 'echo $$ > child; exec sleep 1000' & wait";
    let words = "--with-tests --tests-timeout 1s -o json";
    let mut cli = checkout(words, &stub.url(), &database, PACKAGE, pnpm);
    let json = cli.run().expect_code(3).json();
    assert!(json.to_string().contains("not finished within 1s"), "{json:#}");
    let child = std::fs::read_to_string(cli.home().join("child")).unwrap();
    crate::support::wait_until("the child is gone", || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.trim()));
        stat.map_or(true, |stat| {
            stat.rsplit(')').next().is_some_and(|rest| rest.trim().starts_with('Z'))
        })
    });
}

#[test]
fn each_test_run_has_its_own_row_next_to_a_drift() {
    let (stub, database) = (app("canonical_ok"), Database::from_fixture("main_healthy"));
    let schema = "import { z } from \"zod\";\nconst EnvSchema = z.object({\n  \
                  SUPABASE_URL: z.string().url(),\n});\nexport { EnvSchema };\n";
    let run = |template: &str, pnpm: &str| {
        checkout("--with-tests", &stub.url(), &database, PACKAGE, pnpm)
            .file("packages/shared/src/env.ts", schema)
            .file(".env.example", template)
            .run()
    };
    let row = |stdout: &str, name: &str| {
        let line = stdout.lines().find(|line| line.starts_with(name));
        line.unwrap_or_else(|| panic!("{name}: {stdout}")).to_owned()
    };
    let complete = "SUPABASE_URL=https://project.example.com\n";
    let healthy = run(complete, "exit 0").expect_code(0).stdout;
    for name in ["Environment", "test:core", "check:env:template"] {
        assert!(row(&healthy, name).contains(" OK "), "{healthy}");
    }
    let drifted = run("", "test $2 = check:env:template").expect_code(2).stdout;
    assert!(row(&drifted, "Environment").contains("CRITICAL  SUPABASE_URL"), "{drifted}");
    assert!(row(&drifted, "test:core").contains("WARNING"), "{drifted}");
    assert!(row(&drifted, "check:env:template").contains(" OK "), "{drifted}");
    // A script that cannot run: UNKNOWN next to the drift, and the exit code without it.
    let without_pnpm = |template: &str| {
        triage("--with-tests", &stub.url(), &database)
            .file("package.json", PACKAGE)
            .file("packages/shared/src/env.ts", schema)
            .file(".env.example", template)
            .env("PATH", "/nowhere")
            .run()
    };
    let drifted = without_pnpm("").expect_code(2).stdout;
    assert!(row(&drifted, "test:core").contains("UNKNOWN"), "{drifted}");
    without_pnpm(complete).expect_code(3);
}
