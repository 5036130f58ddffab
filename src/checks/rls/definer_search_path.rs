//! `rls.definer_search_path`: SECURITY DEFINER functions that use the search_path of the caller.

use super::{Check, ident, table_finding};
use crate::facts::access::Audit;
use crate::facts::access::catalog::SqlFunction;
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check that SECURITY DEFINER functions set their own search_path. WARNING.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.definer_search_path",
    title: "definer functions without a search_path",
    section: Section::Access,
    evaluate,
};

/// Its own schema, and those whose names its body uses without them. `pg_temp` last, otherwise it is searched first.
fn path(function: &SqlFunction) -> String {
    let mut schemas = vec![ident(&function.schema)];
    schemas.extend(function.path_schemas.iter().map(|schema| ident(schema)));
    schemas.push("pg_temp".to_owned());
    schemas.join(", ")
}

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let without_search_path =
        audit.catalog.relevant_functions().filter(|f| f.definer && f.search_path.is_none());
    let finding = |f: &SqlFunction| {
        let message = format!("runs as {} with the search_path of its caller", f.owner);
        let suggested_fix =
            format!("ALTER {} {} SET search_path = {};", f.keyword(), f.signature, path(f));
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
