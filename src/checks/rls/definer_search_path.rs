//! `rls.definer_search_path`: a definer function that finds its tables by the caller's search_path.

use super::{Check, about};
use crate::facts::access::Audit;
use crate::facts::{Finding, Section, Status, Thresholds};

/// definer functions without a search_path.
pub const CHECK: Check<Audit> = Check {
    id: "rls.definer_search_path",
    title: "definer functions without a search_path",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let loose = audit.catalog.functions.iter().filter(|f| f.definer && f.search_path.is_none());
    let finding = |f: &crate::facts::access::catalog::SqlFunction| {
        let message = format!("runs as {} by the caller's search_path", f.owner);
        let remedy = format!("ALTER FUNCTION {} SET search_path = {};", f.signature, f.schema);
        about(check, audit, Status::Warning, &f.signature, message, "pg_proc", remedy)
    };
    loose.map(finding).collect()
}
