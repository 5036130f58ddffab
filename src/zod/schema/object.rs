//! Object schemas: `z.object(…)` and its methods, `createEnv(…)`, and the presets it extends.

use std::collections::HashSet;

use oxc_ast::ast::{
    ArrayExpressionElement, Expression, LogicalOperator, ObjectExpression, ObjectPropertyKind,
    PropertyKind,
};
use oxc_span::GetSpan;

use super::constants::ConstValue;
use super::module::{EvalScope, Imported, Resolved, SchemaReader};
use super::node::{Field, Node, Object, ObjectFields};
use super::package::is_preset;
use crate::zod::model::{Constant, ObjectMode, Rule, Side};
use crate::zod::typescript::{Link, flatten};

/// Presets of `@t3-oss/env-*`: optional keys that a hosting platform sets. `*` matches any suffix.
const PLATFORMS: [(&str, &[&str]); 5] = [
    ("vercel", &["VERCEL", "VERCEL_*", "CI"]),
    ("railway", &["RAILWAY_*"]),
    ("render", &["RENDER", "RENDER_*", "IS_PULL_REQUEST"]),
    ("fly", &["FLY_*", "PRIMARY_REGION"]),
    (
        "netlify",
        &[
            "NETLIFY",
            "BUILD_ID",
            "CONTEXT",
            "REPOSITORY_URL",
            "BRANCH",
            "URL",
            "DEPLOY_*",
            "SITE_NAME",
            "SITE_ID",
        ],
    ),
];

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

    /// The fields of an argument: an object literal of schemas, or an object schema.
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

    /// The fields of `{ A: z.string(), ...more }`.
    pub(crate) fn object_literal(
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
                    let mut field = if property.method || property.kind != PropertyKind::Init {
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

    /// Adds fields to others; each of them counts as a step, which limits spreads of spreads.
    fn absorb(
        &self,
        scope: &EvalScope<'a>,
        shape: &mut ObjectFields,
        more: ObjectFields,
        offset: u32,
    ) {
        if more.fields.iter().all(|_| self.step()) {
            shape.absorb(more);
        } else {
            shape.unresolved.push(scope.unresolved(offset, "too large to follow"));
        }
    }

    /// The fields of `...x`; those under a condition are unresolved.
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

    /// Applies a method of an object schema: `.extend(…)`, `.pick(…)`, `.strict()`, …
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
                name => self.unsupported(scope, link, &format!("property `{name}`")),
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
            "pick" | "omit" | "partial" | "required" => self.change_selected(scope, object, link),
            // These do not change which environments are accepted.
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
            name => self.unsupported(scope, link, &format!("method `{name}`")),
        }
    }

    fn unsupported(&self, scope: &EvalScope<'a>, link: &Link<'a>, what: &str) -> Node<'a> {
        Node::Other(scope.unresolved(link.offset, format!("{what} of an object schema")))
    }

    fn extend(&self, scope: &EvalScope<'a>, mut object: Object, link: &Link<'a>) -> Node<'a> {
        if let Some(argument) = link.arg(0) {
            let more = self.shape_argument(scope, argument);
            self.absorb(scope, &mut object.shape, more, link.offset);
        }
        Node::Object(object)
    }

    /// `.merge(x)` also takes the mode of `x`; with `.and(x)` the rule of a key of both is unresolved.
    fn merge(&self, scope: &EvalScope<'a>, mut object: Object, link: &Link<'a>) -> Node<'a> {
        let other = match link.arg(0).map(|argument| self.node(scope, argument)) {
            Some(Node::Object(other)) => other,
            Some(Node::Other(what)) => {
                object.shape.unresolved.push(what);
                return Node::Object(object);
            }
            _ => return self.unsupported(scope, link, "argument"),
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

    /// `.pick({ A: true })`, `.omit(…)`, `.partial(…)`, `.required(…)`.
    fn change_selected(
        &self,
        scope: &EvalScope<'a>,
        mut object: Object,
        link: &Link<'a>,
    ) -> Node<'a> {
        let keys = match link.arg(0) {
            Some(argument) => match self.selected_keys(scope, argument) {
                Some(keys) => Some(keys),
                None => return self.unsupported(scope, link, "computed argument"),
            },
            None => None,
        };
        let place = scope.module.place(link.offset);
        let selected = |name: &str| keys.as_ref().is_none_or(|keys| keys.contains(name));
        match link.name {
            "pick" => object.shape = object.shape.only(selected),
            "omit" => object.shape = object.shape.only(|name| !selected(name)),
            change => {
                for (name, field) in &mut object.shape.fields {
                    if selected(name) {
                        let unchanged = field.clone();
                        *field = if change == "partial" {
                            unchanged.wrap(&place, |rule| Rule::Optional(Box::new(rule)))
                        } else {
                            unchanged.wrap(&place, |rule| Rule::NonOptional(Box::new(rule)))
                        };
                    }
                }
            }
        }
        Node::Object(object)
    }

    /// The keys of `{ A: true }`.
    fn selected_keys(
        &self,
        scope: &EvalScope<'a>,
        value: &'a Expression<'a>,
    ) -> Option<HashSet<String>> {
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

impl<'a> SchemaReader<'a> {
    /// The schema of `createEnv({ server, client, shared, … })` of `@t3-oss/env-*`.
    pub(crate) fn create_env(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> Node<'a> {
        let Some(Expression::ObjectExpression(options)) =
            link.arg(0).map(Expression::get_inner_expression)
        else {
            let reason = "the options of createEnv are computed";
            return Node::Other(scope.unresolved(link.offset, reason));
        };
        let mut shape = ObjectFields::default();
        for (name, side) in
            [("server", Side::Server), ("shared", Side::Shared), ("client", Side::Client)]
        {
            if let Some(value) = property(options, name) {
                let mut more = self.shape_argument(scope, value);
                for (_, field) in &mut more.fields {
                    field.side = side;
                }
                shape.absorb(more);
            }
        }
        let mut blank_is_missing = false;
        if let Some(value) = property(options, "emptyStringAsUndefined") {
            match self.constant(&scope.site(value)) {
                Some(ConstValue::One(Constant::Boolean(flag))) => blank_is_missing = flag,
                _ => shape.unresolved.push(
                    scope.unresolved(value.span().start, "emptyStringAsUndefined is computed"),
                ),
            }
        }
        if let Some(value) = property(options, "createFinalSchema") {
            let what = scope.unresolved(value.span().start, "createFinalSchema runs code");
            shape.unresolved.push(what);
        }
        if let Some(Expression::ObjectExpression(sources)) =
            property(options, "runtimeEnv").or_else(|| property(options, "runtimeEnvStrict"))
        {
            mark_renamed(scope, &mut shape, sources);
        }
        // After `runtimeEnv`, which does not apply to extended schemas.
        if let Some(value) = property(options, "extends") {
            self.add_extended(scope, &mut shape, value);
        }
        Node::Object(Object { shape, mode: ObjectMode::Strip, blank_is_missing })
    }
}

/// The value of an option.
fn property<'a>(object: &'a ObjectExpression<'a>, name: &str) -> Option<&'a Expression<'a>> {
    object.properties.iter().find_map(|property| {
        let property = property.as_property()?;
        (property.key.static_name()? == name).then(|| property.value.get_inner_expression())
    })
}

