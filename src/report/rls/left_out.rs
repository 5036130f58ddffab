//! Schemas that clients can reach and that were not examined.

use std::collections::BTreeMap;

use crate::facts::access::{Audit, CLIENT_ROLES};
use crate::text::some_of;

/// Returns each schema with the tables or functions of it that clients may use.
pub(crate) fn schemas(audit: &Audit) -> Vec<(String, String)> {
    let catalog = &audit.catalog;
    let mut reached: BTreeMap<&str, (Vec<String>, usize)> = BTreeMap::new();
    let roles =
        catalog.roles.iter().filter(|r| CLIENT_ROLES.contains(&r.name.as_str()) && !r.superuser);
    for role in roles {
        for relation in catalog.relations.iter().filter(|r| !r.exposed) {
            if role.schemas.contains(&relation.schema) && relation.reachable_by(&role.name) {
                let (tables, _) = reached.entry(&relation.schema).or_default();
                if !tables.contains(&relation.name) {
                    tables.push(relation.name.clone());
                }
            }
        }
        for function in catalog.functions.iter().filter(|f| !catalog.schemas.contains(&f.schema)) {
            let may_call = function.executable_by.contains(&role.name);
            if may_call && role.schemas.contains(&function.schema) {
                reached.entry(&function.schema).or_default().1 += 1;
            }
        }
    }
    let describe = |(schema, (tables, functions)): (&str, (Vec<String>, usize))| {
        let what = match tables.is_empty() {
            true => format!("clients may call functions in it ({functions})"),
            false => format!("clients may use {}", some_of(&tables, 3)),
        };
        (schema.to_owned(), what)
    };
    reached.into_iter().map(describe).collect()
}
