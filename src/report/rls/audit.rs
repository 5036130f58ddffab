//! The report of `rls audit`.

use schemars::JsonSchema;
use serde::Serialize;

use super::left_out;
use crate::access::body;
use crate::exit::FailOn;
use crate::facts::Suggestion;
use crate::facts::access::tested::{AccessTest, AccessTestResult};
use crate::facts::access::{Audit, CLIENT_ROLES, SERVICE_ROLE, SqlCommand};
use crate::facts::{Finding, Status};
use crate::report::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};
use crate::text::{self, some_of};

/// Maximum number of lines of a suggested statement in the table; the JSON contains the complete
/// statement.
const MAX_REMEDY_LINES: usize = 8;

/// `data` of `rls audit`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AuditJson {
    /// Examined schemas.
    schemas: Vec<String>,
    /// Source of the list of schemas: `pgrst.db_schemas` or `assumed`.
    schemas_from: &'static str,
    /// Examined roles.
    roles: Vec<String>,
    /// Tables of the contract.
    declared: Vec<String>,
    /// Number of examined tables, policies and functions.
    tables: usize,
    policies: usize,
    functions: usize,
    /// Coverage of the tested access: always `sampled`.
    coverage: &'static str,
    /// Number of reads of sampled rows.
    reads: usize,
    /// Number of UPDATE and DELETE commands tested with EXPLAIN only.
    plans: usize,
    /// Number of writes that were run and rolled back (`--probe-writes`).
    rehearsed_writes: usize,
    /// Number of direct calls of helper functions.
    helper_calls: usize,
    /// Number of statements that evaluated policies as a role on sampled and synthetic rows.
    evaluations: usize,
    /// Number of commands that were planned (EXPLAIN) as a role.
    planned_commands: usize,
}

/// The options of an audit that its report depends on.
pub(crate) struct AuditOptions<'a> {
    /// Roles in addition to the default ones.
    pub(crate) roles: &'a [String],
    /// The scope as flags for suggested commands.
    pub(crate) scope: &'a [String],
    /// The lowest status that sets a failing exit code.
    pub(crate) fail_on: FailOn,
}

/// Builds the report.
pub(crate) fn report(
    audit: &Audit,
    findings: Vec<Finding>,
    options: &AuditOptions<'_>,
    from: &Provenance,
) -> Report {
    let mut document = document(audit, &findings, from);
    if findings.iter().any(|finding| finding.status != Status::Ok) {
        let explain = super::describe_access(audit, options.scope);
        let runbook = Suggestion::fixed("runbook 4.2", "runbook: access and RLS");
        document.next(explain.into_iter().chain([runbook]).collect());
    }
    let count = |status| findings.iter().filter(|f| f.status == status).count();
    let summary = vec![
        ("critical", count(Status::Critical).into()),
        ("unknown", count(Status::Unknown).into()),
        ("warning", count(Status::Warning).into()),
        ("notes", count(Status::Ok).into()),
    ];
    let mut report =
        Report::from_findings("rls audit", findings, options.fail_on, data(audit), document);
    report.summary = summary;
    report.examined.extend(audit.catalog.schemas.iter().map(|s| format!("schema {s}")));
    report.examined.extend(audit.catalog.roles.iter().map(|r| format!("role {}", r.name)));
    report.examined.extend(audit.catalog.tables().map(|t| t.name.clone()));
    report.not_examined = not_examined(audit, options.roles);
    report
}

fn data(audit: &Audit) -> AuditJson {
    let catalog = &audit.catalog;
    AuditJson {
        schemas: catalog.schemas.clone(),
        schemas_from: if catalog.session.api_schemas.is_some() {
            "pgrst.db_schemas"
        } else {
            "assumed"
        },
        roles: catalog.roles.iter().map(|r| r.name.clone()).collect(),
        declared: audit.contract.tables.keys().cloned().collect(),
        tables: catalog.tables().count(),
        policies: catalog.policies.len(),
        functions: catalog.relevant_functions().count(),
        coverage: "sampled",
        reads: count_tests(audit, |t| t.command == SqlCommand::Select),
        plans: count_tests(audit, |t| t.command != SqlCommand::Select && is_plan(t)),
        rehearsed_writes: count_tests(audit, |t| t.command != SqlCommand::Select && !is_plan(t)),
        helper_calls: audit.observations.helpers.len(),
        evaluations: audit.catalog.evaluations.evaluated,
        planned_commands: audit.catalog.evaluations.planned,
    }
}

