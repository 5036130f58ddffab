//! npm packages: the import paths that are recognized, and the major version of zod.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::Files;
use crate::zod::model::ZodMajor;

/// The largest package.json that is parsed, in bytes.
const MAX_PACKAGE_BYTES: usize = 1 << 20;

/// Whether an import path is that of zod with chained methods (`zod/mini` has none).
pub(crate) fn is_zod(from: &str) -> bool {
    matches!(from, "zod" | "zod/v3" | "zod/v4" | "zod/v4/classic")
}

/// Whether a package exports a `createEnv` of this kind.
pub(crate) fn is_create_env(from: &str, name: &str) -> bool {
    name == "createEnv" && from.starts_with("@t3-oss/env-")
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
/// repository; an installed version precedes a requested range.
fn from_packages(schema: &Path, files: Files) -> ZodMajor {
    let Some(schema) = (files.absolute)(schema) else { return ZodMajor::Unknown };
    let above: Vec<&Path> = schema.ancestors().skip(1).collect();
    let root = above.iter().position(|folder| (files.exists)(&folder.join(".git")));
    let folders = || above.iter().take(root.map_or(above.len(), |index| index + 1));
    let installed = folders().find_map(|folder| {
        let package = read(&folder.join("node_modules/zod/package.json"), files)?;
        major_of_range(package.get("version")?.as_str()?)
    });
    let requested = || {
        folders().find_map(|folder| {
            let package = read(&folder.join("package.json"), files)?;
            ["dependencies", "devDependencies", "peerDependencies"]
                .iter()
                .find_map(|kind| major_of_range(package.get(kind)?.get("zod")?.as_str()?))
        })
    };
    installed.or_else(requested).unwrap_or(ZodMajor::Unknown)
}

fn read(path: &Path, files: Files) -> Option<Value> {
    let text = (files.read)(path).ok().filter(|text| text.len() <= MAX_PACKAGE_BYTES)?;
    serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()
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
