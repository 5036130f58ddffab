//! The import rules between the rooms of `src/`: ARCHITECTURE.md explains them, `ROOMS` lists them.

#![allow(clippy::unwrap_used)] // a file that cannot be read or parsed fails the test

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use syn::visit::{self, Visit};

/// Each room, and the rooms that it may import. A room is a direct child of `src/`.
const ROOMS: &[(&str, &[&str])] = &[
    // These import no other room: each could be a crate.
    ("dsn", &[]),
    ("fingerprint", &[]),
    ("interrupt", &[]),
    ("name_words", &[]),
    ("queue", &["fingerprint", "name_words"]),
    ("redact", &[]),
    ("suggest", &[]),
    ("zod", &[]),
    // Plain data, and what everything may use.
    ("facts", &["fingerprint", "queue", "suggest", "zod"]),
    ("exit", &["facts"]),
    ("text", &["facts"]),
    ("error", &["dsn", "exit", "facts", "suggest"]),
    ("permit", &["error", "redact", "suggest"]),
    ("settings", &["dsn", "error", "facts", "queue", "suggest", "text", "zod"]),
    ("terminal", &["error", "redact", "settings", "suggest", "text"]),
    // The only IO.
    (
        "sources",
        &[
            "access",
            "dsn",
            "error",
            "facts",
            "fingerprint",
            "interrupt",
            "name_words",
            "permit",
            "queue",
            "redact",
            "suggest",
            "text",
            "zod",
        ],
    ),
    ("context", &["dsn", "error", "facts", "queue", "redact", "settings", "sources", "terminal"]),
    // Evaluation: no IO.
    ("access", &["facts"]),
    ("advice", &["facts", "fingerprint", "queue", "suggest", "text"]),
    ("checks", &["access", "facts", "queue", "redact", "suggest", "text", "zod"]),
    ("triage", &["checks", "facts", "suggest", "text"]),
    ("history", &["facts", "redact", "triage"]),
    ("watch", &["checks", "facts", "suggest", "terminal", "text"]),
    // The engine for writes to jobs.
    (
        "requeue",
        &[
            "context",
            "error",
            "facts",
            "interrupt",
            "permit",
            "queue",
            "settings",
            "sources",
            "suggest",
            "terminal",
            "text",
        ],
    ),
    // From facts to output.
    (
        "report",
        &[
            "access",
            "advice",
            "checks",
            "error",
            "exit",
            "facts",
            "fingerprint",
            "history",
            "permit",
            "queue",
            "redact",
            "requeue",
            "settings",
            "suggest",
            "text",
            "triage",
            "zod",
        ],
    ),
    (
        "render",
        &[
            "checks", "exit", "facts", "history", "redact", "report", "suggest", "terminal",
            "text", "triage", "watch",
        ],
    ),
    (
        "cli",
        &["demo", "dsn", "error", "exit", "facts", "render", "settings", "suggest", "terminal"],
    ),
    ("demo", &["context", "error", "facts", "settings", "sources"]),
    // `commands` may import every room but `app`; only `app` imports it.
    (
        "commands",
        &[
            "access",
            "advice",
            "checks",
            "cli",
            "context",
            "demo",
            "error",
            "exit",
            "facts",
            "fingerprint",
            "history",
            "interrupt",
            "permit",
            "queue",
            "redact",
            "render",
            "report",
            "requeue",
            "settings",
            "sources",
            "suggest",
            "terminal",
            "text",
            "triage",
            "watch",
            "zod",
        ],
    ),
    (
        "app",
        &[
            "cli", "commands", "context", "dsn", "error", "exit", "facts", "render", "report",
            "settings", "sources", "suggest", "terminal",
        ],
    ),
];

/// A module path below the crate's root: `["sources", "postgres"]`; empty for the root.
type Module = Vec<String>;

/// The paths of one file that begin with `crate`, `super` or `self`, resolved to the crate's root.
/// Code that is compiled for tests only does not count.
struct Imports<'a> {
    module: &'a Module,
    found: Vec<Module>,
}

impl Imports<'_> {
    fn add(&mut self, words: &[String]) {
        let mut path = match words.first().map(String::as_str) {
            Some("crate") => vec![],
            Some("self" | "super") => self.module.clone(),
            _ => return,
        };
        for word in words {
            match word.as_str() {
                "crate" | "self" => {}
                "super" => _ = path.pop(),
                word => path.push(word.to_owned()),
            }
        }
        self.found.push(path);
    }

    fn add_tree(&mut self, prefix: &[String], tree: &syn::UseTree) {
        let with = |word: &syn::Ident| [prefix, &[word.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.add_tree(&with(&path.ident), &path.tree),
            syn::UseTree::Name(name) => self.add(&with(&name.ident)),
            syn::UseTree::Rename(rename) => self.add(&with(&rename.ident)),
            syn::UseTree::Glob(_) => self.add(prefix),
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.add_tree(prefix, tree));
            }
        }
    }
}

