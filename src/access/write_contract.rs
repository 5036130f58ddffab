//! Contracts from a database: the computed access becomes the expected access.

use std::collections::{BTreeMap, BTreeSet};

use super::body::Body;
use super::compute::compute_access;
use super::open_writes::open_writes;
use super::path_uses::of_foreign_table;
use super::paths::{Paths, ReachableTables};
use crate::facts::access::catalog::{
    AccessCatalog, Policy, Relation, RelationKind, Role, SqlFunction,
};
use crate::facts::access::computed::ComputedAccess;
use crate::facts::access::contract::{
    self, Access, CommandName, Contract, ContractHelper, ContractPath, PathUse, Permission,
};
use crate::facts::access::{CLIENT_ROLES, SqlCommand};

/// Creates a contract with every table of the examined schemas. Tables and paths that are open to clients are marked
/// for review.
pub(crate) fn contract_of(catalog: &AccessCatalog) -> Contract {
    let tables: BTreeMap<_, _> =
        catalog.tables().map(|t| (t.name.clone(), table(catalog, t))).collect();
    let mut contract = Contract { tables, helpers: helpers(catalog), ..Contract::default() };
    contract.paths = paths(catalog, &contract);
    contract.review = contract.paths.keys().cloned().collect();
    let walks = Paths::new(catalog, &contract);
    let open = catalog.tables().filter(|table| is_open(&walks, table));
    let open: Vec<_> = open.map(|table| table.name.clone()).collect();
    contract.review.extend(open);
    contract
}

/// Whether a client reaches every row of a table by some command, or writes rows whoever calls.
fn is_open(walks: &Paths<'_>, table: &Relation) -> bool {
    let catalog = walks.catalog();
    let mut clients = catalog.roles.iter().filter(|r| CLIENT_ROLES.contains(&r.name.as_str()));
    clients.any(|role| {
        let access = |command| compute_access(catalog, table, role, command);
        SqlCommand::ALL.into_iter().any(|command| access(command) == ComputedAccess::All)
            || catalog
                .policies_on(&table.name)
                .any(|p| !open_writes(walks, table, role, p).is_empty())
    })
}

/// Adds the comment `# review` to the headers of the marked tables and paths.
pub(crate) fn mark_for_review(contract: &Contract, text: &str) -> String {
    let marked = |line: &str| {
        contract.review.iter().any(|name| {
            let quoted = format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
            let literal = format!("'{name}'");
            [quoted, literal]
                .iter()
                .any(|key| line == format!("[tables.{key}]") || line == format!("[paths.{key}]"))
        })
    };
    let lines = text.lines().map(|line| match marked(line) {
        true => format!("{line} # review\n"),
        false => format!("{line}\n"),
    });
    lines.collect()
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
    let clients = catalog.roles.iter().filter(|role| CLIENT_ROLES.contains(&role.name.as_str()));
    let grants = clients.filter_map(|role| {
        let privileges = &table.grant(&role.name)?.privileges;
        (!privileges.is_empty()).then(|| (role.name.clone(), privileges.clone()))
    });
    contract::ContractTable {
        rls: table.rls,
        force: table.force,
        workspace_column: None,
        roles: roles.collect(),
        columns: columns(catalog, table),
        grants: Some(grants.collect()),
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
        let granted = each.filter(|(_, columns)| !columns.is_empty());
        granted.map(|(command, columns)| (command.into(), columns)).collect()
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

/// The functions that policies call, except those that only return a claim (schema `auth`).
fn helpers(catalog: &AccessCatalog) -> BTreeMap<String, ContractHelper> {
    let called: BTreeSet<&str> =
        catalog.policies.iter().flat_map(|p| &p.functions).map(String::as_str).collect();
    let functions = called.into_iter().filter_map(|signature| catalog.function(signature));
    let helpers = functions.filter(|f| !f.returns_claims());
    helpers.map(|f| (f.signature.clone(), helper(f))).collect()
}

/// What a contract stores of a helper.
pub(crate) fn helper(function: &SqlFunction) -> ContractHelper {
    ContractHelper {
        definer: function.definer,
        search_path: function.search_path.clone(),
        body: function.source.clone(),
    }
}

/// The views, functions, rules and foreign tables through which clients reach protected tables.
fn paths(catalog: &AccessCatalog, contract: &Contract) -> BTreeMap<String, ContractPath> {
    let walks = Paths::new(catalog, contract);
    let mut paths: BTreeMap<String, ContractPath> = BTreeMap::new();
    let mut add = |name: &str, uses: Vec<PathUse>| {
        for used in uses {
            paths.entry(name.to_owned()).or_default().add(&used);
        }
    };
    // A path that compares its rows with the caller shows no other ones.
    let open = |(reach, mut uses): (ReachableTables, Vec<PathUse>)| {
        uses.retain(|used| used.write.is_some() || !reach.asks);
        uses
    };
    let clients = catalog.roles.iter().filter(|r| CLIENT_ROLES.contains(&r.name.as_str()));
    for role in clients.filter(|role| !role.superuser) {
        for relation in catalog.relations.iter().filter(|r| r.exposed) {
            match relation.kind {
                RelationKind::Foreign => add(&relation.name, of_foreign_table(relation, role)),
                RelationKind::View | RelationKind::Materialised => {
                    add(&relation.name, open(walks.of_view(relation, role)));
                }
                RelationKind::Table | RelationKind::Partitioned => {}
            }
            for rule in &relation.rules {
                add(&relation.name, walks.of_rule(relation, rule, role));
            }
        }
        for function in catalog.functions.iter().filter(|f| f.exposed && !f.is_trigger()) {
            if role.may_call(function) && !walks.is_helper(function) {
                add(&function.signature, open(walks.of_function(function, role)));
            }
        }
    }
    for (name, path) in &mut paths {
        path.source = catalog.function(name).map(|f| Body::new(&f.source).digest());
    }
    paths
}
