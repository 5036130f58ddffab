//! Tests of values against the schema and of their sources. No value is ever printed.

use super::project;
use crate::support::cli::Cli;

/// A secret that must not be in any output.
const SECRET: &str = "hunter2-9fK2mQ8xLr4TzW1bYc7N";

fn run_without_secret(mut cli: Cli, code: i32) -> String {
    let out = cli.run().expect_code(code);
    assert!(!out.stdout.contains(SECRET) && !out.stderr.contains(SECRET), "a value is shown");
    out.stdout
}

#[test]
fn all_invalid_values_are_reported_without_the_values() {
    let properties = "A: z.string().url(), B: z.string().max(3), C: z.string(), D: z.string(),";
    let template = "A=http://x\nB=1\nC=1\nD=1\n";
    let values = format!("A={SECRET}\nB={SECRET}\nD=fine\n");
    for format in ["table", "json", "github"] {
        let args = format!("env check --values .env -o {format}");
        let text =
            run_without_secret(project(properties, template, &args).file(".env", &values), 2);
        assert!(text.contains("A (set, 28 characters in .env:1) is refused"), "{text}");
        assert!(text.contains("B (set, 28 characters in .env:2) is refused"), "{text}");
        assert!(text.contains("C (not set) is refused"), "{text}");
        assert!(!text.contains("D ("), "{text}");
    }
}

#[test]
fn secrets_in_the_template_are_reported_without_the_value() {
    let template = format!("A_SECRET={SECRET}\n");
    for args in ["env check", "env check -o json", "env check --strict"] {
        let code = if args.ends_with("strict") { 2 } else { 1 };
        let text = run_without_secret(project("A_SECRET: z.string(),", &template, args), code);
        assert!(text.contains("looks like a random secret"), "{text}");
    }
    run_without_secret(project("A_SECRET: z.string(),", &template, "env explain A_SECRET"), 0);
}

#[test]
fn service_key_under_a_public_name_is_critical() {
    let properties = "NEXT_PUBLIC_KEY: z.string(),";
    let values = format!("NEXT_PUBLIC_KEY=sb_secret_{SECRET}\n");
    let cli = project(properties, "NEXT_PUBLIC_KEY=x\n", "env check --values -").stdin(values);
    let text = run_without_secret(cli, 2);
    assert!(text.contains("browsers can read it"), "{text}");
}

#[test]
fn secret_anywhere_in_a_public_value_is_critical() {
    let key = format!("sk_live_{}", SECRET.trim_start_matches("hunter2-"));
    for value in [
        format!("' {key}'"),
        format!("https://x.example/?key={key}"),
        format!("'{{\"stripe\":\"{key}\"}}'"),
        format!("'host=h password={SECRET} user=u'"),
    ] {
        let values = format!("VITE_X={value}\n");
        let cli =
            project("VITE_X: z.string(),", "VITE_X=x\n", "env check --values -").stdin(values);
        let text = run_without_secret(cli, 2);
        assert!(text.contains("browsers can read it"), "{value}: {text}");
    }
    for value in ["pk_live_51b0c4d9e8f7a6b5c4d3e2f1", "'host=localhost password=dev'"] {
        let values = format!("VITE_X={value}\n");
        let cli =
            project("VITE_X: z.string(),", "VITE_X=x\n", "env check --values -").stdin(values);
        let text = run_without_secret(cli, 0);
        assert!(!text.contains("browsers can read it"), "{value}: {text}");
    }
}

#[test]
fn values_can_come_from_standard_input() {
    let run = |text: &str| {
        project("A: z.coerce.number(),", "A=1\n", "env check --values -").stdin(text).run()
    };
    run("A=7\n").expect_code(0);
    let out = run("\nA=x\n").expect_code(2);
    assert!(out.stdout.contains("stdin:2"), "{out:#?}");
}

#[test]
fn process_precedes_files_and_later_files_precede_earlier_ones() {
    let args = "env explain A --values one two --process";
    let project = project("A: z.enum(['p']).describe('what A is'),", "A=p\n", args);
    let out = project.file("one", "A=1\n").file("two", "\nA=2\n").env("A", "p").run();
    let out = out.expect_code(0);
    let lines: Vec<&str> = out.stdout.lines().map(str::trim_end).collect();
    let after = |name: &str| {
        let found = lines.iter().filter_map(|line| line.strip_prefix(name));
        found.map(str::trim).collect::<Vec<_>>()
    };
    assert_eq!(after("value "), ["A (set, 1 character, the process)"], "{out:#?}");
    assert_eq!(after("shadows "), ["two:2", "one:1"], "{out:#?}");
    assert_eq!(after("status "), ["accepted"], "{out:#?}");
    assert_eq!(after("description "), ["what A is"], "{out:#?}");
}

#[test]
fn explain_suggests_existing_files() {
    let mut cli = project("A: z.string(),", "A=\n", "env explain A");
    let out = cli.run().expect_code(0);
    assert!(out.stdout.contains("cliplyctl env explain A --process"), "{out:#?}");
    let out = cli.file(".env", "A=x\n").run().expect_code(0);
    assert!(out.stdout.contains("env explain A --values .env --process"), "{out:#?}");
}

#[test]
fn explain_suggests_a_similar_key() {
    let out = project("LOG_LEVEL: z.string(),", "", "env explain LOG_LEVL").run();
    assert!(out.expect_code(64).stderr.contains("did you mean LOG_LEVEL?"));
}

#[test]
fn fallbacks_and_profiles_come_from_the_configuration() {
    let properties = "SUPABASE_URL: z.string().url(), A: z.string().optional(),";
    let template = "SUPABASE_URL=http://x\nA=1\n";
    let values = "SUPABASE_URL=\nNEXT_PUBLIC_SUPABASE_URL=http://x\n";
    let run = |args: &str, config: &str| {
        let cli = project(properties, template, &format!("env check --values .env {args}"));
        cli.file(".env", values).file("cliplyctl.toml", config).run()
    };
    run("", "").expect_code(0);
    run("", "[env]\nfallbacks = {}\n").expect_code(2);
    run("", "[env.fallbacks]\nSUPABASE_URL = 'NEXT_PUBLIC_SUPABASE_URL'\n").expect_code(0);
    let profiles = "[env.profiles]\nproduction = ['A']\nworker = []\n";
    let out = run("--profile production", profiles).expect_code(2);
    assert!(out.stdout.contains("the profile production requires it"), "{out:#?}");
    run("--profile worker", profiles).expect_code(0);
    let out = run("--profile prodution", profiles).expect_code(64);
    assert!(out.stderr.contains("did you mean `production`?"), "{out:#?}");
    run("", "[env]\nfallback = {}\n").expect_code(78);
    run("", "[env.profiles]\nproduction = 'A'\n").expect_code(78);
}
