//! Which zod judges: from the import path, else from the package that is installed or asked for.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use crate::zod::model::ZodMajor;

/// A package.json larger than this is none.
const MAX_BYTES: u64 = 1 << 20;

/// Whether an import path means zod with its chained methods (`zod/mini` has none).
pub(crate) fn is_zod(from: &str) -> bool {
    matches!(from, "zod" | "zod/v3" | "zod/v4" | "zod/v4/classic")
}

/// The major version behind the import paths that a schema used.
pub(crate) fn major(imports: &BTreeSet<&str>, schema: &Path) -> ZodMajor {
    let mut majors = imports.iter().map(|from| match *from {
        "zod/v3" => ZodMajor::Three,
        "zod/v4" | "zod/v4/classic" => ZodMajor::Four,
        _ => from_packages(schema),
    });
    let first = majors.next().unwrap_or(ZodMajor::Unknown);
    if majors.all(|other| other == first) { first } else { ZodMajor::Unknown }
}

/// Walks up from the schema to the root of its repository: what is installed counts before what
/// is asked for.
fn from_packages(schema: &Path) -> ZodMajor {
    let Ok(schema) = std::path::absolute(schema) else { return ZodMajor::Unknown };
    let above: Vec<&Path> = schema.ancestors().skip(1).collect();
    let root = above.iter().position(|folder| folder.join(".git").exists());
    let folders = || above.iter().take(root.map_or(above.len(), |index| index + 1));
    let installed = folders().find_map(|folder| {
        let package = read(&folder.join("node_modules/zod/package.json"))?;
        major_of_range(package.get("version")?.as_str()?)
    });
    let asked_for = || {
        folders().find_map(|folder| {
            let package = read(&folder.join("package.json"))?;
            ["dependencies", "devDependencies", "peerDependencies"]
                .iter()
                .find_map(|kind| major_of_range(package.get(kind)?.get("zod")?.as_str()?))
        })
    };
    installed.or_else(asked_for).unwrap_or(ZodMajor::Unknown)
}

fn read(path: &Path) -> Option<Value> {
    let mut text = String::new();
    File::open(path).ok()?.take(MAX_BYTES).read_to_string(&mut text).ok()?;
    serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()
}

/// The major of `3.25.76`, `^4`, `~3.22`, `npm:zod@^4`; none where a range spans several.
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
    fn installed_zod_version_precedes_the_requested_range() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let source = folder.path().join("src/env.ts");
        let package = folder.path().join("package.json");
        std::fs::write(&package, r#"{"dependencies": {"zod": "^3.22"}}"#)?;
        let imports = BTreeSet::from(["zod"]);
        assert_eq!(major(&imports, &source), ZodMajor::Three);
        let installed = folder.path().join("node_modules/zod");
        std::fs::create_dir_all(&installed)?;
        std::fs::write(installed.join("package.json"), r#"{"version": "4.1.0"}"#)?;
        assert_eq!(major(&imports, &source), ZodMajor::Four);
        assert_eq!(major(&BTreeSet::from(["zod/v3"]), &source), ZodMajor::Three);
        assert_eq!(major(&BTreeSet::from(["zod/v3", "zod/v4"]), &source), ZodMajor::Unknown);
        Ok(())
    }
}
