//! Evaluates a value against the rule of its key, as zod 3 and zod 4 do: accepted, refused or unknown.
//!
//! `rules` walks the rule, `formats` implements the named string formats, and `javascript` and `regex` the
//! conversions and regular expressions of JavaScript. Everything that depends on code is unknown.

mod formats;
mod javascript;
mod regex;
mod rules;

use super::model::{EnvSchema, SchemaKey, ZodMajor};

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

/// Evaluates the value of a key, or its absence, as the application does when it starts.
///
/// If the major version of zod is not known, the result is unknown wherever zod 3 and zod 4 differ.
pub fn evaluate_key(schema: &EnvSchema, key: &SchemaKey, value: Option<&str>) -> KeyResult {
    let value = value.filter(|value| !(schema.blank_is_missing && value.is_empty()));
    let by = |zod| key_result(rules::evaluate(&key.rule, value, zod));
    match schema.zod {
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

fn key_result(outcome: rules::ValueResult) -> KeyResult {
    if !outcome.refused.is_empty() {
        KeyResult::Refused(outcome.refused)
    } else if !outcome.unknown.is_empty() {
        KeyResult::Unknown(outcome.unknown)
    } else {
        KeyResult::Accepted
    }
}
