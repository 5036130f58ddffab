//! Rules that a value must satisfy, in the vocabulary of zod, and their display in reports.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

use super::{Condition, FunctionUse, SchemaFunction, Unresolved};

/// A JavaScript value that the source states literally.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    /// `undefined`
    Undefined,
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// Any number.
    Number(f64),
    /// Any string.
    Text(String),
}

/// A JavaScript regular expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// The text between the slashes.
    pub(crate) source: String,
    /// The flags: `i`, `u`, …
    pub(crate) flags: String,
}

/// A check of a string, or a change to it; they apply in order.
#[derive(Debug, Clone, PartialEq)]
pub enum StringCheck {
    /// At least N characters.
    Min(f64),
    /// At most N characters.
    Max(f64),
    /// Exactly N characters.
    Length(f64),
    /// A URL, as the WHATWG parser accepts it.
    Url(UrlOptions),
    /// A named format.
    Format(StringFormat),
    /// Matches a regular expression.
    Regex(Pattern),
    /// Starts with a text.
    StartsWith(String),
    /// Ends with a text.
    EndsWith(String),
    /// Contains a text.
    Includes(String),
    /// No upper-case ASCII letter.
    Lowercase,
    /// No lower-case ASCII letter.
    Uppercase,
    /// Removes white space at both ends.
    Trim,
    /// Converts to lower case.
    ToLowerCase,
    /// Converts to upper case.
    ToUpperCase,
    /// A check whose argument is computed or which is not supported.
    Unresolved(Unresolved),
}

/// Options of zod 4's URL check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UrlOptions {
    /// Pattern for the host.
    pub(crate) hostname: Option<Pattern>,
    /// Pattern for the scheme without the colon.
    pub(crate) protocol: Option<Pattern>,
    /// Replaces the value by its normalized form.
    pub(crate) normalize: bool,
}

/// A string format that zod defines by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StringFormat {
    /// `email`
    Email,
    /// `uuid`, optionally of one version.
    Uuid(Option<u8>),
    /// `guid`: like `uuid`, with any version digit.
    Guid,
    /// `nanoid`
    Nanoid,
    /// `cuid`
    Cuid,
    /// `cuid2`
    Cuid2,
    /// `ulid`
    Ulid,
    /// `ipv4`, `ipv6`, or either (zod 3's `ip`).
    Ip(Option<u8>),
    /// `cidrv4`, `cidrv6`, or either.
    Cidr(Option<u8>),
    /// `base64`
    Base64,
    /// `base64url`
    Base64Url,
    /// `jwt`, optionally with one algorithm.
    Jwt(Option<String>),
    /// `e164`: a telephone number.
    E164,
    /// `hostname`
    Hostname,
    /// `hex`
    Hex,
    /// `datetime` with its three options.
    DateTime {
        /// Offsets other than Z are accepted.
        offset: bool,
        /// A missing offset is accepted.
        local: bool,
        /// Number of fractional digits of the second; −1: no seconds (zod 4).
        precision: Option<i8>,
    },
    /// `date`: YYYY-MM-DD
    Date,
    /// `time`, with the number of fractional digits of the second.
    Time(Option<i8>),
    /// `duration`, ISO 8601.
    Duration,
}

/// A check of a number.
#[derive(Debug, Clone, PartialEq)]
pub enum NumberCheck {
    /// Lower bound; exclusive if the flag is set.
    Min(f64, bool),
    /// Upper bound; exclusive if the flag is set.
    Max(f64, bool),
    /// An integer (zod 4: a safe integer).
    Int,
    /// Neither infinite nor NaN.
    Finite,
    /// Within ±(2⁵³ − 1) (zod 4: and an integer).
    Safe,
    /// A multiple of this.
    MultipleOf(f64),
    /// A check whose argument is computed.
    Unresolved(Unresolved),
}

