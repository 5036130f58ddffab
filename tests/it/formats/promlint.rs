//! The rules of `promtool check metrics` for metrics in the text format.
//!
//! Names and messages follow the documented rules of the linter; all metrics here are gauges.

use std::collections::{BTreeMap, BTreeSet};

use cliplyctl::cli::SPECS;
use cliplyctl::render::Format;

use crate::support::cli::Cli;
use crate::support::http::Stub;
use crate::support::postgres::Database;
use crate::support::readiness;

/// Units that are not base units, with any prefix, and base units that must not have one.
const OTHER_UNITS: [&str; 14] = [
    "minutes",
    "hours",
    "days",
    "weeks",
    "kelvins",
    "fahrenheit",
    "rankine",
    "inches",
    "yards",
    "miles",
    "bits",
    "calories",
    "pounds",
    "ounces",
];
const BASE_UNITS: [&str; 10] = [
    "amperes", "bytes", "celsius", "grams", "joules", "kelvin", "meters", "metres", "seconds",
    "volts",
];
const PREFIXES: [&str; 18] = [
    "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega",
    "mibi", "giga", "gibi", "tera", "tebi", "peta", "pebi",
];
const ABBREVIATIONS: [&str; 14] =
    ["s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d"];
const TYPES: [&str; 5] = ["counter", "gauge", "summary", "histogram", "gaugehistogram"];
const RESERVED_SUFFIXES: [&str; 4] = ["_total", "_bucket", "_count", "_sum"];
const RESERVED_LABELS: [&str; 2] = ["le", "quantile"];

/// Returns every problem of this text, as `metric: problem`.
pub fn lint(text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut help: BTreeMap<&str, &str> = BTreeMap::new();
    let mut types = BTreeSet::new();
    let mut samples = BTreeSet::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, about) = rest.split_once(' ').unwrap_or((rest, ""));
            if help.insert(name, about).is_some() {
                problems.push(format!("{name}: second HELP line"));
            }
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let name = rest.split(' ').next().unwrap_or_default();
            if !types.insert(name) {
                problems.push(format!("{name}: second TYPE line"));
            }
        } else if !line.is_empty() && !line.starts_with('#') {
            let end = line.find(['{', ' ']).unwrap_or(line.len());
            let name = &line[..end];
            let (series, _) = line.rsplit_once(' ').unwrap_or((line, ""));
            if !samples.insert(series) {
                problems.push(format!("{name}: duplicate sample {series}"));
            }
            if !types.contains(name) {
                problems.push(format!("{name}: no TYPE line before it"));
            }
            if help.get(name).is_none_or(|about| about.is_empty()) {
                problems.push(format!("{name}: no help text"));
            }
            problems.extend(lint_name(name).into_iter().map(|what| format!("{name}: {what}")));
            problems.extend(label_names(series).into_iter().filter_map(|label| {
                let is_reserved = RESERVED_LABELS.contains(&label);
                (is_reserved || is_camel_case(label)).then(|| format!("{name}: label {label}"))
            }));
        }
    }
    problems.sort();
    problems.dedup();
    problems
}

/// Returns the problems of the name of a gauge.
fn lint_name(name: &str) -> Vec<String> {
    let parts: Vec<_> = name.split('_').collect();
    let mut problems = Vec::new();
    for part in &parts {
        let without_prefix = PREFIXES.iter().find_map(|prefix| part.strip_prefix(prefix));
        let is_prefixed_unit = without_prefix
            .is_some_and(|rest| BASE_UNITS.contains(&rest) || OTHER_UNITS.contains(&rest));
        if OTHER_UNITS.contains(part) || is_prefixed_unit {
            problems.push(format!("not a base unit: {part}"));
        }
    }
    for part in parts.iter().skip(1) {
        let part = part.to_lowercase();
        if ABBREVIATIONS.contains(&part.as_str()) {
            problems.push(format!("abbreviated unit: {part}"));
        }
        if TYPES.contains(&part.as_str()) {
            problems.push(format!("type in the name: {part}"));
        }
    }
    problems.extend(
        RESERVED_SUFFIXES
            .iter()
            .filter(|suffix| name.ends_with(**suffix))
            .map(|suffix| format!("suffix {suffix} of another type")),
    );
    if name.contains(':') {
        problems.push("a colon".to_owned());
    }
    if is_camel_case(name) {
        problems.push("camel case".to_owned());
    }
    problems
}

/// Returns the label names of a series. Values are quoted, with `\"` for a quote.
fn label_names(series: &str) -> Vec<&str> {
    let Some((_, mut rest)) = series.split_once('{') else { return vec![] };
    let mut names = Vec::new();
    while let Some((name, value)) = rest.split_once("=\"") {
        names.push(name.trim_start_matches(','));
        let mut escaped = false;
        let end = value.char_indices().find(|(_, c)| {
            let is_end = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            is_end
        });
        rest = end.map_or("", |(at, _)| &value[at + 1..]);
    }
    names
}

fn is_camel_case(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

#[test]
fn prometheus_output_of_every_status_command_is_clean() {
    for (fixture, readyz) in [
        ("main_healthy", "canonical_ok"),
        ("main_typical", "canonical_worker_red"),
        ("main_typical", "canonical_queue_warning"),
    ] {
        let database = Database::from_fixture(fixture);
        let app = Stub::start([
            ("/api/healthz", readiness::response("healthz_ok")),
            ("/api/readyz", readiness::response(readyz)),
        ]);
        let of_metrics = SPECS.iter().filter(|spec| spec.formats.contains(&Format::Prometheus));
        // `rls diff` reads two files.
        for command in of_metrics.map(|spec| spec.name).filter(|name| *name != "rls diff") {
            let words = command.split(' ').chain(["-o", "prometheus"]);
            let output = Cli::new(words)
                .env("DATABASE_URL", database.url())
                .env("CLIPLY_BASE_URL", app.url())
                .run();
            if command != "env check" {
                assert!(output.stdout.contains("\ncliplyctl_status{"), "{command}: {output:?}");
            }
            assert_eq!(lint(&output.stdout), [""; 0], "{command} on {fixture}: {}", output.stdout);
        }
    }
}

#[test]
fn linter_reports_each_of_its_rules() {
    let metric = |name: &str| format!("# HELP {name} Text.\n# TYPE {name} gauge\n{name} 1\n");
    for name in [
        "x_h",
        "x_ms_total",
        "x_failures_h",
        "x_milliseconds",
        "x_hours",
        "x_kilobytes",
        "x_gauge",
        "x_counter_jobs",
        "x_count",
        "x_sum",
        "x_bucket",
        "x:y",
        "xJobs",
    ] {
        assert!(!lint(&metric(name)).is_empty(), "{name}");
    }
    for name in ["x_seconds", "x_jobs_per_hour", "x_timestamp_seconds", "x_ratio", "h_jobs"] {
        assert_eq!(lint(&metric(name)), [""; 0], "{name}");
    }
    let twice = metric("x_jobs").repeat(2);
    assert_eq!(lint(&twice).len(), 3, "{:?}", lint(&twice));
    assert!(!lint("x_jobs 1\n").is_empty());
    assert!(!lint("# HELP x\n# TYPE x gauge\nx{le=\"1\"} 1\n").is_empty());
    let labels = "# HELP x Text.\n# TYPE x gauge\nx{a=\"\\\"le=\\\",\",kindName=\"b\"} 1\n";
    assert_eq!(lint(labels), ["x: label kindName"]);
}
