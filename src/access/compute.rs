//! Computed access: combines grants, policies, and the privileges that the policies themselves require.

use super::expression::{normalise, split, truth};
use crate::facts::access::catalog::{Policy, Relation, Role};
use crate::facts::access::computed::{ComputedAccess, DenyReason, RowFilter};
use crate::facts::access::{AccessCatalog, SqlCommand, contract};

/// The access of a role to a table by one command.
pub(crate) fn compute_access(
    catalog: &AccessCatalog,
    table: &Relation,
    role: &Role,
    command: SqlCommand,
) -> ComputedAccess {
    if role.superuser {
        return ComputedAccess::All;
    }
    if !role.schemas.contains(&table.schema) {
        return ComputedAccess::Denied(DenyReason::SchemaUsage);
    }
    if !table.has(&role.name, command.sql()) && !table.has_column(&role.name, command.sql()) {
        return ComputedAccess::Denied(DenyReason::Grant);
    }
    if !binds(table, role) {
        return ComputedAccess::All;
    }
    let policies: Vec<_> = applicable(catalog, table, role, command).collect();
    match allowed_rows(policies.iter().copied(), role, command) {
        ComputedAccess::Rows(filter) => match missing_privilege(catalog, &policies, role) {
            Some(why) => ComputedAccess::Fails(why),
            None => ComputedAccess::Rows(filter),
        },
        decided => decided,
    }
}

/// Whether row security applies to this role on this table.
pub(crate) fn binds(table: &Relation, role: &Role) -> bool {
    let owner = role.inherits.contains(&table.owner) && !table.force;
    table.rls && !role.bypass_rls && !role.superuser && !owner
}

/// The policies of a table that apply to this role and command.
pub(crate) fn applicable<'a>(
    catalog: &'a AccessCatalog,
    table: &'a Relation,
    role: &'a Role,
    command: SqlCommand,
) -> impl Iterator<Item = &'a Policy> {
    let applies = move |p: &&Policy| p.covers(command) && applies_to(p, role);
    catalog.policies_on(&table.name).filter(applies)
}

/// Whether a policy applies to this role.
pub(crate) fn applies_to(policy: &Policy, role: &Role) -> bool {
    policy.roles.iter().any(|r| r == "public" || role.inherits.contains(r))
}

/// The rows that the policies allow.
fn allowed_rows<'a>(
    policies: impl Iterator<Item = &'a Policy>,
    role: &Role,
    command: SqlCommand,
) -> ComputedAccess {
    let (mut filter, mut everything) = (RowFilter::default(), false);
    for policy in policies {
        let expression = expression(policy, command);
        match (truth(&expression, &role.name), policy.permissive) {
            (Some(true), true) => everything = true,
            (Some(false), true) | (Some(true), false) => {}
            (Some(false), false) => return ComputedAccess::Denied(DenyReason::Policy),
            (None, true) => filter.any.push(simplified(&expression, &role.name)),
            (None, false) => filter.all.push(simplified(&expression, &role.name)),
        }
    }
    if everything {
        filter.any = vec!["true".to_owned()];
    }
    match (filter.any.is_empty(), filter.all.is_empty()) {
        (true, _) => ComputedAccess::Denied(DenyReason::Policy),
        (false, true) if everything => ComputedAccess::All,
        _ => ComputedAccess::Rows(filter.normalised()),
    }
}

/// The expression of a policy for a command. USING replaces a missing WITH CHECK.
fn expression(policy: &Policy, command: SqlCommand) -> String {
    let using = policy.using.as_deref().unwrap_or("true");
    let check = policy.check.as_deref().unwrap_or(using);
    match command {
        SqlCommand::Select | SqlCommand::Delete => using.to_owned(),
        SqlCommand::Insert => check.to_owned(),
        SqlCommand::Update if normalise(using) == normalise(check) => using.to_owned(),
        SqlCommand::Update => format!("({using}) AND ({check})"),
    }
}

/// Removes the alternatives that are always false for this role.
fn simplified(expression: &str, role: &str) -> String {
    let text = normalise(expression);
    let possible: Vec<_> =
        split(&text, " OR ").into_iter().filter(|part| truth(part, role) != Some(false)).collect();
    normalise(&possible.join(" OR "))
}

