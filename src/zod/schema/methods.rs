//! Methods of a schema for one value: modifiers such as `.optional()`, checks such as `.min(20)`, and the
//! options objects of both.

use oxc_ast::ast::Expression;

use super::constants::ConstValue;
use super::node::Field;
use super::resolve::SchemaReader;
use super::scope::EvalScope;
use crate::zod::model::{
    Constant, FunctionUse, NumberCheck, Pattern, Rule, SchemaFunction, StringCheck, StringFormat,
    Unresolved, UrlOptions,
};
use crate::zod::typescript::Link;

impl<'a> SchemaReader<'a> {
    /// The field after a method: `.optional()`, `.default(…)`, `.or(…)`, or a check.
    pub(crate) fn modifier(&self, scope: &EvalScope<'a>, field: Field, link: &Link<'a>) -> Field {
        let place = scope.module.place(link.offset);
        let unresolved = |field: Field, reason: String| {
            let what = scope.unresolved(link.offset, reason);
            Field { rule: Rule::Unresolved(what), ..field }
        };
        if link.args.is_none() {
            return unresolved(field, format!("property `{}` of a schema", link.name));
        }
        match link.name {
            "optional" => field.wrap(&place, |rule| Rule::Optional(Box::new(rule))),
            "nullable" => field.wrap(&place, |rule| Rule::Nullable(Box::new(rule))),
            "nonoptional" => field.wrap(&place, |rule| Rule::NonOptional(Box::new(rule))),
            "nullish" => {
                field.wrap(&place, |rule| Rule::Optional(Box::new(Rule::Nullable(Box::new(rule)))))
            }
            "readonly" => field.wrap(&place, |rule| Rule::Readonly(Box::new(rule))),
            "default" | "prefault" | "catch" => self.with_replacement(scope, field, link),
            "unwrap" | "removeDefault" | "removeCatch" => match unwrapped(&field.rule) {
                Some(rule) => Field { rule, ..field },
                None => unresolved(field, format!("`{}` of this", link.name)),
            },
            "or" => self.joined(scope, field, link, |a, b| Rule::Union(vec![a, b])),
            "pipe" => self.joined(scope, field, link, |a, b| Rule::Pipe(Box::new(a), Box::new(b))),
            "transform" | "overwrite" => {
                let function = self.function(scope, link, 0);
                field.wrap(&place, |rule| {
                    Rule::Pipe(Box::new(rule), Box::new(Rule::Transform(function)))
                })
            }
            "and" => self.joined(scope, field, link, |a, b| Rule::Both(Box::new(a), Box::new(b))),
            "refine" | "superRefine" | "check" | "with" | "refinement" => {
                let (function, used) = self.refinement(scope, link);
                field.wrap(&place, |rule| Rule::Refine(Box::new(rule), function, used))
            }
            "describe" => {
                let text = link.arg(0).and_then(|value| self.constant(&scope.site(value)));
                Field {
                    description: text.and_then(ConstValue::text).or(field.description),
                    ..field
                }
            }
            "meta" => {
                let text = self.option_text(scope, link, 0, "description");
                Field { description: text.or(field.description), ..field }
            }
            "brand" | "register" | "clone" => field,
            "array" => {
                field.wrap(&place, |rule| Rule::List { item: Box::new(rule), checks: Vec::new() })
            }
            "promise" => Field { rule: Rule::Structure("promise"), levels: 1, ..field },
            "exclude" | "extract" => self.narrowed(scope, field, link),
            _ => {
                let rule = self.with_check(scope, field.rule, link);
                Field { rule, ..field }
            }
        }
    }

