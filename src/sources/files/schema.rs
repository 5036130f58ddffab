//! Files of an environment schema: finds them in a project and reads them with the files they import.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::read_limited;
use crate::zod::model::{EnvSchema, Project};
use crate::zod::schema::{self, CONVENTIONAL_PATHS, Files, MAX_BYTES, SchemaError};

/// Files on disk.
const ON_DISK: Files = Files {
    read: read_text,
    is_file: |path| path.is_file(),
    exists: |path| path.exists(),
    absolute: |path| std::path::absolute(path).ok(),
    folders: folders_in,
};

/// The folders in a folder, sorted, except those of installed packages.
fn folders_in(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .filter(|path| !path.ends_with("node_modules"))
        .collect();
    found.sort();
    found
}

/// The first conventional path below a folder that has a file.
///
/// # Errors
/// [`SchemaError::NoFile`] if there is none.
pub(crate) fn find(folder: &Path) -> Result<PathBuf, SchemaError> {
    let mut paths = CONVENTIONAL_PATHS.iter().map(|path| folder.join(path));
    paths
        .find(|path| path.is_file())
        .ok_or_else(|| SchemaError::NoFile { folder: folder.to_owned() })
}

/// The schema of a project: the one nearest to the folder of the template, else that of the whole project.
///
/// # Errors
/// [`SchemaError::NoFile`] if there is none.
pub(crate) fn find_near(root: &Path, template: Option<&Path>) -> Result<PathBuf, SchemaError> {
    let near = template.filter(|folder| !folder.as_os_str().is_empty());
    near.and_then(|folder| find(folder).ok()).map_or_else(|| find(root), Ok)
}

/// The file that an import path of a file names, if it is in the checkout.
pub(crate) fn import_target(importer: &Path, from: &str) -> Option<PathBuf> {
    schema::import_target(importer, from, ON_DISK)
}

/// What the project of a schema runs with, from its package.json.
pub(crate) fn project(schema: &Path) -> Project {
    schema::project(schema, ON_DISK)
}

/// Reads the schema with a name, or the one that is meant, from a file.
///
/// # Errors
/// If the file, or a schema in it, cannot be read. See [`SchemaError`].
pub fn read(path: &Path, name: Option<&str>) -> Result<EnvSchema, SchemaError> {
    schema::parse(path, &read_text(path)?, name, ON_DISK)
}

/// Reads the schema with a name from a file; without a name all that it applies to the environment, the one that is
/// meant first.
///
/// # Errors
/// If the file, or the schema that is meant, cannot be read. See [`SchemaError`].
pub(crate) fn read_all(path: &Path, name: Option<&str>) -> Result<Vec<EnvSchema>, SchemaError> {
    schema::parse_all(path, &read_text(path)?, name, ON_DISK)
}

/// The parts of an environment that projects keep in files of their own.
const PARTS: [&str; 3] = ["server", "client", "shared"];

/// Files beside a schema that usually hold the schema of another part: `env.server.ts` beside `env.ts`,
/// `env/client.ts` beside `env/server.ts`.
pub(crate) fn siblings(path: &Path) -> Vec<PathBuf> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some((stem, extension)) = name.rsplit_once('.') else { return Vec::new() };
    let folder = path.parent().unwrap_or(Path::new(""));
    let of_parts = |folder: &Path, prefix: &str| -> Vec<PathBuf> {
        PARTS.iter().map(|part| folder.join(format!("{prefix}{part}.{extension}"))).collect()
    };
    let mut found = match stem.rsplit_once('.') {
        Some((base, part)) if PARTS.contains(&part) => {
            let mut found = of_parts(folder, &format!("{base}."));
            found.push(folder.join(format!("{base}.{extension}")));
            found
        }
        _ if PARTS.contains(&stem) || stem == "index" => of_parts(folder, ""),
        _ => {
            let mut found = of_parts(folder, &format!("{stem}."));
            found.extend(of_parts(&folder.join(stem), ""));
            found
        }
    };
    found.retain(|other| other != path && other.is_file());
    found
}

/// Reads a source file.
///
/// # Errors
/// If it cannot be read, is not a regular file, is larger than [`MAX_BYTES`] or is not UTF-8.
pub(crate) fn read_text(path: &Path) -> Result<String, SchemaError> {
    let io = |source| SchemaError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    if !file.metadata().map_err(io)?.is_file() {
        return Err(io(std::io::Error::other("not a regular file")));
    }
    let bytes = read_limited::reader(file, MAX_BYTES)
        .map_err(io)?
        .ok_or_else(|| SchemaError::TooLarge { path: path.to_owned() })?;
    String::from_utf8(bytes).map_err(|_| SchemaError::NotUtf8 { path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zod::model::ZodMajor;

    #[test]
    fn imports_and_the_zod_version_are_read_from_disk() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(
            "src/env.ts",
            "import { base } from './base.js';\nexport const EnvSchema = base.extend({});",
        );
        write(
            "src/base.ts",
            "import { z } from 'zod';\nexport const base = z.object({ A: z.string() });",
        );
        write("package.json", r#"{"dependencies": {"zod": "^3.22"}}"#);
        write("node_modules/zod/package.json", r#"{"version": "4.1.0"}"#);
        let path = find(folder.path()).unwrap();
        let schema = read(&path, None).unwrap();
        assert!(schema.key("A").is_some(), "{schema:?}");
        assert_eq!(schema.zod, ZodMajor::Four);
    }

    #[test]
    fn aliases_workspace_packages_and_catalogs_are_followed() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(
            "pnpm-workspace.yaml",
            "packages:\n  - 'packages/*' # all\ncatalog:\n  zod: \"3.25.76\"\n",
        );
        write("app/package.json", r#"{"dependencies": {"zod": "catalog:", "next": "15"}}"#);
        write(
            "app/tsconfig.json",
            "{\n  // aliases\n  \"compilerOptions\": { \"paths\": { \"@/*\": [\"./src/*\"], } },\n}",
        );
        write(
            "packages/keys/package.json",
            r#"{"name": "@acme/keys", "exports": {"./*": {"types": "./dist/*.d.ts", "default": "./dist/*.js"}}}"#,
        );
        let zod = "import { z } from 'zod';\n";
        write("packages/keys/src/db.ts", &format!("{zod}export const db = {{ B: z.string() }};"));
        write("app/src/words.ts", &format!("{zod}export const word = z.enum(['a', 'b']);"));
        write(
            "app/src/env.ts",
            &format!(
                "{zod}import {{ word }} from '@/words';\nimport {{ db }} from '@acme/keys/db';\n\
                 export const EnvSchema = z.object({{ A: word, ...db }});"
            ),
        );
        let path = folder.path().join("app/src/env.ts");
        let schema = read(&path, None).unwrap();
        assert_eq!(schema.unresolved, []);
        assert_eq!(schema.key("A").unwrap().rule.to_string(), "one of \"a\" | \"b\"");
        assert!(schema.key("B").is_some(), "{schema:?}");
        assert_eq!(schema.zod, ZodMajor::Three);
        let project = project(&path);
        assert!(project.sets("NODE_ENV") && !project.sets("A"), "{project:?}");
    }
}
