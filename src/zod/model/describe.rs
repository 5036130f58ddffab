//! Rules in words, for people and for the fixtures.

use std::fmt::{Display, Formatter, Result};

use super::{Constant, NumberCheck, Pattern, Rule, SchemaFunction, StringCheck, StringFormat};

impl Display for Constant {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
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
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "/{}/{}", self.source, self.flags)
    }
}

impl Display for StringFormat {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
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
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
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
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
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

impl Display for SchemaFunction {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::BlankToUndefined => "blank becomes missing",
            Self::Trim => "trimmed",
            Self::ToLowerCase => "made lower case",
            Self::ToUpperCase => "made upper case",
            Self::Comparison => "compared to a boolean",
            Self::Number => "made a number",
            Self::List => "split into a list",
            Self::Identity => "as is",
            Self::Opaque(what) => return write!(f, "unresolved: {}", what.reason),
        })
    }
}

impl Display for Rule {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
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
            Self::Refine(inner, what) => write!(f, "{inner} · unresolved: {}", what.reason),
            Self::Transform(function) => write!(f, "{function}"),
            Self::Unresolved(what) => write!(f, "unresolved: {}", what.reason),
        }
    }
}

fn coerced(coerce: bool) -> &'static str {
    if coerce { "coerced " } else { "" }
}

fn list<T: Display>(f: &mut Formatter<'_>, items: &[T], between: &str) -> Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

fn replaced(f: &mut Formatter<'_>, inner: &Rule, word: &str, value: Option<&Constant>) -> Result {
    match value {
        Some(value) => write!(f, "{inner} · {word} {value}"),
        None => write!(f, "{inner} · {word} computed"),
    }
}
