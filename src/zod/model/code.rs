//! Code of a schema that runs in the engine, and where the values of keys come from.

use std::sync::Arc;

use super::Unresolved;

/// A piece of JavaScript with everything that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The text: definitions of what it names, and `entry`.
    pub(crate) code: String,
    /// The piece itself, cut, as reports show it.
    pub(crate) shown: String,
    /// Variables of the environment that it reads by name.
    pub(crate) reads: Vec<String>,
    /// It uses the environment, perhaps by computed names.
    pub(crate) reads_environment: bool,
}

/// How a schema uses a piece of code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionUse {
    /// Its value is used.
    Value,
    /// A function of the value, whose result replaces it: `transform`, `preprocess`.
    Transform,
    /// A function of the value that must return something true: `refine`.
    Predicate,
    /// A function of value and context that may report issues: `superRefine`.
    Issues,
    /// A function of a payload with value and issues: zod 4's `check`.
    Payload,
    /// Statements behind the place that parses, which may end the start.
    After,
}

/// A function in the schema.
#[derive(Debug, Clone, PartialEq)]
pub enum SchemaFunction {
    /// It can be run.
    Script(Arc<Script>),
    /// It cannot be run.
    Opaque(Unresolved),
}

/// A condition of the source.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// It can be run.
    Script(Arc<Script>),
    /// It cannot be run.
    Unresolved(Unresolved),
}

/// Whether the environment is judged at all.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Validation {
    /// Never: `skipValidation: true`.
    Never,
    /// Only if the condition has this result.
    If(Condition, bool),
}

/// Where the value of a key comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Input {
    /// From the variable of the same name.
    Own,
    /// From the variable of the same name if it is set, else from elsewhere: `{ A: "x", ...process.env }`.
    OwnOr {
        /// A blank variable counts as not set: `process.env.A ||= "x"`.
        replaces_blank: bool,
        /// From where else.
        otherwise: Box<Self>,
    },
    /// From nowhere: it is always missing.
    Never,
    /// From an expression: `B: process.env.A ?? "x"`.
    Expression(Arc<Script>),
    /// From a property of an object that code computes.
    Whole(Arc<Script>),
    /// From code that cannot be run.
    Unresolved(Unresolved),
}

impl Input {
    /// The script of an expression that may be used.
    pub(crate) fn script(&self) -> Option<&Script> {
        match self {
            Self::Expression(script) | Self::Whole(script) => Some(script),
            Self::OwnOr { otherwise, .. } => otherwise.script(),
            Self::Own | Self::Never | Self::Unresolved(_) => None,
        }
    }
}

/// A check of the whole object: it may refuse it, and adds no keys.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ObjectCheck {
    /// The function.
    pub(crate) function: SchemaFunction,
    /// How it is used.
    pub(crate) used: FunctionUse,
    /// What and where it is.
    pub(crate) what: Unresolved,
}

impl ObjectCheck {
    /// A check whose result is not known.
    pub(crate) fn opaque(what: Unresolved) -> Self {
        let function = SchemaFunction::Opaque(what.clone());
        Self { function, used: FunctionUse::Predicate, what }
    }
}

impl Condition {
    /// Variables that it reads by name.
    pub(crate) fn reads(&self) -> &[String] {
        match self {
            Self::Script(script) => &script.reads,
            Self::Unresolved(_) => &[],
        }
    }
}

impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Script(script) => f.write_str(&script.shown),
            Self::Unresolved(what) => write!(f, "unresolved: {}", what.reason),
        }
    }
}

impl std::fmt::Display for SchemaFunction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Script(script) => f.write_str(&script.shown),
            Self::Opaque(what) => write!(f, "unresolved: {}", what.reason),
        }
    }
}