/// `runtimeEnv: { A: process.env.B }`: the rule of A applies to another variable, so it is unresolved.
fn mark_renamed<'a>(
    scope: &EvalScope<'a>,
    shape: &mut ObjectFields,
    sources: &'a ObjectExpression<'a>,
) {
    for property in sources.properties.iter().filter_map(|property| property.as_property()) {
        let Some(key) = property.key.static_name() else { continue };
        let Some(field) = shape.get(&key) else { continue };
        let same = flatten(&property.value).is_some_and(|chain| {
            let environment = chain.root.is_specific_id("process")
                && chain.links.first().is_some_and(|link| link.name == "env");
            let name = chain.links.last().map(|link| link.name);
            environment && chain.links.len() == 2 && name == Some(key.as_ref())
        });
        if !same {
            let what = scope.unresolved(property.span.start, "runtimeEnv takes another value");
            let field = Field { rule: Rule::Unresolved(what), ..field.clone() };
            shape.put(key.into_owned(), field);
        }
    }
}

impl<'a> SchemaReader<'a> {
    /// Adds the keys of `extends: [ … ]`, except those that the schema declares itself.
    fn add_extended(
        &self,
        scope: &EvalScope<'a>,
        shape: &mut ObjectFields,
        value: &'a Expression<'a>,
    ) {
        let Expression::ArrayExpression(list) = value.get_inner_expression() else {
            let what = scope.unresolved(value.span().start, "what it extends is computed");
            return shape.unresolved.push(what);
        };
        for element in &list.elements {
            match element.as_expression() {
                Some(other) => self.add_extended_schema(scope, shape, other),
                None if matches!(element, ArrayExpressionElement::Elision(_)) => {}
                None => shape
                    .unresolved
                    .push(scope.unresolved(element.span().start, "what it extends is computed")),
            }
        }
    }

    fn add_extended_schema(
        &self,
        scope: &EvalScope<'a>,
        shape: &mut ObjectFields,
        other: &'a Expression<'a>,
    ) {
        if let Some(names) = self.platform_names(scope, other) {
            return shape.platform.extend(names);
        }
        let offset = other.span().start;
        let more = match self.node(scope, other) {
            Node::Object(object) => object.shape,
            Node::Other(what) => {
                let reason = format!("what it extends may declare further keys: {}", what.reason);
                ObjectFields::unknown(scope.unresolved(offset, reason))
            }
            _ => ObjectFields::unknown(scope.unresolved(offset, "what it extends is no schema")),
        };
        for (name, field) in more.fields {
            if shape.get(&name).is_none() && self.step() {
                shape.put(name, field);
            }
        }
        shape.unresolved.extend(more.unresolved);
        shape.platform.extend(more.platform);
    }

    /// The names of a platform preset.
    fn platform_names(
        &self,
        scope: &EvalScope<'a>,
        value: &'a Expression<'a>,
    ) -> Option<&'static [&'static str]> {
        let chain = flatten(value)?;
        let Expression::Identifier(name) = chain.root else { return None };
        match self.resolve(&scope.module, name.name.as_str()) {
            Resolved::Package(from, Imported::Named(preset)) if is_preset(from) => {
                PLATFORMS.iter().find(|(known, _)| *known == preset).map(|(_, names)| *names)
            }
            _ => None,
        }
    }
}
