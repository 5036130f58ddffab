//! Import paths that are not relative: aliases of tsconfig.json, `imports` of package.json, and packages of
//! the same workspace, which need not be installed.

use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use super::Files;

/// The largest configuration file that is parsed, in bytes.
const MAX_BYTES: usize = 1 << 20;
/// File extensions that TypeScript tries, in this order.
const EXTENSIONS: [&str; 7] = ["ts", "tsx", "mts", "cts", "js", "mjs", "cjs"];
/// `extends` of tsconfig.json that are followed.
const MAX_EXTENDS: u8 = 8;
/// Packages of a workspace that are searched.
const MAX_PACKAGES: usize = 512;
/// Conditions of `exports`, the source before what is built.
const CONDITIONS: [&str; 8] =
    ["source", "development", "types", "import", "node", "default", "module", "require"];

/// Whether an import path names a file next to the importer.
pub(crate) fn is_relative(from: &str) -> bool {
    from.starts_with("./") || from.starts_with("../") || from == "." || from == ".."
}

/// The file that an import path of a file names, if it is in the checkout.
pub(crate) fn target(importer: &Path, from: &str, files: Files) -> Option<PathBuf> {
    if is_relative(from) {
        let folder = importer.parent().unwrap_or_else(|| Path::new(""));
        return locate(&folder.join(from), files);
    }
    candidates(importer, from, files).iter().find_map(|path| locate(path, files))
}

/// The file of a path: the path itself, with an extension, `.ts` for `.js`, or an index file.
pub(crate) fn locate(path: &Path, files: Files) -> Option<PathBuf> {
    let path = &normalize(path);
    let name = path.file_name()?.to_string_lossy().into_owned();
    let with = |extension: &str| path.with_file_name(format!("{name}.{extension}"));
    let stem = ["js", "mjs", "cjs", "jsx"]
        .iter()
        .find_map(|extension| name.strip_suffix(&format!(".{extension}")));
    let replaced = stem.into_iter().flat_map(|stem| {
        ["ts", "tsx", "mts", "cts"]
            .iter()
            .map(move |extension| path.with_file_name(format!("{stem}.{extension}")))
    });
    let index = EXTENSIONS.iter().map(|extension| path.join(format!("index.{extension}")));
    replaced
        .chain(std::iter::once(path.clone()))
        .chain(EXTENSIONS.iter().map(|extension| with(extension)))
        .chain(index)
        .find(|candidate| (files.is_file)(candidate))
}

