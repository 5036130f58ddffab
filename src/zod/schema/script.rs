//! Makes scripts: the text of an expression without types, with everything of the checkout that it names.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use super::module::{Imported, Module, Property};
use super::package::is_zod;
use super::resolve::SchemaReader;
use super::scope::{EvalScope, ExprSite, FunctionCode, FunctionSite, Resolved};
use crate::zod::erase::{self, Erased, ParsedCall};
use crate::zod::model::{Script, Unresolved};
use oxc_span::GetSpan;

/// The largest script, in bytes.
const MAX_SCRIPT_BYTES: usize = 256 << 10;
/// Characters of a piece of code that reports show.
const MAX_SHOWN: usize = 60;
/// Globals of JavaScript with the same result in every engine.
const GLOBALS: [&str; 31] = [
    "Array",
    "BigInt",
    "Boolean",
    "Error",
    "Infinity",
    "JSON",
    "Map",
    "Math",
    "NaN",
    "Number",
    "Object",
    "RangeError",
    "RegExp",
    "Set",
    "String",
    "Symbol",
    "SyntaxError",
    "TypeError",
    "decodeURI",
    "decodeURIComponent",
    "encodeURI",
    "encodeURIComponent",
    "isFinite",
    "isNaN",
    "parseFloat",
    "parseInt",
    "undefined", // and those that the prelude provides:
    "Date",
    "URL",
    "console",
    "process",
];
/// The stand-in for `import.meta`.
const IMPORT_META: &str = "importMeta";

impl<'a> SchemaReader<'a> {
    /// The script of an expression, or why it cannot be run.
    pub(crate) fn script(&self, site: &ExprSite<'a>) -> Result<Script, Unresolved> {
        self.script_of(site, |_| {})
    }

    /// The script of an expression whose value becomes that of a variable: a text.
    pub(crate) fn text_script(&self, site: &ExprSite<'a>) -> Result<Script, Unresolved> {
        self.script_of(site, |erased| {
            erased.text = format!("String({})", erased.text);
            erased.names.push("String");
        })
    }

    fn script_of(
        &self,
        site: &ExprSite<'a>,
        change: impl FnOnce(&mut Erased<'a>),
    ) -> Result<Script, Unresolved> {
        let offset = site.value.span().start;
        let mut writer = ScriptWriter::new(self, None);
        let scope = &site.scope;
        let mut erased = erase::expression(scope.module.text, site.value)
            .map_err(|what| scope.unresolved(offset, format!("{what} is not run")))?;
        let shown = one_line(&erased.text);
        change(&mut erased);
        let entry = writer.code(scope, erased);
        writer.finish(&entry, shown).ok_or_else(|| scope.unresolved(offset, "too large to run"))
    }

    /// The script of statements behind the place that parses; `None` if it is too large.
    pub(crate) fn script_after(
        &self,
        scope: &EvalScope<'a>,
        pieces: Vec<Erased<'a>>,
        parsed: &ParsedCall,
    ) -> Option<Script> {
        let mut writer = ScriptWriter::new(self, Some((scope.module.path.clone(), parsed)));
        let shown = pieces.last().map(|piece| one_line(&piece.text)).unwrap_or_default();
        let entry = writer.block(scope, pieces);
        writer.finish(&entry, shown)
    }
}

/// Packages whose functions end the start unless their first argument is true.
const ASSERTIONS: [&str; 8] = [
    "assert",
    "assert/strict",
    "node:assert",
    "node:assert/strict",
    "invariant",
    "tiny-invariant",
    "ts-invariant",
    "@epic-web/invariant",
];

/// The text of a function.
fn erased_function<'a>(
    site: &FunctionSite<'a>,
    parsed: Option<&ParsedCall>,
) -> Result<Erased<'a>, &'static str> {
    let text = site.scope.module.text;
    match site.code {
        FunctionCode::Arrow(arrow) => erase::arrow(text, arrow, parsed),
        FunctionCode::Function(function) => erase::function(text, function, parsed),
    }
}