/// What a value must satisfy: a tree that mirrors the schema expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// `z.string()`, `z.coerce.string()`.
    Text {
        /// The value is converted to a string first.
        coerce: bool,
        /// Checks and changes, in order.
        checks: Vec<StringCheck>,
    },
    /// `z.number()`, `z.coerce.number()`.
    Number {
        /// The value is converted to a number first.
        coerce: bool,
        /// Checks, in order.
        checks: Vec<NumberCheck>,
    },
    /// `z.boolean()`, `z.coerce.boolean()`; coerced, every non-empty string is true.
    Boolean {
        /// The value is converted to a boolean first.
        coerce: bool,
    },
    /// `z.date()`, `z.coerce.date()`.
    Date {
        /// The value is converted to a date first.
        coerce: bool,
    },
    /// `z.stringbool()`.
    StringBool {
        /// Strings for true, in lower case unless `exact_case`.
        truthy: Vec<String>,
        /// Strings for false, likewise.
        falsy: Vec<String>,
        /// The comparison is case-sensitive.
        exact_case: bool,
    },
    /// `z.enum`, `z.literal`, `z.null`, `z.undefined`: one of these values.
    OneOf(Vec<Constant>),
    /// `z.any()`, `z.unknown()`.
    Any,
    /// `z.never()`.
    Never,
    /// `z.array()`, `z.object()`, …: no string satisfies it.
    Structure(&'static str),
    /// The first alternative that accepts the value.
    Union(Vec<Self>),
    /// A missing value is accepted.
    Optional(Box<Self>),
    /// `null` is accepted.
    Nullable(Box<Self>),
    /// A missing value is rejected, even if the inner rule accepts it.
    NonOptional(Box<Self>),
    /// A missing value is replaced by the constant; `None`: by a computed value.
    Default(Box<Self>, Option<Constant>),
    /// A missing value is replaced, and the replacement is evaluated.
    Prefault(Box<Self>, Option<Constant>),
    /// A rejected value is replaced.
    Catch(Box<Self>, Option<Constant>),
    /// The output of the first is the input of the second.
    Pipe(Box<Self>, Box<Self>),
    /// Changes nothing.
    Readonly(Box<Self>),
    /// `z.array(x)`: a list whose items satisfy the rule; no string is one.
    List {
        /// The rule of each item.
        item: Box<Self>,
        /// Bounds of the length.
        checks: Vec<NumberCheck>,
    },
    /// Both rules apply.
    Both(Box<Self>, Box<Self>),
    /// One of two rules, by a condition.
    Choice(Condition, Box<Self>, Box<Self>),
    /// The key is not declared: nothing is judged.
    Undeclared,
    /// The inner rule with an additional check that is code.
    Refine(Box<Self>, SchemaFunction, FunctionUse),
    /// A function computes the output.
    Transform(SchemaFunction),
    /// An expression that is not supported.
    Unresolved(Unresolved),
}

impl Rule {
    /// Every unresolved part of the rule, in source order.
    pub fn unresolved(&self) -> Vec<&Unresolved> {
        let mut found = Vec::new();
        self.collect_unresolved(&mut found);
        found
    }

    fn collect_unresolved<'r>(&'r self, found: &mut Vec<&'r Unresolved>) {
        match self {
            Self::Unresolved(what) | Self::Transform(SchemaFunction::Opaque(what)) => {
                found.push(what)
            }
            Self::Refine(inner, function, _) => {
                inner.collect_unresolved(found);
                if let SchemaFunction::Opaque(what) = function {
                    found.push(what);
                }
            }
            Self::Choice(condition, a, b) => {
                if let Condition::Unresolved(what) = condition {
                    found.push(what);
                }
                a.collect_unresolved(found);
                b.collect_unresolved(found);
            }
            Self::Both(a, b) => {
                a.collect_unresolved(found);
                b.collect_unresolved(found);
            }
            Self::List { item, .. } => item.collect_unresolved(found),
            Self::Text { checks, .. } => {
                found.extend(checks.iter().filter_map(|check| match check {
                    StringCheck::Unresolved(what) => Some(what),
                    _ => None,
                }))
            }
            Self::Number { checks, .. } => {
                found.extend(checks.iter().filter_map(|check| match check {
                    NumberCheck::Unresolved(what) => Some(what),
                    _ => None,
                }));
            }
            Self::Union(options) => options.iter().for_each(|o| o.collect_unresolved(found)),
            Self::Pipe(from, to) => {
                from.collect_unresolved(found);
                to.collect_unresolved(found);
            }
            Self::Optional(inner)
            | Self::Nullable(inner)
            | Self::NonOptional(inner)
            | Self::Default(inner, _)
            | Self::Prefault(inner, _)
            | Self::Catch(inner, _)
            | Self::Readonly(inner) => inner.collect_unresolved(found),
            _ => {}
        }
    }
}

