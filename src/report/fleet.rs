//! Several contexts side by side: one line each, and the worst verdict.

use serde_json::Value;

use super::{Block, Cell, Column, ContextReport, Document, Report, Table};
use crate::exit::{ExitCode, FailOn};
use crate::facts::{Finding, Status};
use crate::text;

/// Contexts that the headline names for each verdict, and for which a command is suggested, the worst
/// first.
const NAMED: usize = 4;

/// From the worst to the best, as [`Verdict::worse`] ranks them.
const ORDER: [Status; 4] = [Status::Critical, Status::Unknown, Status::Warning, Status::Ok];

impl ContextReport {
    /// The verdict on this context; one that could not be asked is UNKNOWN.
    #[must_use]
    pub fn verdict(&self) -> Status {
        match self.report.status {
            Some(Status::Skipped { .. }) | None => Status::Unknown,
            Some(verdict) => verdict,
        }
    }

    /// The name of the context.
    #[must_use]
    pub fn name(&self) -> &str {
        self.from.context.as_deref().unwrap_or_default()
    }
}

/// The sum of what several contexts answered, the worst first.
#[must_use]
pub fn report(command: &'static str, mut members: Vec<ContextReport>, fail_on: FailOn) -> Report {
    members.sort_by_key(|member| ORDER.iter().position(|rank| *rank == member.verdict()));
    let verdict = Status::worst(members.iter().map(ContextReport::verdict));
    let mut report = Report::from_findings(
        command,
        vec![],
        fail_on,
        Value::Null,
        document(command, &members, verdict),
    );
    report.status = Some(verdict);
    report.exit = exit(&members);
    report.summary = vec![("contexts", members.len().into())];
    for rank in ORDER {
        report.summary.push((rank.as_str(), count(&members, rank).into()));
    }
    report.examined = members.iter().map(|member| member.name().to_owned()).collect();
    report.contexts = members;
    report
}

/// The worst way in which one of them would have ended; what is no verdict (a context without a
/// database) is UNKNOWN to the whole.
fn exit(members: &[ContextReport]) -> ExitCode {
    let codes: Vec<_> = members.iter().map(|member| member.report.exit).collect();
    let order = [ExitCode::Interrupted, ExitCode::Critical, ExitCode::Unknown, ExitCode::Warning];
    let judged = |code: &ExitCode| order.contains(code) || *code == ExitCode::Ok;
    let code = |code: &ExitCode| if judged(code) { *code } else { ExitCode::Unknown };
    let codes: Vec<_> = codes.iter().map(code).collect();
    order.into_iter().find(|worst| codes.contains(worst)).unwrap_or(ExitCode::Ok)
}

fn count(members: &[ContextReport], verdict: Status) -> usize {
    members.iter().filter(|member| member.verdict() == verdict).count()
}

fn document(command: &'static str, members: &[ContextReport], verdict: Status) -> Document {
    let mut document = Document::default();
    document.headline(verdict, headline(members));
    document.push(Block::Title(vec![Cell::strong(command), Cell::plain(contexts(members.len()))]));
    document.push(Block::Table(table(command, members)));
    let bad: Vec<_> = members.iter().filter(|member| member.verdict() != Status::Ok).collect();
    if bad.len() > NAMED {
        document.note(format!("the others likewise: -c NAME {command}"));
    }
    let whole = |member: &ContextReport| {
        (format!("cliplyctl -c {} {command}", member.name()), "its whole report".to_owned())
    };
    document.next(bad.into_iter().take(NAMED).map(whole).collect());
    document
}

fn contexts(count: usize) -> String {
    text::plural(count as u64, "context", "contexts")
}

