//! `rls.trigger`: SECURITY DEFINER triggers that write protected tables when a client writes.

use super::definer_rpc::accessed_tables;
use super::{Check, clients, contract_table, table_finding};
use crate::access::body::Body;
use crate::access::compute::compute_access;
use crate::facts::access::Audit;
use crate::facts::access::catalog::Trigger;
use crate::facts::access::computed::ComputedAccess;
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text::some_of;

/// Check for triggers that let a client write a table of the contract past row security. WARNING. Other
/// such triggers are listed as OK.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.trigger",
    title: "triggers that write past row security",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let (mut findings, mut others) = (Vec::new(), Vec::new());
    for trigger in &audit.catalog.triggers {
        let Some(function) = audit.catalog.function(&trigger.function) else { continue };
        let writers = firing_clients(audit, trigger);
        if writers.is_empty() {
            continue;
        }
        let (writes, _) = accessed_tables(audit, function, &Body::new(&function.source));
        // Triggers that only maintain a log or a counter in another table are normal.
        let protected: Vec<_> =
            writes.into_iter().filter(|name| contract_table(audit, name).is_some()).collect();
        if protected.is_empty() {
            others.push(format!("{} on {}", trigger.name, trigger.table));
            continue;
        }
        let message = format!(
            "trigger {} runs {} as {}: with it {writers} write {}",
            trigger.name,
            trigger.function,
            function.owner,
            some_of(&protected, 3)
        );
        let suggested_fix = format!(
            "-- Where the trigger need not see more than the client:\n\
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
        let message = format!("clients set off SECURITY DEFINER triggers: {}", some_of(&others, 5));
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
