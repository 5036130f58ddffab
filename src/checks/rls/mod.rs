//! Who can do what, against what is declared? Section 4.2 of the runbook.
//!
//! Structural flaws come first; what they do to the effective access of a protected table is folded
//! into them, so that each flaw is reported once, with its effect.

mod access;
mod always_true;
mod bypass_role;
mod column_grant;
mod contract_policy;
mod dead_policy;
mod default_privileges;
mod definer_rpc;
mod definer_search_path;
mod duplicate_policy;
mod force;
mod foreign_table;
mod helper;
mod no_policy;
mod off;
mod per_row_uid;
mod policies_off;
mod policy_fails;
mod public_policy;
mod tested;
mod trigger;
mod uncovered_grant;
mod unpoliced_grant;
mod user_metadata;
mod view_bypass;
mod waiver;

pub use access::agrees;

use super::Check;
use crate::facts::access::catalog::{Policy, Relation, Role};
use crate::facts::access::{Audit, SERVICE_ROLE, contract};
use crate::facts::{Evidence, Finding, Status, Thresholds};

/// Flaws of structure. What is found first explains an effect on the same table.
pub static STRUCTURE: [Check<Audit>; 22] = [
    policies_off::CHECK,
    off::CHECK,
    policy_fails::CHECK,
    dead_policy::CHECK,
    contract_policy::CHECK,
    column_grant::CHECK,
    always_true::CHECK,
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

/// Effects: declared against predicted and observed, and what makes a changed policy worse.
pub static EFFECTS: [Check<Audit>; 3] = [access::CHECK, tested::CHECK, user_metadata::CHECK];

/// Judgement on the contract's own exceptions.
pub static WAIVERS: Check<Audit> = waiver::CHECK;

/// Every check, for the runbook and the tests.
pub fn all() -> impl Iterator<Item = &'static Check<Audit>> {
    STRUCTURE.iter().chain(&EFFECTS).chain([&WAIVERS])
}

/// Structural checks whose flaws change who reads and writes what.
const EXPLAINS: [&str; 7] = [
    policies_off::CHECK.id,
    off::CHECK.id,
    policy_fails::CHECK.id,
    dead_policy::CHECK.id,
    contract_policy::CHECK.id,
    column_grant::CHECK.id,
    helper::CHECK.id,
];

/// Everything there is to say, worst first.
#[must_use]
pub fn evaluate(audit: &Audit, limits: &Thresholds) -> Vec<Finding> {
    let mut findings: Vec<_> =
        STRUCTURE.iter().flat_map(|check| check.run(audit, limits)).collect();
    for effect in EFFECTS.iter().flat_map(|check| check.run(audit, limits)) {
        fold(&mut findings, effect);
    }
    waiver::apply(audit, &mut findings);
    findings.extend(WAIVERS.run(audit, limits));
    findings.sort_by_key(|f| rank(f.status));
    findings
}

/// An effect belongs to the flaw that explains it, which becomes CRITICAL by it; else it stands alone.
/// Of several flaws of a table, the one that names the effect's role explains it.
fn fold(findings: &mut Vec<Finding>, effect: Finding) {
    let role = effect.message.split(' ').next().unwrap_or_default().to_owned();
    let explains = |f: &Finding| f.subject == effect.subject && EXPLAINS.contains(&f.check);
    let names = |f: &Finding| f.message.split([' ', ',', ':', ';']).any(|word| word == role);
    let effects = |f: &Finding| f.subject == effect.subject && f.check == access::CHECK.id;
    let cause = findings.iter().position(|f| explains(f) && names(f));
    let cause = cause.or_else(|| findings.iter().position(explains));
    let cause = cause.or_else(|| findings.iter().position(effects));
    match cause.map(|at| &mut findings[at]) {
        Some(cause) if effect.status == Status::Critical => {
            let joint = if cause.check == access::CHECK.id || cause.message.contains("; effect: ") {
                "; "
            } else {
                "; effect: "
            };
            cause.status = Status::Critical;
            cause.message = format!("{}{joint}{}", cause.message, effect.message);
        }
        _ => findings.push(effect),
    }
}

fn rank(verdict: Status) -> u8 {
    match verdict {
        Status::Critical => 0,
        Status::Unknown | Status::Skipped { .. } => 1,
        Status::Warning => 2,
        Status::Ok => 3,
    }
}

/// The examined roles that requests from outside run as.
fn clients(audit: &Audit) -> impl Iterator<Item = &Role> {
    audit.catalog.roles.iter().filter(|role| role.name != SERVICE_ROLE)
}

/// The clients that may run some command on a relation.
fn open_to<'a>(audit: &'a Audit, table: &Relation) -> Vec<&'a str> {
    let open = clients(audit)
        .filter(|role| role.schemas.contains(&table.schema) && table.reachable_by(&role.name));
    open.map(|role| role.name.as_str()).collect()
}

/// What the contract says about a table.
fn declared<'a>(audit: &'a Audit, table: &str) -> Option<&'a contract::ContractTable> {
    audit.contract.tables.get(table)
}

/// The policies of exposed tables that the contract does not list one by one.
fn undeclared_policies(audit: &Audit) -> impl Iterator<Item = (&Relation, &Policy)> {
    audit.catalog.policies.iter().filter_map(|policy| {
        let table = audit.catalog.relation(&policy.table)?;
        (table.exposed && declared(audit, &table.name).is_none()).then_some((table, policy))
    })
}

/// A finding about a table: the evidence from the catalog, the next command, the remedy.
fn about(
    check: &Check<Audit>,
    audit: &Audit,
    verdict: Status,
    table: &str,
    message: String,
    source: &str,
    remedy: String,
) -> Finding {
    let evidence = Evidence::text(message.clone(), audit.at, source);
    check.finding(verdict, table, message).evidence(evidence).remedy(remedy)
}

/// A quoted identifier where it needs to be: policy names may hold spaces.
fn ident(name: &str) -> String {
    let plain = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::facts::access::catalog::{Grant, RelationKind};

    pub(crate) fn role(name: &str) -> Role {
        Role {
            name: name.into(),
            superuser: false,
            bypass_rls: false,
            assumable: true,
            inherits: vec![name.into()],
            can_become_bypass: vec![],
            schemas: vec!["public".into()],
        }
    }

    /// A table with row security on, everything granted to `authenticated`.
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
            security_invoker: false,
            exposed: true,
            key: vec!["id".into()],
            columns: vec!["id".into()],
            grants: vec![grant],
            reads: vec![],
        }
    }

    /// A permissive policy for all commands.
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
        }
    }

    #[test]
    fn effect_is_merged_into_the_explaining_finding() {
        let flaw = dead_policy::CHECK.finding(Status::Warning, "public.t", "no grant");
        let effect = access::CHECK.finding(Status::Critical, "public.t", "reads nothing");
        let mut findings = vec![flaw];
        fold(&mut findings, effect.clone());
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].status, Status::Critical);
        assert_eq!(findings[0].message, "no grant; effect: reads nothing");
        fold(&mut findings, Finding { subject: "public.other".into(), ..effect });
        assert_eq!(findings.len(), 2);
    }
}
