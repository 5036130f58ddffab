//! The report about several contexts: one line each, and the worst status.

use serde_json::Value;

use super::{Block, Cell, Column, ContextReport, Document, Report, Table};
use crate::exit::{ExitCode, FailOn};
use crate::facts::Suggestion;
use crate::facts::{Finding, Status};
use crate::suggest::{CommandText, ShellCommand};
use crate::text;

/// Contexts that the headline names for each status, and for which a command is suggested.
const NAMED: usize = 4;

/// Statuses from the worst to the best, as [`Status::worse`] ranks them.
const ORDER: [Status; 4] = [Status::Critical, Status::Unknown, Status::Warning, Status::Ok];

impl ContextReport {
    /// Returns the status of this context; UNKNOWN if it could not be evaluated.
    pub(crate) fn status(&self) -> Status {
        match self.report.status {
            Some(Status::Skipped { .. }) | None => Status::Unknown,
            Some(status) => status,
        }
    }

    /// Returns the name of the context.
    pub(crate) fn name(&self) -> &str {
        self.from.context.as_deref().unwrap_or_default()
    }
}

/// Builds the report of several contexts, the worst first.
pub(crate) fn report(
    command: &'static str,
    mut contexts: Vec<ContextReport>,
    fail_on: FailOn,
) -> Report {
    contexts.sort_by_key(|context| ORDER.iter().position(|rank| *rank == context.status()));
    let status = Status::worst(contexts.iter().map(ContextReport::status));
    let mut report = Report::from_findings(
        command,
        vec![],
        fail_on,
        Value::Null,
        document(command, &contexts, status),
    );
    report.status = Some(status);
    report.exit = exit(&contexts);
    report.summary = vec![("contexts", contexts.len().into())];
    for rank in ORDER {
        report.summary.push((rank.as_str(), count(&contexts, rank).into()));
    }
    report.examined = contexts.iter().map(|context| context.name().to_owned()).collect();
    report.contexts = contexts;
    report
}

/// Returns the worst exit code of the contexts. A code that is not a status (a context without a
/// database) counts as UNKNOWN.
fn exit(contexts: &[ContextReport]) -> ExitCode {
    let codes: Vec<_> = contexts.iter().map(|context| context.report.exit).collect();
    let order = [ExitCode::Interrupted, ExitCode::Critical, ExitCode::Unknown, ExitCode::Warning];
    let is_status = |code: &ExitCode| order.contains(code) || *code == ExitCode::Ok;
    let code = |code: &ExitCode| if is_status(code) { *code } else { ExitCode::Unknown };
    let codes: Vec<_> = codes.iter().map(code).collect();
    order.into_iter().find(|worst| codes.contains(worst)).unwrap_or(ExitCode::Ok)
}

fn count(contexts: &[ContextReport], status: Status) -> usize {
    contexts.iter().filter(|context| context.status() == status).count()
}

fn document(command: &'static str, contexts: &[ContextReport], status: Status) -> Document {
    let mut document = Document::default();
    document.headline(status, headline(contexts));
    document.push(Block::Title(vec![
        Cell::strong(command),
        Cell::plain(count_contexts(contexts.len())),
    ]));
    document.push(Block::Table(table(command, contexts)));
    let problems: Vec<_> =
        contexts.iter().filter(|context| context.status() != Status::Ok).collect();
    if problems.len() > NAMED {
        let one = ShellCommand::new(command).in_context("NAME");
        document.note(CommandText::to("one context", one));
    }
    let details = |context: &ContextReport| {
        let details = ShellCommand::new(command).in_context(context.name());
        Suggestion::new(details, "its full report")
    };
    document.next(problems.into_iter().take(NAMED).map(details).collect());
    document
}

fn count_contexts(count: usize) -> String {
    text::plural(count as u64, "context", "contexts")
}

/// Returns, for example, `of 20 contexts: 1 critical (prod-eu), 3 unknown (a, b, c)`.
fn headline(contexts: &[ContextReport]) -> String {
    let all = count_contexts(contexts.len());
    let problems: Vec<_> = ORDER
        .into_iter()
        .filter(|rank| *rank != Status::Ok && count(contexts, *rank) > 0)
        .map(|rank| {
            let names = contexts.iter().filter(|c| c.status() == rank).map(ContextReport::name);
            format!(
                "{} {} ({})",
                count(contexts, rank),
                rank.as_str(),
                text::some_of(&names.collect::<Vec<_>>(), NAMED)
            )
        })
        .collect();
    if problems.is_empty() {
        format!("{all}: all OK")
    } else {
        format!("{all}: {}", problems.join(", "))
    }
}

