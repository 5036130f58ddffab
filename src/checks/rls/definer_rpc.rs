//! `rls.definer_rpc`: SECURITY DEFINER functions that clients can call and that write or return
//! protected rows.
//!
//! Bodies are matched as tokens. SQL that is built at run time is not examined, which is a WARNING.

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, accepted, clients, ident, table_finding};
use crate::access::body::Body;
use crate::access::paths::{Paths, ReachableTables, via};
use crate::facts::access::catalog::{Role, SqlFunction};
use crate::facts::access::contract::PathUse;
use crate::facts::access::{Audit, SERVICE_ROLE};
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text::some_of;

/// Check for callable functions that bypass row security. CRITICAL if the function writes or returns
/// protected rows without testing who calls it.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.definer_rpc",
    title: "clients can call functions that bypass RLS",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let paths = Paths::new(&audit.catalog, &audit.contract);
    callable(audit)
        .filter_map(|function| evaluate_function(check, audit, &paths, function))
        .collect()
}

fn evaluate_function<'a>(
    check: &Check<Audit>,
    audit: &'a Audit,
    paths: &Paths<'a>,
    function: &'a SqlFunction,
) -> Option<Finding> {
    let roles = callers(audit, function);
    let Judged { status, message, uses } = judge(paths, function, &roles)?;
    let (status, unlisted) = accepted(audit, &function.signature, &uses, status);
    let message = message + &unlisted;
    let source = "pg_proc";
    let fix = suggested_fix(audit, paths, function);
    let mut finding =
        table_finding(check, audit, status, &function.signature, message, source, fix);
    if status == Status::Ok {
        finding.suggested_fix = None;
    }
    Some(finding)
}

/// What a function gives to its callers.
pub(super) struct Judged {
    pub(super) status: Status,
    pub(super) message: String,
    pub(super) uses: Vec<PathUse>,
}

/// Judges a function that these roles may call; `None` if it reaches nothing past row security.
pub(super) fn judge<'a>(
    paths: &Paths<'a>,
    function: &'a SqlFunction,
    roles: &[&Role],
) -> Option<Judged> {
    let callers = roles.iter().map(|r| r.name.as_str()).collect::<Vec<_>>().join(" and ");
    let (reaches, uses): (Vec<_>, Vec<_>) =
        roles.iter().map(|role| paths.of_function(function, role)).unzip();
    let (reach, uses) = (merged(reaches.into_iter()), uses.concat());
    let (writes, reads) = (tables(&reach.writes), tables(&reach.reads));
    let foreign = paths.foreign(&reach);
    let (status, message) = match (writes.is_empty(), reads.is_empty()) {
        (true, true) => {
            if let Some(message) = unknown_access(function, &reach) {
                (Status::Warning, format!("{callers} may call it{message}"))
            } else if !foreign.is_empty() && !reach.asks {
                let foreign = some_of(&tables(&foreign), 3);
                let message = format!(
                    "{callers} may call it, and it uses {foreign}, to which RLS does not apply"
                );
                (Status::Warning, message)
            } else {
                return None;
            }
        }
        (_, false) if reach.asks && reach.is_partly_open => (
            Status::Warning,
            format!(
                "{callers} may call it; a part of its query compares nothing with the caller and reads {}",
                some_of(&reads, 3)
            ),
        ),
        (false, _) | (_, false) if reach.asks && null_check(function).is_some() => (
            Status::Warning,
            format!(
                "{callers} may call it; its check of {} does not stop callers for whom that is NULL, such as those without a row, \
                 and it reaches {}",
                null_check(function).unwrap_or_default(),
                some_of(&[writes, reads].concat(), 3)
            ),
        ),
        (false, _) if reach.asks && reach.compares => (
            Status::Ok,
            format!(
                "{callers} may call it; it checks the caller and writes {}: not examined whether it writes only the caller's rows",
                some_of(&writes, 3)
            ),
        ),
        (false, _) if reach.asks => (
            Status::Warning,
            format!(
                "{callers} may call it; it stores the caller, compares nothing with the caller, and writes {}",
                some_of(&writes, 3)
            ),
        ),
        (true, _) if paths.is_helper(function) => return None,
        (true, _) if reach.asks => (
            Status::Ok,
            format!(
                "{callers} may call it; it checks the caller before it reads {}: not examined whether it returns only the caller's rows",
                some_of(&reads, 3)
            ),
        ),
        (false, _) => (
            Status::Critical,
            format!("{callers} may call it, and it writes {} without RLS", some_of(&writes, 3)),
        ),
        (true, false) => (
            Status::Critical,
            format!("{callers} may call it, and it returns {} without RLS", some_of(&reads, 3)),
        ),
    };
    Some(Judged { status, message, uses })
}

