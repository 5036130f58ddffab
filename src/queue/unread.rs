//! Columns of a recognized table that this tool does not read, although they may change what its jobs mean.
//!
//! Nothing in the catalog says what a column means, and most columns of an application are its own affair. So a column
//! counts only if its type and name say that it may be about the time a job is due, a claim, removed jobs or attempts,
//! and no claim function shows that it decides nothing. What then depends on it is not known until the table is declared.

use serde::{Deserialize, Serialize};

use super::catalog::{CatalogColumn, CatalogFunction, CatalogTable};
use super::claim::{is_claim_function, mentions, reads_queued};
use super::conditions::{Columns, has_condition_on};
use super::{Layout, Lifecycle, sql};
use crate::name_words::words;

/// What a column may decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Meaning {
    /// When a job can be claimed.
    Due,
    /// Whether the claim of a job is still valid.
    Claim,
    /// Whether a job still counts: deleted, archived, paused.
    Removal,
    /// How often a job was tried.
    Attempts,
}

/// A column that is not read, and what it may decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UnreadColumn {
    /// Name.
    pub(crate) name: String,
    /// What it may decide.
    pub(crate) meaning: Meaning,
    /// Condition that a row has a value that matters, as SQL.
    pub(crate) is_set: String,
    /// Roles of the jobs for which it may decide something.
    pub(crate) roles: Vec<Lifecycle>,
}

/// Columns of the backend's table that have such words. One that is not read is a former one beside the column that is.
const KNOWN: [&str; 7] = [
    "attempts",
    "heartbeat_at",
    "last_heartbeat",
    "locked_at",
    "next_run_at",
    "run_after",
    "run_at",
];

/// Words of column names, by what they are about, and of names that only look like it: `present` are flags that a job has
/// unless it is removed, `past` is the last time of something, `limit` a number that is no count; `stored` ends the name of a
/// number that is a time.
const WORDS: &str = include_str!("column_words.txt");

/// Whether a word is in this list.
pub(super) fn is_listed(list: &str, word: &str) -> bool {
    let lists = WORDS.lines().filter_map(|line| line.split_once(": "));
    lists.into_iter().any(|(name, words)| name == list && words.split(' ').any(|w| w == word))
}

/// Finds the columns that may decide something and are not read. With claim functions, only what one of them mentions
/// decides anything.
pub(crate) fn unread_columns(
    jobs: &CatalogTable,
    layout: &Layout,
    functions: &[CatalogFunction],
) -> Vec<UnreadColumn> {
    let is_claim = |function: &&CatalogFunction| {
        is_claim_function(&function.source) && reads_queued(&function.source, &layout.state_column)
    };
    let claims: Vec<_> = functions.iter().filter(is_claim).collect();
    let decides =
        |name: &str| claims.is_empty() || claims.iter().any(|claim| mentions(&claim.source, name));
    // Beside a due time that is read, one that a claim only sorts by or writes decides nothing.
    let is_condition = |name: &str| {
        let columns = Columns { table: &layout.relation.name, column: name, id: "id" };
        claims.is_empty() || claims.iter().any(|claim| has_condition_on(&claim.source, columns))
    };
    let is_known = |column: &CatalogColumn| {
        KNOWN.contains(&column.name.as_str()) && !column.is_no_time() || column.name == "attempts"
    };
    jobs.columns
        .iter()
        .filter(|column| !is_known(column) && decides(&column.name))
        .filter_map(|column| {
            let meaning = meaning(column, layout)?;
            if meaning == Meaning::Due && !layout.due.is_empty() && !is_condition(&column.name) {
                return None;
            }
            let is_set = is_set(column, meaning, layout);
            Some(UnreadColumn {
                name: column.name.clone(),
                meaning,
                is_set,
                roles: meaning.roles(),
            })
        })
        .collect()
}

