//! `rls.bypass_role`: client roles that bypass row security, or can become a role with more access.

use super::{Check, clients, contract_table, ident, table_finding};
use crate::access::compute::compute_access;
use crate::facts::access::catalog::{Relation, Role};
use crate::facts::access::computed::ComputedAccess;
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text::some_of;

/// Check that no client role is a superuser, has BYPASSRLS or CREATEROLE, reaches files or programs of the server, or
/// can become a role that does. CRITICAL. So is a role that it can become and that reaches every row of a protected
/// table; other access that it does not have itself is a WARNING.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.bypass_role",
    title: "client roles that bypass RLS",
    section: Section::Access,
    evaluate,
};

/// Roles of PostgreSQL that reach the files of the database server.
const SERVER_ROLES: [&str; 3] =
    ["pg_execute_server_program", "pg_read_server_files", "pg_write_server_files"];

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for role in clients(audit) {
        let mut add = |status, message, fix| {
            let source = "pg_roles";
            findings.push(table_finding(check, audit, status, &role.name, message, source, fix));
        };
        if let Some((message, fix)) = bypass(role) {
            add(Status::Critical, message, fix);
            continue;
        }
        for target in targets(audit, role) {
            if let Some((status, message)) = more_access(audit, role, target) {
                add(status, message, revoke(&[&target.name], role));
            }
        }
    }
    findings
}

/// Returns how a role bypasses row security, with a fix.
fn bypass(role: &Role) -> Option<(String, String)> {
    let without = |attribute: &str| format!("ALTER ROLE {} {attribute};", ident(&role.name));
    let holds = |name: &&str| role.inherits.iter().chain(&role.can_become).any(|held| held == name);
    let server: Vec<_> = SERVER_ROLES.into_iter().filter(holds).collect();
    if role.superuser {
        Some(("is a superuser".to_owned(), without("NOSUPERUSER")))
    } else if role.bypass_rls {
        Some(("has BYPASSRLS".to_owned(), without("NOBYPASSRLS")))
    } else if !role.can_become_bypass.is_empty() {
        let targets: Vec<_> = role.can_become_bypass.iter().map(String::as_str).collect();
        let names = targets.join(", ");
        let message = format!("can SET ROLE to {names}, to which RLS does not apply");
        Some((message, revoke(&targets, role)))
    } else if role.create_role {
        let message = "has CREATEROLE, with which it can grant other roles to itself".to_owned();
        Some((message, without("NOCREATEROLE")))
    } else if !server.is_empty() {
        let message = format!(
            "is a member of {}, which reaches files of the database server past RLS",
            server.join(", ")
        );
        Some((message, revoke(&server, role)))
    } else {
        None
    }
}

/// Returns the roles that a role can become and whose rights it does not have without SET ROLE.
fn targets<'a>(audit: &'a Audit, role: &'a Role) -> impl Iterator<Item = &'a Role> {
    let known = audit.catalog.owners.iter().chain(&audit.catalog.roles);
    known.filter(|t| role.can_become.contains(&t.name) && !role.inherits.contains(&t.name))
}

/// Returns what a role reaches only after SET ROLE.
fn more_access(audit: &Audit, role: &Role, target: &Role) -> Option<(Status, String)> {
    let access = |relation: &Relation, role: &Role| {
        SqlCommand::ALL.map(|command| compute_access(&audit.catalog, relation, role, command))
    };
    let is_protected = |relation: &Relation| {
        relation.is_table() && (relation.rls || contract_table(audit, &relation.name).is_some())
    };
    let is_client = clients(audit).any(|client| client.name == target.name);
    let (mut every, mut more) = (Vec::new(), Vec::new());
    for relation in audit.catalog.relations.iter().filter(|r| r.exposed) {
        let own = access(relation, role);
        let gained = access(relation, target).into_iter().zip(own).filter(|(new, own)| {
            new != own && !matches!(new, ComputedAccess::Denied(_) | ComputedAccess::Fails(_))
        });
        let gained: Vec<_> = gained.map(|(new, _)| new).collect();
        if gained.contains(&ComputedAccess::All) && is_protected(relation) && !is_client {
            every.push(relation.name.clone());
        } else if !gained.is_empty() {
            more.push(relation.name.clone());
        }
    }
    let name = &target.name;
    if !every.is_empty() {
        let tables = some_of(&every, 3);
        let message = format!("can SET ROLE to {name}, which reaches every row of {tables}");
        return Some((Status::Critical, message));
    }
    (!more.is_empty()).then(|| {
        let tables = some_of(&more, 3);
        let message = format!("can SET ROLE to {name}, which has more access than it to {tables}");
        (Status::Warning, message)
    })
}

fn revoke(targets: &[&str], role: &Role) -> String {
    let targets: Vec<_> = targets.iter().map(|target| ident(target)).collect();
    format!("REVOKE {} FROM {};", targets.join(", "), ident(&role.name))
}

/// Whether this check reports the role. Other checks skip such a role, because its access follows from
/// the bypass.
pub(crate) fn is_reported(audit: &Audit, role: &str) -> bool {
    clients(audit).any(|r| r.name == role && (r.superuser || r.bypass_rls))
}
