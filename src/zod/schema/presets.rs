//! `createEnv({ extends: [ … ] })`: schemas of other files, and the presets that ship with it.

use oxc_ast::ast::{ArrayExpressionElement, Expression};
use oxc_span::GetSpan;

use super::chain::flatten;
use super::imports::{Resolved, SchemaReader};
use super::module::Imported;
use super::node::{EvalScope, Node, ObjectFields};

/// Presets of keys that a platform sets and no template has to name: all of them are optional. A `*`
/// stands for any end of a name.
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
    /// Adds what a schema extends. Its own keys stand.
    pub(crate) fn extends(
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
                Some(other) => self.extend_by(scope, shape, other),
                None if matches!(element, ArrayExpressionElement::Elision(_)) => {}
                None => shape
                    .unresolved
                    .push(scope.unresolved(element.span().start, "what it extends is computed")),
            }
        }
    }

    fn extend_by(
        &self,
        scope: &EvalScope<'a>,
        shape: &mut ObjectFields,
        other: &'a Expression<'a>,
    ) {
        if let Some(names) = self.platform(scope, other) {
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

    /// The names that a shipped preset declares, where it is one of a platform.
    fn platform(
        &self,
        scope: &EvalScope<'a>,
        value: &'a Expression<'a>,
    ) -> Option<&'static [&'static str]> {
        let chain = flatten(value)?;
        let Expression::Identifier(name) = chain.root else { return None };
        match self.resolve(&scope.module, name.name.as_str()) {
            Resolved::Package(from, Imported::Named(preset)) if is_presets(from) => {
                PLATFORMS.iter().find(|(known, _)| *known == preset).map(|(_, names)| *names)
            }
            _ => None,
        }
    }
}

/// `@t3-oss/env-core/presets-zod`, `@t3-oss/env-nextjs/presets`
fn is_presets(from: &str) -> bool {
    from.starts_with("@t3-oss/env-") && from.contains("/presets")
}
