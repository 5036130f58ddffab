//! Evaluates a value against a rule: accepted, refused or unknown.

use super::Zod;
use super::types::{
    boolean, date, number, number_check, one_of, string, string_bool, structure, wrong_type,
};
use super::value_result::ValueResult;
use crate::zod::engine::{self, JsValue, Outcome, Variables};
use crate::zod::model::{Condition, Constant, FunctionUse, NumberCheck, Rule, SchemaFunction};

/// Reasons that are given for one list.
const MAX_REASONS: usize = 5;

/// What a rule is evaluated with.
#[derive(Clone, Copy)]
pub(crate) struct Run<'v> {
    /// The major version of zod.
    pub(crate) zod: Zod,
    /// The variables that code of the schema may read.
    pub(crate) variables: &'v Variables,
    /// The key is judged by itself, not as a part of an object.
    pub(crate) alone: bool,
}

/// How a zod 4 object treats a missing key, by the rule of the key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum MissingKeyRule {
    /// The rule is evaluated for `undefined`.
    Evaluated,
    /// The key may be missing.
    Accepted,
    /// The missing value is replaced.
    Replaced,
}

/// Evaluates a key of an object: its value, or its absence.
pub(crate) fn evaluate(rule: &Rule, value: JsValue, with: Run<'_>) -> ValueResult {
    if value != JsValue::Undefined || with.alone {
        return run(rule, value, with);
    }
    missing(rule, with)
}

fn missing(rule: &Rule, with: Run<'_>) -> ValueResult {
    // The branch that applies decides how a missing key is treated.
    if let Rule::Choice(condition, then, otherwise) = rule {
        return choice(condition, with, |taken| {
            missing(if taken { then } else { otherwise }, with)
        });
    }
    let mut outcome = run(rule, JsValue::Undefined, with);
    if with.zod == Zod::Three || outcome.thrown {
        return outcome;
    }
    match (optional_in(rule), optional_out(rule)) {
        (MissingKeyRule::Evaluated, _) if outcome.is_accepted() => {
            ValueResult::unknown("releases of zod 4 disagree on a missing key here")
        }
        (MissingKeyRule::Accepted | MissingKeyRule::Replaced, true) => {
            outcome.refused.clear();
            outcome
        }
        _ => outcome,
    }
}

/// The `optin` property of zod 4.
fn optional_in(rule: &Rule) -> MissingKeyRule {
    match rule {
        Rule::Optional(inner) | Rule::Catch(inner, _) => {
            optional_in(inner).max(MissingKeyRule::Accepted)
        }
        Rule::Nullable(inner) | Rule::Readonly(inner) | Rule::Refine(inner, ..) => {
            optional_in(inner)
        }
        Rule::Both(a, b) | Rule::Choice(_, a, b) => optional_in(a).min(optional_in(b)),
        Rule::Default(..) | Rule::Prefault(..) => MissingKeyRule::Replaced,
        Rule::Pipe(from, _) => optional_in(from),
        Rule::Transform(_) | Rule::Undeclared => MissingKeyRule::Accepted,
        Rule::Union(options) => {
            options.iter().map(optional_in).max().unwrap_or(MissingKeyRule::Evaluated)
        }
        _ => MissingKeyRule::Evaluated,
    }
}

/// The `optout` property of zod 4.
fn optional_out(rule: &Rule) -> bool {
    match rule {
        Rule::Optional(_) => true,
        Rule::Nullable(inner)
        | Rule::Readonly(inner)
        | Rule::Refine(inner, ..)
        | Rule::Catch(inner, _) => optional_out(inner),
        Rule::Both(a, b) | Rule::Choice(_, a, b) => optional_out(a) && optional_out(b),
        Rule::Undeclared => true,
        Rule::Pipe(_, to) => optional_out(to),
        Rule::Union(options) => options.iter().any(optional_out),
        _ => false,
    }
}