fn count_tests(audit: &Audit, matches: impl Fn(&AccessTest) -> bool) -> usize {
    audit.observations.tests.iter().filter(|test| matches(test)).count()
}

/// Returns whether the command was only planned (EXPLAIN). This includes refused plans, because the
/// command itself would be refused as well.
fn is_plan(test: &AccessTest) -> bool {
    !matches!(test.outcome, AccessTestResult::Rows { .. })
}

/// Returns the subjects that were not examined, with the reason.
fn not_examined(audit: &Audit, extra_roles: &[String]) -> Vec<(String, String)> {
    let roles = CLIENT_ROLES.iter().copied().chain([SERVICE_ROLE]);
    let roles = roles.chain(extra_roles.iter().map(String::as_str));
    let missing = roles.filter(|role| audit.catalog.role(role).is_none());
    let mut list: Vec<(String, String)> = missing
        .map(|role| (format!("role {role}"), "the role does not exist".to_owned()))
        .collect();
    list.extend(audit.observations.blocked.iter().map(|b| (b.subject.clone(), b.reason.clone())));
    list.extend(audit.observations.untested.iter().cloned());
    list.extend(audit.catalog.evaluations.untested.iter().cloned());
    for (schema, why) in left_out::schemas(audit) {
        list.push((format!("schema {schema}"), why));
    }
    let bodies = body::not_examined(&audit.catalog);
    list.extend(bodies.map(|(f, why)| (format!("the body of {}", f.signature), why.to_owned())));
    if !audit.observations.writes_tested {
        let insert = "computed from the catalog, not tested";
        let rows = "permission tested by EXPLAIN; their rows are computed";
        list.push(("INSERT".to_owned(), insert.to_owned()));
        list.push(("UPDATE and DELETE".to_owned(), rows.to_owned()));
    }
    list
}

fn document(audit: &Audit, findings: &[Finding], from: &Provenance) -> Document {
    let mut document = Document::default();
    let status = Status::worst(findings.iter().map(|f| f.status));
    document.headline(status, headline(audit, findings, status));
    document.push(title_line::title_at("access", from));
    let (notes, problems): (Vec<_>, Vec<_>) = findings.iter().partition(|f| f.status == Status::Ok);
    if !problems.is_empty() {
        document.push(Block::Table(problem_table(&problems)));
        add_suggested_fixes(&mut document, &problems);
    }
    add_coverage(&mut document, audit);
    add_notes(&mut document, &notes);
    document
}

/// Adds one note for all subjects with the same message.
fn add_notes(document: &mut Document, notes: &[&Finding]) {
    let mut lines: Vec<(&str, Vec<String>)> = Vec::new();
    for note in notes {
        match lines.iter_mut().find(|(message, _)| *message == note.message) {
            Some((_, subjects)) => subjects.push(note.subject.clone()),
            None => lines.push((&note.message, vec![note.subject.clone()])),
        }
    }
    for (message, subjects) in lines {
        document.note(format!("{}: {message}", some_of(&subjects, 4)));
    }
}

fn headline(audit: &Audit, findings: &[Finding], status: Status) -> String {
    if status == Status::Ok {
        return format!("access matches the contract; {}", covered(audit));
    }
    let count = |status| findings.iter().filter(|f| f.status == status).count() as u64;
    let mut parts = Vec::new();
    if let Some(worst) = findings.iter().find(|f| f.status == Status::Critical) {
        let critical = count(Status::Critical);
        let more = if critical > 1 { " and more" } else { "" };
        let what = worst.brief.as_deref().unwrap_or(&worst.subject);
        let violations = text::plural(critical, "access violation", "access violations");
        parts.push(format!("{violations}: {what}{more}"));
    }
    match count(Status::Unknown) {
        0 => {}
        1 => parts.push("1 check could not be evaluated".to_owned()),
        unknown => parts.push(format!("{unknown} checks could not be evaluated")),
    }
    if count(Status::Warning) > 0 {
        parts.push(text::plural(count(Status::Warning), "warning", "warnings"));
    }
    parts.join("; ")
}

/// Returns how much the contract covers: `3 of 23 tables are in the contract`.
fn covered(audit: &Audit) -> String {
    let is_declared =
        |t: &&crate::facts::access::catalog::Relation| audit.contract.tables.contains_key(&t.name);
    let declared = audit.catalog.tables().filter(is_declared).count();
    let verb = if declared == 1 { "is" } else { "are" };
    let all = text::plural(audit.catalog.tables().count() as u64, "table", "tables");
    format!("{declared} of {all} {verb} in the contract")
}

