//! The draft as TOML.

use std::collections::BTreeSet;

use super::claims::Claims;
use super::names::role;
use super::{DraftColumn, DraftState, DraftTable, Flag};
use crate::queue::sql::ident;
use crate::queue::{CatalogFunction, Field, Lifecycle};

/// States of a draft whose state is an expression: the keys of `states`, each with its own name.
const KEYS: [&str; 6] = ["queued", "claimed", "finished", "failed", "dead", "canceled"];

/// Returns the declaration of `table` for the context `name`. `values` are the values of its state column, most
/// frequent first, each with its number of rows, `functions` those that may claim its jobs.
pub(crate) fn text(
    name: &str,
    table: &DraftTable,
    values: &[(String, i64)],
    functions: &[CatalogFunction],
) -> String {
    let Some(state) = table.state() else { return String::new() };
    let section = format!("context.{}.queue", key(name));
    let claims = Claims::new(table, &state, values, functions);
    let roles = Roles::new(&state, values, &claims);
    let mut used = BTreeSet::new();
    let columns = columns(table, &state, &claims, &mut used);
    let requeue = requeue(table, &state, &roles, &claims);
    let naive = table.columns.iter().any(|c| used.contains(c.name.as_str()) && c.is_naive());
    let mut lines = vec![
        format!("[{section}]"),
        "adapter = \"declared\"".to_owned(),
        format!("schema = {}", quoted(&table.relation.schema)),
        format!("table = {}", quoted(&table.relation.name)),
    ];
    if naive {
        lines.push("time_zone = \"UTC\"  # assumed: zone of times without one".to_owned());
    }
    if table.column_of(Field::Attempts).is_some() {
        lines.push(attempts_counted(&claims));
    }
    lines.extend([String::new(), format!("[{section}.columns]  # names or SQL expressions")]);
    lines.extend(columns);
    let is_used = |name: &str| used.contains(name);
    let unused = table.columns.iter().filter(|column| !is_used(&column.name));
    let unused: Vec<_> =
        unused.map(|column| format!("{} {}", column.name, column.r#type)).collect();
    if !unused.is_empty() {
        lines.push(format!("# not used: {}", one_line(&unused.join(", "))));
    }
    lines.extend([String::new(), format!("[{section}.states]  # the values of each role")]);
    lines.extend(roles.lines());
    lines.extend([String::new(), format!("[{section}.requeue]  # what a requeue sets")]);
    lines.extend(requeue);
    lines.join("\n") + "\n"
}

/// Which event counts an attempt.
fn attempts_counted(claims: &Claims) -> String {
    let names = one_line(&claims.names());
    match claims.count_attempts {
        _ if claims.functions.is_empty() => {
            "# attempts_counted = \"at_claim\"  # or \"at_failure\": no function shows it"
                .to_owned()
        }
        true => format!("attempts_counted = \"at_claim\"  # counted by {names}"),
        false => format!("attempts_counted = \"at_failure\"  # not counted by {names}"),
    }
}

/// A key of TOML, quoted if needed.
fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(is_bare) { name.to_owned() } else { quoted(name) }
}

/// A basic string of TOML, which has the escapes of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

/// An expression: as it is, if it needs no escapes then.
fn expression(text: &str) -> String {
    let is_plain = !text.contains(['"', '\\']);
    let is_literal =
        !text.contains("'''") && !text.ends_with('\'') && !text.contains(char::is_control);
    if is_plain || !is_literal { quoted(text) } else { format!("'''{text}'''") }
}

fn list(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| quoted(name)).collect();
    format!("[{}]", names.join(", "))
}

/// A text for a comment.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

