//! JavaScript from TypeScript: removes types from the text of an expression or function, and collects the names
//! that it uses.

use oxc_ast::ast::{
    ArrowFunctionExpression, AwaitExpression, BindingPattern, CallExpression, Class,
    ComputedMemberExpression, Expression, ExpressionStatement, FormalParameter, Function,
    IdentifierReference, ImportExpression, ImportMeta, JSXElement, JSXFragment, Statement,
    StaticMemberExpression, TSAsExpression, TSEnumDeclaration, TSInterfaceDeclaration,
    TSNonNullExpression, TSSatisfiesExpression, TSThisParameter, TSTypeAliasDeclaration,
    TSTypeAnnotation, TSTypeAssertion, TSTypeParameterDeclaration, TSTypeParameterInstantiation,
    ThisExpression, ThrowStatement, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan, Span};
use oxc_syntax::scope::ScopeFlags;

use super::code::is_process_env;
use super::typescript::root_of;

/// Properties through which code reaches other objects than its own.
const REFUSED_PROPERTIES: [&str; 7] = [
    "constructor",
    "prototype",
    "__proto__",
    "__defineGetter__",
    "defineProperty",
    "setPrototypeOf",
    "getPrototypeOf",
];

/// Whether an expression only writes a log: `console.error(…)`, `logger.info(…)`.
pub(crate) fn is_logging(value: &Expression<'_>) -> bool {
    match value.get_inner_expression() {
        Expression::CallExpression(_) => match root_of(value) {
            Some(Expression::Identifier(name)) => is_logger(name.name.as_str()),
            _ => false,
        },
        _ => false,
    }
}

/// Whether a name is that of something that writes or colors a log.
pub(crate) fn is_logger(name: &str) -> bool {
    const LOGGERS: [&str; 10] = [
        "console",
        "debug",
        "winston",
        "pino",
        "consola",
        "chalk",
        "kleur",
        "colors",
        "picocolors",
        "pc",
    ];
    let lower = name.to_ascii_lowercase();
    LOGGERS.contains(&lower.as_str()) || lower == "log" || lower.ends_with("logger")
}

/// A piece of code without types.
#[derive(Debug, Default)]
pub(crate) struct Erased<'a> {
    /// The text.
    pub(crate) text: String,
    /// Names that it uses, also those that it declares itself.
    pub(crate) names: Vec<&'a str>,
    /// Variables that it reads by name.
    pub(crate) reads: Vec<String>,
}

/// The call that parses the environment, and what code behind it is run with in its place.
#[derive(Debug, Clone)]
pub(crate) struct ParsedCall {
    /// Where the call is.
    pub(crate) span: Span,
    /// What replaces it.
    pub(crate) text: String,
}

/// The text of a statement behind the place that parses, without types.
pub(crate) fn statement<'a>(
    source: &str,
    statement: &Statement<'a>,
    parsed: &ParsedCall,
) -> Result<Erased<'a>, &'static str> {
    erase(source, statement.span(), Some(parsed), |eraser| eraser.visit_statement(statement))
}

/// The text of an expression without types; an error names syntax that is not run.
pub(crate) fn expression<'a>(
    source: &str,
    value: &Expression<'a>,
) -> Result<Erased<'a>, &'static str> {
    expression_after(source, value, None)
}

/// The text of an expression, perhaps behind the place that parses.
pub(crate) fn expression_after<'a>(
    source: &str,
    value: &Expression<'a>,
    parsed: Option<&ParsedCall>,
) -> Result<Erased<'a>, &'static str> {
    erase(source, value.span(), parsed, |eraser| eraser.visit_expression(value))
}

/// The text of an arrow function without types.
pub(crate) fn arrow<'a>(
    source: &str,
    arrow: &ArrowFunctionExpression<'a>,
    parsed: Option<&ParsedCall>,
) -> Result<Erased<'a>, &'static str> {
    erase(source, arrow.span, parsed, |eraser| eraser.visit_arrow_function_expression(arrow))
}

/// The text of a function without types.
pub(crate) fn function<'a>(
    source: &str,
    function: &Function<'a>,
    parsed: Option<&ParsedCall>,
) -> Result<Erased<'a>, &'static str> {
    erase(source, function.span, parsed, |eraser| {
        eraser.visit_function(function, ScopeFlags::Function)
    })
}

