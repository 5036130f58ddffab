//! Reads a chosen schema: its object, what reaches it where it is applied, and the conditions of its file.

use std::collections::BTreeSet;
use std::rc::Rc;

use oxc_ast::ast::{Expression, Statement};
use oxc_span::GetSpan;

use super::SchemaError;
use super::functions::throws;
use super::module::{Imported, Module};
use super::node::{Node, Object};
use super::package::is_create_env;
use super::resolve::SchemaReader;
use super::scope::{EvalScope, ExprSite, Resolved};
use super::sites::ParseSite;
use crate::zod::erase;
use crate::zod::model::{
    EnvSchema, FunctionUse, Input, ObjectCheck, SchemaChoice, SchemaFunction, SchemaKey,
    SourceLine, Validation, ZodMajor,
};

/// Names that are followed to find out whether one is a schema.
pub(super) const MAX_HOPS: u8 = 16;

impl<'a> SchemaReader<'a> {
    pub(super) fn build_site(
        &self,
        site: &ParseSite<'a>,
        chosen: SchemaChoice,
    ) -> Result<EnvSchema, SchemaError> {
        let own_name = match site.schema.value.get_inner_expression() {
            Expression::Identifier(name) => Some(name.name.as_str()),
            _ => None,
        };
        let name = own_name.or(site.name).unwrap_or("the schema");
        self.build(&site.schema, name, chosen, Some(site))
    }

    /// Reads a schema, with what reaches it at a place that parses with it.
    pub(super) fn build(
        &self,
        site: &ExprSite<'a>,
        name: &str,
        chosen: SchemaChoice,
        parse: Option<&ParseSite<'a>>,
    ) -> Result<EnvSchema, SchemaError> {
        let scope = &site.scope;
        self.clear_zod_imports();
        let offset = self.target_of(site);
        let place = scope.module.place(site.value.span().start);
        let place =
            if offset.0 == scope.module.path { scope.module.place(offset.1) } else { place };
        let mut object = match self.node(scope, site.value) {
            Node::Object(object) => object,
            Node::Other(what) => {
                let reason = format!("{} ({name})", what.reason);
                return Err(SchemaError::Unreadable { place: what.place, reason });
            }
            _ => {
                let reason = format!("`{name}` is not an object schema");
                return Err(SchemaError::Unreadable { place, reason });
            }
        };
        let mut keys_alone = self.is_create_env(site);
        if let Some(parse) = parse {
            if let Some(argument) = &parse.argument {
                keys_alone = false;
                self.set_inputs(argument, &mut object.shape, Input::Never);
            }
            self.set_before(parse, &mut object.shape);
            let validated: Vec<Validation> = parse
                .conditions
                .iter()
                .map(|(test, result)| Validation::If(self.condition(test), *result))
                .collect();
            for (_, field) in &mut object.shape.fields {
                field.validated.extend(validated.iter().cloned());
            }
        }
        // Those of the file are evaluated once.
        if chosen != SchemaChoice::AlsoParsed {
            object.shape.conditions.extend(self.guards(&site.scope.module));
        }
        if let Some(parse) = parse {
            let keys: Vec<&str> =
                object.shape.fields.iter().map(|(name, _)| name.as_str()).collect();
            let with_environment = chosen != SchemaChoice::AlsoParsed;
            let checks = self.checks_after(parse, &keys, with_environment);
            object.shape.conditions.extend(checks);
        }
        let zod = self.zod_major(&site.scope.module.path);
        let mentioned = self.mentioned();
        Ok(EnvSchema { keys_alone, mentioned, ..finish(object, name, place, chosen, zod) })
    }

    /// Conditions at the top of the file that end the start: `if (process.env.A && !process.env.B) throw …`.
    fn guards(&self, module: &Rc<Module<'a>>) -> Vec<ObjectCheck> {
        let scope = EvalScope::new(Rc::clone(module));
        let guard = |statement: &'a Statement<'a>| {
            let Statement::IfStatement(choice) = statement else { return None };
            if !is_guard(module, statement) {
                return None;
            }
            let test = scope.site(&choice.test);
            let what = scope.unresolved(choice.span.start, "a condition of the file");
            let function = match self.script(&test) {
                Ok(script) => SchemaFunction::Script(script.into()),
                Err(what) => SchemaFunction::Opaque(what),
            };
            Some(ObjectCheck { function, used: FunctionUse::Value, what })
        };
        module.body.iter().filter_map(guard).collect()
    }

    /// Whether a schema is made by `createEnv`.
    fn is_create_env(&self, site: &ExprSite<'a>) -> bool {
        let mut value = site.value.get_inner_expression();
        let mut scope = site.scope.clone();
        for _ in 0..MAX_HOPS {
            match value {
                Expression::Identifier(name) => match self.resolve(&scope, name.name.as_str()) {
                    Resolved::Value(target) => {
                        (value, scope) = (target.value.get_inner_expression(), target.scope);
                    }
                    Resolved::Package(from, Imported::Named(what)) => {
                        return is_create_env(from, what);
                    }
                    _ => return false,
                },
                Expression::CallExpression(call) => value = call.callee.get_inner_expression(),
                Expression::ArrowFunctionExpression(_) => return true,
                _ => return false,
            }
        }
        false
    }
}

/// Whether a statement ends the start by a condition over the environment.
pub(super) fn is_guard<'a>(module: &Module<'a>, statement: &'a Statement<'a>) -> bool {
    let Statement::IfStatement(choice) = statement else { return false };
    let erased = erase::expression(module.text, &choice.test);
    throws(&choice.consequent) && erased.is_ok_and(|erased| !erased.reads.is_empty())
}

/// The schema of an object.
pub(super) fn finish(
    object: Object,
    name: &str,
    place: SourceLine,
    chosen: SchemaChoice,
    zod: ZodMajor,
) -> EnvSchema {
    let keys = object.shape.fields.into_iter().map(|(name, field)| SchemaKey {
        name,
        rule: field.rule,
        description: field.description,
        place: field.place,
        side: field.side,
        input: field.input,
        blank_is_missing: field.blank_is_missing,
        validated: field.validated,
    });
    EnvSchema {
        name: name.to_owned(),
        place,
        chosen,
        zod,
        mode: object.mode,
        blank_is_missing: object.blank_is_missing,
        keys: keys.collect(),
        unresolved: object.shape.unresolved,
        checks: object.shape.conditions,
        keys_alone: false,
        mentioned: BTreeSet::new(),
        client_prefix: object.shape.client_prefix,
        platform: object.shape.platform,
    }
}
