//! `rls.definer_rpc`: a SECURITY DEFINER function that clients may call and that writes or returns
//! protected rows. Bodies are matched as tokens; dynamic SQL is `not examined`.

use super::{Check, about, clients, declared};
use crate::access::body::Body;
use crate::facts::access::catalog::SqlFunction;
use crate::facts::access::{Audit, SERVICE_ROLE};
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text::some_of;

/// clients can call what bypasses row security.
pub const CHECK: Check<Audit> = Check {
    id: "rls.definer_rpc",
    title: "clients can call what bypasses row security",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for function in callable(audit) {
        let body = Body::new(&function.source);
        let (writes, reads) = touched(audit, function, &body);
        let opaque = body.unread(function).is_some();
        let who = callers(audit, function);
        let (verdict, message) = match (writes.is_empty(), reads.is_empty()) {
            (true, true) if opaque => (
                Status::Warning,
                format!("{who} may call it as {}; its body was not examined", function.owner),
            ),
            (true, true) => continue,
            (false, _) if body.asks_who_calls() => (
                Status::Warning,
                format!("{who} may call it; it asks who calls and writes {}", some_of(&writes, 3)),
            ),
            (true, _) if answers_policies(audit, function) => continue,
            (true, _) if body.asks_who_calls() => (
                Status::Ok,
                format!(
                    "{who} may call it; it asks who calls before it reads {}: that it returns the \
                     caller's rows alone was not examined",
                    some_of(&reads, 3)
                ),
            ),
            (false, _) => (
                Status::Critical,
                format!(
                    "{who} may call it, and it writes {} past row security",
                    some_of(&writes, 3)
                ),
            ),
            (true, false) => (
                Status::Critical,
                format!(
                    "{who} may call it, and it returns {} past row security",
                    some_of(&reads, 3)
                ),
            ),
        };
        let remedy = remedy(audit, function);
        let mut finding =
            about(check, audit, verdict, &function.signature, message, "pg_proc", remedy);
        if verdict == Status::Ok {
            finding.remedy = None;
        }
        findings.push(finding);
    }
    findings
}

/// Definer functions that the API offers to clients. Triggers cannot be called.
fn callable(audit: &Audit) -> impl Iterator<Item = &SqlFunction> {
    audit.catalog.functions.iter().filter(|f| {
        f.definer && f.exposed && f.returns != "trigger" && !callers(audit, f).is_empty()
    })
}

/// A helper that says yes or no to a policy: it has to see more than the role that asks.
fn answers_policies(audit: &Audit, function: &SqlFunction) -> bool {
    function.returns == "boolean" && serves_policies(audit, function)
}

fn serves_policies(audit: &Audit, function: &SqlFunction) -> bool {
    audit.catalog.callers(&function.signature).next().is_some()
}

/// Policies run their functions with the rights of the asking role: those stay callable.
fn remedy(audit: &Audit, function: &SqlFunction) -> String {
    let signature = &function.signature;
    if serves_policies(audit, function) {
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
    let may = clients(audit).filter(|role| {
        !role.superuser
            && role.schemas.contains(&function.schema)
            && function.executable_by.contains(&role.name)
    });
    may.map(|role| role.name.as_str()).collect::<Vec<_>>().join(" and ")
}

/// Protected tables that it writes, and those that it returns something of.
pub(crate) fn touched(
    audit: &Audit,
    function: &SqlFunction,
    body: &Body,
) -> (Vec<String>, Vec<String>) {
    let (mut writes, mut reads) = (Vec::new(), Vec::new());
    let protected = |name: &str, rls: bool| rls || declared(audit, name).is_some();
    for table in audit.catalog.tables().filter(|t| protected(&t.name, t.rls)) {
        if body.writes(&table.name) {
            writes.push(table.name.clone());
        } else if body.reads(&table.name) && function.returns != "void" {
            reads.push(table.name.clone());
        }
    }
    (writes, reads)
}