impl Rule {
    /// Adds the variables that code of the rule reads by name.
    pub(crate) fn collect_reads<'r>(&'r self, names: &mut BTreeSet<&'r str>) {
        let mut add = |reads: &'r [String]| names.extend(reads.iter().map(String::as_str));
        match self {
            Self::Choice(condition, ..) => add(condition.reads()),
            Self::Refine(_, SchemaFunction::Script(script), _)
            | Self::Transform(SchemaFunction::Script(script)) => add(&script.reads),
            _ => {}
        }
        match self {
            Self::Union(options) => options.iter().for_each(|o| o.collect_reads(names)),
            Self::Pipe(a, b) | Self::Both(a, b) | Self::Choice(_, a, b) => {
                a.collect_reads(names);
                b.collect_reads(names);
            }
            Self::Optional(inner)
            | Self::Nullable(inner)
            | Self::NonOptional(inner)
            | Self::Default(inner, _)
            | Self::Prefault(inner, _)
            | Self::Catch(inner, _)
            | Self::Readonly(inner)
            | Self::Refine(inner, ..)
            | Self::List { item: inner, .. } => inner.collect_reads(names),
            _ => {}
        }
    }
}

impl Display for Constant {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undefined => f.write_str("undefined"),
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Text(value) => write!(f, "{value:?}"),
        }
    }
}

impl Display for Pattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/{}", self.source, self.flags)
    }
}

impl Display for StringFormat {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Email => f.write_str("email"),
            Self::Uuid(None) => f.write_str("uuid"),
            Self::Uuid(Some(version)) => write!(f, "uuid v{version}"),
            Self::Guid => f.write_str("guid"),
            Self::Nanoid => f.write_str("nanoid"),
            Self::Cuid => f.write_str("cuid"),
            Self::Cuid2 => f.write_str("cuid2"),
            Self::Ulid => f.write_str("ulid"),
            Self::Ip(None) => f.write_str("ip"),
            Self::Ip(Some(version)) => write!(f, "ipv{version}"),
            Self::Cidr(None) => f.write_str("cidr"),
            Self::Cidr(Some(version)) => write!(f, "cidrv{version}"),
            Self::Base64 => f.write_str("base64"),
            Self::Base64Url => f.write_str("base64url"),
            Self::Jwt(None) => f.write_str("jwt"),
            Self::Jwt(Some(algorithm)) => write!(f, "jwt {algorithm}"),
            Self::E164 => f.write_str("e164"),
            Self::Hostname => f.write_str("hostname"),
            Self::Hex => f.write_str("hex"),
            Self::DateTime { .. } => f.write_str("datetime"),
            Self::Date => f.write_str("date"),
            Self::Time(_) => f.write_str("time"),
            Self::Duration => f.write_str("duration"),
        }
    }
}

impl Display for StringCheck {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Min(n) => write!(f, "min {n}"),
            Self::Max(n) => write!(f, "max {n}"),
            Self::Length(n) => write!(f, "length {n}"),
            Self::Url(options) => {
                f.write_str("url")?;
                if let Some(pattern) = &options.protocol {
                    write!(f, " protocol {pattern}")?;
                }
                if let Some(pattern) = &options.hostname {
                    write!(f, " hostname {pattern}")?;
                }
                Ok(())
            }
            Self::Format(format) => write!(f, "{format}"),
            Self::Regex(pattern) => write!(f, "{pattern}"),
            Self::StartsWith(text) => write!(f, "starts with {text:?}"),
            Self::EndsWith(text) => write!(f, "ends with {text:?}"),
            Self::Includes(text) => write!(f, "includes {text:?}"),
            Self::Lowercase => f.write_str("lower case"),
            Self::Uppercase => f.write_str("upper case"),
            Self::Trim => f.write_str("trimmed"),
            Self::ToLowerCase => f.write_str("made lower case"),
            Self::ToUpperCase => f.write_str("made upper case"),
            Self::Unresolved(what) => write!(f, "unresolved: {}", what.reason),
        }
    }
}

