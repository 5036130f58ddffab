//! `dlq.trend`: do more jobs die in this hour than in the one before?

use super::{Check, DeadLetterTrend, Evidence, Finding, Observed, Status, count_text, limit_text};
use crate::checks::compare;
use crate::facts::queue::Count;
use crate::facts::{Section, Thresholds};

/// Deaths in the last hour beyond those of the hour before.
pub const CHECK: Check<Observed<DeadLetterTrend>> = Check {
    id: "dlq.trend",
    title: "trend of the deaths",
    section: Section::DeadLetters,
    evaluate,
};

fn evaluate(
    check: &Check<Observed<DeadLetterTrend>>,
    seen: &Observed<DeadLetterTrend>,
    limits: &Thresholds,
) -> Vec<Finding> {
    let flow = match &seen.result {
        Ok(flow) => flow,
        Err(error) => {
            let message = format!("not read: {error}");
            let finding = check.finding(Status::Unknown, check.title, message);
            return vec![finding.next("cliplyctl dlq groups")];
        }
    };
    let (Some(last), Some(before)) =
        (&flow.dead_lettered_last_hour, &flow.dead_lettered_hour_before)
    else {
        return vec![check.finding(Status::Ok, check.title, "this schema keeps no dead letters")];
    };
    let (Some(now), Some(then)) = (last.at_least(), before.at_least()) else {
        return vec![check.finding(Status::Unknown, check.title, count_text(last))];
    };
    let rise = now.saturating_sub(then);
    let limit = limits.dead_trend;
    let verdict = match (last, compare(rise as f64, limit)) {
        // At least so many now, exactly so many before: the rise may be larger than it looks.
        (Count::AtLeast(_), Status::Ok) => Status::Unknown,
        (_, verdict) => verdict,
    };
    let word = match now.cmp(&then) {
        std::cmp::Ordering::Greater => "rising",
        std::cmp::Ordering::Equal => "steady",
        std::cmp::Ordering::Less => "falling",
    };
    let message = format!(
        "{word}: {} died in the last hour, {} in the hour before",
        count_text(last),
        count_text(before)
    );
    let finding = check
        .finding(verdict, check.title, message)
        .evidence(Evidence::number(rise as f64, "jobs/h", seen.at, &seen.source))
        .threshold(limit_text(limit, "jobs/h"));
    vec![if verdict == Status::Ok { finding } else { finding.next("cliplyctl dlq groups") }]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;

    fn evaluate(last: Count, before: Count) -> Finding {
        let flow = DeadLetterTrend {
            dead_lettered_last_hour: Some(last),
            dead_lettered_hour_before: Some(before),
            oldest_unfinished_age: None,
        };
        let (source, at) = ("public.jobs".to_owned(), Timestamp::UNIX_EPOCH);
        let seen = Observed { source, at, took: Duration::ZERO, result: Ok(flow) };
        CHECK.run(&seen, &Thresholds::default()).remove(0)
    }

    #[test]
    fn rising_trend_is_evaluated_and_falling_trend_is_ok() {
        for (last, before, verdict, word) in [
            (0, 0, Status::Ok, "steady"),
            (12, 3, Status::Ok, "rising"),
            (13, 3, Status::Warning, "rising"),
            (90, 40, Status::Critical, "rising"),
            (40, 90, Status::Ok, "falling"),
        ] {
            let finding = evaluate(Count::Exact(last), Count::Exact(before));
            assert_eq!(finding.status, verdict, "{finding:?}");
            assert!(finding.message.starts_with(word), "{finding:?}");
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
