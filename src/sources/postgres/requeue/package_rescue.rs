//! Rescue of stuck jobs in the table of a package: the write changes the version of the row that was shown, or nothing.
//! What becomes of the job then is derived from its row.

use super::declared_row::{id_column, same_version};
use super::operation_sql::{Statements, object, write_end};
use crate::queue::declared::in_relation;
use crate::queue::package::{self, OVERDUE, PLACE, PackageTraits, RescueWrite};
use crate::queue::sql::{ident, literals};
use crate::queue::{Declared, Layout};

/// The key of a stuck job, as SQL over the row `running` of the subquery. The version of the row stands for the claim:
/// worker, time and attempt.
pub(super) fn key(layout: &Layout) -> String {
    let version = ident(Declared::VERSION);
    let has_place = layout.declared.as_ref().is_some_and(|declared| declared.has_column(PLACE));
    let place = if has_place { format!(", 'place', running.{PLACE}") } else { String::new() };
    format!("jsonb_build_object('id', running.id, 'version', running.{version}{place})::text")
}

/// Returns the statements that rescue jobs. Keys are from [`key`]; `claim_age` is the age of their claims after the
/// write, in seconds, if the package frees them.
pub(super) fn statements(
    layout: &Layout,
    (declared, package, rescue): (&Declared, &PackageTraits, &RescueWrite),
    claim_age: u64,
) -> Statements {
    let (jobs, id) = (&layout.relation, id_column(declared));
    let columns: Vec<_> = rescue.set.keys().cloned().collect();
    let asked = format!(
        "select (entry::jsonb ->> 'id')::{} as id, entry::jsonb ->> 'version' as version,
                entry::jsonb ->> 'place' as place
           from unnest($1::text[]) entry",
        layout.id.sql()
    );
    let linked = LinkedRows::new(layout, rescue);
    let set = rescue.set.iter().map(|(column, sql)| {
        let sql = sql.replace("{age}", &claim_age.to_string());
        format!("{} = (select {sql} from (select job.*) as row_of_job)", ident(column))
    });
    // The worker may have become active since the plan, without a change of the row.
    let active = package.rescuer().and_then(|rescuer| rescuer.active.as_ref());
    let inactive = active.map_or_else(String::new, |active| {
        let active = in_relation(&package.condition_of_row(active), jobs);
        format!(" and not {active}")
    });
    let same = |key: &str| format!("{}{inactive}", same_version(declared, &id, key));
    let state = declared.state_of(jobs, "job");
    let claimed = literals(&layout.state_names.claimed);
    let is_stored = match &rescue.rescuer {
        Some(_) => {
            let overdue = in_relation(&package.condition_of_row(&ident(OVERDUE)), jobs);
            format!("{state} in ({claimed}) and {overdue}")
        }
        None => format!("{state} not in ({claimed}) and {}", linked.all_unlocked()),
    };
    let write = format!(
        "with asked as materialized ({asked}), locked as materialized (
           select job.{id} as id, asked.version, asked.place, {columns} as columns, {found} as others
             from asked join {jobs} job on {same_as_asked} for no key update of job skip locked
         ){unlocked}, updated as (
           update {jobs} as job set {set} from locked where {same}
           returning job.{id} as id, locked.columns as previous, {columns} as written,
                     {is_stored} as is_stored
         ){end}",
        columns = object("job", &columns),
        found = linked.found(),
        unlocked = linked.unlock(layout, &same("locked")),
        same_as_asked = same("asked"),
        same = same("locked"),
        set = set.collect::<Vec<_>>().join(", "),
        end = write_end(layout, None, ""),
    );
    let matching = format!(
        "with asked as materialized ({asked})
         select job.{id}::text as id from asked join {jobs} job on {}",
        same("asked")
    );
    Statements { write, verify: None, after_commit: None, matching, held: None, keys: None }
}

/// The rows of another table that are unlocked with the jobs, with the name of the table in SQL.
struct LinkedRows<'a>(Option<(String, &'a package::LinkedRows)>);

impl<'a> LinkedRows<'a> {
    fn new(layout: &Layout, rescue: &'a RescueWrite) -> Self {
        Self(rescue.linked.as_ref().map(|linked| {
            (format!("{}.{}", layout.relation.schema_sql(), ident(&linked.table)), linked)
        }))
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
