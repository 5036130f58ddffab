//! Which schema of a file is meant: by name, the only one exported, the only one at all.

use std::rc::Rc;

use oxc_ast::ast::Expression;

use super::SchemaError;
use super::chain::flatten;
use super::create_env::is_create_env;
use super::imports::{ExprSite, Resolved, SchemaReader};
use super::module::{Export, Imported, Module};
use super::node::{EvalScope, Node, Object};
use super::package::{is_zod, major};
use crate::zod::model::{EnvSchema, SchemaChoice, SchemaKey, SourceLine};

/// The name that the backend uses; it is taken without being asked for.
const DEFAULT_NAME: &str = "EnvSchema";
/// Names standing for names.
const MAX_HOPS: u8 = 16;

impl<'a> SchemaReader<'a> {
    /// Chooses a schema and reads it.
    pub(crate) fn choose(
        &self,
        module: &Rc<Module<'a>>,
        name: Option<&str>,
    ) -> Result<EnvSchema, SchemaError> {
        if let Some(name) = name {
            let site = self.named_site(module, name).ok_or_else(|| SchemaError::NotFound {
                path: module.path.clone(),
                name: Some(name.to_owned()),
            })?;
            return self.build(&site, name, SchemaChoice::ByName);
        }
        if let Some(site) = self.named_site(module, DEFAULT_NAME)
            && self.is_schema(&site, MAX_HOPS)
        {
            return self.build(&site, DEFAULT_NAME, SchemaChoice::ByName);
        }
        let candidates = self.candidates(module);
        let exported: Vec<_> = candidates.iter().filter(|(_, _, exported)| *exported).collect();
        match (&exported[..], &candidates[..]) {
            ([(name, site, _)], _) => self.build(site, name, SchemaChoice::OnlyExport),
            (_, [(name, site, _)]) => self.build(site, name, SchemaChoice::OnlyCandidate),
            (_, []) => Err(SchemaError::NotFound { path: module.path.clone(), name: None }),
            _ => Err(SchemaError::Ambiguous {
                path: module.path.clone(),
                names: candidates.iter().map(|(name, ..)| (*name).to_owned()).collect(),
            }),
        }
    }

    fn named_site(&self, module: &Rc<Module<'a>>, name: &str) -> Option<ExprSite<'a>> {
        match self.resolve(module, name) {
            Resolved::Value(site) => Some(site),
            _ => match self.exported(module, name) {
                Resolved::Value(site) => Some(site),
                _ => None,
            },
        }
    }

    /// Every schema of the file: name, place, whether it is exported.
    fn candidates(&self, module: &Rc<Module<'a>>) -> Vec<(&'a str, ExprSite<'a>, bool)> {
        let exported = |name: &str| {
            module.exports.values().any(|export| matches!(export, Export::Local(n) if *n == name))
        };
        let mut found: Vec<_> = module
            .values
            .iter()
            .filter_map(|(name, _)| match self.resolve(module, name) {
                Resolved::Value(site) if self.is_schema(&site, MAX_HOPS) => {
                    Some((*name, site, exported(name)))
                }
                _ => None,
            })
            .collect();
        let mut passed_on: Vec<&'a str> = module
            .exports
            .iter()
            .filter(|(_, export)| matches!(export, Export::From(_, Imported::Named(_))))
            .map(|(name, _)| *name)
            .collect();
        passed_on.sort_unstable();
        for name in passed_on {
            if let Resolved::Value(site) = self.exported(module, name)
                && self.is_schema(&site, MAX_HOPS)
            {
                found.push((name, site, true));
            }
        }
        found
    }

    /// Whether an expression makes an object schema: from `z.object`, from `createEnv`, or from
    /// another by changing it. `X.parse(process.env)` is no schema of its own.
    fn is_schema(&self, site: &ExprSite<'a>, hops: u8) -> bool {
        if hops == 0 || !self.step() {
            return false;
        }
        let Some(chain) = flatten(site.value) else { return false };
        let Expression::Identifier(root) = chain.root else { return false };
        let names: Vec<&str> = chain.links.iter().map(|link| link.name).collect();
        if names.iter().any(|name| matches!(*name, "shape" | "keyof")) {
            return false;
        }
        let makes_object = |name: &str| matches!(name, "object" | "strictObject" | "looseObject");
        match self.resolve(&site.module, root.name.as_str()) {
            Resolved::Package(from, what) => match what {
                Imported::Named(name) if is_create_env(from, name) => names.first() == Some(&""),
                Imported::Named(name) if name != "z" && name != "default" => {
                    is_zod(from) && makes_object(name)
                }
                _ => is_zod(from) && names.iter().take(2).any(|name| makes_object(name)),
            },
            Resolved::Value(other) => {
                names.iter().any(|name| changes_fields(name)) && self.is_schema(&other, hops - 1)
            }
            Resolved::Module(other) => match names.first().map(|n| self.exported(&other, n)) {
                Some(Resolved::Value(value)) => {
                    names.iter().skip(1).any(|name| changes_fields(name))
                        && self.is_schema(&value, hops - 1)
                }
                Some(Resolved::Package(from, _)) => {
                    is_zod(from) && names.iter().skip(1).take(2).any(|name| makes_object(name))
                }
                _ => false,
            },
            _ => false,
        }
    }

    fn build(
        &self,
        site: &ExprSite<'a>,
        name: &str,
        chosen: SchemaChoice,
    ) -> Result<EnvSchema, SchemaError> {
        let scope = EvalScope::new(Rc::clone(&site.module));
        self.forget_zod();
        let place = scope.module.place(oxc_span::GetSpan::span(site.value).start);
        let object = match self.node(&scope, site.value) {
            Node::Object(object) => object,
            Node::Other(what) => {
                return Err(SchemaError::Unreadable { place: what.place, reason: what.reason });
            }
            _ => {
                let reason = format!("`{name}` is not an object schema");
                return Err(SchemaError::Unreadable { place, reason });
            }
        };
        let zod = major(&self.zod_imports(), &site.module.path);
        Ok(finish(object, name, place, chosen, zod))
    }
}

fn changes_fields(name: &str) -> bool {
    matches!(
        name,
        "extend"
            | "augment"
            | "safeExtend"
            | "merge"
            | "and"
            | "pick"
            | "omit"
            | "partial"
            | "required"
            | "strict"
            | "strip"
            | "passthrough"
            | "loose"
            | "catchall"
            | "readonly"
            | "refine"
            | "superRefine"
            | "transform"
    )
}

fn finish(
    object: Object,
    name: &str,
    place: SourceLine,
    chosen: SchemaChoice,
    zod: crate::zod::model::ZodMajor,
) -> EnvSchema {
    let keys = object.shape.fields.into_iter().map(|(name, field)| SchemaKey {
        name,
        rule: field.rule,
        description: field.description,
        place: field.place,
        side: field.side,
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
        platform: object.shape.platform,
    }
}
