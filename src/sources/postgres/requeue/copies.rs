//! Copies of dead letters in another queue: a requeue cancels them in the same statement, an undo restores them.

use super::declared_row::{id_column, same_version};
use crate::queue::package::Copies;
use crate::queue::sql::ident;
use crate::queue::{Declared, Layout};

/// The parts of the statements that cancel and restore the copies of dead letters in another queue.
pub(super) struct CopyStatements<'a> {
    layout: &'a Layout,
    declared: &'a Declared,
    /// The copies of the package, and the column of their queue.
    package: Option<(&'a Copies, String)>,
}

impl<'a> CopyStatements<'a> {
    pub(super) fn new(layout: &'a Layout, declared: &'a Declared) -> Self {
        let package = declared
            .package
            .as_ref()
            .and_then(|package| Some((package.copies.as_ref()?, ident(package.place.as_ref()?))));
        Self { layout, declared, package }
    }

    /// Ids and queues of the copies of the row `job`.
    pub(super) fn found(&self) -> String {
        let Some((Copies { condition, .. }, place)) = &self.package else {
            return "null::jsonb".to_owned();
        };
        format!(
            "(select jsonb_agg(jsonb_build_object('id', copy.{id}, 'place', copy.{place}))
                from {jobs} copy where {condition})",
            id = id_column(self.declared),
            jobs = self.layout.relation
        )
    }

    /// The CTE that cancels the copies of the locked jobs.
    pub(super) fn cancel(&self) -> String {
        let Some((Copies { condition, cancel, .. }, _)) = &self.package else {
            return String::new();
        };
        format!(
            ", canceled as (
               update {jobs} as copy set {cancel}
                 from locked join {jobs} job on {same}
                where {condition}
               returning locked.id as job
             )",
            jobs = self.layout.relation,
            same = same_version(self.declared, &id_column(self.declared), "locked"),
        )
    }

    /// The condition that all copies were canceled: one that is redriven at the same time is locked, and gone then.
    pub(super) fn all_canceled(&self) -> &'static str {
        match self.package {
            None => "true",
            Some(_) => {
                // The counts are hashed once: one subquery for each job would read all copies again.
                "(rewritten.copies is null or (rewritten.id, jsonb_array_length(rewritten.copies)::bigint) in \
                 (select canceled.job, count(*) from canceled group by canceled.job))"
            }
        }
    }

    /// The CTE that restores the copies of the locked jobs, if no other transaction has written them since.
    pub(super) fn restore(&self) -> String {
        let Some((Copies { restore, .. }, place)) = &self.package else { return String::new() };
        format!(
            ", restored as (
               update {jobs} as copy set {restore}
                 from locked cross join lateral
                      jsonb_to_recordset(coalesce(nullif(locked.copies, 'null'), '[]')) as wanted(id {id_type}, place text)
                where copy.{id} = wanted.id and copy.{place} = wanted.place and copy.xmin::text = locked.version
             )",
            jobs = self.layout.relation,
            id = id_column(self.declared),
            id_type = self.layout.id.sql(),
        )
    }
}
