//! Holds one value against one rule, as zod does, in three values: accepted, refused, unknown.

use super::Zod;
use super::javascript::{DateReading, Value, date, number, trim};
use super::strings;
use crate::facts::environment::{Constant, Function, NumberCheck, Rule};

/// 2⁵³ − 1
const MAX_SAFE: f64 = 9_007_199_254_740_991.0;

/// What became of a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    /// The value that comes out, when nothing refused it.
    pub value: Value,
    /// Why it is refused, without the value itself.
    pub refused: Vec<String>,
    /// What could not be known.
    pub unknown: Vec<String>,
}

impl Outcome {
    fn of(value: Value) -> Self {
        Self { value, refused: Vec::new(), unknown: Vec::new() }
    }

    fn refuse(value: Value, reason: impl Into<String>) -> Self {
        Self { refused: vec![reason.into()], ..Self::of(value) }
    }

    fn unknown(reason: impl Into<String>) -> Self {
        Self { unknown: vec![reason.into()], ..Self::of(Value::Opaque) }
    }

    /// Notes a condition's result.
    pub(super) fn require(&mut self, holds: Option<bool>, message: &str) {
        match holds {
            Some(true) => {}
            Some(false) => self.refused.push(message.to_owned()),
            None => self.unknown.push(format!("{message}: cannot be decided here")),
        }
    }
}

/// Whether an omitted key is passed through zod 4's objects, and how.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Omission {
    No,
    Fine,
    Replaced,
}

/// Judges a key of an object: its text, or that it is missing.
pub(super) fn judge(rule: &Rule, text: Option<&str>, zod: Zod) -> Outcome {
    let Some(text) = text else { return missing(rule, zod) };
    run(rule, Value::Text(text.to_owned()), zod)
}

fn missing(rule: &Rule, zod: Zod) -> Outcome {
    let mut outcome = run(rule, Value::Undefined, zod);
    if zod == Zod::Three {
        return outcome;
    }
    match (omission_in(rule), omission_out(rule)) {
        (Omission::No, _) if outcome.refused.is_empty() && outcome.unknown.is_empty() => {
            Outcome::unknown("releases of zod 4 disagree on a missing key here")
        }
        (Omission::Fine | Omission::Replaced, true) => {
            outcome.refused.clear();
            outcome
        }
        _ => outcome,
    }
}

