//! Methods on a schema for one value: `.optional()`, `.default(…)`, `.or(…)`.

use super::chain::Link;
use super::constants::ConstValue;
use super::imports::SchemaReader;
use super::node::{EvalScope, Field};
use crate::zod::model::{Constant, Rule};

impl<'a> SchemaReader<'a> {
    /// The field after one more method.
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
            "default" | "prefault" | "catch" => self.replaced(scope, field, link),
            "unwrap" | "removeDefault" | "removeCatch" => match unwrapped(&field.rule) {
                Some(rule) => Field { rule, ..field },
                None => unresolved(field, format!("`{}` of this", link.name)),
            },
            "or" => self.alternative(scope, field, link),
            "pipe" => match link.arg(0) {
                Some(argument) => {
                    let to = self.field(scope, argument);
                    field.join(to, &place, |a, b| Rule::Pipe(Box::new(a), Box::new(b)))
                }
                None => unresolved(field, "an argument is missing".to_owned()),
            },
            "transform" | "overwrite" => {
                let function = self.function(scope, link, 0);
                field.wrap(&place, |rule| {
                    Rule::Pipe(Box::new(rule), Box::new(Rule::Transform(function)))
                })
            }
            "refine" | "superRefine" | "check" | "with" | "refinement" => {
                let what = scope.unresolved(link.offset, format!("{} runs code", link.name));
                field.wrap(&place, |rule| Rule::Refine(Box::new(rule), what))
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
            "array" | "promise" => Field { rule: Rule::Structure("array"), levels: 1, ..field },
            "exclude" | "extract" => self.narrowed(scope, field, link),
            _ => {
                let rule = self.checked(scope, field.rule, link);
                Field { rule, ..field }
            }
        }
    }

    fn replaced(&self, scope: &EvalScope<'a>, field: Field, link: &Link<'a>) -> Field {
        let place = scope.module.place(link.offset);
        let known = link.arg(0).and_then(|value| self.constant(&scope.site(value)));
        // `.default()` replaces by undefined; anything that is not stated is computed.
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

    fn alternative(&self, scope: &EvalScope<'a>, field: Field, link: &Link<'a>) -> Field {
        let place = scope.module.place(link.offset);
        match link.arg(0) {
            Some(argument) => {
                let other = self.field(scope, argument);
                field.join(other, &place, |a, b| Rule::Union(vec![a, b]))
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
                let keep = link.name == "extract";
                values.retain(|value| listed.contains(value) == keep);
                Rule::OneOf(values)
            }
            _ => Rule::Unresolved(
                scope.unresolved(link.offset, format!("`{}` of computed values", link.name)),
            ),
        };
        Field { rule, ..field }
    }

    /// A string among the options object at an argument's place: `{ description: "…" }`.
    pub(crate) fn option_text(
        &self,
        scope: &EvalScope<'a>,
        link: &Link<'a>,
        index: usize,
        name: &str,
    ) -> Option<String> {
        self.option(scope, link, index, name)?.text()
    }

    /// A flag among the options.
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

    /// An entry of an options object, read by itself: its neighbours may be computed.
    pub(crate) fn option(
        &self,
        scope: &EvalScope<'a>,
        link: &Link<'a>,
        index: usize,
        name: &str,
    ) -> Option<ConstValue> {
        use oxc_ast::ast::Expression;
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

    /// Whether an options object names an option at all.
    pub(crate) fn has_option(
        &self,
        scope: &EvalScope<'a>,
        link: &Link<'a>,
        index: usize,
        name: &str,
    ) -> bool {
        use oxc_ast::ast::Expression;
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

/// The rule inside of the outermost wrapper, where there is one.
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
