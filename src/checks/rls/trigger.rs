//! `rls.trigger`: a client's write sets off a SECURITY DEFINER trigger that writes a protected table.

use super::definer_rpc::touched;
use super::{Check, about, clients, declared};
use crate::access::body::Body;
use crate::access::compute::compute_access;
use crate::facts::access::Audit;
use crate::facts::access::catalog::Trigger;
use crate::facts::access::computed::ComputedAccess;
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text::some_of;

/// triggers that write past row security.
pub const CHECK: Check<Audit> = Check {
    id: "rls.trigger",
    title: "triggers that write past row security",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let (mut findings, mut others) = (Vec::new(), Vec::new());
    for trigger in &audit.catalog.triggers {
        let Some(function) = audit.catalog.function(&trigger.function) else { continue };
        let who = setters(audit, trigger);
        if who.is_empty() {
            continue;
        }
        let (writes, _) = touched(audit, function, &Body::new(&function.source));
        // Keeping up a log or a counter elsewhere is what such triggers are for.
        let protected: Vec<_> =
            writes.into_iter().filter(|name| declared(audit, name).is_some()).collect();
        if protected.is_empty() {
            others.push(format!("{} on {}", trigger.name, trigger.table));
            continue;
        }
        let message = format!(
            "trigger {} runs {} as {}: with it {who} write {}",
            trigger.name,
            trigger.function,
            function.owner,
            some_of(&protected, 3)
        );
        let remedy = format!(
            "-- Where the trigger need not see more than the client:\n\
             ALTER FUNCTION {} SECURITY INVOKER;",
            trigger.function
        );
        let (verdict, source) = (Status::Warning, "pg_trigger");
        findings.push(about(check, audit, verdict, &trigger.table, message, source, remedy));
    }
    if !others.is_empty() {
        let message = format!("clients set off SECURITY DEFINER triggers: {}", some_of(&others, 5));
        findings.push(check.finding(Status::Ok, "triggers", message));
    }
    findings
}

/// The clients whose writes set it off.
fn setters(audit: &Audit, trigger: &Trigger) -> String {
    let Some(table) = audit.catalog.relation(&trigger.table) else { return String::new() };
    let writes = clients(audit).filter(|role| {
        let may = |c| {
            !matches!(compute_access(&audit.catalog, table, role, c), ComputedAccess::Denied(_))
        };
        trigger.events.iter().any(|command| may(*command))
    });
    writes.map(|role| role.name.as_str()).collect::<Vec<_>>().join(" and ")
}
