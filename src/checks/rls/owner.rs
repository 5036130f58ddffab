//! `rls.owner`: tables that belong to a client role, whom row security does not bind.

use super::{Check, clients, contract_table, ident, table_finding};
use crate::facts::access::Audit;
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that no client owns a table outside the contract, or can become its owner. CRITICAL.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.owner",
    title: "tables owned by client roles",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for table in audit.catalog.tables().filter(|t| t.rls) {
        // A client with the rights of a superuser or of BYPASSRLS is reported by rls.bypass_role.
        let roles = clients(audit)
            .filter(|r| !r.superuser && !r.bypass_rls && r.can_become_bypass.is_empty());
        for role in roles {
            let owns = role.inherits.contains(&table.owner) && !table.force;
            let becomes = role.can_become.contains(&table.owner);
            let is_declared = contract_table(audit, &table.name).is_some() && !becomes;
            if is_declared || !(owns || becomes) {
                continue;
            }
            let how = if owns { "has the rights of its owner" } else { "can become its owner" };
            let message = format!("{} {how}, {}: RLS does not apply to it", role.name, table.owner);
            let fix = if role.name == table.owner {
                format!("ALTER TABLE {} OWNER TO CURRENT_USER;", table.name)
            } else {
                format!("REVOKE {} FROM {};", ident(&table.owner), ident(&role.name))
            };
            let status = Status::Critical;
            findings.push(table_finding(
                check,
                audit,
                status,
                &table.name,
                message,
                "pg_class.relowner",
                fix,
            ));
        }
    }
    findings
}
