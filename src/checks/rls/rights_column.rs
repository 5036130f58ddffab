//! `rls.rights_column`: columns that grant rights and that the owner of a row may choose.

use super::revoke::{Taken, revoke_and_grant};
use super::self_grant::granting_columns;
use super::{Check, clients, contract_table, ident, table_finding};
use crate::access::admits::non_member;
use crate::access::body::Body;
use crate::access::compute::{applicable, binds};
use crate::access::open_writes::deciding_side;
use crate::access::policies::Combined;
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
        for command in [SqlCommand::Update, SqlCommand::Insert] {
            let mut found: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
            for role in clients(audit).filter(|role| binds(table, role)) {
                if !writes_own_row(audit, table, role, command) {
                    continue;
                }
                let columns = free_columns(audit, table, role, command);
                match found.iter_mut().find(|(known, _)| *known == columns) {
                    Some((_, roles)) => roles.push(&role.name),
                    None if !columns.is_empty() => found.push((columns, vec![&role.name])),
                    None => {}
                }
            }
            let found = found.iter();
            findings.extend(
                found.map(|(columns, roles)| finding(check, audit, table, command, columns, roles)),
            );
        }
    }
    findings
}

fn finding(
    check: &Check<Audit>,
    audit: &Audit,
    table: &Relation,
    command: SqlCommand,
    columns: &[&str],
    roles: &[&str],
) -> Finding {
    let (names, sql) = (columns.join(", "), command.sql());
    let message = match command {
        SqlCommand::Insert => {
            format!("{} may choose {names} of the row that they add", roles.join(" and "))
        }
        _ => format!("{} may change {names} of their own rows", roles.join(" and ")),
    };
    // A new row needs its key and owner, a row keeps them.
    let is_kept = |c: &&String| {
        let is_fixed = command == SqlCommand::Update && decides_access(audit, table, c);
        !columns.contains(&c.as_str()) && !is_fixed
    };
    let kept: Vec<_> = table.columns.iter().filter(is_kept).map(|c| ident(c)).collect();
    let to: Vec<_> = roles.iter().map(|role| ident(role)).collect();
    let taken: Vec<_> = roles.iter().map(|role| Taken::new(role, sql)).collect();
    let (kept, to) = (kept.join(", "), to.join(", "));
    let grant = format!("GRANT {sql} ({kept}) ON {} TO {to};", table.name);
    let grants = if kept.is_empty() { vec![] } else { vec![grant] };
    let fix = revoke_and_grant(audit, table, &taken, &grants);
    let (status, source) = (Status::Warning, "evaluation as the role");
    table_finding(check, audit, status, &table.name, message, source, fix)
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

/// Whether a user may write the row that holds the user's id: change it, or add it if there can be only one.
fn writes_own_row(audit: &Audit, table: &Relation, role: &Role, command: SqlCommand) -> bool {
    let Some((evaluated, run)) = non_member(&audit.catalog, table, role) else { return false };
    let policies: Vec<_> = applicable(&audit.catalog, table, role, command).collect();
    let is_only = || {
        let mut compared = policies.iter().flat_map(|p| &p.columns);
        compared.all(|c| table.unique_columns.contains(c))
    };
    let side = deciding_side(command);
    let combined = Combined::new(policies.iter().copied(), side);
    let admits = |at: usize| combined.policy_result(run, at) == PolicyResult::Admits;
    let mut rows = evaluated.rows.iter().enumerate().filter(|(_, row)| row.own);
    (command == SqlCommand::Update || is_only()) && rows.any(|(at, _)| admits(at))
}

/// The columns that grant rights, that the role may write and that no policy for the command looks at.
fn free_columns<'a>(
    audit: &'a Audit,
    table: &'a Relation,
    role: &'a Role,
    command: SqlCommand,
) -> Vec<&'a str> {
    let granted = table.only_columns(&role.name, command.sql());
    let all = table.has(&role.name, command.sql());
    let policies: Vec<_> = applicable(&audit.catalog, table, role, command).collect();
    let named = table.columns.iter().filter(|c| RIGHTS.contains(&c.as_str()));
    let writable = named.filter(|c| all || granted.contains(c));
    let governed = governed_columns(&audit.catalog, table, command);
    let known = granting_columns(audit, table, role, command);
    let free = writable.filter(|c| {
        !policies.iter().any(|p| p.columns.contains(c))
            && !governed.contains(*c)
            && !known.contains(c.as_str())
            && !table.checks.iter().any(|check| Body::new(check).has_word(c))
    });
    free.map(String::as_str).collect()
}
