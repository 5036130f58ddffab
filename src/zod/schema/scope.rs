//! The names that an expression sees: those of its file, and those of the functions around it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;

use oxc_ast::ast::{
    ArrowFunctionBody, ArrowFunctionExpression, Expression, FormalParameters, Function, Statement,
};

use super::module::{Imported, Module, Property};
use crate::zod::model::Unresolved;
use oxc_ast::ast::TSEnumDeclaration;

/// Nested expressions that are followed.
const MAX_DEPTH: u8 = 60;

/// The scope in which an expression is read.
#[derive(Clone)]
pub(crate) struct EvalScope<'a> {
    /// The file whose names it uses.
    pub(crate) module: Rc<Module<'a>>,
    /// Names of the functions around it, innermost first.
    pub(crate) locals: Option<Rc<Locals<'a>>>,
    /// The remaining depth of nested expressions.
    pub(crate) depth: u8,
}

/// The names that one call of a function, or one of its blocks, declares.
pub(crate) struct Locals<'a> {
    /// The names.
    pub(crate) names: HashMap<&'a str, Local<'a>>,
    /// The names around them.
    pub(crate) outer: Option<Rc<Self>>,
}

/// A name of a function.
#[derive(Clone)]
pub(crate) enum Local<'a> {
    /// `const x = …` in the same block.
    Here(&'a Expression<'a>),
    /// `const { x } = …` in the same block.
    Property(&'a Expression<'a>, Property<'a>),
    /// `function x() { … }` in the same block.
    Function(&'a Function<'a>),
    /// A parameter: the argument of the call.
    Argument(ExprSite<'a>),
    /// A parameter of a function that the environment may be passed to.
    Parameter,
    /// Not known, with the reason.
    Unknown(&'static str),
}

/// An expression and the names that it uses.
#[derive(Clone)]
pub(crate) struct ExprSite<'a> {
    /// Its names.
    pub(crate) scope: EvalScope<'a>,
    /// The expression.
    pub(crate) value: &'a Expression<'a>,
}

/// A function and the names around it.
#[derive(Clone)]
pub(crate) struct FunctionSite<'a> {
    /// The names around it.
    pub(crate) scope: EvalScope<'a>,
    /// The function.
    pub(crate) code: FunctionCode<'a>,
}

/// The two syntactic forms of a function.
#[derive(Clone, Copy)]
pub(crate) enum FunctionCode<'a> {
    /// `() => …`
    Arrow(&'a ArrowFunctionExpression<'a>),
    /// `function () { … }`
    Function(&'a Function<'a>),
}

/// The body of a function.
pub(crate) enum FunctionBlock<'a> {
    /// `=> expression`
    Expression(&'a Expression<'a>),
    /// `{ … }`
    Statements(&'a [Statement<'a>]),
}

/// The target of a name, after following imports.
pub(crate) enum Resolved<'a> {
    /// An expression.
    Value(ExprSite<'a>),
    /// A function.
    Function(FunctionSite<'a>),
    /// A property of an expression: `const { x } = …`.
    Property(ExprSite<'a>, Property<'a>),
    /// A variable that only functions of its file assign, with its value at first.
    Cache(Option<ExprSite<'a>>),
    /// A TypeScript enum and its file.
    Enum(Rc<Module<'a>>, &'a TSEnumDeclaration<'a>),
    /// All exports of a file.
    Module(Rc<Module<'a>>),
    /// An import from a package: its name and the imported name.
    Package(&'a str, Imported<'a>),
    /// A parameter of a function that the environment may be passed to.
    Parameter,
    /// Not known, with the reason.
    Unknown(String),
}

impl<'a> EvalScope<'a> {
    /// The outermost scope of a file.
    pub(crate) fn new(module: Rc<Module<'a>>) -> Self {
        Self { module, locals: None, depth: MAX_DEPTH }
    }

    /// The scope of further names.
    pub(crate) fn inside(&self, names: HashMap<&'a str, Local<'a>>) -> Self {
        let locals = Locals { names, outer: self.locals.clone() };
        Self { locals: Some(Rc::new(locals)), ..self.clone() }
    }

    /// An unresolved part of this file.
    pub(crate) fn unresolved(&self, offset: u32, reason: impl Into<String>) -> Unresolved {
        self.module.unresolved(offset, reason)
    }

    /// An expression of this scope.
    pub(crate) fn site(&self, value: &'a Expression<'a>) -> ExprSite<'a> {
        ExprSite { scope: self.clone(), value }
    }

    /// The target of a name that a function around the expression declares.
    pub(crate) fn local(&self, name: &str) -> Option<Resolved<'a>> {
        let mut frame = self.locals.clone();
        while let Some(locals) = frame {
            if let Some(local) = locals.names.get(name) {
                let scope = Self { locals: Some(Rc::clone(&locals)), ..self.clone() };
                return Some(match local {
                    Local::Here(value) => Resolved::Value(ExprSite { scope, value }),
                    Local::Property(value, property) => {
                        Resolved::Property(ExprSite { scope, value }, *property)
                    }
                    Local::Function(function) => Resolved::Function(FunctionSite {
                        scope,
                        code: FunctionCode::Function(function),
                    }),
                    Local::Argument(site) => Resolved::Value(site.clone()),
                    Local::Parameter => Resolved::Parameter,
                    Local::Unknown(what) => Resolved::Unknown(format!("`{name}` is {what}")),
                });
            }
            frame = locals.outer.clone();
        }
        None
    }

    /// Identifies the scope: its file and its innermost function call.
    pub(crate) fn id(&self) -> (PathBuf, usize) {
        let locals = self.locals.as_ref().map_or(0, |locals| Rc::as_ptr(locals) as usize);
        (self.module.path.clone(), locals)
    }
}

impl<'a> FunctionCode<'a> {
    /// The function of an expression.
    pub(crate) fn of(value: &'a Expression<'a>) -> Option<Self> {
        match value.get_inner_expression() {
            Expression::ArrowFunctionExpression(arrow) => Some(Self::Arrow(arrow)),
            Expression::FunctionExpression(function) => Some(Self::Function(function)),
            _ => None,
        }
    }

    /// Whether a call is that of a function expression: `(() => { … })()`.
    pub(crate) fn of_callee(callee: &Expression<'_>) -> bool {
        matches!(
            callee.get_inner_expression(),
            Expression::ArrowFunctionExpression(_) | Expression::FunctionExpression(_)
        )
    }

    /// Its parameters.
    pub(crate) fn parameters(self) -> &'a FormalParameters<'a> {
        match self {
            Self::Arrow(arrow) => &arrow.params,
            Self::Function(function) => &function.params,
        }
    }

    /// Its body.
    pub(crate) fn block(self) -> Option<FunctionBlock<'a>> {
        Some(match self {
            Self::Arrow(arrow) => match &arrow.body {
                ArrowFunctionBody::FunctionBody(body) => {
                    FunctionBlock::Statements(&body.statements)
                }
                other => FunctionBlock::Expression(other.as_expression()?),
            },
            Self::Function(function) => {
                FunctionBlock::Statements(&function.body.as_ref()?.statements)
            }
        })
    }

    /// Whether a call returns what the body returns: neither a promise nor a generator.
    pub(crate) fn is_plain(self) -> bool {
        match self {
            Self::Arrow(arrow) => !arrow.r#async,
            Self::Function(function) => !function.r#async && !function.generator,
        }
    }
}