/// Evaluates a value against a rule.
fn run(rule: &Rule, value: JsValue, with: Run<'_>) -> ValueResult {
    match rule {
        Rule::Text { coerce, checks } => string(*coerce, checks, value, with.zod),
        Rule::Number { coerce, checks } => number(*coerce, checks, value, with.zod),
        Rule::Boolean { coerce } => boolean(*coerce, value),
        Rule::Date { coerce } => date(*coerce, value),
        Rule::StringBool { truthy, falsy, exact_case } => {
            string_bool(truthy, falsy, *exact_case, value)
        }
        Rule::OneOf(values) => one_of(values, value),
        Rule::Any => ValueResult::accept(value),
        Rule::Never => ValueResult::refuse(value, "no value is allowed"),
        Rule::Structure(kind) => structure(kind, value),
        Rule::List { item, checks } => list(item, checks, value, with),
        Rule::Both(a, b) => both(a, b, value, with),
        Rule::Choice(condition, then, otherwise) => choice(condition, with, |taken| {
            run(if taken { then } else { otherwise }, value.clone(), with)
        }),
        Rule::Undeclared => ValueResult::accept(value),
        Rule::Union(options) => union(options, &value, with),
        Rule::Optional(inner) => optional(inner, value, with),
        Rule::Nullable(_) if value == JsValue::Null => ValueResult::accept(value),
        Rule::Nullable(inner) | Rule::Readonly(inner) => run(inner, value, with),
        Rule::NonOptional(inner) => non_optional(inner, value, with),
        Rule::Default(inner, given) => default(inner, given.as_ref(), value, with),
        Rule::Prefault(inner, given) if value == JsValue::Undefined => {
            run(inner, given_value(given.as_ref()), with)
        }
        Rule::Prefault(inner, _) => run(inner, value, with),
        Rule::Catch(inner, given) => caught(inner, given.as_ref(), value, with),
        Rule::Pipe(from, to) => {
            let first = run(from, value, with);
            if first.refused.is_empty() { then(first, to, with) } else { first }
        }
        Rule::Refine(inner, function, used) => {
            refine(run(inner, value, with), function, *used, with)
        }
        Rule::Transform(function) => transform(function, value, with),
        Rule::Unresolved(what) => ValueResult::unknown(what.to_string()),
    }
}

/// Evaluates the output of the first rule of a pipe against the second.
fn then(first: ValueResult, to: &Rule, with: Run<'_>) -> ValueResult {
    let mut second = run(to, first.value, with);
    second.unknown.splice(0..0, first.unknown);
    second
}

/// The first option that accepts the value; unknown if an earlier one is unknown.
fn union(options: &[Rule], value: &JsValue, with: Run<'_>) -> ValueResult {
    let mut unknown = Vec::new();
    let mut refused = Vec::new();
    for option in options {
        let outcome = run(option, value.clone(), with);
        if outcome.thrown && unknown.is_empty() {
            return outcome;
        }
        if outcome.thrown {
            return ValueResult { unknown, ..ValueResult::accept(JsValue::Opaque) };
        }
        if !outcome.refused.is_empty() {
            refused.extend(outcome.refused);
        } else if !outcome.unknown.is_empty() {
            unknown.extend(outcome.unknown);
        } else if unknown.is_empty() {
            return outcome;
        } else {
            // Accepted in any case; the output is not known.
            return ValueResult::accept(JsValue::Opaque);
        }
    }
    if !unknown.is_empty() {
        return ValueResult { unknown, ..ValueResult::accept(JsValue::Opaque) };
    }
    refused.dedup();
    ValueResult::refuse(value.clone(), refused.join(", or "))
}

/// `.optional()`
fn optional(inner: &Rule, value: JsValue, with: Run<'_>) -> ValueResult {
    if value != JsValue::Undefined {
        return run(inner, value, with);
    }
    if with.zod == Zod::Three || optional_in(inner) != MissingKeyRule::Replaced {
        return ValueResult::accept(value);
    }
    // The replacement is evaluated; if it is refused, the value stays missing.
    let outcome = run(inner, value, with);
    let kept = outcome.refused.is_empty() || outcome.thrown;
    if kept { outcome } else { ValueResult::accept(JsValue::Undefined) }
}

/// `.required()`: zod 3 removes `.optional()`, zod 4 checks the output.
fn non_optional(inner: &Rule, value: JsValue, with: Run<'_>) -> ValueResult {
    if with.zod == Zod::Three {
        return match inner {
            Rule::Optional(inner) => non_optional(inner, value, with),
            inner => run(inner, value, with),
        };
    }
    let outcome = run(inner, value, with);
    if outcome.refused.is_empty() && outcome.value == JsValue::Undefined {
        return ValueResult::refuse(JsValue::Undefined, "is required");
    }
    outcome
}

fn given_value(given: Option<&Constant>) -> JsValue {
    given.map_or(JsValue::Opaque, JsValue::from)
}

/// `.default(…)`: zod 3 evaluates the replacement of a missing value, zod 4 does not.
fn default(inner: &Rule, given: Option<&Constant>, value: JsValue, with: Run<'_>) -> ValueResult {
    if value == JsValue::Undefined {
        let given = given_value(given);
        return if with.zod == Zod::Three {
            run(inner, given, with)
        } else {
            ValueResult::accept(given)
        };
    }
    let mut outcome = run(inner, value, with);
    if with.zod == Zod::Four && outcome.value == JsValue::Undefined {
        outcome.value = given_value(given);
    }
    outcome
}

/// `.catch(…)`
fn caught(inner: &Rule, given: Option<&Constant>, value: JsValue, with: Run<'_>) -> ValueResult {
    let outcome = run(inner, value, with);
    if outcome.thrown {
        return outcome;
    }
    match (outcome.refused.is_empty(), outcome.unknown.is_empty()) {
        (true, true) => outcome,
        (false, _) => ValueResult::accept(given_value(given)),
        (true, false) => ValueResult::accept(JsValue::Opaque),
    }
}

