//! `rls.trigger`: rules and SECURITY DEFINER triggers that write protected tables when a client writes.

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, accepted, clients, contract_table, table_finding};
use crate::access::compute::compute_access;
use crate::access::paths::Paths;
use crate::facts::access::Audit;
use crate::facts::access::catalog::{Relation, Role, Trigger};
use crate::facts::access::computed::ComputedAccess;
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text::some_of;

/// Check for triggers that let a client write a table of the contract past row security. WARNING. Other
/// such triggers are listed as OK. A rule, which takes its values from the client, is CRITICAL for a table of the
/// contract and a WARNING for other protected tables.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.trigger",
    title: "triggers that write without RLS",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let paths = Paths::new(&audit.catalog, &audit.contract);
    let (mut findings, mut others) = (Vec::new(), Vec::new());
    for relation in audit.catalog.relations.iter().filter(|r| r.exposed) {
        findings.extend(rules(check, audit, &paths, relation));
    }
    for trigger in &audit.catalog.triggers {
        let Some(function) = audit.catalog.function(&trigger.function) else { continue };
        let writers = firing_clients(audit, trigger);
        if writers.is_empty() {
            continue;
        }
        let reached = clients(audit).map(|role| paths.through_function(function, role).writes);
        let writes: BTreeSet<String> = reached.flat_map(BTreeMap::into_keys).collect();
        // Triggers that only maintain a log or a counter in another table are normal.
        let protected: Vec<_> =
            writes.into_iter().filter(|name| contract_table(audit, name).is_some()).collect();
        if protected.is_empty() {
            others.push(format!("{} on {}", trigger.name, trigger.table));
            continue;
        }
        let message = format!(
            "trigger {} runs {} as {}: a write of {writers} changes {}",
            trigger.name,
            trigger.function,
            function.owner,
            some_of(&protected, 3)
        );
        let suggested_fix = format!(
            "-- If the trigger needs no more rights than the client:\n\
             ALTER FUNCTION {} SECURITY INVOKER;",
            trigger.function
        );
        let (status, source) = (Status::Warning, "pg_trigger");
        findings.push(table_finding(
            check,
            audit,
            status,
            &trigger.table,
            message,
            source,
            suggested_fix,
        ));
    }
    if !others.is_empty() {
        let message =
            format!("writes of clients fire SECURITY DEFINER triggers: {}", some_of(&others, 5));
        findings.push(check.finding(Status::Ok, "triggers", message));
    }
    findings
}

/// Returns the clients whose writes fire the trigger, joined with "and".
fn firing_clients(audit: &Audit, trigger: &Trigger) -> String {
    let Some(table) = audit.catalog.relation(&trigger.table) else { return String::new() };
    let writes = clients(audit).filter(|role| {
        let is_allowed = |c| {
            !matches!(compute_access(&audit.catalog, table, role, c), ComputedAccess::Denied(_))
        };
        trigger.events.iter().any(|command| is_allowed(*command))
    });
    writes.map(|role| role.name.as_str()).collect::<Vec<_>>().join(" and ")
}

/// Returns a finding for each rule through which a client writes a protected table with the rights of the owner.
fn rules<'a>(
    check: &Check<Audit>,
    audit: &'a Audit,
    paths: &Paths<'a>,
    relation: &'a Relation,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in &relation.rules {
        let event = rule.event.sql();
        let may_fire = |role: &&Role| {
            role.schemas.contains(&relation.schema)
                && (relation.has(&role.name, event) || relation.has_column(&role.name, event))
        };
        let mut tables = BTreeSet::new();
        let mut roles: Vec<&Role> = Vec::new();
        for role in clients(audit).filter(may_fire) {
            let reach = paths.through_rule(relation, &rule.uses, role);
            if !reach.writes.is_empty() {
                roles.push(role);
                tables.extend(reach.writes.into_keys());
            }
        }
        if roles.is_empty() {
            continue;
        }
        let is_declared = tables.iter().any(|table| contract_table(audit, table).is_some());
        let status = if is_declared { Status::Critical } else { Status::Warning };
        let status = accepted(audit, &relation.name, &roles, tables.iter(), status);
        let names = roles.iter().map(|r| r.name.as_str()).collect::<Vec<_>>().join(" and ");
        let tables: Vec<_> = tables.into_iter().collect();
        let message = format!(
            "rule {} turns {event} by {names} into a command on {} with the rights of {}, without RLS",
            rule.name,
            some_of(&tables, 3),
            relation.owner
        );
        let fix = format!("DROP RULE {} ON {};", super::ident(&rule.name), relation.name);
        findings.push(table_finding(
            check,
            audit,
            status,
            &relation.name,
            message,
            "pg_rewrite",
            fix,
        ));
    }
    findings
}
