//! Entries: rows with which a user could give rights to himself, in tables that policies read. The policies of the table
//! are evaluated on them as for other rows; then the policies that read the table, with each entry in its place.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::rights_table::{RightsTable, can_name_caller};
use super::sample::Samples;
use super::synthetic::{self, RowText};
use super::units::{Target, as_request};
use crate::access::rights::{Readers, conditions, has_users, unscoped};
use crate::access::self_grants::writable;
use crate::access::substitute::with_rows;
use crate::facts::access::AccessCatalog;
use crate::facts::access::catalog::{ColumnType, Role};
use crate::facts::access::evaluated::{Entry, EntryEffect, EntryValue, Evaluations, TestRow};
use crate::queue::sql::literal;
use crate::sources::postgres::Database;
use crate::sources::postgres::probe::probe_batch::{self, ProbeGroup, USER_EMAIL, claims_of};
use crate::sources::postgres::probe::sample_setup;

/// Maximum number of entries with the ids of one stored row, or of none.
const PER_BASE: usize = 48;
/// Maximum number of sets of columns that hold the id of the user: each column by itself, then several.
const CALLER_SETS: usize = 12;
/// Maximum number of values that are tried in another column.
const VALUES: usize = 4;
/// Maximum number of rows of others that a condition is evaluated on.
const ROWS: usize = 24;

/// Builds the entries of a table, and what is evaluated on them.
pub(crate) fn entries<'a>(
    catalog: &'a AccessCatalog,
    rights: &RightsTable<'a>,
    samples: &Samples,
) -> Option<(Target<'a>, Vec<Entry>)> {
    let [caller, other, .., new] = samples.random.as_slice() else { return None };
    let ids = rights.ids();
    let stored = samples.stored.get(&rights.table.name).map_or(&[][..], Vec::as_slice);
    let bases = std::iter::once(None).chain(stored.iter().enumerate().map(Some));
    let others: Vec<_> = rights
        .columns
        .iter()
        .copied()
        .filter(|c| !ids.iter().any(|id| id.column == c.column))
        .collect();
    let choices: Vec<_> = others.iter().map(|c| choices(c, &rights.literals)).collect();
    let nameable: Vec<_> =
        ids.iter().enumerate().filter(|(_, c)| can_name_caller(c)).map(|(at, _)| 1 << at).collect();
    // One column with the caller first.
    let mut masks: Vec<u32> =
        (1..1_u32 << ids.len()).filter(|m| m & !nameable.iter().sum::<u32>() == 0).collect();
    masks.sort_by_key(|mask| mask.count_ones());
    masks.truncate(CALLER_SETS);
    if masks.is_empty() {
        masks.push(0);
    }
    let (mut entries, mut rows) = (Vec::new(), Vec::new());
    for base in bases {
        let combined = product(&choices).flat_map(|v| masks.iter().map(move |m| (*m, v.clone())));
        for (mask, values) in combined.take(PER_BASE) {
            let mut texts: BTreeMap<&str, Option<String>> = BTreeMap::new();
            let mut known = BTreeMap::new();
            for (at, column) in ids.iter().enumerate() {
                let stored = base.and_then(|(_, values)| values.get(at).cloned().flatten());
                let (value, text) = match mask & (1 << at) != 0 {
                    true => (EntryValue::Caller, caller_value(column, caller)),
                    false if rights.table.unique_columns.contains(&column.column) => {
                        (EntryValue::New, id_value(column, new, "-7"))
                    }
                    false => (
                        EntryValue::OfOthers,
                        stored.unwrap_or_else(|| id_value(column, other, "-1")),
                    ),
                };
                texts.insert(&column.column, Some(text));
                known.insert(column.column.clone(), value);
            }
            for (column, value) in others.iter().zip(values) {
                texts.insert(&column.column, value.clone());
                known.insert(column.column.clone(), EntryValue::Text(value));
            }
            let fields: Vec<_> = rights
                .table
                .types
                .iter()
                .map(|c| texts.get(c.column.as_str()).and_then(Option::as_deref))
                .collect();
            rows.push(RowText { text: synthetic::composite(&fields), row: TestRow::default() });
            entries.push(Entry { origin: base.map(|(at, _)| at), values: known });
        }
    }
    let policies = catalog.policies_on(&rights.table.name);
    let expressions =
        policies.flat_map(|p| [&p.using, &p.check]).flatten().chain(&rights.table.checks);
    let expressions: BTreeSet<_> = expressions.map(String::as_str).collect();
    let expressions = expressions.into_iter().collect();
    let target =
        Target { table: rights.table, expressions, rows, users: vec![], is_of_entries: true };
    Some((target, entries))
}

