//! The answer of `rls matrix`.

use schemars::JsonSchema;
use serde::Serialize;

use super::observed;
use crate::checks::rls::predict::predict;
use crate::facts::access::catalog::{Relation, Role};
use crate::facts::access::{Audit, Command};
use crate::report::{Block, Cell, Column, Document, Provenance, Report, Table, header};

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
pub fn report(audit: &Audit, from: &Provenance) -> Report {
    let mut tables: Vec<_> = audit.catalog.tables().collect();
    tables.sort_by_key(|t| (!audit.contract.tables.contains_key(&t.name), t.name.clone()));
    let mut cells = Vec::new();
    let mut grid = Table::new(vec![
        Column::text("table"),
        Column::text("role"),
        Column::text("select"),
        Column::text("insert"),
        Column::text("update"),
        Column::text("delete"),
        Column::text("declared select"),
        Column::prose("observed select"),
    ]);
    for (table, role) in
        tables.iter().flat_map(|t| audit.catalog.roles.iter().map(move |r| (*t, r)))
    {
        cells.extend(Command::ALL.map(|command| cell(audit, table, role, command)));
        grid.row(row(audit, table, role));
    }
    let mut document = Document::default();
    document.push(header::title("access matrix", from));
    document.push(Block::Table(grid));
    document.note("some rows: see cliplyctl rls explain TABLE ROLE CMD");
    Report::listing("rls matrix", cells, document)
}

fn cell(audit: &Audit, table: &Relation, role: &Role, command: Command) -> CellJson {
    CellJson {
        table: table.name.clone(),
        role: role.name.clone(),
        command: command.sql(),
        declared: declared(audit, table, role, command),
        predicted: predict(&audit.catalog, table, role, command).to_string(),
        observed: observed(audit, &table.name, &role.name, command),
    }
}

fn declared(audit: &Audit, table: &Relation, role: &Role, command: Command) -> Option<String> {
    let contract = audit.contract.tables.get(&table.name)?;
    contract.permission(&role.name, command).map(String::from)
}

fn row(audit: &Audit, table: &Relation, role: &Role) -> Vec<Cell> {
    let mut cells = vec![Cell::plain(&table.name), Cell::plain(&role.name)];
    cells.extend(Command::ALL.map(|c| Cell::plain(predict(&audit.catalog, table, role, c).word())));
    cells.push(Cell::plain(declared(audit, table, role, Command::Select).unwrap_or_default()));
    let seen = observed(audit, &table.name, &role.name, Command::Select);
    cells.push(Cell::muted(seen.unwrap_or_default()));
    cells
}
