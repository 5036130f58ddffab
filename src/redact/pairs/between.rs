//! What may stand between a name and its value, apart from spaces and a mark: emphasis, remarks, types, calls, line
//! breaks, attributes and tags.

use super::{Form, Found, MAX_QUOTED, MAX_WORD};

/// Maximum length of a remark in parentheses, of a type, and of the name of a function.
const MAX_REMARK: usize = 48;

/// Maximum length of the attributes of an element.
const MAX_ATTRIBUTES: usize = 512;

/// Maximum number of functions around a value: `Some(Secret("a"))`.
const MAX_CALLS: usize = 4;

/// Maximum number of header lines between the name of a part of a form and its value.
const MAX_HEADERS: usize = 4;

/// Parts of the names of constructors around values.
const CONSTRUCTORS: [&str; 8] =
    ["Some", "Ok", "Just", "Right", "Secret", "String", "Password", "Token"];

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

/// Words between a name and a colon that say what was done with the value: `API key provided: b`.
const GIVEN: [&str; 9] = [
    "provided",
    "supplied",
    "given",
    "specified",
    "received",
    "entered",
    "used",
    "submitted",
    "sent",
];

/// Words between a name and a colon that say what is wrong with it: `api_secret mismatch: b`.
const JUDGED: [&str; 10] = [
    "mismatch",
    "rejected",
    "invalid",
    "disabled",
    "revoked",
    "expired",
    "unknown",
    "refused",
    "denied",
    "incorrect",
];

/// Words before those.
const VERBS: [&str; 8] = ["is", "was", "has", "been", "not", "value", "you", "are"];

/// The value that a statement about a name contains: `API key provided: b`, `api_secret mismatch: b`, `API key (b) is
/// disabled`. `is_apart`: a space precedes the text.
pub(super) fn stated(text: &str, is_apart: bool) -> Option<(&str, Form)> {
    if !is_apart {
        return None;
    }
    let brackets = [('(', ')'), ('[', ']'), ('<', '>')];
    if let Some((inner, end)) =
        brackets.iter().find_map(|(open, end)| Some((text.strip_prefix(*open)?, *end)))
    {
        let inner = inner.trim_start_matches(['"', '\'', '`']);
        let near = head(inner, MAX_QUOTED);
        let close = near.find(|c: char| c == end || c.is_whitespace())?;
        let after = near[close..].trim_start_matches([end, ' ']);
        return (near[close..].starts_with(end) && !after.starts_with([':', '=']))
            .then_some((inner, Form::Stated));
    }
    let mut rest = text;
    loop {
        let length = head(rest, MAX_WORD).find(|c: char| !c.is_ascii_lowercase())?;
        let (word, after) = rest.split_at(length);
        let value = after.strip_prefix(':').filter(|value| value.starts_with([' ', '"', '\'']));
        match value.map(|value| value.trim_start_matches(' ')) {
            Some(value) if GIVEN.contains(&word) => return Some((value, Form::Spaced)),
            Some(value) if JUDGED.contains(&word) => return Some((value, Form::Stated)),
            Some(_) => return None,
            None if VERBS.contains(&word) => rest = after.strip_prefix(' ')?,
            None => return None,
        }
    }
}

/// Names of the value of a name: `name: a`, `value: b`.
const VALUES: [&str; 5] = ["value", "Value", "val", "input_value", "input"];

/// The value that has a name of its own after the name: lines of YAML, `{Name:a,Value:b}`, and the errors of Pydantic
/// with `input_value='b'`, or as JSON with `"input":"b"`. `ends_list`: the name is the last of a list.
pub(super) fn value_after(rest: &str, ends_list: bool) -> Option<&str> {
    let quotes = ['"', '\''];
    let next = rest.trim_start_matches([' ', '\t', '\r', '\n', ',', ';', ']']);
    if next.len() == rest.len() {
        return None;
    }
    let named = |text: &str| -> Option<usize> {
        let name = text.strip_prefix(quotes).unwrap_or(text);
        let after = VALUES.iter().find_map(|value| name.strip_prefix(value))?;
        let after = after.strip_prefix(quotes).unwrap_or(after).trim_start_matches([' ', '\t']);
        let value = after.strip_prefix([':', '='])?;
        Some(text.len() - value.trim_start_matches([' ', '\t']).len())
    };
    if let Some(at) = named(next) {
        return Some(&next[at..]);
    }
    if let Some(literal) = dumped(next).filter(|_| rest.starts_with(';')) {
        return Some(literal);
    }
    let near = head(next, MAX_ATTRIBUTES);
    let is_below = rest.starts_with('\n') && next.len() < rest.len() - 1;
    let statement = match is_below {
        true => near[..near.find('\n').unwrap_or(near.len())].find("input_value="),
        false if next.starts_with(quotes) && ends_list => {
            ["\"input\":", "\"received\":"].iter().find_map(|name| near.find(name))
        }
        false => None,
    }?;
    let value = &next[statement..];
    let mark = value.find(['=', ':'])? + 1;
    Some(value[mark..].trim_start())
}