/// What a column may decide that nothing decides that is read.
fn meaning(column: &CatalogColumn, layout: &Layout) -> Option<Meaning> {
    let words: Vec<String> = words(&column.name);
    let has = |list: &str| words.iter().any(|word| is_listed(list, word));
    let is_named = |name: &str| words.iter().any(|word| word == name);
    let is_time = column.is_any(&["timestamptz", "timestamp", "date"]);
    let is_flag = column.is_any(&["bool"]);
    let is_number = column.is_any(&["int2", "int4", "int8", "numeric"]);
    // A time that this tool cannot read: a number of seconds or milliseconds, or a known name of another type.
    let is_stored_time = column.is_number() && words.last().is_some_and(|w| is_listed("stored", w))
        || KNOWN.contains(&column.name.as_str()) && column.is_no_time();
    let knows_cancellation = !layout.state_names.canceled.is_empty();
    let is_cancellation = is_named("canceled") || is_named("cancelled");
    if (is_time || is_flag) && has("removal") && !(is_cancellation && knows_cancellation) {
        return Some(Meaning::Removal);
    }
    // Locked until, visible until; but delayed until.
    let is_visibility = is_named("visible");
    let is_claim = has("claim") || (is_named("until") && (is_visibility || !has("due")));
    if (is_time || is_stored_time) && is_claim && layout.heartbeat.is_none() {
        return Some(Meaning::Claim);
    }
    let is_due = (has("due") || is_visibility) && !is_claim && !has("past");
    let is_read = layout.due.iter().any(|due| due.name == column.name);
    if (is_time || is_stored_time) && is_due && !is_read {
        return Some(Meaning::Due);
    }
    let is_count = is_number && has("attempts") && !has("limit");
    (is_count && layout.attempts.is_none()).then_some(Meaning::Attempts)
}

/// Condition that the value of a column matters: a flag that is set, or a time that is known.
fn is_set(column: &CatalogColumn, meaning: Meaning, layout: &Layout) -> String {
    let name = sql::ident(&column.name);
    match meaning {
        Meaning::Removal if column.is_any(&["bool"]) => {
            let is_present = words(&column.name).iter().any(|word| is_listed("present", word));
            if is_present { format!("not {name}") } else { name }
        }
        Meaning::Attempts => format!("{name} <> 0"),
        Meaning::Due | Meaning::Claim if column.is_number() => format!("{name} > 0"),
        // One that is not after the due time that is read changes nothing.
        Meaning::Due if !layout.due.is_empty() && !column.is_no_time() => {
            format!("{name} > coalesce({}, '-infinity')", sql::due(layout))
        }
        Meaning::Due | Meaning::Claim | Meaning::Removal => format!("{name} is not null"),
    }
}

impl Meaning {
    /// Roles of the jobs for which a column with this meaning matters.
    fn roles(self) -> Vec<Lifecycle> {
        use Lifecycle::{Claimed, Dead, Failed, Queued};
        match self {
            Self::Due => vec![Queued],
            Self::Claim => vec![Claimed],
            Self::Attempts => vec![Claimed, Failed, Dead],
            Self::Removal => vec![Queued, Claimed, Failed, Dead],
        }
    }
}

impl UnreadColumn {
    /// Condition for jobs of a role whose meaning depends on this column.
    pub(crate) fn matters(&self, layout: &Layout, role: Lifecycle) -> String {
        let states = layout.state_names.values(role);
        format!("{} and {}", sql::state_in(layout, states), self.is_set)
    }

    /// Why something is not known because of this column, with the command that prints a declaration.
    pub(crate) fn reason(&self, layout: &Layout) -> String {
        let decides = match self.meaning {
            Meaning::Due => "decide when a job is due",
            Meaning::Claim => "decide whether a claim is valid",
            Meaning::Removal => "mark removed jobs",
            Meaning::Attempts => "count attempts",
        };
        let (name, table) = (&self.name, &layout.relation.name);
        format!("{name} may {decides} (config check --declare {table})")
    }
}
