//! Code behind the place that parses the environment: statements that read what the schema returned and may end
//! the start. Each becomes a check of the whole object; one that cannot be run is never passed over.

use std::cell::RefCell;
use std::collections::HashSet;

use oxc_ast::ast::{
    ArrayExpressionElement, Declaration, ExportDefaultDeclarationKind, Expression,
    ObjectPropertyKind, Statement, VariableDeclaration,
};
use oxc_ast_visit::Visit;
use oxc_span::{GetSpan, Span};

mod ends;
mod names;
#[cfg(test)]
mod tests;

use ends::Ends;
use names::{Mentions, Names, Returns};

use super::build::is_guard;
use super::resolve::SchemaReader;
use super::scope::EvalScope;
use super::sites::ParseSite;
use crate::zod::erase::{self, Erased, ParsedCall};
use crate::zod::model::{FunctionUse, ObjectCheck, SchemaFunction};

/// Statements of one schema that are run; a longer list is not known.
const MAX_CHECKS: usize = 64;
/// Functions that call each other that are followed.
const MAX_CALLS: u8 = 8;
/// Rounds in which names are found that depend on the result.
const MAX_ROUNDS: usize = 8;
/// Keys that one report names.
const MAX_KEYS: usize = 6;

/// A place that no code has.
const NOWHERE: Span = Span::new(u32::MAX, u32::MAX);

/// A part of a statement that is run.
#[derive(Clone, Copy)]
enum Part<'a> {
    Statement(&'a Statement<'a>),
    Expression(&'a Expression<'a>),
}

impl<'a> Part<'a> {
    fn visit(self, visitor: &mut impl Visit<'a>) {
        match self {
            Self::Statement(statement) => visitor.visit_statement(statement),
            Self::Expression(value) => visitor.visit_expression(value),
        }
    }
}

/// What is known about one body of statements.
struct Body<'r, 'a> {
    reader: &'r SchemaReader<'a>,
    scope: &'r EvalScope<'a>,
    parse: Span,
    parsed: &'r ParsedCall,
    /// Names that depend on what the schema returned, and functions that read it.
    derived: HashSet<&'a str>,
    /// Names that depend on the environment, and functions that read it.
    readers: HashSet<&'a str>,
    /// Code that reads only the environment counts.
    with_environment: bool,
    /// Names of values that statements change.
    changing: HashSet<&'a str>,
}

impl<'a> SchemaReader<'a> {
    /// The checks behind a place that parses; with `with_environment` also those of code beside it that reads
    /// `process.env`. `keys` are the keys of the schema.
    pub(crate) fn checks_after(
        &self,
        parse: &ParseSite<'a>,
        keys: &[&str],
        with_environment: bool,
    ) -> Vec<ObjectCheck> {
        let text = match (parse.returns_result, &parse.variable) {
            (true, None) => "(parsedResult())".to_owned(),
            (false, None) => "(parsedValue)".to_owned(),
            (is_result, Some(name)) => {
                let name = serde_json::Value::from(name.as_str());
                match is_result {
                    true => format!("({{ success: true, data: parsedValue[{name}] }})"),
                    false => format!("(parsedValue[{name}])"),
                }
            }
        };
        let parsed = ParsedCall { span: parse.call, text };
        let mut checks = Vec::new();
        for (scope, statements) in &parse.bodies {
            let body = Body { with_environment, ..Body::new(self, scope, statements, &parsed) };
            for (index, statement) in statements.iter().enumerate() {
                for part in body.parts(statement) {
                    if checks.len() >= MAX_CHECKS || !self.step() {
                        let offset = statement.span().start;
                        let reason = "more code after the parse than is followed";
                        checks.push(opaque(scope, offset, reason));
                        return checks;
                    }
                    checks.push(body.check(statements, index, part, keys));
                }
            }
        }
        checks
    }
}

fn opaque(scope: &EvalScope<'_>, offset: u32, reason: &str) -> ObjectCheck {
    let check = ObjectCheck::opaque(scope.unresolved(offset, reason));
    ObjectCheck { used: FunctionUse::After, ..check }
}

