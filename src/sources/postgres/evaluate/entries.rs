//! Entries: rows with which a user could give rights to himself, in tables that policies read. The policies of the table
//! are evaluated on them as for other rows; then the policies that read the table, with each entry in its place.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::rights_table::{RightsTable, can_name_caller};
use super::sample::Samples;
use super::synthetic::{self, RowText, is_user_column};
use super::units::{Target, as_request};
use crate::access::compute::applicable;
use crate::access::expression::is_null_test;
use crate::access::policies::{Combined, Side};
use crate::access::rights::{Readers, condition_of_policy, conditions, has_users};
use crate::access::self_grants::writable;
use crate::access::substitute::with_rows;
use crate::facts::access::catalog::{ColumnType, Relation, Role};
use crate::facts::access::evaluated::{
    Entry, EntryEffect, EntryValue, EvaluatedEntries, Evaluations, TestRow,
};
use crate::facts::access::{AccessCatalog, SqlCommand};
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

/// What the answer to a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// Rows that a condition admits with each entry.
    Entries,
    /// Rows that a policy admits with each entry that has nothing to do with them.
    Unrelated,
    /// Entries that a user may add with each entry that has nothing to do with them.
    Added,
}

/// A condition to evaluate with each entry.
struct Question<'q> {
    about: About,
    rights: &'q str,
    table: &'q str,
    role: &'q str,
    condition: String,
    rows: usize,
    group: ProbeGroup,
}

/// What the questions are built from.
pub(crate) struct EffectWork<'w> {
    /// Database.
    pub(crate) db: &'w Database,
    /// Time for each query.
    pub(crate) budget: Duration,
    /// Catalog.
    pub(crate) catalog: &'w AccessCatalog,
    /// The policies that read each table.
    pub(crate) readers: &'w Readers<'w>,
    /// Tables with policies.
    pub(crate) targets: &'w [Target<'w>],
    /// Tables that policies read, with entries.
    pub(crate) entry_targets: &'w [Target<'w>],
    /// By table, entries that have nothing to do with the caller and a row.
    pub(crate) unrelated: &'w BTreeMap<String, Vec<RowText>>,
}

