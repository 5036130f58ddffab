//! `-o prometheus`: metrics for node_exporter's textfile collector.
//!
//! Names end in their unit, times are in seconds. Write to a temporary file and rename it, so that
//! the collector never reads half: `… > x.prom.tmp; mv x.prom.tmp x.prom`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::facts::{Finding, Status, Value};
use crate::redact::sanitize;
use crate::report::{Provenance, Report};

/// Characters of a subject that a label keeps: it may come from outside.
const LABEL: usize = 100;

/// Samples of one metric by their labels: the collector refuses a file that names one twice.
type Samples = BTreeMap<String, f64>;

/// Every metric with HELP and TYPE, once; the samples of several contexts stand below each other.
#[must_use]
pub fn render(report: &Report, from: &Provenance) -> String {
    let mut metrics: Vec<(String, String, Samples)> = Vec::new();
    for one in report.parts(from).into_iter().flat_map(|(part, from)| of_one(part, from)) {
        match metrics.iter_mut().find(|known| known.0 == one.0) {
            Some(known) => known.2.extend(one.2),
            None => metrics.push(one),
        }
    }
    let mut text = String::new();
    for (name, help, samples) in &metrics {
        metric(&mut text, name, help, samples);
    }
    text
}

/// The metrics of one context: name, help, samples.
fn of_one(report: &Report, from: &Provenance) -> Vec<(String, String, Samples)> {
    let base = base(report, from);
    let one = |value: f64| Samples::from([(base.clone(), value)]);
    let named =
        |name: &str, help: &str, samples| (format!("cliplyctl_{name}"), help.to_owned(), samples);
    let help = "Verdict of the command: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.";
    let mut metrics = vec![named("verdict", help, one(overall(report)))];
    let help = "Verdict of a check: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN or skipped.";
    metrics.push(named("check_verdict", help, status_samples(report, &base)));
    for (unit, samples) in value_samples(report, &base) {
        let help = format!("What a check read, in {}.", unit.replace('_', " "));
        metrics.push(named(&format!("reading_{unit}"), &help, samples));
    }
    for (unit, samples) in limits(report, &base) {
        let help = format!("The limit of a check, in {}.", unit.replace('_', " "));
        metrics.push(named(&format!("limit_{unit}"), &help, samples));
    }
    let seconds = from.duration_ms as f64 / 1e3;
    metrics.push(named("duration_seconds", "How long the command took.", one(seconds)));
    let started = from.started_at.as_millisecond() as f64 / 1e3;
    let help = "When the command began, seconds since 1970: alert when it grows old.";
    metrics.push(named("started_timestamp_seconds", help, one(started)));
    metrics
}

fn metric(text: &mut String, name: &str, help: &str, samples: &Samples) {
    if samples.is_empty() {
        return;
    }
    _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
    for (labels, value) in samples {
        _ = writeln!(text, "{name}{{{labels}}} {value}");
    }
}

fn overall(report: &Report) -> f64 {
    report.status.map_or_else(
        || if report.errors.is_empty() { 0.0 } else { number(Status::Unknown) },
        number,
    )
}

/// The number of the exit code.
fn number(verdict: Status) -> f64 {
    match verdict {
        Status::Ok => 0.0,
        Status::Warning => 1.0,
        Status::Critical => 2.0,
        Status::Unknown | Status::Skipped { .. } => 3.0,
    }
}

fn status_samples(report: &Report, base: &str) -> Samples {
    let mut worst: BTreeMap<String, Status> = BTreeMap::new();
    for finding in &report.findings {
        let known = worst.entry(labels(base, finding)).or_insert(Status::Ok);
        *known = known.worse(finding.status);
    }
    worst.into_iter().map(|(labels, verdict)| (labels, number(verdict))).collect()
}

fn value_samples(report: &Report, base: &str) -> BTreeMap<String, Samples> {
    let mut metrics: BTreeMap<String, Samples> = BTreeMap::new();
    for finding in &report.findings {
        let Some(evidence) = &finding.evidence else { continue };
        let Value::Number(value) = evidence.value else { continue };
        let (unit, factor) = unit(evidence.unit.unwrap_or("number"));
        metrics.entry(unit).or_default().entry(labels(base, finding)).or_insert(value * factor);
    }
    metrics
}

fn limits(report: &Report, base: &str) -> BTreeMap<String, Samples> {
    let mut metrics: BTreeMap<String, Samples> = BTreeMap::new();
    for finding in &report.findings {
        let Some(threshold) = finding.threshold else { continue };
        let (unit, factor) = unit(threshold.unit);
        let sides = [("warning", threshold.limit.warning), ("critical", threshold.limit.critical)];
        for (severity, side) in sides {
            let Some(side) = side else { continue };
            let labels = format!("{},severity=\"{severity}\"", labels(base, finding));
            metrics.entry(unit.clone()).or_default().entry(labels).or_insert(side * factor);
        }
    }
    metrics
}

/// The unit's name as Prometheus writes it, and how many of it one of ours is.
fn unit(ours: &str) -> (String, f64) {
    match ours {
        "s" => ("seconds".to_owned(), 1.0),
        "ms" => ("seconds".to_owned(), 1e-3),
        "%" => ("ratio".to_owned(), 1e-2),
        "jobs/h" => ("jobs_per_hour".to_owned(), 1.0),
        other => {
            let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
            (other.chars().map(plain).collect(), 1.0)
        }
    }
}

fn base(report: &Report, from: &Provenance) -> String {
    let context = from.context.as_deref().unwrap_or_default();
    format!("command=\"{}\",context=\"{}\"", report.command, escape(context))
}

fn labels(base: &str, finding: &Finding) -> String {
    format!("{base},check=\"{}\",subject=\"{}\"", finding.check, escape(&finding.subject))
}

/// The value of a label.
pub(crate) fn escape(text: &str) -> String {
    let short: String = text.chars().take(LABEL).collect();
    sanitize::line(&short).replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_values_are_escaped() {
        assert_eq!(escape("a\"} 1\nup 0\\"), "a\\\"} 1\\\\nup 0\\\\");
    }

    #[test]
    fn time_units_are_converted_to_seconds() {
        assert_eq!(unit("ms"), ("seconds".to_owned(), 1e-3));
        assert_eq!(unit("jobs/h"), ("jobs_per_hour".to_owned(), 1.0));
        assert_eq!(unit("lock waits"), ("lock_waits".to_owned(), 1.0));
    }
}
