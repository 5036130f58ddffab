//! Holds one value against one leaf of a rule: a string, a number, one of a list.

use super::Zod;
use super::javascript::{DateReading, Value, date, number};
use super::rules::ValueResult;
use crate::facts::environment::{Constant, NumberCheck};

/// 2⁵³ − 1
const MAX_SAFE: f64 = 9_007_199_254_740_991.0;

fn wanted(kind: &str, value: Value) -> ValueResult {
    match value {
        Value::Opaque => ValueResult::unknown("the value comes from code that was not run"),
        Value::Undefined => ValueResult::refuse(value, "is required"),
        Value::Text(_) => {
            ValueResult::refuse(value, format!("must be {kind}, and no string is one"))
        }
        other => ValueResult::refuse(other, format!("must be {kind}")),
    }
}

/// `z.string()`, its conditions applied by `check`.
pub(super) fn text(
    coerce: bool,
    value: Value,
    check: impl FnOnce(&mut String, &mut ValueResult),
) -> ValueResult {
    let mut text = match value {
        Value::Text(text) => text,
        Value::Undefined if coerce => "undefined".to_owned(),
        Value::Null if coerce => "null".to_owned(),
        Value::Opaque => return wanted("a string", Value::Opaque),
        _ if coerce => return ValueResult::unknown("the value is made a string by code"),
        other => return wanted("a string", other),
    };
    let mut outcome = ValueResult::accept(Value::Undefined);
    check(&mut text, &mut outcome);
    outcome.value = Value::Text(text);
    outcome
}

/// `z.number()` and its conditions.
pub(super) fn numeric(coerce: bool, checks: &[NumberCheck], value: Value, zod: Zod) -> ValueResult {
    let n = match value {
        Value::Number(n) => n,
        Value::Text(ref text) if coerce => number(text),
        Value::Undefined if coerce => f64::NAN,
        Value::Null if coerce => 0.0,
        Value::Boolean(Some(flag)) if coerce => f64::from(u8::from(flag)),
        Value::Opaque => return wanted("a number", Value::Opaque),
        _ if coerce => return ValueResult::unknown("the value is made a number by code"),
        other => return wanted("a number", other),
    };
    if n.is_nan() || (zod == Zod::Four && n.is_infinite()) {
        let reason = if value == Value::Undefined { "is required" } else { "must be a number" };
        return ValueResult::refuse(value, reason);
    }
    let mut outcome = ValueResult::accept(Value::Number(n));
    for check in checks {
        number_check(check, n, zod, &mut outcome);
    }
    outcome
}

fn number_check(check: &NumberCheck, n: f64, zod: Zod, outcome: &mut ValueResult) {
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

/// `z.boolean()`: coerced, every string but the empty one is true.
pub(super) fn boolean(coerce: bool, value: Value) -> ValueResult {
    match value {
        Value::Boolean(_) => ValueResult::accept(value),
        _ if !coerce => wanted("a boolean", value),
        Value::Text(text) => ValueResult::accept(Value::Boolean(Some(!text.is_empty()))),
        Value::Undefined | Value::Null => ValueResult::accept(Value::Boolean(Some(false))),
        Value::Number(n) => ValueResult::accept(Value::Boolean(Some(n != 0.0 && !n.is_nan()))),
        Value::Date | Value::List => ValueResult::accept(Value::Boolean(Some(true))),
        Value::Opaque => ValueResult::accept(Value::Boolean(None)),
    }
}

/// `z.date()`.
pub(super) fn dated(coerce: bool, value: Value) -> ValueResult {
    match value {
        Value::Date => ValueResult::accept(value),
        _ if !coerce => wanted("a date", value),
        Value::Text(ref text) => match date(text) {
            DateReading::Valid => ValueResult::accept(Value::Date),
            DateReading::Invalid => ValueResult::refuse(value, "must be a date"),
            DateReading::Engine => {
                ValueResult::unknown("each engine reads such dates in its own way")
            }
        },
        Value::Undefined => ValueResult::refuse(value, "is required"),
        Value::Null => ValueResult::accept(Value::Date),
        _ => ValueResult::unknown("the value is made a date by code"),
    }
}

/// `z.stringbool()`.
pub(super) fn string_bool(
    truthy: &[String],
    falsy: &[String],
    exact_case: bool,
    value: Value,
) -> ValueResult {
    let Value::Text(text) = value else { return wanted("a string", value) };
    let word = if exact_case { text.clone() } else { text.to_lowercase() };
    if truthy.contains(&word) {
        ValueResult::accept(Value::Boolean(Some(true)))
    } else if falsy.contains(&word) {
        ValueResult::accept(Value::Boolean(Some(false)))
    } else {
        let words: Vec<&str> = truthy.iter().chain(falsy).map(String::as_str).collect();
        ValueResult::refuse(Value::Text(text), format!("must be one of {}", words.join(", ")))
    }
}

/// `z.enum()`, `z.literal()`.
pub(super) fn one_of(values: &[Constant], value: Value) -> ValueResult {
    let equal: Vec<Option<bool>> = values.iter().map(|constant| value.equals(constant)).collect();
    if equal.contains(&Some(true)) {
        ValueResult::accept(value)
    } else if equal.contains(&None) {
        ValueResult::unknown("the value comes from code that was not run")
    } else if value == Value::Undefined {
        ValueResult::refuse(value, "is required")
    } else {
        let shown: Vec<String> = values.iter().map(ToString::to_string).collect();
        ValueResult::refuse(value, format!("must be one of {}", shown.join(", ")))
    }
}

/// `z.array()` and whatever else no string is.
pub(super) fn structure(kind: &str, value: Value) -> ValueResult {
    let article = if kind.starts_with(['a', 'o']) { "an" } else { "a" };
    match value {
        Value::List if kind == "array" => {
            ValueResult::unknown("the items of the list are not judged")
        }
        Value::Number(n) if kind == "NaN" && n.is_nan() => ValueResult::accept(value),
        other => wanted(&format!("{article} {kind}"), other),
    }
}
