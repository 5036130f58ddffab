//! Statements that take privileges away from roles: from everybody through whom they hold them, PUBLIC and granted roles
//! included. Roles that keep a privilege get a grant of their own.

use std::collections::{BTreeMap, BTreeSet};

use super::{clients, ident};
use crate::facts::access::Audit;
use crate::facts::access::catalog::{AclEntry, Relation, Role};

/// The order in which PostgreSQL lists privileges.
const ORDER: [&str; 8] =
    ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"];

/// Roles of PostgreSQL that hold privileges on all tables, without grants.
const ALL_TABLES: [(&str, &[&str]); 2] =
    [("pg_read_all_data", &["SELECT"]), ("pg_write_all_data", &["INSERT", "UPDATE", "DELETE"])];

/// A privilege, on one column if there is one.
type Item<'p> = (&'p str, Option<&'p str>);

/// A privilege to take away from a role.
#[derive(Debug, Clone)]
pub(super) struct Taken<'t> {
    pub(super) role: &'t str,
    pub(super) privilege: &'t str,
    /// Only on these columns; on the table and all of its columns if `None`.
    pub(super) columns: Option<Vec<String>>,
}

impl<'t> Taken<'t> {
    /// A privilege on a table and its columns.
    pub(super) fn new(role: &'t str, privilege: &'t str) -> Self {
        Self { role, privilege, columns: None }
    }
}

