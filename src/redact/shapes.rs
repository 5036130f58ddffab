//! Secrets without a name and without a vendor's prefix: schemes, PEM, base64, paths; and the table of all rules that start
//! from a text.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{commands, names, statements, values};

/// Minimum length of a run of characters that can be an encoded secret.
const MIN_RUN: usize = 24;

/// Minimum length of a word with a name and a password.
const MIN_SHAPED: usize = 8;

/// Minimum length of the address of an account: `a@b.c`.
const MIN_LOGIN: usize = 5;

/// Minimum length of a private member of a JSON Web Key.
const MIN_WEB_KEY: usize = 16;

/// Maximum length of a JSON Web Key on each side of `kty`.
const MAX_WEB_KEY: usize = 8 * 1024;

/// The rules, and the texts of which one occurs wherever the rule can find something. Most ignore the case.
const RULES: [(&[&str], bool, Rule); 15] = [
    (&["-----", "private-lines:"], true, pem),
    (&["bearer ", "basic "], true, schemes),
    (&["AUTH"], false, commands::auth_command),
    (&[" -p", " -a", " -w", " -u", "--user", "--proxy"], true, commands::options),
    (&["\"-p", "\"-a", "\"-w", "\"-u", "'-p", "'-a", "'-w", "'-u"], true, commands::quoted_options),
    (&["identified by", "identified with", "response="], true, statements::literals),
    (&[")=(", ") = (", "values"], true, statements::lists),
    (&["crypt(", "hmac(", "_bytea(", "set_config("], true, statements::calls),
    (&["/reset-password/", "/webhook", "/invite/", "/magic-link/"], true, paths),
    (&["kty\"", "kty'", "kty:"], false, web_keys),
    (&["params", "parameters"], true, statements::parameters),
    (&["Duplicate entry", "duplicate key value", "dup key:"], false, statements::duplicates),
    (&["'auth'", "\"auth\"", "WRONGPASS"], false, commands::auth_arguments),
    (
        &[
            "__construct(",
            "new pdo(",
            "mysqli_connect(",
            "authenticate(",
            "ldap_bind(",
            "ftp_login(",
            "imap_open(",
        ],
        true,
        commands::login_arguments,
    ),
    (&["invalid port \"", "Port could not be cast"], false, ports),
];

/// Adds the places of the secrets of one kind.
type Rule = fn(&str, &mut Vec<Range<usize>>);

/// The rules that were applied to a text. Each one reads all of the text.
#[derive(Default)]
pub(super) struct Applied([bool; RULES.len()]);

impl Applied {
    /// Applies a rule, unless it was applied.
    pub(super) fn apply(&mut self, rule: usize, text: &str, spans: &mut Vec<Range<usize>>) {
        if !std::mem::replace(&mut self.0[rule], true) {
            RULES[rule].2(text, spans);
        }
    }
}

/// The texts that rules start from, whether they ignore the case, and the rules by their indexes.
pub(super) fn starts() -> impl Iterator<Item = (&'static str, bool, usize)> {
    RULES.iter().enumerate().flat_map(|(rule, (texts, ignores_case, _))| {
        texts.iter().map(move |text| (*text, *ignores_case, rule))
    })
}

/// Generated parts of paths without a host: `/reset-password/x`.
fn paths(text: &str, spans: &mut Vec<Range<usize>>) {
    for marker in ["/reset-password/", "/webhooks/", "/webhook/", "/invite/", "/magic-link/"] {
        for (at, _) in text.match_indices(marker) {
            let mut from = at + marker.len();
            let run = text[from..].split(char::is_whitespace).next().unwrap_or("");
            for part in run.split(['/', '?', '#', '"', '\'']) {
                if part.len() >= 16 && values::is_random(part) {
                    spans.push(from..from + part.len());
                }
                from += part.len() + 1;
            }
        }
    }
}

/// Parts of passwords that a parser of URLs took for the port: `invalid port ":x" after host`.
fn ports(text: &str, spans: &mut Vec<Range<usize>>) {
    for mark in ["invalid port \":", "Port could not be cast to integer value as '"] {
        for (at, _) in text.match_indices(mark) {
            let start = at + mark.len();
            let value = &text[start..];
            let value = &value[..value.find(['"', '\'']).unwrap_or(value.len())];
            if !values::is_number(value) && !values::is_plain(value) {
                spans.push(start..start + value.len());
            }
        }
    }
}

