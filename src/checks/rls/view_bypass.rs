//! `rls.view_bypass`: views that show or change rows with the privileges of their owner, and materialized views.

use std::collections::{BTreeMap, BTreeSet};

use super::revoke::{Taken, revoke, revoke_all};
use super::{Check, accepted, accepts_reading, clients, table_finding};
use crate::access::paths::{Paths, ReachableTables, via};
use crate::facts::access::Audit;
use crate::facts::access::catalog::{Relation, RelationKind, Role};
use crate::facts::access::contract::{PathUse, PathWrite};
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
    let roles: Vec<&Role> = clients(audit).collect();
    let Judged { status, message, uses, reach } = judge(paths, view, &roles)?;
    let (status, unlisted) = accepted(audit, &view.name, &uses, status);
    let fix = suggested_fix(audit, view, &reach, &uses);
    let message = message + &unlisted;
    Some(table_finding(check, audit, status, &view.name, message, "pg_rewrite", fix))
}

/// What a view gives to roles.
pub(super) struct Judged {
    pub(super) status: Status,
    message: String,
    pub(super) uses: Vec<PathUse>,
    reach: ReachableTables,
}

/// Judges a view for those of these roles that hold grants; `None` if it reaches nothing past row security.
pub(super) fn judge<'a>(paths: &Paths<'a>, view: &'a Relation, roles: &[&Role]) -> Option<Judged> {
    let mut reach = ReachableTables { asks: true, ..ReachableTables::default() };
    let (mut names, mut uses): (Vec<&str>, Vec<PathUse>) = (Vec::new(), Vec::new());
    for role in roles {
        let (reached, used) = paths.of_view(view, role);
        if used.is_empty() {
            continue;
        }
        names.push(&role.name);
        uses.extend(used);
        reach.asks &= reached.asks;
        reach.leaks |= reached.leaks;
        reach.reads.extend(reached.reads);
        reach.writes.extend(reached.writes);
        reach.open.extend(reached.open);
    }
    if uses.is_empty() {
        return None;
    }
    let (status, message) = describe(view, &reach, &names.join(" and "), &words(&uses))?;
    Some(Judged { status, message, uses, reach })
}

fn describe(
    view: &Relation,
    reach: &ReachableTables,
    roles: &str,
    commands: &str,
) -> Option<(Status, String)> {
    let kind = view.kind.as_str();
    let (reads, writes) = (tables(&reach.reads), tables(&reach.writes));
    if !writes.is_empty() && reads.is_empty() && !reach.asks {
        let writes = some_of(&writes, 3);
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
        let shown = some_of(&reads, 3);
        let mut message = format!("a {kind} shows {shown} without RLS; {roles} may use it");
        if !writes.is_empty() {
            message.push_str(&format!("; {commands} on it changes {}", some_of(&writes, 3)));
        }
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
    audit: &Audit,
    view: &Relation,
    reach: &ReachableTables,
    uses: &[PathUse],
) -> String {
    if view.kind == RelationKind::Materialised || view.security_invoker {
        let roles: Vec<_> = uses.iter().map(|used| used.role.as_str()).collect();
        return revoke_all(audit, view, &roles);
    }
    let reads_are_fine =
        reach.asks || reach.reads.is_empty() || accepts_reading(audit, &view.name, uses);
    if !reach.writes.is_empty() && reads_are_fine {
        let written = uses.iter().filter_map(|u| Some(Taken::new(&u.role, u.write?.as_str())));
        return revoke(audit, view, &written.collect::<Vec<_>>());
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

/// Returns the commands by which a view is written.
fn words(uses: &[PathUse]) -> String {
    let commands: BTreeSet<_> = uses.iter().filter_map(|used| used.write).collect();
    commands.into_iter().map(PathWrite::as_str).collect::<Vec<_>>().join(", ")
}
