//! The result of evaluating a value against a rule.

use crate::zod::engine::JsValue;

/// The result of evaluating a value against a rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ValueResult {
    /// The output value, unless the value is refused.
    pub(crate) value: JsValue,
    /// Reasons for a refusal, without the value.
    pub(crate) refused: Vec<String>,
    /// Reasons why the result is not known.
    pub(crate) unknown: Vec<String>,
    /// Code threw an exception, which no rule around it catches.
    pub(crate) thrown: bool,
}

impl ValueResult {
    /// The value is accepted.
    pub(crate) fn accept(value: JsValue) -> Self {
        Self { value, refused: Vec::new(), unknown: Vec::new(), thrown: false }
    }

    /// The value is refused.
    pub(crate) fn refuse(value: JsValue, reason: impl Into<String>) -> Self {
        Self { refused: vec![reason.into()], ..Self::accept(value) }
    }

    /// The result and the output are not known.
    pub(crate) fn unknown(reason: impl Into<String>) -> Self {
        Self { unknown: vec![reason.into()], ..Self::accept(JsValue::Opaque) }
    }

    /// Code threw an exception.
    pub(super) fn throw(what: &str) -> Self {
        let refused = Self::refuse(JsValue::Opaque, format!("{what} throws an exception"));
        Self { thrown: true, ..refused }
    }

    /// Whether the value is accepted for certain.
    pub(super) fn is_accepted(&self) -> bool {
        self.refused.is_empty() && self.unknown.is_empty()
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