/// Private keys: up to the end of the block or of the text, and blocks whose start is missing.
fn pem(text: &str, spans: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(begin) = text[at..].find("-----BEGIN ").map(|found| at + found) {
        let title = &text[begin + 11..];
        let title = &title[..title.find("-----").unwrap_or(title.len())];
        at = begin + 11;
        if title.contains("PRIVATE KEY") {
            let end = text[at..].find("-----END ").map_or(text.len(), |found| at + found);
            let close = text[end..]
                .get(9..)
                .and_then(|rest| rest.find("-----"))
                .map_or(text.len(), |found| end + 9 + found + 5);
            spans.push(begin..close);
            at = close;
        }
    }
    if let Some(end) = text
        .find("-----END ")
        .filter(|end| text[*end..].lines().next().is_some_and(|l| l.contains("PRIVATE KEY")))
        && !text[..end].contains("-----BEGIN ")
    {
        let is_key = |c: char| c.is_ascii_alphanumeric() || "+/=\n\r\\ ".contains(c);
        let start = text[..end].rfind(|c: char| !is_key(c)).map_or(0, |place| place + 1);
        spans.push(start..end);
    }
    if let Some(lines) = text.find("Private-Lines:") {
        let body = text[lines..].find('\n').map_or(text.len(), |found| lines + found + 1);
        let end = text[body..].find("Private-MAC").map_or(text.len(), |found| body + found);
        spans.push(body..end.max(body));
    }
}

/// The private members of a JSON Web Key, an object with `kty`: `{"kty":"EC","x":"…","d":"…"}`.
fn web_keys(text: &str, spans: &mut Vec<Range<usize>>) {
    let mut done = 0;
    for (at, _) in text.match_indices("kty") {
        if at < done {
            continue;
        }
        let near = text.floor_char_boundary(at.saturating_sub(MAX_WEB_KEY)).max(done);
        let start = text[near..at].rfind(['{', '}']).map_or(near, |open| near + open + 1);
        let far = text.ceil_char_boundary((at + MAX_WEB_KEY).min(text.len()));
        let end = text[at..far].find(['{', '}']).map_or(far, |close| at + close);
        done = end;
        let (mut from, mut before) = (start, "");
        for part in text[start..end].split(['"', '\'']) {
            let is_base64 = |c: char| c.is_ascii_alphanumeric() || "-_+/=".contains(c);
            if part.len() >= MIN_WEB_KEY && part.chars().all(is_base64) && is_private(before) {
                spans.push(from..from + part.len());
            }
            // The mark stands between the name and the value.
            let is_mark = part.trim() == ":";
            before = if is_mark { before } else { part.trim_end().trim_end_matches(':') };
            from += part.len() + 1;
        }
    }
}

/// Whether a text ends with the name of a private member of a JSON Web Key.
fn is_private(before: &str) -> bool {
    let name = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
    names::is_private_in_web_key(name)
}

/// `Bearer x` and `Basic x` without the name of a header.
fn schemes(text: &str, spans: &mut Vec<Range<usize>>) {
    for at in (0..text.len()).filter(|at| matches!(text.as_bytes()[*at], b'b' | b'B')) {
        let word = |name: &str| {
            text[at..].get(..name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name))
        };
        let is_joined = at > 0 && text.as_bytes()[at - 1].is_ascii_alphanumeric();
        let Some(name) =
            ["bearer ", "basic "].into_iter().find(|name| word(name)).filter(|_| !is_joined)
        else {
            continue;
        };
        let start = at + name.len();
        let token = &text[start..];
        let is_token = |c: char| c.is_ascii_alphanumeric() || "._~+/=-".contains(c);
        let token = &token[..token.find(|c| !is_token(c)).unwrap_or(token.len())];
        let token = token.trim_end_matches('.');
        // `token_type=bearer expires_in=3600`
        if token.trim_end_matches('=').contains('=') {
            continue;
        }
        let (changes, _, digits) = values::changes(token);
        let is_encoded = || decode(token).is_some_and(|decoded| decoded.contains(':'));
        let is_secret = if name == "basic " {
            values::is_random(token) || is_encoded()
        } else {
            !values::is_plain(token)
                && (digits > 0
                    || changes >= 2
                    || token.len() >= 16
                    || token.matches('.').count() == 2)
        };
        if is_secret {
            spans.push(start..start + token.len());
        }
    }
}

/// The bytes between words.
const ENDS: [bool; 256] = {
    let (mut ends, mut byte) = ([false; 256], 0);
    while byte <= b' ' as usize {
        ends[byte] = true;
        byte += 1;
    }
    let (marks, mut at) = (b"\"'<>`(),;{}\\", 0);
    while at < marks.len() {
        ends[marks[at] as usize] = true;
        at += 1;
    }
    ends
};

/// Words that are secrets by their shape: password files, logins, encoded secrets, tokens in three parts.
pub(super) fn shaped_words(text: &str, spans: &mut Vec<Range<usize>>) {
    let (mut start, mut login) = (0, false);
    while start < text.len() {
        let rest = &text.as_bytes()[start..];
        let length = rest.iter().position(|byte| ENDS[usize::from(*byte)]).unwrap_or(rest.len());
        let word = &text[start..start + length];
        if login && values::is_random(word) {
            spans.push(start..start + length);
        }
        login = (login && matches!(word, "/" | "|" | ":"))
            || (length >= MIN_LOGIN && word.contains('@') && word.contains('.'));
        if length >= MIN_RUN || (length >= MIN_SHAPED && word.contains(':')) {
            let found = word_secrets(word).into_iter();
            spans.extend(found.map(|found| start + found.start..start + found.end));
        }
        start += length + 1;
    }
}

