//! The uses of the environment in a syntax tree.

use std::collections::HashSet;

use oxc_ast::ast::{
    AssignmentExpression, AssignmentTarget, AssignmentTargetProperty, BinaryExpression,
    BindingPattern, CallExpression, ComputedMemberExpression, Expression, FormalParameter,
    ObjectAssignmentTarget, ObjectPattern, ObjectProperty, Program, StaticMemberExpression,
    StringLiteral, UnaryExpression, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan, Span};
use oxc_syntax::operator::{AssignmentOperator, BinaryOperator, UnaryOperator};

use super::FileUses;
use super::aliases::{Aliases, member};
use crate::zod::model::{CodeForm, CodeUse, SourceLine};

/// Collects the uses of environment keys in a file.
pub(crate) fn collect<'a>(
    program: &Program<'a>,
    declared: &HashSet<String>,
    declares_schema: bool,
    place: &dyn Fn(u32) -> SourceLine,
    is_foreign: &dyn Fn(&str) -> bool,
) -> FileUses {
    let aliases = Aliases::collect(program, is_foreign);
    let mut collector = Collector {
        aliases: &aliases,
        declared,
        declares_schema,
        place,
        found: FileUses::default(),
    };
    collector.visit_program(program);
    collector.found
}

struct Collector<'s, 'a> {
    aliases: &'s Aliases<'a, 's>,
    declared: &'s HashSet<String>,
    /// Whether the file declares the schema: key names in it are not mentions.
    declares_schema: bool,
    place: &'s dyn Fn(u32) -> SourceLine,
    found: FileUses,
}

impl<'a> Collector<'_, 'a> {
    fn add(&mut self, key: &str, span: Span, form: CodeForm) {
        let place = (self.place)(span.start);
        self.found.uses.push(CodeUse { place, key: key.to_owned(), form });
    }

    /// Adds a read of a key. A name of the environment may have methods, so only upper-case keys count
    /// there.
    fn read(&mut self, from: &Expression<'a>, key: &str, span: Span) {
        // A method, not a key.
        if key == "hasOwnProperty" {
            return;
        }
        if self.aliases.is_process_env(from) || is_upper_case(key) {
            self.add(key, span, CodeForm::Read);
        }
    }

    /// Adds a mention of a name, if it is a declared key.
    fn mention(&mut self, key: &str, span: Span) {
        if !self.declares_schema && self.declared.contains(key) {
            self.add(key, span, CodeForm::Mention);
        }
    }

    /// Adds the keys of `{ A, B: b }` in a declaration.
    fn pattern(&mut self, pattern: &ObjectPattern<'a>, from: Option<&Expression<'a>>) {
        let process = from.is_some_and(|from| self.aliases.is_process(from));
        let from = from.filter(|from| self.aliases.returns_environment(from));
        for property in &pattern.properties {
            let Some(key) = property.key.static_name() else { continue };
            // `const { env: { A } } = process`
            if process
                && key == "env"
                && let Some(env) = object_pattern(&property.value)
            {
                for property in &env.properties {
                    if let Some(key) = property.key.static_name() {
                        self.add(&key, property.key.span(), CodeForm::Read);
                    }
                }
                continue;
            }
            match from {
                Some(from) => self.read(from, &key, property.key.span()),
                None => self.mention(&key, property.key.span()),
            }
        }
    }

    /// Adds the keys of `{ A, B: b }` in an assignment.
    fn target(&mut self, target: &ObjectAssignmentTarget<'a>, from: &Expression<'a>) {
        for property in &target.properties {
            match property {
                AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(item) => {
                    self.read(from, item.binding.name.as_str(), item.span);
                }
                AssignmentTargetProperty::AssignmentTargetPropertyProperty(item) => {
                    if let Some(key) = item.name.static_name() {
                        self.read(from, &key, item.span);
                    }
                }
            }
        }
    }

    /// The key of the environment that an expression reads.
    fn key_of(&self, expression: &Expression<'a>) -> Option<&'a str> {
        let (object, key) = member(expression)?;
        key.filter(|_| self.aliases.is_environment(object))
    }
}

/// The pattern `{ … }`, also one with a default.
fn object_pattern<'p, 'a>(pattern: &'p BindingPattern<'a>) -> Option<&'p ObjectPattern<'a>> {
    match pattern {
        BindingPattern::ObjectPattern(pattern) => Some(pattern),
        BindingPattern::AssignmentPattern(it) => object_pattern(&it.left),
        _ => None,
    }
}

