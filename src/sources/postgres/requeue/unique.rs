//! Unique indexes that a requeue could violate, found when the plan is made.
//!
//! A dead letter often does not hold its unique key, so that a newer job may. The server evaluates the predicate and
//! the keys of each index on the row as the requeue would leave it; the package's own rules are not imitated.

use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::facts::SourceError;
use crate::queue::package::{PackageTraits, RefusedJobs};
use crate::queue::sql::{ident, literal};
use crate::queue::{Declared, Layout};
use crate::sources::postgres::Database;

/// A unique index that is not the primary key. Of partitions with the same index, one stands for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UniqueIndex {
    name: String,
    /// Columns or expressions.
    keys: Vec<String>,
    predicate: Option<String>,
}

const UNIQUE_INDEXES: &str = include_str!("unique_indexes.sql");

/// Reads the unique indexes of the table and of its partitions.
pub(crate) async fn read(
    db: &Database,
    layout: &Layout,
    timeout: Duration,
) -> Result<Vec<UniqueIndex>, SourceError> {
    let relation = layout.relation.to_string();
    let rows = db.rows(timeout, UNIQUE_INDEXES, &[(&relation, Type::TEXT)]).await?;
    let index = |row: &Row| UniqueIndex {
        name: row.get("name"),
        keys: row.get("keys"),
        predicate: row.get("predicate"),
    };
    Ok(rows.iter().map(index).collect())
}

/// Returns the join that adds to the rows `jobs` of the plan: `conflict`, the job that holds a key of the requeued
/// row; `unique_keys`, the keys that the requeued row would hold; `refused`, why the job must not be requeued; `held_up`,
/// why it will wait.
pub(crate) fn join(layout: &Layout, declared: &Declared, indexes: &[UniqueIndex]) -> String {
    let Some(package) = &declared.package else { return String::new() };
    let id = ident(declared.id_column.as_deref().unwrap_or("id"));
    let holders: Vec<_> = indexes.iter().map(|index| index.holder(layout, &id)).collect();
    let keys: Vec<_> = indexes.iter().map(|index| index.key(layout)).collect();
    let place = package.place.as_ref();
    let same_place = place.map(|place| format!(" and job.{} = jobs.place", ident(place)));
    format!(
        " left join lateral (
            select coalesce({holders}null::text) as conflict,
                   array_remove(array[{keys}]::text[], null) as unique_keys, {refused} as refused,
                   {held_up}::text as held_up
              from {relation} job cross join lateral jsonb_populate_record(job, {new}) as new
             where job.{id} = jobs.id{same_place}
          ) as requeued on true",
        holders = holders.iter().map(|sql| format!("{sql}, ")).collect::<String>(),
        keys = keys.join(", "),
        refused = refused(layout, package),
        held_up = match &package.held_up {
            Some(sql) => format!("({})", declared_condition(layout, sql)),
            None => "null".to_owned(),
        },
        relation = layout.relation,
        new = new_values(declared, package),
        same_place = same_place.unwrap_or_default(),
    )
}

/// The first reason of the package that forbids a requeue.
fn refused(layout: &Layout, package: &PackageTraits) -> String {
    let cases = package.refused.iter().map(|RefusedJobs { condition, why }| {
        let condition = declared_condition(layout, condition);
        format!("when (select {condition} from (select job.*) as row_of_job) then {}", literal(why))
    });
    let cases: Vec<_> = cases.collect();
    match cases.is_empty() {
        true => "null::text".to_owned(),
        false => format!("case {} end", cases.join(" ")),
    }
}

fn declared_condition(layout: &Layout, condition: &str) -> String {
    crate::queue::declared::in_relation(condition, &layout.relation)
}

/// The values that a requeue sets in the row `job`, as JSON.
fn new_values(declared: &Declared, package: &PackageTraits) -> String {
    let fixed = declared.requeue.as_ref().map(|requeue| {
        let mut fixed = serde_json::to_value(&requeue.set).unwrap_or_default();
        if let Some(object) = fixed.as_object_mut() {
            let nulls = requeue.null.iter().map(|name| (name.clone(), serde_json::Value::Null));
            object.extend(nulls);
        }
        fixed
    });
    let fixed = literal(&fixed.unwrap_or_default().to_string());
    let assigned = package.assignments.keys().map(|column| {
        format!("{}, {}", literal(column), package.value(column, "job", "now()", "'{}'::jsonb"))
    });
    let assigned: Vec<_> = assigned.collect();
    format!("{fixed}::jsonb || jsonb_build_object({})", assigned.join(", "))
}

impl UniqueIndex {
    /// The id of another job that holds the key of the row `new`, with the name of the index.
    fn holder(&self, layout: &Layout, id: &str) -> String {
        let same: Vec<_> =
            (0..self.keys.len()).map(|n| format!("held.key_{n} = wanted.key_{n}")).collect();
        format!(
            "(select concat({name}, ': job ', held.id, ' has the same key')
                from (select {keys} {of_new}) wanted
                join (select {id} as id, {keys} from {relation} {condition}) held on {same}
               where held.id <> job.{id} limit 1)",
            name = literal(&self.name),
            keys = self.key_columns(),
            of_new = self.of_new(layout),
            relation = layout.relation,
            condition = self.condition(),
            same = same.join(" and "),
        )
    }

    /// The key that the row `new` would hold; NULL if it holds none.
    fn key(&self, layout: &Layout) -> String {
        let columns: Vec<_> = (0..self.keys.len()).map(|n| format!("wanted.key_{n}")).collect();
        let known: Vec<_> = columns.iter().map(|column| format!("{column} is not null")).collect();
        format!(
            "(select concat({name}, ':', md5(row({columns})::text))
                from (select {keys} {of_new}) wanted where {known})",
            name = literal(&self.name),
            columns = columns.join(", "),
            keys = self.key_columns(),
            of_new = self.of_new(layout),
            known = known.join(" and "),
        )
    }

    fn key_columns(&self) -> String {
        let keys = self.keys.iter().enumerate();
        keys.map(|(n, key)| format!("({key}) as key_{n}")).collect::<Vec<_>>().join(", ")
    }

    /// The row `new` under the name of the table, if it satisfies the predicate.
    fn of_new(&self, layout: &Layout) -> String {
        format!("from (select new.*) as {} {}", ident(&layout.relation.name), self.condition())
    }

    fn condition(&self) -> String {
        self.predicate.as_ref().map(|sql| format!("where {sql}")).unwrap_or_default()
    }
}