/// `of 20 contexts: 1 critical (prod-eu), 3 unknown (a, b, c)`
fn headline(members: &[ContextReport]) -> String {
    let all = contexts(members.len());
    let bad: Vec<_> = ORDER
        .into_iter()
        .filter(|rank| *rank != Status::Ok && count(members, *rank) > 0)
        .map(|rank| {
            let names = members.iter().filter(|m| m.verdict() == rank).map(ContextReport::name);
            format!(
                "{} {} ({})",
                count(members, rank),
                rank.as_str(),
                text::some_of(&names.collect::<Vec<_>>(), NAMED)
            )
        })
        .collect();
    if bad.is_empty() {
        format!("{all}: all is well")
    } else {
        format!("of {all}: {}", bad.join(", "))
    }
}

/// Verdict, context, the command's figures, and what led to the verdict.
fn table(command: &str, members: &[ContextReport]) -> Table {
    let figures = metric_cells(command, members);
    let mut columns = vec![Column::text("verdict"), Column::text("context")];
    columns.extend(figures.iter().map(|name| Column::number(name)));
    columns.push(Column::prose("reading"));
    let mut table = Table::new(columns);
    for member in members {
        let verdict = member.verdict();
        let mut row = vec![Cell::status(verdict), Cell::strong(member.name())];
        row.extend(figures.iter().map(|name| metric_cell(&member.report, name)));
        let sentence = describe_context(member);
        row.push(if verdict == Status::Ok { Cell::muted(sentence) } else { Cell::plain(sentence) });
        table.row(row);
    }
    table
}

/// What led to the verdict; and what was not seen beside it, where the verdict does not say that.
fn describe_context(member: &ContextReport) -> String {
    let unseen = |finding: &&Finding| finding.status == Status::Unknown;
    let unseen = member.report.findings.iter().find(unseen);
    match unseen.filter(|_| member.verdict() != Status::Unknown) {
        Some(finding) => {
            format!("{}; not seen: {}", member.report.one_line_summary(), finding.message)
        }
        None => member.report.one_line_summary(),
    }
}

/// What the summaries hold. Those of triage are one verdict a question: its sentence says the worst.
fn metric_cells(command: &str, members: &[ContextReport]) -> Vec<&'static str> {
    let mut names = Vec::new();
    if command == "triage" {
        return names;
    }
    for (name, _) in members.iter().flat_map(|member| &member.report.summary) {
        if !names.contains(name) {
            names.push(*name);
        }
    }
    names
}

/// One figure; a dash where it is not known.
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

    fn member(name: &str, verdict: Option<Status>) -> ContextReport {
        let report = match verdict {
            Some(verdict) => {
                let mut report = Report::from_findings(
                    "queue",
                    vec![],
                    FailOn::Warning,
                    (),
                    Document::default(),
                );
                report.status = Some(verdict);
                report.exit = ExitCode::from_status(verdict, FailOn::Warning);
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
        let code = |members| report("queue", members, FailOn::Warning).exit.code();
        let ok = || member("a", Some(Status::Ok));
        assert_eq!(code(vec![ok(), ok()]), 0);
        assert_eq!(code(vec![ok(), member("b", Some(Status::Warning))]), 1);
        assert_eq!(code(vec![member("b", Some(Status::Warning)), member("c", None)]), 3);
        assert_eq!(code(vec![member("c", None), member("d", Some(Status::Critical)), ok()]), 2);
        let mut interrupted = ok();
        interrupted.report.exit = ExitCode::Interrupted;
        assert_eq!(code(vec![interrupted, member("d", Some(Status::Critical))]), 130);
    }

    #[test]
    fn headline_names_the_worst_contexts_first() {
        let members = vec![
            member("a", Some(Status::Ok)),
            member("b", None),
            member("c", Some(Status::Critical)),
        ];
        let report = report("queue", members, FailOn::Warning);
        assert_eq!(
            report.document.headline_text(),
            Some("of 3 contexts: 1 critical (c), 1 unknown (b)")
        );
        let names: Vec<_> = report.contexts.iter().map(ContextReport::name).collect();
        assert_eq!(names, ["c", "b", "a"]);
    }
}
