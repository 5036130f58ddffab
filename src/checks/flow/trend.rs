//! `dlq.trend`: dead-lettered jobs of the last hour compared with the hour before.

use super::{
    Check, DeadLetterTrend, Evidence, Finding, Observed, Status, count_text, not_counted_status,
    threshold_text,
};
use crate::checks::compare;
use crate::checks::next;
use crate::checks::queue::acknowledged_text;
use crate::facts::queue::Count;
use crate::facts::{Section, Thresholds};

/// Check of how many more jobs were dead-lettered in the last hour than in the hour before.
pub(crate) const CHECK: Check<Observed<DeadLetterTrend>> = Check {
    id: "dlq.trend",
    title: "trend of dead-lettered jobs",
    section: Section::DeadLetters,
    evaluate,
};

fn evaluate(
    check: &Check<Observed<DeadLetterTrend>>,
    observed: &Observed<DeadLetterTrend>,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    let trend = match &observed.result {
        Ok(trend) => trend,
        Err(error) => {
            let message = format!("not read: {error}");
            let finding = check.finding(Status::Unknown, check.title, message);
            return vec![finding.next_step(next::GROUPS)];
        }
    };
    let (Some(last), Some(before)) =
        (&trend.dead_lettered_last_hour, &trend.dead_lettered_hour_before)
    else {
        return vec![check.finding(Status::Ok, check.title, "this table has no dead letters")];
    };
    let (acknowledged, acknowledged_before) = trend.acknowledged;
    let counted = (last.without(acknowledged), before.without(acknowledged_before));
    let (Some(now), Some(then)) = (counted.0.at_least(), counted.1.at_least()) else {
        let status = not_counted_status(last);
        return vec![check.finding(status, check.title, count_text(last))];
    };
    let increase = now.saturating_sub(then);
    let threshold = thresholds.dead_trend;
    let status = match (last, compare(increase as f64, threshold)) {
        // The count of the last hour is a lower bound, so the rise may be larger.
        (Count::AtLeast(_), Status::Ok) => Status::Unknown,
        (_, status) => status,
    };
    let (last_hour, hour_before) = (count_text(last), count_text(before));
    // It starts as the message of `dlq.inflow`, which a summary drops then.
    let message = match acknowledged {
        0 => {
            format!("{last_hour} dead-lettered in the last hour ({hour_before} in the hour before)")
        }
        jobs => format!(
            "{last_hour} dead-lettered in the last hour{}, {hour_before} in the hour before",
            acknowledged_text(jobs)
        ),
    };
    let finding = check
        .finding(status, check.title, message)
        .evidence(Evidence::number(increase as f64, "jobs/h", observed.at, &observed.source))
        .threshold(threshold_text(threshold, "jobs/h"));
    vec![if status == Status::Ok { finding } else { finding.next_step(next::GROUPS) }]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;

    fn evaluate(last: Count, before: Count) -> Finding {
        let trend = DeadLetterTrend {
            acknowledged: (0, 0),
            dead_lettered_last_hour: Some(last),
            dead_lettered_hour_before: Some(before),
            oldest_unfinished_age: None,
        };
        let (source, at) = ("public.jobs".to_owned(), Timestamp::UNIX_EPOCH);
        let observed = Observed { source, at, took: Duration::ZERO, result: Ok(trend) };
        CHECK.run(&observed, &Thresholds::default()).remove(0)
    }

    #[test]
    fn rising_trend_is_evaluated_and_falling_trend_is_ok() {
        for (last, before, status) in [
            (0, 0, Status::Ok),
            (12, 3, Status::Ok),
            (13, 3, Status::Warning),
            (90, 40, Status::Critical),
            (40, 90, Status::Ok),
        ] {
            let finding = evaluate(Count::Exact(last), Count::Exact(before));
            assert_eq!(finding.status, status, "{finding:?}");
            let expected =
                format!("{last} dead-lettered in the last hour ({before} in the hour before)");
            assert_eq!(finding.message, expected);
        }
    }

    #[test]
    fn trend_without_counts_is_unknown() {
        let missing = || Count::NotCounted("no index".to_owned());
        assert_eq!(evaluate(missing(), missing()).status, Status::Unknown);
        assert_eq!(evaluate(Count::AtLeast(5), Count::Exact(0)).status, Status::Unknown);
        assert_eq!(evaluate(Count::AtLeast(50), Count::Exact(0)).status, Status::Critical);
    }
}
