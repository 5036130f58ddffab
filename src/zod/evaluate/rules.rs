//! Evaluates a value against a rule: accepted, refused or unknown.

use url::Url;

use super::Zod;
use super::formats::matches_format;
use super::javascript::{DateParse, JsValue, parse_date, parse_number, trim};
use super::regex::matches;
use crate::zod::model::{
    Constant, NumberCheck, Pattern, Rule, SchemaFunction, StringCheck, UrlOptions,
};

/// 2⁵³ − 1
const MAX_SAFE: f64 = 9_007_199_254_740_991.0;
/// The protocol pattern of zod 4's `httpUrl`, which also requires the slashes that `new URL` adds.
const HTTP: &str = "^https?$";

/// The result of evaluating a value against a rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ValueResult {
    /// The output value, unless the value is refused.
    pub(crate) value: JsValue,
    /// Reasons for a refusal, without the value.
    pub(crate) refused: Vec<String>,
    /// Reasons why the result is not known.
    pub(crate) unknown: Vec<String>,
}

impl ValueResult {
    /// The value is accepted.
    pub(crate) fn accept(value: JsValue) -> Self {
        Self { value, refused: Vec::new(), unknown: Vec::new() }
    }

    /// The value is refused.
    pub(crate) fn refuse(value: JsValue, reason: impl Into<String>) -> Self {
        Self { refused: vec![reason.into()], ..Self::accept(value) }
    }

    /// The result and the output are not known.
    pub(crate) fn unknown(reason: impl Into<String>) -> Self {
        Self { unknown: vec![reason.into()], ..Self::accept(JsValue::Opaque) }
    }