fn columns<'a>(
    table: &'a DraftTable,
    state: &'a DraftState,
    claims: &Claims,
    used: &mut BTreeSet<&'a str>,
) -> Vec<String> {
    let mut lines = Vec::new();
    let names = one_line(&claims.names());
    for field in Field::ALL {
        let value = match (field, state) {
            (Field::State, DraftState::Column(name)) => {
                used.insert(name);
                if let Some(other) = other_state(table, name) {
                    lines.push(format!(
                        "# not the state: {}? the worker's claim decides",
                        key(other)
                    ));
                }
                name.clone()
            }
            (Field::State, DraftState::Flags(flags)) => {
                used.extend(flags.iter().map(|flag| flag.column.as_str()));
                case(flags)
            }
            _ => {
                let column = table.column_of(field).filter(|column| {
                    // A flag may also be a time, and the only lock.
                    !used.contains(column.name.as_str()) || matches!(state, DraftState::Flags(_))
                });
                let due = if field == Field::Due { due(table, claims, column) } else { vec![] };
                let column = column.filter(|_| due.is_empty());
                used.extend(due.iter().chain(column.iter()).map(|column| column.name.as_str()));
                match (due.as_slice(), column) {
                    ([], None) => continue,
                    ([], Some(column)) if field == Field::LockedAt && claims.keep(&column.name) => {
                        let name = key(&column.name);
                        lines.push(format!(
                            "# no {}: {names} keeps the first {name}, which is not the time of the last claim",
                            field.name()
                        ));
                        continue;
                    }
                    ([], Some(column)) => column.name.clone(),
                    ([one], _) => one.name.clone(),
                    (many, _) => {
                        let columns: Vec<_> =
                            many.iter().map(|column| ident(&column.name)).collect();
                        format!("greatest({})", columns.join(", "))
                    }
                }
            }
        };
        let why = match field {
            Field::Due if !claims.due.is_empty() => format!("  # compared by {names}"),
            Field::Due if !claims.functions.is_empty() => {
                format!("  # assumed: {names} does not compare it with now()")
            }
            _ => String::new(),
        };
        lines.push(format!("{} = {}{why}", field.name(), expression(&value)));
    }
    if !claims.leases.is_empty() {
        let leases: Vec<_> = claims.leases.iter().map(|name| key(name)).collect();
        lines.push(format!(
            "# a claim by {names} lasts until {}, which no key describes",
            leases.join(", ")
        ));
    }
    lines
}

/// The times that a claim waits for: all that it compares, if they have the type of the first, which is `column` if it is
/// one of them.
fn due<'a>(
    table: &'a DraftTable,
    claims: &Claims,
    column: Option<&'a DraftColumn>,
) -> Vec<&'a DraftColumn> {
    let compared = table.columns.iter().filter(|column| claims.due.contains(&column.name));
    let mut compared: Vec<_> = compared.collect();
    compared.sort_by_key(|other| column.is_none_or(|column| other.name != column.name));
    let r#type = compared.first().map(|column| column.r#type.clone());
    compared.retain(|column| Some(&column.r#type) == r#type.as_ref());
    compared
}

/// Another column that can hold the state.
fn other_state<'a>(table: &'a DraftTable, name: &str) -> Option<&'a str> {
    let is_other = |column: &&DraftColumn| {
        column.name != name && ["state", "status"].contains(&column.name.as_str())
    };
    table.columns.iter().find(is_other).map(|column| column.name.as_str())
}

/// The state as an expression.
fn case(flags: &[Flag]) -> String {
    let cases: Vec<_> = flags
        .iter()
        .map(|flag| format!("when {} then '{}'", flag.condition(), flag.state))
        .collect();
    format!("case {} else 'queued' end", cases.join(" "))
}

/// The values of each role.
struct Roles {
    values: [Vec<String>; 6],
    /// Values whose meaning the person has to know, with their rows.
    unknown: Vec<(String, i64)>,
    /// Values of failed jobs of which nothing shows whether they are claimed again.
    assumed: Vec<String>,
    /// The functions that show it of others.
    claims: String,
}

impl Roles {
    fn new(state: &DraftState, values: &[(String, i64)], claims: &Claims) -> Self {
        let mut roles = Self {
            values: Default::default(),
            unknown: vec![],
            assumed: vec![],
            claims: one_line(&claims.names()),
        };
        if let DraftState::Flags(flags) = state {
            for (list, key) in roles.values.iter_mut().zip(KEYS) {
                if key == "queued" || flags.iter().any(|flag| flag.state == key) {
                    list.push(key.to_owned());
                }
            }
            return roles;
        }
        let has_dead = values.iter().any(|(value, _)| role(value) == Some(Lifecycle::Dead));
        for (value, rows) in values {
            let index = match role(value) {
                Some(Lifecycle::Queued) => 0,
                Some(Lifecycle::Claimed) => 1,
                Some(Lifecycle::Finished) => 2,
                Some(Lifecycle::Failed) => {
                    let is_claimed = claims.take(value);
                    if is_claimed.is_none() {
                        roles.assumed.push(value.clone());
                    }
                    // Most tables with a single word for failures do not try these jobs again.
                    if is_claimed.unwrap_or(has_dead) { 3 } else { 4 }
                }
                Some(Lifecycle::Dead) => 4,
                Some(Lifecycle::Canceled) => 5,
                Some(Lifecycle::Blocked | Lifecycle::Other) | None => {
                    roles.unknown.push((value.clone(), *rows));
                    continue;
                }
            };
            roles.values[index].push(value.clone());
        }
        roles
    }

