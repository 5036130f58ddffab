//! Builds and runs the statement that counts the jobs of one or more states.

use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::CountRequest;
use crate::facts::SourceError;
use crate::queue::{Layout, Lifecycle, sql};
use crate::sources::postgres::Database;
use crate::sources::postgres::queue::totals::{CountRow, Coverage};
use crate::sources::postgres::row_types;

/// States that one query counts, and whether it groups by kind.
pub(crate) struct CountQuery {
    pub(crate) roles: Vec<Lifecycle>,
    /// State values to count; all rows if `None`.
    pub(crate) values: Option<Vec<String>>,
    /// Whether rows in unknown states are counted as well.
    pub(crate) unknown_states: bool,
    pub(crate) by_kind: bool,
    pub(crate) scope: CountScope,
}

/// Counts that a slice contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CountScope {
    /// All counts of its states.
    All,
    /// Only the number of jobs, which is the fastest index scan.
    Number,
    /// Only the jobs dead-lettered in the last hour, or in the future, which is a short scan of another index.
    DeadLetteredLastHour,
}

impl CountQuery {
    /// Returns a slice of all rows, by kind.
    pub(crate) fn everything() -> Self {
        Self {
            roles: Lifecycle::ALL.to_vec(),
            values: None,
            unknown_states: false,
            by_kind: true,
            scope: CountScope::All,
        }
    }

    /// Returns a slice of one state, by kind.
    pub(crate) fn new(role: Lifecycle, values: &[String], scope: CountScope) -> Self {
        Self {
            roles: vec![role],
            values: Some(values.to_vec()),
            unknown_states: false,
            by_kind: true,
            scope,
        }
    }

    /// Returns whether the slice contains all values of its states.
    pub(crate) fn coverage(&self, layout: &Layout) -> Coverage<'_> {
        let values = self.values.as_deref().unwrap_or_default();
        let complete = self
            .roles
            .iter()
            .all(|role| layout.states_of(*role).iter().all(|value| values.contains(value)));
        if complete { Coverage::Total(&self.roles) } else { Coverage::Part(&self.roles) }
    }
}

/// Runs the statement of a slice.
pub(crate) async fn query(
    db: &Database,
    layout: &Layout,
    request: CountRequest<'_>,
    slice: &CountQuery,
    budget: Duration,
) -> Result<Vec<CountRow>, SourceError> {
    let statement = statement(layout, request, slice);
    let rows = db.rows(budget, &statement, &params(&request)).await?;
    Ok(rows.iter().map(count_row).collect())
}

/// Returns the parameters of the statement: `$1` is the kind, `$2` the age from which a job is
/// stuck.
pub(crate) fn params<'a>(request: &'a CountRequest<'_>) -> [(&'a (dyn ToSql + Sync), Type); 2] {
    [(&request.kind, Type::TEXT), (&request.stuck_after, Type::FLOAT8)]
}

/// Returns the statement of a slice. Expressions of other states are omitted, so that a covering
/// index is sufficient; constant columns are not grouped by, so that an index in this order needs
/// no sort or hash.
pub(crate) fn statement(layout: &Layout, request: CountRequest<'_>, slice: &CountQuery) -> String {
    let jobs = layout.rows_as("jobs");
    let mut conditions = vec![];
    if let Some(values) = &slice.values {
        let known = match slice.roles.as_slice() {
            // The time of a retry decides as well.
            [role] if layout.claims_retries() => sql::is_role(layout, *role),
            _ => sql::state_in(layout, values),
        };
        conditions.push(if slice.unknown_states {
            format!("({known} or {})", sql::state_unknown(layout))
        } else {
            known
        });
    }
    if let (Some(_), Some(kind)) = (request.kind, &layout.kind) {
        conditions.push(format!("{}::text = $1", sql::ident(kind)));
    }
    if slice.scope == CountScope::DeadLetteredLastHour {
        conditions.push(dead_lettered_last_hour(layout));
    }
    let condition =
        if conditions.is_empty() { "true".to_owned() } else { conditions.join(" and ") };
    let (columns, keys) = columns(layout, slice, &condition);
    let group_by =
        if keys.is_empty() { String::new() } else { format!(" group by {}", keys.join(", ")) };
    format!("select {columns} from {jobs} where {condition}{group_by}")
}

