//! Inserts missing keys into a template: pure text, byte for byte.
//!
//! Nothing is removed or rewritten: without the new lines the result is the template. A key is inserted with
//! its description and without a value.

use crate::zod::evaluate::{KeyResult, evaluate_missing, evaluate_value};
use crate::zod::model::{EnvFile, EnvSchema, SchemaKey};

/// Lines that are inserted at one position.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Insertion {
    /// Offset in the template.
    at: usize,
    /// Number of template lines before it.
    line: usize,
    /// The lines, each with its line end.
    lines: Vec<String>,
}

/// The insertions that add missing keys to a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Insertions {
    /// The inserted keys, in schema order.
    pub(crate) keys: Vec<String>,
    insertions: Vec<Insertion>,
    /// The template does not end with a line end: one is inserted, and the new last line has none.
    open_end: bool,
    line_end: &'static str,
}

/// A key of a schema, and the variable of a template that provides it.
#[derive(Clone, Copy)]
pub(crate) struct TemplateKey<'k> {
    /// The schema.
    pub(crate) schema: &'k EnvSchema,
    /// The key.
    pub(crate) key: &'k SchemaKey,
    /// The variable.
    pub(crate) name: &'k str,
    /// The template lacks it.
    pub(crate) missing: bool,
}

/// Plans the insertion of the keys that are missing. A key is inserted after its predecessor among the keys,
/// else at the end. If `strict`, optional keys are active too, unless the schema may refuse a blank.
pub(crate) fn plan_insertions<'k>(
    keys: impl IntoIterator<Item = TemplateKey<'k>>,
    strict: bool,
    template: &EnvFile,
    bytes: &[u8],
) -> Insertions {
    let line_end = line_end(bytes);
    let mut plan =
        Insertions { keys: Vec::new(), insertions: Vec::new(), open_end: false, line_end };
    let mut last = None;
    for key in keys {
        if !key.missing {
            last = end_of(template, bytes, key.name).or(last);
            continue;
        }
        if plan.keys.iter().any(|known| known == key.name) {
            continue;
        }
        let at = last.unwrap_or(bytes.len());
        plan.keys.push(key.name.to_owned());
        let lines = lines(key, strict, line_end);
        match plan.insertions.iter_mut().find(|known| known.at == at) {
            Some(known) => known.lines.extend(lines),
            None => {
                let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count();
                plan.insertions.push(Insertion { at, line, lines });
            }
        }
    }
    plan.insertions.sort_by_key(|insertion| insertion.at);
    let open = !bytes.is_empty() && bytes != [0xEF, 0xBB, 0xBF] && !bytes.ends_with(b"\n");
    plan.open_end = open && plan.insertions.last().is_some_and(|last| last.at == bytes.len());
    if plan.open_end
        && let Some(last) = plan.insertions.last_mut()
    {
        last.line += 1;
    }
    plan
}

/// The offset after the line on which the last entry of a key ends.
fn end_of(template: &EnvFile, bytes: &[u8], key: &str) -> Option<usize> {
    let entry = template.entries.iter().rfind(|entry| entry.key == key)?;
    let last_byte = entry.span.end.saturating_sub(1).max(entry.span.start);
    let rest = bytes.get(last_byte..)?.iter().position(|byte| *byte == b'\n');
    Some(rest.map_or(bytes.len(), |length| last_byte + length + 1))
}

/// The line end of the first line.
fn line_end(bytes: &[u8]) -> &'static str {
    let first = bytes.iter().position(|byte| *byte == b'\n');
    match first {
        Some(at) if at > 0 && bytes[at - 1] == b'\r' => "\r\n",
        _ => "\n",
    }
}

/// The description as comments, then the key: active if the app does not start without it, else commented,
/// because a blank value differs from a missing one.
fn lines(inserted: TemplateKey<'_>, strict: bool, end: &str) -> Vec<String> {
    let TemplateKey { schema, key, name, .. } = inserted;
    let described = key.description.iter().flat_map(|text| text.lines());
    let mut lines: Vec<_> = described.map(|line| format!("{}{end}", comment(line))).collect();
    let required = matches!(evaluate_missing(schema, key), KeyResult::Refused(_));
    let blank_starts = || evaluate_value(schema, key, "") == KeyResult::Accepted;
    let active = required || (strict && blank_starts());
    lines.push(format!("{}{name}={end}", if active { "" } else { "# " }));
    lines
}

/// A comment line that is not parsed as a commented key.
fn comment(line: &str) -> String {
    let line: String = line.trim().chars().filter(|c| !c.is_control()).collect();
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | ' ' | '#');
    match line.trim_start_matches(word).starts_with('=') {
        true => format!("# * {line}"),
        false => format!("# {line}").trim_end().to_owned(),
    }
}

impl Insertions {
    /// Whether there is nothing to insert.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The template with the new lines.
    pub(crate) fn apply(&self, bytes: &[u8]) -> Vec<u8> {
        let mut result = Vec::with_capacity(bytes.len() + 256);
        let mut copied = 0;
        for insertion in &self.insertions {
            result.extend_from_slice(&bytes[copied..insertion.at]);
            copied = insertion.at;
            let mut new = insertion.lines.concat();
            if self.open_end && insertion.at == bytes.len() {
                new = format!("{}{}", self.line_end, new.trim_end_matches(['\r', '\n']));
            }
            result.extend_from_slice(new.as_bytes());
        }
        result.extend_from_slice(&bytes[copied..]);
        result
    }

