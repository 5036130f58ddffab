//! How PostgreSQL combines policies: at least one permissive expression must hold, and every restrictive one.

use crate::facts::access::SqlCommand;
use crate::facts::access::catalog::Policy;
use crate::facts::access::evaluated::{PolicyResult, PolicyRun, SqlFailure};

/// Which rows an expression is applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// USING: existing rows.
    Using,
    /// WITH CHECK: new rows.
    Check,
}

impl Side {
    /// The sides that limit a command.
    pub(crate) fn of(command: SqlCommand) -> &'static [Self] {
        match command {
            SqlCommand::Select | SqlCommand::Delete => &[Self::Using],
            SqlCommand::Insert => &[Self::Check],
            SqlCommand::Update => &[Self::Using, Self::Check],
        }
    }
}

/// The expression of a policy for a side. USING replaces a missing WITH CHECK; a missing USING admits no row.
pub(crate) fn expression(policy: &Policy, side: Side) -> Option<&str> {
    match side {
        Side::Using => policy.using.as_deref(),
        Side::Check => policy.check.as_deref().or(policy.using.as_deref()),
    }
}

/// The expressions of all policies that apply to a role and command, for one side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Combined<'a> {
    /// Expressions of permissive policies.
    pub(crate) permissive: Vec<&'a str>,
    /// Expressions of restrictive policies.
    pub(crate) restrictive: Vec<&'a str>,
}

impl<'a> Combined<'a> {
    /// Combines policies. Those without an expression for this side neither admit nor restrict.
    pub(crate) fn new(policies: impl IntoIterator<Item = &'a Policy>, side: Side) -> Self {
        let mut combined = Self::default();
        for policy in policies {
            let Some(expression) = expression(policy, side) else { continue };
            let list = if policy.permissive {
                &mut combined.permissive
            } else {
                &mut combined.restrictive
            };
            list.push(expression);
        }
        combined
    }

    /// The condition as SQL, in the server's own order: restrictive expressions first.
    pub(crate) fn sql(&self) -> String {
        if self.permissive.is_empty() {
            return "false".to_owned();
        }
        let any: Vec<_> = self.permissive.iter().map(|e| format!("({e})")).collect();
        let mut all: Vec<_> = self.restrictive.iter().map(|e| format!("({e})")).collect();
        all.push(format!("({})", any.join(" OR ")));
        all.join(" AND ")
    }

    /// Whether a condition on its expressions holds for one that the server would evaluate.
    pub(crate) fn contains_any(&self, matches: impl Fn(&str) -> bool) -> bool {
        !self.permissive.is_empty()
            && self.permissive.iter().chain(&self.restrictive).any(|e| matches(e))
    }

    /// The error that the server reports for it in a run: an error of an expression counts only if evaluating all of
    /// them together fails as well.
    pub(crate) fn failure<'r>(&self, run: &'r PolicyRun) -> Option<&'r SqlFailure> {
        if !self.contains_any(|expression| run.failures.contains_key(expression)) {
            return None;
        }
        let condition = self.sql();
        match run.failures.get(&condition) {
            None if run.results.contains_key(&condition) => None,
            Some(failure) => Some(failure),
            None => {
                let mut all = self.permissive.iter().chain(&self.restrictive);
                all.find_map(|expression| run.failures.get(*expression))
            }
        }
    }

    /// The result for one row of a run.
    pub(crate) fn policy_result(&self, run: &PolicyRun, row: usize) -> PolicyResult {
        // Evaluated together only if an expression failed by itself.
        if !run.failures.is_empty()
            && self.contains_any(|expression| run.failures.contains_key(expression))
            && let Some(results) = run.results.get(&self.sql())
        {
            return results.get(row).copied().unwrap_or(PolicyResult::NotTested);
        }
        let of = |expression: &&str| {
            let results = run.results.get(*expression);
            results.and_then(|v| v.get(row)).copied().unwrap_or(PolicyResult::NotTested)
        };
        let any = self.permissive.iter().map(of).fold(PolicyResult::Rejects, or);
        self.restrictive.iter().map(of).fold(any, and)
    }
}

/// OR of three-valued logic.
fn or(a: PolicyResult, b: PolicyResult) -> PolicyResult {
    match (a, b) {
        (PolicyResult::Impossible, _) | (_, PolicyResult::Impossible) => PolicyResult::Impossible,
        (PolicyResult::Admits, _) | (_, PolicyResult::Admits) => PolicyResult::Admits,
        (PolicyResult::NotTested, _) | (_, PolicyResult::NotTested) => PolicyResult::NotTested,
        _ => PolicyResult::Rejects,
    }
}

/// AND of three-valued logic.
pub(crate) fn and(a: PolicyResult, b: PolicyResult) -> PolicyResult {
    match (a, b) {
        (PolicyResult::Impossible, _) | (_, PolicyResult::Impossible) => PolicyResult::Impossible,
        (PolicyResult::Rejects, _) | (_, PolicyResult::Rejects) => PolicyResult::Rejects,
        (PolicyResult::NotTested, _) | (_, PolicyResult::NotTested) => PolicyResult::NotTested,
        _ => PolicyResult::Admits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::rls::tests::policy;

    #[test]
    fn policy_without_using_admits_no_row_but_checks_new_ones() {
        let mut p = policy("p", "authenticated", "x");
        (p.using, p.check) = (None, Some("(b = 1)".into()));
        assert_eq!(Combined::new([&p], Side::Using).sql(), "false");
        assert_eq!(Combined::new([&p], Side::Check).sql(), "(((b = 1)))");
        p.permissive = false;
        assert_eq!(Combined::new([&p], Side::Using), Combined::default());
    }

    #[test]
    fn permissive_policies_add_up_and_restrictive_ones_limit() {
        let (a, b) = (policy("a", "public", "a"), policy("b", "public", "b"));
        let mut r = policy("r", "public", "r");
        r.permissive = false;
        assert_eq!(Combined::new([&a, &b, &r], Side::Using).sql(), "(r) AND ((a) OR (b))");
    }
}
