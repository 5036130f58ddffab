//! `db.dead_rows`: dead rows of the jobs table that vacuum has not removed.

use super::{Check, ServerFacts, metric_finding, number_finding};
use crate::facts::{Finding, Section, Thresholds};
use crate::text;

/// Check of the share of dead row versions, in percent. Every scan of the queue has to skip them.
pub(crate) const CHECK: Check<ServerFacts> = Check {
    id: "db.dead_rows",
    title: "dead rows of the jobs table",
    section: Section::Backlog,
    evaluate,
};

/// The number of dead rows below which their share is ignored.
const IGNORED_BELOW: u64 = 10_000;

fn evaluate(
    check: &Check<ServerFacts>,
    facts: &ServerFacts,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    metric_finding(check, facts, |server| {
        let rows = server.jobs.as_ref()?;
        let total = (rows.live + rows.dead).max(1);
        let percent = (rows.dead as f64 / total as f64 * 100.0).floor();
        let vacuum = match rows.vacuum_age {
            Some(age) => format!("last vacuum {} ago", text::age(age)),
            None => "never vacuumed".to_owned(),
        };
        let dead = text::count(rows.dead);
        let message = format!("{dead} dead row versions in jobs ({percent}%), {vacuum}");
        let value = if rows.dead < IGNORED_BELOW { 0.0 } else { percent };
        Some(number_finding(check, facts, (value, "%"), thresholds.dead_rows, message))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::evaluate;
    use super::*;
    use crate::facts::Status;
    use crate::facts::server::{ServerStatus, TableRows};

    fn status(live: u64, dead: u64) -> Status {
        let jobs = Some(TableRows { live, dead, vacuum_age: Some(60.0) });
        evaluate(&CHECK, ServerStatus { jobs, ..ServerStatus::default() }).remove(0).status
    }

    #[test]
    fn dead_row_share_is_a_warning_only_in_large_tables() {
        assert_eq!(status(100_000, 50_000), Status::Ok);
        assert_eq!(status(100_000, 90_000), Status::Warning);
        assert_eq!(status(10, 9_999), Status::Ok);
    }
}
