//! Whether code may end the start.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use oxc_ast::ast::{
    Argument, ArrowFunctionExpression, CallExpression, Class, Expression, Function, NewExpression,
    ThrowStatement,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::Span;
use oxc_syntax::scope::ScopeFlags;

use super::super::module::Imported;
use super::super::package::{is_create_env, is_zod};
use super::super::resolve::SchemaReader;
use super::super::scope::{EvalScope, FunctionBlock, FunctionCode, FunctionSite, Resolved};
use super::super::sites::PARSE;
use super::NOWHERE;
use super::names::{Mentions, is_iteration};
use crate::zod::erase;
use crate::zod::typescript::root_of;

/// Globals whose functions do not throw.
const HARMLESS: [&str; 9] =
    ["Array", "Boolean", "Math", "Number", "Object", "String", "isNaN", "parseFloat", "parseInt"];

/// Whether code may end the start: it throws, exits, or gives what was parsed to something that may.
pub(super) struct Ends<'r, 'a> {
    pub(super) reader: &'r SchemaReader<'a>,
    pub(super) scope: EvalScope<'a>,
    pub(super) derived: &'r HashSet<&'a str>,
    pub(super) parse: Span,
    pub(super) calls: u8,
    /// Functions that were followed, by file and place.
    pub(super) followed: &'r RefCell<HashSet<(usize, u32)>>,
    pub(super) found: bool,
    /// A function that it calls reads the environment.
    pub(super) reads_environment: bool,
}

impl<'a> Ends<'_, 'a> {
    fn is_given(&self, arguments: &[Argument<'a>]) -> bool {
        let mut mentions = Mentions::new(self.derived, self.parse);
        arguments.iter().for_each(|argument| mentions.visit_argument(argument));
        mentions.found
    }

    fn mentions(&self, value: &Expression<'a>) -> bool {
        let mut mentions = Mentions::new(self.derived, self.parse);
        mentions.visit_expression(value);
        mentions.found
    }

    /// A call of a name.
    fn named(&mut self, name: &str, arguments: &[Argument<'a>]) {
        if erase::is_logger(name) || HARMLESS.contains(&name) {
            return;
        }
        match self.reader.resolve(&self.scope, name) {
            Resolved::Package(from, Imported::Named(what)) if is_create_env(from, what) => {}
            Resolved::Package(from, Imported::Named(what)) if is_zod(from) => {
                self.found |= PARSE.contains(&what) && self.is_given(arguments);
            }
            Resolved::Function(site) => self.function(&site, arguments),
            Resolved::Value(site) => match FunctionCode::of(site.value) {
                Some(code) => {
                    self.function(&FunctionSite { scope: site.scope, code }, arguments);
                }
                None => self.found |= self.is_given(arguments),
            },
            _ => self.found |= self.is_given(arguments),
        }
    }

    /// A call of a function of the checkout.
    fn function(&mut self, site: &FunctionSite<'a>, arguments: &[Argument<'a>]) {
        let span = match site.code {
            FunctionCode::Arrow(arrow) => arrow.span,
            FunctionCode::Function(function) => function.span,
        };
        if self.is_given(arguments) {
            self.found = true;
            return;
        }
        // What parses is a body of its own.
        let parses = span.start <= self.parse.start && self.parse.end <= span.end;
        if parses && site.scope.module.path == self.scope.module.path {
            return;
        }
        let place = (Rc::as_ptr(&site.scope.module) as usize, span.start);
        if !self.followed.borrow_mut().insert(place) {
            return;
        }
        if self.calls == 0 || !self.reader.step() {
            self.found = true;
            return;
        }
        let none = HashSet::new();
        let same_file = site.scope.module.path == self.scope.module.path;
        let mut inner = Ends {
            reader: self.reader,
            scope: site.scope.clone(),
            derived: if same_file { self.derived } else { &none },
            parse: if same_file { self.parse } else { NOWHERE },
            calls: self.calls - 1,
            followed: self.followed,
            found: false,
            reads_environment: false,
        };
        let mut mentions = Mentions::new(&none, NOWHERE);
        (mentions.in_functions, mentions.environment) = (true, true);
        match site.code.block() {
            Some(FunctionBlock::Expression(value)) => {
                inner.visit_expression(value);
                mentions.visit_expression(value);
            }
            Some(FunctionBlock::Statements(statements)) => {
                statements.iter().for_each(|statement| {
                    inner.visit_statement(statement);
                    mentions.visit_statement(statement);
                });
            }
            None => {}
        }
        let (found, reads) = (inner.found, inner.reads_environment || mentions.found);
        self.found |= found;
        self.reads_environment |= reads;
    }

    /// A call of a method.
    fn method(&mut self, object: &Expression<'a>, name: Option<&str>, arguments: &[Argument<'a>]) {
        let root = match root_of(object) {
            Some(Expression::Identifier(root)) => root.name.as_str(),
            _ => "",
        };
        match (root, name) {
            ("process", Some("exit" | "abort" | "kill")) => self.found = true,
            ("process", Some("on" | "once" | "emitWarning")) => {}
            (root, _) if erase::is_logger(root) || HARMLESS.contains(&root) => {}
            (root, name) => {
                let is_of_zod = matches!(self.reader.resolve(&self.scope, root),
                    Resolved::Package(from, _) if is_zod(from));
                let parses = matches!(name, Some("parse" | "parseAsync"));
                // A result is not an exception; a schema that is made is none either.
                if matches!(name, Some("safeParse" | "safeParseAsync")) || is_of_zod && !parses {
                    return;
                }
                self.found |= self.mentions(object) || self.is_given(arguments);
            }
        }
    }

    /// Functions that are called here.
    fn callbacks(&mut self, it: &CallExpression<'a>) {
        let mut run = |value: &Expression<'a>| {
            if let Some(body) = function_span(value)
                && body.start <= self.parse.start
                && self.parse.end <= body.end
            {
                return; // a body of its own
            }
            match value.get_inner_expression() {
                Expression::ArrowFunctionExpression(arrow) => {
                    walk::walk_arrow_function_expression(self, arrow);
                }
                Expression::FunctionExpression(function) => {
                    walk::walk_function(self, function, ScopeFlags::Function);
                }
                _ => {}
            }
        };
        run(&it.callee);
        if is_iteration(it) {
            it.arguments.iter().filter_map(Argument::as_expression).for_each(run);
        }
    }
}

