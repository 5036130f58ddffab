//! What may stand between a name and its value, apart from spaces and a mark: emphasis, remarks, types, calls, line
//! breaks, attributes and tags.

use super::{Form, Found};

/// Maximum length of a remark in parentheses, of a type, and of the name of a function.
const MAX_REMARK: usize = 48;

/// Maximum length of the attributes of an element.
const MAX_ATTRIBUTES: usize = 512;

/// Maximum number of functions around a value: `Some(Secret("a"))`.
const MAX_CALLS: usize = 4;

/// Maximum number of header lines between the name of a part of a form and its value.
const MAX_HEADERS: usize = 4;

/// Skips what stands between a name and its mark, if a mark follows: `key (WIF): a`, `a[0]=b`, `a?: b`, `a . . . : b`.
/// `is_apart`: a space precedes the text, as it does a remark, but not the arguments of a function.
pub(super) fn before_mark(text: &str, is_apart: bool) -> Option<&str> {
    let skipped = match text.as_bytes().first()? {
        b'(' if is_apart => remark(text, ')')?,
        b'[' => remark(text, ']')?,
        b'?' => &text[1..],
        b'!' if text.starts_with("!:") => &text[1..],
        b'.' => text.trim_start_matches([' ', '.']),
        _ => return None,
    };
    let skipped = skipped.trim_start_matches([' ', '\t', '*', '~', '"', '\'', '`']);
    let is_mark = skipped.starts_with(['=', '：', '＝'])
        || skipped.starts_with(':') && !skipped.starts_with("::");
    is_mark.then_some(skipped)
}

/// The text after a short remark in brackets.
fn remark(text: &str, close: char) -> Option<&str> {
    let end = head(text, MAX_REMARK).find([close, '\n', ':', '='])?;
    text[end..].strip_prefix(close)
}

/// Skips what stands between a mark and the value; None if nothing does. `is_colon`: the mark is a colon, after
/// which a type can stand.
pub(super) fn after_mark<'t>(
    value: &'t str,
    found: &Found,
    is_colon: bool,
) -> Option<(&'t str, Form)> {
    if let Some(assigned) = value_of_type(value).filter(|_| is_colon) {
        return Some((assigned, Form::Tight));
    }
    // `**Password:** a`
    let plain = match found.emphasized {
        true => value.trim_start_matches(['*', '~', '_']),
        false => value,
    };
    let emphasis = value.len() - plain.len();
    let unmarked = plain.trim_start_matches([' ', '\t']);
    let is_emphasis = emphasis > 0
        && (unmarked.len() < plain.len() || plain.starts_with(['`', '"', '\'', '\n', '\r']))
        && !unmarked.is_empty();
    let value = if is_emphasis { unmarked } else { value };
    if let Some(line) = next_line(value) {
        return Some(line);
    }
    if let Some(argument) = argument(value) {
        return Some((argument, Form::Tight));
    }
    is_emphasis.then_some((value, Form::Spaced))
}

/// The literal after a type: `password: &str = "a"`.
fn value_of_type(value: &str) -> Option<&str> {
    let is_type = |c: char| c.is_ascii_alphanumeric() || " _<>[]&':?|.".contains(c);
    let end = head(value, MAX_REMARK).find(|c| !is_type(c)).filter(|end| *end >= 2)?;
    let literal = value[end..].strip_prefix("= ").or_else(|| value[end..].strip_prefix('='))?;
    let is_declared = value[..end].ends_with(' ') && literal.starts_with(['"', '\'', '`']);
    is_declared.then_some(literal)
}

/// The value in the next line. A value without quotes must look generated, unless the line is continued by a backslash:
/// other lines follow a colon too.
fn next_line(value: &str) -> Option<(&str, Form)> {
    let is_continued = |rest: &&str| rest.starts_with(['\n', '\r']);
    let continued = value.strip_prefix('\\').filter(is_continued);
    let rest = continued.unwrap_or(value);
    if !rest.starts_with(['\n', '\r']) {
        return None;
    }
    // A block of code: a line with three backquotes, and perhaps a language.
    let mut next = rest.trim_start();
    let is_code = next.starts_with("```");
    if let Some(code) = next.strip_prefix("```") {
        next = head(code, MAX_REMARK).find('\n').map(|end| &code[end + 1..])?;
    }
    let next = next.trim_start_matches([' ', '\t', '>', '*']);
    let is_tight = continued.is_some() || next.starts_with(['"', '\'']);
    let form = match (is_tight, is_code) {
        (true, _) => Form::Tight,
        (_, true) => Form::Spaced,
        _ => Form::List,
    };
    Some((next, form))
}

/// The argument of functions: `Some("a")`, `String::from("a")`, `new Secret('a')`.
fn argument(value: &str) -> Option<&str> {
    let mut inner = value;
    for _ in 0..MAX_CALLS {
        let call = inner.strip_prefix("new ").unwrap_or(inner);
        let is_function = |c: char| c.is_ascii_alphanumeric() || "_.:!&%".contains(c);
        let name = head(call, MAX_REMARK).find(|c| !is_function(c));
        let Some(end) = name.filter(|end| *end > 0) else { break };
        let Some(argument) = call[end..].strip_prefix('(') else { break };
        // An error is no value.
        if ["Err", "Invalid", "Unexpected"].iter().any(|word| call[..end].contains(word)) {
            return None;
        }
        inner = argument.trim_start_matches([' ', '\n', '&']);
        // Of the functions without quotes in them, the constructors contain values.
        if !call.starts_with(|c: char| c.is_ascii_uppercase()) && !has_literal(inner) {
            return None;
        }
    }
    (inner.len() < value.len()).then(|| super::skip_openers(inner))
}