fn erase<'a, 's>(
    source: &'s str,
    span: Span,
    parsed: Option<&'s ParsedCall>,
    visit: impl FnOnce(&mut Eraser<'a, 's>),
) -> Result<Erased<'a>, &'static str> {
    let mut eraser = Eraser {
        source,
        removed: Vec::new(),
        names: Vec::new(),
        reads: Vec::new(),
        refused: None,
        parsed,
    };
    visit(&mut eraser);
    if let Some(refused) = eraser.refused {
        return Err(refused);
    }
    eraser.removed.sort_by_key(|(span, _)| span.start);
    let mut text = String::new();
    let mut at = span.start;
    for (removed, replacement) in &eraser.removed {
        if removed.start < at {
            continue; // inside of a removed part
        }
        text.push_str(&source[at as usize..removed.start as usize]);
        text.push_str(replacement);
        at = removed.end;
    }
    text.push_str(&source[at as usize..span.end as usize]);
    Ok(Erased { text, names: eraser.names, reads: eraser.reads })
}

struct Eraser<'a, 's> {
    source: &'s str,
    /// Removed parts with what replaces them.
    removed: Vec<(Span, &'s str)>,
    names: Vec<&'a str>,
    reads: Vec<String>,
    refused: Option<&'static str>,
    /// The code is behind this call.
    parsed: Option<&'s ParsedCall>,
}

impl Eraser<'_, '_> {
    fn remove(&mut self, span: Span) {
        self.removed.push((span, " "));
    }

    fn refuse(&mut self, what: &'static str) {
        self.refused.get_or_insert(what);
    }

    /// Removes ` as T` or ` satisfies T` behind an expression.
    fn remove_from_word(&mut self, word: &str, expression: Span, whole: Span, type_: Span) {
        let between = &self.source[expression.end as usize..type_.start as usize];
        match between.rfind(word) {
            Some(at) => {
                let start = expression.end + u32::try_from(at).unwrap_or(0);
                self.remove(Span::new(start, whole.end));
            }
            None => self.refuse("a type that cannot be removed"),
        }
    }

    /// Removes one character behind a pattern, such as the `?` of `(x?: string)`.
    fn remove_sign(&mut self, sign: char, after: u32) {
        let rest = &self.source[after as usize..];
        let blank = u32::try_from(rest.len() - rest.trim_start().len()).unwrap_or(0);
        if rest.trim_start().starts_with(sign) {
            self.remove(Span::new(after + blank, after + blank + 1));
        }
    }
}

impl<'a> Visit<'a> for Eraser<'a, '_> {
    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        match self.parsed {
            Some(parsed) if parsed.span == it.span => self.removed.push((it.span, &parsed.text)),
            _ => walk::walk_call_expression(self, it),
        }
    }

    /// What is thrown behind the place that parses ends the start, whatever it is.
    fn visit_throw_statement(&mut self, it: &ThrowStatement<'a>) {
        if self.parsed.is_some() {
            self.removed.push((it.argument.span(), " 0"));
        } else {
            walk::walk_throw_statement(self, it);
        }
    }