fn is_upper_case(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_uppercase())
        && key.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

impl<'a> Visit<'a> for Collector<'_, 'a> {
    fn visit_static_member_expression(&mut self, it: &StaticMemberExpression<'a>) {
        let (key, span) = (it.property.name.as_str(), it.property.span);
        match self.aliases.is_environment(&it.object) {
            true => self.read(&it.object, key, span),
            false => self.mention(key, span),
        }
        walk::walk_static_member_expression(self, it);
    }

    fn visit_computed_member_expression(&mut self, it: &ComputedMemberExpression<'a>) {
        if self.aliases.is_environment(&it.object) {
            let key = it.static_property_name().map(|key| key.as_str());
            match key.or_else(|| self.aliases.text(&it.expression)) {
                Some(key) => self.read(&it.object, key, it.expression.span()),
                None => self.found.computed.push((self.place)(it.span.start)),
            }
        }
        walk::walk_computed_member_expression(self, it);
    }

    fn visit_string_literal(&mut self, it: &StringLiteral<'a>) {
        self.mention(it.value.as_str(), it.span);
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        if let BindingPattern::ObjectPattern(pattern) = &it.id {
            self.pattern(pattern, it.init.as_ref());
        }
        walk::walk_variable_declarator(self, it);
    }

    fn visit_formal_parameter(&mut self, it: &FormalParameter<'a>) {
        if let BindingPattern::ObjectPattern(pattern) = &it.pattern {
            self.pattern(pattern, it.initializer.as_deref());
        }
        walk::walk_formal_parameter(self, it);
    }

    fn visit_assignment_expression(&mut self, it: &AssignmentExpression<'a>) {
        if let AssignmentTarget::ObjectAssignmentTarget(target) = &it.left
            && self.aliases.returns_environment(&it.right)
        {
            self.target(target, &it.right);
        }
        // `process.env.A = "x"` sets the key and does not read it.
        let assigned = match &it.left {
            AssignmentTarget::StaticMemberExpression(left) => Some(&left.object),
            AssignmentTarget::ComputedMemberExpression(left) => Some(&left.object),
            _ => None,
        };
        match assigned {
            Some(object)
                if it.operator == AssignmentOperator::Assign
                    && self.aliases.is_environment(object) =>
            {
                self.visit_expression(&it.right);
            }
            _ => walk::walk_assignment_expression(self, it),
        }
    }

    fn visit_unary_expression(&mut self, it: &UnaryExpression<'a>) {
        let deletes_key =
            it.operator == UnaryOperator::Delete && self.key_of(&it.argument).is_some();
        if !deletes_key {
            walk::walk_unary_expression(self, it);
        }
    }

    fn visit_binary_expression(&mut self, it: &BinaryExpression<'a>) {
        if it.operator == BinaryOperator::In
            && self.aliases.is_environment(&it.right)
            && let Some(key) = self.aliases.text(&it.left)
        {
            self.read(&it.right, key, it.left.span());
        }
        walk::walk_binary_expression(self, it);
    }

    /// `Deno.env.get("A")`, `process.env.hasOwnProperty("A")`, `Reflect.get(process.env, "A")`,
    /// `Object.hasOwn(process.env, "A")`.
    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        let method = member(&it.callee).filter(|(object, _)| self.aliases.is_environment(object));
        let mut arguments = it.arguments.iter().map(|argument| argument.as_expression());
        let first = arguments.next().flatten();
        let key = match (method, first) {
            (Some((_, Some("get" | "has" | "hasOwnProperty"))), key) => key,
            (None, Some(first)) if self.aliases.is_environment(first) => arguments.next().flatten(),
            _ => None,
        };
        if let Some((key, name)) = key.and_then(|key| Some((key, self.aliases.text(key)?)))
            && is_upper_case(name)
        {
            self.add(name, key.span(), CodeForm::Read);
        }
        walk::walk_call_expression(self, it);
    }

    fn visit_object_property(&mut self, it: &ObjectProperty<'a>) {
        let key = self.key_of(&it.value).filter(|key| it.key.static_name().as_deref() == Some(key));
        match key.filter(|_| self.declares_schema) {
            Some(key) => self.add(key, it.value.span(), CodeForm::SchemaInput),
            None => walk::walk_object_property(self, it),
        }
    }
}
