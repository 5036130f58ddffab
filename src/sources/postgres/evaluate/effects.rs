//! Effects of entries: which rows the policies that read a table admit with each entry in the place of its rows.

use std::collections::BTreeMap;
use std::time::Duration;

use super::entries::PER_BASE;
use super::synthetic::{self, RowText};
use super::units::{Target, as_request};
use crate::access::compute::applicable;
use crate::access::expression::is_null_test;
use crate::access::policies::{Combined, Side};
use crate::access::rights::{Readers, condition_of_policy, conditions, has_users};
use crate::access::self_grants::writable;
use crate::access::substitute::with_rows;
use crate::facts::access::catalog::{Relation, Role};
use crate::facts::access::evaluated::{EntryEffect, EntryValue, EvaluatedEntries, Evaluations};
use crate::facts::access::{AccessCatalog, SqlCommand};
use crate::queue::sql::literal;
use crate::sources::postgres::Database;
use crate::sources::postgres::probe::probe_batch::{self, ProbeGroup, claims_of};
use crate::sources::postgres::probe::sample_setup;

/// Maximum number of rows of others that a condition is evaluated on.
const ROWS: usize = 24;

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