/// zod 4's `optin`.
fn omission_in(rule: &Rule) -> Omission {
    match rule {
        Rule::Optional(inner) | Rule::Catch(inner, _) => omission_in(inner).max(Omission::Fine),
        Rule::Nullable(inner) | Rule::Readonly(inner) | Rule::Refine(inner, _) => {
            omission_in(inner)
        }
        Rule::Default(..) | Rule::Prefault(..) => Omission::Replaced,
        Rule::Pipe(from, _) => omission_in(from),
        Rule::Transform(_) => Omission::Fine,
        Rule::Union(options) => options.iter().map(omission_in).max().unwrap_or(Omission::No),
        _ => Omission::No,
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

fn run(rule: &Rule, value: Value, zod: Zod) -> Outcome {
    match rule {
        Rule::Text { coerce, checks } => text(*coerce, value, |text, outcome| {
            checks.iter().for_each(|check| strings::apply(check, text, zod, outcome));
        }),
        Rule::Number { coerce, checks } => numeric(*coerce, checks, value, zod),
        Rule::Boolean { coerce } => boolean(*coerce, value),
        Rule::Date { coerce } => dated(*coerce, value),
        Rule::StringBool { truthy, falsy, exact_case } => {
            string_bool(truthy, falsy, *exact_case, value)
        }
        Rule::OneOf(values) => one_of(values, value),
        Rule::Any => Outcome::of(value),
        Rule::Never => Outcome::refuse(value, "no value is allowed"),
        Rule::Structure(kind) => structure(kind, value),
        Rule::Union(options) => union(options, &value, zod),
        Rule::Optional(inner) => optional(inner, value, zod),
        Rule::Nullable(_) if value == Value::Null => Outcome::of(value),
        Rule::Nullable(inner) | Rule::Readonly(inner) => run(inner, value, zod),
        Rule::NonOptional(inner) => non_optional(inner, value, zod),
        Rule::Default(inner, given) => default(inner, given.as_ref(), value, zod),
        Rule::Prefault(inner, given) if value == Value::Undefined => {
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
        Rule::Unresolved(what) => Outcome::unknown(what.to_string()),
    }
}

fn then(first: Outcome, to: &Rule, zod: Zod) -> Outcome {
    let mut second = run(to, first.value, zod);
    second.unknown.splice(0..0, first.unknown);
    second
}

fn wanted(kind: &str, value: Value) -> Outcome {
    match value {
        Value::Opaque => Outcome::unknown("the value comes from code that was not run"),
        Value::Undefined => Outcome::refuse(value, "is required"),
        Value::Text(_) => Outcome::refuse(value, format!("must be {kind}, and no string is one")),
        other => Outcome::refuse(other, format!("must be {kind}")),
    }
}

fn text(coerce: bool, value: Value, check: impl FnOnce(&mut String, &mut Outcome)) -> Outcome {
    let mut text = match value {
        Value::Text(text) => text,
        Value::Undefined if coerce => "undefined".to_owned(),
        Value::Null if coerce => "null".to_owned(),
        Value::Opaque => return wanted("a string", Value::Opaque),
        _ if coerce => return Outcome::unknown("the value is made a string by code"),
        other => return wanted("a string", other),
    };
    let mut outcome = Outcome::of(Value::Undefined);
    check(&mut text, &mut outcome);
    outcome.value = Value::Text(text);
    outcome
}

fn numeric(coerce: bool, checks: &[NumberCheck], value: Value, zod: Zod) -> Outcome {
    let n = match value {
        Value::Number(n) => n,
        Value::Text(ref text) if coerce => number(text),
        Value::Undefined if coerce => f64::NAN,
        Value::Null if coerce => 0.0,
        Value::Boolean(Some(flag)) if coerce => f64::from(u8::from(flag)),
        Value::Opaque => return wanted("a number", Value::Opaque),
        _ if coerce => return Outcome::unknown("the value is made a number by code"),
        other => return wanted("a number", other),
    };
    if n.is_nan() || (zod == Zod::Four && n.is_infinite()) {
        let reason = if value == Value::Undefined { "is required" } else { "must be a number" };
        return Outcome::refuse(value, reason);
    }
    let mut outcome = Outcome::of(Value::Number(n));
    for check in checks {
        number_check(check, n, zod, &mut outcome);
    }
    outcome
}

fn number_check(check: &NumberCheck, n: f64, zod: Zod, outcome: &mut Outcome) {
    let whole = n.is_finite() && n.fract() == 0.0;
    let safe = n.abs() <= MAX_SAFE;
    match check {
        NumberCheck::Min(least, exclusive) => {
            let holds = if *exclusive { n > *least } else { n >= *least };
            outcome.require(Some(holds), &format!("must be {check}"));
        }
        NumberCheck::Max(most, exclusive) => {
            let holds = if *exclusive { n < *most } else { n <= *most };
            outcome.require(Some(holds), &format!("must be {check}"));
        }
        NumberCheck::Int => {
            let holds = whole && (zod == Zod::Three || safe);
            outcome.require(Some(holds), "must be a whole number");
        }
        NumberCheck::Finite => outcome.require(Some(n.is_finite()), "must be finite"),
        NumberCheck::Safe => {
            let holds = safe && (zod == Zod::Three || whole);
            outcome.require(Some(holds), "must be a safe integer");
        }
        NumberCheck::MultipleOf(step) => {
            // Fractions are compared by each release in its own way.
            let exact = whole && safe && step.fract() == 0.0 && *step != 0.0;
            let holds = exact.then(|| n % step == 0.0);
            outcome.require(holds, &format!("must be a {check}"));
        }
        NumberCheck::Unresolved(what) => outcome.unknown.push(what.to_string()),
    }
}

fn boolean(coerce: bool, value: Value) -> Outcome {
    match value {
        Value::Boolean(_) => Outcome::of(value),
        _ if !coerce => wanted("a boolean", value),
        Value::Text(text) => Outcome::of(Value::Boolean(Some(!text.is_empty()))),
        Value::Undefined | Value::Null => Outcome::of(Value::Boolean(Some(false))),
        Value::Number(n) => Outcome::of(Value::Boolean(Some(n != 0.0 && !n.is_nan()))),
        Value::Date | Value::List => Outcome::of(Value::Boolean(Some(true))),
        Value::Opaque => Outcome::of(Value::Boolean(None)),
    }
}

fn dated(coerce: bool, value: Value) -> Outcome {
    match value {
        Value::Date => Outcome::of(value),
        _ if !coerce => wanted("a date", value),
        Value::Text(ref text) => match date(text) {
            DateReading::Valid => Outcome::of(Value::Date),
            DateReading::Invalid => Outcome::refuse(value, "must be a date"),
            DateReading::Engine => Outcome::unknown("each engine reads such dates in its own way"),
        },
        Value::Undefined => Outcome::refuse(value, "is required"),
        Value::Null => Outcome::of(Value::Date),
        _ => Outcome::unknown("the value is made a date by code"),
    }
}

fn string_bool(truthy: &[String], falsy: &[String], exact_case: bool, value: Value) -> Outcome {
    let Value::Text(text) = value else { return wanted("a string", value) };
    let word = if exact_case { text.clone() } else { text.to_lowercase() };
    if truthy.contains(&word) {
        Outcome::of(Value::Boolean(Some(true)))
    } else if falsy.contains(&word) {
        Outcome::of(Value::Boolean(Some(false)))
    } else {
        let words: Vec<&str> = truthy.iter().chain(falsy).map(String::as_str).collect();
        Outcome::refuse(Value::Text(text), format!("must be one of {}", words.join(", ")))
    }
}

fn one_of(values: &[Constant], value: Value) -> Outcome {
    let equal: Vec<Option<bool>> = values.iter().map(|constant| value.equals(constant)).collect();
    if equal.contains(&Some(true)) {
        Outcome::of(value)
    } else if equal.contains(&None) {
        Outcome::unknown("the value comes from code that was not run")
    } else if value == Value::Undefined {
        Outcome::refuse(value, "is required")
    } else {
        let shown: Vec<String> = values.iter().map(ToString::to_string).collect();
        Outcome::refuse(value, format!("must be one of {}", shown.join(", ")))
    }
}

fn structure(kind: &str, value: Value) -> Outcome {
    let article = if kind.starts_with(['a', 'o']) { "an" } else { "a" };
    match value {
        Value::List if kind == "array" => Outcome::unknown("the items of the list are not judged"),
        Value::Number(n) if kind == "NaN" && n.is_nan() => Outcome::of(value),
        other => wanted(&format!("{article} {kind}"), other),
    }
}

fn union(options: &[Rule], value: &Value, zod: Zod) -> Outcome {
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
            return Outcome::of(Value::Opaque);
        }
    }
    if !unknown.is_empty() {
        return Outcome { unknown, ..Outcome::of(Value::Opaque) };
    }
    refused.dedup();
    Outcome::refuse(value.clone(), refused.join(", or "))
}

fn optional(inner: &Rule, value: Value, zod: Zod) -> Outcome {
    if value != Value::Undefined {
        return run(inner, value, zod);
    }
    if zod == Zod::Three || omission_in(inner) != Omission::Replaced {
        return Outcome::of(value);
    }
    // What replaces a missing value is judged; when it is refused, the value stays missing.
    let outcome = run(inner, value, zod);
    if outcome.refused.is_empty() { outcome } else { Outcome::of(Value::Undefined) }
}

/// zod 3's `.required()` takes `.optional()` off; zod 4 looks at what comes out.
fn non_optional(inner: &Rule, value: Value, zod: Zod) -> Outcome {
    if zod == Zod::Three {
        return match inner {
            Rule::Optional(inner) => non_optional(inner, value, zod),
            inner => run(inner, value, zod),
        };
    }
    let outcome = run(inner, value, zod);
    if outcome.refused.is_empty() && outcome.value == Value::Undefined {
        return Outcome::refuse(Value::Undefined, "is required");
    }
    outcome
}

fn given_value(given: Option<&Constant>) -> Value {
    given.map_or(Value::Opaque, Value::from)
}

/// zod 3 judges what replaces a missing value, zod 4 does not.
fn default(inner: &Rule, given: Option<&Constant>, value: Value, zod: Zod) -> Outcome {
    if value == Value::Undefined {
        let given = given_value(given);
        return if zod == Zod::Three { run(inner, given, zod) } else { Outcome::of(given) };
    }
    let mut outcome = run(inner, value, zod);
    if zod == Zod::Four && outcome.value == Value::Undefined {
        outcome.value = given_value(given);
    }
    outcome
}

fn caught(inner: &Rule, given: Option<&Constant>, value: Value, zod: Zod) -> Outcome {
    let outcome = run(inner, value, zod);
    match (outcome.refused.is_empty(), outcome.unknown.is_empty()) {
        (true, true) => outcome,
        (false, _) => Outcome::of(given_value(given)),
        (true, false) => Outcome::of(Value::Opaque),
    }
}

fn transform(function: &Function, value: Value) -> Outcome {
    match (function, value) {
        (Function::Opaque(what), _) => Outcome::unknown(what.to_string()),
        (Function::Identity, value) => Outcome::of(value),
        (Function::BlankToUndefined, Value::Text(text)) if text.is_empty() => {
            Outcome::of(Value::Undefined)
        }
        (Function::BlankToUndefined, value @ (Value::Text(_) | Value::Undefined)) => {
            Outcome::of(value)
        }
        (Function::Trim, Value::Text(text)) => Outcome::of(Value::Text(trim(&text).to_owned())),
        (Function::ToLowerCase, Value::Text(text)) => Outcome::of(Value::Text(text.to_lowercase())),
        (Function::ToUpperCase, Value::Text(text)) => Outcome::of(Value::Text(text.to_uppercase())),
        (Function::Comparison, _) => Outcome::of(Value::Boolean(None)),
        (Function::Number, Value::Text(text)) => Outcome::of(Value::Number(number(&text))),
        (Function::Number, Value::Undefined) => Outcome::of(Value::Number(f64::NAN)),
        (Function::List, Value::Text(_)) => Outcome::of(Value::List),
        _ => Outcome::unknown("a function may fail on a value that is no string"),
    }
}
