//! Fixed reports: no clock, no database, and no change when the checks change.

use cliplyctl::exit::FailOn;
use cliplyctl::facts::thresholds::threshold_text;
use cliplyctl::facts::{Evidence, Finding, Section, Status, Suggestion, Threshold};
use cliplyctl::report::{Block, Cell, Column, Document, Provenance, Report, Table};
use cliplyctl::suggest::ShellCommand;
use cliplyctl::triage::{Diagnosis, RuledOut};
use jiff::Timestamp;

/// An error text with the special characters of every format.
const HOSTILE: &str = "boom | '\"=9999;;;; \u{1b}[2J\u{202e}\r\n::error::x\nup 1\n]]></failure><img src=x \
                       onerror=alert(1)> @all [x](https://evil) `code` %0A & {\"} \\";

pub fn provenance() -> Provenance {
    Provenance {
        context: Some("prod".to_owned()),
        read_only: true,
        protected: Some("prod".to_owned()),
        database: Some("app@db.example.com:5432/app".to_owned()),
        standby: Some(false),
        base_url: Some("https://app.example.com".to_owned()),
        runbook_url: None,
        started_at: at(),
        duration_ms: 412,
    }
}

fn at() -> Timestamp {
    Timestamp::from_second(1_769_832_000).unwrap()
}

/// Returns the reports that have golden files.
pub fn all() -> [(&'static str, Report); 2] {
    [("incident", incident()), ("hostile", hostile())]
}

fn queue_in_prod() -> Suggestion {
    Suggestion::new(ShellCommand::new("queue").in_context("prod"), "due jobs by kind")
}

/// Returns a report of a backlog, with findings of every status.
fn incident() -> Report {
    let oldest = "oldest job due for 42m 00s";
    let findings = vec![
        Finding::new("app.up", Section::AppDown, Status::Ok, "healthz", "HTTP 200 in 31 ms")
            .evidence(Evidence::number(31.4, "ms", at(), "/api/healthz"))
            .threshold(threshold_text(Threshold::warning(2000.0), "ms")),
        Finding::new("queue.backlog", Section::Backlog, Status::Warning, "due jobs", "61 jobs due")
            .evidence(Evidence::number(61.0, "jobs", at(), "public.jobs"))
            .threshold(threshold_text(Threshold::new(50.0, 100.0), "jobs"))
            .next(ShellCommand::new("queue")),
        Finding::new(
            "queue.oldest_due",
            Section::Backlog,
            Status::Critical,
            "oldest due job",
            oldest,
        )
        .evidence(Evidence::number(2520.0, "s", at(), "public.jobs"))
        .threshold(threshold_text(Threshold::new(60.0, 300.0), "s"))
        .next(ShellCommand::new("queue")),
        Finding::new(
            "ready.ffmpeg",
            Section::NotReady,
            Status::Unknown,
            "ffmpeg",
            "the report does not mention ffmpeg",
        )
        .next(ShellCommand::new("ready --admin")),
        Finding::new(
            "ready.db",
            Section::NotReady,
            Status::Skipped { blocked_by: "app.up" },
            "db",
            "skipped: blocked by app.up",
        ),
    ];
    let mut table = Table::new(vec![
        Column::text("area"),
        Column::text("status"),
        Column::prose("detail"),
        Column::number("jobs"),
    ]);
    table.row(vec![
        Cell::plain("Queue"),
        Cell::status(Status::Critical),
        Cell::plain(oldest),
        Cell::plain("61"),
    ]);
    let mut document = Document::default();
    document.headline(Status::Critical, format!("Queue backlog: {oldest}"));
    document.push(Block::Title(vec![Cell::strong("triage"), Cell::plain("prod (protected)")]));
    document.push(Block::Table(table));
    document.note("times by the clock of the server");
    document.next(vec![queue_in_prod()]);
    let data = serde_json::json!({ "areas": [] });
    let matched = findings.iter().filter(|f| f.status == Status::Critical).cloned().collect();
    let mut report = Report::from_findings("triage", findings, FailOn::Warning, data, document);
    report.section = Some(Diagnosis {
        section: Section::Backlog,
        result_in: None,
        status: Status::Critical,
        matched,
        ruled_out: vec![RuledOut {
            section: Section::AppDown,
            status: Status::Ok,
            detail: "HTTP 200 in 31 ms".to_owned(),
        }],
        next: Some(queue_in_prod()),
    });
    report.summary = vec![("queue?", "critical".into())];
    report.examined = vec!["/api/healthz".to_owned(), "public.jobs".to_owned()];
    report.not_examined = vec![("ffmpeg".to_owned(), "the report does not mention it".to_owned())];
    report
}

/// Returns a report with hostile text in every field that can contain external text.
pub fn hostile() -> Report {
    let finding = |check, verdict| {
        Finding::new(check, Section::DeadLetters, verdict, HOSTILE, HOSTILE)
            .evidence(Evidence::number(7.0, "jobs", at(), HOSTILE))
            .next(ShellCommand::new("dlq list --kind").arg(HOSTILE))
    };
    let findings = vec![
        finding("ready.other", Status::Unknown),
        finding("dlq.size", Status::Critical),
        finding("dlq.inflow", Status::Warning),
    ];
    let mut table = Table::new(vec![Column::text("id"), Column::prose("error")]);
    table.row(vec![Cell::command(HOSTILE), Cell::plain(HOSTILE)]);
    let mut document = Document::default();
    document.headline(Status::Critical, HOSTILE);
    document.push(Block::Title(vec![Cell::strong(HOSTILE)]));
    document.heading(HOSTILE);
    document.push(Block::Pairs(vec![("error", Cell::plain(HOSTILE))]));
    document.push(Block::Table(table));
    document.note(HOSTILE);
    document.push(Block::Verbatim(format!("{HOSTILE}\n```\nout of the fence\n")));
    document.next(vec![Suggestion::new(ShellCommand::new("jobs show").arg(HOSTILE), HOSTILE)]);
    let data = serde_json::json!({ "areas": [{
        "area": HOSTILE, "section": "3.3", "status": "critical", "detail": HOSTILE, "next": null,
    }] });
    Report::from_findings("triage", findings, FailOn::Warning, data, document)
}

/// Returns a report of a warning with `--fail-on critical`.
pub fn accepted_warning() -> Report {
    let finding =
        Finding::new("dlq.size", Section::DeadLetters, Status::Warning, "dead letters", "21 dead");
    let mut document = Document::default();
    document.headline(Status::Warning, "3.4 Dead letters grow");
    Report::from_findings("triage", vec![finding], FailOn::Critical, (), document)
}
