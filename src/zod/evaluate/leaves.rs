//! Holds one value against one leaf of a rule: a string, a number, one of a list.

use super::Zod;
use super::javascript::{DateParse, JsValue, date, number};
use super::rules::ValueResult;
use crate::zod::model::{Constant, NumberCheck};

/// 2⁵³ − 1
const MAX_SAFE: f64 = 9_007_199_254_740_991.0;

fn expected(kind: &str, value: JsValue) -> ValueResult {
    match value {
        JsValue::Opaque => ValueResult::unknown("the value comes from code that was not run"),
        JsValue::Undefined => ValueResult::refuse(value, "is required"),
        JsValue::Text(_) => {
            ValueResult::refuse(value, format!("must be {kind}, and no string is one"))
        }
        other => ValueResult::refuse(other, format!("must be {kind}")),
    }
}

/// `z.string()`, its conditions applied by `check`.
pub(crate) fn text(
    coerce: bool,
    value: JsValue,
    check: impl FnOnce(&mut String, &mut ValueResult),
) -> ValueResult {
    let mut text = match value {
        JsValue::Text(text) => text,
        JsValue::Undefined if coerce => "undefined".to_owned(),
        JsValue::Null if coerce => "null".to_owned(),
        JsValue::Opaque => return expected("a string", JsValue::Opaque),
        _ if coerce => return ValueResult::unknown("the value is made a string by code"),
        other => return expected("a string", other),
    };
    let mut outcome = ValueResult::accept(JsValue::Undefined);
    check(&mut text, &mut outcome);
    outcome.value = JsValue::Text(text);
    outcome
}

/// `z.number()` and its conditions.
pub(crate) fn numeric(
    coerce: bool,
    checks: &[NumberCheck],
    value: JsValue,
    zod: Zod,
) -> ValueResult {
    let n = match value {
        JsValue::Number(n) => n,
        JsValue::Text(ref text) if coerce => number(text),
        JsValue::Undefined if coerce => f64::NAN,
        JsValue::Null if coerce => 0.0,
        JsValue::Boolean(Some(flag)) if coerce => f64::from(u8::from(flag)),
        JsValue::Opaque => return expected("a number", JsValue::Opaque),
        _ if coerce => return ValueResult::unknown("the value is made a number by code"),
        other => return expected("a number", other),
    };
    if n.is_nan() || (zod == Zod::Four && n.is_infinite()) {
        let reason = if value == JsValue::Undefined { "is required" } else { "must be a number" };
        return ValueResult::refuse(value, reason);
    }
    let mut outcome = ValueResult::accept(JsValue::Number(n));
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
pub(crate) fn boolean(coerce: bool, value: JsValue) -> ValueResult {
    match value {
        JsValue::Boolean(_) => ValueResult::accept(value),
        _ if !coerce => expected("a boolean", value),
        JsValue::Text(text) => ValueResult::accept(JsValue::Boolean(Some(!text.is_empty()))),
        JsValue::Undefined | JsValue::Null => ValueResult::accept(JsValue::Boolean(Some(false))),
        JsValue::Number(n) => ValueResult::accept(JsValue::Boolean(Some(n != 0.0 && !n.is_nan()))),
        JsValue::Date | JsValue::List => ValueResult::accept(JsValue::Boolean(Some(true))),
        JsValue::Opaque => ValueResult::accept(JsValue::Boolean(None)),
    }
}

/// `z.date()`.
pub(crate) fn dated(coerce: bool, value: JsValue) -> ValueResult {
    match value {
        JsValue::Date => ValueResult::accept(value),
        _ if !coerce => expected("a date", value),
        JsValue::Text(ref text) => match date(text) {
            DateParse::Valid => ValueResult::accept(JsValue::Date),
            DateParse::Invalid => ValueResult::refuse(value, "must be a date"),
            DateParse::Engine => {
                ValueResult::unknown("each engine reads such dates in its own way")
            }
        },
        JsValue::Undefined => ValueResult::refuse(value, "is required"),
        JsValue::Null => ValueResult::accept(JsValue::Date),
        _ => ValueResult::unknown("the value is made a date by code"),
    }
}

/// `z.stringbool()`.
pub(crate) fn string_bool(
    truthy: &[String],
    falsy: &[String],
    exact_case: bool,
    value: JsValue,
) -> ValueResult {
    let JsValue::Text(text) = value else { return expected("a string", value) };
    let word = if exact_case { text.clone() } else { text.to_lowercase() };
    if truthy.contains(&word) {
        ValueResult::accept(JsValue::Boolean(Some(true)))
    } else if falsy.contains(&word) {
        ValueResult::accept(JsValue::Boolean(Some(false)))
    } else {
        let words: Vec<&str> = truthy.iter().chain(falsy).map(String::as_str).collect();
        ValueResult::refuse(JsValue::Text(text), format!("must be one of {}", words.join(", ")))
    }
}

/// `z.enum()`, `z.literal()`.
pub(crate) fn one_of(values: &[Constant], value: JsValue) -> ValueResult {
    let equal: Vec<Option<bool>> = values.iter().map(|constant| value.equals(constant)).collect();
    if equal.contains(&Some(true)) {
        ValueResult::accept(value)
    } else if equal.contains(&None) {
        ValueResult::unknown("the value comes from code that was not run")
    } else if value == JsValue::Undefined {
        ValueResult::refuse(value, "is required")
    } else {
        let shown: Vec<String> = values.iter().map(ToString::to_string).collect();
        ValueResult::refuse(value, format!("must be one of {}", shown.join(", ")))
    }
}

/// `z.array()` and whatever else no string is.
pub(crate) fn structure(kind: &str, value: JsValue) -> ValueResult {
    let article = if kind.starts_with(['a', 'o']) { "an" } else { "a" };
    match value {
        JsValue::List if kind == "array" => {
            ValueResult::unknown("the items of the list are not judged")
        }
        JsValue::Number(n) if kind == "NaN" && n.is_nan() => ValueResult::accept(value),
        other => expected(&format!("{article} {kind}"), other),
    }
}
