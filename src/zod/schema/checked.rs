//! Conditions on strings and numbers: `.min(20)`, `.url()`, `.regex(/…/)`, `.int()`.

use super::chain::Link;
use super::constants::ConstValue;
use super::imports::SchemaReader;
use super::node::EvalScope;
use crate::zod::model::{
    NumberCheck, Pattern, Rule, StringCheck, StringFormat, Unresolved, UrlOptions,
};

impl<'a> SchemaReader<'a> {
    /// The rule with one more condition, put where the string or number is.
    pub(crate) fn checked(&self, scope: &EvalScope<'a>, rule: Rule, link: &Link<'a>) -> Rule {
        match rule {
            Rule::Text { coerce, mut checks } => match self.string_check(scope, link) {
                Some(check) => {
                    checks.push(check);
                    Rule::Text { coerce, checks }
                }
                None => unknown_method(scope, link, "a string"),
            },
            Rule::Number { coerce, mut checks } => match self.number_check(scope, link) {
                Some(more) => {
                    checks.extend(more);
                    Rule::Number { coerce, checks }
                }
                None => unknown_method(scope, link, "a number"),
            },
            // zod 4 keeps refinements inside of the schema, so that conditions may follow.
            Rule::Refine(inner, what) => {
                Rule::Refine(Box::new(self.checked(scope, *inner, link)), what)
            }
            Rule::Date { coerce } => {
                let reason = format!("`{}` of a date is not evaluated", link.name);
                let what = scope.unresolved(link.offset, reason);
                Rule::Refine(Box::new(Rule::Date { coerce }), what)
            }
            // Whatever more it asks, no string is one.
            Rule::Structure(kind) => Rule::Structure(kind),
            Rule::Unresolved(what) => Rule::Unresolved(what),
            _ => unknown_method(scope, link, "this schema"),
        }
    }

    fn string_check(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> Option<StringCheck> {
        let number = |make: fn(f64) -> StringCheck| match self.number_at(scope, link, 0) {
            Ok(value) => make(value),
            Err(what) => StringCheck::Unresolved(what),
        };
        let text = |make: fn(String) -> StringCheck| match self.known_at(scope, link, 0) {
            Some(known) => match known.text() {
                Some(text) => make(text),
                None => StringCheck::Unresolved(computed(scope, link)),
            },
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
            "regex" => match self.known_at(scope, link, 0) {
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

    /// `.url()`, `.email()`, `.uuid()`, …: as a method, and at the top of zod 4's namespace.
    pub(crate) fn format_check(
        &self,
        scope: &EvalScope<'a>,
        link: &Link<'a>,
    ) -> Option<StringCheck> {
        let version = |name: &str| {
            let text = self.option_text(scope, link, 0, name)?;
            text.trim_start_matches('v').parse::<u8>().ok()
        };
        // A pattern of one's own replaces the format's; a first argument that is neither a
        // message nor an options object may hold anything.
        let replaced = ["pattern", "length"].iter().any(|o| self.has_option(scope, link, 0, o));
        if replaced && !self.is_message(scope, link) {
            return known_format(link.name).then(|| StringCheck::Unresolved(computed(scope, link)));
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

    /// The first argument is nothing but an error message: absent, a string, or a function.
    fn is_message(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> bool {
        use oxc_ast::ast::Expression;
        match link.arg(0).map(Expression::get_inner_expression) {
            None => link.args.is_some_and(<[_]>::is_empty),
            Some(Expression::StringLiteral(_) | Expression::TemplateLiteral(_)) => true,
            Some(Expression::ArrowFunctionExpression(_)) => true,
            Some(other) => {
                self.constant(&scope.site(other)).is_some_and(|known| known.text().is_some())
            }
        }
    }

    fn number_check(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> Option<Vec<NumberCheck>> {
        let bound = |make: fn(f64) -> NumberCheck| match self.number_at(scope, link, 0) {
            Ok(value) => make(value),
            Err(what) => NumberCheck::Unresolved(what),
        };
        Some(vec![match link.name {
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
        }])
    }

    fn known_at(&self, scope: &EvalScope<'a>, link: &Link<'a>, index: usize) -> Option<ConstValue> {
        self.constant(&scope.site(link.arg(index)?))
    }

    fn number_at(
        &self,
        scope: &EvalScope<'a>,
        link: &Link<'a>,
        index: usize,
    ) -> Result<f64, Unresolved> {
        let known = self.known_at(scope, link, index).and_then(ConstValue::number);
        known.ok_or_else(|| computed(scope, link))
    }
}

fn computed(scope: &EvalScope<'_>, link: &Link<'_>) -> Unresolved {
    scope.unresolved(link.offset, format!("the argument of `{}` is computed", link.name))
}

fn unknown_method(scope: &EvalScope<'_>, link: &Link<'_>, of: &str) -> Rule {
    Rule::Unresolved(scope.unresolved(link.offset, format!("method `{}` of {of}", link.name)))
}

fn known_format(name: &str) -> bool {
    matches!(name, "url" | "email" | "uuid" | "nanoid" | "cuid" | "cuid2" | "ulid" | "jwt")
}
