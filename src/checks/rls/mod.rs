//! Checks of grants, policies and functions against the access contract (runbook section 4.2).
//!
//! [`STRUCTURE`] finds flaws in the catalog. [`EFFECTS`] finds access that differs from the contract.
//! [`evaluate`] merges an effect into the flaw that explains it, so that each flaw is reported once.

mod access;
mod always_true;
mod any_member;
mod bypass_role;
mod cascade;
mod column_grant;
mod contract_policy;
mod dead_policy;
mod default_privileges;
mod definer_rpc;
mod definer_search_path;
mod duplicate_policy;
mod effect;
mod force;
mod foreign_table;
mod helper;
mod helper_body;
mod immutable_helper;
mod loose_policy;
mod merge;
mod no_policy;
mod off;
mod open_write;
mod owner;
mod per_row_uid;
mod policies_off;
mod policy_fails;
mod public_policy;
mod review;
mod revoke;
mod rights_column;
mod row_transfer;
mod self_grant;
mod tested;
mod trigger;
mod uncovered_grant;
mod unpoliced_grant;
mod user_metadata;
mod view_bypass;
mod waiver;

pub(crate) use access::agrees;

use super::Check;
use crate::access::body::Body;
use crate::access::policies::Side;
use crate::facts::access::catalog::{Policy, Relation, Role};
use crate::facts::access::contract::{PathUse, PathWrite};
use crate::facts::access::{Audit, SERVICE_ROLE, contract};
use crate::facts::{Evidence, Finding, Status, Thresholds};
use crate::text::some_of;
use effect::Effect;

/// Checks of the catalog. The first finding of a table explains an effect on this table.
pub(crate) static STRUCTURE: [Check<Audit>; 33] = [
    policies_off::CHECK,
    off::CHECK,
    policy_fails::CHECK,
    dead_policy::CHECK,
    contract_policy::CHECK,
    column_grant::CHECK,
    helper_body::CHECK,
    immutable_helper::CHECK,
    always_true::CHECK,
    owner::CHECK,
    self_grant::CHECK,
    any_member::CHECK,
    row_transfer::CHECK,
    loose_policy::CHECK,
    open_write::CHECK,
    rights_column::CHECK,
    cascade::CHECK,
    review::CHECK,
    public_policy::CHECK,
    uncovered_grant::CHECK,
    view_bypass::CHECK,
    foreign_table::CHECK,
    bypass_role::CHECK,
    definer_rpc::CHECK,
    definer_search_path::CHECK,
    trigger::CHECK,
    helper::CHECK,
    no_policy::CHECK,
    unpoliced_grant::CHECK,
    duplicate_policy::CHECK,
    default_privileges::CHECK,
    per_row_uid::CHECK,
    force::CHECK,
];

/// Finds effects.
type FindEffects = fn(&Audit) -> Vec<Effect>;

/// Checks of access, each with the function that finds its effects: computed and tested access compared with the
/// contract, and policies that depend on user_metadata.
static EFFECTS: [(Check<Audit>, FindEffects); 3] = [
    (access::CHECK, access::effects),
    (tested::CHECK, tested::effects),
    (user_metadata::CHECK, user_metadata::effects),
];

/// Check of the waivers in the contract.
pub(crate) static WAIVERS: Check<Audit> = waiver::CHECK;

/// Returns every check of this family.
pub fn all() -> impl Iterator<Item = &'static Check<Audit>> {
    STRUCTURE.iter().chain(EFFECTS.iter().map(|(check, _)| check)).chain([&WAIVERS])
}

/// Returns the findings of all checks, worst first, with waivers applied.
pub(crate) fn evaluate(audit: &Audit, thresholds: &Thresholds) -> Vec<Finding> {
    let flaws = STRUCTURE.iter().flat_map(|check| check.run(audit, thresholds));
    let effects = EFFECTS.iter().flat_map(|(_, effects)| effects(audit));
    let mut findings = merge::merge(audit, flaws, effects);
    waiver::apply(audit, &mut findings);
    findings.extend(WAIVERS.run(audit, thresholds));
    findings.sort_by_key(|f| rank(f.status));
    findings
}

/// Returns the sort key of a status: CRITICAL first.
fn rank(status: Status) -> u8 {
    match status {
        Status::Critical => 0,
        Status::Unknown | Status::Skipped { .. } => 1,
        Status::Warning => 2,
        Status::Ok => 3,
    }
}

/// Returns the examined roles except the service role: those that requests from outside run as.
fn clients(audit: &Audit) -> impl Iterator<Item = &Role> {
    audit.catalog.roles.iter().filter(|role| role.name != SERVICE_ROLE)
}

/// Returns the clients that may run at least one command on a relation.
fn clients_with_access<'a>(audit: &'a Audit, table: &Relation) -> Vec<&'a str> {
    let allowed = clients(audit)
        .filter(|role| role.schemas.contains(&table.schema) && table.reachable_by(&role.name));
    allowed.map(|role| role.name.as_str()).collect()
}

/// Returns the contract of a table.
fn contract_table<'a>(audit: &'a Audit, table: &str) -> Option<&'a contract::ContractTable> {
    audit.contract.tables.get(table)
}