/// The output of a function for a value.
pub(crate) fn transform(function: &SchemaFunction, value: JsValue, with: Run<'_>) -> ValueResult {
    let script = match function {
        SchemaFunction::Script(script) => script,
        SchemaFunction::Opaque(what) => return ValueResult::unknown(what.to_string()),
    };
    match engine::run(script, FunctionUse::Transform, &value, with.variables) {
        Outcome::Returned(JsValue::Never, _) => {
            ValueResult::refuse(JsValue::Never, format!("{function} reports an issue"))
        }
        Outcome::Returned(value, 0) => ValueResult::accept(value),
        Outcome::Returned(value, _) => {
            ValueResult::refuse(value, format!("{function} reports an issue"))
        }
        Outcome::Threw => ValueResult::throw(&function.to_string()),
        Outcome::Unknown(reason) => ValueResult::unknown(format!("{function}: {reason}")),
    }
}

/// The result of a check that is code, after the rule before it.
pub(crate) fn refine(
    mut before: ValueResult,
    function: &SchemaFunction,
    used: FunctionUse,
    with: Run<'_>,
) -> ValueResult {
    if !before.refused.is_empty() {
        // A check that throws on a value that is refused makes no difference.
        return before;
    }
    let script = match function {
        SchemaFunction::Script(script) => script,
        SchemaFunction::Opaque(what) => {
            before.unknown.push(what.to_string());
            return before;
        }
    };
    match engine::run(script, used, &before.value, with.variables) {
        Outcome::Threw => return ValueResult::throw(&function.to_string()),
        Outcome::Unknown(reason) => before.unknown.push(format!("{function}: {reason}")),
        Outcome::Returned(result, issues) => {
            let holds = match used {
                FunctionUse::Predicate => result.truthy(),
                _ => Some(issues == 0),
            };
            before.require(holds, &format!("must satisfy {function}"));
        }
    }
    before
}

/// The result of the branch that a condition takes; of both, if the condition is not known.
fn choice(
    condition: &Condition,
    with: Run<'_>,
    mut branch: impl FnMut(bool) -> ValueResult,
) -> ValueResult {
    let reason = match holds(condition, with.variables) {
        Ok(taken) => return branch(taken),
        Err(reason) => reason,
    };
    let (then, otherwise) = (branch(true), branch(false));
    if then == otherwise || (!then.refused.is_empty() && !otherwise.refused.is_empty()) {
        return then;
    }
    let unknown = vec![format!("it depends on {condition}: {reason}")];
    if then.is_accepted() && otherwise.is_accepted() {
        return ValueResult::accept(JsValue::Opaque);
    }
    ValueResult { unknown, ..ValueResult::accept(JsValue::Opaque) }
}

/// Whether a condition holds; an error if that is not known.
pub(crate) fn holds(condition: &Condition, variables: &Variables) -> Result<bool, String> {
    let script = match condition {
        Condition::Script(script) => script,
        Condition::Unresolved(what) => return Err(what.to_string()),
    };
    let value = engine::run(script, FunctionUse::Value, &JsValue::Undefined, variables);
    value.value()?.truthy().ok_or_else(|| "its result is not followed".to_owned())
}

/// Both rules of an intersection, whose outputs are merged.
fn both(a: &Rule, b: &Rule, value: JsValue, with: Run<'_>) -> ValueResult {
    let mut first = run(a, value.clone(), with);
    let second = run(b, value, with);
    let same = first.value == second.value && first.value != JsValue::Opaque;
    first.refused.extend(second.refused);
    first.unknown.extend(second.unknown);
    first.thrown |= second.thrown;
    if !same && first.refused.is_empty() && first.unknown.is_empty() {
        first.unknown.push("the results of both sides may not be merged".to_owned());
    }
    first
}

/// `z.array(x)`
fn list(item: &Rule, checks: &[NumberCheck], value: JsValue, with: Run<'_>) -> ValueResult {
    let JsValue::List(items) = value else { return wrong_type("an array", value) };
    let mut outcome = ValueResult::accept(JsValue::Undefined);
    // The length of a list is below 2⁵³, so the conversion is exact.
    let length = items.len() as f64;
    for check in checks {
        number_check(check, length, with.zod, &mut outcome);
    }
    let mut values = Vec::with_capacity(items.len());
    for (index, value) in items.into_iter().enumerate() {
        let result = run(item, value, with);
        let named = |reason: String| format!("item {}: {reason}", index + 1);
        outcome.refused.extend(result.refused.into_iter().map(named));
        outcome.unknown.extend(result.unknown);
        outcome.thrown |= result.thrown;
        values.push(result.value);
    }
    outcome.refused.truncate(MAX_REASONS);
    outcome.value = JsValue::List(values);
    outcome
}
