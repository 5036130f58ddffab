//! `rls.dead_policy`: policies of roles that have no grant on the table.

use super::{Check, contract_table, ident, table_finding};
use crate::access::compute::applies_to;
use crate::facts::access::catalog::{Policy, Relation, Role};
use crate::facts::access::contract::Permission;
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check for policies without effect, because none of their roles holds the required grant. WARNING.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.dead_policy",
    title: "policies whose role has no grant",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for policy in &audit.catalog.policies {
        let Some(table) = audit.catalog.relation(&policy.table) else { continue };
        let roles: Vec<_> = audit.catalog.roles.iter().filter(|r| applies_to(policy, r)).collect();
        if !table.rls || !table.exposed || roles.is_empty() || !is_evaluated(audit, policy) {
            continue;
        }
        if roles.iter().any(|role| has_grant(table, role, policy)) {
            continue;
        }
        let names: Vec<_> = roles.iter().map(|r| r.name.as_str()).collect();
        let message = format!(
            "policy {} has no effect: {} has no {} grant",
            policy.name,
            names.join(", "),
            policy.command_word()
        );
        let suggested_fix = suggested_fix(audit, table, policy, &roles);
        let (status, name, source) = (Status::Warning, &table.name, "pg_class.relacl");
        let finding = table_finding(check, audit, status, name, message, source, suggested_fix);
        findings.push(finding.roles(names).policy(&policy.name));
    }
    findings
}

/// Returns the grants that the contract expects, one command at a time: `ALL` would include TRUNCATE, which no policy
/// limits. Outside of the contract nobody has said that the rows are for these roles, so the policy goes.
fn suggested_fix(audit: &Audit, table: &Relation, policy: &Policy, roles: &[&Role]) -> String {
    let Some(contract) = contract_table(audit, &table.name) else {
        return format!(
            "-- Or, if its roles need the rows, grant them the commands they need and no others.\n\
             DROP POLICY {} ON {};",
            ident(&policy.name),
            table.name
        );
    };
    let mut statements = Vec::new();
    for role in roles {
        let expected = SqlCommand::ALL.into_iter().filter(|c| {
            let permission = contract.permission(&role.name, *c);
            policy.covers(*c) && permission.is_none_or(|p| p != Permission::Deny)
        });
        let commands: Vec<_> = expected.map(SqlCommand::sql).collect();
        if !commands.is_empty() {
            statements.push(format!(
                "GRANT {} ON {} TO {};",
                commands.join(", "),
                table.name,
                ident(&role.name)
            ));
        }
    }
    statements.join("\n")
}

/// Whether this check applies to a policy. `rls.contract_policy` reports the policies of a table in the
/// contract that the contract does not list.
fn is_evaluated(audit: &Audit, policy: &Policy) -> bool {
    contract_table(audit, &policy.table)
        .is_none_or(|d| d.policies.iter().any(|p| p.name == policy.name))
}

/// Whether a role holds a grant for a command of the policy.
fn has_grant(table: &Relation, role: &Role, policy: &Policy) -> bool {
    SqlCommand::ALL.into_iter().any(|c| policy.covers(c) && table.is_granted(&role.name, c))
}