    fn lines(&self) -> Vec<String> {
        let mut lines: Vec<_> = KEYS
            .iter()
            .zip(&self.values)
            .map(|(key, values)| format!("{key} = {}{}", list(values), self.comment(key, values)))
            .collect();
        if !self.unknown.is_empty() {
            let unknown: Vec<_> = self
                .unknown
                .iter()
                .map(|(value, rows)| format!("{} ({rows} rows)", quoted(value)))
                .collect();
            let unknown = one_line(&unknown.join(", "));
            lines.push(format!("# assign each of these values to a role: {unknown}"));
        }
        lines
    }

    /// What a person should know about a role.
    fn comment(&self, key: &str, values: &[String]) -> String {
        let is_failed = |value: &&String| role(value) == Some(Lifecycle::Failed);
        let failed: Vec<_> = values.iter().filter(is_failed).collect();
        let is_assumed = failed.iter().any(|value| self.assumed.contains(value));
        let claims = &self.claims;
        match (key, failed.as_slice()) {
            ("failed", [_, ..]) if is_assumed => {
                "  # assumed: failed, and will be claimed again".to_owned()
            }
            ("failed", [_, ..]) => format!("  # failed, and claimed again by {claims}"),
            ("failed", []) => "  # failed, and will be claimed again".to_owned(),
            ("dead", [_, ..]) if is_assumed => "  # assumed: not claimed again".to_owned(),
            ("dead", [_, ..]) => format!("  # not claimed again by {claims}"),
            ("dead", []) => "  # not claimed again".to_owned(),
            _ => String::new(),
        }
    }
}

fn requeue(table: &DraftTable, state: &DraftState, roles: &Roles, claims: &Claims) -> Vec<String> {
    let (mut set, mut null) = (Vec::new(), Vec::new());
    match state {
        DraftState::Column(name) => {
            let queued = roles.values[0].first().cloned().unwrap_or_default();
            set.push(format!("{} = {}", key(name), value(table, name, &queued)));
        }
        DraftState::Flags(flags) => {
            for flag in flags.iter().filter(|flag| ["dead", "claimed"].contains(&flag.state)) {
                match flag.is_boolean {
                    true => set.push(format!("{} = false", key(&flag.column))),
                    false => null.push(flag.column.clone()),
                }
            }
        }
    }
    if let Some(attempts) = table.column_of(Field::Attempts) {
        set.push(format!("{} = 0", key(&attempts.name)));
    }
    let is_flags = matches!(state, DraftState::Flags(_));
    let dead_since = is_flags.then_some(Field::DeadSince);
    for field in [Field::Worker, Field::LockedAt, Field::Heartbeat].into_iter().chain(dead_since) {
        let column = table.column_of(field).map(|column| column.name.clone());
        let column = column.filter(|name| !claims.keep(name));
        null.extend(column.filter(|name| !null.contains(name)).into_iter().collect::<Vec<_>>());
    }
    null.extend(
        claims.leases.iter().filter(|name| !null.contains(name)).cloned().collect::<Vec<_>>(),
    );
    let column = table.column_of(Field::Due);
    let now: Vec<_> = match due(table, claims, column).as_slice() {
        [] => column.map(|column| column.name.clone()).into_iter().collect(),
        compared => compared.iter().map(|column| column.name.clone()).collect(),
    };
    vec![
        format!("set = {{ {} }}", set.join(", ")),
        format!("now = {}", list(&now)),
        format!("null = {}", list(&null)),
    ]
}

/// A value as TOML, by the type of its column.
fn value(table: &DraftTable, column: &str, value: &str) -> String {
    let r#type = table.column(column).map_or("", |column| column.r#type.as_str());
    let is_plain = ["bigint", "integer", "smallint", "boolean"].contains(&r#type);
    match (is_plain, value) {
        (true, "") => "0".to_owned(),
        (true, value) => value.to_owned(),
        (false, value) => quoted(value),
    }
}
