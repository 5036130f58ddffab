//! The report of `config grants`: SQL to review and run, for one role each that may read, audit and write.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Block, Document, Provenance, Report};
use crate::facts::grants::GrantFacts;
use crate::queue::sql::ident;
use crate::queue::{Layout, Relation};
use crate::redact::sanitize;

/// `data` of `config grants`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct GrantsJson {
    roles: Vec<RoleGrantsJson>,
}

/// The statements of one role.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RoleGrantsJson {
    role: &'static str,
    /// The commands that it may run.
    commands: &'static str,
    /// Statements in the order in which they are run, for review.
    statements: Vec<String>,
}

/// A role: its name and the commands that need it.
struct RoleDoc {
    name: &'static str,
    commands: &'static str,
}

const READ: RoleDoc = RoleDoc {
    name: "cliplyctl_read",
    commands: "triage, queue, dlq list|groups|show|ops|follow, jobs list|show, handoff, record, watch",
};
const AUDIT: RoleDoc = RoleDoc {
    name: "cliplyctl_audit",
    commands: "rls audit|matrix|explain|contract, the access audit of triage, and the commands of cliplyctl_read",
};
const WRITE: RoleDoc = RoleDoc {
    name: "cliplyctl_write",
    commands: "dlq requeue|undo, jobs rescue, and the commands of cliplyctl_read",
};

/// Builds the report. `written` are the columns that a requeue or rescue writes.
pub(crate) fn report(
    layout: &Layout,
    written: &[String],
    facts: &GrantFacts,
    from: &Provenance,
) -> Report {
    let roles = vec![
        role(&READ, read(&READ, layout, facts)),
        role(&AUDIT, [read(&AUDIT, layout, facts), audit(facts)].concat()),
        role(&WRITE, [read(&WRITE, layout, facts), write(layout, written, facts)].concat()),
    ];
    let mut document = Document::default();
    document.push(Block::Raw(sanitize::lines(&text(&roles, from)).into_owned()));
    Report::listing("config grants", GrantsJson { roles }, document)
}

fn role(doc: &RoleDoc, statements: Vec<String>) -> RoleGrantsJson {
    RoleGrantsJson { role: doc.name, commands: doc.commands, statements }
}

/// Returns the statements as a script with comments.
fn text(roles: &[RoleGrantsJson], from: &Provenance) -> String {
    // A line break in the name would end the comment.
    let database = sanitize::line(from.database.as_deref().unwrap_or("a database"));
    let mut text = format!(
        "-- Roles of this tool on {database}, written by `config grants`. Review it, keep the roles that you need, \n\
         -- and run it as the owner of the tables. Then set passwords: \\password cliplyctl_read\n"
    );
    for role in roles {
        text.push_str(&format!("\n-- {}: {}\n", role.role, role.commands));
        for statement in &role.statements {
            text.push_str(statement);
            text.push_str(";\n");
        }
    }
    text.push_str(
        "\n-- Optional, if your role may grant it: without it, queries of other roles are hidden from triage.\n\
         -- GRANT pg_read_all_stats TO cliplyctl_read, cliplyctl_audit, cliplyctl_write;\n\
         -- Without it, rls audit takes no sample of tables with row-level security:\n\
         -- ALTER ROLE cliplyctl_audit BYPASSRLS;\n",
    );
    text
}

/// A login that may read the jobs and their events.
fn read(role: &RoleDoc, layout: &Layout, facts: &GrantFacts) -> Vec<String> {
    let name = role.name;
    let events = layout.events.as_ref().map(|events| &events.relation);
    let tables: Vec<_> = std::iter::once(&layout.relation).chain(events).collect();
    let mut schemas: Vec<_> = tables.iter().map(|table| table.schema_sql()).collect();
    schemas.dedup();
    // The audit acts as the roles of the API. Without NOINHERIT it would also hold their rights, and
    // could write jobs.
    let inherit = if name == AUDIT.name { " NOINHERIT" } else { "" };
    let mut statements = vec![
        format!("CREATE ROLE {name} LOGIN{inherit}"),
        format!("GRANT CONNECT ON DATABASE {} TO {name}", ident(&facts.database)),
        format!("GRANT USAGE ON SCHEMA {} TO {name}", schemas.join(", ")),
    ];
    statements.extend(tables.iter().map(|table| format!("GRANT SELECT ON {table} TO {name}")));
    let secured =
        [(Some(&layout.relation), facts.jobs_row_security), (events, facts.events_row_security)];
    for (table, _) in secured.into_iter().filter(|(_, enabled)| *enabled == Some(true)) {
        statements.extend(table.map(|table| policy(table, name, "SELECT", "USING (true)")));
    }
    statements
}

/// What the audit needs besides reading the jobs: to act as the roles of the API, and the other tables.
fn audit(facts: &GrantFacts) -> Vec<String> {
    let name = AUDIT.name;
    let mut statements: Vec<_> =
        facts.api_roles.iter().map(|role| format!("GRANT {role} TO {name}")).collect();
    // The audit samples rows, by the memberships that other tables hold.
    for table in &facts.other_tables {
        statements.push(format!("GRANT SELECT ON {} TO {name}", table.relation));
        if table.row_security {
            statements.push(policy(&table.relation, name, "SELECT", "USING (true)"));
        }
    }
    statements
}

/// What writing needs besides reading: the columns of the jobs, and the events.
fn write(layout: &Layout, written: &[String], facts: &GrantFacts) -> Vec<String> {
    let name = WRITE.name;
    let columns: Vec<_> = written.iter().map(|column| ident(column)).collect();
    let jobs = &layout.relation;
    let mut statements = vec![format!("GRANT UPDATE ({}) ON {jobs} TO {name}", columns.join(", "))];
    if facts.jobs_row_security == Some(true) {
        let both = "USING (true) WITH CHECK (true)";
        statements.push(policy(&layout.relation, name, "UPDATE", both));
    }
    if let Some(events) = &layout.events {
        statements.push(format!("GRANT INSERT ON {} TO {name}", events.relation));
        if facts.events_row_security == Some(true) {
            statements.push(policy(&events.relation, name, "INSERT", "WITH CHECK (true)"));
        }
        let sequences = facts.event_sequences.iter();
        statements.extend(
            sequences.map(|sequence| format!("GRANT USAGE ON SEQUENCE {sequence} TO {name}")),
        );
    }
    statements
}

/// A policy that lets the role see or write every row.
fn policy(table: &Relation, role: &str, action: &str, condition: &str) -> String {
    let policy = ident(&format!("{role}_{}", action.to_lowercase()));
    format!("CREATE POLICY {policy} ON {} FOR {action} TO {role} {condition}", table)
}
