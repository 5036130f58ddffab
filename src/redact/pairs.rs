//! Pairs: a name and its value, in any spelling: `a=b`, `"a": "b"`, `<a>b</a>`, `--a b`, `'a', 'b'`, `a is b`.

use std::ops::Range;

mod between;
mod extent;

use extent::{MAX_QUOTED, bare, chunk, header, quoted, scheme, yaml_block};

use super::names::{self, Name};
use super::values;

/// Maximum length of the word before a name that is read.
const MAX_WORD: usize = 256;

/// Maximum length of the members between a name and its value.
const MAX_MEMBERS: usize = 256;

/// How a value follows its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `a=b`, `a:b`, `"a": "b"`.
    Tight,
    /// `a: b`, which occurs in sentences too.
    Spaced,
    /// `<a>b</a>`.
    Markup,
    /// `'a', 'b'`, `a | b`, `<td>a</td><td>b</td>`.
    List,
    /// `--a b`.
    Flag,
    /// `a b`, `a is b`.
    Sentence,
    /// `a mismatch: b`, `a (b) is disabled`: what stands there is more often something else.
    Stated,
}

/// A name in a text.
struct Found {
    name: Range<usize>,
    /// Whether quotes end the name.
    quoted: bool,
    /// Whether the name is a flag of a command.
    flag: bool,
    /// Whether `<` precedes the name.
    markup: bool,
    /// Whether the name is emphasized in Markdown: `**a**`.
    emphasized: bool,
}

/// The place of a value after its name.
struct Place {
    start: usize,
    form: Form,
    /// Whether a bracket or brace precedes the value.
    nested: bool,
}

/// Adds the value of the name around a stem, unless the name is secret only in part or was read already: up to
/// `names_end`. Returns the end of the name.
pub(super) fn find_at(
    text: &str,
    stem: Range<usize>,
    names_end: usize,
    spans: &mut Vec<Range<usize>>,
) -> usize {
    if stem.start < names_end {
        return names_end;
    }
    let name = name_around(text, stem);
    let found = Found::new(text, &name);
    // Most names stand in sentences: their next words are cheaper to judge than they are.
    let is_value =
        |place: &Place| place.form != Form::Sentence || may_be_secret(&text[place.start..]);
    if let Some(place) = place(text, &found).filter(is_value)
        && let Some(kind) = classify(text, &name)
    {
        value(text, &found, kind, &place, spans);
    }
    name.end
}

/// Whether the text after a name in a sentence can be its value.
fn may_be_secret(text: &str) -> bool {
    let word = chunk(text.trim_start_matches(['"', '\'', '`']));
    text.starts_with(['"', '\'', '`'])
        || values::is_random(word.trim_end_matches(['.', ':', '!', '?']))
}

