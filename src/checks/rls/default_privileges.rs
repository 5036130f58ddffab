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
    let (mut not_ours, mut with_public) = (Vec::new(), Vec::new());
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
        let opens = format!("{} of {} to {grantees}", default.objects, default.owner);
        if !default.alterable {
            not_ours.push(opens);
            continue;
        }
        opened.push(opens);
        let owner = ident(&default.owner);
        suggested_fix.push(format!(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {owner}{} REVOKE ALL ON {} FROM {grantees};",
            in_schema.unwrap_or_default(),
            default.objects
        ));
        // Everybody may call a new function, unless this is revoked in all schemas.
        if default.objects == "FUNCTIONS" && !with_public.contains(&owner) {
            suggested_fix.push(format!(
                "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;"
            ));
            with_public.push(owner);
        }
    }
    let of_others = (!not_ours.is_empty()).then(|| {
        let message = format!(
            "default privileges of roles that your login may not change grant access to their future objects: {}",
            not_ours.join("; ")
        );
        check.finding(Status::Ok, "default privileges", message)
    });
    if opened.is_empty() {
        return of_others.into_iter().collect();
    }
    let message =
        format!("default privileges grant access to future objects: {}", opened.join("; "));
    let suggested_fix = suggested_fix.join("\n");
    let finding = table_finding(
        check,
        audit,
        Status::Warning,
        "default privileges",
        message,
        "pg_default_acl",
        suggested_fix,
    );
    std::iter::once(finding).chain(of_others).collect()
}

fn grantee(default: &DefaultPrivilege) -> String {
    if default.grantee == "PUBLIC" { "PUBLIC".to_owned() } else { ident(&default.grantee) }
}