    /// The function of `.refine(…)` and its kin, and how it is used.
    fn refinement(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> (SchemaFunction, FunctionUse) {
        let function = match link.args {
            Some([_]) | None => self.function(scope, link, 0),
            Some([_, ..]) if link.name != "check" && link.name != "with" => {
                self.function(scope, link, 0)
            }
            // `.check(z.minLength(3), …)`
            Some(_) => {
                let reason = format!("{} of several checks", link.name);
                SchemaFunction::Opaque(scope.unresolved(link.offset, reason))
            }
        };
        let used = match link.name {
            "superRefine" => FunctionUse::Issues,
            "check" | "with" => FunctionUse::Payload,
            _ => FunctionUse::Predicate,
        };
        (function, used)
    }

    /// `.default(x)`, `.prefault(x)`, `.catch(x)`
    fn with_replacement(&self, scope: &EvalScope<'a>, field: Field, link: &Link<'a>) -> Field {
        let place = scope.module.place(link.offset);
        let known = link.arg(0).and_then(|value| self.computed_constant(&scope.site(value)));
        // `.default()` replaces by `undefined`.
        let value = match (link.arg(0), known) {
            (None, _) if link.args.is_some_and(<[_]>::is_empty) => Some(Constant::Undefined),
            (_, known) => known.and_then(ConstValue::one),
        };
        field.wrap(&place, |rule| {
            let rule = Box::new(rule);
            match link.name {
                "default" => Rule::Default(rule, value),
                "prefault" => Rule::Prefault(rule, value),
                _ => Rule::Catch(rule, value),
            }
        })
    }

    /// `.or(x)` and `.pipe(x)`
    fn joined(
        &self,
        scope: &EvalScope<'a>,
        field: Field,
        link: &Link<'a>,
        join: fn(Rule, Rule) -> Rule,
    ) -> Field {
        match link.arg(0) {
            Some(argument) => {
                let place = scope.module.place(link.offset);
                field.join(self.field(scope, argument), &place, join)
            }
            None => {
                let what = scope.unresolved(link.offset, "an argument is missing");
                Field { rule: Rule::Unresolved(what), ..field }
            }
        }
    }

    /// `.exclude([…])` and `.extract([…])` of an enum of strings.
    fn narrowed(&self, scope: &EvalScope<'a>, field: Field, link: &Link<'a>) -> Field {
        let listed = link.arg(0).and_then(|value| self.constant(&scope.site(value)));
        let listed: Option<Vec<Constant>> = match listed {
            Some(ConstValue::List(items)) => items.into_iter().map(ConstValue::one).collect(),
            _ => None,
        };
        let rule = match (field.rule, listed) {
            (Rule::OneOf(mut values), Some(listed)) => {
                let extract = link.name == "extract";
                values.retain(|value| listed.contains(value) == extract);
                Rule::OneOf(values)
            }
            _ => Rule::Unresolved(
                scope.unresolved(link.offset, format!("`{}` of computed values", link.name)),
            ),
        };
        Field { rule, ..field }
    }

    /// A string option of an argument: `{ description: "…" }`.
    pub(crate) fn option_text(
        &self,
        scope: &EvalScope<'a>,
        link: &Link<'a>,
        index: usize,
        name: &str,
    ) -> Option<String> {
        self.option(scope, link, index, name)?.text()
    }

    /// A boolean option of an argument; false if it is computed.
    pub(crate) fn option_flag(
        &self,
        scope: &EvalScope<'a>,
        link: &Link<'a>,
        index: usize,
        name: &str,
    ) -> bool {
        let value = self.option(scope, link, index, name);
        value == Some(ConstValue::One(Constant::Boolean(true)))
    }

    /// An option of an argument; other options may be computed.
    pub(crate) fn option(
        &self,
        scope: &EvalScope<'a>,
        link: &Link<'a>,
        index: usize,
        name: &str,
    ) -> Option<ConstValue> {
        let argument = link.arg(index)?.get_inner_expression();
        let Expression::ObjectExpression(object) = argument else {
            return self.constant(&scope.site(argument))?.get(name).cloned();
        };
        object.properties.iter().find_map(|property| {
            let property = property.as_property()?;
            (property.key.static_name()? == name)
                .then(|| self.constant(&scope.site(&property.value)))
                .flatten()
        })
    }

    /// Whether an argument has, or may have, an option.
    pub(crate) fn has_option(
        &self,
        scope: &EvalScope<'a>,
        link: &Link<'a>,
        index: usize,
        name: &str,
    ) -> bool {
        match link.arg(index).map(Expression::get_inner_expression) {
            Some(Expression::ObjectExpression(object)) => {
                object.properties.iter().any(|property| match property.as_property() {
                    Some(property) => property.key.static_name().is_none_or(|key| key == name),
                    None => true,
                })
            }
            Some(other) => match self.constant(&scope.site(other)) {
                Some(known) => known.get(name).is_some(),
                None => true,
            },
            None => false,
        }
    }
}

impl<'a> SchemaReader<'a> {
    /// The rule with an additional check: `.min(20)`, `.url()`, `.regex(/…/)`, `.int()`.
    fn with_check(&self, scope: &EvalScope<'a>, rule: Rule, link: &Link<'a>) -> Rule {
        match rule {
            Rule::Text { coerce, mut checks } => match self.string_check(scope, link) {
                Some(check) => {
                    checks.push(check);
                    Rule::Text { coerce, checks }
                }
                None => unknown_method(scope, link, "a string"),
            },
            Rule::Number { coerce, mut checks } => match self.number_check(scope, link) {
                Some(check) => {
                    checks.push(check);
                    Rule::Number { coerce, checks }
                }
                None => unknown_method(scope, link, "a number"),
            },
            Rule::List { item, mut checks } => match self.list_check(scope, link) {
                Some(check) => {
                    checks.push(check);
                    Rule::List { item, checks }
                }
                None => unknown_method(scope, link, "an array"),
            },
            // In zod 4 checks may follow a refinement.
            Rule::Refine(inner, function, used) => {
                Rule::Refine(Box::new(self.with_check(scope, *inner, link)), function, used)
            }
            Rule::Date { coerce } => {
                let reason = format!("`{}` of a date is not evaluated", link.name);
                let opaque = SchemaFunction::Opaque(scope.unresolved(link.offset, reason));
                Rule::Refine(Box::new(Rule::Date { coerce }), opaque, FunctionUse::Predicate)
            }
            // No string satisfies a structure, so its checks do not matter.
            Rule::Structure(kind) => Rule::Structure(kind),
            Rule::Unresolved(what) => Rule::Unresolved(what),
            _ => unknown_method(scope, link, "this schema"),
        }
    }

