//! Conditions of policies that hold for some rows whoever calls: `published`, or `published OR owner = auth.uid()`.

use super::body::Body;
use super::caller::mentions_caller;
use super::compute::{applicable, binds};
use super::expression::{alternatives, normalise, requirements, strip_brackets};
use super::paths::{Paths, local};
use super::policies::{Side, expression};
use crate::facts::access::catalog::{Policy, Relation, Role};
use crate::facts::access::{AccessCatalog, SqlCommand};

/// Whether a permissive policy admits rows without a look at the caller. An expression that is not understood counts as
/// one that looks.
pub(crate) fn admits_without_caller(
    paths: &Paths<'_>,
    policy: &Policy,
    side: Side,
    role: &Role,
) -> bool {
    let Some(text) = expression(policy, side) else { return false };
    let condition = Condition { paths, policy, role };
    // A condition that asks for NULL beside one about the caller means it: rows of nobody in particular.
    let texts = [&policy.using, &policy.check].into_iter().flatten();
    let looks_somewhere = texts.into_iter().any(|text| condition.looks_at_caller(text));
    condition.is_free(text, !looks_somewhere)
}

/// Whether an expression of a policy depends on the caller, or may do so.
pub(crate) fn may_look_at_caller(
    paths: &Paths<'_>,
    policy: &Policy,
    side: Side,
    role: &Role,
) -> bool {
    let condition = Condition { paths, policy, role };
    expression(policy, side).is_some_and(|text| condition.looks_at_caller(text))
}

/// A condition of a policy, for one role.
struct Condition<'c, 'a> {
    paths: &'c Paths<'a>,
    policy: &'c Policy,
    role: &'c Role,
}

impl Condition<'_, '_> {
    fn is_free(&self, text: &str, with_null_tests: bool) -> bool {
        let any = alternatives(text);
        if any.len() > 1 {
            return any.into_iter().any(|part| self.is_free(part, with_null_tests));
        }
        let all = requirements(text);
        if all.len() > 1 {
            return all.into_iter().all(|part| self.is_free(part, with_null_tests));
        }
        let is_null_test = strip_brackets(text).ends_with(" IS NULL");
        normalise(text) != "false"
            && (with_null_tests || !is_null_test)
            && !self.looks_at_caller(text)
    }

    /// Whether any part of a condition depends on the caller.
    fn looks_at_caller(&self, text: &str) -> bool {
        let any = alternatives(text);
        let parts = if any.len() > 1 { any } else { requirements(text) };
        match &parts[..] {
            [part] => self.part_looks_at_caller(part),
            parts => parts.iter().any(|part| self.looks_at_caller(part)),
        }
    }

    fn part_looks_at_caller(&self, text: &str) -> bool {
        let body = Body::new(text);
        let catalog = self.paths.catalog();
        let function_looks = |signature: &String| match catalog.function(signature) {
            Some(function) if !body.has_word(local(&function.name)) => false,
            // What `auth.uid()` is compared with is known from the text.
            Some(function) if function.returns_claims() => match local(&function.name) {
                "uid" => false,
                "jwt" | "role" => !self.is_true_of_role(text, &body),
                _ => true,
            },
            Some(function) => self.paths.may_look_at_caller(function),
            None => true,
        };
        let relation_looks = |name: &String| {
            let relation = catalog.relation(name);
            body.has_word(local(name)) && relation.is_none_or(|r| self.hides_rows(catalog, r))
        };
        mentions_caller(text)
            || self.policy.functions.iter().any(function_looks)
            || self.policy.relations.iter().any(relation_looks)
    }

    /// Whether a part with `auth.jwt()` or `auth.role()` holds for every request of the role: it asks whether there is a
    /// value, or names the role, which is the value of the claims `role` and `aud`.
    fn is_true_of_role(&self, text: &str, body: &Body) -> bool {
        let text = strip_brackets(text);
        if text.ends_with(" IS NULL") || text.ends_with(" IS NOT NULL") {
            return true;
        }
        let names_role = body.strings().any(|s| s == self.role.name);
        let is_negated = text.contains("<>") || text.contains("NOT ");
        let has_column = self.policy.columns.iter().any(|column| body.has_word(column));
        names_role != is_negated && !has_column
    }

    /// Whether the rows of a relation that the role sees depend on the caller: a policy is evaluated with the rights of
    /// the role.
    fn hides_rows(&self, catalog: &AccessCatalog, relation: &Relation) -> bool {
        if !relation.is_table() {
            return true;
        }
        let policies: Vec<_> =
            applicable(catalog, relation, self.role, SqlCommand::Select).collect();
        let looks = |p: &&Policy| {
            let calls = !p.functions.is_empty() || !p.relations.is_empty();
            calls || p.using.as_deref().is_some_and(mentions_caller)
        };
        binds(relation, self.role)
            && (policies.iter().all(|p| !p.permissive) || policies.iter().any(looks))
    }
}
