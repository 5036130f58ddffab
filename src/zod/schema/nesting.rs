//! A look at the source before it is parsed: nesting that no person writes is refused.
//!
//! The parser is a recursive one without a limit of its own, and a stack overflow cannot be
//! caught. So brackets are counted, and whatever else nests to the right without brackets
//! (`a ? b : c ? …`, `!!!…`, `x = y = …`), outside of strings and comments. Together with a
//! generous stack (see [`super`]) that leaves no input that ends the process.

/// Brackets within brackets. Real schemas stay below ten.
const MAX_BRACKETS: usize = 256;
/// Operators and words that may nest, between two commas or semicolons of one bracket.
const MAX_CHAIN: usize = 2_048;

/// The offset where nesting exceeds the limits, if it does.
pub(crate) fn too_deep(text: &str) -> Option<u32> {
    let bytes = text.as_bytes();
    // One count of possible nesting for each open bracket; a template's `${` is one, too.
    let mut levels = vec![0_usize];
    let mut templates = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b'/' if matches!(bytes.get(at + 1), Some(b'/' | b'*')) => at = comment(bytes, at),
            b'/' if begins_regex(bytes, at) => at = regex(bytes, at),
            b'"' | b'\'' => at = string(bytes, at),
            b'`' => at = template(bytes, at + 1, &mut levels, &mut templates),
            b'(' | b'[' | b'{' => {
                // `while (a) while (a) …` nests, and the words may touch the bracket.
                let after_word = at > 0 && bytes[at - 1].is_ascii_lowercase();
                *levels.last_mut()? += usize::from(after_word);
                levels.push(0);
            }
            b'}' if templates.last() == Some(&levels.len()) => {
                templates.pop();
                levels.pop();
                at = template(bytes, at + 1, &mut levels, &mut templates);
            }
            b')' | b']' | b'}' if levels.len() > 1 => {
                levels.pop();
            }
            _ => {}
        }
        let deepest = levels.len();
        let outer = levels.get(deepest.wrapping_sub(2)).copied().unwrap_or(0);
        let chain = levels.last_mut()?;
        match bytes[start] {
            b',' | b';' => *chain = 0,
            b'\n' if begins_declaration(&bytes[start + 1..]) => *chain = 0,
            b'?' | b'=' | b'!' | b'~' | b'+' | b'-' | b'<' | b'*' | b':' | b'@' => *chain += 1,
            // Words that nest to the right: `typeof typeof x`, `else if`, `new new X`, `keyof`.
            _ if ends_word(bytes, start) => *chain += 1,
            _ => {}
        }
        if outer.max(*chain) > MAX_CHAIN || deepest > MAX_BRACKETS {
            return Some(u32::try_from(start).unwrap_or(u32::MAX));
        }
        at += 1;
    }
    None
}

/// A line that can only begin a new statement: whatever nested before it has ended.
fn begins_declaration(rest: &[u8]) -> bool {
    let dynamic = rest.starts_with(b"import (");
    [&b"const "[..], b"export ", b"import "].iter().any(|word| rest.starts_with(word)) && !dynamic
}

fn ends_word(bytes: &[u8], at: usize) -> bool {
    let between = matches!(bytes[at], b' ' | b'\t' | b'\n' | b'\r' | b'/' | 0x80..);
    at > 0 && between && bytes[at - 1].is_ascii_lowercase()
}

/// Whether a slash begins a regular expression: after an operator, an opening bracket, a comma.
fn begins_regex(bytes: &[u8], at: usize) -> bool {
    let before = bytes[..at].iter().rev().find(|byte| !byte.is_ascii_whitespace());
    before.is_none_or(|byte| b"(,=:[!&|?{};+-*<>~".contains(byte))
}

/// The closing slash of a regular expression, or the end of its line.
fn regex(bytes: &[u8], start: usize) -> usize {
    let mut in_class = false;
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\n' => return at,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'/' if !in_class => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

/// The last byte of a comment.
fn comment(bytes: &[u8], start: usize) -> usize {
    let rest = &bytes[start + 2..];
    let (length, close) = if bytes[start + 1] == b'/' {
        (rest.iter().position(|byte| *byte == b'\n'), 0)
    } else {
        (rest.windows(2).position(|pair| pair == b"*/"), 1)
    };
    length.map_or(bytes.len(), |length| start + 2 + length + close)
}

/// The closing quote of a string, or the end of its line: strings do not span lines.
fn string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\n' => return at,
            _ if *byte == bytes[start] => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

/// The end of a template's text: its backtick, or the brace of `${`, which is then open.
fn template(
    bytes: &[u8],
    start: usize,
    levels: &mut Vec<usize>,
    templates: &mut Vec<usize>,
) -> usize {
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'`' => return at,
            b'$' if bytes.get(at + 1) == Some(&b'{') => {
                levels.push(0);
                templates.push(levels.len());
                return at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn human_written_nesting_is_accepted() {
        let schema = "export const E = z.object({ A: z.string().regex(/[(]/), }); // ((((\n";
        assert_eq!(too_deep(&schema.repeat(2_000)), None);
        assert_eq!(too_deep(&"const a = `x ${ {a: `y ${1}`}.a } (((`;\n".repeat(500)), None);
        assert_eq!(too_deep(&"const longer_name = foo(1)\n".repeat(3_000)), None);
        assert_eq!(too_deep(&"  A: z.string().regex(/['\"`({]/),\n".repeat(3_000)), None);
    }

    #[test]
    fn excessive_nesting_is_rejected() {
        for unit in [
            "(",
            "[",
            "{",
            "`${",
            "!",
            "a?b:",
            "a=",
            "typeof ",
            "if(a)else ",
            "new ",
            "-",
            "(a)=>",
            "a?(b):",
            "typeof/**/",
            "while(a)",
            "a?\nimport (b):",
            "x as ",
        ] {
            assert!(too_deep(&unit.repeat(100_000)).is_some(), "{unit}");
        }
    }
}
