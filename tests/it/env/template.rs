//! Tests of the template against the schema, and of unreadable files.

use super::{SCHEMA, project};
use crate::support::cli::Cli;

const TWO: &str = "  SUPABASE_URL: z.string(),\n  SUPABASE_SERVICE_ROLE_KEY: z.string(),";

#[test]
fn template_in_sync_is_ok() {
    let template = "\u{feff}SUPABASE_URL=x\r\nSUPABASE_SERVICE_ROLE_KEY=y\r\n";
    let out = project(TWO, template, "env check").run().expect_code(0);
    assert!(out.stdout.starts_with("OK  the template matches the schema\n"), "{out:#?}");
    assert!(out.stdout.contains(&format!("EnvSchema at {SCHEMA}:2 (by name)")), "{out:#?}");
}

#[test]
fn missing_and_extra_keys_are_critical_with_their_lines() {
    let out = project(TWO, "SUPABASE_URL=x\nOTHER=1\n", "env check").run().expect_code(2);
    assert!(out.stdout.starts_with("CRITICAL  2 keys differ"), "{out:#?}");
    assert!(out.stdout.contains(&format!("{SCHEMA}:4) is missing in .env.example")), "{out:#?}");
    assert!(
        out.stdout.contains(".env.example:2 sets OTHER, which is not in the schema"),
        "{out:#?}"
    );
    assert!(!out.stdout.contains("renamed"), "{out:#?}");
    let next = format!("  cliplyctl env check --fix --strict --schema {SCHEMA}");
    let args = format!("env check --strict --schema {SCHEMA}");
    let out = project(TWO, "SUPABASE_URL=x\nOTHER=1\n", &args).run().expect_code(2);
    assert!(out.stdout.contains(&next), "{out:#?}");
    // Nothing to insert. Surplus keys are not removed.
    let out = project("  A: z.string(),", "A=\nOTHER=1\n", "env check").run().expect_code(2);
    assert!(!out.stdout.contains("--fix"), "{out:#?}");
    assert!(out.stdout.contains("cliplyctl runbook env.template"), "{out:#?}");
}

#[test]
fn renamed_key_is_recognized() {
    let template = "SUPABASE_URL=x\nSUPABASE_SERVICE_KEY=y\n";
    let out = project(TWO, template, "env check").run().expect_code(2);
    assert!(
        out.stdout.contains("SUPABASE_SERVICE_KEY in .env.example was probably renamed"),
        "{out:#?}"
    );
    // One rename is one row.
    assert!(!out.stdout.contains("sets SUPABASE_SERVICE_KEY"), "{out:#?}");
}

#[test]
fn commented_keys_are_documented_unless_strict() {
    let properties = "  A: z.string().optional(),";
    project(properties, "# A=\n", "env check").run().expect_code(0);
    let out = project(properties, "# A=\n", "env check --strict").run().expect_code(2);
    assert!(out.stdout.contains("A (optional) is only in a comment at .env.example:1"), "{out:#?}");
}

#[test]
fn template_that_fails_when_copied_is_a_warning() {
    let properties = "  A: z.string().url().optional(),";
    project(properties, "A=\n", "env check").run().expect_code(1);
    project(properties, "A=\n", "env check --fail-on critical").run().expect_code(0);
    project(properties, "A=\n", "env check --strict").run().expect_code(2);
}

#[test]
fn json_keeps_the_top_level_fields_of_the_old_script() {
    let template = "SUPABASE_URL=x\nOTHER=1\n";
    let json = project(TWO, template, "env check -o json").run().expect_code(2).json();
    assert_eq!(json["ok"], false);
    assert_eq!(json["missingInExample"], serde_json::json!(["SUPABASE_SERVICE_ROLE_KEY"]));
    assert_eq!(json["extraInExample"], serde_json::json!(["OTHER"]));
    assert_eq!((&json["command"], &json["exit_code"]), (&"env check".into(), &2.into()));
    let schema = Cli::new(["schema"]).run().expect_code(0).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&json), "{json:#}");
    let other = Cli::new(["config", "show", "-o", "json"]).run().json();
    assert!(other.get("ok").is_none() && validator.is_valid(&other), "{other:#}");
}

#[test]
fn missing_or_invalid_schema_is_unknown() {
    let out = Cli::new(["env", "check"]).file(".env.example", "A=\n").run().expect_code(3);
    assert!(out.stderr.contains(SCHEMA) && out.stderr.contains("--schema PATH"), "{out:#?}");
    let out = project("  A: z.string(,", "A=\n", "env check").run().expect_code(3);
    assert!(out.stderr.contains(&format!("syntax error at {SCHEMA}:3")), "{out:#?}");
    let out = project(TWO, "", "env check --schema-name Other").run().expect_code(3);
    assert!(out.stderr.contains("no schema Other"), "{out:#?}");
}

#[test]
fn missing_template_is_unknown_unless_values_are_given() {
    let out = project(TWO, "", "env check --template absent").run().expect_code(3);
    assert!(out.stderr.contains("cannot read absent"), "{out:#?}");
    let schema = "import { z } from 'zod/v3';\nconst EnvSchema = z.object({ A: z.string() });\n";
    let run = |args: &[&str]| Cli::new(args).file(SCHEMA, schema).file(".env", "A=1\n").run();
    run(&["env", "check"]).expect_code(3);
    let json = run(&["env", "check", "--values", ".env", "-o", "json"]).expect_code(0).json();
    assert!(json.get("missingInExample").is_none(), "{json:#}");
    assert_eq!(json["coverage"]["not_examined"][0]["subject"], "template");
}

#[test]
fn platform_keys_are_neither_missing_nor_extra() {
    let schema = "import { createEnv } from '@t3-oss/env-core';\n\
        import { vercel } from '@t3-oss/env-core/presets-zod';\nimport { z } from 'zod';\n\
        export const env = createEnv({ server: { A: z.string() }, extends: [vercel()],\n\
        runtimeEnv: process.env });\n";
    let run = |template: &str| {
        let cli = Cli::new(["env", "check"]).file("src/env.ts", schema);
        cli.file(".env.example", template).run()
    };
    run("A=x\n# VERCEL_URL=\n").expect_code(0);
    run("A=x\n").expect_code(0);
    let output = run("A=x\nB=x\n").expect_code(2);
    assert!(output.stdout.contains(".env.example:2 sets B"), "{}", output.stdout);
}
