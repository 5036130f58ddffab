//! The report of `rls whocan`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::facts::Suggestion;
use crate::facts::access::user_access::{Membership, RowCount, UserTable};
use crate::report::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};
use crate::text::{self, some_of};

/// `data` of `rls whocan`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct WhocanJson {
    /// User id.
    user: String,
    /// Role of the requests.
    role: String,
    /// Tables that the role holds a grant for, or the one that was asked for.
    tables: Vec<TableJson>,
}

/// One table.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TableJson {
    table: String,
    /// Rows that can be read.
    select: CountJson,
    /// Readable rows that can be changed.
    update: CountJson,
    /// Readable rows that can be deleted.
    delete: CountJson,
    /// Whether rows can be added, in words.
    insert: String,
    /// Primary keys of some readable rows.
    ids: Vec<String>,
    /// Why, in words.
    reason: String,
    /// Rows that name the user and that the policies look at.
    memberships: Vec<MembershipJson>,
}

/// A number of rows.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CountJson {
    /// Number of rows; null if it is not known.
    rows: Option<u64>,
    /// Whether there are more.
    more: bool,
    /// Why there is no number: a missing grant or an error.
    reason: Option<String>,
}

/// Rows that name the user.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MembershipJson {
    table: String,
    column: String,
    group_column: Option<String>,
    rows: u64,
    groups: Vec<String>,
}

/// Builds the report.
pub(crate) fn report(user: &str, role: &str, tables: Vec<UserTable>, from: &Provenance) -> Report {
    let mut document = Document::default();
    document.push(title_line::title(format!("access of user {user} as {role}"), from));
    document.push(Block::Pairs(vec![("summary", Cell::strong(headline(&tables)))]));
    let mut grid = Table::new(vec![
        Column::text("table"),
        Column::text("select"),
        Column::text("insert"),
        Column::text("update"),
        Column::text("delete"),
        Column::prose("because"),
    ]);
    for table in &tables {
        grid.row(vec![
            Cell::plain(&table.table),
            Cell::plain(count_text(&table.select)),
            Cell::plain(&table.insert),
            Cell::plain(count_text(&table.update)),
            Cell::plain(count_text(&table.delete)),
            Cell::plain(reason(table)),
        ]);
    }
    document.push(Block::Table(grid));
    for table in tables.iter().filter(|table| !table.ids.is_empty()) {
        document.note(format!("{}: for example {}", table.table, table.ids.join("; ")));
    }
    document.note("Update and delete count readable rows. A write that reads no column is not limited by reading.");
    document.next(vec![Suggestion::fixed("runbook 4.2", "runbook: access and RLS")]);
    let (user, role) = (user.to_owned(), role.to_owned());
    let data = WhocanJson { user, role, tables: tables.iter().map(table_json).collect() };
    Report::listing("rls whocan", data, document)
}

fn headline(tables: &[UserTable]) -> String {
    let sees = |t: &&UserTable| matches!(t.select, RowCount::Exact(1..) | RowCount::AtLeast(_));
    let seen = tables.iter().filter(sees).count();
    let all = text::plural(tables.len() as u64, "table", "tables");
    let mut named: Vec<&Membership> = Vec::new();
    for membership in tables.iter().flat_map(|t| &t.memberships).filter(|m| m.rows > 0) {
        if !named.iter().any(|m| m.table == membership.table) {
            named.push(membership);
        }
    }
    let named: Vec<_> = named.iter().map(|m| describe(m)).collect();
    let because = if named.is_empty() {
        "no table contains this user".to_owned()
    } else {
        some_of(&named, 3)
    };
    format!("sees rows of {seen} of {all}; {because}")
}

/// Returns, for example, `member of 2 workspaces through public.workspace_members`.
fn describe(membership: &Membership) -> String {
    let Membership { table, column, group, rows, groups } = membership;
    match group {
        Some(group) if !groups.is_empty() => {
            let noun = group.strip_suffix("_id").unwrap_or(group);
            let count = text::plural(*rows, noun, &format!("{noun}s"));
            format!("member of {count} through {table}")
        }
        _ => format!("{column} of {} of {table}", text::plural(*rows, "row", "rows")),
    }
}

fn reason(table: &UserTable) -> String {
    let named: Vec<_> = table.memberships.iter().filter(|m| m.rows > 0).map(describe).collect();
    if !named.is_empty() {
        return named.join("; ");
    }
    match (&table.select, table.memberships.as_slice()) {
        (RowCount::Denied(why) | RowCount::Unknown(why), _) => why.clone(),
        (_, []) => "no policy compares a membership".to_owned(),
        (_, looked_at) => {
            let tables: Vec<_> = looked_at.iter().map(|m| m.table.clone()).collect();
            format!("not in {}", tables.join(", "))
        }
    }
}

fn count_text(count: &RowCount) -> String {
    match count {
        RowCount::Exact(rows) => text::plural(*rows, "row", "rows"),
        RowCount::AtLeast(rows) => format!("≥ {} rows", text::count(*rows)),
        RowCount::Denied(_) => "denied".to_owned(),
        RowCount::Unknown(_) => "not counted".to_owned(),
    }
}

fn table_json(table: &UserTable) -> TableJson {
    let memberships = table.memberships.iter().map(|m| MembershipJson {
        table: m.table.clone(),
        column: m.column.clone(),
        group_column: m.group.clone(),
        rows: m.rows,
        groups: m.groups.clone(),
    });
    TableJson {
        table: table.table.clone(),
        select: count_json(&table.select),
        update: count_json(&table.update),
        delete: count_json(&table.delete),
        insert: table.insert.clone(),
        ids: table.ids.clone(),
        reason: reason(table),
        memberships: memberships.collect(),
    }
}

fn count_json(count: &RowCount) -> CountJson {
    let (rows, more, reason) = match count {
        RowCount::Exact(rows) => (Some(*rows), false, None),
        RowCount::AtLeast(rows) => (Some(*rows), true, None),
        RowCount::Denied(why) | RowCount::Unknown(why) => (None, false, Some(why.clone())),
    };
    CountJson { rows, more, reason }
}
