//! Where the value of a name begins and ends: in quotes, as a bare word, as a header, as a block of YAML.

use std::ops::Range;

use super::{Form, has_digit_and_letter};
use crate::redact::names::Name;
use crate::redact::values;

/// Authentication schemes, in lower case; the word after one is secret.
const SCHEMES: [&str; 16] = [
    "basic",
    "bearer",
    "token",
    "apikey",
    "api-key",
    "digest",
    "negotiate",
    "ntlm",
    "hmac",
    "dpop",
    "key",
    "oauth",
    "aws",
    "sharedkey",
    "jwt",
    "mac",
];

/// Maximum length of a value in quotes: a longer text is not one value.
pub(super) const MAX_QUOTED: usize = 16 * 1024;

/// The content of quotes at the start of a text, with the quotes in it that have no text after them.
pub(super) fn quoted(text: &str) -> Option<Range<usize>> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    // A text of several lines in TOML or Python: `"""a"""`.
    let triple = quote.to_string().repeat(3);
    if let Some(inner) = text.strip_prefix(&triple) {
        return Some(3..3 + inner.find(&triple).unwrap_or(inner.len().min(MAX_QUOTED)));
    }
    let mut end = closing(text, quote, 1)?;
    // `'it's'`: the quote is a part of the value if a generated text follows.
    while is_within(&text[end + 1..]) {
        let Some(next) =
            closing(text, quote, end + 1).filter(|next| !text[end..*next].contains('\n'))
        else {
            break;
        };
        end = next;
    }
    Some(1..end)
}

/// Whether the text after a quote shows that the quote is a part of the value: a letter follows a closing quote only
/// where it starts a name.
pub(super) fn is_within(after: &str) -> bool {
    after.starts_with(char::is_alphanumeric) && !is_name(after)
        || is_generated(chunk(after)) && !is_name(after)
}