impl EffectWork<'_> {
    /// Evaluates the policies that read the tables with each entry that a user may write, and all policies with entries that
    /// have nothing to do with their rows.
    pub(crate) async fn read(&self, evaluations: &mut Evaluations) {
        let caller = evaluations.non_member.clone();
        let added = self.questions_about_added(&caller);
        self.answer(added, evaluations).await;
        let mut questions = self.questions_about_unrelated(&caller);
        for of_entries in self.entry_targets {
            if let Some(evaluated) = evaluations.entries.get_mut(&of_entries.table.name) {
                self.ask_about_entries(of_entries, evaluated, &caller, &mut questions);
            }
        }
        self.answer(questions, evaluations).await;
    }

    /// Which entries a user may add who has an entry elsewhere: of tables whose policies read the table itself.
    fn questions_about_added(&self, caller: &str) -> Vec<Question<'_>> {
        let mut questions: Vec<Question<'_>> = Vec::new();
        for of_entries in self.entry_targets {
            let table = of_entries.table;
            for role in self.roles(table).filter(|r| table.is_granted(&r.name, SqlCommand::Insert))
            {
                let policies = applicable(self.catalog, table, role, SqlCommand::Insert);
                let check = Combined::new(policies, Side::Check).sql();
                let done = with_rows(self.catalog, &as_request(&check), table, ENTRY_ROW);
                let unrelated = self.unrelated_of(table);
                if done.reads_table && !unrelated.is_empty() {
                    let rows: Vec<_> = of_entries.rows.iter().take(PER_BASE).collect();
                    let target =
                        Asked { about: About::Added, table, role, caller, condition: check };
                    questions.push(question(table, unrelated, target, &rows, &done.text));
                }
            }
        }
        questions
    }

    /// What each policy admits with entries that have nothing to do with the rows.
    fn questions_about_unrelated(&self, caller: &str) -> Vec<Question<'_>> {
        let mut questions: Vec<Question<'_>> = Vec::new();
        for of_entries in self.entry_targets {
            let (rights, unrelated) = (of_entries.table, self.unrelated_of(of_entries.table));
            for policy in self.readers.policies(rights).filter(|_| !unrelated.is_empty()) {
                let target = self.targets.iter().find(|t| t.table.name == policy.table);
                let Some(target) = target else { continue };
                for role in self.roles(target.table) {
                    let condition = [SqlCommand::Select, SqlCommand::Update, SqlCommand::Delete]
                        .into_iter()
                        .find_map(|c| {
                            condition_of_policy(self.catalog, target.table, role, c, policy)
                        });
                    let Some(condition) = condition else { continue };
                    let is_known = |q: &Question<'_>| {
                        q.rights == rights.name
                            && q.table == policy.table
                            && q.condition == condition
                    };
                    let done = with_rows(self.catalog, &as_request(&condition), rights, ENTRY_ROW);
                    if questions.iter().any(is_known) || !done.reads_table {
                        continue;
                    }
                    let rows = rows_like(target, &condition);
                    let asked = Asked {
                        about: About::Unrelated,
                        table: target.table,
                        role,
                        caller,
                        condition,
                    };
                    questions.push(question(rights, unrelated, asked, &rows, &done.text));
                }
            }
        }
        questions
    }

    /// Which rows of others the conditions that read a table admit with each entry, if a user may write one.
    fn ask_about_entries<'q>(
        &'q self,
        of_entries: &'q Target<'_>,
        evaluated: &mut EvaluatedEntries,
        caller: &str,
        questions: &mut Vec<Question<'q>>,
    ) {
        let (table, name) = (of_entries.table, &of_entries.table.name);
        for role in self.catalog.roles.iter().filter(|role| role.assumable) {
            if writable(self.catalog, table, role, evaluated).is_empty() {
                continue;
            }
            for target in self.targets {
                let read = target.table;
                if !has_users(read, role) || !self.readers.reads(read, table) {
                    continue;
                }
                for condition in conditions(self.catalog, read, role) {
                    let is_known = |q: &Question<'_>| {
                        q.about == About::Entries
                            && q.rights == name
                            && q.table == read.name
                            && q.condition == condition
                    };
                    if questions.iter().any(is_known) {
                        continue;
                    }
                    let done = with_rows(self.catalog, &as_request(&condition), table, ENTRY_ROW);
                    evaluated
                        .unfollowed
                        .extend(done.unfollowed.into_iter().map(|f| (read.name.clone(), f)));
                    if !done.reads_table {
                        continue;
                    }
                    let mut rows: Vec<_> = target.rows.iter().filter(is_of_others).collect();
                    rows.sort_by_key(|row| (row.row.real, row.row.nulls.len()));
                    rows.truncate(ROWS);
                    let asked =
                        Asked { about: About::Entries, table: read, role, caller, condition };
                    let entries = &of_entries.rows;
                    questions.push(question(table, entries, asked, &rows, &done.text));
                }
            }
        }
    }

    fn roles<'r>(&'r self, table: &'r Relation) -> impl Iterator<Item = &'r Role> {
        self.catalog.roles.iter().filter(|role| role.assumable && has_users(table, role))
    }

    fn unrelated_of(&self, table: &Relation) -> &[RowText] {
        self.unrelated.get(&table.name).map_or(&[], Vec::as_slice)
    }

    /// Asks the server, in one round trip, and stores the answers.
    async fn answer(&self, mut questions: Vec<Question<'_>>, evaluations: &mut Evaluations) {
        if questions.is_empty() {
            return;
        }
        let setup =
            format!("{}; SET LOCAL search_path = public, extensions", sample_setup(self.budget));
        let groups: Vec<_> = questions.iter_mut().map(|q| std::mem::take(&mut q.group)).collect();
        let results = match probe_batch::run(self.db, self.budget, &setup, &groups).await {
            Ok(results) => results,
            Err(error) => {
                evaluations.untested.push(("rights of users".to_owned(), error.to_string()));
                return;
            }
        };
        for (question, result) in questions.into_iter().zip(results.into_iter().flatten()) {
            let text = match result {
                Ok(rows) => rows.into_iter().flatten().next().unwrap_or_default(),
                Err(error) => {
                    let what = format!("{} with rows in {}", question.table, question.rights);
                    evaluations.untested.push((what, error.reason()));
                    continue;
                }
            };
            question.store(&text, evaluations);
        }
    }
}