fn word_secrets(word: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if !word.is_ascii() {
        return found;
    }
    // `name@host:password`, and `host:port:database:user:password`.
    if let Some((address, password)) = word.rsplit_once(':')
        && (values::is_random(password)
            || (password.len() >= 8 && values::changes(password).0 >= 2))
    {
        let parts: Vec<&str> = address.split(':').collect();
        let is_login = parts.len() == 1 && is_account(address);
        let is_file =
            parts.len() == 4 && parts[1].bytes().all(|byte| byte.is_ascii_digit() || byte == b'*');
        if is_login || is_file {
            found.push(word.len() - password.len()..word.len());
        }
    }
    // Asana.
    if let Some((account, token)) = word.split_once(':')
        && let Some((_, id)) = account.rsplit_once('/')
        && id.len() >= 13
        && id.bytes().all(|byte| byte.is_ascii_digit())
        && token.len() == 32
        && token.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        found.push(word.len() - token.len()..word.len());
    }
    // Azure client secrets, Telegram bots.
    if let Some(at) = word.find("Q~").filter(|at| *at >= 4 && word.len() >= at + 30) {
        found.push(at - 4..word.len());
    }
    if let Some(at) = word.find(":AA").filter(|at| word.len() >= at + 30) {
        let rest = &word[at + 1..];
        let end = rest.find('/').unwrap_or(rest.len());
        let id = word[..at].bytes().rev().take_while(u8::is_ascii_digit).count();
        if id >= 8 && end >= 30 {
            found.push(at + 1..at + 1 + end);
        }
    }
    encoded(word, &mut found);
    found
}

/// Whether a word is the address of an account, and not an image: `registry/app@sha256`.
fn is_account(address: &str) -> bool {
    address.rsplit_once('@').is_some_and(|(_, host)| host.contains('.'))
}

/// Tokens in three parts, keys with a suffix, and base64 of a text that contains a secret.
fn encoded(word: &str, found: &mut Vec<Range<usize>>) {
    let is_run = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_.-".contains(&byte);
    let mut start = 0;
    for run in word.split(|c: char| !c.is_ascii() || !is_run(c as u8)) {
        let range = start..start + run.len();
        start = range.end + 1;
        if run.len() < MIN_RUN {
            continue;
        }
        let mut parts = run.split('.');
        let parts = (parts.next(), parts.next(), parts.next(), parts.next());
        let is_bot = matches!(parts, (Some(id), Some(time), Some(code), None)
            if id.len() >= 18 && (5..=8).contains(&time.len()) && code.len() >= 20 && values::is_random(code));
        // Airtable.
        let is_personal = run.len() == 82
            && run.starts_with("pat")
            && run.as_bytes()[17] == b'.'
            && run[18..].bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_mail_key = run.len() >= 36
            && run[32..].starts_with("-us")
            && run[..32].bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_key = run.len() >= 64
            && run.starts_with("MII")
            && matches!(run.get(6..10), Some("IBAD" | "IBAA"));
        // New Relic, Azure DevOps, ClickUp.
        let is_suffixed = run.len() == 40 && run.ends_with("NRAL")
            || run.len() == 84 && run.get(76..80) == Some("AZDO")
            || run.strip_prefix("pk_").is_some_and(|rest| {
                rest.split_once('_').is_some_and(|(id, key)| {
                    id.bytes().all(|b| b.is_ascii_digit()) && key.len() == 32
                })
            });
        if is_suffixed || is_bot || is_personal || is_mail_key || is_key || hides_secret(run) {
            found.push(range);
        }
    }
}

/// Whether a text is base64 of a text that contains a secret.
fn hides_secret(run: &str) -> bool {
    decode(run).is_some_and(|decoded| {
        let mut spans = Vec::new();
        super::find_marked(&decoded, &mut spans);
        !spans.is_empty()
    })
}

/// Decodes base64 of printable text, also if it is cut.
fn decode(text: &str) -> Option<String> {
    const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, CONFIG);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::URL_SAFE, CONFIG);
    let text = text.trim_end_matches('=');
    let whole = text.get(..text.len() - usize::from(text.len() % 4 == 1))?;
    let engine = if whole.contains(['-', '_']) { URL_SAFE } else { STANDARD };
    // Most identifiers fail here, before memory is allocated for them.
    let mut first = [0; 6];
    let length = engine.decode_slice(whole.get(..8)?, &mut first).ok()?;
    if !first[..length].iter().all(|byte| matches!(byte, b' '..=b'~')) {
        return None;
    }
    let text = String::from_utf8(engine.decode(whole).ok()?).ok()?;
    text.chars().all(|c| !c.is_control() || c.is_whitespace()).then_some(text)
}
