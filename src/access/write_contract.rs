//! Contracts from a database: the computed access becomes the expected access.

use std::collections::BTreeMap;

use super::compute::compute_access;
use crate::facts::access::SqlCommand;
use crate::facts::access::catalog::{AccessCatalog, Policy, Relation, Role};
use crate::facts::access::computed::ComputedAccess;
use crate::facts::access::contract::{self, Access, CommandName, Contract, Permission};

/// Creates a contract with every table that has row security.
pub(crate) fn contract_of(catalog: &AccessCatalog) -> Contract {
    let protected = catalog.tables().filter(|t| t.rls);
    let tables = protected.map(|t| (t.name.clone(), table(catalog, t))).collect();
    Contract { tables, ..Contract::default() }
}

fn table(catalog: &AccessCatalog, table: &Relation) -> contract::ContractTable {
    let roles = catalog.roles.iter().map(|role| {
        let permission = |c| match compute_access(catalog, table, role, c) {
            ComputedAccess::All => Permission::Allow,
            ComputedAccess::Rows(_) => Permission::Rows(None),
            ComputedAccess::Denied(_) | ComputedAccess::Fails(_) => Permission::Deny,
        };
        let each: BTreeMap<CommandName, Permission> =
            SqlCommand::ALL.into_iter().map(|c| (c.into(), permission(c))).collect();
        let first = each.values().next().cloned().unwrap_or(Permission::Deny);
        let same = each.values().all(|p| *p == first);
        (role.name.clone(), if same { Access::All(first) } else { Access::Each(each) })
    });
    contract::ContractTable {
        rls: table.rls,
        force: table.force,
        tenant: None,
        roles: roles.collect(),
        columns: columns(catalog, table),
        policies: catalog.policies_on(&table.name).map(policy).collect(),
    }
}

/// The columns to which privileges are restricted, by role and command.
fn columns(
    catalog: &AccessCatalog,
    table: &Relation,
) -> BTreeMap<String, BTreeMap<CommandName, Vec<String>>> {
    let of = |role: &Role| -> BTreeMap<CommandName, Vec<String>> {
        let each =
            SqlCommand::ALL.into_iter().map(|c| (c, table.only_columns(&role.name, c.sql())));
        let allowed = each.filter(|(c, columns)| {
            let denied =
                matches!(compute_access(catalog, table, role, *c), ComputedAccess::Denied(_));
            !columns.is_empty() && !denied
        });
        allowed.map(|(command, columns)| (command.into(), columns)).collect()
    };
    let by_role = catalog.roles.iter().map(|role| (role.name.clone(), of(role)));
    by_role.filter(|(_, each)| !each.is_empty()).collect()
}

fn policy(policy: &Policy) -> contract::ContractPolicy {
    contract::ContractPolicy {
        name: policy.name.clone(),
        command: policy.command.map(Into::into),
        roles: policy.roles.clone(),
        using: policy.using.clone(),
        check: policy.check.clone(),
        restrictive: !policy.permissive,
    }
}
