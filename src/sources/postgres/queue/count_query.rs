//! One statement over the rows of some roles.

use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::CountRequest;
use crate::facts::SourceError;
use crate::queue::{Layout, Lifecycle, sql};
use crate::sources::postgres::Database;
use crate::sources::postgres::queue::totals::{CountRow, Coverage};

/// The rows of one query: which roles and values, and whether split by kind.
pub(crate) struct Slice {
    pub(crate) roles: Vec<Lifecycle>,
    /// `None`: every row.
    pub(crate) values: Option<Vec<String>>,
    pub(crate) by_kind: bool,
    pub(crate) scope: CountScope,
}

/// What is counted in the rows of a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CountScope {
    /// Everything that its roles have.
    All,
    /// Just how many there are: the fastest walk through an index.
    Number,
    /// Just those that died in the last hour, which is a short walk through another index.
    DeadLetteredLastHour,
}

impl Slice {
    pub(crate) fn everything() -> Self {
        Self { roles: Lifecycle::ALL.to_vec(), values: None, by_kind: true, scope: CountScope::All }
    }

    /// One role by kind.
    pub(crate) fn new(role: Lifecycle, values: &[String], scope: CountScope) -> Self {
        Self { roles: vec![role], values: Some(values.to_vec()), by_kind: true, scope }
    }

    pub(crate) fn coverage(&self, layout: &Layout) -> Coverage<'_> {
        let values = self.values.as_deref().unwrap_or_default();
        let complete = self
            .roles
            .iter()
            .all(|r| layout.vocabulary.values(*r).iter().all(|v| values.contains(v)));
        if complete { Coverage::Total(&self.roles) } else { Coverage::Part(&self.roles) }
    }
}

pub(crate) async fn query(
    db: &Database,
    layout: &Layout,
    request: CountRequest<'_>,
    slice: &Slice,
    budget: Duration,
) -> Result<Vec<CountRow>, SourceError> {
    let statement = statement(layout, request, slice);
    let rows = db.rows(budget, &statement, &params(&request)).await?;
    Ok(rows.iter().map(group).collect())
}

/// What the statement's `$1` and `$2` stand for.
pub(crate) fn params<'a>(request: &'a CountRequest<'_>) -> [(&'a (dyn ToSql + Sync), Type); 2] {
    [(&request.kind, Type::TEXT), (&request.stuck_after, Type::FLOAT8)]
}

/// The one statement behind every figure. Expressions of roles that the slice does not hold are
/// left out, so that a covering index is enough; only what differs between rows is grouped by, so
/// that an index in that order needs no sorting or hashing.
pub(crate) fn statement(layout: &Layout, request: CountRequest<'_>, slice: &Slice) -> String {
    let mut conditions = vec![];
    if let Some(values) = &slice.values {
        conditions.push(sql::state_in(layout, values));
    }
    if let (Some(_), Some(kind)) = (request.kind, &layout.kind) {
        conditions.push(format!("{}::text = $1", sql::ident(kind)));
    }
    if slice.scope == CountScope::DeadLetteredLastHour {
        conditions.push(dead_lettered_last_hour(layout));
    }
    let condition =
        if conditions.is_empty() { "true".to_owned() } else { conditions.join(" and ") };
    let (columns, keys) = columns(layout, slice);
    let group_by =
        if keys.is_empty() { String::new() } else { format!(" group by {}", keys.join(", ")) };
    format!("select {columns} from public.jobs where {condition}{group_by}")
}

/// What the statement selects, and by which expressions it groups.
fn columns(layout: &Layout, slice: &Slice) -> (String, Vec<String>) {
    let has = |role| slice.scope == CountScope::All && slice.roles.contains(&role);
    let alone = slice.roles.len() == 1;
    let only = |role: Lifecycle| {
        if alone {
            "true".to_owned()
        } else {
            sql::state_in(layout, layout.vocabulary.values(role))
        }
    };
    let (due, life) = (sql::due(layout), sql::last_heartbeat(layout));
    let mut keys = vec![];
    let role = match slice.roles.as_slice() {
        [role] => sql::literal(role.as_str()) + "::text",
        roles => {
            keys.push("1".to_owned());
            role_case(layout, roles)
        }
    };
    let kind = match (&layout.kind, slice.by_kind) {
        (Some(kind), true) => {
            keys.push(sql::ident(kind));
            format!("{}::text", sql::ident(kind))
        }
        _ => "null::text".to_owned(),
    };
    let (mut worker, mut stuck, mut beat) =
        ("null::text".into(), "0::bigint".into(), NO_AGE.to_owned());
    if has(Lifecycle::Claimed) {
        let mine = only(Lifecycle::Claimed);
        let holder = sql::column_or_null(layout.locked_by.as_ref(), "text");
        worker = format!("case when {mine} then {holder}::text end");
        keys.push("3".to_owned());
        let silent =
            format!("({life} is null or {life} < (select now() - make_interval(secs => $2)))");
        stuck = format!("count(*) filter (where {mine} and {silent})");
        beat = format!("min({}) filter (where {mine})", sql::age(&life));
    }
    let (mut due_now, mut oldest) = ("0::bigint".to_owned(), NO_AGE.to_owned());
    if has(Lifecycle::Queued) {
        let ready = format!("{} and ({due} <= now() or {due} is null)", only(Lifecycle::Queued));
        due_now = format!("count(*) filter (where {ready})");
        oldest = sql::age(&format!("(min({due}) filter (where {ready}))"));
    }
    let died = match slice.scope {
        CountScope::DeadLetteredLastHour => "count(*)".to_owned(),
        _ if has(Lifecycle::Dead) => {
            let mine = only(Lifecycle::Dead);
            format!("count(*) filter (where {mine} and {})", dead_lettered_last_hour(layout))
        }
        _ => "0::bigint".to_owned(),
    };
    let n = if slice.scope == CountScope::DeadLetteredLastHour { "0::bigint" } else { "count(*)" };
    let columns = format!(
        "{role} as role, {kind} as kind, {worker} as worker, {n} as n, {due_now} as due, \
         {oldest} as oldest, {stuck} as stuck, {beat} as beat, {died} as died"
    );
    (columns, keys)
}

/// The subselect is computed once, where `now() - interval` alone would be computed for every row.
fn dead_lettered_last_hour(layout: &Layout) -> String {
    format!("{} > (select now() - interval '1 hour')", sql::changed(layout))
}

const NO_AGE: &str = "null::float8";

fn role_case(layout: &Layout, roles: &[Lifecycle]) -> String {
    let arms: Vec<_> = roles
        .iter()
        .filter(|role| !layout.vocabulary.values(**role).is_empty())
        .map(|role| {
            let mine = sql::state_in(layout, layout.vocabulary.values(*role));
            format!("when {mine} then {}", sql::literal(role.as_str()))
        })
        .collect();
    if arms.is_empty() {
        "'other'::text".to_owned()
    } else {
        format!("case {} else 'other' end", arms.join(" "))
    }
}

fn group(row: &Row) -> CountRow {
    let count = |column: &str| u64::try_from(row.get::<_, i64>(column)).unwrap_or(0);
    CountRow {
        role: row.get("role"),
        kind: row.get("kind"),
        worker: row.get("worker"),
        n: count("n"),
        due: count("due"),
        oldest_due_age: row.get("oldest"),
        stuck: count("stuck"),
        beat_age: row.get("beat"),
        dead_lettered_last_hour: count("died"),
    }
}
