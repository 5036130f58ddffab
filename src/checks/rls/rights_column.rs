//! `rls.rights_column`: columns that grant rights and that the owner of a row may change.

use super::revoke::{Taken, revoke_and_grant};
use super::self_grant::granting_columns;
use super::{Check, clients, contract_table, ident, table_finding};
use crate::access::admits::non_member;
use crate::access::body::Body;
use crate::access::compute::{applicable, binds};
use crate::access::policies::{Combined, Side};
use crate::access::self_grants::RIGHTS;
use crate::access::triggers::governed_columns;
use crate::facts::access::catalog::{Policy, Relation, Role};
use crate::facts::access::evaluated::PolicyResult;
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that users cannot change their own role or plan. WARNING for tables outside the contract.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.rights_column",
    title: "users can change columns that grant rights",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    let tables = audit.catalog.tables().filter(|t| contract_table(audit, &t.name).is_none());
    for table in tables {
        let mut found: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
        for role in
            clients(audit).filter(|role| binds(table, role) && changes_own_row(audit, table, role))
        {
            let columns = free_columns(audit, table, role);
            match found.iter_mut().find(|(known, _)| *known == columns) {
                Some((_, roles)) => roles.push(&role.name),
                None if !columns.is_empty() => found.push((columns, vec![&role.name])),
                None => {}
            }
        }
        for (columns, roles) in found {
            let names = columns.join(", ");
            let message = format!("{} may change {names} of their own rows", roles.join(" and "));
            let kept = table
                .columns
                .iter()
                .filter(|c| !columns.contains(&c.as_str()) && !decides_access(audit, table, c));
            let kept: Vec<_> = kept.map(|c| ident(c)).collect();
            let to: Vec<_> = roles.iter().map(|role| ident(role)).collect();
            let taken: Vec<_> = roles.iter().map(|role| Taken::new(role, "UPDATE")).collect();
            let (kept, to) = (kept.join(", "), to.join(", "));
            let grant = format!("GRANT UPDATE ({kept}) ON {} TO {to};", table.name);
            let grants = if kept.is_empty() { vec![] } else { vec![grant] };
            let fix = revoke_and_grant(audit, table, &taken, &grants);
            let (status, source) = (Status::Warning, "evaluation as the role");
            findings.push(table_finding(check, audit, status, &table.name, message, source, fix));
        }
    }
    findings
}

/// Whether a column identifies a row, or a policy of any table compares it: of an owner, a workspace or a membership.
fn decides_access(audit: &Audit, table: &Relation, column: &String) -> bool {
    let helpers = audit.catalog.policies.iter().flat_map(|p| &p.functions);
    let bodies = helpers.filter_map(|f| audit.catalog.function(f)).map(|f| Body::new(&f.source));
    let mut reading = bodies.filter(|body| body.reads(&table.name));
    let is_compared = |policy: &Policy| {
        let texts = [&policy.using, &policy.check].into_iter().flatten();
        let names_it = |text: &String| Body::new(text).has_word(column);
        match policy.table == table.name {
            true => policy.columns.contains(column),
            false => policy.relations.contains(&table.name) && texts.into_iter().any(names_it),
        }
    };
    table.key.contains(column)
        || audit.catalog.policies.iter().any(is_compared)
        || reading.any(|body| body.has_word(column))
}

/// Whether a user may change the row that holds the user's id, and no other one.
fn changes_own_row(audit: &Audit, table: &Relation, role: &Role) -> bool {
    let Some((evaluated, run)) = non_member(&audit.catalog, table, role) else { return false };
    let policies: Vec<_> = applicable(&audit.catalog, table, role, SqlCommand::Update).collect();
    let using = Combined::new(policies.iter().copied(), Side::Using);
    let admits = |at: usize| using.policy_result(run, at) == PolicyResult::Admits;
    let mut rows = evaluated.rows.iter().enumerate().filter(|(_, row)| row.own);
    rows.any(|(at, _)| admits(at))
}

/// The columns that grant rights, that the role may update and that no policy for UPDATE looks at.
fn free_columns<'a>(audit: &'a Audit, table: &'a Relation, role: &'a Role) -> Vec<&'a str> {
    let granted = table.only_columns(&role.name, "UPDATE");
    let all = table.has(&role.name, "UPDATE");
    let policies: Vec<_> = applicable(&audit.catalog, table, role, SqlCommand::Update).collect();
    let named = table.columns.iter().filter(|c| RIGHTS.contains(&c.as_str()));
    let writable = named.filter(|c| all || granted.contains(c));
    let governed = governed_columns(&audit.catalog, table, SqlCommand::Update);
    let known = granting_columns(audit, table, role);
    let free = writable.filter(|c| {
        !policies.iter().any(|p| p.columns.contains(c))
            && !governed.contains(*c)
            && !known.contains(c.as_str())
    });
    free.map(String::as_str).collect()
}