/// Returns the status of a path around row security that the contract may list, and what the contract lacks: `status`
/// if it does not list every use or has another source, WARNING while the path is marked for review, OK after that.
fn accepted(audit: &Audit, name: &str, uses: &[PathUse], status: Status) -> (Status, String) {
    let Some(path) = audit.contract.paths.get(name) else { return (status, String::new()) };
    let missing: Vec<_> = uses.iter().filter(|used| !path.lists(used)).map(describe_use).collect();
    let source = audit.catalog.function(name).map(|f| Body::new(&f.source).digest());
    if path.source.is_some() && path.source != source {
        let status = if status == Status::Ok { Status::Warning } else { status };
        return (status, "; its source is not the one in the contract".to_owned());
    }
    match (missing.is_empty(), audit.contract.review.contains(name)) {
        (false, _) => (status, format!("; the contract does not list: {}", some_of(&missing, 3))),
        (true, true) => (Status::Warning, String::new()),
        (true, false) => (Status::Ok, String::new()),
    }
}

fn describe_use(used: &PathUse) -> String {
    let way = used.write.map_or("SELECT", PathWrite::as_str);
    format!("{} {way} ({})", used.role, used.table)
}

/// Whether the contract accepts that these roles read through a path.
fn accepts_reading(audit: &Audit, name: &str, uses: &[PathUse]) -> bool {
    let path = audit.contract.paths.get(name);
    path.is_some_and(|path| uses.iter().filter(|u| u.write.is_none()).all(|u| path.lists(u)))
}

/// Returns the policies of exposed tables that are not in the contract, with their tables.
fn unexpected_policies(audit: &Audit) -> impl Iterator<Item = (&Relation, &Policy)> {
    audit.catalog.policies.iter().filter_map(|policy| {
        let table = audit.catalog.relation(&policy.table)?;
        (table.exposed && contract_table(audit, &table.name).is_none()).then_some((table, policy))
    })
}

/// Returns a finding about a table, with evidence from the catalog and a suggested fix.
fn table_finding(
    check: &Check<Audit>,
    audit: &Audit,
    status: Status,
    table: &str,
    message: String,
    source: &str,
    suggested_fix: String,
) -> Finding {
    let evidence = Evidence::text(message.clone(), audit.at, source);
    check.finding(status, table, message).evidence(evidence).remedy(suggested_fix)
}

/// The owner of a row, in suggested fixes.
const OWN_ROWS: &str = "<owner column> = (select auth.uid())";

/// Returns a statement that replaces the condition of these sides of a policy. INSERT has no USING, SELECT and DELETE
/// have no WITH CHECK, and USING stands for a missing WITH CHECK.
fn alter_policy(policy: &Policy, sides: &[Side], condition: &str) -> String {
    let has_both = policy.using.is_some() && policy.check.is_some();
    let is_altered = |side| !has_both || sides.contains(&side);
    let mut sql = format!("ALTER POLICY {} ON {}", ident(&policy.name), policy.table);
    if policy.using.is_some() && is_altered(Side::Using) {
        sql.push_str(&format!(" USING ({condition})"));
    }
    if policy.check.is_some() && is_altered(Side::Check) {
        sql.push_str(&format!(" WITH CHECK ({condition})"));
    }
    sql + ";"
}

/// Quotes an identifier if necessary. Policy names may contain spaces.
fn ident(name: &str) -> String {
    let plain = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && RESERVED.lines().all(|word| word != name);
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Reserved words of PostgreSQL, which are names only in quotes. A test compares them with those of the server.
const RESERVED: &str = include_str!("reserved_words.txt");

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::facts::access::catalog::{Grant, RelationKind};

    pub(crate) fn role(name: &str) -> Role {
        Role {
            name: name.into(),
            examined: true,
            superuser: false,
            bypass_rls: false,
            create_role: false,
            assumable: true,
            inherits: vec![name.into()],
            member_of: vec![],
            can_become: vec![],
            can_become_bypass: vec![],
            schemas: vec!["public".into()],
        }
    }

    /// Returns a table with row security and all commands granted to `authenticated`.
    pub(crate) fn table(name: &str) -> Relation {
        let all = ["SELECT", "INSERT", "UPDATE", "DELETE"].map(str::to_owned).to_vec();
        let grant = Grant { role: "authenticated".into(), privileges: all, columns: vec![] };
        Relation {
            name: name.into(),
            schema: "public".into(),
            kind: RelationKind::Table,
            owner: "postgres".into(),
            owner_bypasses_rls: true,
            rls: true,
            force: false,
            partition_of: None,
            inherits: vec![],
            partition_key: vec![],
            security_invoker: false,
            security_barrier: false,
            passes_on: vec![],
            exposed: true,
            key: vec!["id".into()],
            unique_columns: vec!["id".into()],
            checks: vec![],
            columns: vec!["id".into()],
            types: vec![],
            grants: vec![grant],
            acl: vec![],
            reads: vec![],
            calls: vec![],
            definition: None,
            rules: vec![],
            cascades: vec![],
        }
    }

    /// Returns a permissive policy for all commands.
    pub(crate) fn policy(name: &str, role: &str, using: &str) -> Policy {
        Policy {
            table: "public.t".into(),
            name: name.into(),
            command: None,
            permissive: true,
            roles: vec![role.into()],
            using: Some(using.into()),
            check: None,
            functions: vec![],
            relations: vec![],
            columns: vec![],
        }
    }
}
