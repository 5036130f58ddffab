//! Makes scripts: the text of an expression without types, with everything of the checkout that it names.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use super::module::Imported;
use super::package::is_zod;
use super::resolve::SchemaReader;
use super::scope::{EvalScope, ExprSite, FunctionCode, FunctionSite, Resolved};
use crate::zod::erase::{self, Erased};
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
        let offset = site.value.span().start;
        let mut writer = ScriptWriter::new(self);
        let scope = &site.scope;
        let erased = erase::expression(scope.module.text, site.value)
            .map_err(|what| scope.unresolved(offset, format!("{what} is not run")))?;
        let shown = one_line(&erased.text);
        let entry = writer.code(scope, erased);
        writer.finish(&entry, shown).ok_or_else(|| scope.unresolved(offset, "too large to run"))
    }
}

/// The text of a function.
fn erased_function<'a>(site: &FunctionSite<'a>) -> Result<Erased<'a>, &'static str> {
    let text = site.scope.module.text;
    match site.code {
        FunctionCode::Arrow(arrow) => erase::arrow(text, arrow),
        FunctionCode::Function(function) => erase::function(text, function),
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
}

impl<'r, 'a> ScriptWriter<'r, 'a> {
    fn new(reader: &'r SchemaReader<'a>) -> Self {
        Self {
            reader,
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
        self.reads.extend(erased.reads);
        for name in erased.names {
            self.reads_environment |= name == "process" || name == IMPORT_META;
            self.define(index, scope, name);
        }
        format!("function () {{ with ($s{index}) {{ return (\n{}\n); }} }}", erased.text)
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
        let code = match self.reader.resolve(scope, name) {
            Resolved::Value(site) => self.value(&site, None),
            Resolved::Property(site, property) => self.value(&site, Some(property)),
            Resolved::Function(site) => {
                let erased = erased_function(&site);
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
            Resolved::Unknown(_) if is_global(scope, name) => return,
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

    fn value(&mut self, site: &ExprSite<'a>, property: Option<&str>) -> Result<String, String> {
        let mut erased = erase::expression(site.scope.module.text, site.value)
            .map_err(|what| format!("{what} is not run"))?;
        if let Some(property) = property {
            let name = serde_json::Value::from(property);
            erased.text = format!("({})[{name}]", erased.text);
            erased
                .reads
                .extend(crate::zod::code::is_process_env(site.value).then(|| property.to_owned()));
        }
        Ok(self.code(&site.scope, erased))
    }
}

/// Whether a name that the file does not declare is a global with a known meaning.
fn is_global(scope: &EvalScope<'_>, name: &str) -> bool {
    let declared = scope.module.bindings.contains_key(name);
    !declared && (GLOBALS.contains(&name) || name == IMPORT_META)
}