    fn visit_expression_statement(&mut self, it: &ExpressionStatement<'a>) {
        if self.parsed.is_some() && is_logging(&it.expression) {
            self.removed.push((it.span, ";"));
        } else {
            walk::walk_expression_statement(self, it);
        }
    }

    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        self.names.push(it.name.as_str());
    }

    fn visit_static_member_expression(&mut self, it: &StaticMemberExpression<'a>) {
        if is_process_env(&it.object) {
            self.reads.push(it.property.name.to_string());
        }
        if REFUSED_PROPERTIES.contains(&it.property.name.as_str()) {
            self.refuse("code that changes or reads prototypes");
        }
        walk::walk_static_member_expression(self, it);
    }

    fn visit_computed_member_expression(&mut self, it: &ComputedMemberExpression<'a>) {
        if let Some(name) = it.static_property_name() {
            if is_process_env(&it.object) {
                self.reads.push(name.to_string());
            }
            if REFUSED_PROPERTIES.contains(&name.as_str()) {
                self.refuse("code that changes or reads prototypes");
            }
        }
        walk::walk_computed_member_expression(self, it);
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        if let (BindingPattern::ObjectPattern(pattern), Some(value)) = (&it.id, &it.init)
            && is_process_env(value)
        {
            let keys = pattern.properties.iter().filter_map(|item| item.key.static_name());
            self.reads.extend(keys.map(|key| key.into_owned()));
        }
        if it.definite {
            self.remove_sign('!', it.id.span().end);
        }
        walk::walk_variable_declarator(self, it);
    }

    fn visit_import_meta(&mut self, it: &ImportMeta) {
        self.removed.push((it.span, "importMeta"));
        self.names.push("importMeta");
    }

    fn visit_formal_parameter(&mut self, it: &FormalParameter<'a>) {
        if !it.decorators.is_empty() || it.accessibility.is_some() || it.readonly {
            self.refuse("a class");
        }
        if it.optional {
            self.remove_sign('?', it.pattern.span().end);
        }
        walk::walk_formal_parameter(self, it);
    }

    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        if it.body.is_none() {
            return self.remove(it.span);
        }
        if it.r#async {
            self.refuse("asynchronous code");
        }
        walk::walk_function(self, it, flags);
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        if it.r#async {
            self.refuse("asynchronous code");
        }
        walk::walk_arrow_function_expression(self, it);
    }

    fn visit_ts_type_annotation(&mut self, it: &TSTypeAnnotation<'a>) {
        self.remove(it.span);
    }

    fn visit_ts_type_parameter_declaration(&mut self, it: &TSTypeParameterDeclaration<'a>) {
        self.remove(it.span);
    }

    fn visit_ts_type_parameter_instantiation(&mut self, it: &TSTypeParameterInstantiation<'a>) {
        self.remove(it.span);
    }

    fn visit_ts_as_expression(&mut self, it: &TSAsExpression<'a>) {
        let (inner, type_) = (it.expression.span(), it.type_annotation.span());
        self.remove_from_word("as", inner, it.span, type_);
        self.visit_expression(&it.expression);
    }

    fn visit_ts_satisfies_expression(&mut self, it: &TSSatisfiesExpression<'a>) {
        let (inner, type_) = (it.expression.span(), it.type_annotation.span());
        self.remove_from_word("satisfies", inner, it.span, type_);
        self.visit_expression(&it.expression);
    }

    fn visit_ts_non_null_expression(&mut self, it: &TSNonNullExpression<'a>) {
        self.remove(Span::new(it.span.end - 1, it.span.end));
        self.visit_expression(&it.expression);
    }

    fn visit_ts_type_assertion(&mut self, it: &TSTypeAssertion<'a>) {
        let type_end = it.type_annotation.span().end;
        let close = self.source[type_end as usize..].find('>').unwrap_or(0);
        let end = type_end + u32::try_from(close).unwrap_or(0) + 1;
        self.remove(Span::new(it.span.start, end));
        self.visit_expression(&it.expression);
    }

    fn visit_ts_type_alias_declaration(&mut self, it: &TSTypeAliasDeclaration<'a>) {
        self.remove(it.span);
    }

    fn visit_ts_interface_declaration(&mut self, it: &TSInterfaceDeclaration<'a>) {
        self.remove(it.span);
    }

    fn visit_ts_this_parameter(&mut self, _: &TSThisParameter<'a>) {
        self.refuse("a function that uses `this`");
    }

    fn visit_this_expression(&mut self, _: &ThisExpression) {
        self.refuse("a function that uses `this`");
    }

    fn visit_ts_enum_declaration(&mut self, _: &TSEnumDeclaration<'a>) {
        self.refuse("an enum inside of a function");
    }

    fn visit_class(&mut self, _: &Class<'a>) {
        self.refuse("a class");
    }

    fn visit_await_expression(&mut self, it: &AwaitExpression<'a>) {
        let argument = it.argument.get_inner_expression();
        match self.parsed {
            Some(parsed) if parsed.span == argument.span() => {
                self.removed.push((it.span, &parsed.text));
            }
            _ => self.refuse("asynchronous code"),
        }
    }

    fn visit_import_expression(&mut self, _: &ImportExpression<'a>) {
        self.refuse("import()");
    }

    fn visit_jsx_element(&mut self, _: &JSXElement<'a>) {
        self.refuse("JSX");
    }

    fn visit_jsx_fragment(&mut self, _: &JSXFragment<'a>) {
        self.refuse("JSX");
    }
}
