//! What the functions that claim jobs of a table show for its declaration.

use super::names::role;
use super::{DraftState, DraftTable};
use crate::name_words::words;
use crate::queue::claim::{Clause, Token, clauses, increments, is_claim_of, tokens_about};
use crate::queue::conditions::{Columns, ComparedWith, Comparison, comparisons, hands_out};
use crate::queue::retries::{Taken, taken};
use crate::queue::unread::is_listed;
use crate::queue::{CatalogFunction, Field, Lifecycle};

/// What the claims of a table show. Without a function that claims its jobs, nothing.
#[derive(Debug, Default)]
pub(super) struct Claims {
    /// Names of the functions.
    pub(super) functions: Vec<String>,
    /// The comparisons of the state in each of them.
    states: Vec<Vec<Comparison>>,
    /// Whether a claim counts an attempt.
    pub(super) count_attempts: bool,
    /// Times that must have come before a claim, in the order of the table.
    pub(super) due: Vec<String>,
    /// Times until which a claim lasts.
    pub(super) leases: Vec<String>,
    /// Times that a claim sets to now.
    set_now: Vec<String>,
    /// Times that a claim keeps if they are set: not the times of the last claim.
    kept: Vec<String>,
}

/// How a claim assigns a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Assigned {
    Now,
    Kept,
}

impl Claims {
    /// Reads the functions that claim jobs of the table by its state.
    pub(super) fn new(
        table: &DraftTable,
        state: &DraftState,
        values: &[(String, i64)],
        functions: &[CatalogFunction],
    ) -> Self {
        let DraftState::Column(state) = state else { return Self::default() };
        let id = table.column_of(Field::Id).map_or("id", |column| column.name.as_str());
        let columns = Columns { table: &table.relation.name, column: state, id };
        let is_other = |value: &&String| {
            !matches!(role(value), None | Some(Lifecycle::Claimed | Lifecycle::Other))
        };
        let others: Vec<_> =
            values.iter().map(|(value, _)| value).filter(is_other).cloned().collect();
        let mut claims = Self::default();
        for function in functions {
            let source = &function.source;
            let states = comparisons(source, columns);
            let is_claim = is_claim_of(source, &table.relation)
                && states.iter().any(selects_jobs)
                && hands_out(source, columns, &others);
            if is_claim {
                claims.functions.push(function.name.clone());
                claims.states.push(states);
                claims.read(table, source);
            }
        }
        claims
    }

    fn read(&mut self, table: &DraftTable, source: &str) {
        let tokens = tokens_about(source, &table.relation.name);
        let clauses = clauses(&tokens);
        if let Some(attempts) = table.column_of(Field::Attempts) {
            self.count_attempts |= increments(source, &attempts.name.to_lowercase());
        }
        for column in table.columns.iter().filter(|column| column.is_time()) {
            let name = column.name.to_lowercase();
            let places = || (0..tokens.len()).filter(|at| tokens[*at].is_word(&name));
            let is_lease = words(&column.name).iter().any(|word| is_listed("claim", word));
            if places().any(|at| clauses[at] == Clause::Where && has_come(&tokens[at + 1..])) {
                let list = if is_lease { &mut self.leases } else { &mut self.due };
                add(list, &column.name);
            }
            let set = places().filter(|at| clauses[*at] == Clause::Set);
            for assigned in set.filter_map(|at| assigned(&tokens[at + 1..])) {
                let list = match assigned {
                    Assigned::Now => &mut self.set_now,
                    Assigned::Kept => &mut self.kept,
                };
                add(list, &column.name);
            }
        }
    }

    /// Whether claims take jobs in this state; `None` if nothing shows it.
    pub(super) fn take(&self, value: &String) -> Option<bool> {
        match self.states.iter().map(|claim| taken(claim, value)).max()? {
            Taken::Yes => Some(true),
            Taken::No => Some(false),
            Taken::Perhaps => None,
        }
    }

    /// Whether this is not the time of the last claim.
    pub(super) fn keep(&self, column: &str) -> bool {
        let is_in = |list: &[String]| list.iter().any(|name| name == column);
        is_in(&self.kept) && !is_in(&self.set_now)
    }

    /// The functions, for a comment.
    pub(super) fn names(&self) -> String {
        match self.functions.as_slice() {
            [one, two, _, ..] => format!("{one}, {two}, …"),
            names => names.join(", "),
        }
    }
}

fn add(list: &mut Vec<String>, name: &str) {
    if !list.iter().any(|known| known == name) {
        list.push(name.to_owned());
    }
}

/// Whether a comparison selects jobs that wait for a worker.
fn selects_jobs(comparison: &Comparison) -> bool {
    let waits = |value: &String| matches!(role(value), Some(Lifecycle::Queued | Lifecycle::Failed));
    match &comparison.with {
        ComparedWith::Is(values) => values.iter().any(waits),
        ComparedWith::IsNot(_) | ComparedWith::Unreadable => false,
    }
}

/// Whether a time before these tokens must have come: `<= now()`, but not `< now() - interval '5 minutes'`.
fn has_come(after: &[Token]) -> bool {
    let after = match after {
        [Token::Symbol('<'), Token::Symbol('='), rest @ ..] | [Token::Symbol('<'), rest @ ..] => {
            rest
        }
        _ => return false,
    };
    after_now(after).is_some_and(|rest| !matches!(rest.first(), Some(Token::Symbol('-'))))
}

/// What follows the current time.
fn after_now(tokens: &[Token]) -> Option<&[Token]> {
    let [Token::Word(word), rest @ ..] = tokens else { return None };
    let is_now = [
        "now",
        "current_timestamp",
        "clock_timestamp",
        "statement_timestamp",
        "transaction_timestamp",
    ];
    if !is_now.contains(&word.as_str()) {
        return None;
    }
    Some(rest.strip_prefix(&[Token::Symbol('('), Token::Symbol(')')]).unwrap_or(rest))
}

fn assigned(after: &[Token]) -> Option<Assigned> {
    let [Token::Symbol('='), value @ ..] = after else { return None };
    if value.first().is_some_and(|token| token.is_word("coalesce")) {
        return Some(Assigned::Kept);
    }
    let rest = after_now(value)?;
    (!matches!(rest.first(), Some(Token::Symbol('+')))).then_some(Assigned::Now)
}
