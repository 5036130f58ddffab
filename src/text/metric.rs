//! The text of a metric value.

use crate::facts::snapshot::MetricDoc;

/// Formats a value with its unit: `1,234`, `41m 34s`, `2.5/min`.
pub(crate) fn format_metric(doc: &MetricDoc, value: f64) -> String {
    match doc.unit {
        "seconds" => super::age(value),
        "jobs/min" => format!("{value:.1}/min"),
        _ => super::count(value.max(0.0).round() as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::snapshot::{METRICS, Metric};

    #[test]
    fn metric_value_is_formatted_with_its_unit() {
        let text = |metric: Metric, value| format_metric(&METRICS[metric as usize], value);
        assert_eq!(text(Metric::Due, 1_234.4), "1,234");
        assert_eq!(text(Metric::OldestDue, 2_494.0), "41m 34s");
        assert_eq!(text(Metric::Throughput, 2.49), "2.5/min");
        assert_eq!(text(Metric::Workers, -1.0), "0", "no count is below nothing");
    }
}
