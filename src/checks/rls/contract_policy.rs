//! `rls.contract_policy`: a declared policy is missing or changed, or there is one too many.
//!
//! By itself a WARNING: the effect on access, when there is one, makes it CRITICAL.

use super::{Check, about, ident};
use crate::access::expression::normalise;
use crate::facts::access::{Audit, SqlCommand, catalog, contract};
use crate::facts::{Finding, Section, Status, Thresholds};

/// the policies are the declared ones.
pub const CHECK: Check<Audit> = Check {
    id: "rls.contract_policy",
    title: "the policies are the declared ones",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, declared) in &audit.contract.tables {
        if audit.catalog.relation(name).is_none() {
            continue;
        }
        let present: Vec<_> = audit.catalog.policies_on(name).collect();
        let mut add = |message: String, remedy: String| {
            findings.push(about(check, audit, Status::Warning, name, message, "pg_policy", remedy));
        };
        for policy in &declared.policies {
            match present.iter().find(|p| p.name == policy.name) {
                None => add(
                    format!("the declared policy {} is missing", policy.name),
                    create(name, policy),
                ),
                Some(found) => {
                    if let Some(difference) = difference(policy, found) {
                        add(
                            format!("policy {} is changed: {difference}", policy.name),
                            replace(name, policy),
                        );
                    }
                }
            }
        }
        for policy in present {
            if !declared.policies.iter().any(|p| p.name == policy.name) {
                add(
                    format!("policy {} is not declared: {}", policy.name, describe(policy)),
                    format!("DROP POLICY {} ON {name};", ident(&policy.name)),
                );
            }
        }
    }
    findings
}

fn describe(policy: &catalog::Policy) -> String {
    let using = policy.using.as_deref().or(policy.check.as_deref()).unwrap_or("true");
    format!("{} to {} where {}", policy.command_word(), policy.roles.join(", "), normalise(using))
}

fn difference(declared: &contract::ContractPolicy, found: &catalog::Policy) -> Option<String> {
    let text = |e: &Option<String>| e.as_deref().map(normalise);
    let word = command(declared);
    if word != found.command_word() {
        return Some(format!("for {}, not {word}", found.command_word()));
    }
    let mut roles = declared.roles.clone();
    roles.sort();
    let mut present = found.roles.clone();
    present.sort();
    if roles != present {
        return Some(format!("to {}, not {}", present.join(", "), roles.join(", ")));
    }
    if declared.restrictive == found.permissive {
        return Some(
            if found.permissive { "permissive now" } else { "restrictive now" }.to_owned(),
        );
    }
    let (using, check) = (text(&found.using), text(&found.check));
    if text(&declared.using) != using {
        return Some(format!("using {}", using.unwrap_or_default()));
    }
    let same_check = text(&declared.check).or(text(&declared.using)) == check.clone().or(using);
    (!same_check).then(|| format!("with check {}", check.unwrap_or_default()))
}

fn command(policy: &contract::ContractPolicy) -> &'static str {
    let one = |c: &SqlCommand| policy.command == Some((*c).into());
    SqlCommand::ALL.into_iter().find(one).map_or("ALL", SqlCommand::sql)
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

/// In one transaction: between the two nobody must see too much or too little.
fn replace(table: &str, policy: &contract::ContractPolicy) -> String {
    let name = ident(&policy.name);
    format!("BEGIN;\nDROP POLICY {name} ON {table};\n{}\nCOMMIT;", create(table, policy))
}
