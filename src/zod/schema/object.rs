//! Object schemas: `z.object(…)` and its methods, `createEnv(…)`, and the presets it extends.

use std::collections::HashSet;

use oxc_ast::ast::{
    Expression, LogicalOperator, ObjectExpression, ObjectPropertyKind, PropertyKind,
};
use oxc_span::GetSpan;

use super::constants::ConstValue;
use super::node::{Field, Node, Object, ObjectFields};
use super::resolve::SchemaReader;
use super::scope::EvalScope;
use crate::zod::model::{
    Constant, FunctionUse, ObjectCheck, ObjectMode, Rule, SchemaFunction, SourceLine, Unresolved,
};
use crate::zod::typescript::Link;

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
        Node::Object(Object { shape, mode, blank_is_missing: false, preprocess: None })
    }

    /// The fields of an argument: an object literal of schemas, or an object schema.
    pub(crate) fn shape_argument(
        &self,
        scope: &EvalScope<'a>,
        value: &'a Expression<'a>,
    ) -> ObjectFields {
        match self.node(scope, value) {
            node @ (Node::Fields(_) | Node::Object(_) | Node::Literal(..) | Node::Other(_)) => {
                self.fields_of(scope, node)
            }
            _ => {
                let what = scope.unresolved(value.span().start, "not an object of schemas");
                ObjectFields::unknown(what)
            }
        }
    }

    /// The fields of what stands for an object of schemas.
    pub(crate) fn fields_of(&self, scope: &EvalScope<'a>, node: Node<'a>) -> ObjectFields {
        match node {
            Node::Fields(shape) => shape,
            Node::Object(object) => object.shape,
            Node::Literal(home, object) => {
                let depth = home.depth.min(scope.depth);
                self.object_literal(&EvalScope { depth, ..home }, object)
            }
            Node::Other(what) => ObjectFields::unknown(what),
            _ => ObjectFields::default(),
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
                        self.computed_constant(&scope.site(key))?.text()
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

    /// The fields of `...x`, also under a condition.
    fn spread(&self, scope: &EvalScope<'a>, value: &'a Expression<'a>) -> ObjectFields {
        match value.get_inner_expression() {
            Expression::LogicalExpression(choice) if choice.operator == LogicalOperator::And => {
                let condition = self.condition(&scope.site(&choice.left));
                let fields = self.shape_argument(scope, &choice.right);
                let nothing = ObjectFields::default();
                self.either(scope, &condition, fields, nothing, value.span().start)
            }
            _ => self.shape_argument(scope, value),
        }
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
            "keyof" => Node::Field(keys_of(&object, scope.module.place(link.offset))),
            "refine" | "superRefine" | "check" | "transform" | "refinement" => {
                object.shape.conditions.push(self.object_check(scope, link));
                Node::Object(object)
            }
            "pipe" => {
                let what = scope.unresolved(link.offset, "pipe of the whole object");
                object.shape.conditions.push(ObjectCheck::opaque(what));
                Node::Object(object)
            }
            "catchall" => {
                let what = scope.unresolved(link.offset, "catchall validates undeclared keys");
                object.shape.unresolved.push(what);
                Node::Object(Object { mode: ObjectMode::Loose, ..object })
            }
            "optional" | "nullable" | "nullish" | "default" | "prefault" | "catch" | "or"
            | "array" => {
                let place = scope.module.place(link.offset);
                let field = Field::new(object.rule(), place);
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

    /// A check of the whole object.
    pub(crate) fn object_check(&self, scope: &EvalScope<'a>, link: &Link<'a>) -> ObjectCheck {
        let used = match link.name {
            "superRefine" => FunctionUse::Issues,
            "transform" => FunctionUse::Transform,
            "check" => FunctionUse::Payload,
            _ => FunctionUse::Predicate,
        };
        let reason = format!("{} over the whole object", link.name);
        let what = scope.unresolved(link.offset, reason);
        ObjectCheck { function: self.function(scope, link, 0), used, what }
    }

    /// `.merge(x)` also takes the mode of `x`; with `.and(x)` both rules apply to a key of both. What is joined
    /// and cannot be read leaves the rest as it is.
    fn merge(&self, scope: &EvalScope<'a>, mut object: Object, link: &Link<'a>) -> Node<'a> {
        let other = match link.arg(0).map(|argument| self.node(scope, argument)) {
            Some(Node::Object(other)) => other,
            Some(Node::Other(what)) => {
                object.shape.unresolved.push(what);
                return Node::Object(object);
            }
            _ => {
                let reason = format!("what `{}` joins is not an object schema", link.name);
                object.shape.unresolved.push(scope.unresolved(link.offset, reason));
                return Node::Object(object);
            }
        };
        if link.name == "and" {
            return self.joined_objects(scope, object, other, link.offset);
        }
        object.mode = other.mode;
        let mut more = other.shape;
        // zod drops the checks of what is joined.
        more.conditions.clear();
        self.absorb(scope, &mut object.shape, more, link.offset);
        Node::Object(object)
    }

    /// `a.and(b)`
    pub(crate) fn joined_objects(
        &self,
        scope: &EvalScope<'a>,
        mut object: Object,
        other: Object,
        offset: u32,
    ) -> Node<'a> {
        let place = scope.module.place(offset);
        let mut more = other.shape;
        for (name, field) in &mut more.fields {
            if let Some(own) = object.shape.get(name) {
                let both = |a, b| Rule::Both(Box::new(a), Box::new(b));
                *field = own.clone().join(field.clone(), &place, both);
            }
        }
        let strict = [object.mode, other.mode].contains(&ObjectMode::Strict);
        if strict {
            // Each side refuses the keys of the other one.
            let what = scope.unresolved(offset, "`and` of a strict object");
            object.shape.conditions.push(ObjectCheck::opaque(what));
        }
        self.absorb(scope, &mut object.shape, more, offset);
        Node::Object(object)
    }

    /// The schema of alternatives that are objects: every key is declared, and judged if all agree on its rule.
    pub(crate) fn union_of_objects(
        &self,
        scope: &EvalScope<'a>,
        options: Vec<Object>,
        offset: u32,
    ) -> Node<'a> {
        let what = || scope.unresolved(offset, "declared by alternatives");
        let mut shape = ObjectFields::default();
        for option in &options {
            for (name, field) in &option.shape.fields {
                let same = options
                    .iter()
                    .all(|o| o.shape.get(name).is_some_and(|other| other.rule == field.rule));
                let rule = if same { field.rule.clone() } else { Rule::Unresolved(what()) };
                if shape.get(name).is_none() && self.step() {
                    shape.put(name.clone(), Field { rule, ..field.clone() });
                }
            }
        }
        let is_preprocessed = options.iter().any(|option| option.preprocess.is_some());
        let preprocess = is_preprocessed.then(|| SchemaFunction::Opaque(what()));
        for option in options {
            shape.unresolved.extend(option.shape.unresolved);
        }
        shape.conditions.push(ObjectCheck::opaque(what()));
        Node::Object(Object { shape, mode: ObjectMode::Strip, blank_is_missing: false, preprocess })
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
        match self.computed_constant(&scope.site(value))? {
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

/// `.keyof()`: an enum of the keys.
fn keys_of(object: &Object, place: SourceLine) -> Field {
    match object.shape.unresolved.first() {
        Some(what) => Field::new(Rule::Unresolved(Unresolved::clone(what)), place),
        None => {
            let names = object.shape.fields.iter().map(|(name, _)| Constant::Text(name.clone()));
            Field::new(Rule::OneOf(names.collect()), place)
        }
    }
}
