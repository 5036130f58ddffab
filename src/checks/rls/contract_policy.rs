//! `rls.contract_policy`: policies that differ from the contract: missing, changed or additional.

use super::{Check, ident, table_finding};
use crate::access::expression::normalise;
use crate::facts::access::{Audit, SqlCommand, catalog, contract};
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that the policies are those of the contract. A difference is a WARNING; if it changes access,
/// its effect makes the finding CRITICAL.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.contract_policy",
    title: "policies match the contract",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, expected) in &audit.contract.tables {
        // Policies are read in the examined schemas only.
        if audit.catalog.relation(name).is_none_or(|table| !table.exposed) {
            continue;
        }
        let present: Vec<_> = audit.catalog.policies_on(name).collect();
        let mut add = |policy: &str, message: String, suggested_fix: String| {
            let (status, source) = (Status::Warning, "pg_policy");
            let finding = table_finding(check, audit, status, name, message, source, suggested_fix);
            findings.push(finding.policy(policy));
        };
        for policy in &expected.policies {
            match present.iter().find(|p| p.name == policy.name) {
                None => add(
                    &policy.name,
                    format!("policy {} of the contract is missing", policy.name),
                    create(name, policy),
                ),
                Some(actual) => {
                    if let Some(difference) = difference(policy, actual) {
                        add(
                            &policy.name,
                            format!(
                                "policy {} differs from the contract: {difference}",
                                policy.name
                            ),
                            replace(name, policy),
                        );
                    }
                }
            }
        }
        for policy in present {
            if !expected.policies.iter().any(|p| p.name == policy.name) {
                add(
                    &policy.name,
                    format!("policy {} {} is not in the contract", policy.name, describe(policy)),
                    format!("DROP POLICY {} ON {name};", ident(&policy.name)),
                );
            }
        }
    }
    findings
}

/// Returns the policy whose difference from the contract explains an access of a role: one that was added or changed
/// and applies to it, otherwise one that is missing.
pub(crate) fn cause(audit: &Audit, table: &str, role: &str) -> Option<String> {
    let expected = &audit.contract.tables.get(table)?.policies;
    let role = audit.catalog.role(role)?;
    let applies =
        |roles: &[String]| roles.iter().any(|r| r == "public" || role.inherits.contains(r));
    let present: Vec<_> = audit.catalog.policies_on(table).collect();
    let in_contract = |p: &&&catalog::Policy| expected.iter().any(|e| e.name == p.name);
    let added = present.iter().find(|p| !in_contract(p) && applies(&p.roles));
    let changed = || {
        let pairs =
            expected.iter().filter_map(|e| Some((e, *present.iter().find(|p| p.name == e.name)?)));
        let mut different = pairs.filter(|(e, p)| difference(e, p).is_some());
        different.find(|(e, p)| applies(&e.roles) || applies(&p.roles)).map(|(e, _)| e.name.clone())
    };
    let missing = || {
        let mut missing = expected.iter().filter(|e| present.iter().all(|p| p.name != e.name));
        missing.find(|e| applies(&e.roles)).map(|e| e.name.clone())
    };
    added.map(|p| p.name.clone()).or_else(changed).or_else(missing)
}

/// Returns `(SELECT to anon, USING true)`.
fn describe(policy: &catalog::Policy) -> String {
    let condition = match (policy.using.as_deref(), policy.check.as_deref()) {
        (Some(using), _) => format!("USING {}", normalise(using)),
        (None, Some(check)) => format!("WITH CHECK {}", normalise(check)),
        (None, None) => "USING true".to_owned(),
    };
    format!("({} to {}, {condition})", policy.command_word(), policy.roles.join(", "))
}

/// Describes the first difference of a policy from the contract.
fn difference(expected: &contract::ContractPolicy, actual: &catalog::Policy) -> Option<String> {
    let text = |e: &Option<String>| e.as_deref().map(normalise);
    let expected_command = command(expected);
    if expected_command != actual.command_word() {
        return Some(format!("for {}, not {expected_command}", actual.command_word()));
    }
    let mut roles = expected.roles.clone();
    roles.sort();
    let mut present = actual.roles.clone();
    present.sort();
    if roles != present {
        return Some(format!("to {}, not {}", present.join(", "), roles.join(", ")));
    }
    if expected.restrictive == actual.permissive {
        return Some(
            if actual.permissive { "permissive now" } else { "restrictive now" }.to_owned(),
        );
    }
    let (using, check) = (text(&actual.using), text(&actual.check));
    if text(&expected.using) != using {
        return Some(format!("using {}", using.unwrap_or_default()));
    }
    let same_check = text(&expected.check).or(text(&expected.using)) == check.clone().or(using);
    (!same_check).then(|| format!("with check {}", check.unwrap_or_default()))
}

fn command(policy: &contract::ContractPolicy) -> &'static str {
    let is_command = |c: &SqlCommand| policy.command == Some((*c).into());
    SqlCommand::ALL.into_iter().find(is_command).map_or("ALL", SqlCommand::sql)
}

fn create(table: &str, policy: &contract::ContractPolicy) -> String {
    let mut sql = format!("CREATE POLICY {} ON {table}", ident(&policy.name));
    if policy.restrictive {
        sql.push_str(" AS RESTRICTIVE");
    }
    sql.push_str(&format!(" FOR {} TO {}", command(policy), policy.roles.join(", ")));
    if let Some(using) = &policy.using {
        sql.push_str(&format!(" USING ({using})"));
    }
    if let Some(check) = &policy.check {
        sql.push_str(&format!(" WITH CHECK ({check})"));
    }
    sql + ";"
}

/// Returns the statements that replace a policy. They are one transaction, because access would be wrong
/// between them.
fn replace(table: &str, policy: &contract::ContractPolicy) -> String {
    let name = ident(&policy.name);
    format!("BEGIN;\nDROP POLICY {name} ON {table};\n{}\nCOMMIT;", create(table, policy))
}
