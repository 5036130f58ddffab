//! The report of `dlq list`.

use schemars::JsonSchema;
use serde::Serialize;

use super::queue::CountJson;
use super::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};
use crate::checks::queue::{count_plural, count_text};
use crate::facts::Suggestion;
use crate::facts::dead_letter::{DeadLetter, DeadLetters, DeathRecord, GivenUpStates};
use crate::facts::listing::{Cursor, Order};
use crate::facts::selection::Selection;
use crate::queue::LONGEST_WAIT;
use crate::suggest::ShellCommand;
use crate::suggest::quote;
use crate::text;

/// `data` of `dlq list`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DeadLettersJson {
    /// Total number of dead letters that match the filters.
    total: CountJson,
    /// Sort order: `updated` (most recently changed first), `oldest` or `dead-since`.
    sort: &'static str,
    /// Dead letters of this page, in sort order.
    jobs: Vec<DeadLetterJson>,
    /// Cursor of the next page; null on the last page.
    next_cursor: Option<String>,
    /// Failed jobs that are not tried again; null if there are none. Not on later pages.
    given_up: Option<GivenUpJson>,
}

/// Failed jobs that are not tried again.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct GivenUpJson {
    /// Their states.
    states: Vec<String>,
    /// Claim functions, if none of them takes one of the states.
    functions: Vec<String>,
    /// Total number that match the filters.
    total: CountJson,
    /// The jobs, in the same order as dead letters, up to the same limit.
    jobs: Vec<DeadLetterJson>,
}

/// What one call of `dlq list` shows.
pub(crate) struct ListView<'a> {
    /// The page of dead letters.
    pub(crate) page: &'a DeadLetters,
    /// Why the schema has no dead letters.
    pub(crate) no_dead_letters: Option<String>,
    /// The given-up jobs.
    pub(crate) given_up: Option<(&'a GivenUpStates, &'a DeadLetters)>,
    /// The filters.
    pub(crate) selection: &'a Selection,
    /// The order.
    pub(crate) order: Order,
    /// The limit, if one was given.
    pub(crate) limit: Option<u32>,
}

/// A dead letter.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DeadLetterJson {
    id: String,
    kind: Option<String>,
    workspace_id: Option<String>,
    attempts: Option<i64>,
    max_attempts: Option<i64>,
    /// Beginning of the error text.
    error: Option<String>,
    /// Time since which the job is a dead letter, RFC 3339 UTC.
    dead_since: Option<String>,
    /// Seconds since that time, by the database clock.
    dead_since_age_seconds: Option<f64>,
    /// Source of that time: `worker`, `event`, or `updated_at` for the last change of the row.
    dead_since_source: Option<&'static str>,
    /// Id of its group, as in `dlq groups`.
    group: String,
    /// Seconds until the package deletes it; null if it does not.
    deleted_in_seconds: Option<f64>,
}

impl DeadLetterJson {
    /// The names of the fields, in order.
    pub(crate) const COLUMNS: [&str; 11] = [
        "id",
        "kind",
        "workspace_id",
        "attempts",
        "max_attempts",
        "error",
        "dead_since",
        "dead_since_age_seconds",
        "dead_since_source",
        "group",
        "deleted_in_seconds",
    ];
}

impl From<&DeadLetter> for DeadLetterJson {
    fn from(job: &DeadLetter) -> Self {
        Self {
            id: job.id.clone(),
            kind: job.kind.clone(),
            workspace_id: job.workspace.clone(),
            attempts: job.attempts,
            max_attempts: job.max_attempts,
            error: job.error.clone(),
            dead_since: job.dead_since.map(|d| d.at.to_string()),
            dead_since_age_seconds: job.dead_since.map(|d| d.age.round()),
            dead_since_source: job.dead_since.map(|d| match d.source {
                DeathRecord::Error => "worker",
                DeathRecord::Event => "event",
                DeathRecord::LastChange => "updated_at",
            }),
            group: job.group.clone(),
            deleted_in_seconds: job.deleted_in.map(f64::round),
        }
    }
}

/// Builds the report of one page from the page and its [`table`].
pub(crate) fn listing(view: &ListView<'_>, table: Table, from: &Provenance) -> Report {
    let ListView { page, selection, order, limit, .. } = *view;
    let last = page.jobs.last().filter(|_| page.more);
    let next_cursor = last.and_then(|job| Cursor::behind(job, order)).map(|c| c.to_string());
    let mut document = Document::default();
    let subject = match selection.flags().as_slice() {
        [] => "dead letters".to_owned(),
        flags => {
            let flags: Vec<_> = flags.iter().map(|word| quote(word)).collect();
            format!("dead letters with {}", flags.join(" "))
        }
    };
    match &view.no_dead_letters {
        Some(reason) => document.summary(reason.as_str()),
        None => document.summary(headline(page, ("dead letter", "dead letters"))),
    }
    document.push(title_line::title_at(subject, from));
    if !page.jobs.is_empty() {
        document.push(Block::Table(table));
        footer(&mut document, page, order, "dead letters");
        if let Some(note) = deletion(&page.jobs) {
            document.note(note);
        }
    }
    if let Some((states, given_up)) = view.given_up {
        push_given_up(&mut document, states);
        document.note(headline(given_up, ("failed job", "failed jobs")));
        if !given_up.jobs.is_empty() {
            document.push(Block::Table(self::table(&given_up.jobs)));
            footer(&mut document, given_up, order, "failed jobs");
        }
    }
    let mut next = Vec::new();
    if let Some(job) = page.jobs.first() {
        let command = ShellCommand::new("dlq show").arg(&job.id);
        next.push(Suggestion::new(command, "the first one: error, cause, advice"));
        next.push(Suggestion::fixed("dlq groups", "dead letters by cause"));
    }
    if let Some((_, given_up)) = view.given_up
        && let Some(job) = given_up.jobs.first()
    {
        let command = ShellCommand::new("jobs show").arg(&job.id);
        next.push(Suggestion::new(command, "the first failed job: errors, payload, events"));
    }
    if let Some(cursor) = &next_cursor {
        let sort =
            (order != Order::default()).then(|| ["--sort".to_owned(), order.as_str().into()]);
        let limit = limit.map(|limit| ["--limit".to_owned(), limit.to_string()]);
        let command = ShellCommand::new("dlq list")
            .args(selection.flags())
            .args(sort.into_iter().flatten())
            .args(limit.into_iter().flatten());
        next.push(Suggestion::new(command.arg("--after").arg(cursor), "next page"));
    }
    document.next(next);
    let data = DeadLettersJson {
        total: (&page.total).into(),
        sort: order.as_str(),
        jobs: page.jobs.iter().map(Into::into).collect(),
        next_cursor,
        given_up: view.given_up.map(|(states, given_up)| GivenUpJson {
            states: states.states.clone(),
            functions: states.functions.clone(),
            total: (&given_up.total).into(),
            jobs: given_up.jobs.iter().map(Into::into).collect(),
        }),
    };
    let mut report = Report::listing("dlq list", data, document);
    report.summary =
        vec![("shown", page.jobs.len().into()), ("total", page.total.at_least().into())];
    report
}

