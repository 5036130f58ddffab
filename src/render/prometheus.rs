//! `-o prometheus`: metrics for the textfile collector of node_exporter.
//!
//! Names end in their unit, times are in seconds. Write to a temporary file and rename it, so that
//! the collector never reads an incomplete file: `… > x.prom.tmp; mv x.prom.tmp x.prom`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::facts::{Finding, Status, Value};
use crate::redact::sanitize;
use crate::report::{Provenance, Report};

/// The maximum number of characters of a subject in a label, because subjects may be untrusted.
const MAX_LABEL: usize = 100;

/// The samples of one metric by their labels. The collector rejects a file with duplicate labels.
type Samples = BTreeMap<String, f64>;

/// Renders every metric with HELP and TYPE, once, followed by the samples of all contexts.
pub(crate) fn render(report: &Report, from: &Provenance) -> String {
    let mut metrics: Vec<(String, String, Samples)> = Vec::new();
    for metric in
        report.parts(from).into_iter().flat_map(|(part, from)| context_metrics(part, from))
    {
        match metrics.iter_mut().find(|existing| existing.0 == metric.0) {
            Some(existing) => existing.2.extend(metric.2),
            None => metrics.push(metric),
        }
    }
    let mut text = String::new();
    for (name, help, samples) in &metrics {
        write_metric(&mut text, name, help, samples);
    }
    text
}

/// Returns name, help and samples of the metrics of one context.
fn context_metrics(report: &Report, from: &Provenance) -> Vec<(String, String, Samples)> {
    let base_labels = base_labels(report, from);
    let single_sample = |value: f64| Samples::from([(base_labels.clone(), value)]);
    let named =
        |name: &str, help: &str, samples| (format!("cliplyctl_{name}"), help.to_owned(), samples);
    let help = "Status of the command: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.";
    let mut metrics = vec![named("status", help, single_sample(overall_status(report)))];
    let help = "Status of a check: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN or skipped.";
    metrics.push(named("check_status", help, status_samples(report, &base_labels)));
    for (unit, samples) in value_samples(report, &base_labels) {
        let help = format!("Value of a check, in {}.", unit.replace('_', " "));
        metrics.push(named(&format!("value_{unit}"), &help, samples));
    }
    for (unit, samples) in threshold_samples(report, &base_labels) {
        let help = format!("Threshold of a check, in {}.", unit.replace('_', " "));
        metrics.push(named(&format!("threshold_{unit}"), &help, samples));
    }
    let seconds = from.duration_ms as f64 / 1e3;
    metrics.push(named("duration_seconds", "Duration of the command.", single_sample(seconds)));
    let started = from.started_at.as_millisecond() as f64 / 1e3;
    let help = "Start time of the command, in seconds since 1970. Alert if it is old.";
    metrics.push(named("started_timestamp_seconds", help, single_sample(started)));
    metrics
}

fn write_metric(text: &mut String, name: &str, help: &str, samples: &Samples) {
    if samples.is_empty() {
        return;
    }
    _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
    for (labels, value) in samples {
        _ = writeln!(text, "{name}{{{labels}}} {value}");
    }
}

fn overall_status(report: &Report) -> f64 {
    report.status.map_or_else(
        || if report.errors.is_empty() { 0.0 } else { number(Status::Unknown) },
        number,
    )
}

/// Returns the number of the exit code.
fn number(status: Status) -> f64 {
    match status {
        Status::Ok => 0.0,
        Status::Warning => 1.0,
        Status::Critical => 2.0,
        Status::Unknown | Status::Skipped { .. } => 3.0,
    }
}

fn status_samples(report: &Report, base_labels: &str) -> Samples {
    let mut worst: BTreeMap<String, Status> = BTreeMap::new();
    for finding in &report.findings {
        let status = worst.entry(labels(base_labels, finding)).or_insert(Status::Ok);
        *status = status.worse(finding.status);
    }
    worst.into_iter().map(|(labels, status)| (labels, number(status))).collect()
}

fn value_samples(report: &Report, base_labels: &str) -> BTreeMap<String, Samples> {
    let mut metrics: BTreeMap<String, Samples> = BTreeMap::new();
    for finding in &report.findings {
        let Some(evidence) = &finding.evidence else { continue };
        let Value::Number(value) = evidence.value else { continue };
        let (unit, factor) = unit(evidence.unit.unwrap_or("number"));
        metrics
            .entry(unit)
            .or_default()
            .entry(labels(base_labels, finding))
            .or_insert(value * factor);
    }
    metrics
}

fn threshold_samples(report: &Report, base_labels: &str) -> BTreeMap<String, Samples> {
    let mut metrics: BTreeMap<String, Samples> = BTreeMap::new();
    for finding in &report.findings {
        let Some(threshold) = finding.threshold else { continue };
        let (unit, factor) = unit(threshold.unit);
        let levels =
            [("warning", threshold.threshold.warning), ("critical", threshold.threshold.critical)];
        for (level, value) in levels {
            let Some(value) = value else { continue };
            let labels = format!("{},level=\"{level}\"", labels(base_labels, finding));
            metrics.entry(unit.clone()).or_default().entry(labels).or_insert(value * factor);
        }
    }
    metrics
}

/// Returns the Prometheus name of a unit and the factor that converts a value to it.
fn unit(name: &str) -> (String, f64) {
    match name {
        "s" => ("seconds".to_owned(), 1.0),
        "ms" => ("seconds".to_owned(), 1e-3),
        "%" => ("ratio".to_owned(), 1e-2),
        rate if let Some((of, per)) = rate.split_once('/') => {
            let (of, factor) = unit(of);
            // Linters reject the plural of a time that is not a base unit: hours, minutes.
            let per = match per {
                "s" => "second",
                "min" => "minute",
                "h" => "hour",
                other => other,
            };
            (format!("{of}_per_{per}"), factor)
        }
        other => {
            let sanitized = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
            (other.chars().map(sanitized).collect(), 1.0)
        }
    }
}

fn base_labels(report: &Report, from: &Provenance) -> String {
    let context = from.context.as_deref().unwrap_or_default();
    format!("command=\"{}\",context=\"{}\"", report.command, escape(context))
}

fn labels(base_labels: &str, finding: &Finding) -> String {
    format!("{base_labels},check=\"{}\",subject=\"{}\"", finding.check, escape(&finding.subject))
}

/// Escapes the value of a label.
pub(crate) fn escape(text: &str) -> String {
    let short: String = text.chars().take(MAX_LABEL).collect();
    sanitize::line(&short).replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unit_of_every_threshold_has_no_abbreviation() {
        for doc in &crate::facts::thresholds::THRESHOLD_DOCS {
            let (name, _) = unit(doc.unit);
            assert!(name.split('_').all(|part| part.len() > 2), "{}: {name}", doc.name);
        }
    }

    #[test]
    fn label_values_are_escaped() {
        assert_eq!(escape("a\"} 1\nup 0\\"), "a\\\"} 1\\\\nup 0\\\\");
    }

    #[test]
    fn time_units_are_converted_to_seconds() {
        assert_eq!(unit("ms"), ("seconds".to_owned(), 1e-3));
        assert_eq!(unit("jobs/h"), ("jobs_per_hour".to_owned(), 1.0));
        assert_eq!(unit("failures/h"), ("failures_per_hour".to_owned(), 1.0));
        assert_eq!(unit("jobs/min"), ("jobs_per_minute".to_owned(), 1.0));
        assert_eq!(unit("lock waits"), ("lock_waits".to_owned(), 1.0));
    }
}