/// Builds the table. Subject and message share one column, because the names of tables and
/// functions are long.
fn problem_table(problems: &[&Finding]) -> Table {
    let mut table = Table::new(vec![Column::text("status"), Column::prose("finding")]);
    for finding in problems {
        // A message of several sentences needs its last period.
        let period = if finding.message.contains(". ") { "." } else { "" };
        let sentence =
            format!("{}: {}{period} [{}]", finding.subject, finding.message, finding.check);
        table.row(vec![Cell::status(finding.status), Cell::plain(sentence)]);
    }
    table
}

/// Adds the suggested statements for review, in the order of the findings.
fn add_suggested_fixes(document: &mut Document, problems: &[&Finding]) {
    let fixable: Vec<_> =
        problems.iter().filter(|finding| finding.suggested_fix.is_some()).collect();
    if fixable.is_empty() {
        return;
    }
    document.heading("Suggested fixes (review before running; nothing was changed)");
    let mut sql = String::new();
    for finding in fixable {
        let text = finding.suggested_fix.as_deref().unwrap_or_default();
        // Line breaks in names must not end the comment.
        sql.push_str(&format!(
            "-- {} {}\n",
            finding.check,
            finding.subject.replace(['\n', '\r'], " ")
        ));
        let shown = complete_lines(text);
        for line in text.lines().take(shown) {
            sql.push_str(&format!("{line}\n"));
        }
        match text.lines().count() - shown {
            0 => {}
            1 => sql.push_str("-- and 1 more line: -o json has it\n"),
            hidden => sql.push_str(&format!("-- and {hidden} more lines: -o json has them all\n")),
        }
    }
    document.push(Block::Sql(sql));
}

/// The number of lines to show: all of a short text, otherwise as many as end with a whole statement, and with a whole
/// transaction.
fn complete_lines(sql: &str) -> usize {
    if sql.lines().count() <= MAX_REMEDY_LINES {
        return sql.lines().count();
    }
    let (mut complete, mut quote, mut is_open) = (0, None, false);
    for (at, line) in sql.lines().take(MAX_REMEDY_LINES).enumerate() {
        let is_code = quote.is_none();
        quote = text::open_quote(line, quote);
        match line {
            "BEGIN;" if is_code => is_open = true,
            "COMMIT;" if is_code => is_open = false,
            _ => {}
        }
        let is_comment = is_code && complete == at && line.starts_with("--");
        if quote.is_none() && !is_open && (line.ends_with(';') || is_comment) {
            complete = at + 1;
        }
    }
    complete
}

fn add_coverage(document: &mut Document, audit: &Audit) {
    let catalog = &audit.catalog;
    let source = if catalog.session.api_schemas.is_some() {
        "pgrst.db_schemas"
    } else {
        "default: pgrst.db_schemas is not set"
    };
    let roles: Vec<_> = catalog.roles.iter().map(|r| r.name.as_str()).collect();
    let tables = text::plural(catalog.tables().count() as u64, "table", "tables");
    let policies = text::plural(catalog.policies.len() as u64, "policy", "policies");
    let contract: Vec<_> = audit.contract.tables.keys().cloned().collect();
    let counts = data(audit);
    let writes = if audit.observations.writes_tested {
        format!("{} writes rolled back (triggers ran, sequences advanced)", counts.rehearsed_writes)
    } else {
        format!("{} writes (EXPLAIN only)", counts.plans)
    };
    let examined = format!(
        "{} on {tables} with {policies}; contract: {}",
        roles.join(", "),
        some_of(&contract, 4)
    );
    let tested = format!(
        "{}, {writes}, {}",
        text::plural(counts.reads as u64, "sampled read", "sampled reads"),
        text::plural(counts.helper_calls as u64, "helper call", "helper calls")
    );
    document.push(Block::Pairs(vec![
        ("schemas", Cell::plain(format!("{} ({source})", catalog.schemas.join(", ")))),
        ("examined", Cell::plain(examined)),
        ("tested", Cell::plain(tested)),
    ]));
    for (schema, why) in left_out::schemas(audit) {
        document.note(format!("not examined: schema {schema}: {why} (add it to --schemas)"));
    }
    for (subject, why) in &audit.catalog.evaluations.untested {
        document.note(format!("not tested: {subject}: {why}"));
    }
    let bodies: Vec<_> = body::not_examined(&audit.catalog).map(|(f, _)| f.name.as_str()).collect();
    if !bodies.is_empty() {
        document
            .note(format!("not examined: the bodies of {} (-o json says why)", bodies.join(", ")));
    }
}