impl<'ast> Visit<'ast> for Imports<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.add_tree(&[], &item.tree);
        }
    }

    /// `pub(crate)` is not an import.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words: Vec<_> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        self.add(&words);
        visit::visit_path(self, path);
    }
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let list = attribute.meta.require_list().ok();
        list.is_some_and(|list| list.path.is_ident("cfg") && list.tokens.to_string() == "test")
    })
}

/// Every module of `src/` that is not for tests only, with its syntax tree.
fn modules() -> BTreeMap<Module, syn::File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut modules = BTreeMap::new();
    read(&root.join("lib.rs"), vec![], &mut modules);
    modules
}

fn read(file: &Path, module: Module, modules: &mut BTreeMap<Module, syn::File>) {
    let text = std::fs::read_to_string(file).unwrap();
    let tree = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    for item in &tree.items {
        let syn::Item::Mod(child) = item else { continue };
        if child.content.is_none() && !is_for_tests(&child.attrs) {
            let name = child.ident.to_string();
            read(&file_of(file, &name), [module.clone(), vec![name]].concat(), modules);
        }
    }
    modules.insert(module, tree);
}

fn file_of(parent: &Path, name: &str) -> PathBuf {
    let is_directory = parent.ends_with("mod.rs") || parent.ends_with("lib.rs");
    let folder =
        if is_directory { parent.parent().unwrap().into() } else { parent.with_extension("") };
    let file = folder.join(format!("{name}.rs"));
    if file.is_file() { file } else { folder.join(name).join("mod.rs") }
}

/// Which modules each module imports, itself excluded.
static IMPORTS: LazyLock<BTreeMap<Module, BTreeSet<Module>>> = LazyLock::new(|| {
    let modules = modules();
    let module_of = |path: &[String]| {
        (0..=path.len()).rev().map(|n| path[..n].to_vec()).find(|p| modules.contains_key(p))
    };
    let of_file = |(module, tree): (&Module, &syn::File)| {
        let mut imports = Imports { module, found: vec![] };
        imports.visit_file(tree);
        let targets = imports.found.iter().filter_map(|path| module_of(path));
        (module.clone(), targets.filter(|target| target != module).collect())
    };
    modules.iter().map(of_file).collect()
});