fn function_span(value: &Expression<'_>) -> Option<Span> {
    match value.get_inner_expression() {
        Expression::ArrowFunctionExpression(arrow) => Some(arrow.span),
        Expression::FunctionExpression(function) => Some(function.span),
        _ => None,
    }
}

impl<'a> Visit<'a> for Ends<'_, 'a> {
    fn visit_throw_statement(&mut self, _: &ThrowStatement<'a>) {
        self.found = true;
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if it.span == self.parse || self.found {
            return;
        }
        match it.callee.get_inner_expression() {
            Expression::Identifier(name) => {
                let name = name.name.as_str();
                if let Resolved::Package(from, Imported::Named(what)) =
                    self.reader.resolve(&self.scope, name)
                    && is_create_env(from, what)
                {
                    return;
                }
                self.named(name, &it.arguments);
            }
            other => {
                if let Some(member) = other.as_member_expression() {
                    let name = member.static_property_name();
                    self.method(member.object(), name, &it.arguments);
                }
            }
        }
        self.callbacks(it);
        walk::walk_call_expression(self, it);
    }

    fn visit_new_expression(&mut self, it: &NewExpression<'a>) {
        let name = match it.callee.get_inner_expression() {
            Expression::Identifier(name) => name.name.as_str(),
            _ => "",
        };
        let harmless = name.ends_with("Error") || matches!(name, "Map" | "Set" | "Date" | "Proxy");
        self.found |= !harmless && self.is_given(&it.arguments);
        walk::walk_new_expression(self, it);
    }

    fn visit_function(&mut self, _: &Function<'a>, _: ScopeFlags) {}

    fn visit_arrow_function_expression(&mut self, _: &ArrowFunctionExpression<'a>) {}

    fn visit_class(&mut self, _: &Class<'a>) {}
}
