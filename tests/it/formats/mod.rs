//! Golden files of every format for fixed reports.
//!
//! `UPDATE_GOLDEN=1 cargo test --test it formats` rewrites them. Review the difference.

pub mod promlint;
mod reports;

use std::path::PathBuf;

use clap::{Parser as _, ValueEnum as _};
use cliplyctl::render::{Format, render};
use cliplyctl::report::Report;
use cliplyctl::terminal::RenderTarget;
use serde_json::Value;

use crate::every_command::{self, command_words, formats};
use crate::support::cli::Cli;
use crate::support::report_schema;

/// The formats of a report: those of a command that reports a status.
fn report_formats() -> &'static [Format] {
    cliplyctl::cli::SPECS.iter().find(|spec| spec.name == "triage").unwrap().formats
}

/// The file name extension of a golden file.
fn extension(format: Format) -> String {
    match format {
        Format::Table => "txt".to_owned(),
        Format::Markdown => "md".to_owned(),
        Format::Junit => "xml".to_owned(),
        Format::Prometheus => "prom".to_owned(),
        other => other.as_str(),
    }
}

fn golden(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "golden", name].iter().collect()
}

fn text(report: &Report, format: Format) -> String {
    render(report, &reports::provenance(), format, RenderTarget::default())
}

#[test]
fn every_format_matches_its_golden_file() {
    let mut stale = Vec::new();
    for (name, report) in reports::all() {
        for format in report_formats().iter().copied() {
            let file = golden(&format!("{name}.{}", extension(format)));
            let text = text(&report, format);
            // The version changes with every release, so the golden files do not contain it.
            let text = text.replace(env!("CARGO_PKG_VERSION"), "VERSION");
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                std::fs::write(&file, &text).unwrap();
            }
            if std::fs::read_to_string(&file).unwrap_or_default() != text {
                stale.push(format!("{}:\n{text}", file.display()));
            }
        }
    }
    assert!(
        stale.is_empty(),
        "these differ (accept with UPDATE_GOLDEN=1); now they read\n{}",
        stale.join("\n")
    );
}

#[test]
fn every_format_has_a_golden_file() {
    let rows = [Format::Csv];
    for format in Format::value_variants() {
        let known = report_formats().contains(format);
        assert!(known || rows.contains(format), "{format:?}");
    }
}

#[test]
fn golden_json_files_match_the_schema() {
    let mut validated = 0;
    for entry in std::fs::read_dir(golden("")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let document = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            assert_eq!(report_schema::differences(&document), [""; 0], "{}", path.display());
            validated += 1;
        }
    }
    assert_eq!(validated, reports::all().len());
}

#[test]
fn undescribed_or_missing_keys_do_not_match_the_schema() {
    let report: Value = Cli::new(["runbook", "3.4", "-o", "json"]).run().expect_code(0).json();
    assert_eq!(report_schema::differences(&report), [""; 0]);
    let altered = |pointer: &str, key: &str, value: Option<Value>| {
        let mut report = report.clone();
        let object = report.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
        match value {
            Some(value) => _ = object.insert(key.to_owned(), value),
            None => _ = object.remove(key).unwrap(),
        }
        report_schema::differences(&report)
    };
    for (pointer, key, value) in [
        ("", "more", Some(1.into())),
        ("", "coverage", None),
        ("/tool", "more", Some(1.into())),
        ("/data", "more", Some(1.into())),
        ("/data", "text", None),
        ("/data", "section", Some(3.4.into())),
        ("", "command", Some("dlq".into())),
        ("", "data", Some("text".into())),
    ] {
        assert_ne!(altered(pointer, key, value.clone()), [""; 0], "{pointer}/{key} {value:?}");
    }
    assert_eq!(altered("", "data", Some(Value::Null)), [""; 0], "a command that failed");
}

