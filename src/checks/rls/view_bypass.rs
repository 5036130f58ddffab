//! `rls.view_bypass`: views that show or change rows with the privileges of their owner, and materialized views.

use std::collections::BTreeMap;

use super::{Check, accepted, clients, ident, table_finding};
use crate::access::paths::{Paths, ReachableTables, via};
use crate::facts::access::catalog::{Relation, RelationKind, Role};
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text::some_of;

/// Check that clients cannot read or write protected tables through a view that bypasses row security. CRITICAL. A view
/// that compares its rows with the caller is no bypass if it has `security_barrier`, otherwise a WARNING; so is a view
/// of a table without row security that the client cannot read itself.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.view_bypass",
    title: "views that bypass RLS",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let paths = Paths::new(&audit.catalog, &audit.contract);
    let is_view = |r: &&Relation| matches!(r.kind, RelationKind::View | RelationKind::Materialised);
    let views = audit.catalog.relations.iter().filter(|r| r.exposed).filter(is_view);
    views.filter_map(|view| evaluate_view(check, audit, &paths, view)).collect()
}

fn evaluate_view<'a>(
    check: &Check<Audit>,
    audit: &'a Audit,
    paths: &Paths<'a>,
    view: &'a Relation,
) -> Option<Finding> {
    let mut roles: Vec<&Role> = Vec::new();
    let mut commands: Vec<SqlCommand> = Vec::new();
    let mut reach = ReachableTables { asks: true, ..ReachableTables::default() };
    for role in clients(audit).filter(|role| role.schemas.contains(&view.schema)) {
        let mut reached = paths.through_view(view, role);
        reached.writes.clear(); // by functions of the view
        if !may_read(view, role) {
            (reached.reads, reached.open) = Default::default();
        }
        for command in view.granted_writes(&role.name) {
            let written = paths.written_through_view(view, role, command);
            if !written.is_empty() && !commands.contains(&command) {
                commands.push(command);
            }
            reached.writes.extend(written);
        }
        if reached.reads.is_empty() && reached.writes.is_empty() && reached.open.is_empty() {
            continue;
        }
        roles.push(role);
        reach.asks &= reached.asks;
        reach.leaks |= reached.leaks && may_read(view, role);
        reach.reads.extend(reached.reads);
        reach.writes.extend(reached.writes);
        reach.open.extend(reached.open);
    }
    if roles.is_empty() {
        return None;
    }
    let names = roles.iter().map(|r| r.name.as_str()).collect::<Vec<_>>().join(" and ");
    let (status, message) = describe(view, &reach, &names, &commands)?;
    let reached = reach.reads.keys().chain(reach.open.keys()).chain(reach.writes.keys());
    let status = accepted(audit, &view.name, &roles, reached, status);
    let fix = suggested_fix(view, &reach, &roles, &commands);
    Some(table_finding(check, audit, status, &view.name, message, "pg_rewrite", fix))
}

fn describe(
    view: &Relation,
    reach: &ReachableTables,
    roles: &str,
    commands: &[SqlCommand],
) -> Option<(Status, String)> {
    let kind = view.kind.as_str();
    let (reads, writes) = (tables(&reach.reads), tables(&reach.writes));
    if !writes.is_empty() && reads.is_empty() && !reach.asks {
        let (commands, writes) = (words(commands), some_of(&writes, 3));
        let message = format!("{commands} on a {kind} by {roles} changes {writes} without RLS");
        return Some((Status::Critical, message));
    }
    if reads.is_empty() && writes.is_empty() {
        let open = tables(&reach.open);
        return (!open.is_empty() && !reach.asks).then(|| {
            let tables = some_of(&open, 3);
            let message =
                format!("a {kind} shows {tables} to {roles}, who cannot read it otherwise");
            (Status::Warning, message)
        });
    }
    if !reach.asks {
        let message =
            format!("a {kind} shows {} without RLS; {roles} may use it", some_of(&reads, 3));
        return Some((Status::Critical, message));
    }
    if !writes.is_empty() {
        let message = format!(
            "a {kind} compares with the caller, but {roles} may also write {} through it without RLS",
            some_of(&writes, 3)
        );
        return Some((Status::Warning, message));
    }
    reach.leaks.then(|| {
        let message = format!(
            "a {kind} compares {} with the caller, but without security_barrier a query of {roles} can see other rows",
            some_of(&reads, 3)
        );
        (Status::Warning, message)
    })
}

fn suggested_fix(
    view: &Relation,
    reach: &ReachableTables,
    roles: &[&Role],
    commands: &[SqlCommand],
) -> String {
    let revoke = |privileges: &str| {
        let names: Vec<_> = roles.iter().map(|role| ident(&role.name)).collect();
        format!("REVOKE {privileges} ON {} FROM {};", view.name, names.join(", "))
    };
    if view.kind == RelationKind::Materialised || view.security_invoker {
        return revoke("ALL");
    }
    if !reach.writes.is_empty() && (reach.asks || reach.reads.is_empty()) {
        return revoke(&words(commands));
    }
    if reach.asks && reach.leaks {
        return format!("ALTER VIEW {} SET (security_barrier = true);", view.name);
    }
    let tables: Vec<_> = reach.reads.keys().chain(reach.open.keys()).map(String::as_str).collect();
    format!(
        "-- Its readers then need rights and policies of their own on {}.\n\
         ALTER VIEW {} SET (security_invoker = true);",
        tables.join(", "),
        view.name
    )
}

fn tables(reached: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    reached.iter().map(|(table, steps)| format!("{table}{}", via(steps))).collect()
}

fn may_read(view: &Relation, role: &Role) -> bool {
    let select = SqlCommand::Select.sql();
    role.schemas.contains(&view.schema)
        && (view.has(&role.name, select) || view.has_column(&role.name, select))
}

fn words(commands: &[SqlCommand]) -> String {
    commands.iter().map(|c| c.sql()).collect::<Vec<_>>().join(", ")
}
