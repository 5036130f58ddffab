//! Evaluates environments against a schema, as zod 3 and zod 4 do: each key is accepted, refused or unknown.
//!
//! `rules` walks the rule of a key, `formats` implements the named string formats, and `conversions` and `regex`
//! the conversions and regular expressions of JavaScript. Functions of the schema run in the engine.

mod conversions;
mod formats;
mod regex;
mod rules;
mod string_check;
#[cfg(test)]
mod tests;
mod types;
mod value_result;

use std::cell::RefCell;
use std::sync::Arc;

pub use super::engine::Variables;
use super::engine::{self, JsValue, Outcome, Variable};
use super::model::{
    Condition, EnvSchema, FunctionUse, Input, ObjectCheck, ObjectMode, SchemaFunction, SchemaKey,
    Script, Validation, ZodMajor,
};
use rules::Run;
use value_result::ValueResult;

/// Reasons that are given for the code behind the place that parses.
const MAX_REASONS: usize = 5;

/// A major version of zod; some values are evaluated differently by the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zod {
    Three,
    Four,
}

/// The result for one key. Reasons never contain the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyResult {
    /// The application accepts the value.
    Accepted,
    /// The application refuses to start, with the reasons.
    Refused(Vec<String>),
    /// The result depends on code that is not executed, with the reasons.
    Unknown(Vec<String>),
}

/// An object that code computed as the argument of `parse`.
type ComputedInput = (Arc<Script>, Result<JsValue, String>);

/// An environment that is judged by a schema.
pub struct Evaluation<'s> {
    schema: &'s EnvSchema,
    variables: Variables,
    /// Objects that code computed as the argument of `parse`.
    wholes: RefCell<Vec<ComputedInput>>,
}

impl<'s> Evaluation<'s> {
    /// The environment of these variables.
    pub fn new(schema: &'s EnvSchema, variables: Variables) -> Self {
        Self { schema, variables, wholes: RefCell::default() }
    }

    /// Evaluates a key as the application does when it starts.
    ///
    /// If the major version of zod is not known, the result is unknown wherever zod 3 and zod 4 differ.
    pub fn key(&self, key: &SchemaKey) -> KeyResult {
        let result = self.by_major(|zod| self.result(key, zod));
        match (self.is_validated(key), result) {
            (_, accepted @ KeyResult::Accepted) => accepted,
            (Ok(true), result) => result,
            (Ok(false), _) => KeyResult::Accepted,
            (Err(_), unknown @ KeyResult::Unknown(_)) => unknown,
            (Err(reason), KeyResult::Refused(reasons)) => {
                let reasons = reasons.into_iter().map(|refused| format!("{refused}, {reason}"));
                KeyResult::Unknown(reasons.collect())
            }
        }
    }

    /// Evaluates the checks of the whole object, which run if every key is accepted.
    pub fn object(&self) -> KeyResult {
        if self.schema.checks.is_empty() {
            return KeyResult::Accepted;
        }
        let validated = self.schema.keys.first().map_or(Ok(true), |key| self.is_validated(key));
        if validated == Ok(false) {
            return KeyResult::Accepted;
        }
        match (self.by_major(|zod| self.object_result(zod)), validated) {
            (KeyResult::Refused(reasons), Err(reason)) => {
                let reasons = reasons.into_iter().map(|refused| format!("{refused}, {reason}"));
                KeyResult::Unknown(reasons.collect())
            }
            (result, _) => result,
        }
    }

