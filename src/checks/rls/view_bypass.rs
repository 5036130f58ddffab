//! `rls.view_bypass`: views with the privileges of their owner, and materialized views, over protected
//! tables.

use super::{Check, clients_with_access, contract_table, table_finding};
use crate::facts::access::Audit;
use crate::facts::access::catalog::{Relation, RelationKind};
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that clients cannot read protected tables through a view that bypasses row security. CRITICAL.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.view_bypass",
    title: "views that pass row security by",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for view in audit.catalog.relations.iter().filter(|r| r.exposed) {
        let bypasses = match view.kind {
            RelationKind::View => !view.security_invoker,
            RelationKind::Materialised => true,
            _ => false,
        };
        let roles = clients_with_access(audit, view).join(" and ");
        if !bypasses || roles.is_empty() {
            continue;
        }
        let tables = protected(audit, view);
        if tables.is_empty() {
            continue;
        }
        let kind = view.kind.as_str();
        let message =
            format!("a {kind} shows {} past row security; {roles} may use it", tables.join(", "));
        let suggested_fix = match view.kind {
            RelationKind::View => format!(
                "-- Its readers then need rights and policies of their own on {}.\n\
                 ALTER VIEW {} SET (security_invoker = true);",
                tables.join(", "),
                view.name
            ),
            _ => format!("REVOKE ALL ON {} FROM {};", view.name, roles.replace(" and ", ", ")),
        };
        findings.push(table_finding(
            check,
            audit,
            Status::Critical,
            &view.name,
            message,
            "pg_class",
            suggested_fix,
        ));
    }
    findings
}

/// Returns the protected tables that a view reads, directly or through other views, and whose row
/// security does not apply to its owner.
fn protected(audit: &Audit, view: &Relation) -> Vec<String> {
    let (mut tables, mut visited) = (Vec::new(), Vec::new());
    let mut pending: Vec<&String> = view.reads.iter().collect();
    while let Some(name) = pending.pop() {
        if visited.contains(&name) {
            continue;
        }
        visited.push(name);
        let Some(relation) = audit.catalog.relation(name) else { continue };
        pending.extend(&relation.reads);
        let exempt = view.owner_bypasses_rls || (view.owner == relation.owner && !relation.force);
        let is_protected =
            relation.is_table() && (relation.rls || contract_table(audit, name).is_some());
        if is_protected && (exempt || view.kind == RelationKind::Materialised) {
            tables.push(name.clone());
        }
    }
    tables.sort();
    tables
}
