//! `rls.trigger`: rules and SECURITY DEFINER triggers that write protected tables when a client writes.

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, accepted, clients, contract_table, table_finding};
use crate::access::compute::compute_access;
use crate::access::paths::Paths;
use crate::access::triggers::Fired;
use crate::facts::access::catalog::Relation;
use crate::facts::access::computed::{ComputedAccess, DenyReason};
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text::some_of;

/// Check for triggers that let a client write a table of the contract past row security, also if they fire on partitions,
/// through views, or on tables that foreign keys change. WARNING. Other
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
    let (mut findings, mut others) = (Vec::new(), BTreeSet::new());
    for relation in audit.catalog.relations.iter().filter(|r| r.exposed) {
        findings.extend(rules(check, audit, &paths, relation));
    }
    for (fired, writers) in fired_by_clients(audit, &paths) {
        let reached = clients(audit).map(|role| paths.through_trigger(&fired, role));
        let (mut writes, mut is_unread) = (BTreeSet::new(), false);
        for reach in reached {
            writes.extend(reach.writes.into_keys());
            is_unread |= reach.unread.is_some();
        }
        // Triggers that only maintain a log or a counter in another table are normal.
        let protected: Vec<_> =
            writes.into_iter().filter(|name| contract_table(audit, name).is_some()).collect();
        if !protected.is_empty() {
            findings.push(finding(check, audit, &fired, &writers, &protected));
        } else if audit.catalog.function(fired.function).is_some_and(|f| f.definer) {
            let note = if is_unread { " (its function was not examined)" } else { "" };
            others.insert(format!("{} on {}{note}", fired.name, fired.table));
        }
    }
    if !others.is_empty() {
        let others: Vec<_> = others.into_iter().collect();
        let message =
            format!("writes of clients fire SECURITY DEFINER triggers: {}", some_of(&others, 5));
        findings.push(check.finding(Status::Ok, "triggers", message));
    }
    findings
}

/// How clients fire a trigger: the roles, and the commands on other tables than that of the trigger.
#[derive(Default)]
struct Writers<'a> {
    roles: Vec<&'a str>,
    /// `DELETE on public.parent`, for output if no client fires it by a command on its table.
    elsewhere: BTreeSet<String>,
    is_direct: bool,
}

/// Returns the triggers that clients fire by a command on a relation of the examined schemas.
fn fired_by_clients<'a>(audit: &'a Audit, paths: &Paths<'a>) -> BTreeMap<Fired<'a>, Writers<'a>> {
    let mut found: BTreeMap<Fired<'a>, Writers<'a>> = BTreeMap::new();
    for role in clients(audit) {
        for relation in audit.catalog.relations.iter().filter(|r| r.exposed) {
            for command in relation.granted_writes(&role.name) {
                let access = compute_access(&audit.catalog, relation, role, command);
                let triggers = match access {
                    // No policy is needed for a command that reaches no row.
                    ComputedAccess::Denied(DenyReason::Policy) => {
                        paths.fired_without_rows(relation, command)
                    }
                    ComputedAccess::Denied(_) => continue,
                    _ => paths.fired(relation, role, command),
                };
                for fired in triggers {
                    let writers = found.entry(fired.clone()).or_default();
                    if !writers.roles.contains(&role.name.as_str()) {
                        writers.roles.push(&role.name);
                    }
                    if fired.table == relation.name {
                        writers.is_direct = true;
                    } else {
                        let preposition = if command == SqlCommand::Insert { "into" } else { "on" };
                        let write = format!("{} {preposition} {}", command.sql(), relation.name);
                        writers.elsewhere.insert(write);
                    }
                }
            }
        }
    }
    found
}

fn finding(
    check: &Check<Audit>,
    audit: &Audit,
    fired: &Fired<'_>,
    writers: &Writers<'_>,
    protected: &[String],
) -> Finding {
    let function = audit.catalog.function(fired.function);
    let is_definer = function.is_some_and(|f| f.definer);
    let owner = match fired.owner {
        Some(owner) if !is_definer => owner,
        _ => function.map_or("", |f| &f.owner),
    };
    let roles = writers.roles.join(" and ");
    let write = match writers.is_direct {
        true => format!("a write of {roles}"),
        false => {
            let elsewhere: Vec<_> = writers.elsewhere.iter().cloned().collect();
            format!("{} by {roles}", some_of(&elsewhere, 3))
        }
    };
    let message = format!(
        "trigger {} runs {} as {owner}: {write} changes {}",
        fired.name,
        fired.function,
        some_of(protected, 3)
    );
    let suggested_fix = if is_definer && fired.owner.is_none() {
        format!(
            "-- If the trigger needs no more rights than the client:\n\
             ALTER FUNCTION {} SECURITY INVOKER;",
            fired.function
        )
    } else {
        format!(
            "-- A foreign key changes the rows of {0} as its owner, and so does its trigger. Limit what {1} does to rows\n\
             -- of the caller, or recreate the foreign key with ON DELETE RESTRICT.",
            fired.table, fired.function
        )
    };
    let (status, source) = (Status::Warning, "pg_trigger");
    table_finding(check, audit, status, fired.table, message, source, suggested_fix)
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
        let uses: Vec<_> =
            clients(audit).flat_map(|role| paths.of_rule(relation, rule, role)).collect();
        if uses.is_empty() {
            continue;
        }
        let tables: BTreeSet<_> = uses.iter().map(|used| used.table.clone()).collect();
        let mut roles: Vec<_> = uses.iter().map(|used| used.role.as_str()).collect();
        roles.dedup();
        let is_declared = tables.iter().any(|table| contract_table(audit, table).is_some());
        let status = if is_declared { Status::Critical } else { Status::Warning };
        let (status, unlisted) = accepted(audit, &relation.name, &uses, status);
        let tables: Vec<_> = tables.into_iter().collect();
        let message = format!(
            "rule {} turns {event} by {} into a command on {} with the rights of {}, without RLS{unlisted}",
            rule.name,
            roles.join(" and "),
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