/// Returns the select list and the expressions to group by; `condition` selects the jobs of the slice.
fn columns(layout: &Layout, slice: &CountQuery, condition: &str) -> (String, Vec<String>) {
    let has = |role| slice.scope == CountScope::All && slice.roles.contains(&role);
    let has_deaths = matches!(slice.scope, CountScope::All | CountScope::DeadLetteredLastHour)
        && slice.roles.contains(&Lifecycle::Dead);
    let single_role = slice.roles.len() == 1;
    let is_role = |role: Lifecycle| {
        if single_role { "true".to_owned() } else { sql::is_role(layout, role) }
    };
    let heartbeat = sql::worker_heartbeat(layout);
    let mut keys = vec![];
    let role = match slice.roles.as_slice() {
        [role] => sql::literal(role.as_str()) + "::text",
        roles => {
            keys.push("1".to_owned());
            sql::role_of_job(layout, roles)
        }
    };
    let kind = match (&layout.kind, slice.by_kind) {
        (Some(kind), true) => {
            keys.push(sql::ident(kind));
            format!("{}::text", sql::ident(kind))
        }
        _ => "null::text".to_owned(),
    };
    let (mut worker, mut stuck, mut heartbeat_age) =
        ("null::text".into(), "0::bigint".into(), NO_AGE.to_owned());
    if has(Lifecycle::Claimed) {
        let claimed = is_role(Lifecycle::Claimed);
        let locked_by = sql::column_or_null(layout.locked_by.as_ref(), "text");
        worker =
            format!("case when {mine} then {holder}::text end", mine = claimed, holder = locked_by);
        keys.push("3".to_owned());
        let is_stuck = sql::is_stuck(layout, "$2");
        stuck = format!(
            "count(*) filter (where {mine} and {silent})",
            mine = claimed,
            silent = is_stuck
        );
        heartbeat_age =
            format!("min({}) filter (where {mine})", sql::age(&heartbeat), mine = claimed);
    }
    let (mut due_count, mut oldest) = ("0::bigint".to_owned(), NO_AGE.to_owned());
    if has(Lifecycle::Queued) {
        let is_due = format!("{} and {}", is_role(Lifecycle::Queued), sql::is_due_now(layout));
        due_count = format!("count(*) filter (where {is_due})");
        let since = if slice.by_kind { sql::due_since(layout) } else { sql::due(layout) };
        let mut first = format!("min({since}) filter (where {is_due})");
        if !slice.by_kind {
            first = format!("least({first}, {})", oldest_without_due_time(layout, condition));
        }
        oldest = sql::age(&format!("({first})"));
    }
    let held_up = match sql::is_held_up(layout, "$2").filter(|_| has(Lifecycle::Blocked)) {
        Some(is_held_up) => {
            let since = sql::due_since(layout);
            sql::age(&format!("(min({since}) filter (where {is_held_up}))"))
        }
        None => NO_AGE.to_owned(),
    };
    let (mut in_future, mut seconds_ahead) = ("0::bigint".to_owned(), NO_AGE.to_owned());
    let has_times = |role| if role == Lifecycle::Dead { has_deaths } else { has(role) };
    if let Some(future) = future_time(layout, has_times, is_role) {
        in_future = format!("count({future})");
        let latest = format!("(max({future}) filter (where isfinite({future})))");
        seconds_ahead = format!("-({})", sql::age(&latest));
    }
    let dead_lettered = match has_deaths {
        true => {
            let (dead, recent) = (is_role(Lifecycle::Dead), dead_lettered_last_hour(layout));
            let is_future = sql::is_future(&sql::dead_since(layout));
            format!("count(*) filter (where {dead} and {recent} and not {is_future})")
        }
        false => "0::bigint".to_owned(),
    };
    let n = if slice.scope == CountScope::DeadLetteredLastHour { "0::bigint" } else { "count(*)" };
    let columns = format!(
        "{role} as role, {kind} as kind, {worker} as worker, {n} as n, {due_now} as due, \
         {oldest} as oldest, {held_up} as held_up, {stuck} as stuck, {heartbeat_age} as heartbeat_age, {dead_lettered} as dead_lettered, \
         {in_future} as in_future, {seconds_ahead} as seconds_ahead",
        due_now = due_count,
    );
    (columns, keys)
}

/// Returns the creation of the oldest job of the slice without a due time. A statement of its own reads the creation of
/// these few jobs only, so that an index with the due time is enough for all others.
fn oldest_without_due_time(layout: &Layout, condition: &str) -> String {
    match layout.created.as_ref().filter(|_| layout.due_optional) {
        Some(created) => format!(
            "(select min({created}) from {jobs} where {condition} and {due} is null)",
            created = created.sql(),
            jobs = layout.rows_as("jobs"),
            due = sql::due(layout),
        ),
        None => "null".to_owned(),
    }
}

/// Returns the time of a job that lies in the future, if the slice has jobs for which that is an error.
fn future_time(
    layout: &Layout,
    has: impl Fn(Lifecycle) -> bool,
    is_role: impl Fn(Lifecycle) -> String,
) -> Option<String> {
    let times = [
        (Lifecycle::Claimed, layout.has_heartbeats().then(|| sql::future_heartbeat(layout))),
        (Lifecycle::Queued, layout.naive_zone().map(|_| sql::future_creation(layout))),
        (Lifecycle::Dead, Some(sql::future_death(layout))),
    ];
    let cases: Vec<_> = times
        .into_iter()
        .filter(|(role, _)| has(*role))
        .filter_map(|(role, time)| Some(format!("when {} then {}", is_role(role), time?)))
        .collect();
    (!cases.is_empty()).then(|| format!("case {} end", cases.join(" ")))
}

/// Returns the condition for jobs dead-lettered in the last hour, or at a time in the future. The subselect is evaluated once,
/// whereas a plain `now() - interval` would be evaluated for every row.
fn dead_lettered_last_hour(layout: &Layout) -> String {
    format!("{} > (select now() - interval '1 hour')", sql::dead_since(layout))
}

/// SQL for an age that is not computed.
const NO_AGE: &str = "null::float8";

fn count_row(row: &Row) -> CountRow {
    let count = |column: &str| u64::try_from(row.get::<_, i64>(column)).unwrap_or(0);
    CountRow {
        role: row.get("role"),
        kind: row_types::text(row, "kind"),
        worker: row_types::text(row, "worker"),
        n: count("n"),
        due: count("due"),
        oldest_due_age: row.get("oldest"),
        held_up_age: row.get("held_up"),
        stuck: count("stuck"),
        heartbeat_age: row.get("heartbeat_age"),
        dead_lettered_last_hour: count("dead_lettered"),
        in_future: count("in_future"),
        seconds_ahead: row.get("seconds_ahead"),
    }
}
