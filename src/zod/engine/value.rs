//! JavaScript values on their way into and out of the engine, and between the rules of a schema.

use serde_json::{Map, Value as Json, json};

use crate::zod::model::Constant;

/// An input, output or intermediate value of a schema.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum JsValue {
    /// The key is missing, or its value was converted to `undefined`.
    Undefined,
    /// `null`
    Null,
    /// A boolean.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A string.
    Text(String),
    /// A valid date.
    Date,
    /// An array.
    List(Vec<Self>),
    /// A plain object: its own properties, in order.
    Object(Vec<(String, Self)>),
    /// A plain object that may have further properties.
    Open(Vec<(String, Self)>),
    /// `z.NEVER`, which a transform returns after it has reported an issue.
    Never,
    /// A value that is not known, or of a type that is not followed.
    Opaque,
}

impl From<&Constant> for JsValue {
    fn from(constant: &Constant) -> Self {
        match constant {
            Constant::Undefined => Self::Undefined,
            Constant::Null => Self::Null,
            Constant::Boolean(value) => Self::Boolean(*value),
            Constant::Number(value) => Self::Number(*value),
            Constant::Text(value) => Self::Text(value.clone()),
        }
    }
}

impl JsValue {
    /// `===` with a constant; `None` if the value is not known.
    pub(crate) fn equals(&self, constant: &Constant) -> Option<bool> {
        match self {
            Self::Opaque => None,
            value => Some(*value == Self::from(constant)),
        }
    }

    /// Whether `if (value)` holds; `None` if the value is not known.
    pub(crate) fn truthy(&self) -> Option<bool> {
        Some(match self {
            Self::Undefined | Self::Null => false,
            Self::Boolean(value) => *value,
            Self::Number(value) => *value != 0.0 && !value.is_nan(),
            Self::Text(text) => !text.is_empty(),
            Self::Date | Self::List(_) | Self::Object(_) | Self::Open(_) | Self::Never => true,
            Self::Opaque => return None,
        })
    }

    /// The value of a property; `Undefined` if there is none.
    pub(crate) fn get(&self, name: &str) -> Self {
        match self {
            Self::Object(pairs) => {
                let found = pairs.iter().rev().find(|(key, _)| key == name);
                found.map_or(Self::Undefined, |(_, value)| value.clone())
            }
            _ => Self::Opaque,
        }
    }

    /// The value in the notation of `decode` in prelude.js; `None` if it is not known.
    pub(crate) fn encode(&self) -> Option<Json> {
        Some(match self {
            Self::Undefined => json!({"u": 1}),
            Self::Null => Json::Null,
            Self::Boolean(value) => json!(value),
            Self::Number(value) if value.is_finite() => json!(value),
            Self::Number(value) if value.is_nan() => json!({"n": 0}),
            Self::Number(value) => json!({"n": value.signum()}),
            Self::Text(text) => json!(text),
            Self::List(items) => {
                json!({"l": items.iter().map(Self::encode).collect::<Option<Vec<_>>>()?})
            }
            Self::Object(pairs) => {
                let pair = |(key, value): &(String, Self)| Some(json!([key, value.encode()?]));
                json!({"o": pairs.iter().map(pair).collect::<Option<Vec<_>>>()?})
            }
            Self::Date | Self::Open(_) | Self::Never | Self::Opaque => return None,
        })
    }

    /// What a schema returned, in the same notation: code may read it as far as it is known.
    pub(crate) fn encode_parsed(&self) -> Json {
        let unknown = || json!({"f": "it depends on a value that is not known"});
        match self {
            Self::Object(pairs) => {
                let pair = |(key, value): &(String, Self)| {
                    json!([key, value.encode().unwrap_or_else(unknown)])
                };
                json!({"o": pairs.iter().map(pair).collect::<Vec<_>>()})
            }
            Self::Open(pairs) => {
                let object = Self::Object(pairs.clone()).encode_parsed();
                json!({"o": object["o"], "open": 1})
            }
            value => value.encode().unwrap_or_else(unknown),
        }
    }

    /// A value in the notation of `encode` in prelude.js.
    pub(crate) fn decode(json: &Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Boolean(*value),
            Json::Number(number) => number.as_f64().map_or(Self::Opaque, Self::Number),
            Json::String(text) => Self::Text(text.clone()),
            Json::Object(tagged) => Self::decode_tagged(tagged),
            Json::Array(_) => Self::Opaque,
        }
    }

    fn decode_tagged(tagged: &Map<String, Json>) -> Self {
        let Some((tag, content)) = tagged.iter().next() else { return Self::Opaque };
        match (tag.as_str(), content) {
            ("u", _) => Self::Undefined,
            ("n", sign) => Self::Number(match sign.as_i64() {
                Some(1) => f64::INFINITY,
                Some(-1) => f64::NEG_INFINITY,
                _ => f64::NAN,
            }),
            ("d", _) => Self::Date,
            ("never", _) => Self::Never,
            ("l", Json::Array(items)) => Self::List(items.iter().map(Self::decode).collect()),
            ("o", Json::Array(pairs)) => {
                let pair = |pair: &Json| {
                    Some((pair.get(0)?.as_str()?.to_owned(), Self::decode(pair.get(1)?)))
                };
                pairs.iter().map(pair).collect::<Option<_>>().map_or(Self::Opaque, Self::Object)
            }
            _ => Self::Opaque,
        }
    }
}