    /// Records the result of a check.
    pub(crate) fn require(&mut self, holds: Option<bool>, message: &str) {
        match holds {
            Some(true) => {}
            Some(false) => self.refused.push(message.to_owned()),
            None => self.unknown.push(format!("{message}: cannot be decided here")),
        }
    }
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

/// Evaluates a key of an object: its text, or its absence.
pub(crate) fn evaluate(rule: &Rule, text: Option<&str>, zod: Zod) -> ValueResult {
    let Some(text) = text else { return missing(rule, zod) };
    run(rule, JsValue::Text(text.to_owned()), zod)
}

fn missing(rule: &Rule, zod: Zod) -> ValueResult {
    let mut outcome = run(rule, JsValue::Undefined, zod);
    if zod == Zod::Three {
        return outcome;
    }
    match (optional_in(rule), optional_out(rule)) {
        (MissingKeyRule::Evaluated, _)
            if outcome.refused.is_empty() && outcome.unknown.is_empty() =>
        {
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
        Rule::Nullable(inner) | Rule::Readonly(inner) | Rule::Refine(inner, _) => {
            optional_in(inner)
        }
        Rule::Default(..) | Rule::Prefault(..) => MissingKeyRule::Replaced,
        Rule::Pipe(from, _) => optional_in(from),
        Rule::Transform(_) => MissingKeyRule::Accepted,
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
        | Rule::Refine(inner, _)
        | Rule::Catch(inner, _) => optional_out(inner),
        Rule::Pipe(_, to) => optional_out(to),
        Rule::Union(options) => options.iter().any(optional_out),
        _ => false,
    }
}

/// Evaluates a value against a rule.
fn run(rule: &Rule, value: JsValue, zod: Zod) -> ValueResult {
    match rule {
        Rule::Text { coerce, checks } => string(*coerce, checks, value, zod),
        Rule::Number { coerce, checks } => number(*coerce, checks, value, zod),
        Rule::Boolean { coerce } => boolean(*coerce, value),
        Rule::Date { coerce } => date(*coerce, value),
        Rule::StringBool { truthy, falsy, exact_case } => {
            string_bool(truthy, falsy, *exact_case, value)
        }
        Rule::OneOf(values) => one_of(values, value),
        Rule::Any => ValueResult::accept(value),
        Rule::Never => ValueResult::refuse(value, "no value is allowed"),
        Rule::Structure(kind) => structure(kind, value),
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

/// Evaluates the output of the first rule of a pipe against the second.
fn then(first: ValueResult, to: &Rule, zod: Zod) -> ValueResult {
    let mut second = run(to, first.value, zod);
    second.unknown.splice(0..0, first.unknown);
    second
}

/// The first option that accepts the value; unknown if an earlier one is unknown.
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
fn optional(inner: &Rule, value: JsValue, zod: Zod) -> ValueResult {
    if value != JsValue::Undefined {
        return run(inner, value, zod);
    }
    if zod == Zod::Three || optional_in(inner) != MissingKeyRule::Replaced {
        return ValueResult::accept(value);
    }
    // The replacement is evaluated; if it is refused, the value stays missing.
    let outcome = run(inner, value, zod);
    if outcome.refused.is_empty() { outcome } else { ValueResult::accept(JsValue::Undefined) }
}

/// `.required()`: zod 3 removes `.optional()`, zod 4 checks the output.
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

/// `.default(…)`: zod 3 evaluates the replacement of a missing value, zod 4 does not.
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

/// `.catch(…)`
fn caught(inner: &Rule, given: Option<&Constant>, value: JsValue, zod: Zod) -> ValueResult {
    let outcome = run(inner, value, zod);
    match (outcome.refused.is_empty(), outcome.unknown.is_empty()) {
        (true, true) => outcome,
        (false, _) => ValueResult::accept(given_value(given)),
        (true, false) => ValueResult::accept(JsValue::Opaque),
    }
}

/// The output of a function for a value.
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
            ValueResult::accept(JsValue::Number(parse_number(&text)))
        }
        (SchemaFunction::Number, JsValue::Undefined) => {
            ValueResult::accept(JsValue::Number(f64::NAN))
        }
        (SchemaFunction::List, JsValue::Text(_)) => ValueResult::accept(JsValue::List),
        _ => ValueResult::unknown("a function may fail on a value that is no string"),
    }
}

/// The result for a value of another type than the rule requires.
fn wrong_type(kind: &str, value: JsValue) -> ValueResult {
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
fn string(coerce: bool, checks: &[StringCheck], value: JsValue, zod: Zod) -> ValueResult {
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
fn number(coerce: bool, checks: &[NumberCheck], value: JsValue, zod: Zod) -> ValueResult {
    let n = match value {
        JsValue::Number(n) => n,
        JsValue::Text(ref text) if coerce => parse_number(text),
        JsValue::Undefined if coerce => f64::NAN,
        JsValue::Null if coerce => 0.0,
        JsValue::Boolean(Some(flag)) if coerce => f64::from(u8::from(flag)),
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
            // Releases compare fractions differently.
            let exact = whole && safe && step.fract() == 0.0 && *step != 0.0;
            let holds = exact.then(|| n % step == 0.0);
            outcome.require(holds, &format!("must be a {check}"));
        }
        NumberCheck::Unresolved(what) => outcome.unknown.push(what.to_string()),
    }
}

/// `z.boolean()`; coerced, every string except the empty one is true.
fn boolean(coerce: bool, value: JsValue) -> ValueResult {
    match value {
        JsValue::Boolean(_) => ValueResult::accept(value),
        _ if !coerce => wrong_type("a boolean", value),
        JsValue::Text(text) => ValueResult::accept(JsValue::Boolean(Some(!text.is_empty()))),
        JsValue::Undefined | JsValue::Null => ValueResult::accept(JsValue::Boolean(Some(false))),
        JsValue::Number(n) => ValueResult::accept(JsValue::Boolean(Some(n != 0.0 && !n.is_nan()))),
        JsValue::Date | JsValue::List => ValueResult::accept(JsValue::Boolean(Some(true))),
        JsValue::Opaque => ValueResult::accept(JsValue::Boolean(None)),
    }
}

/// `z.date()`.
fn date(coerce: bool, value: JsValue) -> ValueResult {
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
fn string_bool(
    truthy: &[String],
    falsy: &[String],
    exact_case: bool,
    value: JsValue,
) -> ValueResult {
    let JsValue::Text(text) = value else { return wrong_type("a string", value) };
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
fn one_of(values: &[Constant], value: JsValue) -> ValueResult {
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

/// `z.array()` and other types that no string satisfies.
fn structure(kind: &str, value: JsValue) -> ValueResult {
    let article = if kind.starts_with(['a', 'o']) { "an" } else { "a" };
    match value {
        JsValue::List if kind == "array" => {
            ValueResult::unknown("the items of the list are not judged")
        }
        JsValue::Number(n) if kind == "NaN" && n.is_nan() => ValueResult::accept(value),
        other => wrong_type(&format!("{article} {kind}"), other),
    }
}

/// Applies a check to the text, or changes it.
fn string_check(check: &StringCheck, text: &mut String, zod: Zod, outcome: &mut ValueResult) {
    match check {
        StringCheck::Min(least) => {
            check_length(
                text,
                zod,
                outcome,
                |n| n >= *least,
                &format!("at least {}", characters(*least)),
            );
        }
        StringCheck::Max(most) => {
            check_length(
                text,
                zod,
                outcome,
                |n| n <= *most,
                &format!("at most {}", characters(*most)),
            );
        }
        StringCheck::Length(exact) => {
            check_length(
                text,
                zod,
                outcome,
                |n| n == *exact,
                &format!("exactly {}", characters(*exact)),
            );
        }
        StringCheck::Url(options) => url(options, text, zod, outcome),
        StringCheck::Format(format) => {
            outcome.require(
                matches_format(format, text, zod),
                &format!("must be of the format {format}"),
            );
        }
        StringCheck::Regex(pattern) => {
            outcome.require(matches(pattern, text), &format!("must match {pattern}"));
        }
        StringCheck::StartsWith(prefix) => {
            let message = format!("must start with {prefix:?}");
            outcome.require(Some(text.starts_with(prefix.as_str())), &message);
        }
        StringCheck::EndsWith(suffix) => {
            let message = format!("must end with {suffix:?}");
            outcome.require(Some(text.ends_with(suffix.as_str())), &message);
        }
        StringCheck::Includes(part) => {
            let message = format!("must contain {part:?}");
            outcome.require(Some(text.contains(part.as_str())), &message);
        }
        StringCheck::Lowercase => {
            let none = !text.bytes().any(|byte| byte.is_ascii_uppercase());
            outcome.require(Some(none), "must have no upper-case letter");
        }
        StringCheck::Uppercase => {
            let none = !text.bytes().any(|byte| byte.is_ascii_lowercase());
            outcome.require(Some(none), "must have no lower-case letter");
        }
        StringCheck::Trim => *text = trim(text).to_owned(),
        StringCheck::ToLowerCase => *text = text.to_lowercase(),
        StringCheck::ToUpperCase => *text = text.to_uppercase(),
        StringCheck::Unresolved(what) => outcome.unknown.push(what.to_string()),
    }
}

/// `1 character`, `20 characters`
fn characters(count: f64) -> String {
    if count == 1.0 { "1 character".to_owned() } else { format!("{count} characters") }
}

/// Checks the length: zod 3 and older releases of zod 4 count UTF-16 units, newer ones code points.
fn check_length(
    text: &str,
    zod: Zod,
    outcome: &mut ValueResult,
    fits: impl Fn(f64) -> bool,
    expected: &str,
) {
    let units = text.encode_utf16().count();
    let points = text.chars().count();
    // The length of a value is below 2⁵³, so the conversion is exact.
    let by_units = fits(units as f64);
    let agreed = zod == Zod::Three || by_units == fits(points as f64);
    let message = format!("must have {expected}, has {units}");
    outcome.require(agreed.then_some(by_units), &message);
}

fn url(options: &UrlOptions, text: &mut String, zod: Zod, outcome: &mut ValueResult) {
    let candidate = if zod == Zod::Four { trim(text).to_owned() } else { text.clone() };
    let Ok(parsed) = Url::parse(&candidate) else {
        // The result for non-ASCII host names depends on the Unicode version of the engine.
        let ascii = candidate.is_ascii() && !candidate.to_ascii_lowercase().contains("xn--");
        return outcome.require(ascii.then_some(false), "must be a URL");
    };
    if zod == Zod::Three {
        return;
    }
    let http = options.protocol.as_ref().is_some_and(|pattern| pattern.source == HTTP);
    let head = candidate.get(..8).unwrap_or(&candidate).to_ascii_lowercase();
    let slashes = head.starts_with("http://") || head.starts_with("https://");
    if http && !options.normalize && !slashes && matches!(parsed.scheme(), "http" | "https") {
        // In older releases of zod 4, `new URL` adds the slashes.
        return outcome.require(None, "must be a URL that begins with http:// or https://");
    }
    let parts: [(&Option<Pattern>, &str, &str); 2] = [
        (&options.hostname, parsed.host_str().unwrap_or(""), "host"),
        (&options.protocol, parsed.scheme(), "scheme"),
    ];
    for (pattern, part, name) in parts {
        if let Some(pattern) = pattern {
            let message = format!("must be a URL whose {name} matches {pattern}");
            outcome.require(matches(pattern, part), &message);
        }
    }
    *text = if options.normalize { parsed.to_string() } else { candidate };
}