/// Expands a part of a name to the complete name.
pub(super) fn name_around(text: &str, part: Range<usize>) -> Range<usize> {
    let before: usize =
        text[..part.start].chars().rev().take_while(|c| is_name_char(*c)).map(char::len_utf8).sum();
    let after: usize =
        text[part.end..].chars().take_while(|c| is_name_char(*c)).map(char::len_utf8).sum();
    let name = &text[part.start - before..part.end + after];
    let end = part.start - before + name.trim_end_matches(['.', '-']).len();
    let start = end - name.trim_end_matches(['.', '-']).trim_start_matches(['.', '-']).len();
    start..end.max(part.end)
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

impl Found {
    fn new(text: &str, name: &Range<usize>) -> Self {
        let before = &text[..name.start];
        let dashes = before.len() - before.trim_end_matches('-').len();
        let precedes_flag = |c: char| !c.is_alphanumeric();
        Self {
            name: name.clone(),
            quoted: text[name.end..].starts_with(['"', '\'', '`']),
            flag: dashes > 0
                && before[..before.len() - dashes].chars().next_back().is_none_or(precedes_flag),
            emphasized: before.ends_with(['*', '~']) || text[name.clone()].starts_with("__"),
            markup: before.strip_suffix(':').map_or(before, without_name).ends_with('<'),
        }
    }
}

/// A text without the name at its end.
fn without_name(text: &str) -> &str {
    let near = &text[text.floor_char_boundary(text.len().saturating_sub(MAX_WORD))..];
    let name = near.len() - near.trim_end_matches(is_name_char).len();
    &text[..text.len() - name]
}

/// The characters before a place, back to a space.
fn word_before(before: &str) -> &str {
    // Long JSON has no spaces.
    let near = &before[before.floor_char_boundary(before.len().saturating_sub(MAX_WORD))..];
    near.rsplit(char::is_whitespace).next().unwrap_or("")
}

/// Decides what a name says about its value. The word before `key` counts: `API key`.
fn classify(text: &str, name: &Range<usize>) -> Option<Name> {
    let (before, word) = (&text[..name.start], &text[name.clone()]);
    let is_second =
        ["key", "token", "string", "passe"].iter().any(|second| word.eq_ignore_ascii_case(second));
    if word.eq_ignore_ascii_case("passe") && before.to_ascii_lowercase().ends_with("mot de ") {
        return Some(Name::Password);
    }
    let previous = before.strip_suffix(' ').filter(|_| is_second);
    let previous = previous.and_then(|before| before.rsplit(|c: char| !c.is_alphanumeric()).next());
    let kind = match previous.filter(|previous| !previous.is_empty()) {
        Some(previous) => {
            let is_plain = word.eq_ignore_ascii_case("key") && names::is_plain_key(previous);
            let alone = || names::classify(word).filter(|_| !is_plain);
            names::classify(&format!("{previous}_{word}")).or_else(alone)
        }
        None => names::classify(word),
    }?;
    // The name of a resource: `arn:aws:…:secret:name`; the file of a path: `/etc/passwd: permission denied`.
    if word_before(before).trim_start_matches(['"', '\'', '(']).starts_with("arn:") {
        return None;
    }
    Some(if before.ends_with('/') { Name::Possible } else { kind })
}

/// Finds the place of the value after a name.
fn place(text: &str, found: &Found) -> Option<Place> {
    let after = &text[found.name.end..];
    let rest = after.trim_start_matches(['"', '\'', '`', ']', ')', '*', '~']);
    let spaced = rest.trim_start_matches([' ', '\t']);
    let at = |rest: &str| text.len() - rest.len();
    if let Some((value, form)) = between::stated(spaced, spaced.len() < rest.len()) {
        return Some(Place { start: at(value), form, nested: false });
    }
    let marked = between::before_mark(spaced, spaced.len() < rest.len()).unwrap_or(spaced);
    let assigned = [":=", "=>", "==", "->", "=", ":", "：", "＝"]
        .iter()
        .find_map(|mark| marked.strip_prefix(mark));
    if let Some(value) = assigned {
        let value_start = value.trim_start_matches([' ', '\t']);
        if let Some((value, form)) =
            between::after_mark(value_start, found, marked.starts_with(':'))
        {
            return Some(Place { start: at(value), form, nested: false });
        }
        // An error is no value.
        if value_start.starts_with("Err(") {
            return None;
        }
        let form = if value_start.len() == value.len() || found.quoted {
            Form::Tight
        } else {
            Form::Spaced
        };
        let is_equals = !marked.starts_with(':');
        let form = if is_equals && value_start.len() < value.len() && marked.len() < rest.len() {
            Form::Tight
        } else {
            form
        };
        let start = between::wrapped(skip_openers(value_start));
        return Some(Place { start: at(start), form, nested: start.len() < value_start.len() });
    }
    if let Some(value) = between::value_after(
        rest,
        after.len() > rest.len() && after[..after.len() - rest.len()].contains(']'),
    ) {
        return Some(Place { start: at(value), form: Form::Tight, nested: false });
    }
    // A pair of Elixir or Erlang: `{:password, "a"}`, `{password,<<"a">>}`.
    let pair = spaced.strip_prefix(',').map(|rest| rest.trim_start().trim_start_matches('<'));
    let is_pair = text[..found.name.start].trim_end_matches(':').ends_with('{');
    if let Some(value) = pair.filter(|value| is_pair && !found.quoted && value.starts_with('"')) {
        return Some(Place { start: at(value), form: Form::Tight, nested: false });
    }
    let list = spaced.strip_prefix(',').map(str::trim_start).filter(|_| found.quoted);
    if let Some(list) = list {
        return list_value(list).map(|(value, form)| Place {
            start: at(value),
            form,
            nested: false,
        });
    }
    if let Some((value, form)) = between::without_mark(text, found, rest) {
        return Some(Place { start: at(value), form, nested: false });
    }
    if spaced.len() == rest.len()
        || found.quoted && rest.len() < after.len() && !rest.starts_with(' ')
    {
        return None;
    }
    let verb = ["is ", "was ", "of ", "ist ", "to ", "TO "]
        .iter()
        .find_map(|verb| spaced.strip_prefix(verb));
    let form = if found.flag { Form::Flag } else { Form::Sentence };
    Some(Place { start: at(verb.unwrap_or(spaced)), form, nested: false })
}

/// The value after a quoted name and a comma: `'a', 'b'`, or `"name": "a", "value": "b"`.
fn list_value(list: &str) -> Option<(&str, Form)> {
    let quotes = ['"', '\''];
    for key in ["value", "val", "content", "Value", "v"] {
        let after = list.strip_prefix(quotes).unwrap_or(list).strip_prefix(key);
        let value = after.and_then(|rest| {
            rest.strip_prefix(quotes).unwrap_or(rest).trim_start().strip_prefix(':')
        });
        if let Some(value) = value {
            return Some((value.trim_start(), Form::Tight));
        }
    }
    // Members between the name and its value: `"name": "a", "slot": false, "value": "b"`.
    let near = &list[..list.floor_char_boundary(MAX_MEMBERS)];
    let members = &near[..near.find(['}', ']']).unwrap_or(near.len())];
    let is_member = ["\":", "':", "\" :"].iter().any(|mark| members.contains(mark));
    if is_member {
        return ["\"value\"", "'value'", "\"Value\"", "'Value'"].iter().find_map(|name| {
            let after = &list[members.find(name)? + name.len()..];
            Some((after.trim_start().strip_prefix(':')?.trim_start(), Form::Tight))
        });
    }
    let list = skip_openers(list);
    list.starts_with(quotes).then_some((list, Form::List))
}

/// Skips brackets, and what precedes quotes in some languages: `["`, `$'`, `b"`.
fn skip_openers(value: &str) -> &str {
    let inner = value.trim_start_matches(['[', '{', '(', ' ']);
    let quoted = inner.trim_start_matches(['$', 'b', 'u', 'r', 'f', 'N', 'E', '@']);
    if inner.len() - quoted.len() == 1 && quoted.starts_with(['"', '\'']) { quoted } else { inner }
}

/// Adds the value at a place if it is secret.
fn value(text: &str, found: &Found, kind: Name, place: &Place, spans: &mut Vec<Range<usize>>) {
    let name = text[found.name.clone()].to_lowercase();
    let rest = &text[place.start..];
    if name.ends_with("signature")
        && let Some(range) = signatures(rest)
    {
        spans.push(place.start + range.start..place.start + range.end);
        return;
    }
    if let Some(block) = yaml_block(rest) {
        let is_secret =
            |line: &Range<usize>| kind != Name::Possible || values::is_random(&rest[line.clone()]);
        let lines = block.filter(is_secret);
        spans.extend(lines.map(|range| place.start + range.start..place.start + range.end));
        return;
    }
    let is_header = name.ends_with("authorization");
    if is_header || name.ends_with("cookie") {
        if let Some(range) = header(rest, is_header, place.form) {
            spans.push(place.start + range.start..place.start + range.end);
            return;
        }
        if is_header && quoted(rest).is_none() {
            return;
        }
    }
    let (range, quoted) = match quoted(rest) {
        Some(range) => (range, true),
        None if place.form == Form::Markup => {
            let near = &rest[..rest.floor_char_boundary(MAX_QUOTED)];
            let content = &near[..near.find('<').unwrap_or(near.len())];
            (0..content.strip_suffix("]]>").unwrap_or(content).len(), true)
        }
        None => {
            let is_password =
                kind == Name::Password || ["pass", "pw"].iter().any(|end| name.ends_with(end));
            (bare(rest, kind, place.form, is_password), false)
        }
    };
    let content = &rest[range.clone()];
    let after = rest[range.end..].trim_start_matches(['"', '\'', '`']).trim_start();
    // `{ password: { min: 8 } }`: a name and no value.
    let is_name = place.nested && (after.starts_with(['=']) || after.starts_with(':'));
    let is_possible_key = place.nested && values::is_random(content);
    if (!is_name || is_possible_key)
        && is_secret((kind, &name, found.quoted), content, place, quoted)
    {
        let start = if place.form == Form::List || quoted { scheme(content) } else { 0 };
        spans.push(place.start + range.start + start..place.start + range.end);
        // A change: `password = "a" -> "b"`.
        let changed = rest[range.end..].strip_prefix("\" -> \"");
        if let Some(new) = changed.and_then(|new| new.split('"').next()) {
            let start = place.start + range.end + 6;
            spans.push(start..start + new.len());
        }
    }
}

/// The parts of a signature: `t=1,v1=b`.
fn signatures(text: &str) -> Option<Range<usize>> {
    let inner = text.trim_start_matches(['"', '\'']);
    let length = inner.find(|c: char| !(c.is_ascii_alphanumeric() || "=,_-+/.".contains(c)));
    let parts = &inner[..length.unwrap_or(inner.len())];
    let is_version = |part: &str| part.starts_with("v1=") || part.starts_with("v0=");
    let start = text.len() - inner.len();
    parts.split(',').any(is_version).then_some(start..start + parts.len())
}

/// Whether the value of a name is secret. The name has a kind, and quotes or none.
fn is_secret(
    (kind, name, name_is_quoted): (Name, &str, bool),
    value: &str,
    place: &Place,
    quoted: bool,
) -> bool {
    let inner = value.trim();
    if kind == Name::Password && place.form == Form::Tight && values::is_weak_password(inner) {
        return true;
    }
    if inner.is_empty() || values::is_plain(inner) || (quoted && values::is_sentence(inner)) {
        return false;
    }
    let is_generated = || inner.split_whitespace().any(values::is_random);
    match (place.form, kind) {
        (Form::Stated, Name::Possible) => false,
        (Form::Stated, _) => {
            let is_place = inner.starts_with('/') || inner.contains('/') && inner.contains(':');
            !is_place && (is_generated() || is_short_password(inner))
        }
        (Form::List, Name::Password) => is_generated() || is_short_password(inner),
        (Form::List, _) | (_, Name::Possible) => is_generated(),
        (Form::Sentence, Name::Password) if quoted => {
            is_generated()
                || !inner.contains(' ') && (name == "password" || has_digit_and_letter(inner))
        }
        (Form::Sentence, Name::Password | Name::Secret) => is_generated(),
        (Form::Flag, _) if inner.starts_with('-') => false,
        (Form::Spaced, Name::Password) if !quoted => !(values::is_number(inner) && inner.len() < 4),
        (_, Name::Password) => !(values::is_number(inner) && inner.len() < 4 && !quoted),
        (_, Name::Secret) => {
            let is_id = values::is_uuid(inner) && name.contains(['-', '_']);
            is_id || is_secret_value(inner, place, quoted, name_is_quoted)
        }
    }
}

/// Whether the value of a secret that is no password is secret. Words and short numbers are not, unless the text is
/// structured: `invalid token: EOF`.
fn is_secret_value(value: &str, place: &Place, quoted: bool, name_is_quoted: bool) -> bool {
    let is_upper_word = value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    if values::is_number(value) {
        return value.len() >= 6;
    }
    if quoted {
        return name_is_quoted || place.form == Form::Markup || !is_upper_word;
    }
    match place.form {
        Form::Tight => !is_upper_word && (!value.starts_with('/') || values::is_random(value)),
        _ => {
            let (changes, ..) = values::changes(value);
            values::is_random(value)
                || (value.len() >= 6
                    && changes >= 2
                    && !values::is_uuid(value)
                    && has_digit_and_letter(value))
                || (value.len() >= 8
                    && has_digit_and_letter(value)
                    && !value.contains(['-', '.', '/', ':']))
                || (value.len() >= 16
                    && !values::is_word(value)
                    && !value.contains(['/', '.', ':']))
        }
    }
}

/// Whether a word is a generated password that is too short to look random: `SRwLx9Kq`.
fn is_short_password(value: &str) -> bool {
    value.len() >= 8
        && values::changes(value).0 >= 3
        && has_digit_and_letter(value)
        && !values::is_uuid(value)
}

fn has_digit_and_letter(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// The parts of secret names. Marks ignore the case of ASCII letters only, so the others have both.
pub(super) fn stems() -> Vec<String> {
    let spellings = |stem: &str| match stem.is_ascii() {
        true => vec![stem.to_owned()],
        false => {
            let mut spellings = vec![stem.to_owned(), stem.to_uppercase(), capitalized(stem)];
            spellings.sort_unstable();
            spellings.dedup();
            spellings
        }
    };
    names::stems().flat_map(spellings).collect()
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
