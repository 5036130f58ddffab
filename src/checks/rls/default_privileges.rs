//! `rls.default_privileges`: tables and functions of the future will be granted to clients.

use super::{Check, about, ident};
use crate::facts::access::catalog::DefaultPrivilege;
use crate::facts::access::{Audit, SERVICE_ROLE};
use crate::facts::{Finding, Section, Status, Thresholds};

/// future tables open by themselves.
pub const CHECK: Check<Audit> = Check {
    id: "rls.default_privileges",
    title: "future tables open by themselves",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let open: Vec<_> =
        audit.catalog.defaults.iter().filter(|d| d.grantee != SERVICE_ROLE).collect();
    let (mut who, mut remedy) = (Vec::new(), Vec::new());
    for (at, default) in open.iter().enumerate() {
        let same = |d: &&&DefaultPrivilege| {
            (&d.owner, &d.schema, &d.objects) == (&default.owner, &default.schema, &default.objects)
        };
        if open[..at].iter().any(|d| same(&d)) {
            continue;
        }
        let grantees: Vec<_> = open.iter().filter(same).map(|d| grantee(d)).collect();
        let grantees = grantees.join(", ");
        let place = default.schema.as_ref().map(|s| format!(" IN SCHEMA {}", ident(s)));
        who.push(format!("{} of {} to {grantees}", default.objects, default.owner));
        remedy.push(format!(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {}{} REVOKE ALL ON {} FROM {grantees};",
            ident(&default.owner),
            place.unwrap_or_default(),
            default.objects
        ));
    }
    if who.is_empty() {
        return vec![];
    }
    let message = format!("objects of the future open by themselves: {}", who.join("; "));
    let remedy = remedy.join("\n");
    vec![about(
        check,
        audit,
        Status::Warning,
        "default privileges",
        message,
        "pg_default_acl",
        remedy,
    )]
}

fn grantee(default: &DefaultPrivilege) -> String {
    if default.grantee == "PUBLIC" { "PUBLIC".to_owned() } else { ident(&default.grantee) }
}