    /// The check of a string that a method adds; `None` if there is no such method.
    fn string_check(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> Option<StringCheck> {
        let number = |make: fn(f64) -> StringCheck| match self.number_argument(scope, link, 0) {
            Ok(value) => make(value),
            Err(what) => StringCheck::Unresolved(what),
        };
        let text = |make: fn(String) -> StringCheck| match self
            .constant_argument(scope, link, 0)
            .and_then(ConstValue::text)
        {
            Some(text) => make(text),
            None => StringCheck::Unresolved(computed(scope, link)),
        };
        Some(match link.name {
            "min" => number(StringCheck::Min),
            "max" => number(StringCheck::Max),
            "length" => number(StringCheck::Length),
            "nonempty" => StringCheck::Min(1.0),
            "startsWith" => text(StringCheck::StartsWith),
            "endsWith" => text(StringCheck::EndsWith),
            "includes" if !self.has_option(scope, link, 1, "position") => {
                text(StringCheck::Includes)
            }
            "regex" => match self.constant_argument(scope, link, 0) {
                Some(ConstValue::Regex(pattern)) => StringCheck::Regex(pattern),
                _ => StringCheck::Unresolved(computed(scope, link)),
            },
            "trim" => StringCheck::Trim,
            "toLowerCase" => StringCheck::ToLowerCase,
            "toUpperCase" => StringCheck::ToUpperCase,
            "lowercase" => StringCheck::Lowercase,
            "uppercase" => StringCheck::Uppercase,
            "includes" | "emoji" | "normalize" | "slugify" | "mac" | "xid" | "ksuid" => {
                StringCheck::Unresolved(
                    scope.unresolved(link.offset, format!("`{}` is not evaluated", link.name)),
                )
            }
            _ => return self.format_check(scope, link),
        })
    }

    /// The check of `.url()`, `.email()`, `.uuid()`, …, as a method or as a top-level function of zod 4.
    pub(crate) fn format_check(
        &self,
        scope: &EvalScope<'a>,
        link: &Link<'a>,
    ) -> Option<StringCheck> {
        let version = |name: &str| {
            let text = self.option_text(scope, link, 0, name)?;
            text.trim_start_matches('v').parse::<u8>().ok()
        };
        // A custom pattern replaces the pattern of the format; a first argument that is neither a
        // message nor an options object may contain one.
        let replaced = ["pattern", "length"].iter().any(|o| self.has_option(scope, link, 0, o));
        if replaced && !self.is_message(scope, link) {
            return is_format(link.name).then(|| StringCheck::Unresolved(computed(scope, link)));
        }
        Some(StringCheck::Format(match link.name {
            "url" => return Some(self.url_check(scope, link)),
            "email" => StringFormat::Email,
            "uuid" => StringFormat::Uuid(version("version")),
            "uuidv4" => StringFormat::Uuid(Some(4)),
            "uuidv6" => StringFormat::Uuid(Some(6)),
            "uuidv7" => StringFormat::Uuid(Some(7)),
            "guid" => StringFormat::Guid,
            "nanoid" => StringFormat::Nanoid,
            "cuid" => StringFormat::Cuid,
            "cuid2" => StringFormat::Cuid2,
            "ulid" => StringFormat::Ulid,
            "ip" => StringFormat::Ip(version("version")),
            "ipv4" => StringFormat::Ip(Some(4)),
            "ipv6" => StringFormat::Ip(Some(6)),
            "cidr" => StringFormat::Cidr(version("version")),
            "cidrv4" => StringFormat::Cidr(Some(4)),
            "cidrv6" => StringFormat::Cidr(Some(6)),
            "base64" => StringFormat::Base64,
            "base64url" => StringFormat::Base64Url,
            "jwt" => StringFormat::Jwt(self.option_text(scope, link, 0, "alg")),
            "e164" => StringFormat::E164,
            "datetime" => StringFormat::DateTime {
                offset: self.option_flag(scope, link, 0, "offset"),
                local: self.option_flag(scope, link, 0, "local"),
                precision: self.precision(scope, link),
            },
            "date" => StringFormat::Date,
            "time" => StringFormat::Time(self.precision(scope, link)),
            "duration" => StringFormat::Duration,
            _ => return None,
        }))
    }

    /// The check of `.url({ hostname, protocol, normalize })`.
    fn url_check(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> StringCheck {
        let mut options = UrlOptions {
            normalize: self.option_flag(scope, link, 0, "normalize"),
            ..UrlOptions::default()
        };
        let parts: [(&str, &mut Option<Pattern>); 2] =
            [("hostname", &mut options.hostname), ("protocol", &mut options.protocol)];
        for (name, slot) in parts {
            match self.option(scope, link, 0, name) {
                Some(ConstValue::Regex(pattern)) => *slot = Some(pattern),
                _ if !self.is_message(scope, link) && self.has_option(scope, link, 0, name) => {
                    return StringCheck::Unresolved(computed(scope, link));
                }
                _ => {}
            }
        }
        StringCheck::Url(options)
    }

    fn precision(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> Option<i8> {
        let digits = self.option(scope, link, 0, "precision")?.number()?;
        (-1.0..=12.0).contains(&digits).then_some(digits as i8)
    }

    /// Whether the first argument is only an error message: missing, a string or a function.
    fn is_message(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> bool {
        match link.arg(0).map(Expression::get_inner_expression) {
            None => link.args.is_some_and(<[_]>::is_empty),
            Some(Expression::StringLiteral(_) | Expression::TemplateLiteral(_)) => true,
            Some(Expression::ArrowFunctionExpression(_)) => true,
            Some(other) => {
                self.constant(&scope.site(other)).is_some_and(|known| known.text().is_some())
            }
        }
    }

    /// The check of a number that a method adds; `None` if there is no such method.
    fn number_check(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> Option<NumberCheck> {
        let bound = |make: fn(f64) -> NumberCheck| match self.number_argument(scope, link, 0) {
            Ok(value) => make(value),
            Err(what) => NumberCheck::Unresolved(what),
        };
        Some(match link.name {
            "min" | "gte" => bound(|n| NumberCheck::Min(n, false)),
            "gt" => bound(|n| NumberCheck::Min(n, true)),
            "max" | "lte" => bound(|n| NumberCheck::Max(n, false)),
            "lt" => bound(|n| NumberCheck::Max(n, true)),
            "positive" => NumberCheck::Min(0.0, true),
            "nonnegative" => NumberCheck::Min(0.0, false),
            "negative" => NumberCheck::Max(0.0, true),
            "nonpositive" => NumberCheck::Max(0.0, false),
            "int" => NumberCheck::Int,
            "finite" => NumberCheck::Finite,
            "safe" => NumberCheck::Safe,
            "multipleOf" | "step" => bound(NumberCheck::MultipleOf),
            _ => return None,
        })
    }

    /// The check of a list that a method adds; `None` if there is no such method.
    fn list_check(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> Option<NumberCheck> {
        let bound = |make: fn(f64) -> NumberCheck| match self.number_argument(scope, link, 0) {
            Ok(value) => make(value),
            Err(what) => NumberCheck::Unresolved(what),
        };
        Some(match link.name {
            "min" => bound(|n| NumberCheck::Min(n, false)),
            "max" => bound(|n| NumberCheck::Max(n, false)),
            "nonempty" => NumberCheck::Min(1.0, false),
            _ => return None,
        })
    }

    /// The constant at an argument's position.
    fn constant_argument(
        &self,
        scope: &EvalScope<'a>,
        link: &Link<'a>,
        index: usize,
    ) -> Option<ConstValue> {
        self.computed_constant(&scope.site(link.arg(index)?))
    }

    /// The number at an argument's position.
    fn number_argument(
        &self,
        scope: &EvalScope<'a>,
        link: &Link<'a>,
        index: usize,
    ) -> Result<f64, Unresolved> {
        let known = self.constant_argument(scope, link, index).and_then(ConstValue::number);
        known.ok_or_else(|| computed(scope, link))
    }
}

/// The rule inside of the outermost wrapper, if there is one.
fn unwrapped(rule: &Rule) -> Option<Rule> {
    match rule {
        Rule::Optional(inner)
        | Rule::Nullable(inner)
        | Rule::NonOptional(inner)
        | Rule::Default(inner, _)
        | Rule::Prefault(inner, _)
        | Rule::Catch(inner, _)
        | Rule::Readonly(inner) => Some(Rule::clone(inner)),
        _ => None,
    }
}

/// A check whose argument is not a constant.
fn computed(scope: &EvalScope<'_>, link: &Link<'_>) -> Unresolved {
    scope.unresolved(link.offset, format!("the argument of `{}` is computed", link.name))
}

fn unknown_method(scope: &EvalScope<'_>, link: &Link<'_>, of: &str) -> Rule {
    Rule::Unresolved(scope.unresolved(link.offset, format!("method `{}` of {of}", link.name)))
}

/// Whether a method of this name is a string format.
fn is_format(name: &str) -> bool {
    matches!(name, "url" | "email" | "uuid" | "nanoid" | "cuid" | "cuid2" | "ulid" | "jwt")
}
