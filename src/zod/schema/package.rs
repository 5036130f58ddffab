//! npm packages: the import paths that are recognized, and the major version of zod.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Files;
use super::paths::{folders, package, unquoted};
use crate::zod::model::{Loader, Project, ZodMajor};

/// The lists of dependencies of package.json.
const DEPENDENCIES: [&str; 3] = ["dependencies", "devDependencies", "peerDependencies"];

/// Whether an import path is that of zod with chained methods (`zod/mini` has none).
pub(crate) fn is_zod(from: &str) -> bool {
    matches!(from, "zod" | "zod/v3" | "zod/v4" | "zod/v4/classic")
}

/// Whether an import path is of a package with `createEnv` or its presets.
pub(crate) fn is_t3(from: &str) -> bool {
    from.starts_with("@t3-oss/env-")
}

/// Whether a package exports a `createEnv` of this kind.
pub(crate) fn is_create_env(from: &str, name: &str) -> bool {
    name == "createEnv" && is_t3(from)
}

/// Whether an import path is that of presets: `@t3-oss/env-core/presets-zod`, `@t3-oss/env-nextjs/presets`.
pub(crate) fn is_preset(from: &str) -> bool {
    from.starts_with("@t3-oss/env-") && from.contains("/presets")
}

/// The major version of the import paths that a schema uses.
pub(crate) fn major(imports: &BTreeSet<&str>, schema: &Path, files: Files) -> ZodMajor {
    let mut majors = imports.iter().map(|from| match *from {
        "zod/v3" => ZodMajor::Three,
        "zod/v4" | "zod/v4/classic" => ZodMajor::Four,
        _ => from_packages(schema, files),
    });
    let first = majors.next().unwrap_or(ZodMajor::Unknown);
    if majors.all(|other| other == first) { first } else { ZodMajor::Unknown }
}

/// The version from the nearest package.json, from the folder of the schema up to the root of its
/// repository; an installed version precedes a requested range, which may stand in a catalog.
fn from_packages(schema: &Path, files: Files) -> ZodMajor {
    let folders = folders(schema, files);
    let installed = folders.iter().find_map(|folder| {
        let package = package(&folder.join("node_modules/zod"), files)?;
        major_of_range(package.get("version")?.as_str()?)
    });
    let requested = || {
        folders.iter().find_map(|folder| {
            let package = package(folder, files)?;
            DEPENDENCIES.iter().find_map(|kind| {
                let range = package.get(kind)?.get("zod")?.as_str()?;
                match range.strip_prefix("catalog:") {
                    Some(name) => major_of_range(&catalog(&folders, name, "zod", files)?),
                    None => major_of_range(range),
                }
            })
        })
    };
    installed.or_else(requested).unwrap_or(ZodMajor::Unknown)
}

/// The range of a package in a catalog of the workspace: pnpm-workspace.yaml, or package.json (Bun, Yarn).
fn catalog(folders: &[PathBuf], name: &str, package: &str, files: Files) -> Option<String> {
    let name = if name == "default" { "" } else { name };
    folders.iter().find_map(|folder| {
        let yaml = (files.read)(&folder.join("pnpm-workspace.yaml")).ok();
        yaml.and_then(|text| yaml_catalog(&text, name, package)).or_else(|| {
            let root = super::paths::package(folder, files)?;
            let holders = [Some(&root), root.get("workspaces")];
            holders.into_iter().flatten().find_map(|holder| {
                let entries = match name {
                    "" => holder.get("catalog")?,
                    name => holder.get("catalogs")?.get(name)?,
                };
                Some(entries.get(package)?.as_str()?.to_owned())
            })
        })
    })
}

/// The range of a package below `catalog:`, or below its name in `catalogs:`.
fn yaml_catalog(text: &str, name: &str, package: &str) -> Option<String> {
    let (mut section, mut group) = ("", String::new());
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let (key, value) = line.split_once(':').unwrap_or((line, ""));
        let (indent, key) = (line.len() - line.trim_start().len(), unquoted(key));
        match (indent, section) {
            (0, _) => (section, group) = (key, String::new()),
            (_, "catalogs") if value.trim().is_empty() => group = key.to_owned(),
            (_, "catalog") if name.is_empty() && key == package => {
                return Some(unquoted(value).to_owned());
            }
            (_, "catalogs")
                if key == package && (group == name || (name.is_empty() && group == "default")) =>
            {
                return Some(unquoted(value).to_owned());
            }
            _ => {}
        }
    }
    None
}

