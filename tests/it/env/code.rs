//! Tests of `env check --code`: the variables that the source code of the app reads.

use super::project;

const TEMPLATE: &str = "A=\nB=\n";
const KEYS: &str = "A: z.string(),\nB: z.string(),";

#[test]
fn matching_code_is_ok() {
    let mut cli = project(KEYS, "A=x\nB=x\n", "env check --code .")
        .file("src/a.ts", "export const url = process.env.A;\nconst { B } = process.env;\n");
    let output = cli.run().expect_code(0);
    assert!(output.stdout.starts_with("OK  template and code match"), "{}", output.stdout);
}

#[test]
fn undeclared_and_unused_keys_are_reported_with_lines() {
    let mut cli =
        project(KEYS, TEMPLATE, "env check --code src -o json --schema packages/shared/src/env.ts")
            .file("src/a.ts", "export const url = process.env.A;\n")
            .file("src/b/c.js", "\n\nif (process.env.STRIPE_KEY) use(process.env[name]);\n")
            .file("src/node_modules/m/index.js", "process.env.B");
    let json = cli.run().expect_code(1).json();
    let messages: Vec<_> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (f["id"].as_str().unwrap(), f["message"].as_str().unwrap()))
        .collect();
    let expected = [
        ("env.undeclared", "STRIPE_KEY (read at src/b/c.js:3) is not in the schema"),
        (
            "env.unused",
            "B (declared at packages/shared/src/env.ts:4) is not read below src, except possibly by the \
             computed name at src/b/c.js:3",
        ),
    ];
    assert_eq!(messages, expected);
    assert_eq!(json["data"]["code"]["files"], 2);
    assert_eq!(json["data"]["keys"][0]["read_at"][0], "src/a.ts:1");
    let sarif = cli_sarif();
    assert!(sarif.contains("\"uri\": \"src/b.ts\""), "{sarif}");
}

/// Returns a finding of code as SARIF, with file and line.
fn cli_sarif() -> String {
    let cli = project(KEYS, TEMPLATE, "env check --code . -o sarif");
    cli.file("src/b.ts", "process.env.A; process.env.B; process.env.X;").run().stdout
}

#[test]
fn unparsable_file_is_unknown() {
    let mut cli = project(KEYS, "A=x\nB=x\n", "env check --code . -o json")
        .file("src/a.ts", "process.env.A; process.env.B;")
        .file("src/broken.ts", "process.env.\n");
    let json = cli.run().expect_code(3).json();
    assert_eq!(json["findings"][0]["id"], "env.code");
    let missed = json["coverage"]["not_examined"][0]["subject"].as_str().unwrap();
    assert!(missed.starts_with("src/broken.ts:"), "{missed}");
    project(KEYS, TEMPLATE, "env check --code nowhere").run().expect_code(3);
    project(KEYS, TEMPLATE, "env check --code .github")
        .file(".github/a.md", "")
        .run()
        .expect_code(3);
}

#[test]
fn schema_file_does_not_count_as_usage() {
    let schema = "import { createEnv } from '@t3-oss/env-core';\nimport { z } from 'zod';\n\
        export const env = createEnv({ server: { A: z.string(), B: z.string() },\n\
        runtimeEnv: { A: process.env.A, B: process.env.B } });\n";
    let mut cli = crate::support::cli::Cli::new(["env", "check", "--code", "."])
        .file("src/env.ts", schema)
        .file("src/main.ts", "import { env } from './env';\nstart(env.A);\n");
    let output = cli.run().expect_code(1);
    assert!(
        output.stdout.contains("B (declared at src/env.ts:3) is not read"),
        "{}",
        output.stdout
    );
    assert!(!output.stdout.contains("A (declared"), "{}", output.stdout);
}

#[test]
fn terminal_shows_scan_progress() {
    let mut cli = project(KEYS, TEMPLATE, "env check --code .");
    for n in 0..2_000 {
        cli = cli.file(&format!("src/{n}.ts"), "process.env.A; process.env.B;");
    }
    let mut terminal = cli.terminal(24, 100);
    terminal.wait_for("source files below .");
    assert_eq!(terminal.finish(), 0);
    assert!(terminal.raw().contains("files · "), "{:?}", terminal.raw());
}
