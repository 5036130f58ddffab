//! Object schemas: their properties and the methods that change them.

use std::collections::HashSet;

use oxc_ast::ast::{Expression, LogicalOperator, ObjectExpression, ObjectPropertyKind};
use oxc_span::GetSpan;

use super::chain::Link;
use super::constants::ConstValue;
use super::imports::SchemaReader;
use super::node::{EvalScope, Field, Node, Object, ObjectFields};
use crate::zod::model::{Constant, ObjectMode, Rule};

impl<'a> SchemaReader<'a> {
    /// `z.object({ … })` in one of its three modes.
    pub(crate) fn object(
        &self,
        scope: &EvalScope<'a>,
        link: &Link<'a>,
        mode: ObjectMode,
    ) -> Node<'a> {
        let shape = match link.arg(0) {
            Some(argument) => self.shape_argument(scope, argument),
            None => ObjectFields::default(),
        };
        Node::Object(Object { shape, mode, blank_is_missing: false })
    }

    /// An argument that should be a plain object of schemas, or an object schema.
    pub(crate) fn shape_argument(
        &self,
        scope: &EvalScope<'a>,
        value: &'a Expression<'a>,
    ) -> ObjectFields {
        match self.node(scope, value) {
            Node::Fields(shape) => shape,
            Node::Object(object) => object.shape,
            Node::Other(what) => ObjectFields::unknown(what),
            _ => {
                let what = scope.unresolved(value.span().start, "not an object of schemas");
                ObjectFields::unknown(what)
            }
        }
    }

    /// `{ A: z.string(), ...more }`
    pub(crate) fn shape(
        &self,
        scope: &EvalScope<'a>,
        object: &'a ObjectExpression<'a>,
    ) -> ObjectFields {
        let mut shape = ObjectFields::default();
        for property in &object.properties {
            match property {
                ObjectPropertyKind::SpreadProperty(spread) => {
                    let more = self.spread(scope, &spread.argument);
                    self.absorb(scope, &mut shape, more, spread.span.start);
                }
                ObjectPropertyKind::ObjectProperty(property) => {
                    let start = property.span.start;
                    let name = property.key.static_name().map(|name| name.into_owned());
                    let name = name.or_else(|| {
                        let key = property.key.as_expression()?;
                        self.constant(&scope.site(key))?.text()
                    });
                    let Some(name) = name else {
                        let what = scope.unresolved(start, "a key that is computed");
                        shape.unresolved.push(what);
                        continue;
                    };
                    let mut field = if property.method || !property.kind.eq(&PLAIN) {
                        let what = scope.unresolved(start, "a method or accessor");
                        Field::new(Rule::Unresolved(what), scope.module.place(start))
                    } else {
                        self.field(scope, &property.value)
                    };
                    field.place = scope.module.place(start);
                    shape.put(name, field);
                }
            }
        }
        shape
    }

    fn absorb(
        &self,
        scope: &EvalScope<'a>,
        shape: &mut ObjectFields,
        more: ObjectFields,
        offset: u32,
    ) {
        // Copying counts: a file of spreads of spreads must not grow without bound.
        if more.fields.iter().all(|_| self.step()) {
            shape.absorb(more);
        } else {
            shape.unresolved.push(scope.unresolved(offset, "too large to follow"));
        }
    }

    /// `...x`, where a condition leaves its keys present but unknown.
    fn spread(&self, scope: &EvalScope<'a>, value: &'a Expression<'a>) -> ObjectFields {
        let branches: Vec<&'a Expression<'a>> = match value.get_inner_expression() {
            Expression::ConditionalExpression(choice) => {
                vec![&choice.consequent, &choice.alternate]
            }
            Expression::LogicalExpression(choice) if choice.operator == LogicalOperator::And => {
                vec![&choice.right]
            }
            _ => return self.shape_argument(scope, value),
        };
        let mut shape = ObjectFields::default();
        for branch in branches {
            for (name, mut field) in self.shape_argument(scope, branch).fields {
                let what = scope.unresolved(value.span().start, "declared under a condition");
                field.rule = Rule::Unresolved(what);
                shape.put(name, field);
            }
        }
        shape
    }

    /// `.extend(…)`, `.pick(…)`, `.strict()` and the like.
    pub(crate) fn object_method(
        &self,
        scope: &EvalScope<'a>,
        mut object: Object,
        link: &Link<'a>,
    ) -> Node<'a> {
        if link.args.is_none() {
            return match link.name {
                "shape" => Node::Fields(object.shape),
                // `.safeParse(process.env).data`
                "data" => Node::Object(object),
                name => self.not_known(scope, link, &format!("property `{name}`")),
            };
        }
        let mode = match link.name {
            "strict" => Some(ObjectMode::Strict),
            "strip" => Some(ObjectMode::Strip),
            "passthrough" | "loose" | "nonstrict" => Some(ObjectMode::Loose),
            _ => None,
        };
        if let Some(mode) = mode {
            return Node::Object(Object { mode, ..object });
        }
        match link.name {
            "extend" | "augment" | "safeExtend" => self.extend(scope, object, link),
            "merge" | "and" => self.merge(scope, object, link),
            "pick" | "omit" | "partial" | "required" => self.masked(scope, object, link),
            // Changes nothing that could be seen in the environment.
            "readonly" | "brand" | "describe" | "meta" | "register" | "clone" | "parse"
            | "safeParse" | "parseAsync" | "safeParseAsync" => Node::Object(object),
            "refine" | "superRefine" | "check" | "transform" | "pipe" | "refinement" => {
                let reason = format!("{} over the whole object runs code", link.name);
                object.shape.unresolved.push(scope.unresolved(link.offset, reason));
                Node::Object(object)
            }
            "catchall" => {
                let what = scope.unresolved(link.offset, "catchall judges undeclared keys");
                object.shape.unresolved.push(what);
                Node::Object(Object { mode: ObjectMode::Loose, ..object })
            }
            "optional" | "nullable" | "nullish" | "default" | "prefault" | "catch" | "or"
            | "array" => {
                let place = scope.module.place(link.offset);
                let field = Field::new(Rule::Structure("object"), place);
                Node::Field(self.modifier(scope, field, link))
            }
            name => self.not_known(scope, link, &format!("method `{name}`")),
        }
    }

    fn not_known(&self, scope: &EvalScope<'a>, link: &Link<'a>, what: &str) -> Node<'a> {
        Node::Other(scope.unresolved(link.offset, format!("{what} of an object schema")))
    }

    fn extend(&self, scope: &EvalScope<'a>, mut object: Object, link: &Link<'a>) -> Node<'a> {
        if let Some(argument) = link.arg(0) {
            let more = self.shape_argument(scope, argument);
            self.absorb(scope, &mut object.shape, more, link.offset);
        }
        Node::Object(object)
    }

    /// `.merge(x)` takes the other's mode, too; `.and(x)` asks both where both declare a key.
    fn merge(&self, scope: &EvalScope<'a>, mut object: Object, link: &Link<'a>) -> Node<'a> {
        let other = match link.arg(0).map(|argument| self.node(scope, argument)) {
            Some(Node::Object(other)) => other,
            Some(Node::Other(what)) => {
                object.shape.unresolved.push(what);
                return Node::Object(object);
            }
            _ => return self.not_known(scope, link, "argument"),
        };
        let mut more = other.shape;
        if link.name == "and" {
            for (name, field) in &mut more.fields {
                if object.shape.get(name).is_some() {
                    let what = scope.unresolved(link.offset, "declared on both sides of `and`");
                    field.rule = Rule::Unresolved(what);
                }
            }
        } else {
            object.mode = other.mode;
        }
        self.absorb(scope, &mut object.shape, more, link.offset);
        Node::Object(object)
    }

    /// `.pick({ A: true })` and the three others that take such a mask.
    fn masked(&self, scope: &EvalScope<'a>, mut object: Object, link: &Link<'a>) -> Node<'a> {
        let mask = match link.arg(0) {
            Some(mask) => match self.mask(scope, mask) {
                Some(keys) => Some(keys),
                None => return self.not_known(scope, link, "computed argument"),
            },
            None => None,
        };
        let place = scope.module.place(link.offset);
        let selected = |name: &str| mask.as_ref().is_none_or(|keys| keys.contains(name));
        match link.name {
            "pick" => object.shape = object.shape.only(selected),
            "omit" => object.shape = object.shape.only(|name| !selected(name)),
            change => {
                for (name, field) in &mut object.shape.fields {
                    if selected(name) {
                        let taken = field.clone();
                        *field = if change == "partial" {
                            taken.wrap(&place, |rule| Rule::Optional(Box::new(rule)))
                        } else {
                            taken.wrap(&place, |rule| Rule::NonOptional(Box::new(rule)))
                        };
                    }
                }
            }
        }
        Node::Object(object)
    }

    fn mask(&self, scope: &EvalScope<'a>, value: &'a Expression<'a>) -> Option<HashSet<String>> {
        match self.constant(&scope.site(value))? {
            ConstValue::Map(entries) => Some(
                entries
                    .into_iter()
                    .filter(|(_, value)| *value == ConstValue::One(Constant::Boolean(true)))
                    .map(|(key, _)| key)
                    .collect(),
            ),
            _ => None,
        }
    }
}

const PLAIN: oxc_ast::ast::PropertyKind = oxc_ast::ast::PropertyKind::Init;
