//! Holds one value against one rule, as zod does, in three values: accepted, refused, unknown.

use super::javascript::{JsValue, number, trim};
use super::{Zod, leaves, strings};
use crate::zod::model::{Constant, Rule, SchemaFunction};

/// What became of a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ValueResult {
    /// The value that comes out, when nothing refused it.
    pub value: JsValue,
    /// Why it is refused, without the value itself.
    pub refused: Vec<String>,
    /// What could not be known.
    pub unknown: Vec<String>,
}

impl ValueResult {
    /// Accepted.
    pub(crate) fn accept(value: JsValue) -> Self {
        Self { value, refused: Vec::new(), unknown: Vec::new() }
    }

    /// Refused.
    pub(crate) fn refuse(value: JsValue, reason: impl Into<String>) -> Self {
        Self { refused: vec![reason.into()], ..Self::accept(value) }
    }

    /// Neither, and nothing is known of what comes out.
    pub(crate) fn unknown(reason: impl Into<String>) -> Self {
        Self { unknown: vec![reason.into()], ..Self::accept(JsValue::Opaque) }
    }

    /// Notes a condition's result.
    pub(crate) fn require(&mut self, holds: Option<bool>, message: &str) {
        match holds {
            Some(true) => {}
            Some(false) => self.refused.push(message.to_owned()),
            None => self.unknown.push(format!("{message}: cannot be decided here")),
        }
    }
}

/// Whether an omitted key is passed through zod 4's objects, and how.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum MissingKeyRule {
    No,
    Fine,
    Replaced,
}

/// Judges a key of an object: its text, or that it is missing.
pub(crate) fn evaluate(rule: &Rule, text: Option<&str>, zod: Zod) -> ValueResult {
    let Some(text) = text else { return missing(rule, zod) };
    run(rule, JsValue::Text(text.to_owned()), zod)
}

fn missing(rule: &Rule, zod: Zod) -> ValueResult {
    let mut outcome = run(rule, JsValue::Undefined, zod);
    if zod == Zod::Three {
        return outcome;
    }
    match (omission_in(rule), omission_out(rule)) {
        (MissingKeyRule::No, _) if outcome.refused.is_empty() && outcome.unknown.is_empty() => {
            ValueResult::unknown("releases of zod 4 disagree on a missing key here")
        }
        (MissingKeyRule::Fine | MissingKeyRule::Replaced, true) => {
            outcome.refused.clear();
            outcome
        }
        _ => outcome,
    }
}

/// zod 4's `optin`.
fn omission_in(rule: &Rule) -> MissingKeyRule {
    match rule {
        Rule::Optional(inner) | Rule::Catch(inner, _) => {
            omission_in(inner).max(MissingKeyRule::Fine)
        }
        Rule::Nullable(inner) | Rule::Readonly(inner) | Rule::Refine(inner, _) => {
            omission_in(inner)
        }
        Rule::Default(..) | Rule::Prefault(..) => MissingKeyRule::Replaced,
        Rule::Pipe(from, _) => omission_in(from),
        Rule::Transform(_) => MissingKeyRule::Fine,
        Rule::Union(options) => options.iter().map(omission_in).max().unwrap_or(MissingKeyRule::No),
        _ => MissingKeyRule::No,
    }
}

/// zod 4's `optout`.
fn omission_out(rule: &Rule) -> bool {
    match rule {
        Rule::Optional(_) => true,
        Rule::Nullable(inner)
        | Rule::Readonly(inner)
        | Rule::Refine(inner, _)
        | Rule::Catch(inner, _) => omission_out(inner),
        Rule::Pipe(_, to) => omission_out(to),
        Rule::Union(options) => options.iter().any(omission_out),
        _ => false,
    }
}

fn run(rule: &Rule, value: JsValue, zod: Zod) -> ValueResult {
    match rule {
        Rule::Text { coerce, checks } => leaves::text(*coerce, value, |text, outcome| {
            checks.iter().for_each(|check| strings::apply(check, text, zod, outcome));
        }),
        Rule::Number { coerce, checks } => leaves::numeric(*coerce, checks, value, zod),
        Rule::Boolean { coerce } => leaves::boolean(*coerce, value),
        Rule::Date { coerce } => leaves::dated(*coerce, value),
        Rule::StringBool { truthy, falsy, exact_case } => {
            leaves::string_bool(truthy, falsy, *exact_case, value)
        }
        Rule::OneOf(values) => leaves::one_of(values, value),
        Rule::Any => ValueResult::accept(value),
        Rule::Never => ValueResult::refuse(value, "no value is allowed"),
        Rule::Structure(kind) => leaves::structure(kind, value),
        Rule::Union(options) => union(options, &value, zod),
        Rule::Optional(inner) => optional(inner, value, zod),
        Rule::Nullable(_) if value == JsValue::Null => ValueResult::accept(value),
        Rule::Nullable(inner) | Rule::Readonly(inner) => run(inner, value, zod),
        Rule::NonOptional(inner) => non_optional(inner, value, zod),
        Rule::Default(inner, given) => default(inner, given.as_ref(), value, zod),
        Rule::Prefault(inner, given) if value == JsValue::Undefined => {
            run(inner, given_value(given.as_ref()), zod)
        }
        Rule::Prefault(inner, _) => run(inner, value, zod),
        Rule::Catch(inner, given) => caught(inner, given.as_ref(), value, zod),
        Rule::Pipe(from, to) => {
            let first = run(from, value, zod);
            if first.refused.is_empty() { then(first, to, zod) } else { first }
        }
        Rule::Refine(inner, what) => {
            let mut outcome = run(inner, value, zod);
            outcome.unknown.push(what.to_string());
            outcome
        }
        Rule::Transform(function) => transform(function, value),
        Rule::Unresolved(what) => ValueResult::unknown(what.to_string()),
    }
}