/// Names of the only member of an object that wraps a value: `{"S":"b"}` of DynamoDB, `{"stringValue":"b"}` of
/// Firestore.
const WRAPPERS: [&str; 14] = [
    "S",
    "N",
    "B",
    "SS",
    "stringValue",
    "StringValue",
    "string",
    "String",
    "value",
    "Value",
    "_value",
    "plaintext",
    "plainText",
    "data",
];

/// The value in an object that wraps it, or the text unchanged.
pub(super) fn wrapped(text: &str) -> &str {
    let member = || {
        let name = text.strip_prefix(['"', '\'']).unwrap_or(text);
        let after = WRAPPERS.iter().find_map(|wrapper| {
            let after = name.strip_prefix(wrapper)?;
            let after = after.strip_prefix(['"', '\'']).unwrap_or(after).trim_start_matches(' ');
            after.strip_prefix(':')
        })?;
        let value = after.trim_start_matches(' ');
        value
            .trim_start_matches(['[', ' '])
            .starts_with(['"', '\''])
            .then(|| super::skip_openers(value))
    };
    member().unwrap_or(text)
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
    let next = dumped(next).unwrap_or(next);
    let is_tight = continued.is_some() || next.starts_with(['"', '\'']);
    let form = match (is_tight, is_code) {
        (true, _) => Form::Tight,
        (_, true) => Form::Spaced,
        _ => Form::List,
    };
    Some((next, form))
}

/// The literal after the type and length of a dump of PHP: `string(12) "a"`, `s:12:"a"`.
fn dumped(text: &str) -> Option<&str> {
    let (rest, end) = match text.strip_prefix("string(") {
        Some(rest) => (rest, ") "),
        None => (text.strip_prefix("s:")?, ":"),
    };
    let literal = rest.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix(end)?;
    literal.starts_with('"').then_some(literal)
}

/// The argument of functions: `Some("a")`, `String::from("a")`, `new Secret('a')`.
fn argument(value: &str) -> Option<&str> {
    let mut inner = value;
    for _ in 0..MAX_CALLS {
        let call = inner.strip_prefix("new ").or_else(|| inner.strip_prefix("[]")).unwrap_or(inner);
        let is_function = |c: char| c.is_ascii_alphanumeric() || "_.:!&%".contains(c);
        let name = head(call, MAX_REMARK).find(|c| !is_function(c));
        let Some(end) = name.filter(|end| *end > 0) else { break };
        let Some(argument) = call[end..].strip_prefix('(').or_else(|| literal_of_go(call, end))
        else {
            break;
        };
        // An error is no value.
        if ["Err", "Invalid", "Unexpected"].iter().any(|word| call[..end].contains(word)) {
            return None;
        }
        inner = argument.trim_start_matches([' ', '\n', '&']);
        // Of the functions without quotes in them, the constructors contain values; any other name can be a part of
        // a password: `Summer(2026)`.
        let is_constructor = || CONSTRUCTORS.iter().any(|name| call[..end].contains(name));
        if !has_literal(inner) && !is_constructor() {
            return None;
        }
    }
    (inner.len() < value.len()).then(|| super::skip_openers(inner))
}

/// The first literal in a composite literal of Go: `[]string{"a"}`, `sql.NullString{String:"a"}`.
fn literal_of_go(call: &str, end: usize) -> Option<&str> {
    let inner = call[end..].strip_prefix('{')?;
    let literal = wrapped_field(inner);
    literal.starts_with(['"', '`']).then_some(literal)
}

/// The text after the name of a field.
fn wrapped_field(text: &str) -> &str {
    let end = head(text, MAX_REMARK).find(|c: char| !c.is_ascii_alphanumeric());
    end.and_then(|end| text[end..].strip_prefix(':')).unwrap_or(text)
}

/// Whether the argument of a function is a literal, or another call.
fn has_literal(argument: &str) -> bool {
    let open = head(argument, MAX_REMARK).find(['"', '\'', '`', ')', ',', ' ']);
    open.is_some_and(|open| {
        let before = &argument[..open];
        let starts = before.len() <= 1 || before.ends_with(['(', '&', '{']);
        starts && argument[open..].starts_with(['"', '\'', '`'])
    })
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
