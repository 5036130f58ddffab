//! `rls.default_privileges`: tables and functions of the future will be granted to clients.

use super::Check;
use super::{about, ident};
use crate::facts::access::Audit;
use crate::facts::access::SERVICE_ROLE;
use crate::facts::{Finding, Limits, Section, Verdict};

/// future tables open by themselves.
pub const CHECK: Check<Audit> = Check {
    id: "rls.default_privileges",
    title: "future tables open by themselves",
    section: Section::Access,
    judge,
};

fn judge(check: &Check<Audit>, audit: &Audit, _: &Limits) -> Vec<Finding> {
    let (mut who, mut remedy) = (Vec::new(), Vec::new());
    let open = audit.catalog.defaults.iter().filter(|d| d.grantee != SERVICE_ROLE);
    for default in open {
        let place =
            default.schema.as_ref().map_or(String::new(), |s| format!(" IN SCHEMA {}", ident(s)));
        let grantee =
            if default.grantee == "PUBLIC" { "PUBLIC".into() } else { ident(&default.grantee) };
        who.push(format!("{} of {} to {grantee}", default.objects, default.owner));
        remedy.push(format!(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {}{place} REVOKE ALL ON {} FROM {grantee};",
            ident(&default.owner),
            default.objects
        ));
    }
    if who.is_empty() {
        return vec![];
    }
    who.sort();
    who.dedup();
    let message = format!("objects of the future open by themselves: {}", who.join("; "));
    let remedy = remedy.join("\n");
    vec![about(
        check,
        audit,
        Verdict::Warning,
        "default privileges",
        message,
        "pg_default_acl",
        remedy,
    )]
}