impl<'r, 'a> Body<'r, 'a> {
    fn new(
        reader: &'r SchemaReader<'a>,
        scope: &'r EvalScope<'a>,
        statements: &'a [Statement<'a>],
        parsed: &'r ParsedCall,
    ) -> Self {
        let mut names = Names { parse: parsed.span, ..Names::default() };
        for _ in 0..MAX_ROUNDS {
            let before = names.derived.len();
            statements.iter().for_each(|statement| names.statement(statement));
            if names.derived.len() == before {
                break;
            }
        }
        let Names { derived, readers, changing, .. } = names;
        let with_environment = true;
        let parse = parsed.span;
        Self { reader, scope, parse, parsed, derived, readers, with_environment, changing }
    }

    /// The parts of a statement that may end the start, by what the schema returned.
    fn parts(&self, statement: &'a Statement<'a>) -> Vec<Part<'a>> {
        let declaration = match statement {
            Statement::ExportDeclaration(export) => Some(&export.declaration),
            other => other.as_declaration(),
        };
        let mut parts = Vec::new();
        match (declaration, statement) {
            (Some(Declaration::VariableDeclaration(variables)), _) => {
                for value in variables.declarations.iter().filter_map(|it| it.init.as_ref()) {
                    self.values(value, &mut parts);
                }
            }
            (Some(_), _) => {}
            (_, Statement::ExportDefaultDeclaration(export)) => match &export.declaration {
                ExportDefaultDeclarationKind::FunctionDeclaration(_)
                | ExportDefaultDeclarationKind::ClassDeclaration(_) => {}
                other => {
                    if let Some(value) = other.as_expression() {
                        self.values(value, &mut parts);
                    }
                }
            },
            (_, Statement::ReturnStatement(returned)) => {
                if let Some(value) = &returned.argument {
                    self.values(value, &mut parts);
                }
            }
            // Those are checks of their own.
            (_, other) if self.is_guard(other) => {}
            (_, other) => {
                if self.is_check(Part::Statement(other)) {
                    parts.push(Part::Statement(other));
                }
            }
        }
        parts
    }

    /// The parts of a value: each property of an object literal by itself.
    fn values(&self, value: &'a Expression<'a>, parts: &mut Vec<Part<'a>>) {
        match value.get_inner_expression() {
            Expression::ObjectExpression(object) => {
                for property in &object.properties {
                    match property {
                        ObjectPropertyKind::ObjectProperty(item) => self.values(&item.value, parts),
                        ObjectPropertyKind::SpreadProperty(spread) => {
                            self.values(&spread.argument, parts);
                        }
                    }
                }
            }
            Expression::ArrayExpression(list) => {
                for item in &list.elements {
                    match item {
                        ArrayExpressionElement::SpreadElement(spread) => {
                            self.values(&spread.argument, parts);
                        }
                        other => {
                            if let Some(value) = other.as_expression() {
                                self.values(value, parts);
                            }
                        }
                    }
                }
            }
            _ => {
                if self.is_check(Part::Expression(value)) {
                    parts.push(Part::Expression(value));
                }
            }
        }
    }

    /// Whether a statement is a condition of the file that is evaluated without the result.
    fn is_guard(&self, statement: &'a Statement<'a>) -> bool {
        self.scope.locals.is_none()
            && is_guard(&self.scope.module, statement)
            && !self.reads_result(Part::Statement(statement))
    }

    fn reads_result(&self, part: Part<'a>) -> bool {
        let mut mentions = Mentions::new(&self.derived, self.parse);
        part.visit(&mut mentions);
        mentions.found
    }

    /// Whether code may end the start, by what it reads.
    fn is_check(&self, part: Part<'a>) -> bool {
        let is_of_result = self.reads_result(part);
        if !is_of_result && !self.with_environment {
            return false;
        }
        let followed = RefCell::default();
        let mut found = Ends {
            followed: &followed,
            reader: self.reader,
            scope: self.scope.clone(),
            derived: &self.derived,
            parse: self.parse,
            calls: MAX_CALLS,
            found: false,
            reads_environment: false,
        };
        part.visit(&mut found);
        if !found.found || is_of_result || found.reads_environment {
            return found.found;
        }
        let mut read = Mentions::new(&self.readers, self.parse);
        read.environment = true;
        part.visit(&mut read);
        read.found
    }

    /// The check of a part, with the statements before it that it depends on.
    fn check(
        &self,
        statements: &'a [Statement<'a>],
        index: usize,
        part: Part<'a>,
        keys: &[&str],
    ) -> ObjectCheck {
        let text = self.scope.module.text;
        let span = match part {
            Part::Statement(statement) => statement.span(),
            Part::Expression(value) => value.span(),
        };
        let read = keys_in(&text[span.start as usize..span.end as usize], keys);
        let is_of_result = self.reads_result(part);
        let place = if is_of_result { "code after the parse" } else { "code beside the parse" };
        let reason = match read.is_empty() {
            true => place.to_owned(),
            false => format!("{place}, of {}", read.join(", ")),
        };
        let what = self.scope.unresolved(span.start, reason);
        let function = match self.script(statements, index, part) {
            Ok(script) => script,
            Err(why) => SchemaFunction::Opaque(
                self.scope.unresolved(span.start, format!("{}: {why}", what.reason)),
            ),
        };
        ObjectCheck { function, used: FunctionUse::After, what }
    }

    fn script(
        &self,
        statements: &'a [Statement<'a>],
        index: usize,
        part: Part<'a>,
    ) -> Result<SchemaFunction, String> {
        let text = self.scope.module.text;
        let erased = match part {
            Part::Statement(statement) => erase::statement(text, statement, self.parsed),
            Part::Expression(value) => erase::expression_after(text, value, Some(self.parsed)),
        };
        let not_run = |what: &str| format!("{what} is not run");
        let mut last = erased.map_err(not_run)?;
        if let Part::Expression(_) = part {
            last.text = format!("({});", last.text);
        }
        let mut needed: HashSet<&'a str> = last.names.iter().copied().collect();
        let mut pieces: Vec<Erased<'a>> = vec![last];
        for statement in statements[..index].iter().rev() {
            if !self.is_needed(statement, &needed) {
                continue;
            }
            let erased = erase::statement(text, statement, self.parsed).map_err(not_run)?;
            needed.extend(erased.names.iter().copied());
            pieces.push(erased);
        }
        pieces.reverse();
        let script = self.reader.script_after(self.scope, pieces, self.parsed);
        let script = script.ok_or_else(|| "too large to run".to_owned())?;
        Ok(SchemaFunction::Script(script.into()))
    }

    /// Whether a statement changes what a later one reads, or decides whether that is reached.
    fn is_needed(&self, statement: &'a Statement<'a>, needed: &HashSet<&'a str>) -> bool {
        match statement {
            Statement::VariableDeclaration(variables) => {
                !variables.kind.is_const() && declares(variables, needed)
            }
            Statement::ExportDeclaration(_) => false,
            other if other.as_declaration().is_some() => false,
            Statement::ExpressionStatement(run) if erase::is_logging(&run.expression) => false,
            Statement::IfStatement(choice) if statement.span().start > self.parse.end => {
                let mut returns = Returns(false);
                returns.visit_if_statement(choice);
                returns.0 || self.changes(statement, needed)
            }
            other => self.changes(other, needed),
        }
    }

    fn changes(&self, statement: &'a Statement<'a>, needed: &HashSet<&'a str>) -> bool {
        let changed: HashSet<&'a str> = needed.intersection(&self.changing).copied().collect();
        let mut mentions = Mentions::new(&changed, NOWHERE);
        mentions.visit_statement(statement);
        mentions.found
    }
}

fn declares(variables: &VariableDeclaration<'_>, needed: &HashSet<&str>) -> bool {
    let names = variables.declarations.iter().flat_map(|it| it.id.get_binding_identifiers());
    names.into_iter().any(|id| needed.contains(id.name.as_str()))
}

/// The keys whose names occur in a text.
fn keys_in<'k>(text: &str, keys: &[&'k str]) -> Vec<&'k str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words: HashSet<&str> = text.split(|c| !is_word(c)).collect();
    keys.iter().copied().filter(|key| words.contains(key)).take(MAX_KEYS).collect()
}
