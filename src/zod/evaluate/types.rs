//! Values of the types of zod: strings, numbers, booleans, dates, literals and structures.

use super::Zod;
use super::conversions::{DateParse, parse_date, parse_number};
use super::string_check::string_check;
use super::value_result::ValueResult;
use crate::zod::engine::JsValue;
use crate::zod::model::{Constant, NumberCheck, StringCheck};

/// 2⁵³ − 1
const MAX_SAFE: f64 = 9_007_199_254_740_991.0;

/// The result for a value of another type than the rule requires.
pub(super) fn wrong_type(kind: &str, value: JsValue) -> ValueResult {
    match value {
        JsValue::Opaque => ValueResult::unknown("the value comes from code that was not run"),
        JsValue::Undefined => ValueResult::refuse(value, "is required"),
        JsValue::Text(_) => {
            ValueResult::refuse(value, format!("must be {kind}, and no string is one"))
        }
        other => ValueResult::refuse(other, format!("must be {kind}")),
    }
}

/// `z.string()` with its checks.
pub(super) fn string(
    coerce: bool,
    checks: &[StringCheck],
    value: JsValue,
    zod: Zod,
) -> ValueResult {
    let mut text = match value {
        JsValue::Text(text) => text,
        JsValue::Undefined if coerce => "undefined".to_owned(),
        JsValue::Null if coerce => "null".to_owned(),
        JsValue::Opaque => return wrong_type("a string", JsValue::Opaque),
        _ if coerce => return ValueResult::unknown("the value is made a string by code"),
        other => return wrong_type("a string", other),
    };
    let mut outcome = ValueResult::accept(JsValue::Undefined);
    for check in checks {
        string_check(check, &mut text, zod, &mut outcome);
    }
    outcome.value = JsValue::Text(text);
    outcome
}

/// `z.number()` with its checks.
pub(super) fn number(
    coerce: bool,
    checks: &[NumberCheck],
    value: JsValue,
    zod: Zod,
) -> ValueResult {
    let n = match value {
        JsValue::Number(n) => n,
        JsValue::Text(ref text) if coerce => parse_number(text),
        JsValue::Undefined if coerce => f64::NAN,
        JsValue::Null if coerce => 0.0,
        JsValue::Boolean(flag) if coerce => f64::from(u8::from(flag)),
        JsValue::Opaque => return wrong_type("a number", JsValue::Opaque),
        _ if coerce => return ValueResult::unknown("the value is made a number by code"),
        other => return wrong_type("a number", other),
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

pub(super) fn number_check(check: &NumberCheck, n: f64, zod: Zod, outcome: &mut ValueResult) {
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
            // Releases compare fractions differently.
            let exact = whole && safe && step.fract() == 0.0 && *step != 0.0;
            let holds = exact.then(|| n % step == 0.0);
            outcome.require(holds, &format!("must be a {check}"));
        }
        NumberCheck::Unresolved(what) => outcome.unknown.push(what.to_string()),
    }
}

/// `z.boolean()`; coerced, every string except the empty one is true.
pub(super) fn boolean(coerce: bool, value: JsValue) -> ValueResult {
    match value {
        JsValue::Boolean(_) => ValueResult::accept(value),
        _ if !coerce => wrong_type("a boolean", value),
        value => match value.truthy() {
            Some(flag) => ValueResult::accept(JsValue::Boolean(flag)),
            None => ValueResult::accept(JsValue::Opaque),
        },
    }
}

/// `z.date()`.
pub(super) fn date(coerce: bool, value: JsValue) -> ValueResult {
    match value {
        JsValue::Date => ValueResult::accept(value),
        _ if !coerce => wrong_type("a date", value),
        JsValue::Text(ref text) => match parse_date(text) {
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
pub(super) fn string_bool(
    truthy: &[String],
    falsy: &[String],
    exact_case: bool,
    value: JsValue,
) -> ValueResult {
    let JsValue::Text(text) = value else { return wrong_type("a string", value) };
    let word = if exact_case { text.clone() } else { text.to_lowercase() };
    if truthy.contains(&word) {
        ValueResult::accept(JsValue::Boolean(true))
    } else if falsy.contains(&word) {
        ValueResult::accept(JsValue::Boolean(false))
    } else {
        let words: Vec<&str> = truthy.iter().chain(falsy).map(String::as_str).collect();
        ValueResult::refuse(JsValue::Text(text), format!("must be one of {}", words.join(", ")))
    }
}

/// `z.enum()`, `z.literal()`.
pub(super) fn one_of(values: &[Constant], value: JsValue) -> ValueResult {
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

/// `z.object()` and other types that no string satisfies.
pub(super) fn structure(kind: &str, value: JsValue) -> ValueResult {
    let article = if kind.starts_with(['a', 'o']) { "an" } else { "a" };
    match value {
        JsValue::List(_) if matches!(kind, "array" | "tuple") => {
            ValueResult::unknown("the items of the list are not evaluated")
        }
        JsValue::Object(_) if matches!(kind, "object" | "record") => {
            ValueResult::unknown("the properties of the object are not evaluated")
        }
        // zod 4 accepts any object, zod 3 does not.
        JsValue::Date if kind == "object" => {
            ValueResult::unknown("the properties of the date are not evaluated")
        }
        JsValue::Number(n) if kind == "NaN" && n.is_nan() => ValueResult::accept(value),
        other => wrong_type(&format!("{article} {kind}"), other),
    }
}
