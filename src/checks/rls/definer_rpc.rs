//! `rls.definer_rpc`: SECURITY DEFINER functions that clients can call and that write or return
//! protected rows.
//!
//! Bodies are matched as tokens. Dynamic SQL is not examined.

use super::{Check, clients, contract_table, table_finding};
use crate::access::body::Body;
use crate::facts::access::catalog::SqlFunction;
use crate::facts::access::{Audit, SERVICE_ROLE};
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text::some_of;

/// Check for callable functions that bypass row security. CRITICAL if the function writes or returns
/// protected rows without testing who calls it.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.definer_rpc",
    title: "clients can call what bypasses row security",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for function in callable(audit) {
        let body = Body::new(&function.source);
        let (writes, reads) = accessed_tables(audit, function, &body);
        let not_examined = body.unread(function).is_some();
        let callers = callers(audit, function);
        let (status, message) = match (writes.is_empty(), reads.is_empty()) {
            (true, true) if not_examined => (
                Status::Warning,
                format!("{callers} may call it as {}; its body was not examined", function.owner),
            ),
            (true, true) => continue,
            (false, _) if body.asks_who_calls() => (
                Status::Warning,
                format!(
                    "{callers} may call it; it asks who calls and writes {}",
                    some_of(&writes, 3)
                ),
            ),
            (true, _) if is_policy_helper(audit, function) => continue,
            (true, _) if body.asks_who_calls() => (
                Status::Ok,
                format!(
                    "{callers} may call it; it asks who calls before it reads {}: that it returns the \
                     caller's rows alone was not examined",
                    some_of(&reads, 3)
                ),
            ),
            (false, _) => (
                Status::Critical,
                format!(
                    "{callers} may call it, and it writes {} past row security",
                    some_of(&writes, 3)
                ),
            ),
            (true, false) => (
                Status::Critical,
                format!(
                    "{callers} may call it, and it returns {} past row security",
                    some_of(&reads, 3)
                ),
            ),
        };
        let suggested_fix = suggested_fix(audit, function);
        let mut finding = table_finding(
            check,
            audit,
            status,
            &function.signature,
            message,
            "pg_proc",
            suggested_fix,
        );
        if status == Status::Ok {
            finding.suggested_fix = None;
        }
        findings.push(finding);
    }
    findings
}

/// Returns the SECURITY DEFINER functions that clients can call over the API. Trigger functions cannot
/// be called.
fn callable(audit: &Audit) -> impl Iterator<Item = &SqlFunction> {
    audit.catalog.functions.iter().filter(|f| {
        f.definer && f.exposed && f.returns != "trigger" && !callers(audit, f).is_empty()
    })
}

/// Whether a policy calls the function for a boolean result. Such a helper has to read more rows than
/// the calling role.
fn is_policy_helper(audit: &Audit, function: &SqlFunction) -> bool {
    function.returns == "boolean" && is_called_by_policies(audit, function)
}

fn is_called_by_policies(audit: &Audit, function: &SqlFunction) -> bool {
    audit.catalog.callers(&function.signature).next().is_some()
}

/// Returns the suggested fix. Policies call functions with the privileges of the querying role, so
/// EXECUTE on such a function must not be revoked.
fn suggested_fix(audit: &Audit, function: &SqlFunction) -> String {
    let signature = &function.signature;
    if is_called_by_policies(audit, function) {
        return format!(
            "-- Policies call {signature}: do not revoke EXECUTE. Let its body ask who calls (auth.uid())."
        );
    }
    let clients = clients(audit).map(|r| super::ident(&r.name)).collect::<Vec<_>>().join(", ");
    format!(
        "-- Whoever else calls it by PUBLIC's right, such as a worker's own login, needs a grant of its own.\n\
         BEGIN;\nGRANT EXECUTE ON FUNCTION {signature} TO {SERVICE_ROLE};\n\
         REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC, {clients};\nCOMMIT;"
    )
}

fn callers(audit: &Audit, function: &SqlFunction) -> String {
    let callers = clients(audit).filter(|role| {
        !role.superuser
            && role.schemas.contains(&function.schema)
            && function.executable_by.contains(&role.name)
    });
    callers.map(|role| role.name.as_str()).collect::<Vec<_>>().join(" and ")
}

/// Returns the protected tables that a function writes, and those that it returns rows of.
pub(crate) fn accessed_tables(
    audit: &Audit,
    function: &SqlFunction,
    body: &Body,
) -> (Vec<String>, Vec<String>) {
    let (mut writes, mut reads) = (Vec::new(), Vec::new());
    let protected = |name: &str, rls: bool| rls || contract_table(audit, name).is_some();
    for table in audit.catalog.tables().filter(|t| protected(&t.name, t.rls)) {
        if body.writes(&table.name) {
            writes.push(table.name.clone());
        } else if body.reads(&table.name) && function.returns != "void" {
            reads.push(table.name.clone());
        }
    }
    (writes, reads)
}
