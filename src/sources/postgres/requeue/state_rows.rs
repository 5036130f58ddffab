//! Rows of other tables that are the state of a job. A requeue deletes the row of the dead letter and inserts one of a
//! queued job, in the statement that writes the job; an undo does the reverse. All of it happens for a job, or nothing.

use std::time::Duration;

use tokio_postgres::types::Type;

use super::columns::RequeueColumns;
use super::declared_row::{id_column, same_version};
use crate::facts::SourceError;
use crate::queue::package::{QueuedRows, StateRows};
use crate::queue::sql::{ident, literal};
use crate::queue::{Declared, Layout};
use crate::sources::postgres::Database;

/// The parts of the statements that move the state of a job; without such tables, parts that change nothing.
pub(super) struct StateRowStatements<'a> {
    layout: &'a Layout,
    declared: &'a Declared,
    rows: Option<&'a StateRows>,
}

impl<'a> StateRowStatements<'a> {
    pub(super) fn new(layout: &'a Layout, declared: &'a Declared) -> Self {
        let rows = declared.package.as_ref().and_then(|package| package.state_rows.as_ref());
        Self { layout, declared, rows }
    }

    /// The join of the dead letter with its row, `dead`, and the condition that `job` and `dead` are the versions of the
    /// rows that `key` names.
    pub(super) fn join_dead(&self, key: &str) -> String {
        let (jobs, id) = (&self.layout.relation, id_column(self.declared));
        let Some(rows) = self.rows else {
            return format!("join {jobs} job on {}", same_version(self.declared, &id, key));
        };
        format!(
            "join {jobs} job on job.{id} = {key}.id and job.xmin::text = {job_version}
             join {table} dead on dead.{job} = job.{id} and dead.xmin::text = {dead_version}",
            job_version = version_of_job(key),
            dead_version = version_of_dead(key),
            table = self.table(&rows.dead),
            job = ident(&rows.job),
        )
    }

    /// The condition that `job` is the version of the row that `key` names.
    pub(super) fn same_job(&self, key: &str) -> String {
        let id = id_column(self.declared);
        match self.rows {
            None => same_version(self.declared, &id, key),
            Some(_) => {
                format!("job.{id} = {key}.id and job.xmin::text = {}", version_of_job(key))
            }
        }
    }

    /// The rows that a requeue locks.
    pub(super) fn locked(&self) -> &'static str {
        if self.rows.is_some() { "job, dead" } else { "job" }
    }

    /// The row of the dead letter as a column of the locked jobs.
    pub(super) fn dead_column(&self) -> &'static str {
        if self.rows.is_some() { ", to_jsonb(dead) as dead" } else { "" }
    }

    /// What the journal has to know of the row of the dead letter, as further pairs of a JSON object.
    pub(super) fn dead_pair(&self) -> &'static str {
        if self.rows.is_some() { ", 'dead', locked.dead" } else { "" }
    }

    /// The CTEs that delete the rows of the locked dead letters and insert those of queued jobs.
    pub(super) fn move_to_queued(&self, columns: &RequeueColumns) -> String {
        let Some(rows) = self.rows else { return String::new() };
        let job = ident(&rows.job);
        let due_at = columns.due_at(&id_column(self.declared));
        let placed = rows.queued.iter().enumerate().map(|(n, queued)| {
            let QueuedRows { table, condition, columns } = queued;
            let value = |sql: &str| sql.replace("{due_at}", &due_at);
            let names: Vec<_> = columns.keys().map(|name| ident(name)).collect();
            let values: Vec<_> = columns.values().map(|sql| value(sql)).collect();
            format!(
                ", placed_{n} as (
                   insert into {table} ({job}, {names})
                   select locked.id, {values} from locked join {jobs} job on {same}
                    where locked.id in (select job from taken) and ({condition})
                   returning {job} as job
                 )",
                table = self.table(table),
                names = names.join(", "),
                values = values.join(", "),
                jobs = self.layout.relation,
                same = self.same_job("locked"),
                condition = value(condition),
            )
        });
        format!(
            ", taken as (
               delete from {table} dead using locked
                where dead.{job} = locked.id and dead.xmin::text = {version} returning dead.{job} as job
             ){placed}",
            table = self.table(&rows.dead),
            version = version_of_dead("locked"),
            placed = placed.collect::<String>(),
        )
    }

    /// The condition that the row `rewritten` has moved.
    pub(super) fn has_moved(&self) -> String {
        let Some(rows) = self.rows else { return "true".to_owned() };
        let placed = (0..rows.queued.len()).map(|n| format!("select job from placed_{n}"));
        format!("rewritten.id in ({})", placed.collect::<Vec<_>>().join(" union all "))
    }

    /// The condition that one of the rows of a queued job is that of the requeue, whose version `key` has.
    pub(super) fn is_still_queued(&self, key: &str) -> String {
        let Some(rows) = self.rows else { return "true".to_owned() };
        let job = ident(&rows.job);
        let found = rows.queued.iter().map(|queued| {
            format!(
                "exists (select from {} queued where queued.{job} = {key}.id and queued.xmin::text = {key}.version)",
                self.table(&queued.table)
            )
        });
        format!("({})", found.collect::<Vec<_>>().join(" or "))
    }

    /// The column with the row of the dead letter, of a journal entry.
    pub(super) fn dead_of_entry(&self) -> &'static str {
        if self.rows.is_some() { ", entry::jsonb -> 'written' -> 'dead' as dead" } else { "" }
    }

    /// That column of the requested jobs.
    pub(super) fn dead_of_asked(&self) -> &'static str {
        if self.rows.is_some() { ", asked.dead" } else { "" }
    }

    /// The CTEs that delete the rows of the locked jobs that no worker has claimed, and insert those of the dead letters.
    pub(super) fn move_back(&self) -> String {
        let Some(rows) = self.rows else { return String::new() };
        let job = ident(&rows.job);
        let freed = rows.queued.iter().enumerate().map(|(n, queued)| {
            let table = self.table(&queued.table);
            // A worker that claims the row has locked it, and deletes it.
            format!(
                ", free_{n} as materialized (
                   select queued.{job} as job from locked join {table} queued
                       on queued.{job} = locked.id and queued.xmin::text = locked.version
                      for update of queued skip locked
                 ), freed_{n} as (
                   delete from {table} queued using free_{n} where queued.{job} = free_{n}.job returning queued.{job} as job
                 )"
            )
        });
        let dead = self.table(&rows.dead);
        let freed_jobs = (0..rows.queued.len()).map(|n| format!("select job from freed_{n}"));
        format!(
            "{freed}, died as (
               insert into {dead} select dead.*
                 from locked cross join lateral jsonb_populate_record(null::{dead}, locked.dead) as dead
                where locked.id in ({freed_jobs}) returning {job} as job
             )",
            freed = freed.collect::<String>(),
            freed_jobs = freed_jobs.collect::<Vec<_>>().join(" union all "),
        )
    }

    /// The condition that the row `locked` has moved back.
    pub(super) fn has_moved_back(&self) -> &'static str {
        if self.rows.is_some() { "locked.id in (select job from died)" } else { "true" }
    }

    fn table(&self, name: &str) -> String {
        format!("{}.{}", self.layout.relation.schema_sql(), ident(name))
    }
}