/// The path without `.` and `..`, without access to the file system, so that a file has one name.
fn normalize(path: &Path) -> PathBuf {
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match (part, parts.last()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.iter().collect()
}

/// Paths that an import path may stand for, likely ones first; without file extensions.
pub(crate) fn candidates(importer: &Path, from: &str, files: Files) -> Vec<PathBuf> {
    let folders = folders(importer, files);
    let mut found = Vec::new();
    for folder in &folders {
        let config = ["tsconfig.json", "jsconfig.json"]
            .iter()
            .map(|name| folder.join(name))
            .find(|path| (files.is_file)(path));
        if let Some(config) = config {
            found.extend(aliases(&config, from, files, MAX_EXTENDS));
            break;
        }
    }
    if from.starts_with('#') {
        let package = folders.iter().find_map(|folder| Some((folder, package(folder, files)?)));
        let target = package.and_then(|(folder, package)| {
            Some(folder.join(exported(package.get("imports")?, from)?))
        });
        found.extend(target);
    }
    found.extend(workspace_package(&folders, from, files));
    found
}

/// The folders from that of a file up to the root of its repository.
pub(crate) fn folders(file: &Path, files: Files) -> Vec<PathBuf> {
    let Some(file) = (files.absolute)(file) else { return Vec::new() };
    let above: Vec<PathBuf> = file.ancestors().skip(1).map(Path::to_owned).collect();
    let root = above.iter().position(|folder| (files.exists)(&folder.join(".git")));
    above.into_iter().take(root.map_or(usize::MAX, |index| index + 1)).collect()
}

/// Parses a JSON file that may have comments and commas before closing brackets.
pub(crate) fn json(path: &Path, files: Files) -> Option<Value> {
    let text = (files.read)(path).ok().filter(|text| text.len() <= MAX_BYTES)?;
    let text = text.trim_start_matches('\u{feff}');
    serde_json::from_str(text).or_else(|_| serde_json::from_str(&strict_json(text))).ok()
}

/// package.json of a folder.
pub(crate) fn package(folder: &Path, files: Files) -> Option<Value> {
    json(&folder.join("package.json"), files)
}

/// JSON without comments and without commas before closing brackets.
fn strict_json(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('"', _) => {
                result.push(c);
                while let Some(c) = rest.next() {
                    result.push(c);
                    match c {
                        '\\' => result.extend(rest.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            ('/', Some('/')) => while rest.next_if(|c| *c != '\n').is_some() {},
            ('/', Some('*')) => {
                let mut before = ' ';
                for c in rest.by_ref().skip(1) {
                    if before == '*' && c == '/' {
                        break;
                    }
                    before = c;
                }
            }
            ('}' | ']', _) => {
                let kept = result.trim_end().trim_end_matches(',').len();
                result.truncate(kept);
                result.push(c);
            }
            _ => result.push(c),
        }
    }
    result
}

/// The targets of a path by `paths` and `baseUrl` of tsconfig.json, or of a file that it extends.
fn aliases(config: &Path, from: &str, files: Files, extends: u8) -> Vec<PathBuf> {
    let folder = config.parent().unwrap_or_else(|| Path::new(""));
    let Some(parsed) = json(config, files) else { return Vec::new() };
    let options = parsed.get("compilerOptions");
    let base = options.and_then(|options| options.get("baseUrl")).and_then(Value::as_str);
    let mut found = Vec::new();
    if let Some(Value::Object(paths)) = options.and_then(|options| options.get("paths")) {
        let root = base.map_or(folder.to_owned(), |base| folder.join(base));
        let mut patterns: Vec<_> = paths.iter().collect();
        // The longest prefix wins.
        patterns.sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.find('*')));
        for (pattern, targets) in patterns {
            let Some(rest) = matched(pattern, from) else { continue };
            let targets = targets.as_array().into_iter().flatten().filter_map(Value::as_str);
            found.extend(targets.map(|target| root.join(target.replace('*', rest))));
        }
    }
    found.extend(base.map(|base| folder.join(base).join(from)));
    if extends > 0 {
        let bases = match parsed.get("extends") {
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(one)) => vec![one.as_str()],
            _ => Vec::new(),
        };
        for base in bases.into_iter().rev().filter(|base| is_relative(base)) {
            let mut path = folder.join(base);
            if !(files.is_file)(&path) {
                path.as_mut_os_string().push(".json");
            }
            found.extend(aliases(&path, from, files, extends - 1));
        }
    }
    found
}

/// What a pattern with at most one `*` matches of a path: the part of the `*`.
fn matched<'f>(pattern: &str, from: &'f str) -> Option<&'f str> {
    match pattern.split_once('*') {
        Some((before, after)) => from.strip_prefix(before)?.strip_suffix(after),
        None => (pattern == from).then_some(""),
    }
}

/// The target of a path in `exports` or `imports` of package.json.
fn exported(exports: &Value, path: &str) -> Option<String> {
    match exports {
        Value::String(target) if path == "." => Some(target.clone()),
        Value::Object(entries) if entries.keys().any(|key| key.starts_with(['.', '#'])) => {
            let exact = entries.get(path).and_then(|target| condition(target, ""));
            exact.or_else(|| {
                entries
                    .iter()
                    .filter(|(pattern, _)| pattern.contains('*'))
                    .find_map(|(pattern, target)| condition(target, matched(pattern, path)?))
            })
        }
        conditions if path == "." => condition(conditions, ""),
        _ => None,
    }
}

/// The target under the first condition that a program in the workspace would use.
fn condition(target: &Value, rest: &str) -> Option<String> {
    match target {
        Value::String(target) => Some(target.replace('*', rest)),
        Value::Array(several) => several.iter().find_map(|target| condition(target, rest)),
        Value::Object(entries) => CONDITIONS
            .iter()
            .filter_map(|name| condition(entries.get(*name)?, rest))
            .find(|target| !target.ends_with(".d.ts"))
            .or_else(|| {
                entries
                    .values()
                    .filter_map(|target| condition(target, rest))
                    .find(|target| !target.ends_with(".d.ts"))
            }),
        _ => None,
    }
}