/// A function or table that the policies use and the role cannot, so that every query fails.
fn missing_privilege(catalog: &AccessCatalog, policies: &[&Policy], role: &Role) -> Option<String> {
    for policy in policies {
        for signature in &policy.functions {
            let closed =
                catalog.function(signature).is_some_and(|f| !f.executable_by.contains(&role.name));
            if closed {
                let name = &policy.name;
                return Some(format!(
                    "policy {name} calls {signature}, which {0} may not execute",
                    role.name
                ));
            }
        }
        for name in &policy.relations {
            let closed = catalog.relation(name).is_some_and(|r| {
                !r.has(&role.name, "SELECT") && !r.has_column(&role.name, "SELECT")
            });
            if closed {
                let policy = &policy.name;
                return Some(format!(
                    "policy {policy} reads {name}, which {} may not select from",
                    role.name
                ));
            }
        }
    }
    None
}

/// The rows that the expected policies of a contract allow.
pub(crate) fn expected_access(
    table: &contract::ContractTable,
    role: &Role,
    command: SqlCommand,
) -> ComputedAccess {
    let policies: Vec<Policy> = table
        .policies
        .iter()
        .filter(|p| p.covers(command))
        .map(from_contract)
        .filter(|p| applies_to(p, role))
        .collect();
    allowed_rows(policies.iter(), role, command)
}

fn from_contract(policy: &contract::ContractPolicy) -> Policy {
    Policy {
        table: String::new(),
        name: policy.name.clone(),
        command: None,
        permissive: !policy.restrictive,
        roles: policy.roles.clone(),
        using: policy.using.clone(),
        check: policy.check.clone(),
        functions: vec![],
        relations: vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::rls::tests::{policy, role, table};

    fn catalog(policies: Vec<Policy>) -> AccessCatalog {
        AccessCatalog { relations: vec![table("public.t")], policies, ..AccessCatalog::default() }
    }

    fn select(catalog: &AccessCatalog) -> ComputedAccess {
        compute_access(catalog, &catalog.relations[0], &role("authenticated"), SqlCommand::Select)
    }

    #[test]
    fn access_requires_both_grant_and_policy() {
        let filtered = catalog(vec![policy("p", "authenticated", "(owner = auth.uid())")]);
        assert_eq!(select(&filtered).to_string(), "rows where owner = auth.uid()");
        let mut ungranted = filtered.clone();
        ungranted.relations[0].grants.clear();
        assert_eq!(select(&ungranted), ComputedAccess::Denied(DenyReason::Grant));
        let mut off = filtered.clone();
        off.relations[0].rls = false;
        assert_eq!(select(&off), ComputedAccess::All);
        assert_eq!(select(&catalog(vec![])), ComputedAccess::Denied(DenyReason::Policy));
    }

    #[test]
    fn restrictive_policy_filters_but_never_admits_rows() {
        let mut restrictive = policy("r", "public", "(x = 1)");
        restrictive.permissive = false;
        assert_eq!(
            select(&catalog(vec![restrictive.clone()])),
            ComputedAccess::Denied(DenyReason::Policy)
        );
        let both = catalog(vec![restrictive, policy("p", "public", "true")]);
        assert_eq!(select(&both).to_string(), "rows where true AND x = 1");
    }

    #[test]
    fn policy_that_reads_an_ungranted_table_fails() {
        let mut p = policy("p", "authenticated", "(EXISTS ( SELECT 1 FROM private.m))");
        p.relations = vec!["private.m".into()];
        let mut c = catalog(vec![p]);
        let mut closed = table("private.m");
        closed.grants.clear();
        c.relations.push(closed);
        assert!(matches!(select(&c), ComputedAccess::Fails(_)));
    }

    #[test]
    fn null_with_check_falls_back_to_using() {
        let p = policy("p", "authenticated", "(owner = 1)");
        assert_eq!(expression(&p, SqlCommand::Update), "(owner = 1)");
        assert_eq!(expression(&p, SqlCommand::Insert), "(owner = 1)");
    }
}
