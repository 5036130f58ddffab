//! A snapshot in the OpenMetrics format, with HELP, TYPE and UNIT. Unknown values have no sample.

use std::fmt::Write as _;

use super::prometheus::escape;
use crate::facts::snapshot::{GroupLine, KindLine, METRICS, Snapshot};
use crate::report::Provenance;

/// The labels and the value of a sample.
type MetricSample = (Vec<(&'static str, String)>, f64);

/// Renders all metrics and the end marker.
pub(crate) fn render(snapshot: &Snapshot, from: &Provenance) -> String {
    let context = from.context.as_deref().unwrap_or_default();
    let mut page = MetricsText { text: String::new(), context: escape(context) };
    let unlabeled = |value: f64| vec![(vec![], value)];
    page.metric(
        "cliplyctl_status",
        "",
        "Status: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.",
        unlabeled(snapshot.status.number().into()),
    );
    let checks = snapshot.failed_checks.iter().map(|failed_check| {
        (vec![("check", failed_check.check.clone())], f64::from(failed_check.status.number()))
    });
    let about = "Status of a check that is not OK. A check that is OK has no sample.";
    page.metric("cliplyctl_check_status", "", about, checks.collect());
    for doc in &METRICS {
        let Some(measure) = snapshot.metrics.get(doc.metric) else { continue };
        let unit = doc.unit.replace("/min", "_per_minute");
        let name = if doc.name == unit { unit.clone() } else { format!("{}_{unit}", doc.name) };
        page.metric(&format!("cliplyctl_{name}"), &unit, doc.about, unlabeled(measure.value));
    }
    let bounds = METRICS
        .iter()
        .filter(|doc| snapshot.metrics.get(doc.metric).is_some_and(|measure| measure.at_least));
    let bounds = bounds.map(|doc| (vec![("metric", doc.name.to_owned())], 1.0)).collect();
    page.metric("cliplyctl_lower_bound", "", "1 if the metric is a lower bound.", bounds);
    kinds(&mut page, &snapshot.detail.kinds);
    causes(&mut page, &snapshot.detail.causes);
    let seconds = snapshot.at.as_millisecond() as f64 / 1e3;
    let about = "Time of the snapshot, in seconds since 1970. Alert if it is old.";
    page.metric("cliplyctl_snapshot_timestamp_seconds", "seconds", about, unlabeled(seconds));
    let about = "Duration of the slowest query of the snapshot.";
    let took = snapshot.took.as_secs_f64();
    page.metric("cliplyctl_snapshot_duration_seconds", "seconds", about, unlabeled(took));
    page.text.push_str("# EOF\n");
    page.text
}

fn kinds(page: &mut MetricsText, kinds: &[KindLine]) {
    let jobs = |count: fn(&KindLine) -> Option<f64>| {
        let sample = |line: &KindLine| Some((vec![("kind", line.kind.clone())], count(line)?));
        kinds.iter().filter_map(sample).collect::<Vec<_>>()
    };
    let due = jobs(|line| Some(line.due as f64));
    page.metric("cliplyctl_kind_due_jobs", "jobs", "Due jobs of a kind.", due);
    let running = jobs(|line| Some(line.claimed as f64));
    let about = "Claimed jobs of a kind, running or stuck.";
    page.metric("cliplyctl_kind_claimed_jobs", "jobs", about, running);
    let dead = jobs(|line| Some(line.dead as f64));
    page.metric("cliplyctl_kind_dead_jobs", "jobs", "Dead letters of a kind.", dead);
    let oldest = jobs(|line| line.oldest_due);
    let about = "Time since the oldest due job of a kind became due.";
    page.metric("cliplyctl_kind_oldest_due_seconds", "seconds", about, oldest);
}

fn causes(page: &mut MetricsText, causes: &[GroupLine]) {
    let jobs = |count: fn(&GroupLine) -> u64| {
        let labels =
            |line: &GroupLine| vec![("group", line.group.clone()), ("kind", line.kind.clone())];
        causes.iter().map(|line| (labels(line), count(line) as f64)).collect::<Vec<_>>()
    };
    let about = "Dead letters of a group, among the newest ones.";
    page.metric("cliplyctl_cause_jobs", "jobs", about, jobs(|line| line.jobs));
    let about = "Jobs of a group dead-lettered in the last 15 minutes.";
    page.metric("cliplyctl_cause_recent_jobs", "jobs", about, jobs(|line| line.recent));
}

struct MetricsText {
    text: String,
    context: String,
}

impl MetricsText {
    fn metric(&mut self, name: &str, unit: &str, about: &str, samples: Vec<MetricSample>) {
        if samples.is_empty() {
            return;
        }
        let text = &mut self.text;
        _ = writeln!(text, "# HELP {name} {about}\n# TYPE {name} gauge");
        if !unit.is_empty() {
            _ = writeln!(text, "# UNIT {name} {unit}");
        }
        for (labels, value) in samples {
            let mut all_labels = format!("context=\"{}\"", self.context);
            for (label, value) in labels {
                _ = write!(all_labels, ",{label}=\"{}\"", escape(&value));
            }
            _ = writeln!(text, "{name}{{{all_labels}}} {value}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Status;
    use crate::facts::snapshot::{Metric, MetricValues, SnapshotDetail};

    #[test]
    fn metric_names_end_with_units_and_unknown_values_are_omitted() {
        let mut metrics = MetricValues::default();
        metrics.exact(Metric::Workers, Some(2.0));
        metrics.exact(Metric::Throughput, Some(1.5));
        let snapshot = Snapshot {
            at: jiff::Timestamp::UNIX_EPOCH,
            took: std::time::Duration::ZERO,
            status: Status::Unknown,
            section: None,
            failed_checks: vec![],
            evaluated: vec![],
            server_time: None,
            server: None,
            metrics,
            detail: SnapshotDetail::default(),
        };
        let text = render(&snapshot, &Provenance::default());
        assert!(text.contains("# UNIT cliplyctl_workers workers\n"), "{text}");
        assert!(
            text.contains("cliplyctl_throughput_jobs_per_minute{context=\"\"} 1.5\n"),
            "{text}"
        );
        assert!(text.contains("cliplyctl_status{context=\"\"} 3\n"), "{text}");
        assert!(!text.contains("due_jobs"), "{text}");
        assert!(text.ends_with("# EOF\n"));
        for line in text.lines().filter_map(|line| line.strip_prefix("# UNIT ")) {
            let (name, unit) = line.split_once(' ').unwrap();
            assert!(name.ends_with(&format!("_{unit}")), "{line}");
        }
    }
}