fn caller_value(column: &ColumnType, caller: &str) -> String {
    if column.column.contains("email") { USER_EMAIL.to_owned() } else { caller.to_owned() }
}

/// An id as the synthetic rows of other tables have it.
fn id_value(column: &ColumnType, id: &str, number: &str) -> String {
    match column.base.as_str() {
        "uuid" => id.to_owned(),
        "text" | "varchar" | "citext" => format!("value-{id}"),
        _ => number.to_owned(),
    }
}

/// The values to try in a column without ids.
fn choices(column: &ColumnType, literals: &[String]) -> Vec<Option<String>> {
    let named = |fits: &dyn Fn(&str) -> bool| -> Vec<Option<String>> {
        literals.iter().filter(|l| fits(l)).take(VALUES).cloned().map(Some).collect()
    };
    let mut values = match (&column.labels, column.base.as_str()) {
        (Some(labels), _) => {
            let found = named(&|l| labels.iter().any(|label| label == l));
            if found.is_empty() {
                labels.first().cloned().map(Some).into_iter().collect()
            } else {
                found
            }
        }
        (None, "bool") => vec![Some("t".to_owned()), Some("f".to_owned())],
        (None, "text" | "varchar" | "citext" | "bpchar" | "name") => named(&|l| {
            !l.is_empty()
                && l.parse::<i32>().is_err()
                && column.length.is_none_or(|most| l.chars().count() <= most)
        }),
        (None, "int2" | "int4" | "int8" | "numeric" | "float4" | "float8") => {
            named(&|l| l.parse::<i32>().is_ok())
        }
        (None, "timestamptz" | "timestamp" | "date") => vec![Some("2999-01-02".to_owned())],
        (None, "json" | "jsonb") => vec![Some("{}".to_owned())],
        _ => vec![],
    };
    if let Some(default) = column.default.as_deref().and_then(|d| d.strip_prefix('\''))
        && let Some((value, _)) = default.split_once('\'')
    {
        values.push(Some(value.to_owned()));
    }
    let is_time = matches!(column.base.as_str(), "timestamptz" | "timestamp" | "date");
    if !column.not_null && (is_time || values.is_empty()) {
        values.insert(0, None);
    }
    if values.is_empty() {
        values.push(synthetic_value(column));
    }
    let mut known = BTreeSet::new();
    values.retain(|v| known.insert(v.clone()));
    values
}

fn synthetic_value(column: &ColumnType) -> Option<String> {
    match column.base.as_str() {
        "text" | "varchar" | "citext" | "bpchar" | "name" => Some("v".to_owned()),
        "int2" | "int4" | "int8" | "numeric" | "float4" | "float8" => Some("12345".to_owned()),
        _ => None,
    }
}

/// All combinations of one choice for each column; the first choices first.
fn product(choices: &[Vec<Option<String>>]) -> impl Iterator<Item = Vec<Option<String>>> {
    let all: usize = choices.iter().map(Vec::len).product::<usize>().min(PER_BASE);
    let combination = move |at: usize| {
        let mut rest = at;
        let pick = |list: &Vec<Option<String>>| {
            let value = list[rest % list.len()].clone();
            rest /= list.len();
            value
        };
        choices.iter().map(pick).collect()
    };
    (0..all).map(combination)
}

/// A condition to evaluate with each entry.
struct Question<'q> {
    rights: &'q str,
    table: &'q str,
    condition: String,
    rows: usize,
    group: ProbeGroup,
}