#[test]
fn hostile_text_cannot_break_any_format() {
    let report = reports::hostile();
    for format in report_formats().iter().copied() {
        let text = text(&report, format);
        let is_hostile =
            |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!text.contains(is_hostile), "{format:?}: {text}");
    }
    let lines = |format| text(&report, format).lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(Format::Short).len(), 1);
    for line in lines(Format::Ndjson) {
        assert!(serde_json::from_str::<Value>(&line).unwrap().is_object());
    }
    assert_eq!(lines(Format::Ndjson).len(), 1 + report.findings.len());
    let commands = lines(Format::Github);
    assert!(
        commands.iter().all(|line| line.starts_with("::error ") || line.starts_with("::warning "))
    );
    assert_eq!(commands.len(), 3);
    // One bar: the start of the performance data.
    let nagios = lines(Format::Nagios);
    assert_eq!(nagios.iter().map(|line| line.matches('|').count()).sum::<usize>(), 1);
    for line in lines(Format::Prometheus).iter().filter(|line| !line.starts_with('#')) {
        assert!(line.starts_with("cliplyctl_"), "{line}");
    }
    let xml = text(&report, Format::Junit);
    assert_eq!(xml.matches("<testcase ").count(), report.findings.len());
    assert_eq!(xml.matches("<failure ").count(), 2, "{xml}");
    // Markup is only inside code: in a span with two backticks, or in the fenced block at column 0.
    let lines_with_markup =
        lines(Format::Markdown).into_iter().filter(|line| line.contains("<img"));
    assert!(lines_with_markup.clone().all(|line| line.contains("``boom")
        || line.contains("``cliplyctl jobs show 'boom")
        || line.starts_with("]]>")));
    assert_eq!(lines_with_markup.count(), 3);
}

#[test]
fn findings_ignored_by_fail_on_fail_in_no_format() {
    let report = reports::accepted_warning();
    assert!(text(&report, Format::Nagios).starts_with("TRIAGE OK: "));
    assert!(text(&report, Format::Junit).contains("failures=\"0\""));
    assert!(text(&report, Format::Short).starts_with("WARNING triage"));
    let sarif: Value = serde_json::from_str(&text(&report, Format::Sarif)).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(results.iter().all(|result| result["level"] == "note" || result["level"] == "none"));
}

#[test]
fn failed_command_reports_its_error_in_every_format() {
    let error_texts = [
        ("short", "ERROR queue: no database is configured"),
        ("nagios", "QUEUE UNKNOWN: no database is configured"),
        ("junit", "<error type=\"unknown\" message=\"no database is configured\"/>"),
        ("prometheus", "cliplyctl_status{command=\"queue\",context=\"\"} 3"),
        ("github", "::error title=cliplyctl queue::no database is configured"),
        ("markdown", "no database is configured"),
        ("ndjson", "\"kind\":\"not_configured\""),
        ("sarif", "\"executionSuccessful\": false"),
    ];
    for (format, expected) in error_texts {
        // Monitoring plugins may only exit with 0 to 3.
        let code = if format == "nagios" { 3 } else { 78 };
        let output = Cli::new(["queue", "-o", format]).run().expect_code(code);
        assert!(output.stdout.contains(expected), "{format}: {}", output.stdout);
    }
}

/// Fails unless the text is a document of the format that reports an error of the command.
fn assert_reports_error(format: &str, text: &str, command: &str, message: &str) {
    let shown = format!("{command} -o {format}: {text:?}");
    match format {
        "json" | "ndjson" => {
            let report: Value = serde_json::from_str(text).expect(&shown);
            assert_eq!((&report["command"], &report["status"]), (&command.into(), &"error".into()));
            assert!(text.contains(message), "{shown}");
        }
        "sarif" => {
            let report: Value = serde_json::from_str(text).expect(&shown);
            assert_eq!(
                report["runs"][0]["invocations"][0]["executionSuccessful"], false,
                "{shown}"
            );
        }
        "nagios" => {
            assert!(text.starts_with(&command.to_uppercase()) && text.contains(message), "{shown}")
        }
        "junit" => assert!(text.starts_with("<?xml") && text.contains("<error "), "{shown}"),
        "github" => assert!(text.starts_with("::error ") && text.contains(message), "{shown}"),
        "prometheus" => assert!(text.contains("cliplyctl_status{"), "{shown}"),
        // Rows cannot hold an error, and a table is read on stderr.
        "csv" | "table" => assert_eq!(text, "", "{shown}"),
        _ => assert!(text.contains(message), "{shown}"),
    }
}

