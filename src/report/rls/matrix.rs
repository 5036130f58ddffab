//! The answer of `rls matrix`.

use schemars::JsonSchema;
use serde::Serialize;

use super::observed;
use crate::access::compute::compute_access;
use crate::facts::Status;
use crate::facts::access::catalog::{Relation, Role};
use crate::facts::access::tested::{AccessTest, AccessTestResult, TestRole};
use crate::facts::access::{Audit, SqlCommand};
use crate::report::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};

/// One cell.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CellJson {
    /// The table.
    table: String,
    /// The role.
    role: String,
    /// `SELECT`, `INSERT`, `UPDATE` or `DELETE`.
    command: &'static str,
    /// What the contract says; null where it is silent.
    declared: Option<String>,
    /// What the catalog says.
    predicted: String,
    /// What sampled reads gave; null where nothing was tried.
    observed: Option<String>,
}

/// Builds the report: every table of the contract, then the others.
#[must_use]
pub fn report(audit: &Audit, scope: &str, from: &Provenance) -> Report {
    let mut tables: Vec<_> = audit.catalog.tables().collect();
    tables.sort_by_key(|t| (!audit.contract.tables.contains_key(&t.name), t.name.clone()));
    let mut cells = Vec::new();
    let mut grid = Table::new(
        ["table", "role", "select", "insert", "update", "delete"].map(Column::text).to_vec(),
    );
    for (table, role) in
        tables.iter().flat_map(|t| audit.catalog.roles.iter().map(move |r| (*t, r)))
    {
        cells.extend(SqlCommand::ALL.map(|command| cell(audit, table, role, command)));
        grid.row(row(audit, table, role));
    }
    let mut document = Document::default();
    document.push(title_line::title("access matrix, as predicted from the catalog", from));
    document.push(Block::Table(grid));
    tried(&mut document, audit);
    document.note("A cell that the contract contradicts reads \"predicted ≠ declared\".");
    document.next(super::describe_access(audit, scope).into_iter().collect());
    Report::listing("rls matrix", cells, document)
}

/// What was really met, persona by persona.
fn tried(document: &mut Document, audit: &Audit) {
    let trials = &audit.observations.trials;
    if trials.is_empty() {
        return;
    }
    document.heading("Observed, on sampled rows");
    let mut grid =
        Table::new(["table", "as", "select", "update", "delete"].map(Column::text).to_vec());
    let mut seen: Vec<(&str, TestRole)> =
        trials.iter().map(|t| (t.table.as_str(), t.persona)).collect();
    seen.sort_by_key(|(table, _)| *table);
    seen.dedup();
    for (table, persona) in seen {
        let met = |command: SqlCommand| {
            let mine = |t: &&AccessTest| {
                (t.table.as_str(), t.persona, t.command) == (table, persona, command)
            };
            Cell::plain(trials.iter().find(mine).map_or_else(String::new, |t| short(&t.outcome)))
        };
        let commands = [SqlCommand::Select, SqlCommand::Update, SqlCommand::Delete].map(met);
        let mut cells = vec![Cell::plain(table), Cell::plain(persona.as_str())];
        cells.extend(commands);
        grid.row(cells);
    }
    document.push(Block::Table(grid));
}

fn cell(audit: &Audit, table: &Relation, role: &Role, command: SqlCommand) -> CellJson {
    CellJson {
        table: table.name.clone(),
        role: role.name.clone(),
        command: command.sql(),
        declared: declared(audit, table, role, command),
        predicted: compute_access(&audit.catalog, table, role, command).to_string(),
        observed: observed(audit, &table.name, &role.name, command),
    }
}

fn declared(audit: &Audit, table: &Relation, role: &Role, command: SqlCommand) -> Option<String> {
    let contract = audit.contract.tables.get(&table.name)?;
    contract.permission(&role.name, command).map(String::from)
}

fn row(audit: &Audit, table: &Relation, role: &Role) -> Vec<Cell> {
    let mut cells = vec![Cell::plain(&table.name), Cell::plain(&role.name)];
    cells.extend(SqlCommand::ALL.map(|command| predicted(audit, table, role, command)));
    cells
}

fn predicted(audit: &Audit, table: &Relation, role: &Role, command: SqlCommand) -> Cell {
    let predicted = compute_access(&audit.catalog, table, role, command);
    let declared = declared(audit, table, role, command);
    match declared.filter(|_| super::contradicted(audit, table, role, command)) {
        Some(declared) => Cell::value_with_status(
            format!("{} ≠ {declared}", predicted.as_str()),
            Status::Critical,
        ),
        None => Cell::plain(predicted.as_str()),
    }
}

/// An outcome for a narrow column.
fn short(outcome: &AccessTestResult) -> String {
    match outcome {
        AccessTestResult::Rows { own, of_own, foreign, of_foreign } => {
            format!("{own}/{of_own} own, {foreign}/{of_foreign} foreign")
        }
        other => super::outcome(other),
    }
}