/// Adds the heading of given-up jobs, and why they are listed.
pub(crate) fn push_given_up(document: &mut Document, given_up: &GivenUpStates) {
    document.heading("Given up: failed jobs that are not claimed again");
    let of = |states: &[String], why: &str| {
        let noun = if states.len() == 1 { "state" } else { "states" };
        format!("{noun} {}: {why}.", states.join(", "))
    };
    let mut notes = vec![];
    if !given_up.not_claimed.is_empty() {
        let why = format!("not claimed by {}", text::some_of(&given_up.functions, 3));
        notes.push(of(&given_up.not_claimed, &why));
    }
    let is_other = |state: &&String| !given_up.not_claimed.contains(state);
    let others: Vec<_> = given_up.states.iter().filter(is_other).cloned().collect();
    if !others.is_empty() {
        let why = format!("all attempts are used, or due for more than {LONGEST_WAIT}h");
        notes.push(of(&others, &why));
    }
    document.note(format!("{} dlq requeue does not write them.", notes.join(" ")));
}

/// When the first of these jobs is deleted, if dead letters are.
fn deletion(jobs: &[DeadLetter]) -> Option<String> {
    let first = jobs.iter().filter_map(|job| job.deleted_in).reduce(f64::min)?;
    let when =
        if first > 0.0 { format!("in {}", text::age(first)) } else { "at any moment".into() };
    Some(format!("The package deletes the first of these dead letters {when}."))
}

/// `48 dead letters`, or `No dead letters match.`
fn headline(page: &DeadLetters, (one, many): (&str, &str)) -> String {
    match page.jobs.is_empty() {
        true => format!("No {many} match."),
        false => count_plural(&page.total, one, many),
    }
}

/// Adds how many jobs of all are shown, and in which order.
fn footer(document: &mut Document, page: &DeadLetters, order: Order, many: &str) {
    let (sorted, first) = match order {
        Order::Updated => ("by last change", "newest"),
        Order::Oldest => ("by last change, oldest first", "oldest"),
        Order::DeadSince => ("by the time they were dead-lettered", "newest"),
    };
    let shown = text::count(page.jobs.len() as u64);
    document.note(match page.more {
        true => format!(
            "Showing {shown} of {} (more: --limit N), sorted {sorted}.",
            count_text(&page.total)
        ),
        false => format!("Sorted {sorted}."),
    });
    if let Some(read) = page.window {
        document.note(format!("Only the {first} {} {many} were searched.", text::count(read)));
    }
}

/// Returns the table of the jobs of a page.
pub(crate) fn table(jobs: &[DeadLetter]) -> Table {
    let mut table = Table::listing(vec![
        Column::text("id"),
        Column::text("kind"),
        Column::number("attempts").minor(),
        Column::number("dead since"),
        Column::prose("error"),
    ]);
    for job in jobs {
        let error = job.error.as_deref().map(text::first_line).filter(|line| !line.is_empty());
        table.row(vec![
            Cell::plain(&job.id),
            Cell::plain(job.kind.as_deref().unwrap_or("-")),
            Cell::plain(attempts(job)),
            Cell::plain(
                job.dead_since
                    .map_or_else(|| "-".to_owned(), |d| format!("{} ago", text::age(d.age))),
            ),
            error.map_or_else(|| Cell::muted("no error text"), Cell::plain),
        ]);
    }
    table
}

fn attempts(job: &DeadLetter) -> String {
    let number = |n: Option<i64>| n.map_or_else(|| "?".to_owned(), |n| n.to_string());
    match (job.attempts, job.max_attempts) {
        (None, None) => "-".to_owned(),
        (made, None) => number(made),
        (made, max) => format!("{} of {}", number(made), number(max)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_columns_match_the_json_fields_in_order() {
        let job = DeadLetter {
            group: "v2-3f9a2c1b07".into(),
            id: "1".into(),
            kind: None,
            workspace: None,
            attempts: None,
            max_attempts: None,
            error: None,
            dead_since: None,
            deleted_in: Some(1.0),
            changed: String::new(),
        };
        let row = serde_json::to_value(DeadLetterJson::from(&job)).unwrap();
        let fields: Vec<_> = row.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, DeadLetterJson::COLUMNS);
    }
}