impl Display for NumberCheck {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Min(n, false) => write!(f, "≥ {n}"),
            Self::Min(n, true) => write!(f, "> {n}"),
            Self::Max(n, false) => write!(f, "≤ {n}"),
            Self::Max(n, true) => write!(f, "< {n}"),
            Self::Int => f.write_str("int"),
            Self::Finite => f.write_str("finite"),
            Self::Safe => f.write_str("safe"),
            Self::MultipleOf(n) => write!(f, "multiple of {n}"),
            Self::Unresolved(what) => write!(f, "unresolved: {}", what.reason),
        }
    }
}

impl Display for Rule {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { coerce, checks } => {
                write!(f, "{}string", coerced(*coerce))?;
                checks.iter().try_for_each(|check| write!(f, " · {check}"))
            }
            Self::Number { coerce, checks } => {
                write!(f, "{}number", coerced(*coerce))?;
                checks.iter().try_for_each(|check| write!(f, " · {check}"))
            }
            Self::Boolean { coerce } => write!(f, "{}boolean", coerced(*coerce)),
            Self::Date { coerce } => write!(f, "{}date", coerced(*coerce)),
            Self::StringBool { truthy, falsy, exact_case } => {
                write!(f, "stringbool {} / {}", truthy.join(" "), falsy.join(" "))?;
                f.write_str(if *exact_case { " (exact case)" } else { "" })
            }
            Self::OneOf(values) => {
                f.write_str("one of ")?;
                list(f, values, " | ")
            }
            Self::Any => f.write_str("any"),
            Self::Never => f.write_str("never"),
            Self::Structure(kind) => write!(f, "{kind} (no string is one)"),
            Self::Union(options) => {
                f.write_str("(")?;
                list(f, options, ") or (")?;
                f.write_str(")")
            }
            Self::Optional(inner) => write!(f, "{inner} · optional"),
            Self::Nullable(inner) => write!(f, "{inner} · nullable"),
            Self::NonOptional(inner) => write!(f, "{inner} · required"),
            Self::Default(inner, value) => replaced(f, inner, "default", value.as_ref()),
            Self::Prefault(inner, value) => replaced(f, inner, "prefault", value.as_ref()),
            Self::Catch(inner, value) => replaced(f, inner, "catch", value.as_ref()),
            Self::Pipe(from, to) => write!(f, "{from} → {to}"),
            Self::Readonly(inner) => write!(f, "{inner}"),
            Self::List { item, checks } => {
                write!(f, "list of ({item})")?;
                checks.iter().try_for_each(|check| write!(f, " · {check}"))
            }
            Self::Both(a, b) => write!(f, "({a}) and ({b})"),
            Self::Choice(condition, a, b) => write!(f, "({a}) if {condition}, else ({b})"),
            Self::Undeclared => f.write_str("not declared"),
            Self::Refine(inner, function, _) => write!(f, "{inner} · {function}"),
            Self::Transform(function) => write!(f, "{function}"),
            Self::Unresolved(what) => write!(f, "unresolved: {}", what.reason),
        }
    }
}

fn coerced(coerce: bool) -> &'static str {
    if coerce { "coerced " } else { "" }
}

fn list<T: Display>(f: &mut Formatter<'_>, items: &[T], between: &str) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

fn replaced(
    f: &mut Formatter<'_>,
    inner: &Rule,
    word: &str,
    value: Option<&Constant>,
) -> fmt::Result {
    match value {
        Some(value) => write!(f, "{inner} · {word} {value}"),
        None => write!(f, "{inner} · {word} computed"),
    }
}
