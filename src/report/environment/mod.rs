//! The reports of `env check` and `env explain`. They contain the form of values, never the values.

mod explain;

use std::collections::HashMap;

pub(crate) use explain::explain;
use schemars::JsonSchema;
use serde::Serialize;

use super::envelope::AgreementJson;
use super::{Block, Cell, Column, Document, Report, Table};
use crate::checks::environment::{drift, in_force};
use crate::exit::FailOn;
use crate::facts::Suggestion;
use crate::facts::{Finding, Status};
use crate::suggest::ShellCommand;
use crate::text;
use crate::zod::evaluate::{KeyResult, evaluate_missing};
use crate::zod::model::{
    CodeForm, EntryState, EnvEntry, EnvFile, EnvSchema, Environment, SchemaKey, Unresolved,
};

/// `data` of `env check`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EnvironmentJson {
    /// Selected schema.
    schema: SchemaJson,
    /// Path of the template; null if none was checked.
    template: Option<String>,
    /// Searched source code; null if none was searched.
    code: Option<CodeJson>,
    /// Keys of the schema, in schema order.
    keys: Vec<KeyJson>,
}

/// A directory of source code.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CodeJson {
    /// Root directory.
    root: String,
    /// Number of searched source files.
    files: usize,
    /// `file:line` of every access with a computed name.
    computed: Vec<String>,
}

/// A TypeScript schema.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SchemaJson {
    name: String,
    /// `file:line` of the schema.
    place: String,
    /// Reason of the selection: `by name`, `the only schema exported` or `the only schema in the
    /// file`.
    chosen: &'static str,
}

/// A key of a schema, without its value.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct KeyJson {
    key: String,
    /// Whether the app does not start without the key; null if unknown.
    required: Option<bool>,
    /// Constraint on the value, in words.
    rule: String,
    description: Option<String>,
    /// `file:line` of the declaration.
    declared: String,
    /// Status in the template: `active`, `documented` or `missing`; null without a template.
    template: Option<&'static str>,
    /// Effective value; null if it is not set or values were not checked.
    value: Option<ValueJson>,
    /// `file:line` of every read of the key; null if no source code was searched.
    read_at: Option<Vec<String>>,
}

/// Origin and form of a value.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ValueJson {
    /// Variable that provides the value: the key itself or a fallback.
    variable: String,
    /// Form of the value: `blank` or, for example, `set, 43 characters`.
    shape: String,
    /// Origin of the value: for example, `.env.local:3` or `the process`.
    origin: String,
    /// Other origins, which this one overrides.
    shadows: Vec<String>,
}

/// Builds the report of `env check`. `flags` are added to the suggested commands so that they read
/// the same files.
pub(crate) fn report(
    facts: &Environment,
    findings: Vec<Finding>,
    fail_on: FailOn,
    flags: &[String],
) -> Report {
    let entries = facts.template.as_ref().map(EnvFile::in_force);
    let data = EnvironmentJson {
        schema: SchemaJson {
            name: facts.schema.name.clone(),
            place: facts.schema.place.to_string(),
            chosen: facts.schema.chosen.reason(),
        },
        template: facts.template.as_ref().map(|file| file.path.display().to_string()),
        code: facts.code.as_ref().map(|code| CodeJson {
            root: code.root.display().to_string(),
            files: code.files,
            computed: code.computed.iter().map(ToString::to_string).collect(),
        }),
        keys: facts
            .keys()
            .map(|(schema, key)| key_json(facts, schema, key, entries.as_ref()))
            .collect(),
    };
    let document = document(facts, &findings, flags);
    let mut report = Report::from_findings("env check", findings, fail_on, data, document);
    report.agreement = agreement(facts);
    report.examined.push(facts.schema.place.file.display().to_string());
    match &facts.template {
        Some(file) => report.examined.push(file.path.display().to_string()),
        None => report.not_examined.push(("template".to_owned(), "there is none".to_owned())),
    }
    if let Some(code) = &facts.code {
        let files = text::plural(code.files as u64, "source file", "source files");
        report.examined.push(format!("{}: {files}", code.root.display()));
        let unread = |unread: &Unresolved| (unread.place.to_string(), unread.reason.clone());
        report.not_examined.extend(code.unread.iter().map(unread));
    }
    if facts.values.is_none() {
        let reason = "neither --values nor --process was given";
        report.not_examined.push(("values".to_owned(), reason.to_owned()));
    }
    report
}

