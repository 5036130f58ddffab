//! Rows that the database rejects, and when they stop the write.

use std::collections::HashMap;

use super::WriteRun;
use crate::facts::requeue::WriteStop;
use crate::sources::postgres::requeue::stored::NotStored;
use crate::sources::postgres::requeue::write_transaction::Rejection;

/// Number of jobs from which one reason for all of them stops the write.
pub(super) const MIN_REJECTED: usize = 25;

/// Rows that were rejected in a row for one reason. What rejects every row is found out once.
#[derive(Debug, Default)]
pub(crate) struct RejectedRows {
    last: Option<Rejection>,
    pub(super) rows: usize,
}

impl RejectedRows {
    fn add(&mut self, rejection: &Rejection) {
        let same = self.last.as_ref().is_some_and(|last| last.reason == rejection.reason);
        self.rows = if same { self.rows + 1 } else { 1 };
        self.last = Some(rejection.clone());
    }

    /// Stops the write if a batch of `size` jobs, and enough jobs together with those before it, were
    /// rejected for one reason. One odd row stops nothing.
    pub(super) fn check(&self, size: usize) -> Result<(), WriteStop> {
        match &self.last {
            Some(last) if self.rows >= size.max(MIN_REJECTED) => {
                Err(WriteStop::Rejected { jobs: self.rows as u64, message: last.message.clone() })
            }
            _ => Ok(()),
        }
    }
}

impl WriteRun<'_, '_> {
    /// Records a job that the database rejected.
    pub(super) fn record_rejected(&mut self, job: usize, rejection: Rejection) {
        self.rejected.add(&rejection);
        self.outcome.errors.push((self.input.jobs[job], rejection.message));
    }

    /// Records the jobs that must not be committed, and returns the others.
    pub(super) fn record_refused(
        &mut self,
        jobs: &[usize],
        refused: &[(String, NotStored)],
    ) -> Vec<usize> {
        let refused: HashMap<_, _> = refused.iter().map(|(id, why)| (id.as_str(), *why)).collect();
        let mut others = vec![];
        for &job in jobs {
            match refused.get(self.input.jobs[job].to_string().as_str()) {
                Some(refusal) => self.record_rejected(job, (*refusal).into()),
                None => others.push(job),
            }
        }
        others
    }
}