/// Whether the argument of a function is a literal, or another call.
fn has_literal(argument: &str) -> bool {
    let open = head(argument, MAX_REMARK).find(['"', '\'', '`', ')', ',', ' ']);
    open.is_some_and(|open| argument[open..].starts_with(['"', '\'', '`']))
}

/// The value after a name without a mark: `<a x="y">b</a>`, `name="a" value="b"`, `<key>a</key><string>b</string>`,
/// `a | b`, a part of a form, and the next line.
pub(super) fn without_mark<'t>(
    text: &'t str,
    found: &Found,
    rest: &'t str,
) -> Option<(&'t str, Form)> {
    if found.markup {
        return Some((content(after_attributes(rest)?), Form::Markup));
    }
    if rest.starts_with("</") {
        return next_element(rest);
    }
    let spaced = rest.trim_start_matches([' ', '\t']);
    if found.quoted && is_attribute(text, found) {
        if let Some(value) = form_part(rest) {
            return Some((value, Form::Tight));
        }
        if let Some(value) = value_attribute(rest) {
            return Some((value, Form::Tight));
        }
        return Some((content(after_attributes(rest)?), Form::Markup))
            .filter(|(value, _)| !value.is_empty());
    }
    if spaced.len() < rest.len() {
        let mark = ["| ", "- ", "– ", "— ", "│ "].iter().find_map(|mark| spaced.strip_prefix(mark));
        if let Some(value) = mark {
            return Some((value.trim_start_matches([' ', '\t', '*']), Form::List));
        }
    }
    // A name that is a line of its own; after another text, what follows must look generated.
    if spaced.starts_with(['\n', '\r']) && !found.flag {
        let line = next_line(spaced)?;
        if starts_line(text, found) {
            return Some(line);
        }
        return line.0.starts_with(['"', '\'']).then_some((line.0, Form::List));
    }
    None
}

/// The content of an element, without the marks of CDATA.
fn content(text: &str) -> &str {
    let inner = text.trim_start();
    inner.strip_prefix("<![CDATA[").unwrap_or(inner)
}

/// The text after the attributes of a tag.
fn after_attributes(rest: &str) -> Option<&str> {
    if let Some(content) = rest.strip_prefix('>') {
        return Some(content);
    }
    let end = head(rest, MAX_ATTRIBUTES).find(['>', '<'])?;
    let is_attribute = rest.starts_with(char::is_whitespace) && rest[..end].contains('=');
    rest[end..].strip_prefix('>').filter(|_| is_attribute && !rest[..end].ends_with('/'))
}

/// The content of the element after the one that ends here.
fn next_element(rest: &str) -> Option<(&str, Form)> {
    let closing = rest.strip_prefix("</")?;
    let end = head(closing, MAX_REMARK).find('>')?;
    let is_key = ["key", "name", "Key", "Name"].contains(&&closing[..end]);
    let next = closing[end + 1..].trim_start().strip_prefix('<')?;
    let open = head(next, MAX_ATTRIBUTES).find('>').filter(|_| !next.starts_with('/'))?;
    Some((content(&next[open + 1..]), if is_key { Form::Markup } else { Form::List }))
}

/// Whether a quoted name is the value of an attribute: `name="password"`.
fn is_attribute(text: &str, found: &Found) -> bool {
    let before = text[..found.name.start].strip_suffix(['"', '\'']);
    before.is_some_and(|before| {
        let before = before.strip_suffix('=').unwrap_or("");
        ["name", "id", "key", "Name", "Key"].iter().any(|name| before.ends_with(name))
    })
}

/// The value of a part of a form: after an empty line, and perhaps after headers.
fn form_part(rest: &str) -> Option<&str> {
    let mut lines = rest;
    for _ in 0..MAX_HEADERS {
        let end = head(lines, MAX_ATTRIBUTES).find('\n')?;
        lines = &lines[end + 1..];
        // A line break of CR and LF can be two line breaks of a decoded text.
        let value = lines.trim_start_matches(['\r', '\n']);
        if value.len() < lines.len() {
            return (!value.starts_with("--")).then_some(value);
        }
    }
    None
}

/// The attribute `value` after the attribute with the name.
fn value_attribute(rest: &str) -> Option<&str> {
    let tag = head(rest, MAX_ATTRIBUTES);
    let tag = &tag[..tag.find(['>', '\n']).unwrap_or(tag.len())];
    ["value=", "content=", "Value="].iter().find_map(|name| {
        let at = tag.find(name)?;
        let is_word = tag[..at].ends_with(char::is_whitespace);
        is_word.then(|| &rest[at + name.len()..])
    })
}

/// Whether only punctuation precedes a name in its line.
fn starts_line(text: &str, found: &Found) -> bool {
    let before =
        text[..found.name.start].trim_end_matches([' ', '\t', '"', '\'', '`', '*', '#', '-']);
    before.is_empty() || before.ends_with(['\n', '\r'])
}

/// The start of a text.
fn head(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}
