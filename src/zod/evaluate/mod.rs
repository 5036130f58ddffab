//! Evaluates values against the rules of a schema, as zod 3 and zod 4 do: accepted, refused or unknown.

mod expressions;
mod formats;
mod javascript;
mod leaves;
mod regex;
mod rules;
mod strings;

use super::model::{EnvSchema, SchemaKey, ZodMajor};

/// A major version of zod; the two judge some values differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zod {
    Three,
    Four,
}

/// The answer about one key. Reasons never hold the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyResult {
    /// The application would take it.
    Accepted,
    /// The application would refuse to start, and why.
    Refused(Vec<String>),
    /// Nobody can say without running the code, and why.
    Unknown(Vec<String>),
}

/// Judges one key as the application does when it starts: its value, or that it is missing.
///
/// Where the major version of zod is unknown both judge, and where they differ nobody knows.
#[must_use]
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