/// Packages that expand `$NAME` in `.env` files, with what reports call them.
const EXPANDING: [(&str, &str); 14] = [
    ("next", "Next.js"),
    // Others use Vite, too.
    ("nuxt", "Nuxt"),
    ("vite", "Vite"),
    ("astro", "Astro"),
    ("@sveltejs/kit", "SvelteKit"),
    ("@remix-run/dev", "Remix"),
    ("@react-router/dev", "React Router"),
    ("react-scripts", "Create React App"),
    ("expo", "Expo"),
    ("dotenv-expand", "dotenv-expand"),
    ("@dotenvx/dotenvx", "dotenvx"),
    ("dotenv-cli", "dotenv-cli"),
    ("@types/bun", "Bun"),
    ("bun-types", "Bun"),
];
/// Packages whose commands set NODE_ENV in every process.
const FRAMEWORKS: [(&str, &str); 11] = [
    ("next", "Next.js"),
    ("vite", "Vite"),
    ("astro", "Astro"),
    ("nuxt", "Nuxt"),
    ("@sveltejs/kit", "SvelteKit"),
    ("@remix-run/dev", "Remix"),
    ("@react-router/dev", "React Router"),
    ("react-scripts", "Create React App"),
    ("gatsby", "Gatsby"),
    ("expo", "Expo"),
    ("@redwoodjs/core", "Redwood"),
];

/// What the project of a schema runs with: the nearest package.json with dependencies.
pub(crate) fn project(schema: &Path, files: Files) -> Project {
    let folders = folders(schema, files);
    let mut packages = folders.iter().filter_map(|folder| package(folder, files));
    let names = |package: &Value| -> BTreeSet<String> {
        let kinds = DEPENDENCIES.iter().filter_map(|kind| package.get(kind)?.as_object());
        kinds.flat_map(|entries| entries.keys().cloned()).collect()
    };
    let Some(nearest) = packages.find(|package| !names(package).is_empty()) else {
        return Project::default();
    };
    let own = names(&nearest);
    let first = |known: &[(&str, &'static str)]| {
        known.iter().find(|(name, _)| own.contains(*name)).map(|(_, shown)| *shown)
    };
    let scripts = nearest.get("scripts").map(Value::to_string).unwrap_or_default();
    let bun = scripts.contains("\"bun ") || scripts.contains("bun run ");
    let imports_dotenv = (files.read)(schema).is_ok_and(|text| text.contains("dotenv/config"));
    let literal = own.contains("dotenv") || scripts.contains("--env-file");
    let loader = match first(&EXPANDING) {
        _ if imports_dotenv => Loader::Literal("dotenv"),
        Some(name) => Loader::Expands(name),
        None if bun => Loader::Expands("Bun"),
        None if literal => Loader::Literal("dotenv"),
        None => Loader::Unknown,
    };
    let framework = first(&FRAMEWORKS);
    let dependencies = packages.fold(own.clone(), |all, package| &all | &names(&package));
    Project { loader, framework, dependencies }
}

/// The major version of `3.25.76`, `^4`, `~3.22`, `npm:zod@^4`; `None` for a range of several.
fn major_of_range(range: &str) -> Option<ZodMajor> {
    let range = range.rsplit('@').next()?.trim();
    if range.contains("||") || range.contains(" - ") || range.starts_with('>') {
        return None;
    }
    let number = range.trim_start_matches(['^', '~', '=', 'v', ' ']);
    match number.split(|c: char| !c.is_ascii_digit()).next()? {
        "3" => Some(ZodMajor::Three),
        "4" => Some(ZodMajor::Four),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::SchemaError;
    use super::*;

    #[test]
    fn zod_version_range_within_one_major_is_recognized() {
        for (range, major) in [
            ("^3.25.0", Some(ZodMajor::Three)),
            ("4.1.13", Some(ZodMajor::Four)),
            ("~4", Some(ZodMajor::Four)),
            ("npm:zod@^4.0.0", Some(ZodMajor::Four)),
            ("^3.25 || ^4", None),
            (">=3", None),
            ("latest", None),
            ("catalog:", None),
            ("workspace:*", None),
        ] {
            assert_eq!(major_of_range(range), major, "{range}");
        }
    }

    #[test]
    fn installed_zod_version_precedes_the_requested_range() {
        fn requested(path: &Path) -> Result<String, SchemaError> {
            match path.to_str() {
                Some("/app/package.json") => Ok(r#"{"dependencies": {"zod": "^3.22"}}"#.to_owned()),
                _ => (Files::NONE.read)(path),
            }
        }
        fn installed(path: &Path) -> Result<String, SchemaError> {
            match path.to_str() {
                Some("/app/node_modules/zod/package.json") => {
                    Ok(r#"{"version": "4.1.0"}"#.to_owned())
                }
                _ => requested(path),
            }
        }
        let source = Path::new("/app/src/env.ts");
        let major_with = |read: fn(&Path) -> Result<String, SchemaError>,
                          imports: &[&'static str]| {
            major(&imports.iter().copied().collect(), source, Files { read, ..Files::NONE })
        };
        assert_eq!(major_with(requested, &["zod"]), ZodMajor::Three);
        assert_eq!(major_with(installed, &["zod"]), ZodMajor::Four);
        assert_eq!(major_with(installed, &["zod/v3"]), ZodMajor::Three);
        assert_eq!(major_with(installed, &["zod/v3", "zod/v4"]), ZodMajor::Unknown);
    }
}
