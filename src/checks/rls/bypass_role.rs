//! `rls.bypass_role`: client roles that bypass row security, or can become a role with more access.

use super::{
    Check, accepted, clients, contract_table, definer_rpc, ident, table_finding, view_bypass,
};
use crate::access::compute::compute_access;
use crate::access::path_uses::of_foreign_table;
use crate::access::paths::Paths;
use crate::facts::access::catalog::{Relation, RelationKind, Role};
use crate::facts::access::computed::ComputedAccess;
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text::some_of;

/// Check that no client role is a superuser, has BYPASSRLS or CREATEROLE, reaches files or programs of the server, or
/// can become a role that does. CRITICAL. So is a role that it can become and that reaches every row of a protected
/// table or may call a function that bypasses row security; other access that it does not have itself is a WARNING.
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
    let paths = Paths::new(&audit.catalog, &audit.contract);
    let mut findings = Vec::new();
    for role in clients(audit) {
        let mut add = |status, message, fix| {
            let source = "pg_roles";
            findings.push(table_finding(check, audit, status, &role.name, message, source, fix));
        };
        if let Some((message, fix)) = bypass(audit, role) {
            add(Status::Critical, message, fix);
            continue;
        }
        for target in targets(audit, role) {
            if let Some((status, message)) = more_access(audit, &paths, role, target) {
                add(status, message, revoke(audit, &[&target.name], role));
            }
        }
    }
    findings
}

/// Returns how a role bypasses row security, with a fix.
fn bypass(audit: &Audit, role: &Role) -> Option<(String, String)> {
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
        Some((message, revoke(audit, &targets, role)))
    } else if role.create_role {
        let message = "has CREATEROLE, with which it can grant other roles to itself".to_owned();
        Some((message, without("NOCREATEROLE")))
    } else if !server.is_empty() {
        let message = format!(
            "is a member of {}, which reaches files of the database server past RLS",
            server.join(", ")
        );
        Some((message, revoke(audit, &server, role)))
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
fn more_access<'a>(
    audit: &'a Audit,
    paths: &Paths<'a>,
    role: &Role,
    target: &Role,
) -> Option<(Status, String)> {
    let (mut every, mut more) = (Vec::new(), Vec::new());
    for relation in audit.catalog.relations.iter().filter(|r| r.exposed) {
        match gained_access(audit, paths, relation, role, target) {
            Some(Status::Critical) => every.push(relation.name.clone()),
            Some(_) => more.push(relation.name.clone()),
            None => {}
        }
    }
    let (mut bypassing, mut others) = (Vec::new(), Vec::new());
    let functions = audit.catalog.functions.iter().filter(|f| f.exposed && !f.is_trigger());
    for function in functions.filter(|f| target.may_call(f) && !role.may_call(f)) {
        let Some(judged) = definer_rpc::judge(paths, function, &[target]) else { continue };
        match accepted(audit, &function.signature, &judged.uses, judged.status).0 {
            Status::Critical => bypassing.push(function.signature.clone()),
            Status::Warning => others.push(function.signature.clone()),
            _ => {}
        }
    }
    // What clients reach is reported about them.
    let is_client = clients(audit).any(|client| client.name == target.name);
    let is_grave = !every.is_empty() || !bypassing.is_empty();
    let is_critical = is_grave && !is_client;
    if is_client {
        more.append(&mut every);
        others.append(&mut bypassing);
    }
    let (status, relations, functions) = match is_critical {
        true => (Status::Critical, every, bypassing),
        false => (Status::Warning, more, others),
    };
    let mut gains = Vec::new();
    if !relations.is_empty() {
        let tables = some_of(&relations, 3);
        gains.push(match is_critical {
            true => format!("reaches every row of {tables}"),
            false => format!("has more access than it to {tables}"),
        });
    }
    if !functions.is_empty() {
        gains.push(format!("may call {}, to which RLS does not apply", some_of(&functions, 3)));
    }
    let message = format!("can SET ROLE to {}, which {}", target.name, gains.join(" and "));
    (!gains.is_empty()).then_some((status, message))
}

/// Returns how grave it is what a role reaches of a relation only as another role: CRITICAL for every row of a protected
/// table, also through a view.
fn gained_access<'a>(
    audit: &'a Audit,
    paths: &Paths<'a>,
    relation: &'a Relation,
    role: &Role,
    target: &Role,
) -> Option<Status> {
    let access = |role: &Role| {
        SqlCommand::ALL.map(|command| compute_access(&audit.catalog, relation, role, command))
    };
    let gained = access(target).into_iter().zip(access(role)).filter(|(new, own)| {
        new != own && !matches!(new, ComputedAccess::Denied(_) | ComputedAccess::Fails(_))
    });
    let gained: Vec<_> = gained.map(|(new, _)| new).collect();
    if gained.is_empty() {
        return None;
    }
    let is_declared = contract_table(audit, &relation.name).is_some();
    let is_open = match relation.kind {
        RelationKind::View | RelationKind::Materialised => {
            let judged = view_bypass::judge(paths, relation, &[target]);
            judged.is_some_and(|j| {
                accepted(audit, &relation.name, &j.uses, j.status).0 == Status::Critical
            })
        }
        RelationKind::Foreign => {
            let uses = of_foreign_table(relation, target);
            accepted(audit, &relation.name, &uses, Status::Critical).0 == Status::Critical
        }
        RelationKind::Table | RelationKind::Partitioned => {
            gained.contains(&ComputedAccess::All) && (relation.rls || is_declared)
        }
    };
    Some(if is_open { Status::Critical } else { Status::Warning })
}

/// Returns the statement that ends the memberships of a role through which it holds others: REVOKE of a role of which it
/// is not a member itself does nothing.
fn revoke(audit: &Audit, targets: &[&str], role: &Role) -> String {
    let known = || audit.catalog.owners.iter().chain(&audit.catalog.roles);
    let leads_to = |group: &str, target: &str| {
        let group = known().find(|known| known.name == group);
        group.is_some_and(|g| g.inherits.iter().chain(&g.can_become).any(|held| held == target))
    };
    let is_ended =
        |group: &&String| targets.iter().any(|target| *group == target || leads_to(group, target));
    let mut groups: Vec<&str> =
        role.member_of.iter().filter(is_ended).map(String::as_str).collect();
    if groups.is_empty() {
        groups = targets.to_vec();
    }
    let groups: Vec<_> = groups.into_iter().map(ident).collect();
    format!("REVOKE {} FROM {};", groups.join(", "), ident(&role.name))
}

/// Whether this check reports the role. Other checks skip such a role, because its access follows from
/// the bypass.
pub(crate) fn is_reported(audit: &Audit, role: &str) -> bool {
    clients(audit).any(|r| r.name == role && (r.superuser || r.bypass_rls))
}