#[test]
fn every_room_imports_only_the_rooms_of_its_list() {
    let mut wrong = BTreeSet::new();
    for (module, targets) in IMPORTS.iter() {
        let Some(room) = module.first() else { continue };
        let listed = ROOMS.iter().find(|(name, _)| name == room);
        let (_, allowed) = listed.unwrap_or_else(|| panic!("src/{room} is not in ROOMS"));
        for target in targets {
            let other = target.first().map_or("lib", String::as_str);
            if other != room && !allowed.contains(&other) {
                wrong.insert(format!("{} imports {other}", module.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn list_of_rooms_allows_no_import_cycle() {
    let mut left: BTreeMap<&str, &[&str]> = ROOMS.iter().copied().collect();
    while let Some(free) = left.iter().find(|(_, to)| !to.iter().any(|t| left.contains_key(t))) {
        let free = *free.0;
        left.remove(free);
    }
    assert!(left.is_empty(), "a cycle: {left:#?}");
}

#[test]
fn list_of_rooms_allows_only_imports_that_exist() {
    let mut unused = vec![];
    for (room, allowed) in ROOMS {
        let of_room =
            IMPORTS.iter().filter(|(module, _)| module.first().is_some_and(|r| r == room));
        let targets: BTreeSet<_> =
            of_room.flat_map(|(_, targets)| targets).filter_map(|target| target.first()).collect();
        let is_unused = |to: &&&str| !targets.iter().any(|target| target == *to);
        unused.extend(allowed.iter().filter(is_unused).map(|to| format!("{room}: {to}")));
    }
    assert!(unused.is_empty(), "{unused:#?}");
}

/// A parent and its child may import each other.
#[test]
fn modules_import_each_other_in_no_cycle() {
    let mut left = IMPORTS.clone();
    for (module, targets) in &mut left {
        targets.retain(|target| !module.starts_with(target) && !target.starts_with(module));
    }
    // What imports nothing that is left, or is imported by nothing that is left, is in no cycle.
    loop {
        let imported: BTreeSet<Module> = left.values().flatten().cloned().collect();
        let known: BTreeSet<Module> = left.keys().cloned().collect();
        let before = left.len();
        left.retain(|module, targets| imported.contains(module) && !targets.is_disjoint(&known));
        if left.len() == before {
            break;
        }
    }
    let names: Vec<_> = left.keys().map(|module| module.join("::")).collect();
    assert!(names.is_empty(), "in a cycle: {names:#?}");
}

/// Paths in backquotes exist, and so do the functions named after them: `` `src/a.rs`: `run` ``.
#[test]
fn architecture_names_files_and_functions_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let mut wrong = vec![];
    let quoted: Vec<&str> = text.split('`').collect();
    for (index, path) in quoted.iter().enumerate().filter(|(_, word)| word.starts_with("src/")) {
        if path.contains('<') {
            continue;
        }
        let file = root.join(path);
        if !file.exists() {
            wrong.push(format!("{path} does not exist"));
        } else if quoted.get(index + 1) == Some(&": ") {
            let name = quoted.get(index + 2).copied().unwrap_or_default();
            let source = std::fs::read_to_string(&file).unwrap();
            let is_defined = [format!("fn {name}("), format!("fn {name}<")];
            if !is_defined.iter().any(|definition| source.contains(definition)) {
                wrong.push(format!("{path} has no function {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The table of rooms has the lists of `ROOMS`. `commands` may import nearly everything and says so.
#[test]
fn architecture_lists_the_imports_of_every_room() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let mut wrong = vec![];
    for (room, allowed) in ROOMS.iter().filter(|(room, _)| *room != "commands") {
        let starts = [format!("| `{room}/` |"), format!("| `{room}.rs` |")];
        let row = text.lines().find(|line| starts.iter().any(|start| line.starts_with(start)));
        let listed = row.and_then(|row| row.trim_end_matches(" |").rsplit(" | ").next());
        let expected = match allowed {
            [] => "**nothing**".to_owned(),
            allowed => allowed.join(", "),
        };
        if listed != Some(expected.as_str()) {
            wrong.push(format!("{room}: {listed:?}, expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn rust_files(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => rust_files(&path, files),
            false => files.extend(path.extension().is_some_and(|e| e == "rs").then_some(path)),
        }
    }
}

/// Finds literals that spell a suggested command; code that is compiled for tests only does not count.
struct CommandLiterals {
    /// What can follow the name of the program: a command, a flag or a value.
    starts: Vec<String>,
    found: Vec<String>,
}

impl CommandLiterals {
    fn check(&mut self, text: &str) {
        let commands = text.split("cliplyctl ").skip(1);
        let is_command = |command: &str| self.starts.iter().any(|start| command.starts_with(start));
        if commands.into_iter().any(is_command) {
            self.found.push(text.to_owned());
        }
    }
}

impl<'ast> Visit<'ast> for CommandLiterals {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    /// Comments are attributes.
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}

    fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
        self.check(&literal.value());
    }

    fn visit_macro(&mut self, found: &'ast syn::Macro) {
        type Arguments = syn::punctuated::Punctuated<syn::Expr, syn::Token![,]>;
        if let Ok(arguments) = found.parse_body_with(Arguments::parse_terminated) {
            let mut nested = Self { starts: self.starts.clone(), found: vec![] };
            arguments.iter().for_each(|argument| nested.visit_expr(argument));
            self.found.extend(nested.found);
            return;
        }
        for token in found.tokens.clone() {
            if let Ok(literal) = syn::parse_str::<syn::LitStr>(&token.to_string()) {
                self.check(&literal.value());
            }
        }
    }
}

/// Literals that are no suggestion.
const NOT_SUGGESTED: [&str; 8] = [
    // A reason that is stored with jobs.
    "worker lost: no heartbeat (cliplyctl jobs rescue)",
    // Titles of annotations and test suites.
    "::notice::cliplyctl {}: {}\n",
    "::error title=cliplyctl {command}::{message}\n",
    "cliplyctl {} ({context})",
    "cliplyctl {}",
    // The key of a lock.
    "cliplyctl {operation}",
    // Versions.
    "{shown} was saved in another format by cliplyctl {}",
    "Saved triage of {1} ({0} ago, cliplyctl {2}), evaluated with the current thresholds",
];

#[test]
fn commands_are_suggested_as_data() {
    let mut starts = vec!["-".to_owned(), "{".to_owned()];
    for command in cliplyctl::cli::command().get_subcommands() {
        starts.push(command.get_name().to_owned());
    }
    let mut wrong = Vec::new();
    for (module, tree) in modules() {
        if module.first().is_some_and(|room| room == "suggest") {
            continue;
        }
        let mut literals = CommandLiterals { starts: starts.clone(), found: vec![] };
        literals.visit_file(&tree);
        let found = literals.found.into_iter().filter(|text| {
            !NOT_SUGGESTED.contains(&text.as_str()) && !text.contains("written {} by cliplyctl {}")
        });
        wrong.extend(found.map(|text| format!("{}: {text}", module.join("/"))));
    }
    assert!(wrong.is_empty(), "use suggest::ShellCommand:\n{}", wrong.join("\n"));
}

#[test]
fn only_one_room_quotes_for_the_shell() {
    let mut files = Vec::new();
    rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    files.retain(|path| {
        !path.ends_with("suggest/shell_command.rs")
            && std::fs::read_to_string(path).unwrap().contains("shell_words::quote")
    });
    assert!(files.is_empty(), "use suggest::ShellCommand, which quotes arguments: {files:?}");
}

/// Finds the words of commands that the source code suggests.
struct Suggested(Vec<String>);

impl Suggested {
    fn visit_arguments(&mut self, found: &syn::Macro) {
        type Arguments = syn::punctuated::Punctuated<syn::Expr, syn::Token![,]>;
        if let Ok(arguments) = found.parse_body_with(Arguments::parse_terminated) {
            arguments.iter().for_each(|argument| self.visit_expr(argument));
        }
    }
}

impl<'ast> Visit<'ast> for Suggested {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        let creates = |path: &syn::Path| {
            let words: Vec<_> = path.segments.iter().map(|s| s.ident.to_string()).collect();
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            let [.., of, function] = words.as_slice() else { return false };
            match *of {
                "ShellCommand" => ["new", "without_target"].contains(function),
                "Suggestion" => ["fixed", "without_target"].contains(function),
                _ => false,
            }
        };
        if let syn::Expr::Path(function) = &*call.func
            && creates(&function.path)
            && let Some(syn::Expr::Lit(argument)) = call.args.first()
            && let syn::Lit::Str(words) = &argument.lit
        {
            self.0.push(words.value());
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_macro(&mut self, found: &'ast syn::Macro) {
        self.visit_arguments(found);
    }
}

#[test]
fn every_suggested_command_parses_with_its_target() {
    let mut suggested = Suggested(vec![]);
    modules().values().for_each(|tree| suggested.visit_file(tree));
    assert!(suggested.0.len() > 100, "{} were found", suggested.0.len());
    // Arguments that the source code adds to the words.
    let arguments = [
        &[][..],
        &["1"],
        &["1", "2"],
        &["jobs", "anon", "select"],
        &["incident"],
        &["oban:public"],
        &["--canary"],
        &["--expires", "2030-01-01"],
    ];
    for words in suggested.0.iter().filter(|words| !words.is_empty()) {
        let target = match words.starts_with("demo") || words.starts_with("help") {
            true => &[][..],
            false => &["--config", "ops.toml", "-c", "prod"],
        };
        let errors: Vec<_> = arguments
            .iter()
            .map_while(|arguments| {
                let line = ["cliplyctl"].iter().chain(target).copied();
                let line = line
                    .chain(words.split(' ').take_while(|word| *word != ">"))
                    .chain(arguments.iter().copied());
                // What follows a redirection is for the shell; DATE is a placeholder that is parsed.
                let line = line.map(|word| if word == "DATE" { "2030-01-01" } else { word });
                let error = cliplyctl::cli::command().try_get_matches_from(line).err();
                error.filter(|error| error.kind() != clap::error::ErrorKind::DisplayHelp)
            })
            .collect();
        assert!(errors.len() < arguments.len(), "{words}: {}", errors[0]);
    }
}

/// The SQL files below a directory.
fn sql_files(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sql_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            files.push(path);
        }
    }
}

/// Several statements that are sent at once are read before the first one runs, and so before
/// `SET LOCAL standard_conforming_strings = on`.
#[test]
fn backslashes_in_queries_mean_the_same_with_every_setting() {
    let mut files = Vec::new();
    sql_files(Path::new("src/sources"), &mut files);
    assert!(files.len() > 20, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("--"));
        let plain: Vec<_> =
            lines.filter(|line| line.contains('\\') && !line.contains("E'")).collect();
        assert!(plain.is_empty(), "{}: without E'…': {plain:?}", file.display());
    }
}
