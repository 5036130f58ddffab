//! `rls.default_privileges`: default privileges that grant future tables and functions to clients.

use super::{Check, ident, table_finding};
use crate::facts::access::catalog::DefaultPrivilege;
use crate::facts::access::{Audit, SERVICE_ROLE};
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that default privileges grant nothing to roles other than the service role. WARNING.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.default_privileges",
    title: "default privileges open future tables",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let defaults: Vec<_> =
        audit.catalog.defaults.iter().filter(|d| d.grantee != SERVICE_ROLE).collect();
    let (mut opened, mut suggested_fix) = (Vec::new(), Vec::new());
    for (index, default) in defaults.iter().enumerate() {
        let same_objects = |d: &&&DefaultPrivilege| {
            (&d.owner, &d.schema, &d.objects) == (&default.owner, &default.schema, &default.objects)
        };
        if defaults[..index].iter().any(|d| same_objects(&d)) {
            continue;
        }
        let grantees: Vec<_> = defaults.iter().filter(same_objects).map(|d| grantee(d)).collect();
        let grantees = grantees.join(", ");
        let in_schema = default.schema.as_ref().map(|s| format!(" IN SCHEMA {}", ident(s)));
        opened.push(format!("{} of {} to {grantees}", default.objects, default.owner));
        suggested_fix.push(format!(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {}{} REVOKE ALL ON {} FROM {grantees};",
            ident(&default.owner),
            in_schema.unwrap_or_default(),
            default.objects
        ));
    }
    if opened.is_empty() {
        return vec![];
    }
    let message =
        format!("default privileges grant access to future objects: {}", opened.join("; "));
    let suggested_fix = suggested_fix.join("\n");
    vec![table_finding(
        check,
        audit,
        Status::Warning,
        "default privileges",
        message,
        "pg_default_acl",
        suggested_fix,
    )]
}

fn grantee(default: &DefaultPrivilege) -> String {
    if default.grantee == "PUBLIC" { "PUBLIC".to_owned() } else { ident(&default.grantee) }
}
