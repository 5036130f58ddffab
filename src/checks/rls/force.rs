//! `rls.force`: FORCE ROW LEVEL SECURITY compared with the contract.

use super::{Check, contract_table, table_finding};
use crate::facts::access::Audit;
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that tables have FORCE where the contract expects it. WARNING. Other tables without it are
/// counted in an OK finding.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.force",
    title: "RLS applies to the owner where the contract has FORCE",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut unforced = 0;
    for table in audit.catalog.tables().filter(|t| t.rls && !t.force) {
        if contract_table(audit, &table.name).is_none_or(|d| !d.force) {
            unforced += 1;
            continue;
        }
        let name = &table.name;
        // FORCE also applies to a SECURITY DEFINER helper of the same owner, which would then read no rows.
        let helper = audit.catalog.policies_on(name).flat_map(|p| &p.functions).find(|signature| {
            audit.catalog.function(signature).is_some_and(|f| f.definer && f.owner == table.owner)
        });
        let suggested_fix = match helper {
            Some(helper) if !table.owner_bypasses_rls => format!(
                "-- Not yet: {helper} runs as the owner {} and would no longer see rows. Change its owner first.",
                table.owner
            ),
            _ => format!("ALTER TABLE {name} FORCE ROW LEVEL SECURITY;"),
        };
        let message = "FORCE ROW LEVEL SECURITY is in the contract and missing".to_owned();
        findings.push(table_finding(
            check,
            audit,
            Status::Warning,
            name,
            message,
            "pg_class",
            suggested_fix,
        ));
    }
    if unforced > 0 {
        let message = format!("RLS does not apply to the owner of {unforced} tables (no FORCE)");
        findings.push(check.finding(Status::Ok, "owners", message));
    }
    findings
}