fn agreement(facts: &Environment) -> Option<AgreementJson> {
    let drift = drift(facts, facts.template.as_ref()?);
    Some(AgreementJson {
        ok: drift.missing.is_empty() && drift.extra.is_empty(),
        missing_in_example: drift.missing.iter().map(|missing| missing.name.to_owned()).collect(),
        extra_in_example: drift.extra.iter().map(|entry| entry.key.clone()).collect(),
    })
}

fn document(facts: &Environment, findings: &[Finding], flags: &[String]) -> Document {
    let mut document = Document::default();
    let status = Status::worst(findings.iter().map(|finding| finding.status));
    document.headline(status, headline(facts, findings, status));
    document.push(title(facts));
    let mut table =
        Table::new(vec![Column::text("status"), Column::text("key"), Column::prose("detail")]);
    // Checks that passed are listed only if all did.
    let ranks = [Status::Critical, Status::Unknown, Status::Warning];
    let ranks = if status == Status::Ok { &[Status::Ok][..] } else { &ranks[..] };
    for &rank in ranks {
        for finding in findings.iter().filter(|finding| finding.status == rank) {
            table.row(row(finding));
        }
    }
    document.push(Block::Table(table));
    let passed = findings.iter().filter(|finding| finding.status == Status::Ok).count() as u64;
    if status != Status::Ok && passed > 0 {
        document.note(format!("{} passed", text::plural(passed, "other check", "other checks")));
    }
    if facts.template.is_none() {
        document.note("template not checked: no .env.example here");
    }
    document.next(next(facts, findings, status, flags));
    document
}

/// Returns the commands that explain the worst finding and that insert keys missing from the
/// template.
fn next(
    facts: &Environment,
    findings: &[Finding],
    status: Status,
    flags: &[String],
) -> Vec<Suggestion> {
    let mut next = Vec::new();
    let Some(worst) = findings.iter().find(|f| f.status == status && status != Status::Ok) else {
        return next;
    };
    if let Some((_, key)) = facts.key(&worst.subject) {
        let command = ShellCommand::new("env explain").arg(&key.name).args(flags);
        next.push(Suggestion::new(command, "its rule and declaration"));
    }
    let template = facts.template.as_ref();
    let missing = template.map(|file| drift(facts, file).missing);
    if missing.is_some_and(|missing| !missing.is_empty()) {
        let purpose = "insert the missing keys (asks first)";
        let strict = facts.policy.strict.then_some("--strict");
        let command = ShellCommand::new("env check --fix").args(strict).args(flags);
        next.push(Suggestion::new(command, purpose));
    }
    if next.is_empty() {
        let purpose = "meaning and manual checks";
        next.push(Suggestion::new(ShellCommand::new("runbook").arg(worst.check), purpose));
    }
    next
}

fn row(finding: &Finding) -> Vec<Cell> {
    let message = match finding.status {
        Status::Ok => Cell::muted(&finding.message),
        _ => Cell::plain(&finding.message),
    };
    vec![Cell::status(finding.status), Cell::plain(&finding.subject), message]
}

