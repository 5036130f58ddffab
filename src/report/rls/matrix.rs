//! The report of `rls matrix`.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::observed;
use crate::access::compute::{applicable, compute_access};
use crate::facts::Status;
use crate::facts::access::catalog::{Relation, Role, SqlFunction};
use crate::facts::access::evaluated::Identity;
use crate::facts::access::tested::{AccessTest, AccessTestResult, TestRole};
use crate::facts::access::{Audit, SqlCommand};
use crate::report::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};

/// Access of one role to one table by one command.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CellJson {
    /// Table.
    table: String,
    /// Role.
    role: String,
    /// `SELECT`, `INSERT`, `UPDATE` or `DELETE`.
    command: &'static str,
    /// Expected access; null if the contract does not define it.
    expected: Option<String>,
    /// Computed access.
    computed: String,
    /// Tested access; null if it was not tested.
    observed: Option<String>,
    /// Sampled rows that the policies admit, by identity; empty if row security does not bind the role.
    tested: Vec<TestedJson>,
    /// Helper functions of the policies that apply, each with a fingerprint of its definition.
    helpers: Vec<String>,
}

/// Sampled rows that one identity reaches.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TestedJson {
    /// `no user`, `a non-member` (an id that occurs in no table) or `a user`.
    identity: &'static str,
    /// Id of the user.
    user: Option<String>,
    /// Number of rows that it reaches.
    rows: usize,
    /// Number of rows that were tested.
    of: usize,
}

/// Builds the report: every table of the contract, then the others.
pub(crate) fn report(audit: &Audit, scope: &[String], from: &Provenance) -> Report {
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
    document.push(title_line::title_at("access matrix, computed from grants and policies", from));
    document.push(Block::Table(grid));
    add_tested_access(&mut document, audit);
    document.note("`≠` marks access that differs from the contract (computed ≠ expected).");
    document.next(super::describe_access(audit, scope).into_iter().collect());
    Report::listing("rls matrix", cells, document)
}

/// Adds the access found on sampled rows, by table and test role.
fn add_tested_access(document: &mut Document, audit: &Audit) {
    let tests = &audit.observations.tests;
    if tests.is_empty() {
        return;
    }
    document.heading("Tested on sampled rows");
    let mut grid =
        Table::new(["table", "as", "select", "update", "delete"].map(Column::text).to_vec());
    let mut pairs: Vec<(&str, TestRole)> =
        tests.iter().map(|t| (t.table.as_str(), t.persona)).collect();
    pairs.sort_by_key(|(table, _)| *table);
    pairs.dedup();
    for (table, role) in pairs {
        let tested_cell = |command: SqlCommand| {
            let is_match = |t: &&AccessTest| {
                (t.table.as_str(), t.persona, t.command) == (table, role, command)
            };
            Cell::plain(
                tests.iter().find(is_match).map_or_else(String::new, |t| short_result(&t.outcome)),
            )
        };
        let commands =
            [SqlCommand::Select, SqlCommand::Update, SqlCommand::Delete].map(tested_cell);
        let mut cells = vec![Cell::plain(table), Cell::plain(role.as_str())];
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
        expected: expected_text(audit, table, role, command),
        computed: compute_access(&audit.catalog, table, role, command).to_string(),
        observed: observed(audit, &table.name, &role.name, command),
        tested: tested(audit, table, role, command),
        helpers: helpers(audit, table, role, command),
    }
}

fn tested(audit: &Audit, table: &Relation, role: &Role, command: SqlCommand) -> Vec<TestedJson> {
    let reached = super::reached_rows(audit, table, role, command);
    let json = |(identity, rows, of): (Identity, usize, usize)| TestedJson {
        identity: identity.as_str(),
        user: match identity {
            Identity::User(id) => Some(id),
            _ => None,
        },
        rows,
        of,
    };
    reached.into_iter().map(json).collect()
}

/// Returns the helpers of a cell, so that `rls diff` sees when one of them changed.
fn helpers(audit: &Audit, table: &Relation, role: &Role, command: SqlCommand) -> Vec<String> {
    let policies = applicable(&audit.catalog, table, role, command);
    let signatures: BTreeSet<&String> = policies.flat_map(|p| &p.functions).collect();
    let functions =
        signatures.into_iter().filter_map(|signature| audit.catalog.function(signature));
    let functions = functions.filter(|f| !f.returns_claims());
    functions.map(|f| format!("{} {:016x}", f.signature, definition_hash(f))).collect()
}

/// FNV-1a of a function's definition, which is stable between versions of this tool. White space does not count.
fn definition_hash(function: &SqlFunction) -> u64 {
    let path = function.search_path.as_deref().unwrap_or_default();
    let definer = if function.definer { "definer" } else { "invoker" };
    let words = [definer, path].into_iter().chain(function.source.split_whitespace());
    let bytes = words.flat_map(|word| word.bytes().chain([b' ']));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn expected_text(
    audit: &Audit,
    table: &Relation,
    role: &Role,
    command: SqlCommand,
) -> Option<String> {
    let contract = audit.contract.tables.get(&table.name)?;
    contract.permission(&role.name, command).map(String::from)
}

fn row(audit: &Audit, table: &Relation, role: &Role) -> Vec<Cell> {
    let mut cells = vec![Cell::plain(&table.name), Cell::plain(&role.name)];
    cells.extend(SqlCommand::ALL.map(|command| computed_text(audit, table, role, command)));
    cells
}

fn computed_text(audit: &Audit, table: &Relation, role: &Role, command: SqlCommand) -> Cell {
    let computed = compute_access(&audit.catalog, table, role, command);
    let expected = expected_text(audit, table, role, command);
    match expected.filter(|_| super::contradicted(audit, table, role, command)) {
        Some(expected) => {
            Cell::value_with_status(format!("{} ≠ {expected}", computed.as_str()), Status::Critical)
        }
        None => Cell::plain(computed.as_str()),
    }
}

/// Returns a test result for a narrow column.
fn short_result(result: &AccessTestResult) -> String {
    match result {
        AccessTestResult::Rows { own, of_own, foreign, of_foreign } => {
            format!("{own}/{of_own} own, {foreign}/{of_foreign} other workspaces")
        }
        other => super::result_text(other),
    }
}
