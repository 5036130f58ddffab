//! Which failed jobs are tried again.
//!
//! The word for failed does not tell, and neither do the words beside it. A function that claims jobs tells: the states
//! that it takes are tried again, the others are not. Without one, an index for claims that has failed jobs beside
//! queued ones shows that they are, and of each job the row may tell: attempts that are used up, a time from which it is
//! due again, or a long time since that. Of what is left, nothing is known.

use super::catalog::{CatalogFunction, CatalogIndex};
use super::conditions::{Columns, ComparedWith, Comparison, comparisons, has_condition_on};
use super::sql::{attempts_used, due, is_future_retry, last_change, literal, state_in};
use super::{Layout, Lifecycle};

/// Hours after which a failed job that is due counts as given up. A retry that is due starts as soon as a worker is free,
/// and workers that were away for longer leave a backlog that is an alarm already.
pub(crate) const LONGEST_WAIT: u32 = 24;

/// What becomes of a failed job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    /// It will be tried again.
    Retried,
    /// Functions claim jobs, and none of them takes its state.
    NotClaimed,
    /// Its attempts are used up.
    AttemptsUsed,
    /// It has been due for more than [`LONGEST_WAIT`], and nothing has claimed it.
    Overdue,
    /// Nothing shows whether it is tried again.
    Unknown,
}

impl Fate {
    const ALL: [Self; 5] =
        [Self::Retried, Self::NotClaimed, Self::AttemptsUsed, Self::Overdue, Self::Unknown];

    /// Name in the results of queries.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Retried => "retried",
            Self::NotClaimed => "not_claimed",
            Self::AttemptsUsed => "attempts_used",
            Self::Overdue => "overdue",
            Self::Unknown => "unknown",
        }
    }

    /// The fate with this name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fate| fate.as_str() == name)
    }

    /// Whether the job is not tried again.
    pub(crate) fn is_given_up(self) -> bool {
        matches!(self, Self::NotClaimed | Self::AttemptsUsed | Self::Overdue)
    }
}

/// What is known about the states of failed jobs. All lists are empty for a package and a declared table, whose states
/// are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Retries {
    /// States that no claim function takes.
    pub(crate) not_claimed: Vec<String>,
    /// States that a claim function takes.
    claimed: Vec<String>,
    /// Whether such a function compares the attempts with their maximum.
    claims_check_attempts: bool,
    /// States that an index for claims has beside queued ones.
    indexed: Vec<String>,
    /// States of which nothing is shown.
    undecided: Vec<String>,
}

/// What a claim function does with jobs in a failed state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Taken {
    /// It leaves them alone.
    No,
    /// It may take them: its condition cannot be read, or the caller names the job.
    Perhaps,
    /// It takes them.
    Yes,
}

impl Retries {
    /// Reads the functions that claim jobs, and the indexes.
    pub(crate) fn new(claims: &[&CatalogFunction], layout: &Layout) -> Self {
        let mut retries = Self::default();
        let columns =
            Columns { table: &layout.relation.name, column: &layout.state_column, id: "id" };
        let read: Vec<_> = claims.iter().map(|claim| comparisons(&claim.source, columns)).collect();
        for state in layout.state_names.values(Lifecycle::Failed) {
            let taken = read.iter().map(|claim| taken(claim, state)).max();
            let is_indexed =
                || layout.indexes.iter().any(|index| is_for_claims(index, layout, state));
            let list = match taken {
                Some(Taken::Yes) => &mut retries.claimed,
                Some(Taken::No) => &mut retries.not_claimed,
                Some(Taken::Perhaps) | None if is_indexed() => &mut retries.indexed,
                Some(Taken::Perhaps) | None => &mut retries.undecided,
            };
            list.push(state.clone());
        }
        if let Some(max) = &layout.max_attempts {
            let columns = Columns { column: max, ..columns };
            retries.claims_check_attempts =
                claims.iter().any(|claim| has_condition_on(&claim.source, columns));
        }
        retries
    }

