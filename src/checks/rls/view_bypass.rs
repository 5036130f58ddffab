//! `rls.view_bypass`: a view with its owner's rights, or a materialised one, over protected tables.

use super::{Check, about, declared, open_to};
use crate::facts::access::Audit;
use crate::facts::access::catalog::{Relation, RelationKind};
use crate::facts::{Finding, Section, Status, Thresholds};

/// views that pass row security by.
pub const CHECK: Check<Audit> = Check {
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
        let roles = open_to(audit, view).join(" and ");
        if !bypasses || roles.is_empty() {
            continue;
        }
        let tables = protected(audit, view);
        if tables.is_empty() {
            continue;
        }
        let word = view.kind.as_str();
        let message =
            format!("a {word} shows {} past row security; {roles} may use it", tables.join(", "));
        let remedy = match view.kind {
            RelationKind::View => format!(
                "-- Its readers then need rights and policies of their own on {}.\n\
                 ALTER VIEW {} SET (security_invoker = true);",
                tables.join(", "),
                view.name
            ),
            _ => format!("REVOKE ALL ON {} FROM {};", view.name, roles.replace(" and ", ", ")),
        };
        findings.push(about(
            check,
            audit,
            Status::Critical,
            &view.name,
            message,
            "pg_class",
            remedy,
        ));
    }
    findings
}

/// The protected tables under a view whose row security its owner does not meet, through other views.
fn protected(audit: &Audit, view: &Relation) -> Vec<String> {
    let (mut found, mut seen) = (Vec::new(), Vec::new());
    let mut queue: Vec<&String> = view.reads.iter().collect();
    while let Some(name) = queue.pop() {
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        let Some(relation) = audit.catalog.relation(name) else { continue };
        queue.extend(&relation.reads);
        let exempt = view.owner_bypasses_rls || (view.owner == relation.owner && !relation.force);
        let guarded = relation.is_table() && (relation.rls || declared(audit, name).is_some());
        if guarded && (exempt || view.kind == RelationKind::Materialised) {
            found.push(name.clone());
        }
    }
    found.sort();
    found
}