/// A text on one line, cut.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(MAX_SHOWN) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// Writes the definitions that a script needs, each once.
struct ScriptWriter<'r, 'a> {
    reader: &'r SchemaReader<'a>,
    scopes: Vec<(PathBuf, usize)>,
    defined: HashSet<(usize, &'a str)>,
    text: String,
    reads: BTreeSet<String>,
    reads_environment: bool,
    /// The call that parses, with its file, if the code is behind it.
    parsed: Option<(PathBuf, &'r ParsedCall)>,
}

impl<'r, 'a> ScriptWriter<'r, 'a> {
    fn new(reader: &'r SchemaReader<'a>, parsed: Option<(PathBuf, &'r ParsedCall)>) -> Self {
        Self {
            reader,
            parsed,
            scopes: Vec::new(),
            defined: HashSet::new(),
            text: String::new(),
            reads: BTreeSet::new(),
            reads_environment: false,
        }
    }

    fn finish(self, entry: &str, shown: String) -> Option<Script> {
        let code = format!("{}const entry = {entry};", self.text);
        let reads = self.reads.into_iter().collect();
        let reads_environment = self.reads_environment;
        (code.len() <= MAX_SCRIPT_BYTES).then_some(Script { code, shown, reads, reads_environment })
    }

    /// A function that returns the value of a piece of code in its scope.
    fn code(&mut self, scope: &EvalScope<'a>, erased: Erased<'a>) -> String {
        let index = self.scope(scope);
        let text = self.piece(index, scope, erased);
        format!("function () {{ with ($s{index}) {{ return (\n{text}\n); }} }}")
    }

    /// A function that runs statements in their scope.
    fn block(&mut self, scope: &EvalScope<'a>, pieces: Vec<Erased<'a>>) -> String {
        let index = self.scope(scope);
        let texts = pieces.into_iter().map(|piece| self.piece(index, scope, piece));
        let text = texts.collect::<Vec<_>>().join("\n;");
        format!("function () {{ with ($s{index}) {{\n{text}\n}} }}")
    }

    /// The text of a piece of code, after the names that it uses are defined.
    fn piece(&mut self, index: usize, scope: &EvalScope<'a>, erased: Erased<'a>) -> String {
        self.reads.extend(erased.reads);
        for name in erased.names {
            self.reads_environment |= name == "process" || name == IMPORT_META;
            self.define(index, scope, name);
        }
        erased.text
    }

    /// The call that parses, if a file has it.
    fn parsed_in(&self, module: &Module<'a>) -> Option<&'r ParsedCall> {
        let (path, parsed) = self.parsed.as_ref()?;
        (*path == module.path).then_some(*parsed)
    }

    /// The number of a scope, which is declared when it is first used.
    fn scope(&mut self, scope: &EvalScope<'a>) -> usize {
        let id = scope.id();
        if let Some(known) = self.scopes.iter().position(|known| *known == id) {
            return known;
        }
        let index = self.scopes.len();
        self.scopes.push(id);
        _ = writeln!(self.text, "const $s{index} = create(base);");
        index
    }

    /// Defines a name in a scope. Names that a piece of code declares itself hide it.
    fn define(&mut self, index: usize, scope: &EvalScope<'a>, name: &'a str) {
        if !self.defined.insert((index, name)) || self.text.len() > MAX_SCRIPT_BYTES {
            return;
        }
        let is_after = self.parsed.is_some();
        let code = match self.reader.resolve(scope, name) {
            _ if is_after && name != "console" && erase::is_logger(name) => {
                Ok("() => log".to_owned())
            }
            Resolved::Value(site) => self.value(&site),
            Resolved::Property(site, property) => self.property(&site, property),
            Resolved::Cache(initial) => {
                let code = match &initial {
                    Some(site) => self.value(site),
                    None => Ok("() => undefined".to_owned()),
                };
                if let Ok(code) = code {
                    let name = serde_json::Value::from(name);
                    _ = writeln!(self.text, "variable($s{index}, {name}, {code});");
                    return;
                }
                code
            }
            Resolved::Package("process" | "node:process", _) if name == "process" => return,
            Resolved::Package(from, what) if is_after && ASSERTIONS.contains(&from) => {
                Ok(match what {
                    Imported::Named(name) if !matches!(name, "assert" | "invariant") => {
                        format!("() => knownAssert[{}]", serde_json::Value::from(name))
                    }
                    _ => "() => knownAssert".to_owned(),
                })
            }
            Resolved::Function(site) => {
                let erased = erased_function(&site, self.parsed_in(&site.scope.module));
                erased.map(|erased| self.code(&site.scope, erased)).map_err(str::to_owned)
            }
            Resolved::Enum(home, declaration) => self
                .reader
                .enum_literal(&home, declaration)
                .map(|text| format!("function () {{ return {text}; }}"))
                .ok_or_else(|| format!("`{name}` is a computed enum")),
            Resolved::Package(from, Imported::Named("z" | "default") | Imported::Namespace)
                if is_zod(from) =>
            {
                Ok("() => knownZod".to_owned())
            }
            Resolved::Package(from, _) => Err(format!("`{name}` comes from \"{from}\"")),
            Resolved::Module(_) => Err(format!("`{name}` is a module")),
            Resolved::Parameter => Err(format!("`{name}` is a parameter")),
            Resolved::Unknown(_) if is_global(scope, name) || is_of_browsers(scope, name) => return,
            Resolved::Unknown(reason) => Err(reason),
        };
        let literal = |text: &str| serde_json::Value::from(text).to_string();
        _ = match code {
            Ok(code) => writeln!(self.text, "lazy($s{index}, {}, {code});", literal(name)),
            Err(reason) => {
                let (name, reason) = (literal(name), literal(&reason));
                writeln!(self.text, "missing($s{index}, {name}, {reason});")
            }
        };
    }

    fn value(&mut self, site: &ExprSite<'a>) -> Result<String, String> {
        let erased = self.erased(site)?;
        Ok(self.code(&site.scope, erased))
    }

    fn erased(&self, site: &ExprSite<'a>) -> Result<Erased<'a>, String> {
        let module = &site.scope.module;
        erase::expression_after(module.text, site.value, self.parsed_in(module))
            .map_err(|what| format!("{what} is not run"))
    }

    fn property(&mut self, site: &ExprSite<'a>, property: Property<'a>) -> Result<String, String> {
        let mut erased = self.erased(site)?;
        let name = serde_json::Value::from(property.name);
        erased.text = format!("({})[{name}]", erased.text);
        let is_variable = crate::zod::code::is_process_env(site.value);
        erased.reads.extend(is_variable.then(|| property.name.to_owned()));
        if let Some(default) = property.default {
            let default = self.erased(&site.scope.site(default))?;
            // As a pattern: only what is undefined is replaced.
            erased.text = format!(
                "(($value) => $value === undefined ? ({}) : $value)({})",
                default.text, erased.text
            );
            erased.names.extend(default.names);
            erased.reads.extend(default.reads);
        }
        Ok(self.code(&site.scope, erased))
    }
}

/// Whether a name is a global of browsers, which a server does not have: `typeof window === "undefined"`.
fn is_of_browsers(scope: &EvalScope<'_>, name: &str) -> bool {
    matches!(name, "window" | "document") && !scope.module.bindings.contains_key(name)
}

/// Whether a name that the file does not declare is a global with a known meaning.
fn is_global(scope: &EvalScope<'_>, name: &str) -> bool {
    let declared = scope.module.bindings.contains_key(name);
    !declared && (GLOBALS.contains(&name) || name == IMPORT_META)
}