/// Builds the table: status, context, the metrics of the command, and the reason for the status.
fn table(command: &str, contexts: &[ContextReport]) -> Table {
    let metrics = metric_names(command, contexts);
    let mut columns = vec![Column::text("status"), Column::text("context")];
    columns.extend(metrics.iter().map(|name| Column::number(name)));
    columns.push(Column::prose("detail"));
    let mut table = Table::new(columns);
    for context in contexts {
        let status = context.status();
        let mut row = vec![Cell::status(status), Cell::strong(context.name())];
        row.extend(metrics.iter().map(|name| metric_cell(&context.report, name)));
        let sentence = describe_context(context);
        row.push(if status == Status::Ok { Cell::muted(sentence) } else { Cell::plain(sentence) });
        table.row(row);
    }
    table
}

/// Returns the reason for the status, and what is UNKNOWN if the status does not say that.
fn describe_context(context: &ContextReport) -> String {
    let unknown = |finding: &&Finding| finding.status == Status::Unknown;
    let unknown = context.report.findings.iter().find(unknown);
    match unknown.filter(|_| context.status() != Status::Unknown) {
        Some(finding) => {
            format!("{}; unknown: {}", context.report.one_line_summary(), finding.message)
        }
        None => context.report.one_line_summary(),
    }
}

/// Returns the names of the metrics in the summaries. The summary of triage holds one status per
/// area, which its sentence already covers.
fn metric_names(command: &str, contexts: &[ContextReport]) -> Vec<&'static str> {
    let mut names = Vec::new();
    if command == "triage" {
        return names;
    }
    for (name, _) in contexts.iter().flat_map(|context| &context.report.summary) {
        if !names.contains(name) {
            names.push(*name);
        }
    }
    names
}

/// Returns the cell of a metric; a dash if it is unknown.
fn metric_cell(report: &Report, name: &str) -> Cell {
    let value = report.summary.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
    match value {
        None | Some(Value::Null) => Cell::muted("–"),
        Some(Value::Number(number)) => Cell::plain(match number.as_u64() {
            Some(whole) => text::count(whole),
            None => number.as_f64().map_or_else(|| number.to_string(), |n| format!("{n:.1}")),
        }),
        Some(Value::String(words)) => Cell::plain(words),
        Some(other) => Cell::plain(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::report::Provenance;

    fn context(name: &str, status: Option<Status>) -> ContextReport {
        let report = match status {
            Some(status) => {
                let mut report = Report::from_findings(
                    "queue",
                    vec![],
                    FailOn::Warning,
                    (),
                    Document::default(),
                );
                report.status = Some(status);
                report.exit = ExitCode::from_status(status, FailOn::Warning);
                report
            }
            None => Report::failed("queue", Error::config("no database is configured")),
        };
        ContextReport {
            report,
            from: Provenance { context: Some(name.to_owned()), ..Provenance::default() },
        }
    }

    #[test]
    fn worst_context_sets_the_exit_code() {
        let code = |contexts| report("queue", contexts, FailOn::Warning).exit.code();
        let ok = || context("a", Some(Status::Ok));
        assert_eq!(code(vec![ok(), ok()]), 0);
        assert_eq!(code(vec![ok(), context("b", Some(Status::Warning))]), 1);
        assert_eq!(code(vec![context("b", Some(Status::Warning)), context("c", None)]), 3);
        assert_eq!(code(vec![context("c", None), context("d", Some(Status::Critical)), ok()]), 2);
        let mut interrupted = ok();
        interrupted.report.exit = ExitCode::Interrupted;
        assert_eq!(code(vec![interrupted, context("d", Some(Status::Critical))]), 130);
    }

    #[test]
    fn headline_names_the_worst_contexts_first() {
        let contexts = vec![
            context("a", Some(Status::Ok)),
            context("b", None),
            context("c", Some(Status::Critical)),
        ];
        let report = report("queue", contexts, FailOn::Warning);
        assert_eq!(
            report.document.headline_text().as_deref(),
            Some("3 contexts: 1 critical (c), 1 unknown (b)")
        );
        let names: Vec<_> = report.contexts.iter().map(ContextReport::name).collect();
        assert_eq!(names, ["c", "b", "a"]);
    }
}