/// The version of a dead letter is that of its two rows, see [`Declared::subquery`].
fn version_of_job(key: &str) -> String {
    format!("(({key}.version::bigint >> 32) & 4294967295)::text")
}

fn version_of_dead(key: &str) -> String {
    format!("({key}.version::bigint & 4294967295)::text")
}

/// Returns the first privilege on the other tables, and on their sequences, that this role lacks, with its object.
pub(super) async fn missing_privilege(
    db: &Database,
    layout: &Layout,
    timeout: Duration,
) -> Result<Option<(String, String)>, SourceError> {
    let Some(rows) = layout.package().and_then(|package| package.state_rows.as_ref()) else {
        return Ok(None);
    };
    let schema = layout.relation.schema_sql();
    let table = |name: &str| format!("{schema}.{}", ident(name));
    // An undo inserts into the one and deletes from the others. Locking a row needs UPDATE of any column.
    let tables = rows.queued.iter().map(|queued| &queued.table).chain([&rows.dead]);
    let tables: Vec<_> = tables.map(|name| table(name)).collect();
    let statement = format!(
        "select privilege, object from (
           select privilege, name as object, 1 as rank
             from pg_catalog.unnest($1::text[]) name
            cross join (values ('INSERT'), ('DELETE'), ('UPDATE')) wanted(privilege)
            where not case privilege
                    when 'UPDATE' then pg_catalog.has_any_column_privilege(name, privilege)
                    else pg_catalog.has_table_privilege(name, privilege) end
           union all
           select 'USAGE', 'SEQUENCE ' || s.oid::pg_catalog.regclass, 2
             from pg_catalog.unnest($1::text[]) name
             join pg_catalog.pg_depend d on d.refobjid = pg_catalog.to_regclass(name) and d.deptype = 'a'
              and d.classid = {class}::pg_catalog.regclass and d.refclassid = d.classid
             join pg_catalog.pg_class s on s.oid = d.objid
            -- The function fails for what is no sequence.
            where case when s.relkind = 'S' then not pg_catalog.has_sequence_privilege(s.oid, 'USAGE') end) missing
          order by rank, object, privilege limit 1",
        class = literal("pg_catalog.pg_class")
    );
    let found = db.rows(timeout, &statement, &[(&tables, Type::TEXT_ARRAY)]).await?;
    Ok(found.first().map(|row| (row.get("privilege"), row.get("object"))))
}
