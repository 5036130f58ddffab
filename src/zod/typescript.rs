//! TypeScript source text: the limit on nesting, parsing, line numbers, and chains of property accesses.

use oxc_allocator::Allocator;
use oxc_ast::ast::{Argument, Expression, Program};
use oxc_parser::{ParseOptions, Parser};
use oxc_span::{GetSpan, SourceType};

/// Stack of a thread that parses: with the limits of [`too_deep`] it is never used up.
pub(crate) const STACK_BYTES: usize = 256 << 20;
/// Nested brackets that are accepted. Real schemas stay below ten.
const MAX_BRACKETS: usize = 256;
/// Operators and keywords that may nest, between two commas or semicolons inside one bracket.
const MAX_CHAIN: usize = 2_048;
/// Links of a chain that are followed; real chains have fewer than ten.
const MAX_LINKS: usize = 128;

/// A syntax error reported by the parser.
pub(crate) struct SyntaxError {
    /// Offset of the error.
    pub(crate) offset: u32,
    /// The message of the parser.
    pub(crate) message: String,
}

/// Parses a text without a byte order mark that is not [`too_deep`].
pub(crate) fn parse<'a>(
    arena: &'a Allocator,
    text: &str,
    kind: SourceType,
) -> Result<Program<'a>, SyntaxError> {
    let source: &'a str = arena.alloc_str(text);
    let options = ParseOptions { preserve_parens: false, ..ParseOptions::default() };
    let parsed = Parser::new(arena, source, kind).with_options(options).parse();
    match parsed.diagnostics.errors().next() {
        Some(error) => Err(SyntaxError {
            offset: error.labels.first().map_or(0, |label| label.offset()),
            message: error.message.to_string(),
        }),
        None => Ok(parsed.program),
    }
}

/// The text without its byte order mark.
pub(crate) fn without_bom(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The offsets at which the lines of a text start.
pub(crate) struct LineStarts(Vec<u32>);

impl LineStarts {
    pub(crate) fn new(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = ends.map(|(index, _)| u32::try_from(index + 1).unwrap_or(u32::MAX));
        Self(std::iter::once(0).chain(starts).collect())
    }

    /// The line of an offset, from 1.
    pub(crate) fn line(&self, offset: u32) -> u32 {
        u32::try_from(self.0.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }
}

/// The offset at which nesting exceeds the limits, if it does.
///
/// The parser is recursive without a limit of its own, and a stack overflow cannot be caught. So the text
/// is scanned before it is parsed: brackets are counted, and everything else that nests to the right without
/// brackets (`a ? b : c ? …`, `!!!…`, `x = y = …`), outside of strings and comments. On a thread with
/// [`STACK_BYTES`] no input ends the process.
pub(crate) fn too_deep(text: &str) -> Option<u32> {
    let bytes = text.as_bytes();
    // One count of possible nesting for each open bracket, including the `${` of templates.
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
                // `while (a) while (a) …` nests, also without a space before the bracket.
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
            // Keywords that nest to the right: `typeof typeof x`, `else if`, `new new X`, `keyof`.
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

/// Whether a line can only begin a new statement, so that no expression continues.
fn begins_declaration(rest: &[u8]) -> bool {
    let dynamic = rest.starts_with(b"import (");
    [&b"const "[..], b"export ", b"import "].iter().any(|word| rest.starts_with(word)) && !dynamic
}

fn ends_word(bytes: &[u8], at: usize) -> bool {
    let between = matches!(bytes[at], b' ' | b'\t' | b'\n' | b'\r' | b'/' | 0x80..);
    at > 0 && between && bytes[at - 1].is_ascii_lowercase()
}

/// Whether a slash begins a regular expression: it follows an operator, an opening bracket or a comma.
fn begins_regex(bytes: &[u8], at: usize) -> bool {
    let before = bytes[..at].iter().rev().find(|byte| !byte.is_ascii_whitespace());
    before.is_none_or(|byte| b"(,=:[!&|?{};+-*<>~".contains(byte))
}

/// The offset of the closing slash of a regular expression, or of the end of its line.
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

/// The offset of the last byte of a comment.
fn comment(bytes: &[u8], start: usize) -> usize {
    let rest = &bytes[start + 2..];
    let (length, close) = if bytes[start + 1] == b'/' {
        (rest.iter().position(|byte| *byte == b'\n'), 0)
    } else {
        (rest.windows(2).position(|pair| pair == b"*/"), 1)
    };
    length.map_or(bytes.len(), |length| start + 2 + length + close)
}

/// The offset of the closing quote of a string, or of the end of its line: strings do not span lines.
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

/// The offset of the end of a template text: its backtick, or the brace of `${`, which is then open.
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

/// One link of a chain: a property access or a call.
pub(crate) struct Link<'a> {
    /// The name of the property; empty if the root itself is called.
    pub(crate) name: &'a str,
    /// The arguments, if it is called.
    pub(crate) args: Option<&'a [Argument<'a>]>,
    /// The offset of the name.
    pub(crate) offset: u32,
}

/// A chain of property accesses and calls: `a.b(c).d(e)`.
pub(crate) struct Chain<'a> {
    /// The innermost expression: a name, an object literal, …
    pub(crate) root: &'a Expression<'a>,
    /// The links, from the root outwards.
    pub(crate) links: Vec<Link<'a>>,
}

impl<'a> Link<'a> {
    /// The argument at an index; `None` after a spread.
    pub(crate) fn arg(&self, index: usize) -> Option<&'a Expression<'a>> {
        let args = self.args?;
        let spread = args.iter().take(index + 1).any(Argument::is_spread);
        if spread { None } else { args.get(index)?.as_expression() }
    }
}

/// Splits an expression into root and links, without recursion; `None` if it has more than [`MAX_LINKS`].
pub(crate) fn flatten<'a>(expression: &'a Expression<'a>) -> Option<Chain<'a>> {
    let mut links = Vec::new();
    let mut at = expression.get_inner_expression();
    let mut args: Option<&'a [Argument<'a>]> = None;
    while links.len() < MAX_LINKS {
        match at {
            Expression::CallExpression(call) if args.is_none() && !call.optional => {
                args = Some(&call.arguments);
                at = call.callee.get_inner_expression();
            }
            Expression::StaticMemberExpression(member) if !member.optional => {
                let name = member.property.name.as_str();
                let offset = member.property.span.start;
                links.push(Link { name, args: args.take(), offset });
                at = member.object.get_inner_expression();
            }
            Expression::ComputedMemberExpression(member) if !member.optional => {
                let Expression::StringLiteral(key) = member.expression.get_inner_expression()
                else {
                    break;
                };
                let (name, offset) = (key.value.as_str(), key.span.start);
                links.push(Link { name, args: args.take(), offset });
                at = member.object.get_inner_expression();
            }
            _ => break,
        }
    }
    if links.len() >= MAX_LINKS {
        return None;
    }
    if args.is_some() {
        links.push(Link { name: "", args, offset: at.span().start });
    }
    links.reverse();
    Some(Chain { root: at, links })
}

/// The root of a chain of calls.
pub(crate) fn root_of<'x, 'a>(value: &'x Expression<'a>) -> Option<&'x Expression<'a>> {
    let mut at = value.get_inner_expression();
    for _ in 0..32 {
        at = match at {
            Expression::CallExpression(call) => call.callee.get_inner_expression(),
            Expression::StaticMemberExpression(member) => member.object.get_inner_expression(),
            other => return Some(other),
        };
    }
    None
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