fn then(first: ValueResult, to: &Rule, zod: Zod) -> ValueResult {
    let mut second = run(to, first.value, zod);
    second.unknown.splice(0..0, first.unknown);
    second
}

fn union(options: &[Rule], value: &JsValue, zod: Zod) -> ValueResult {
    let mut unknown = Vec::new();
    let mut refused = Vec::new();
    for option in options {
        let outcome = run(option, value.clone(), zod);
        if !outcome.refused.is_empty() {
            refused.extend(outcome.refused);
        } else if !outcome.unknown.is_empty() {
            unknown.extend(outcome.unknown);
        } else if unknown.is_empty() {
            return outcome;
        } else {
            // Accepted in any case; what comes out is not known.
            return ValueResult::accept(JsValue::Opaque);
        }
    }
    if !unknown.is_empty() {
        return ValueResult { unknown, ..ValueResult::accept(JsValue::Opaque) };
    }
    refused.dedup();
    ValueResult::refuse(value.clone(), refused.join(", or "))
}

fn optional(inner: &Rule, value: JsValue, zod: Zod) -> ValueResult {
    if value != JsValue::Undefined {
        return run(inner, value, zod);
    }
    if zod == Zod::Three || omission_in(inner) != MissingKeyRule::Replaced {
        return ValueResult::accept(value);
    }
    // What replaces a missing value is judged; when it is refused, the value stays missing.
    let outcome = run(inner, value, zod);
    if outcome.refused.is_empty() { outcome } else { ValueResult::accept(JsValue::Undefined) }
}

/// zod 3's `.required()` takes `.optional()` off; zod 4 looks at what comes out.
fn non_optional(inner: &Rule, value: JsValue, zod: Zod) -> ValueResult {
    if zod == Zod::Three {
        return match inner {
            Rule::Optional(inner) => non_optional(inner, value, zod),
            inner => run(inner, value, zod),
        };
    }
    let outcome = run(inner, value, zod);
    if outcome.refused.is_empty() && outcome.value == JsValue::Undefined {
        return ValueResult::refuse(JsValue::Undefined, "is required");
    }
    outcome
}

fn given_value(given: Option<&Constant>) -> JsValue {
    given.map_or(JsValue::Opaque, JsValue::from)
}

/// zod 3 judges what replaces a missing value, zod 4 does not.
fn default(inner: &Rule, given: Option<&Constant>, value: JsValue, zod: Zod) -> ValueResult {
    if value == JsValue::Undefined {
        let given = given_value(given);
        return if zod == Zod::Three { run(inner, given, zod) } else { ValueResult::accept(given) };
    }
    let mut outcome = run(inner, value, zod);
    if zod == Zod::Four && outcome.value == JsValue::Undefined {
        outcome.value = given_value(given);
    }
    outcome
}

fn caught(inner: &Rule, given: Option<&Constant>, value: JsValue, zod: Zod) -> ValueResult {
    let outcome = run(inner, value, zod);
    match (outcome.refused.is_empty(), outcome.unknown.is_empty()) {
        (true, true) => outcome,
        (false, _) => ValueResult::accept(given_value(given)),
        (true, false) => ValueResult::accept(JsValue::Opaque),
    }
}

fn transform(function: &SchemaFunction, value: JsValue) -> ValueResult {
    match (function, value) {
        (SchemaFunction::Opaque(what), _) => ValueResult::unknown(what.to_string()),
        (SchemaFunction::Identity, value) => ValueResult::accept(value),
        (SchemaFunction::BlankToUndefined, JsValue::Text(text)) if text.is_empty() => {
            ValueResult::accept(JsValue::Undefined)
        }
        (SchemaFunction::BlankToUndefined, value @ (JsValue::Text(_) | JsValue::Undefined)) => {
            ValueResult::accept(value)
        }
        (SchemaFunction::Trim, JsValue::Text(text)) => {
            ValueResult::accept(JsValue::Text(trim(&text).to_owned()))
        }
        (SchemaFunction::ToLowerCase, JsValue::Text(text)) => {
            ValueResult::accept(JsValue::Text(text.to_lowercase()))
        }
        (SchemaFunction::ToUpperCase, JsValue::Text(text)) => {
            ValueResult::accept(JsValue::Text(text.to_uppercase()))
        }
        (SchemaFunction::Comparison, _) => ValueResult::accept(JsValue::Boolean(None)),
        (SchemaFunction::Number, JsValue::Text(text)) => {
            ValueResult::accept(JsValue::Number(number(&text)))
        }
        (SchemaFunction::Number, JsValue::Undefined) => {
            ValueResult::accept(JsValue::Number(f64::NAN))
        }
        (SchemaFunction::List, JsValue::Text(_)) => ValueResult::accept(JsValue::List),
        _ => ValueResult::unknown("a function may fail on a value that is no string"),
    }
}