/// Evaluates the policies that read the tables with each entry. Only for entries that a user may write, and for policies
/// that do not compare the workspace.
pub(crate) async fn read_effects(
    db: &Database,
    budget: Duration,
    catalog: &AccessCatalog,
    readers: &Readers<'_>,
    targets: &[Target<'_>],
    entry_targets: &[Target<'_>],
    evaluations: &mut Evaluations,
) {
    let caller = evaluations.non_member.clone();
    let mut questions = Vec::new();
    for of_entries in entry_targets {
        let (table, name) = (of_entries.table, &of_entries.table.name);
        let Some(evaluated) = evaluations.entries.get_mut(name) else { continue };
        let unscoped: Vec<_> =
            unscoped(catalog, readers, table).into_iter().map(|u| u.table.name.as_str()).collect();
        for role in catalog.roles.iter().filter(|role| role.assumable) {
            let is_writable = !writable(catalog, table, role, evaluated).is_empty();
            for target in targets {
                let read = target.table;
                let is_asked = is_writable || unscoped.contains(&read.name.as_str());
                if !is_asked || !has_users(read, role) || !readers.reads(read, table) {
                    continue;
                }
                for condition in conditions(catalog, read, role) {
                    let is_known = |q: &Question<'_>| {
                        q.rights == name && q.table == read.name && q.condition == condition
                    };
                    if questions.iter().any(is_known) {
                        continue;
                    }
                    let done = with_rows(catalog, &as_request(&condition), table, ENTRY_ROW);
                    evaluated
                        .unfollowed
                        .extend(done.unfollowed.into_iter().map(|f| (read.name.clone(), f)));
                    if !done.reads_table {
                        continue;
                    }
                    questions
                        .push(question(of_entries, target, role, &caller, condition, &done.text));
                }
            }
        }
    }
    if questions.is_empty() {
        return;
    }
    let setup = format!("{}; SET LOCAL search_path = public, extensions", sample_setup(budget));
    let groups: Vec<_> = questions.iter_mut().map(|q| std::mem::take(&mut q.group)).collect();
    let results = match probe_batch::run(db, budget, &setup, &groups).await {
        Ok(results) => results,
        Err(error) => {
            evaluations.untested.push(("rights of users".to_owned(), error.to_string()));
            return;
        }
    };
    for (question, result) in questions.iter().zip(results.into_iter().flatten()) {
        let text = match result {
            Ok(rows) => rows.into_iter().flatten().next().unwrap_or_default(),
            Err(error) => {
                let what = format!("{} with rows in {}", question.table, question.rights);
                evaluations.untested.push((what, error.reason()));
                continue;
            }
        };
        let mut results =
            text.split('|').map(|row| row.chars().map(|c| c == 't').collect::<Vec<_>>());
        let (Some(without), with) =
            (results.next().filter(|w| w.len() == question.rows), results.collect())
        else {
            continue;
        };
        let (table, condition) = (question.table.to_owned(), question.condition.clone());
        if let Some(evaluated) = evaluations.entries.get_mut(question.rights) {
            evaluated.effects.push(EntryEffect { table, condition, without, with });
        }
    }
}

/// The entry in place of the rows of its table.
const ENTRY_ROW: &str = "SELECT (cliplyctl_entry.r).* WHERE cliplyctl_entry.n > 0";

/// The question which rows of others a condition admits without an entry and with each one: a text for each, separated
/// by `|`.
fn question<'q>(
    of_entries: &'q Target<'_>,
    target: &'q Target<'_>,
    role: &Role,
    caller: &str,
    condition: String,
    substituted: &str,
) -> Question<'q> {
    let of_others = |row: &&RowText| !row.row.own && (row.row.foreign || row.row.real);
    let mut rows: Vec<_> = target.rows.iter().filter(of_others).collect();
    rows.sort_by_key(|row| (row.row.real, row.row.nulls.len()));
    rows.truncate(ROWS);
    let (entry, table) = (&of_entries.table.name, &target.table.name);
    let entries = literal(&synthetic::array(of_entries.rows.iter().map(|r| r.text.as_str())));
    let row_texts = literal(&synthetic::array(rows.iter().map(|r| r.text.as_str())));
    // Without an aggregate around the condition: one that names no column of the row would belong to the outer query.
    let sql = format!(
        "select pg_catalog.string_agg(pg_catalog.array_to_string(array(\
           select case when exists (select where ({substituted})) then 't' else 'f' end \
             from pg_catalog.unnest({row_texts}::{table}[]) as {}), ''), '|' order by cliplyctl_entry.n) \
         from (select 0::bigint as n, null::{entry} as r union all \
               select pg_catalog.row_number() over (), e::{entry} from pg_catalog.unnest({entries}::{entry}[]) e) \
           as cliplyctl_entry",
        target.table.local_name()
    );
    let group = ProbeGroup {
        setup: claims_of(&role.name, Some(caller)),
        queries: vec![sql],
        ..ProbeGroup::default()
    };
    Question { rights: entry, table, condition, rows: rows.len(), group }
}