/// The variable whose NULL passes the check of the caller in a function.
fn null_check(function: &SqlFunction) -> Option<String> {
    let body = Body::new(&function.source);
    let variable = (function.language == "plpgsql").then(|| body.null_passes().map(str::to_owned));
    variable.flatten()
}

/// Describes a body whose tables are not all known: its own, or that of a function that it calls.
fn unknown_access(function: &SqlFunction, reach: &ReachableTables) -> Option<String> {
    let unread = reach.unread.as_ref()?;
    Some(match *unread == function.signature {
        true => format!(" as {}; its body was not examined", function.owner),
        false => format!("; it runs {unread}, whose body was not examined"),
    })
}

/// Merges what several roles reach.
fn merged(reaches: impl Iterator<Item = ReachableTables>) -> ReachableTables {
    reaches.fold(
        ReachableTables { asks: true, compares: true, ..ReachableTables::default() },
        |mut all, reach| {
            all.asks &= reach.asks;
            all.compares &= reach.compares;
            all.is_partly_open |= reach.is_partly_open;
            all.reads.extend(reach.reads);
            all.writes.extend(reach.writes);
            all.open.extend(reach.open);
            all.unread = all.unread.or(reach.unread);
            all
        },
    )
}

/// Returns the tables, each with the steps on the way.
fn tables(reached: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    reached.iter().map(|(table, steps)| format!("{table}{}", via(steps))).collect()
}

/// Returns the functions that clients can call over the API. Functions of triggers cannot be called.
fn callable(audit: &Audit) -> impl Iterator<Item = &SqlFunction> {
    let functions = audit.catalog.functions.iter();
    functions.filter(|f| f.exposed && !f.is_trigger() && !callers(audit, f).is_empty())
}

fn is_called_by_policies(audit: &Audit, function: &SqlFunction) -> bool {
    audit.catalog.callers(&function.signature).next().is_some()
}

/// Returns the suggested fix. Policies call functions with the privileges of the querying role, so
/// EXECUTE on such a function must not be revoked; the same holds for functions that other ones call.
fn suggested_fix(audit: &Audit, paths: &Paths<'_>, function: &SqlFunction) -> String {
    let signature = &function.signature;
    if !function.policies_elsewhere.is_empty() {
        return format!(
            "-- Policies of {} call {signature}: do not revoke EXECUTE. Check the caller in its body (auth.uid()).",
            some_of(&function.policies_elsewhere, 3)
        );
    }
    if is_called_by_policies(audit, function) || paths.is_called_by_others(function) {
        return format!(
            "-- Policies or other functions call {signature}: do not revoke EXECUTE. Check the caller in its body\n\
             -- (auth.uid())."
        );
    }
    let kind = function.keyword();
    // Also from the groups through which clients may call it.
    let groups = function.granted_to.iter().filter(|group| {
        *group != SERVICE_ROLE && clients(audit).any(|role| role.inherits.contains(group))
    });
    let mut from: Vec<_> = clients(audit).map(|role| &role.name).chain(groups).collect();
    let mut known = BTreeSet::new();
    from.retain(|name| known.insert(*name));
    let from = from.into_iter().map(|name| ident(name)).collect::<Vec<_>>().join(", ");
    format!(
        "-- Whoever else calls it by PUBLIC's right, such as a worker's own login, needs a grant of its own.\n\
         BEGIN;\nGRANT EXECUTE ON {kind} {signature} TO {SERVICE_ROLE};\n\
         REVOKE EXECUTE ON {kind} {signature} FROM PUBLIC, {from};\nCOMMIT;"
    )
}

fn callers<'a>(audit: &'a Audit, function: &SqlFunction) -> Vec<&'a Role> {
    clients(audit).filter(|role| !role.superuser && role.may_call(function)).collect()
}