/// The nouns for the findings of a check, singular and plural.
const NOUNS: [(&str, &str, &str); 9] = [
    (
        "env.template",
        "key differs between template and schema",
        "keys differ between template and schema",
    ),
    (
        "env.copy",
        "value is invalid in a copy of the template",
        "values are invalid in a copy of the template",
    ),
    ("env.secrets", "value looks like a secret", "values look like secrets"),
    ("env.hygiene", "formatting issue in the template", "formatting issues in the template"),
    ("env.values", "value is invalid", "values are invalid"),
    ("env.code", "source cannot be read", "sources cannot be read"),
    ("env.undeclared", "key is read and not declared", "keys are read and not declared"),
    ("env.unused", "key is declared and never read", "keys are declared and never read"),
    ("env.exposure", "secret is in the wrong variable", "secrets are in the wrong variables"),
];

fn headline(facts: &Environment, findings: &[Finding], status: Status) -> String {
    if status == Status::Ok {
        return ok_sentence(facts);
    }
    let is_unreadable = |f: &&Finding| f.status == status && f.check == "env.code";
    if status == Status::Unknown && !findings.iter().any(|finding| is_unreadable(&finding)) {
        let unknown = findings.iter().filter(|finding| finding.status == status).count();
        return text::plural(unknown as u64, "key cannot be evaluated", "keys cannot be evaluated");
    }
    let count = |(id, one, many): (&str, &str, &str)| {
        let with_check = findings.iter().filter(|f| f.check == id && f.status == status);
        match with_check.count() {
            0 => None,
            count => Some(text::plural(count as u64, one, many)),
        }
    };
    NOUNS.into_iter().filter_map(count).collect::<Vec<_>>().join("; ")
}

/// Returns, for example, `template and code match the schema`.
fn ok_sentence(facts: &Environment) -> String {
    match (&facts.template, &facts.values, &facts.code) {
        (Some(_), None, None) => "the template matches the schema",
        (None, Some(_), None) => "all values are valid",
        (None, _, Some(_)) => "the code matches the schema",
        (Some(_), None, Some(_)) => "template and code match the schema",
        (Some(_), Some(_), Some(_)) => "template, values and code match the schema",
        (_, _, None) => "template and values match the schema",
    }
    .to_owned()
}

fn title(facts: &Environment) -> Block {
    let EnvSchema { name, place, chosen, .. } = &facts.schema;
    let mut cells = vec![
        Cell::strong("environment"),
        Cell::plain(format!("{name} at {place} ({})", chosen.reason())),
    ];
    cells.extend(facts.template.as_ref().map(|file| Cell::muted(file.path.display().to_string())));
    Block::Title(cells)
}

/// The effective entries of the template, by key.
type Entries<'a> = HashMap<&'a str, &'a EnvEntry>;

fn key_json(
    facts: &Environment,
    schema: &EnvSchema,
    key: &SchemaKey,
    entries: Option<&Entries<'_>>,
) -> KeyJson {
    let required = match evaluate_missing(schema, key) {
        KeyResult::Accepted => Some(false),
        KeyResult::Refused(_) => Some(true),
        KeyResult::Unknown(_) => None,
    };
    let variables = schema.variables(key);
    let entry = |entries: &Entries<'_>| {
        variables.iter().find_map(|name| entries.get(name).map(|entry| entry.state))
    };
    let template = entries.map(|entries| match entry(entries) {
        Some(EntryState::Active) => "active",
        Some(_) => "documented",
        None => "missing",
    });
    let values = facts.values.as_ref();
    let value = values.and_then(|values| {
        variables.iter().find_map(|name| in_force(values, &facts.policy.fallbacks, name))
    });
    KeyJson {
        key: key.name.clone(),
        required,
        rule: key.rule.to_string(),
        description: key.description.clone(),
        declared: key.place.to_string(),
        template,
        read_at: facts.code.as_ref().map(|code| {
            code.of(&key.name, CodeForm::Read).map(|usage| usage.place.to_string()).collect()
        }),
        value: value.map(|value| ValueJson {
            variable: value.key.clone(),
            shape: value.value.shape(),
            origin: value.origin.clone(),
            shadows: value.shadows.clone(),
        }),
    }
}
