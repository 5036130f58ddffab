//! `rls.off`: an exposed table without row security is open to whoever holds a grant.

use super::{Check, about, declared, open_to};
use crate::facts::access::Audit;
use crate::facts::{Finding, Section, Status, Thresholds};

/// row security is off where clients can reach.
pub const CHECK: Check<Audit> = Check {
    id: "rls.off",
    title: "row security is off where clients can reach",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for table in audit.catalog.tables().filter(|t| !t.rls) {
        let expected = declared(audit, &table.name).map(|d| d.rls);
        let policies = audit.catalog.policies_on(&table.name).count();
        if policies > 0 || expected == Some(false) {
            continue;
        }
        let roles = open_to(audit, table);
        let (verdict, message) = match (roles.is_empty(), expected) {
            (true, Some(true)) => {
                (Status::Warning, "row security is off; only missing grants protect it".to_owned())
            }
            (true, _) => continue,
            (false, _) => {
                let roles = roles.join(" and ");
                let what = table.partition_of.as_ref().map_or(String::new(), |parent| {
                    format!(" (a partition: the policies of {parent} do not apply to it directly)")
                });
                (Status::Critical, format!("row security is off, and {roles} may use it{what}"))
            }
        };
        let name = &table.name;
        let remedy = format!(
            "-- With row security on and no policy clients see nothing: create the policies they need first.\n\
             ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;"
        );
        findings.push(about(check, audit, verdict, name, message, "pg_class", remedy));
    }
    findings
}