#[test]
fn every_refused_format_reports_the_error_in_that_format() {
    let mut refused = 0;
    let mut last = "";
    for line in every_command::lines() {
        if line.0 == std::mem::replace(&mut last, line.0) {
            continue;
        }
        let words = command_words(&line, "1", "rq-1", "note");
        let parsed = cliplyctl::cli::Cli::try_parse_from(
            ["cliplyctl".to_owned()].into_iter().chain(words.clone()),
        );
        let supported: Vec<_> =
            parsed.unwrap().command.spec().formats.iter().map(|format| format.as_str()).collect();
        for format in formats().into_iter().filter(|format| !supported.contains(format)) {
            let words = words.iter().map(String::as_str).chain(["-o", &format]);
            let output = Cli::new(words).run();
            assert_eq!(output.code, if format == "nagios" { 3 } else { 64 }, "{line:?} {output:?}");
            let message = format!("{} does not support -o {format}", line.0);
            assert!(output.stderr.contains(&message), "{output:?}");
            assert_reports_error(&format, &output.stdout, line.0, &message);
            refused += 1;
        }
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn report_to_a_full_disk_is_no_bug_of_this_tool() {
    let to = |file: &str| {
        let line = format!("exec {} runbook >{file}", crate::support::cli::BINARY);
        Cli::program("sh", ["-c", &line]).run()
    };
    let full = to("/dev/full").expect_code(3);
    assert!(full.stderr.contains("cannot write the report to stdout"), "{full:?}");
    to("/dev/null").expect_code(0);
}

#[test]
fn rows_never_contain_an_error() {
    for format in ["csv", "ndjson"] {
        for args in ["dlq list", "dlq list --no-such-flag"] {
            let words = args.split(' ').chain(["-o", format]);
            let output = Cli::new(words).run();
            assert!(matches!(output.code, 64 | 78), "{output:?}");
            assert_eq!(output.stdout, "", "{args} -o {format}");
        }
    }
}

#[test]
fn usage_error_is_reported_in_the_requested_format() {
    let output = Cli::new(["queue", "--kidn", "X", "-o", "json"]).run().expect_code(64);
    assert!(output.stderr.contains("unexpected argument '--kidn' found"), "{}", output.stderr);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((&report["status"], &report["exit_code"]), (&"error".into(), &64.into()));
    assert!(!report["started_at"].as_str().unwrap().starts_with("1970"), "{report}");
    assert_eq!(report["errors"][0]["kind"], "usage");
    assert_eq!(report["errors"][0]["message"], "unexpected argument '--kidn' found");
    assert!(report["errors"][0]["hints"][0].as_str().unwrap().contains("'--kind'"), "{report}");

    let refused = [("sarif", "executionSuccessful"), ("junit", "<error "), ("github", "::error ")];
    for (format, expected) in refused {
        let output = Cli::new(["queue", "--kidn", "X", "-o", format]).run().expect_code(64);
        assert!(output.stdout.contains(expected), "{output:?}");
    }
    let output = Cli::new(["triage", "--wait", "soon", "--output=nagios"]).run().expect_code(3);
    assert!(output.stdout.starts_with("CLIPLYCTL UNKNOWN: invalid value 'soon'"), "{output:?}");

    let output = Cli::new(["queue", "--kidn", "X"]).run().expect_code(64);
    assert_eq!(output.stdout, "");
}