/// Returns the statements that take privileges away.
pub(super) fn revoke(audit: &Audit, relation: &Relation, taken: &[Taken<'_>]) -> String {
    revoke_and_grant(audit, relation, taken, &[])
}

/// Returns the statements that take away every privilege that clients hold.
pub(super) fn revoke_all(audit: &Audit, relation: &Relation, roles: &[&str]) -> String {
    let known = || clients(audit).filter(|role| roles.contains(&role.name.as_str()));
    let held = known().flat_map(|role| {
        let entries = relation.acl.iter().filter(|e| reaches(e, role) && !is_owners(e, relation));
        entries.map(|e| Taken::new(&role.name, &e.privilege))
    });
    let everywhere = ALL_TABLES.iter().flat_map(|(_, privileges)| privileges.iter().copied());
    let everywhere: Vec<_> = everywhere.collect();
    let of_members = known().flat_map(|r| everywhere.iter().map(|p| Taken::new(&r.name, p)));
    revoke(audit, relation, &held.chain(of_members).collect::<Vec<_>>())
}

/// Returns the statements that take privileges away and then run others, as one transaction.
pub(super) fn revoke_and_grant(
    audit: &Audit,
    relation: &Relation,
    taken: &[Taken<'_>],
    then: &[String],
) -> String {
    let roles = || audit.catalog.roles.iter().filter(|role| !role.superuser);
    let is_taken = |entry: &&AclEntry| {
        !is_owners(entry, relation)
            && taken.iter().any(|t| {
                t.matches(entry) && roles().any(|role| role.name == t.role && reaches(entry, role))
            })
    };
    let removed: Vec<&AclEntry> = relation.acl.iter().filter(is_taken).collect();
    let mut statements = kept_grants(relation, &removed, taken, roles());
    let is_shared = !statements.is_empty()
        || removed.iter().any(|e| e.grantee.as_ref().is_none_or(|g| roles().all(|r| r.name != *g)));
    statements.extend(revokes(relation, &removed, taken));
    statements.extend(memberships(audit, taken));
    statements.extend_from_slice(then);
    let note = if is_shared {
        "-- Whoever else uses these grants to PUBLIC or a group needs grants of its own.\n"
    } else {
        ""
    };
    match &statements[..] {
        [] => format!(
            "-- No grant on {} gives these rights: look at its owner and at memberships.",
            relation.name
        ),
        [one] => format!("{note}{one}"),
        _ => format!("{note}BEGIN;\n{}\nCOMMIT;", statements.join("\n")),
    }
}

impl Taken<'_> {
    fn matches(&self, entry: &AclEntry) -> bool {
        let is_of_columns = |columns: &Vec<String>| {
            entry.column.as_ref().is_some_and(|column| columns.contains(column))
        };
        entry.privilege == self.privilege && self.columns.as_ref().is_none_or(is_of_columns)
    }
}

/// Whether a role has a privilege through an entry.
fn reaches(entry: &AclEntry, role: &Role) -> bool {
    entry.grantee.as_ref().is_none_or(|grantee| role.inherits.contains(grantee))
}

fn is_owners(entry: &AclEntry, relation: &Relation) -> bool {
    entry.grantee.as_ref() == Some(&relation.owner)
}

/// Returns a grant for each other role that would lose a privilege with the removed entries.
fn kept_grants<'r>(
    relation: &Relation,
    removed: &[&AclEntry],
    taken: &[Taken<'_>],
    roles: impl Iterator<Item = &'r Role>,
) -> Vec<String> {
    let mut grants = Vec::new();
    for role in roles.filter(|role| !role.inherits.contains(&relation.owner)) {
        let is_kept = |e: &&&AclEntry| {
            reaches(e, role) && !taken.iter().any(|t| t.role == role.name && t.matches(e))
        };
        let stays = |lost: &AclEntry| {
            relation.acl.iter().filter(|e| reaches(e, role) && !removed.contains(e)).any(|e| {
                e.privilege == lost.privilege && (e.column.is_none() || e.column == lost.column)
            })
        };
        let lost: BTreeSet<_> = removed.iter().filter(is_kept).filter(|e| !stays(e)).collect();
        if !lost.is_empty() {
            let items =
                items(lost.into_iter().map(|e| (e.privilege.as_str(), e.column.as_deref())));
            grants.push(format!("GRANT {items} ON {} TO {};", relation.name, ident(&role.name)));
        }
    }
    grants
}

/// Returns the REVOKE statements, one for all grantees with the same privileges. A grant is revoked as its grantor.
fn revokes(relation: &Relation, removed: &[&AclEntry], taken: &[Taken<'_>]) -> Vec<String> {
    let mut held: BTreeMap<(&str, Option<&str>), Vec<Item<'_>>> = BTreeMap::new();
    for entry in removed {
        let is_whole = |t: &Taken<'_>| t.columns.is_none() && t.privilege == entry.privilege;
        let column = entry.column.as_deref().filter(|_| !taken.iter().any(is_whole));
        let grantee = (entry.grantor.as_str(), entry.grantee.as_deref());
        held.entry(grantee).or_default().push((&entry.privilege, column));
    }
    let mut same: BTreeMap<(&str, String), Vec<String>> = BTreeMap::new();
    for ((grantor, grantee), privileges) in held {
        let grantee = grantee.map_or("PUBLIC".to_owned(), ident);
        same.entry((grantor, items(privileges.into_iter()))).or_default().push(grantee);
    }
    let statement = |((grantor, items), mut grantees): ((&str, String), Vec<String>)| {
        grantees.sort_by_key(|name| name == "PUBLIC");
        let statement =
            format!("REVOKE {items} ON {} FROM {};", relation.name, grantees.join(", "));
        match grantor == relation.owner {
            true => statement,
            false => format!("SET ROLE {};\n{statement}\nRESET ROLE;", ident(grantor)),
        }
    };
    same.into_iter().map(statement).collect()
}

/// Returns `SELECT, UPDATE (a, b)`.
fn items<'p>(privileges: impl Iterator<Item = Item<'p>>) -> String {
    let mut columns: BTreeMap<&str, Option<BTreeSet<String>>> = BTreeMap::new();
    for (privilege, column) in privileges {
        let known = columns.entry(privilege).or_insert(Some(BTreeSet::new()));
        match (column, known) {
            (Some(column), Some(known)) => drop(known.insert(ident(column))),
            (None, known) => *known = None,
            (Some(_), None) => {}
        }
    }
    let listed = ORDER.iter().filter_map(|p| Some((p, columns.get(p)?)));
    let item = |(privilege, columns): (&&str, &Option<BTreeSet<String>>)| match columns {
        Some(columns) => {
            let columns: Vec<_> = columns.iter().map(String::as_str).collect();
            format!("{privilege} ({})", columns.join(", "))
        }
        None => (*privilege).to_owned(),
    };
    listed.map(item).collect::<Vec<_>>().join(", ")
}

/// Returns statements that end memberships through which roles hold privileges on all tables.
fn memberships(audit: &Audit, taken: &[Taken<'_>]) -> Vec<String> {
    let known = || audit.catalog.owners.iter().chain(&audit.catalog.roles);
    let leads_to = |name: &String, target: &str| {
        name == target || known().any(|r| r.name == *name && r.inherits.iter().any(|i| i == target))
    };
    let mut statements = BTreeSet::new();
    for (target, privileges) in ALL_TABLES {
        for role in taken.iter().filter(|t| privileges.contains(&t.privilege)).map(|t| t.role) {
            let Some(role) = audit.catalog.role(role) else { continue };
            if role.inherits.iter().any(|held| held == target) {
                let groups = role.member_of.iter().filter(|name| leads_to(name, target));
                let revoke =
                    |g: &String| format!("REVOKE {} FROM {};", ident(g), ident(&role.name));
                statements.extend(groups.map(revoke));
            }
        }
    }
    statements.into_iter().collect()
}
