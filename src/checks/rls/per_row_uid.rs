//! `rls.per_row_uid`: policies that call `auth.uid()` once per row instead of in `(select …)`.

use super::{Check, table_finding};
use crate::facts::access::Audit;
use crate::facts::access::catalog::Policy;
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text::some_of;

/// Check for per-row calls, which affect only performance. WARNING.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.per_row_uid",
    title: "policies that call auth.uid() for every row",
    section: Section::Access,
    evaluate,
};

const CALLS: [&str; 3] = ["auth.uid()", "auth.role()", "auth.jwt()"];

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let slow: Vec<_> = audit.catalog.policies.iter().filter(|p| calls_per_row(p)).collect();
    if slow.is_empty() {
        return vec![];
    }
    let names: Vec<_> = slow.iter().map(|p| format!("{} ({})", p.table, p.name)).collect();
    let message = format!(
        "{} policies call auth.uid() or similar once per row: {}",
        slow.len(),
        some_of(&names, 4)
    );
    let suggested_fix = slow.iter().map(|p| suggested_fix(p)).collect::<Vec<_>>().join("\n");
    vec![table_finding(
        check,
        audit,
        Status::Warning,
        "performance",
        message,
        "pg_policy",
        suggested_fix,
    )]
}

/// Whether a condition contains a call that is not wrapped in a SELECT.
fn calls_per_row(policy: &Policy) -> bool {
    [&policy.using, &policy.check].into_iter().flatten().any(|text| {
        CALLS.iter().any(|call| text.match_indices(call).any(|(at, _)| !is_wrapped(text, at)))
    })
}

/// Whether the innermost sub-select around a position reads no table: PostgreSQL evaluates it once per query.
fn is_wrapped(text: &str, at: usize) -> bool {
    let mut depth = 0_usize;
    for (open, c) in text[..at].char_indices().rev() {
        match c {
            ')' => depth += 1,
            '(' if depth > 0 => depth -= 1,
            '(' if text[open..].starts_with("( SELECT ") => {
                return !has_from(&text[open..]);
            }
            _ => {}
        }
    }
    false
}

/// Whether the sub-select at the start of a text has a FROM clause of its own.
fn has_from(text: &str) -> bool {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return false,
            ')' => depth = depth.saturating_sub(1),
            ' ' if depth == 1 && text[at..].starts_with(" FROM ") => return true,
            _ => {}
        }
    }
    false
}

/// Returns the policy with its calls wrapped in a SELECT. Calls that are wrapped already are kept.
fn suggested_fix(policy: &Policy) -> String {
    let wrap = |text: &String| {
        let wrap_call = |text: String, call: &&str| {
            let selected = format!("SELECT {call}");
            let without_wrapped = text.replace(&selected, "\u{0}");
            without_wrapped
                .replace(*call, &format!("( SELECT {call} )"))
                .replace('\u{0}', &selected)
        };
        CALLS.iter().fold(text.clone(), wrap_call)
    };
    let mut sql = format!("ALTER POLICY {} ON {}", super::ident(&policy.name), policy.table);
    if let Some(using) = &policy.using {
        sql.push_str(&format!(" USING ({})", wrap(using)));
    }
    if let Some(check) = &policy.check {
        sql.push_str(&format!(" WITH CHECK ({})", wrap(check)));
    }
    sql + ";"
}
