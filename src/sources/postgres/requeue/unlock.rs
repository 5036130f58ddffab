//! Rescue of stuck jobs in the table of a package: the write unlocks the version of the row that was shown, or nothing.
//! What becomes of the job then is derived from its row.

use super::operation_sql::{Statements, object, write_end};
use crate::queue::package::{self, Unlock};
use crate::queue::sql::{ident, literals};
use crate::queue::{Declared, Layout};

/// The key of a stuck job, as SQL over the row `running` of the subquery.
pub(super) fn key() -> String {
    let version = ident(Declared::VERSION);
    format!("jsonb_build_object('id', running.id, 'version', running.{version})::text")
}

/// Returns the statements that unlock jobs. Keys are from [`key`].
pub(super) fn statements(layout: &Layout, declared: &Declared, unlock: &Unlock) -> Statements {
    let jobs = &layout.relation;
    let id = ident(declared.id_column.as_deref().unwrap_or("id"));
    let columns: Vec<_> = unlock.set.keys().cloned().collect();
    let asked = format!(
        "select (entry::jsonb ->> 'id')::{} as id, entry::jsonb ->> 'version' as version
           from unnest($1::text[]) entry",
        layout.id.sql()
    );
    let same = |key: &str| format!("job.{id} = {key}.id and job.xmin::text = {key}.version");
    let linked = LinkedRows::new(layout, unlock);
    let set = unlock.set.iter().map(|(column, sql)| {
        format!("{} = (select {sql} from (select job.*) as row_of_job)", ident(column))
    });
    let write = format!(
        "with asked as materialized ({asked}), locked as materialized (
           select job.{id} as id, asked.version, {columns} as columns, {found} as others
             from asked join {jobs} job on {same_as_asked} for no key update of job skip locked
         ){unlocked}, updated as (
           update {jobs} as job set {set} from locked where {same}
           returning job.{id} as id, locked.columns as previous, {columns} as written,
                     {state} not in ({claimed}) and {all_unlocked} as is_stored
         ){end}",
        columns = object("job", &columns),
        found = linked.found(),
        unlocked = linked.unlock(layout, &same("locked")),
        all_unlocked = linked.all_unlocked(),
        same_as_asked = same("asked"),
        same = same("locked"),
        set = set.collect::<Vec<_>>().join(", "),
        state = declared.state_of(jobs, "job"),
        claimed = literals(&layout.state_names.claimed),
        end = write_end(layout, None, ""),
    );
    let matching = format!(
        "with asked as materialized ({asked})
         select job.{id}::text as id from asked join {jobs} job on {}",
        same("asked")
    );
    Statements { write, verify: None, after_commit: None, matching, keys: None }
}

/// The rows of another table that are unlocked with the jobs: its name in SQL, the condition, and the assignments.
struct LinkedRows<'a>(Option<(String, &'a package::LinkedRows)>);

impl<'a> LinkedRows<'a> {
    fn new(layout: &Layout, unlock: &'a Unlock) -> Self {
        Self(
            unlock.also.as_ref().map(|also| {
                (format!("{}.{}", layout.relation.schema_sql(), ident(&also.table)), also)
            }),
        )
    }

    fn found(&self) -> String {
        let Some((table, package::LinkedRows { condition, .. })) = &self.0 else {
            return "0".to_owned();
        };
        format!("(select count(*) from {table} other where {condition})")
    }

    fn unlock(&self, layout: &Layout, same: &str) -> String {
        let Some((table, package::LinkedRows { condition, set, .. })) = &self.0 else {
            return String::new();
        };
        format!(
            ", unlocked as (
               update {table} as other set {set} from locked join {jobs} job on {same} where {condition}
               returning locked.id as job
             )",
            jobs = layout.relation
        )
    }

    /// The condition that no row of the other table is still locked: a policy could hide one from the update.
    fn all_unlocked(&self) -> &'static str {
        match self.0 {
            None => "true",
            Some(_) => {
                // The counts are hashed once: one subquery for each job would read all rows again.
                "(locked.others = 0 or (locked.id, locked.others) in \
                 (select unlocked.job, count(*) from unlocked group by unlocked.job))"
            }
        }
    }
}