    /// The fate of a failed job as SQL, as [`Fate::as_str`]; `None` if it is the same for all of them.
    pub(crate) fn fate(&self, layout: &Layout) -> Option<String> {
        if layout.declared.is_some() {
            return None;
        }
        let mut cases = vec![];
        let mut case = |states: &[&[String]], condition: Option<String>, fate: Fate| {
            let states = states.concat();
            if let (Some(condition), false) = (condition, states.is_empty()) {
                let is_state = state_in(layout, &states);
                cases.push(format!(
                    "when {is_state} and {condition} then {}",
                    literal(fate.as_str())
                ));
            }
        };
        let checked: &[String] = if self.claims_check_attempts { &self.claimed } else { &[] };
        case(&[&self.not_claimed], Some("true".to_owned()), Fate::NotClaimed);
        case(&[&self.undecided, checked], attempts_used(layout), Fate::AttemptsUsed);
        case(&[&self.undecided, &self.indexed], overdue(layout), Fate::Overdue);
        case(&[&self.undecided], Some(format!("not {}", is_future_retry(layout))), Fate::Unknown);
        if cases.is_empty() {
            return None;
        }
        Some(format!("case {} else {} end", cases.join(" "), literal(Fate::Retried.as_str())))
    }

    /// Whether no failed job is tried again.
    pub(crate) fn gives_up_all(&self, layout: &Layout) -> bool {
        let failed = &layout.state_names.failed;
        !failed.is_empty() && self.not_claimed.len() == failed.len()
    }

    /// Condition for given-up jobs as SQL; `None` if there can be none.
    pub(crate) fn is_given_up(&self, layout: &Layout) -> Option<String> {
        let fate = self.fate(layout)?;
        let given_up = Fate::ALL.into_iter().filter(|fate| fate.is_given_up());
        let given_up: Vec<_> = given_up.map(|fate| literal(fate.as_str())).collect();
        let failed = state_in(layout, layout.state_names.values(Lifecycle::Failed));
        if self.gives_up_all(layout) {
            return Some(failed);
        }
        Some(format!("{failed} and {fate} in ({})", given_up.join(", ")))
    }
}

/// Whether a claim takes jobs in this state.
pub(super) fn taken(claim: &[Comparison], state: &String) -> Taken {
    let of_comparison = |comparison: &Comparison| match &comparison.with {
        ComparedWith::Is(values) if !values.contains(state) => Taken::No,
        ComparedWith::Is(_) if comparison.is_by_id => Taken::Perhaps,
        ComparedWith::Is(_) => Taken::Yes,
        ComparedWith::IsNot(values) if values.contains(state) => Taken::No,
        // Beside `= 'queued'` it only narrows what that selects.
        ComparedWith::IsNot(_) if !comparison.has_or && claim.iter().any(selects) => Taken::No,
        ComparedWith::IsNot(_) | ComparedWith::Unreadable => Taken::Perhaps,
    };
    claim.iter().map(of_comparison).max().unwrap_or(Taken::Perhaps)
}

/// Whether a comparison selects by values.
fn selects(comparison: &Comparison) -> bool {
    matches!(comparison.with, ComparedWith::Is(_)) && !comparison.has_or
}

/// Whether an index holds the jobs that workers look for: queued ones and those in this failed state, no others, by
/// columns that order claims. An index that keeps jobs unique has others.
fn is_for_claims(index: &CatalogIndex, layout: &Layout, state: &String) -> bool {
    let Some(predicate) = &index.predicate else { return false };
    let columns = Columns { table: &layout.relation.name, column: &layout.state_column, id: "id" };
    let compared = comparisons(&format!("where {predicate}"), columns);
    let [Comparison { with: ComparedWith::Is(values), has_or: false, .. }] = compared.as_slice()
    else {
        return false;
    };
    let [queued, failed] =
        [Lifecycle::Queued, Lifecycle::Failed].map(|role| layout.state_names.values(role));
    let names = |column: &Option<String>| column.clone().into_iter();
    let mut ordering: Vec<String> = layout.due.iter().map(|due| due.name.clone()).collect();
    ordering.extend(layout.created.iter().map(|created| created.name.clone()));
    ordering.extend(names(&layout.kind).chain(names(&layout.priority)));
    ordering.extend(["id".to_owned(), layout.state_column.clone(), "queue".to_owned()]);
    values.contains(state)
        && values.iter().any(|value| queued.contains(value))
        && values.iter().all(|value| queued.contains(value) || failed.contains(value))
        && index.columns.iter().flatten().all(|column| ordering.contains(column))
        && index.columns.iter().all(Option::is_some)
}

/// Condition that a job has been due, and unchanged, for so long that no worker takes it; `None` if no time tells.
fn overdue(layout: &Layout) -> Option<String> {
    let is_known = !layout.due.is_empty() || layout.updated.is_some();
    if !is_known || layout.zone_doubt.is_some() {
        return None;
    }
    let times = [due(layout), last_change(layout)].join(", ");
    Some(format!("greatest({times}) < (select now() - interval '{LONGEST_WAIT} hours')"))
}
