//! The report of `rls explain`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{contradicted, observed};
use crate::access::compute::{applicable, binds, compute_access};
use crate::facts::Status;
use crate::facts::Suggestion;
use crate::facts::access::catalog::{Relation, Role};
use crate::facts::access::{Audit, SqlCommand};
use crate::report::{Block, Cell, Document, Provenance, Report, title_line};
use crate::suggest::ShellCommand;

/// `data` of `rls explain`: computed access and the grants and policies that it results from.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ExplainJson {
    table: String,
    role: String,
    command: &'static str,
    /// Whether the role has USAGE on the schema.
    usage: bool,
    /// Scope of the grant: `table`, `columns` or `none`.
    grant: &'static str,
    /// Whether row security is enabled.
    rls: bool,
    /// Whether row security applies to this role.
    binds: bool,
    /// Applicable policies.
    policies: Vec<PolicyJson>,
    /// Expected access; null if the contract does not define it.
    expected: Option<String>,
    /// Computed access.
    computed: String,
    /// Tested access; null if it was not tested.
    observed: Option<String>,
}

/// An applicable policy.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PolicyJson {
    name: String,
    permissive: bool,
    roles: Vec<String>,
    using: Option<String>,
    check: Option<String>,
    /// Functions that it calls.
    functions: Vec<String>,
    /// Other tables that it reads.
    relations: Vec<String>,
}

/// Builds the report.
pub(crate) fn report(
    audit: &Audit,
    (table, role, command): (&Relation, &Role, SqlCommand),
    scope: &[String],
    from: &Provenance,
) -> Report {
    let data = explain(audit, table, role, command);
    let mut document = document(&data, contradicted(audit, table, role, command), from);
    let suggestions = vec![
        Suggestion::new(
            ShellCommand::new("rls audit").args(scope),
            "all differences, with suggested fixes",
        ),
        Suggestion::fixed("runbook 4.2", "runbook: access and RLS"),
    ];
    document.next(suggestions);
    Report::listing("rls explain", data, document)
}

fn explain(audit: &Audit, table: &Relation, role: &Role, command: SqlCommand) -> ExplainJson {
    let catalog = &audit.catalog;
    let contract = audit.contract.tables.get(&table.name);
    let policies = applicable(catalog, table, role, command).map(|p| PolicyJson {
        name: p.name.clone(),
        permissive: p.permissive,
        roles: p.roles.clone(),
        using: p.using.clone(),
        check: p.check.clone(),
        functions: p.functions.clone(),
        relations: p.relations.clone(),
    });
    let grant =
        match (table.has(&role.name, command.sql()), table.has_column(&role.name, command.sql())) {
            (true, _) => "table",
            (false, true) => "columns",
            (false, false) => "none",
        };
    ExplainJson {
        table: table.name.clone(),
        role: role.name.clone(),
        command: command.sql(),
        usage: role.schemas.contains(&table.schema),
        grant,
        rls: table.rls,
        binds: binds(table, role),
        policies: policies.collect(),
        expected: contract.and_then(|c| c.permission(&role.name, command)).map(String::from),
        computed: compute_access(catalog, table, role, command).to_string(),
        observed: observed(audit, &table.name, &role.name, command),
    }
}

fn joined(names: &[String]) -> String {
    if names.is_empty() { "–".to_owned() } else { names.join(", ") }
}

fn document(data: &ExplainJson, is_contradicted: bool, from: &Provenance) -> Document {
    let mut document = Document::default();
    let question = format!("{} {} on {}", data.role, data.command, data.table);
    document.push(title_line::title(question, from));
    let row_security = match (data.rls, data.binds) {
        (false, _) => "off: every row",
        (true, true) => "on, applies to this role",
        (true, false) => "on, does not apply to this role",
    };
    let expected = data.expected.as_deref().unwrap_or("not in the contract");
    let expected = match is_contradicted {
        true => Cell::value_with_status(format!("{expected} (differs)"), Status::Critical),
        false => Cell::plain(expected),
    };
    document.push(Block::Pairs(vec![
        ("computed", Cell::strong(&data.computed)),
        ("expected", expected),
        ("tested", Cell::plain(data.observed.as_deref().unwrap_or("not tested"))),
        ("schema", Cell::plain(if data.usage { "USAGE" } else { "no USAGE" })),
        ("grant", Cell::plain(data.grant)),
        ("RLS", Cell::plain(row_security)),
    ]));
    for policy in &data.policies {
        document.heading(format!("policy {}", policy.name));
        let kind = if policy.permissive { "permissive" } else { "restrictive" };
        let none = || "–".to_owned();
        document.push(Block::Pairs(vec![
            ("kind", Cell::plain(kind)),
            ("roles", Cell::plain(policy.roles.join(", "))),
            ("using", Cell::plain(policy.using.clone().unwrap_or_else(none))),
            ("with check", Cell::plain(policy.check.clone().unwrap_or_else(none))),
            ("calls", Cell::plain(joined(&policy.functions))),
            ("reads", Cell::plain(joined(&policy.relations))),
        ]));
    }
    if data.policies.is_empty() && data.binds {
        document.note("no policy applies to this role and command");
    }
    document
}