    /// A unified diff without context, because neighboring lines may contain secrets.
    pub(crate) fn diff(&self, path: &str) -> String {
        let mut diff = format!("--- {path}\n+++ {path}\n");
        let mut before = 0;
        for insertion in &self.insertions {
            let count = insertion.lines.len();
            let (line, new) = (insertion.line, insertion.line + before + 1);
            diff.push_str(&format!("@@ -{line},0 +{new},{count} @@\n"));
            for line in &insertion.lines {
                diff.push_str(&format!("+{}\n", line.trim_end()));
            }
            before += count;
        }
        diff
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::zod::env_file;
    use crate::zod::schema::{self, Files};

    /// The insertions for a schema with these properties, and the resulting template.
    fn fix(properties: &str, template: &[u8]) -> (Insertions, Vec<u8>) {
        let text = format!(
            "import {{ z }} from 'zod/v3';\nexport const EnvSchema = z.object({{ {properties} }});\n"
        );
        let schema = schema::parse(Path::new("env.ts"), &text, None, Files::NONE).unwrap();
        let file = env_file::parse(Path::new(".env.example"), template);
        let entries = file.in_force();
        let keys = schema.keys.iter().map(|key| TemplateKey {
            schema: &schema,
            key,
            name: &key.name,
            missing: !entries.contains_key(key.name.as_str()),
        });
        let plan = plan_insertions(keys, false, &file, template);
        let fixed = plan.apply(template);
        (plan, fixed)
    }

    fn fixed(schema: &str, template: &str) -> String {
        String::from_utf8(fix(schema, template.as_bytes()).1).unwrap()
    }

    const ABC: &str = "A: z.string(), B: z.string().describe('what B is'), C: z.string()";

    #[test]
    fn key_is_inserted_after_its_predecessor_with_description() {
        assert_eq!(fixed(ABC, "A=1 # one\n\nC=3\n"), "A=1 # one\n# what B is\nB=\n\nC=3\n");
        assert_eq!(fixed(ABC, "C=3\nA=1\n"), "C=3\nA=1\n# what B is\nB=\n");
        assert_eq!(fixed(ABC, "# only prose\n"), "# only prose\nA=\n# what B is\nB=\nC=\n");
        assert_eq!(fixed(ABC, ""), "A=\n# what B is\nB=\nC=\n");
        assert_eq!(fixed(ABC, "A=\nB=\nC=\n"), "A=\nB=\nC=\n");
    }

    #[test]
    fn optional_key_is_inserted_as_a_comment_without_a_value() {
        let schema =
            "A: z.string(), U: z.string().url().optional(), D: z.string().default('secret')";
        assert_eq!(fixed(schema, "A=live\n"), "A=live\n# U=\n# D=\n");
    }

    #[test]
    fn bom_crlf_and_missing_final_newline_are_preserved() {
        assert_eq!(
            fixed(ABC, "\u{feff}A=1\r\nC=3\r\n"),
            "\u{feff}A=1\r\n# what B is\r\nB=\r\nC=3\r\n"
        );
        assert_eq!(fixed(ABC, "A=1\nB=2"), "A=1\nB=2\nC=");
        assert_eq!(fixed(ABC, "A=1\r\nB='x\r\ny'"), "A=1\r\nB='x\r\ny'\r\nC=");
        assert_eq!(fixed(ABC, "A=1\nB='x\ny' # note\nD=\n"), "A=1\nB='x\ny' # note\nC=\nD=\n");
    }

    #[test]
    fn multi_line_description_adds_no_key() {
        let schema = "A: z.string().describe('B=1, or\\nexport X = 2\\nfine: y=z')";
        let (_, text) = fix(schema, b"");
        assert_eq!(text, "# * B=1, or\n# * export X = 2\n# fine: y=z\nA=\n".as_bytes());
        let file = env_file::parse(Path::new("x"), &text);
        assert_eq!(file.entries.len(), 1);
    }

    #[test]
    fn diff_has_the_format_that_patch_accepts() {
        let (fix, _) = fix(ABC, b"A=secret\nX=\n");
        let expected = "--- t\n+++ t\n@@ -1,0 +2,3 @@\n+# what B is\n+B=\n+C=\n";
        assert_eq!(fix.diff("t"), expected);
    }

    proptest! {
        #[test]
        fn fix_keeps_every_byte_of_any_template(
            lines in prop::collection::vec("(A=|B='|C=\"x|# C=|'|\\PC{0,8}|)", 0..8),
            crlf: bool, open: bool, mark: bool,
        ) {
            let end = if crlf { "\r\n" } else { "\n" };
            let mut template = if mark { "\u{feff}".to_owned() } else { String::new() };
            template.push_str(&lines.join(end));
            if !open { template.push_str(end); }
            let (fix, fixed) = fix(ABC, template.as_bytes());
            let mut rest = fixed.iter();
            prop_assert!(template.bytes().all(|byte| rest.any(|other| *other == byte)));
            let added = fixed.len() - template.len();
            prop_assert!(fix.is_empty() == (added == 0));
        }
    }
}
