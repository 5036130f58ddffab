//! `createEnv({ server, client, shared, … })` of `@t3-oss/env-core` and its kin.

use oxc_ast::ast::{Expression, ObjectExpression};
use oxc_span::GetSpan;

use super::chain::{Link, flatten};
use super::constants::ConstValue;
use super::imports::SchemaReader;
use super::node::{EvalScope, Node, Object, ObjectFields};
use crate::zod::model::{Constant, ObjectMode, Rule, Side};

/// Whether a package exports such a `createEnv`.
pub(crate) fn is_create_env(from: &str, name: &str) -> bool {
    name == "createEnv" && from.starts_with("@t3-oss/env-")
}

impl<'a> SchemaReader<'a> {
    /// The schema that a call of `createEnv` declares.
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
                let mut part = self.shape_argument(scope, value);
                for (_, field) in &mut part.fields {
                    field.side = side;
                }
                shape.absorb(part);
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
            renamed(scope, &mut shape, sources);
        }
        // Last: what is extended takes its values by itself.
        if let Some(value) = property(options, "extends") {
            self.extends(scope, &mut shape, value);
        }
        Node::Object(Object { shape, mode: ObjectMode::Strip, blank_is_missing })
    }
}

fn property<'a>(object: &'a ObjectExpression<'a>, name: &str) -> Option<&'a Expression<'a>> {
    object.properties.iter().find_map(|property| {
        let property = property.as_property()?;
        (property.key.static_name()? == name).then(|| property.value.get_inner_expression())
    })
}

/// `runtimeEnv: { A: process.env.B }`: what is judged as A does not come from A.
fn renamed<'a>(scope: &EvalScope<'a>, shape: &mut ObjectFields, sources: &'a ObjectExpression<'a>) {
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
            let field = super::node::Field { rule: Rule::Unresolved(what), ..field.clone() };
            shape.put(key.into_owned(), field);
        }
    }
}