    /// Whether the variables of a key are set, by the source of its value.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        matches!(self.variables.get(name), Variable::Set(_))
    }

    /// The keys whose value is the value of a variable; of an object that code computes as well.
    pub(crate) fn value_of(&self, key: &SchemaKey) -> Result<JsValue, String> {
        let value = self.input_value(key, &key.input)?;
        let blank = key.blank_is_missing && value == JsValue::Text(String::new());
        Ok(if blank { JsValue::Undefined } else { value })
    }

    fn input_value(&self, key: &SchemaKey, input: &Input) -> Result<JsValue, String> {
        Ok(match input {
            Input::Own => match self.variables.own(&key.name) {
                Variable::Set(value) => JsValue::Text(value.to_owned()),
                Variable::Unset => JsValue::Undefined,
                Variable::Unknown => {
                    return Err(format!("whether {} is set is not known", key.name));
                }
            },
            Input::OwnOr { replaces_blank, otherwise } => match self.variables.own(&key.name) {
                Variable::Set("") if *replaces_blank => self.input_value(key, otherwise)?,
                Variable::Unset => self.input_value(key, otherwise)?,
                _ => self.input_value(key, &Input::Own)?,
            },
            Input::Never => JsValue::Undefined,
            Input::Expression(script) => self.run(script)?,
            Input::Whole(script) => match self.whole(script)? {
                object @ JsValue::Object(_) => object.get(&key.name),
                _ => return Err("what is parsed is not followed".to_owned()),
            },
            Input::Unresolved(what) => return Err(what.to_string()),
        })
    }

    fn whole(&self, script: &Arc<Script>) -> Result<JsValue, String> {
        let known = self
            .wholes
            .borrow()
            .iter()
            .find_map(|(known, value)| Arc::ptr_eq(known, script).then(|| value.clone()));
        known.unwrap_or_else(|| {
            let value = self.run(script);
            self.wholes.borrow_mut().push((Arc::clone(script), value.clone()));
            value
        })
    }

    fn run(&self, script: &Script) -> Result<JsValue, String> {
        let outcome = engine::run(script, FunctionUse::Value, &JsValue::Undefined, &self.variables);
        outcome.value().map_err(|reason| format!("{}: {reason}", script.shown))
    }

    /// Whether a key is judged at all; an error if that is not known.
    fn is_validated(&self, key: &SchemaKey) -> Result<bool, String> {
        let mut unknown = None;
        for validation in &key.validated {
            match validation {
                Validation::Never => return Ok(false),
                Validation::If(condition, expected) => {
                    match rules::holds(condition, &self.variables) {
                        Ok(result) if result == *expected => {}
                        Ok(_) => return Ok(false),
                        Err(reason) => {
                            unknown = Some(format!("if it is validated ({condition}: {reason})"));
                        }
                    }
                }
            }
        }
        unknown.map_or(Ok(true), Err)
    }

    fn result(&self, key: &SchemaKey, zod: Zod) -> ValueResult {
        let with = Run { zod, variables: &self.variables, alone: self.schema.keys_alone };
        match self.value_of(key) {
            Ok(value) => rules::evaluate(&key.rule, value, with),
            Err(reason) => ValueResult::unknown(reason),
        }
    }

    /// The result of conditions of the file, which need no key.
    fn guard_result(&self) -> ValueResult {
        let mut result = ValueResult::accept(JsValue::Undefined);
        for check in self.schema.checks.iter().filter(|check| check.used == FunctionUse::Value) {
            let holds = match &check.function {
                SchemaFunction::Script(script) => {
                    rules::holds(&Condition::Script(Arc::clone(script)), &self.variables)
                }
                SchemaFunction::Opaque(what) => Err(what.to_string()),
            };
            match holds {
                Ok(false) => {}
                Ok(true) => result.refused.push(format!("{} ends the start", check.what)),
                Err(reason) => result.unknown.push(format!("{}: {reason}", check.what)),
            }
        }
        result
    }

    fn object_result(&self, zod: Zod) -> ValueResult {
        let with = Run { zod, variables: &self.variables, alone: false };
        let guards = self.guard_result();
        if !guards.refused.is_empty() {
            return guards;
        }
        let mut unknown = Vec::new();
        let mut output = Vec::new();
        for key in &self.schema.keys {
            let result = self.result(key, zod);
            if !result.refused.is_empty() {
                return ValueResult::accept(JsValue::Undefined);
            }
            unknown.extend(result.unknown);
            if result.value != JsValue::Undefined || self.is_set(&key.name) {
                output.push((key.name.clone(), result.value));
            }
        }
        if let Some(open) = self.schema.unresolved.first() {
            unknown.push(open.to_string());
        }
        let checked = self.checked(JsValue::Object(output.clone()), &unknown, with);
        if !checked.refused.is_empty() {
            return checked;
        }
        let is_open = self.schema.mode == ObjectMode::Loose
            || !self.schema.unresolved.is_empty()
            || !self.schema.platform.is_empty();
        let parsed = match checked.value {
            // What checks return is known only if they are.
            JsValue::Opaque if !self.transforms() => JsValue::Object(output),
            value => value,
        };
        let parsed = match parsed {
            JsValue::Object(pairs) if is_open => JsValue::Open(pairs),
            value => value,
        };
        let mut result = self.after(&parsed);
        // Keys that are not known are reported by themselves.
        result.unknown.splice(0..0, guards.unknown.into_iter().chain(checked.unknown));
        result
    }

    /// Whether a check of the whole object may return another one.
    fn transforms(&self) -> bool {
        self.schema.checks.iter().any(|check| check.used == FunctionUse::Transform)
    }

    /// The code behind the place that parses.
    fn after(&self, parsed: &JsValue) -> ValueResult {
        let mut result = ValueResult::accept(JsValue::Undefined);
        for check in self.schema.checks.iter().filter(|check| check.used == FunctionUse::After) {
            let script = match &check.function {
                SchemaFunction::Script(script) => script,
                SchemaFunction::Opaque(what) => {
                    result.unknown.push(what.to_string());
                    continue;
                }
            };
            match engine::run(script, FunctionUse::After, parsed, &self.variables) {
                Outcome::Returned(..) => {}
                Outcome::Threw => {
                    result.refused.push(format!("{} ends the start", check.what));
                    break;
                }
                Outcome::Unknown(reason) => {
                    result.unknown.push(format!("{}: {reason}", check.what));
                }
            }
        }
        result.unknown.truncate(MAX_REASONS);
        result
    }

    /// The checks of the object by its schema.
    fn checked(&self, mut value: JsValue, unknown: &[String], with: Run<'_>) -> ValueResult {
        let of_schema =
            |check: &&ObjectCheck| !matches!(check.used, FunctionUse::Value | FunctionUse::After);
        for check in self.schema.checks.iter().filter(of_schema) {
            if let Some(first) = unknown.first() {
                return ValueResult::unknown(format!("{}: {first}", check.what));
            }
            let result = match (check.used, &check.function) {
                (_, SchemaFunction::Opaque(what)) => ValueResult::unknown(what.to_string()),
                (FunctionUse::Transform, function) => rules::transform(function, value, with),
                (used, function) => rules::refine(ValueResult::accept(value), function, used, with),
            };
            if !result.refused.is_empty() || !result.unknown.is_empty() {
                return result;
            }
            value = result.value;
        }
        ValueResult::accept(value)
    }

    fn by_major(&self, by: impl Fn(Zod) -> ValueResult) -> KeyResult {
        let by = |zod| key_result(by(zod));
        match self.schema.zod {
            ZodMajor::Three => by(Zod::Three),
            ZodMajor::Four => by(Zod::Four),
            ZodMajor::Unknown => match (by(Zod::Three), by(Zod::Four)) {
                (three, KeyResult::Unknown(reasons)) => match three {
                    KeyResult::Unknown(_) => three,
                    _ => KeyResult::Unknown(reasons),
                },
                (KeyResult::Accepted, KeyResult::Accepted) => KeyResult::Accepted,
                (three @ KeyResult::Refused(_), KeyResult::Refused(_)) => three,
                (three @ KeyResult::Unknown(_), _) => three,
                _ => KeyResult::Unknown(vec![
                    "zod 3 and zod 4 differ here, and which one it is is not known".to_owned(),
                ]),
            },
        }
    }
}

/// Evaluates a key if its variables are not set and nothing else is known.
pub fn evaluate_missing(schema: &EnvSchema, key: &SchemaKey) -> KeyResult {
    Evaluation::new(schema, Variables::without(schema.variables(key))).key(key)
}

/// Evaluates the value of a key, if nothing else is known.
pub fn evaluate_value(schema: &EnvSchema, key: &SchemaKey, value: &str) -> KeyResult {
    let mut variables = Variables::without(schema.variables(key));
    for name in schema.variables(key).into_iter().take(1) {
        variables.set(name, value);
    }
    Evaluation::new(schema, variables).key(key)
}

fn key_result(outcome: ValueResult) -> KeyResult {
    if !outcome.refused.is_empty() {
        KeyResult::Refused(outcome.refused)
    } else if !outcome.unknown.is_empty() {
        KeyResult::Unknown(outcome.unknown)
    } else {
        KeyResult::Accepted
    }
}
