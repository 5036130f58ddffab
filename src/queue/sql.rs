//! SQL fragments for a layout. Only this module quotes names and values.

use crate::fingerprint::{HEAD, TAIL};
use crate::queue::package::{DEAD_SINCE, DELETED_AT};
use crate::queue::{Layout, Lifecycle, StateNames, TimeColumn};

/// A quoted identifier.
pub(crate) fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A quoted literal without a type, for text and enum columns.
pub(crate) fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if text.contains('\\') {
        format!("E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

/// `'a', 'b'`
pub(crate) fn literals(values: &[String]) -> String {
    values.iter().map(|v| literal(v)).collect::<Vec<_>>().join(", ")
}

/// `"state" in ('a', 'b')`, or `false` without values. The form matches the predicate of a partial
/// index with the same list.
pub(crate) fn state_in(layout: &Layout, values: &[String]) -> String {
    let state = ident(&layout.state_column);
    let Some(package) = layout.package().filter(|package| !package.conditions.is_empty()) else {
        return value_in(&state, values);
    };
    let condition = |value: &String| {
        let known = package.conditions.get(value).cloned();
        known.unwrap_or_else(|| value_in(&state, std::slice::from_ref(value)))
    };
    match values {
        [] => "false".to_owned(),
        values => format!("({})", values.iter().map(condition).collect::<Vec<_>>().join(" or ")),
    }
}

fn value_in(expression: &str, values: &[String]) -> String {
    match values {
        [] => "false".to_owned(),
        [one] => format!("{expression} = {}", literal(one)),
        many => format!("{expression} in ({})", literals(many)),
    }
}

/// Condition for jobs of a role.
pub(crate) fn is_role(layout: &Layout, role: Lifecycle) -> String {
    let in_states = |role| state_in(layout, layout.state_names.values(role));
    match role {
        Lifecycle::Queued if layout.claims_retries() => {
            let (failed, due) = (in_states(Lifecycle::Failed), is_due_now(layout));
            format!("({} or {failed} and {due})", in_states(role))
        }
        Lifecycle::Failed if layout.claims_retries() => {
            format!("({} and {} > now())", in_states(role), due(layout))
        }
        role => in_states(role),
    }
}

/// Condition for due jobs: a worker claims each of them as soon as it can.
pub(crate) fn is_due(layout: &Layout) -> String {
    let states = layout.states_of(Lifecycle::Queued);
    format!("({} and {})", state_in(layout, &states), is_due_now(layout))
}

/// Condition for blocked jobs that are due and held up by a job that is not claimed for another `after` seconds (SQL);
/// `None` if the package has no such jobs.
pub(crate) fn is_held_up(layout: &Layout, after: &str) -> Option<String> {
    let held_up = layout.package()?.blocked_by_scheduled.as_ref()?.replace("{after}", after);
    let blocked = is_role(layout, Lifecycle::Blocked);
    Some(format!("{blocked} and {} and {held_up}", is_due_now(layout)))
}

/// Condition that the time from which a job can be claimed has come, whatever its state.
pub(crate) fn is_due_now(layout: &Layout) -> String {
    let due = due(layout);
    format!("({due} is null or {due} <= now())")
}

/// The name of the role that a job has, for these roles; `other` for any other role.
pub(crate) fn role_of_job(layout: &Layout, roles: &[Lifecycle]) -> String {
    let state = ident(&layout.state_column);
    let by_state = role_case(&state, &layout.state_names, roles);
    let failed = &layout.state_names.failed;
    let is_counted = [Lifecycle::Queued, Lifecycle::Failed].iter().any(|role| roles.contains(role));
    if !layout.claims_retries() || failed.is_empty() || !is_counted {
        return by_state;
    }
    let is_due_retry = format!("{} and {}", value_in(&state, failed), is_due_now(layout));
    let queued = literal(Lifecycle::Queued.as_str());
    format!("case when {is_due_retry} then {queued} else {by_state} end")
}

/// The name of the role that a state has, for these roles; `other` for any other state.
pub(crate) fn role_case(expression: &str, names: &StateNames, roles: &[Lifecycle]) -> String {
    let cases: Vec<_> = roles
        .iter()
        .filter(|role| !names.values(**role).is_empty())
        .map(|role| {
            let condition = value_in(expression, names.values(*role));
            format!("when {condition} then {}", literal(role.as_str()))
        })
        .collect();
    if cases.is_empty() {
        "'other'::text".to_owned()
    } else {
        format!("case {} else 'other' end", cases.join(" "))
    }
}

/// Condition for jobs whose state has no known meaning, NULL included.
pub(crate) fn state_unknown(layout: &Layout) -> String {
    let column = ident(&layout.state_column);
    format!("({column} is null or {column} not in ({}))", literals(&layout.state_names.known()))
}

/// A column, or a typed NULL if the layout does not have it.
pub(crate) fn column_or_null(column: Option<&String>, r#type: &str) -> String {
    column.map_or_else(|| format!("null::{type}"), |name| ident(name))
}

/// A time, or a typed NULL if the layout does not have it.
pub(crate) fn time_or_null(column: Option<&TimeColumn>) -> String {
    column.map_or_else(|| "null::timestamptz".to_owned(), TimeColumn::sql)
}

/// Time from which a job can be claimed: the latest of the due columns; NULL for immediately.
pub(crate) fn due(layout: &Layout) -> String {
    match layout.due.as_slice() {
        [] => "null::timestamptz".to_owned(),
        [one] => one.sql(),
        many => {
            let times: Vec<_> = many.iter().map(TimeColumn::sql).collect();
            format!("greatest({})", times.join(", "))
        }
    }
}

/// Time since which a job that can be claimed has been due, at most: since its creation if it has no due time.
pub(crate) fn due_since(layout: &Layout) -> String {
    match layout.created.as_ref().filter(|_| layout.due_optional) {
        Some(created) => format!("coalesce({}, {})", due(layout), created.sql()),
        None => due(layout),
    }
}

/// Seconds by which the clocks of workers and server may differ; a later heartbeat proves nothing.
pub(crate) const CLOCK_TOLERANCE: u32 = 30;

/// Time of the last heartbeat of a claimed job, otherwise of its lock, never later than now. A time that is
/// infinite or further in the future than [`CLOCK_TOLERANCE`] is none. Of a job with neither heartbeat nor lock the
/// last change is known.
pub(crate) fn last_heartbeat(layout: &Layout) -> String {
    let times: Vec<_> = heartbeat_times(layout).collect();
    if times.is_empty() {
        return "null::timestamptz".to_owned();
    }
    let missing: Vec<_> = times.iter().map(|time| format!("{time} is null")).collect();
    let mut past: Vec<_> = times.iter().map(|time| past_time(time)).collect();
    if let Some(changed) = layout.updated.as_ref().or(layout.created.as_ref()) {
        let changed = past_time(&changed.sql());
        past.push(format!("case when {} then {changed} end", missing.join(" and ")));
    }
    format!("coalesce({})", past.join(", "))
}

/// The same of a job in any state: of one that is not claimed, the last change is no sign of life.
pub(crate) fn last_sign_of_life(layout: &Layout) -> String {
    let past: Vec<_> = heartbeat_times(layout).map(|time| past_time(&time)).collect();
    if past.is_empty() {
        return "null::timestamptz".to_owned();
    }
    format!(
        "case when {} then {} else coalesce({}) end",
        state_in(layout, &layout.state_names.claimed),
        last_heartbeat(layout),
        past.join(", ")
    )
}

/// Which time [`last_heartbeat`] and [`last_sign_of_life`] are: `heartbeat`, `lock` or `change`.
pub(crate) fn kind_of_sign(layout: &Layout) -> String {
    let past = |time: &Option<TimeColumn>| past_time(&time_or_null(time.as_ref()));
    format!(
        "case when ({}) is not null then 'heartbeat' when ({}) is not null then 'lock' else 'change' end",
        past(&layout.heartbeat),
        past(&layout.locked_at),
    )
}

/// Time of the last heartbeat of the worker of a claimed job: a claim is none, unless this job alone has no heartbeat in a
/// table that no package has.
pub(crate) fn worker_heartbeat(layout: &Layout) -> String {
    match (layout.package(), &layout.heartbeat) {
        (_, None) => "null::timestamptz".to_owned(),
        (Some(_), Some(heartbeat)) => format!("({})", past_time(&heartbeat.sql())),
        _ => last_heartbeat(layout),
    }
}

/// A time if it is finite and not in the future, otherwise NULL.
pub(crate) fn past_time(time: &str) -> String {
    format!("case when isfinite({time}) and not {} then least({time}, now()) end", is_future(time))
}

/// Condition for claimed jobs that are stuck: without a heartbeat for `after` seconds (SQL), or by the rule of the
/// package whose table it is.
pub(crate) fn is_stuck(layout: &Layout, after: &str) -> String {
    if let Some(package) = layout.package() {
        return package.stuck.replace("{after}", after);
    }
    let heartbeat = last_heartbeat(layout);
    format!(
        "({heartbeat} is null or {heartbeat} < (select now() - make_interval(secs => {after})))"
    )
}

/// The later of heartbeat and lock of a claimed job, if it is in the future.
pub(crate) fn future_heartbeat(layout: &Layout) -> String {
    let times: Vec<_> = heartbeat_times(layout)
        .map(|time| format!("case when isfinite({time}) and {} then {time} end", is_future(&time)))
        .collect();
    if times.is_empty() {
        "null::timestamptz".to_owned()
    } else {
        format!("greatest({})", times.join(", "))
    }
}

/// The creation of a job, if it is in the future and its column has no time zone: it is read in the wrong one.
pub(crate) fn future_creation(layout: &Layout) -> String {
    match layout.created.as_ref().filter(|column| column.zone.is_some()) {
        Some(created) => {
            let created = created.sql();
            format!("case when isfinite({created}) and {} then {created} end", is_future(&created))
        }
        None => "null::timestamptz".to_owned(),
    }
}

fn heartbeat_times(layout: &Layout) -> impl Iterator<Item = String> {
    [&layout.heartbeat, &layout.locked_at].into_iter().flatten().map(TimeColumn::sql)
}

/// Condition that a time is later than a difference of clocks explains; so is `infinity`. The subselect is evaluated
/// once.
pub(crate) fn is_future(time: &str) -> String {
    format!("{time} > (select now() + interval '{CLOCK_TOLERANCE} s')")
}

/// The structured error, if the layout has one. The type `json` stores escapes that no text can hold, such as
/// `\u0000` or half a surrogate pair; they are replaced, so that one such row does not fail a whole query.
pub(crate) fn error_json(layout: &Layout) -> Option<String> {
    let error = layout.error.as_ref().filter(|error| error.json)?;
    let name = ident(&error.name);
    if !error.unchecked {
        return Some(name);
    }
    let escapes = r"'(?<!\\)((\\\\)*)\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})'";
    Some(format!(
        r"(case when {name}::text ~ {escapes}
           then regexp_replace({name}::text, {escapes}, '\1\\ufffd', 'g')::json else {name} end)"
    ))
}

/// Error text: `last_error`, otherwise the message of `error`, otherwise all of `error`.
pub(crate) fn error_text(layout: &Layout) -> String {
    let mut parts = Vec::new();
    if let Some(last) = &layout.last_error {
        parts.push(format!("nullif(btrim({}::text), '')", ident(last)));
    }
    if let Some(error) = &layout.error {
        let name = ident(&error.name);
        if let Some(name) = error_json(layout) {
            parts.push(format!("nullif(btrim({name} ->> 'message'), '')"));
            parts.push(format!("nullif({name} #>> '{{}}', '')"));
        } else {
            parts.push(format!("nullif(btrim({name}::text), '')"));
        }
    }
    if parts.is_empty() {
        "null::text".to_owned()
    } else {
        format!("coalesce({})", parts.join(", "))
    }
}

/// A value as text for `Fingerprint::new`, which reads only the ends of a long text. The size is
/// checked first, because that does not decompress the value.
pub(crate) fn fingerprint_input(value: &str) -> String {
    let whole = HEAD + TAIL;
    format!(
        "case when pg_column_size({value}) > 3000 and length({value}::text) > {whole} \
         then left({value}::text, {HEAD}) || right({value}::text, {TAIL}) else {value}::text end"
    )
}

/// A timestamp as RFC 3339 UTC with microseconds; infinite values as PostgreSQL formats them.
pub(crate) fn rfc3339(timestamp: &str) -> String {
    format!(
        "case when isfinite({timestamp}) then to_char({timestamp} at time zone 'utc', \
         'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') else ({timestamp})::text end"
    )
}

/// Time of the last change of a dead letter, the sort key of listings.
pub(crate) fn changed(layout: &Layout) -> String {
    match &layout.updated {
        Some(column) if layout.updated_nullable => {
            format!("coalesce({}, '-infinity'::timestamptz)", column.sql())
        }
        Some(column) => column.sql(),
        None => time_or_null(layout.created.as_ref()),
    }
}

/// Condition that a failed job of a recognized table has used all its attempts; `None` if that is not known, or means
/// nothing: packages and declared tables say themselves which jobs are dead letters.
pub(crate) fn attempts_used(layout: &Layout) -> Option<String> {
    let (attempts, max) = (layout.attempts.as_ref()?, layout.max_attempts.as_ref()?);
    layout.declared.is_none().then(|| format!("{} >= {}", ident(attempts), ident(max)))
}

/// The newest time at which a job is known to have changed; NULL if no column tells.
pub(crate) fn last_change(layout: &Layout) -> String {
    let times = [&layout.created, &layout.locked_at, &layout.heartbeat, &layout.updated];
    let times: Vec<_> = times.into_iter().flatten().map(TimeColumn::sql).collect();
    if times.is_empty() {
        return "null::timestamptz".to_owned();
    }
    format!("greatest({})", times.join(", "))
}

/// Condition that a failed job waits for a retry: its due time lies ahead, or the failure put it ahead and it has just
/// come, so that a worker is about to claim the job.
pub(crate) fn is_future_retry(layout: &Layout) -> String {
    if layout.due.is_empty() || layout.zone_doubt.is_some() {
        return "false".to_owned();
    }
    let due = due(layout);
    let was_put_ahead = match &layout.updated {
        Some(updated) => format!(
            " or {due} > {} and {due} > (select now() - interval '10 minutes')",
            updated.sql()
        ),
        None => String::new(),
    };
    format!("coalesce(isfinite({due}) and ({due} > now(){was_put_ahead}), false)")
}

/// Time of death of a dead letter, the sort key of listings: as an index of the table has it, if there is one,
/// otherwise the last change.
pub(crate) fn dead_since(layout: &Layout) -> String {
    match &layout.declared {
        Some(declared) if declared.has_column(DEAD_SINCE) => ident(DEAD_SINCE),
        _ => changed(layout),
    }
}

/// The time of death of a dead letter, if it is in the future or infinite.
pub(crate) fn future_death(layout: &Layout) -> String {
    let death = dead_since(layout);
    format!("case when {} then {death} end", is_future(&death))
}

/// Seconds until the package deletes a job, or a typed NULL.
pub(crate) fn deleted_in(layout: &Layout) -> String {
    match &layout.declared {
        Some(declared) if declared.has_column(DELETED_AT) => {
            format!("(-{})", age(&ident(DELETED_AT)))
        }
        _ => "null::float8".to_owned(),
    }
}

/// Seconds since a timestamp, by the database clock. Numbers are subtracted, because the server
/// can reject the difference of a timestamp and `infinity`.
pub(crate) fn age(timestamp: &str) -> String {
    format!("(extract(epoch from now())::float8 - extract(epoch from {timestamp})::float8)")
}

/// Columns of an index that allows index-only scans for the metrics of a lifecycle state: those of [`due_since`],
/// [`last_heartbeat`] and [`changed`].
pub(crate) fn covering_columns(layout: &Layout, role: Lifecycle) -> Vec<&str> {
    let mut columns: Vec<&str> = layout.kind.as_deref().into_iter().collect();
    match role {
        Lifecycle::Queued => {
            let created = layout.created.iter().filter(|_| layout.due_optional);
            columns.extend(layout.due.iter().chain(created).map(|c| c.name.as_str()));
        }
        Lifecycle::Claimed => {
            let times = [&layout.heartbeat, &layout.locked_at];
            let changed = layout.updated.as_ref().or(layout.created.as_ref());
            columns.extend(times.into_iter().flatten().chain(changed).map(|c| c.name.as_str()));
            columns.extend(layout.locked_by.as_deref());
        }
        Lifecycle::Dead => columns.extend(layout.updated.as_ref().map(|c| c.name.as_str())),
        Lifecycle::Failed
        | Lifecycle::Finished
        | Lifecycle::Canceled
        | Lifecycle::Blocked
        | Lifecycle::Other => {}
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_and_literals_are_quoted_safely() {
        assert_eq!(ident(r#"a"b"#), r#""a""b""#);
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal(r"a\' or 1"), r"E'a\\'' or 1'");
    }
}
