//! Entries: rows with which a user could give rights to himself, in tables that policies read. The policies of the table
//! are evaluated on them as for other rows; what they open in other tables is in [`super::effects`].

use std::collections::{BTreeMap, BTreeSet};

use super::rights_table::{RightsTable, can_name_caller};
use super::sample::Samples;
use super::synthetic::{self, RowText, is_user_column};
use super::units::Target;
use crate::facts::access::AccessCatalog;
use crate::facts::access::catalog::ColumnType;
use crate::facts::access::evaluated::{Entry, EntryValue, TestRow};
use crate::sources::postgres::probe::probe_batch::USER_EMAIL;

/// Maximum number of entries with the ids of one stored row, or of none.
pub(super) const PER_BASE: usize = 48;
/// Maximum number of sets of columns that hold the id of the user: each column by itself, then several.
const CALLER_SETS: usize = 12;
/// Maximum number of values that are tried in another column.
const VALUES: usize = 4;

/// The entries of a table, and what is evaluated on them.
pub(crate) struct TableEntries<'a> {
    /// The entries as rows, with the policies of the table.
    pub(crate) target: Target<'a>,
    /// Entries.
    pub(crate) entries: Vec<Entry>,
    /// Entries that have nothing to do with the caller and a tested row.
    pub(crate) unrelated: Vec<(RowText, Entry)>,
}

/// Builds the entries of a table.
pub(crate) fn entries<'a>(
    catalog: &'a AccessCatalog,
    rights: &RightsTable<'a>,
    samples: &Samples,
) -> Option<TableEntries<'a>> {
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
            rows.push(row_text(rights, &texts));
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
    let unrelated = unrelated(rights, &ids, &nameable, &others, &choices, [caller, other, new]);
    Some(TableEntries { target, entries, unrelated })
}

/// Maximum number of entries of each kind that have nothing to do with the caller and a row.
const UNRELATED: usize = 12;

/// Builds memberships of the caller in something that no tested row names, and of somebody else in what rows name. Empty
/// for tables without memberships.
fn unrelated(
    rights: &RightsTable<'_>,
    ids: &[&ColumnType],
    nameable: &[u32],
    others: &[&ColumnType],
    choices: &[Vec<Option<String>>],
    [caller, other, new]: [&String; 3],
) -> Vec<(RowText, Entry)> {
    if !rights.has_workspaces {
        return vec![];
    }
    let of_caller = nameable.iter().map(|mask| (*mask, true));
    let of_others = std::iter::once((0, false));
    let kinds = [of_caller.collect::<Vec<_>>(), of_others.collect()];
    let mut found = Vec::new();
    for kind in &kinds {
        let combined = product(choices).flat_map(|v| kind.iter().map(move |m| (*m, v.clone())));
        for ((mask, is_elsewhere), values) in combined.take(UNRELATED) {
            let mut texts: BTreeMap<&str, Option<String>> = BTreeMap::new();
            let mut known = BTreeMap::new();
            for (at, column) in ids.iter().enumerate() {
                let is_user = is_user_column(&column.column, &column.base);
                let (value, text) = if mask & (1 << at) != 0 {
                    (EntryValue::Caller, caller_value(column, caller))
                } else if is_elsewhere || is_user {
                    (EntryValue::OfOthers, id_value(column, new, "-7"))
                } else {
                    (EntryValue::OfOthers, id_value(column, other, "-1"))
                };
                texts.insert(&column.column, Some(text));
                known.insert(column.column.clone(), value);
            }
            for (column, value) in others.iter().zip(values) {
                texts.insert(&column.column, value.clone());
                known.insert(column.column.clone(), EntryValue::Text(value));
            }
            found.push((row_text(rights, &texts), Entry { origin: None, values: known }));
        }
    }
    found
}

fn row_text(rights: &RightsTable<'_>, texts: &BTreeMap<&str, Option<String>>) -> RowText {
    let value = |c: &ColumnType| texts.get(c.column.as_str()).cloned().flatten();
    let fields: Vec<_> = rights.table.types.iter().map(value).collect();
    let fields: Vec<_> = fields.iter().map(Option::as_deref).collect();
    RowText { text: synthetic::composite(&fields), row: TestRow::default() }
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
