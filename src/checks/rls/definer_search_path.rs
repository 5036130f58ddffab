//! `rls.definer_search_path`: SECURITY DEFINER functions that use the search_path of the caller.

use super::{Check, ident, table_finding};
use crate::facts::access::Audit;
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that SECURITY DEFINER functions set their own search_path. WARNING.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.definer_search_path",
    title: "definer functions without a search_path",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let without_search_path =
        audit.catalog.relevant_functions().filter(|f| f.definer && f.search_path.is_none());
    let finding = |f: &crate::facts::access::catalog::SqlFunction| {
        let message = format!("runs as {} with the search_path of its caller", f.owner);
        let suggested_fix = format!(
            "ALTER {} {} SET search_path = {};",
            f.keyword(),
            f.signature,
            ident(&f.schema)
        );
        table_finding(
            check,
            audit,
            Status::Warning,
            &f.signature,
            message,
            "pg_proc",
            suggested_fix,
        )
    };
    without_search_path.map(finding).collect()
}