/// The place of the next quote that is not escaped.
pub(super) fn closing(text: &str, quote: char, from: usize) -> Option<usize> {
    let text = &text[..text.floor_char_boundary(MAX_QUOTED)];
    if from > text.len() {
        return None;
    }
    let mut escaped = false;
    for (at, c) in text[from..].char_indices() {
        if c == quote && !escaped {
            return Some(from + at);
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

/// The place of a value without quotes, or whose closing quote is missing. A delimiter ends it, unless a generated
/// text follows: passwords contain all characters.
pub(super) fn bare(text: &str, kind: Name, form: Form, is_password: bool) -> Range<usize> {
    let opening = text.len() - text.trim_start_matches(['"', '\'', '`']).len();
    let mut end = opening + chunk(&text[opening..]).len();
    // A word of a sentence has no tail.
    let has_tail = is_password
        && end > opening
        && matches!(form, Form::Tight | Form::Spaced | Form::Flag)
        && !values::is_plain(&text[opening..end]);
    loop {
        let rest = &text[end..];
        let Some(delimiter) = rest.chars().next() else { break };
        let is_escape = delimiter == '\\';
        let length = if is_escape { 2.min(rest.len()) } else { delimiter.len_utf8() };
        let Some(next) = rest.get(length..) else { break };
        let part = chunk(next);
        let is_far = delimiter.is_whitespace();
        let may_contain = if is_far {
            kind == Name::Password && form != Form::Sentence
        } else {
            kind != Name::Possible
        };
        if has_tail
            && !is_far
            && !is_escape
            && let Some(tail) = tail(rest, delimiter)
        {
            end += tail;
            continue;
        }
        let is_part = if is_far { values::is_random(part) } else { is_generated(part) };
        if !may_contain || !is_part || is_name(next) {
            break;
        }
        end += length + part.len();
    }
    opening..text[..end].trim_end_matches(['.', ':', '!', '?']).len().max(opening)
}

/// The length of delimiters within a password and of the text up to the next delimiter: `&Frost` of `Winter&Frost`.
pub(super) fn tail(rest: &str, delimiter: char) -> Option<usize> {
    let next = rest.trim_start_matches(delimiter);
    let part = chunk(next);
    let is_part = next.starts_with(|c: char| c.is_alphanumeric() || c == '_') && !is_name(next);
    is_part.then(|| rest.len() - next.len() + part.len())
}

/// The text up to the next delimiter.
pub(super) fn chunk(text: &str) -> &str {
    let is_delimiter = |(at, c): &(usize, char)| {
        c.is_whitespace()
            || matches!(
                c,
                ',' | ';'
                    | '&'
                    | '|'
                    | '<'
                    | '>'
                    | '('
                    | ')'
                    | '{'
                    | '}'
                    | '['
                    | ']'
                    | '"'
                    | '\''
                    | '`'
                    | '，'
            )
            || (*c == '\\' && text[at + 1..].starts_with(['n', 'r', 't', '"', '\'', '\\']))
    };
    let end = text.char_indices().find(is_delimiter).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// Whether a text starts with a name and a mark: `encrypt=true`.
pub(super) fn is_name(text: &str) -> bool {
    let part: usize = text
        .chars()
        .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
        .map(char::len_utf8)
        .sum();
    let rest = text[part..].trim_start_matches(['"', '\'']).trim_start_matches(' ');
    part == 0
        || rest.starts_with('=') && !rest.trim_start_matches('=').is_empty()
        || rest.starts_with(':')
}

/// Whether a part of a value looks generated; weaker than [`values::is_random`], because a secret precedes it.
pub(super) fn is_generated(part: &str) -> bool {
    let (_, upper, digits) = values::changes(part);
    let lower = part.bytes().filter(u8::is_ascii_lowercase).count();
    part.len() >= 6 && ((digits > 0 && upper + lower > 0) || (upper >= 2 && lower >= 2))
}

/// The secret part of a header.
pub(super) fn header(text: &str, is_authorization: bool, form: Form) -> Option<Range<usize>> {
    let (start, inner) = match quoted(text) {
        Some(range) => (range.start, &text[range]),
        None => {
            let open = text.len() - text.trim_start_matches(['"', '\'']).len();
            let is_end = |(at, c): &(usize, char)| {
                matches!(c, '\r' | '\n' | '"' | '\'')
                    || (*c == '\\' && text[open + at + 1..].starts_with(['r', 'n']))
            };
            let end =
                text[open..].char_indices().find(is_end).map_or(text.len(), |(at, _)| open + at);
            (open, &text[open..end])
        }
    };
    if !is_authorization {
        return inner
            .contains('=')
            .then_some(start..start + inner.len())
            .filter(|_| form != Form::Sentence);
    }
    let value = scheme(inner);
    let rest = &inner[value..];
    let long =
        ["digest", "aws4-hmac"].iter().any(|name| inner.to_ascii_lowercase().starts_with(name));
    let length =
        if long { rest.len() } else { rest.find([' ', ',', ';', '\\']).unwrap_or(rest.len()) };
    let word = &rest[..length];
    let is_secret = if value > 0 {
        !values::is_plain(word)
    } else {
        !values::is_plain(word)
            && (values::is_random(word)
                || values::is_uuid(inner)
                || (word.len() >= 6 && has_digit_and_letter(word)))
    };
    is_secret.then_some(start + value..start + value + length)
}

/// Length of the authentication scheme at the start of a text: `Bearer `.
pub(super) fn scheme(text: &str) -> usize {
    let Some((word, rest)) = text.split_once(' ') else { return 0 };
    let lower = word.to_ascii_lowercase();
    let is_unknown = || {
        word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') && !rest.contains(' ')
    };
    // `Splunk UUID`
    let is_id = || {
        word.starts_with(|c: char| c.is_ascii_uppercase())
            && values::is_uuid(rest.split([' ', ',', ';']).next().unwrap_or(rest))
    };
    let is_scheme = SCHEMES.contains(&lower.as_str()) || lower.starts_with("aws4-hmac");
    let is_scheme =
        is_scheme || (is_unknown() && values::is_random(rest) && values::is_word(word)) || is_id();
    if is_scheme { text.len() - rest.trim_start().len() } else { 0 }
}

/// The lines of a YAML block: `>-`, a line break, and indented lines.
pub(super) fn yaml_block(text: &str) -> Option<impl Iterator<Item = Range<usize>>> {
    let marks = text.strip_prefix(['>', '|'])?.trim_start_matches(['-', '+']);
    let body = marks.strip_prefix('\r').unwrap_or(marks).strip_prefix('\n')?;
    let mut at = text.len() - body.len();
    let lines = body.split_inclusive('\n').map_while(move |line| {
        let start = at + line.len() - line.trim_start_matches([' ', '\t']).len();
        at += line.len();
        let end = start + line.trim().len();
        (line.starts_with([' ', '\t']) && end > start).then_some(start..end)
    });
    Some(lines)
}