impl Question<'_> {
    fn store(self, text: &str, evaluations: &mut Evaluations) {
        let mut results =
            text.split('|').map(|row| row.chars().map(|c| c == 't').collect::<Vec<_>>());
        let without = results.next().filter(|w| w.len() == self.rows);
        let with: Vec<_> = results.collect();
        let (Some(without), Some(evaluated)) = (without, evaluations.entries.get_mut(self.rights))
        else {
            return;
        };
        let effect =
            EntryEffect { table: self.table.to_owned(), condition: self.condition, without, with };
        match self.about {
            About::Entries => evaluated.effects.push(effect),
            About::Unrelated => evaluated.unrelated_effects.push(effect),
            About::Added => {
                let is_of_caller = |at: usize| {
                    let entry = evaluated.unrelated.get(at);
                    entry.is_some_and(|e| e.values.values().any(|v| *v == EntryValue::Caller))
                };
                let with: Vec<_> =
                    effect.with.iter().enumerate().filter(|(at, _)| is_of_caller(*at)).collect();
                let added = (0..effect.without.len()).filter(|row| {
                    !effect.without[*row]
                        && with.iter().any(|(_, rows)| rows.get(*row) == Some(&true))
                });
                evaluated.added_by_members.extend(added.map(|row| (self.role.to_owned(), row)));
            }
        }
    }
}

fn is_of_others(row: &&RowText) -> bool {
    !row.row.own && (row.row.foreign || row.row.real)
}

/// Rows of others with NULL where a condition asks for it, and nowhere else: those that it is about. All rows of others if
/// there are none.
fn rows_like<'t>(target: &'t Target<'_>, condition: &str) -> Vec<&'t RowText> {
    let of_others: Vec<_> = target.rows.iter().filter(is_of_others).collect();
    let is_meant = |row: &RowText| {
        let columns = of_others.iter().flat_map(|row| &row.row.nulls);
        columns.clone().all(|c| row.row.nulls.contains(c) == is_null_test(condition, c))
    };
    let mut rows: Vec<_> = of_others.iter().copied().filter(|row| is_meant(row)).collect();
    if rows.is_empty() {
        rows = of_others;
    }
    rows.truncate(ROWS);
    rows
}

/// The entry in place of the rows of its table.
const ENTRY_ROW: &str = "SELECT (cliplyctl_entry.r).* WHERE cliplyctl_entry.n > 0";

/// Whom and what a question is about.
struct Asked<'q, 'c> {
    about: About,
    table: &'q Relation,
    role: &'q Role,
    caller: &'c str,
    condition: String,
}

/// The question which rows a condition admits without an entry and with each one: a text for each, separated by `|`.
fn question<'q>(
    rights: &'q Relation,
    entries: &[RowText],
    asked: Asked<'q, '_>,
    rows: &[&RowText],
    substituted: &str,
) -> Question<'q> {
    let (entry, table) = (&rights.name, &asked.table.name);
    let entries = literal(&synthetic::array(entries.iter().map(|r| r.text.as_str())));
    let row_texts = literal(&synthetic::array(rows.iter().map(|r| r.text.as_str())));
    // Without an aggregate around the condition: one that names no column of the row would belong to the outer query.
    let sql = format!(
        "select pg_catalog.string_agg(pg_catalog.array_to_string(array(\
           select case when exists (select where ({substituted})) then 't' else 'f' end \
             from pg_catalog.unnest({row_texts}::{table}[]) as {}), ''), '|' order by cliplyctl_entry.n) \
         from (select 0::bigint as n, null::{entry} as r union all \
               select pg_catalog.row_number() over (), e::{entry} from pg_catalog.unnest({entries}::{entry}[]) e) \
           as cliplyctl_entry",
        asked.table.local_name()
    );
    let setup = claims_of(&asked.role.name, Some(asked.caller));
    let group = ProbeGroup { setup, queries: vec![sql], ..ProbeGroup::default() };
    Question {
        about: asked.about,
        rights: entry,
        table,
        role: &asked.role.name,
        condition: asked.condition,
        rows: rows.len(),
        group,
    }
}
