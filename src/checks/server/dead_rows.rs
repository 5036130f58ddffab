//! `db.dead_rows`: does vacuum keep up with the jobs table?

use super::{Check, ServerFacts, measured, metric_finding};
use crate::facts::{Finding, Section, Thresholds};
use crate::text;

/// Row versions that nobody sees and every scan of the queue must step over.
pub const CHECK: Check<ServerFacts> = Check {
    id: "db.dead_rows",
    title: "dead rows of public.jobs",
    section: Section::Backlog,
    evaluate,
};

/// Below this many they slow nothing down, whatever their share.
const FEW: u64 = 10_000;

fn evaluate(check: &Check<ServerFacts>, facts: &ServerFacts, limits: &Thresholds) -> Vec<Finding> {
    metric_finding(check, facts, |server| {
        let rows = server.jobs.as_ref()?;
        let all = (rows.live + rows.dead).max(1);
        let percent = (rows.dead as f64 / all as f64 * 100.0).floor();
        let vacuum = match rows.vacuum_age {
            Some(age) => format!("last vacuum {} ago", text::age(age)),
            None => "never vacuumed".to_owned(),
        };
        let dead = text::count(rows.dead);
        let message = format!("{dead} dead row versions in jobs ({percent} %), {vacuum}");
        let judged = if rows.dead < FEW { 0.0 } else { percent };
        Some(measured(check, facts, (judged, "%"), limits.dead_rows, message))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::evaluate;
    use super::*;
    use crate::facts::Status;
    use crate::facts::server::{ServerStatus, TableRows};

    fn verdict(live: u64, dead: u64) -> Status {
        let jobs = Some(TableRows { live, dead, vacuum_age: Some(60.0) });
        evaluate(&CHECK, ServerStatus { jobs, ..ServerStatus::default() }).remove(0).status
    }

    #[test]
    fn dead_row_share_is_a_warning_only_in_large_tables() {
        assert_eq!(verdict(100_000, 50_000), Status::Ok);
        assert_eq!(verdict(100_000, 90_000), Status::Warning);
        assert_eq!(verdict(10, 9_999), Status::Ok);
    }
}