/// The files that a path may stand for in a package of the workspace.
fn workspace_package(folders: &[PathBuf], from: &str, files: Files) -> Vec<PathBuf> {
    let slashes = if from.starts_with('@') { 2 } else { 1 };
    let end = from.match_indices('/').nth(slashes - 1).map_or(from.len(), |(at, _)| at);
    let (name, rest) = from.split_at(end);
    let path = format!(".{rest}");
    let Some(folder) = folders.iter().find_map(|root| member(root, name, files)) else {
        return Vec::new();
    };
    let Some(package) = package(&folder, files) else { return Vec::new() };
    let mut targets = Vec::new();
    if let Some(target) = package.get("exports").and_then(|exports| exported(exports, &path)) {
        targets.push(target);
    }
    if rest.is_empty() {
        let entries = ["source", "types", "module", "main"].iter();
        let named = entries.filter_map(|entry| package.get(*entry)?.as_str().map(str::to_owned));
        targets.extend(named.filter(|target| !target.ends_with(".d.ts")));
        targets.extend(["src/index".to_owned(), "index".to_owned()]);
    } else {
        targets.extend([path.clone(), format!("src{rest}")]);
    }
    // What is built is not in a checkout: its source is.
    let sources: Vec<String> = targets
        .iter()
        .filter_map(|target| {
            let target = target.trim_start_matches("./");
            let rest = target.strip_prefix("dist/").or_else(|| target.strip_prefix("build/"))?;
            Some(format!("src/{}", rest.trim_start_matches("esm/").trim_start_matches("src/")))
        })
        .collect();
    targets.iter().chain(&sources).map(|target| folder.join(target)).collect()
}

/// The folder of the package with a name in the workspace whose root is this folder.
fn member(root: &Path, name: &str, files: Files) -> Option<PathBuf> {
    let mut searched = 0;
    for pattern in workspace_patterns(root, files) {
        for folder in matching_folders(root, &pattern, files) {
            searched += 1;
            if searched > MAX_PACKAGES {
                return None;
            }
            let package = package(&folder, files);
            if package.is_some_and(|p| p.get("name").and_then(Value::as_str) == Some(name)) {
                return Some(folder);
            }
        }
    }
    None
}

/// The patterns of the folders of a workspace: package.json or pnpm-workspace.yaml.
fn workspace_patterns(root: &Path, files: Files) -> Vec<String> {
    let listed = package(root, files).and_then(|package| {
        let workspaces = package.get("workspaces")?;
        let list = workspaces.as_array().or_else(|| workspaces.get("packages")?.as_array())?;
        Some(list.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect())
    });
    let listed: Vec<String> = listed.unwrap_or_default();
    let yaml = (files.read)(&root.join("pnpm-workspace.yaml")).unwrap_or_default();
    let mut inside = false;
    let more = yaml.lines().filter_map(|line| {
        if !line.starts_with([' ', '-', '#']) && !line.trim().is_empty() {
            inside = line.trim_end() == "packages:";
        }
        let item = line.trim().strip_prefix("- ").filter(|_| inside)?;
        Some(unquoted(item).to_owned())
    });
    listed.into_iter().chain(more).collect()
}

/// A YAML scalar without quotes and comment.
pub(crate) fn unquoted(text: &str) -> &str {
    let text = text.trim();
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => text[1..].split(quote).next().unwrap_or_default(),
        _ => text.split(" #").next().unwrap_or_default().trim(),
    }
}

/// The folders with a package.json that a pattern such as `packages/*` matches; `**` matches two levels.
fn matching_folders(root: &Path, pattern: &str, files: Files) -> Vec<PathBuf> {
    let mut found = vec![root.to_owned()];
    for part in pattern.trim_start_matches("./").trim_end_matches('/').split('/') {
        let below = |folders: &[PathBuf]| -> Vec<PathBuf> {
            folders.iter().flat_map(|folder| (files.folders)(folder)).collect()
        };
        found = match part {
            "*" => below(&found),
            "**" => {
                let first = below(&found);
                let second = below(&first);
                first.into_iter().chain(second).collect()
            }
            name => found.iter().map(|folder| folder.join(name)).collect(),
        };
        found.truncate(MAX_PACKAGES);
    }
    found.retain(|folder| (files.is_file)(&folder.join("package.json")));
    found
}
