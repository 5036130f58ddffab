//! What `env check --fix` inserts into the template: pure text, byte for byte.
//!
//! Nothing is ever removed or rewritten, so the template before is what the template after has without the
//! new lines. A key gets its description and no value: values come from people.

use super::template::drift;
use crate::text;
use crate::zod::evaluate::{KeyResult, evaluate_key};
use crate::zod::model::{EnvFile, Environment, SchemaKey};

/// Lines that go in at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Insertion {
    /// Bytes of the template before it.
    at: usize,
    /// Lines of the template before it.
    line: usize,
    /// The lines, each with its end.
    lines: Vec<String>,
}

/// The lines that are missing, and where they belong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The keys, in the order of the schema.
    pub keys: Vec<String>,
    insertions: Vec<Insertion>,
    /// The last line of the template has no end: it gets one, and the new last line has none.
    open_end: bool,
    line_end: &'static str,
}

/// Plans it. Each key goes below the one that precedes it in the schema, else to the end.
#[must_use]
pub fn plan(facts: &Environment, template: &EnvFile, bytes: &[u8]) -> Fix {
    let missing = drift(&facts.schema, template, facts.policy.strict).missing;
    let line_end = line_end(bytes);
    let mut fix = Fix { keys: Vec::new(), insertions: Vec::new(), open_end: false, line_end };
    let mut last = None;
    for key in &facts.schema.keys {
        if !missing.iter().any(|lacking| lacking.name == key.name) {
            last = end_of(template, bytes, &key.name).or(last);
            continue;
        }
        let at = last.unwrap_or(bytes.len());
        fix.keys.push(key.name.clone());
        let lines = lines(facts, key, line_end);
        match fix.insertions.iter_mut().find(|known| known.at == at) {
            Some(known) => known.lines.extend(lines),
            None => {
                let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count();
                fix.insertions.push(Insertion { at, line, lines });
            }
        }
    }
    fix.insertions.sort_by_key(|insertion| insertion.at);
    let open = !bytes.is_empty() && bytes != [0xEF, 0xBB, 0xBF] && !bytes.ends_with(b"\n");
    fix.open_end = open && fix.insertions.last().is_some_and(|last| last.at == bytes.len());
    if fix.open_end
        && let Some(last) = fix.insertions.last_mut()
    {
        last.line += 1;
    }
    fix
}

/// Behind the line on which the last entry of a key ends.
fn end_of(template: &EnvFile, bytes: &[u8], key: &str) -> Option<usize> {
    let entry = template.entries.iter().rfind(|entry| entry.key == key)?;
    let inside = entry.span.end.saturating_sub(1).max(entry.span.start);
    let rest = bytes.get(inside..)?.iter().position(|byte| *byte == b'\n');
    Some(rest.map_or(bytes.len(), |length| inside + length + 1))
}

/// The first line's end is the file's.
fn line_end(bytes: &[u8]) -> &'static str {
    let first = bytes.iter().position(|byte| *byte == b'\n');
    match first {
        Some(at) if at > 0 && bytes[at - 1] == b'\r' => "\r\n",
        _ => "\n",
    }
}

/// The description as comments, then the key: active where the app does not start without it, else
/// documented, since a blank value is not the same as none.
fn lines(facts: &Environment, key: &SchemaKey, end: &str) -> Vec<String> {
    let described = key.description.iter().flat_map(|text| text.lines());
    let mut lines: Vec<_> = described.map(|line| format!("{}{end}", comment(line))).collect();
    let optional = matches!(evaluate_key(&facts.schema, key, None), KeyResult::Accepted);
    let active = !optional || facts.policy.strict;
    lines.push(format!("{}{}={end}", if active { "" } else { "# " }, key.name));
    lines
}

/// A comment that no reader takes for a documented key.
fn comment(line: &str) -> String {
    let line: String = line.trim().chars().filter(|c| !c.is_control()).collect();
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | ' ' | '#');
    match line.trim_start_matches(word).starts_with('=') {
        true => format!("# * {line}"),
        false => format!("# {line}").trim_end().to_owned(),
    }
}

impl Fix {
    /// Whether nothing is missing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The template with the new lines.
    #[must_use]
    pub fn apply(&self, bytes: &[u8]) -> Vec<u8> {
        let mut fixed = Vec::with_capacity(bytes.len() + 256);
        let mut done = 0;
        for insertion in &self.insertions {
            fixed.extend_from_slice(&bytes[done..insertion.at]);
            done = insertion.at;
            let mut new = insertion.lines.concat();
            if self.open_end && insertion.at == bytes.len() {
                new = format!("{}{}", self.line_end, new.trim_end_matches(['\r', '\n']));
            }
            fixed.extend_from_slice(new.as_bytes());
        }
        fixed.extend_from_slice(&bytes[done..]);
        fixed
    }

    /// A unified diff without context: lines around may hold values that nobody should see.
    #[must_use]
    pub fn diff(&self, path: &str) -> String {
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

    /// `2 keys: A, B`
    #[must_use]
    pub fn summary(&self) -> String {
        let count = text::plural(self.keys.len() as u64, "key", "keys");
        format!("{count}: {}", self.keys.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::super::testing::environment;
    use super::*;
    use crate::zod::env_file;

    fn fix(schema: &str, template: &[u8]) -> (Fix, Vec<u8>) {
        let facts = environment(schema, None, &[]);
        let file = env_file::parse(Path::new(".env.example"), template);
        let fix = plan(&facts, &file, template);
        let fixed = fix.apply(template);
        (fix, fixed)
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
        /// Whatever the template: its bytes are all there, in order, and the keys are there afterwards.
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
