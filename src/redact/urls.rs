//! URLs and connection strings: passwords in them, and secret parts of paths.

use std::ops::Range;

use super::values;

/// Hosts whose paths contain secrets, among other parts; besides them, those with `hook`.
const SECRET_PATHS: [&str; 9] = [
    "infura.io/",
    "alchemy",
    "quiknode.pro/",
    "quicknode",
    "ankr.com/",
    "maker.ifttt.com/",
    "hc-ping.com/",
    "chainstack.com/",
    "/bot",
];

/// Paths that end in secrets, of any form: the text before them, and how many parts precede the secret.
const SECRET_ENDS: [(&str, usize); 9] = [
    ("hooks.zapier.com/hooks/", 2),
    ("make.com/", 0),
    ("hook.integromat.com/", 0),
    ("pagerduty.com/integration/", 0),
    ("/build_hooks/", 0),
    ("/deploy_hooks/", 0),
    ("/integrations/deploy/", 1),
    ("/calendar/ical/", 1),
    ("/owa/calendar/", 0),
];

/// Parts of such paths that are no secrets.
const PLAIN_PARTS: [&str; 6] =
    ["enqueue", "basic.ics", "full.ics", "calendar.ics", "reachcalendar.ics", "calendar.html"];

/// Schemes before a colon that are no user names: `mailto:a@b`.
const NO_USERS: [&str; 14] = [
    "mailto", "sip", "sips", "xmpp", "acct", "to", "from", "cc", "npm", "git", "ssh", "error",
    "http", "https",
];

/// Adds the secrets in the URL around `://`.
pub(super) fn find_at(text: &str, mark: Range<usize>, spans: &mut Vec<Range<usize>>) {
    let start = mark.end;
    let run = run(&text[start..]);
    let scheme = text[..mark.start]
        .rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '+')
        .next()
        .unwrap_or("");
    let is_web = scheme.starts_with("http") || scheme.starts_with("ws");
    let is_cut = start + run.len() == text.len();
    let user_info = user_info(run, is_web, is_cut)
        .or_else(|| user_info_with_delimiters(&text[start..], run.len(), is_web));
    if let Some(range) = user_info {
        spans.push(start + range.start..start + range.end);
    }
    path(run, |range| spans.push(start + range.start..start + range.end));
    if scheme.starts_with("rtmp")
        && let Some(range) = stream_key(run)
    {
        spans.push(start + range.start..start + range.end);
    }
}

/// Adds the passwords of addresses without a scheme.
pub(super) fn find_without_scheme(text: &str, spans: &mut Vec<Range<usize>>) {
    spans.extend(text.match_indices('@').filter_map(|(at, _)| without_scheme(text, at)));
}

/// The URL around `://`.
pub(super) fn around(text: &str, mark: Range<usize>) -> &str {
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let scheme = mark.start - text[..mark.start].trim_end_matches(is_scheme).len();
    &text[mark.start - scheme..mark.end + run(&text[mark.end..]).len()]
}

/// The characters of a URL at the start of a text.
fn run(text: &str) -> &str {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`' | '\\');
    &text[..text.find(is_end).unwrap_or(text.len())]
}

/// The user and password of a URL. The password can contain characters that should have been percent-encoded, and
/// the text can be cut within it.
fn user_info(url: &str, is_web: bool, is_cut: bool) -> Option<Range<usize>> {
    let authority = &url[..url.find(['/', '?', '#']).unwrap_or(url.len())];
    if authority.starts_with('[') {
        return None;
    }
    let has_port = authority
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let end = match authority.rfind('@') {
        Some(at) if is_web => at,
        Some(at) => last_host(url).unwrap_or(at).max(at),
        None if !authority.contains(':') || has_port => return None,
        None => match last_host(url) {
            Some(at) => at,
            None if is_cut && !is_web && authority.len() == url.len() => authority.len(),
            None => return None,
        },
    };
    let user = &url[..end];
    match user.split_once(':') {
        Some((_, password)) if password.bytes().any(|byte| byte.is_ascii_alphanumeric()) => {
            Some(0..end)
        }
        _ if values::is_random(user.trim_end_matches(':')) => Some(0..end),
        _ => None,
    }
    .filter(|_| !user.starts_with(super::REDACTED))
}

/// Maximum length of a user and a password.
const MAX_USER_INFO: usize = 256;

/// The user and password of a URL whose password contains characters that end a URL in other texts: quotes, angle
/// brackets, a backslash, or a space. What stands where a port would is no number then. `run` is the length of the URL
/// up to the first of them.
fn user_info_with_delimiters(text: &str, run: usize, is_web: bool) -> Option<Range<usize>> {
    let (user, start) = text[..run].split_once(':')?;
    let is_user = user.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-%".contains(&b));
    let is_port = start.bytes().all(|byte| byte.is_ascii_digit());
    if !is_user || is_port || start.contains(['/', '@', '$', '{']) {
        return None;
    }
    let line = text[..text.floor_char_boundary(MAX_USER_INFO)].lines().next().unwrap_or_default();
    let is_end = |at: &usize| {
        let password = &text[run..*at];
        let words = password.split_whitespace().count();
        is_host(&text[at + 1..])
            && !password.contains("://")
            && (words <= 1 && !password.ends_with(char::is_whitespace)
                || words == 2 && password.starts_with(' '))
    };
    let end = line.match_indices('@').map(|(at, _)| at).filter(|at| *at >= run).find(is_end);
    // Without a host, a text where a port would be is still no port: `parse "postgres://app:x": invalid port`.
    let is_password = !is_web && start.len() < run && values::is_random(start);
    end.map(|end| 0..end).or_else(|| is_password.then_some(0..run))
}

/// The last `@` before something like a host.
fn last_host(url: &str) -> Option<usize> {
    url.rmatch_indices('@').map(|(at, _)| at).find(|at| is_host(&url[at + 1..]))
}

fn is_host(text: &str) -> bool {
    let name: &str = &text
        [..text.find(['/', ':', '?', ',', '(', '"', '\'', '`', ' ', ')']).unwrap_or(text.len())];
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '[' | ']');
    name.chars().all(is_name) && name.chars().any(|c| c.is_alphanumeric())
}

/// Adds the generated parts of paths that are secret.
fn path(url: &str, mut add: impl FnMut(Range<usize>)) {
    let lower = url.to_ascii_lowercase();
    let has_hook = lower.contains("hook");
    let may_end = has_hook || lower.contains("/calendar/") || lower.contains("/integration");
    if may_end && let Some(end) = secret_end(url, &lower) {
        let mut at = end;
        for part in url[end..].split('/') {
            let part_end = part.find(['?', '#', ',', ')']).unwrap_or(part.len());
            let secret = part[..part_end].trim_end_matches(['.', ':', ';']);
            if !secret.is_empty() && !PLAIN_PARTS.contains(&secret) {
                add(at..at + secret.len());
            }
            if part_end < part.len() {
                return;
            }
            at += part.len() + 1;
        }
        return;
    }
    if !has_hook && !SECRET_PATHS.iter().any(|path| lower.contains(path)) {
        return;
    }
    let path = &url[..url.find(['?', '#']).unwrap_or(url.len())];
    let mut at = 0;
    for part in path.split('/') {
        let secret = part.split('@').next().unwrap_or(part);
        if at > 0 && secret.len() >= 16 && (values::is_random(secret) || values::is_uuid(secret)) {
            add(at..at + secret.len());
        }
        at += part.len() + 1;
    }
}

/// Where the secret parts of a path start that has no other parts after them.
fn secret_end(url: &str, lower: &str) -> Option<usize> {
    let (after, skipped) = SECRET_ENDS.iter().find_map(|(before, skipped)| {
        let at = lower.find(before)?;
        (*before != "make.com/" || lower.starts_with("hook"))
            .then_some((at + before.len(), *skipped))
    })?;
    let mut end = after;
    for _ in 0..skipped {
        end += url[end..].find('/')? + 1;
    }
    // A public calendar.
    (!url[end..].starts_with("public/")).then_some(end)
}

/// The key of a stream: the part of the path after the host and the application.
fn stream_key(url: &str) -> Option<Range<usize>> {
    let path = &url[..url.find(['?', '#', ',', ')']).unwrap_or(url.len())];
    let path = path.trim_end_matches(['/', '.', ':', ';']);
    let start = path.rfind('/')? + 1;
    let key = &path[start..];
    let has = |test: fn(&u8) -> bool| key.bytes().any(|byte| test(&byte));
    let is_generated = has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic)
        && (key.len() >= 16 || key.len() >= 8 && values::changes(key).0 >= 2);
    (is_generated && path[..start - 1].contains('/')).then_some(start..path.len())
}

/// `user:password@host` without a scheme.
fn without_scheme(text: &str, at: usize) -> Option<Range<usize>> {
    let is_start = |c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`' | '(' | ',' | '=' | '{' | '[')
    };
    let start = text[..at]
        .rfind(is_start)
        .map_or(0, |place| place + text[place..].chars().next().map_or(1, char::len_utf8));
    let (user, password) = text[start..at].split_once(':')?;
    if password.is_empty() || password.starts_with("//") || user.is_empty() || user.contains('/') {
        return None;
    }
    let after = run(&text[at + 1..]);
    // `registry:5000/image@sha256:digest`
    if after.starts_with("sha256:") || after.starts_with("sha512:") {
        return None;
    }
    let is_user =
        user.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '%' | '@'));
    let is_address =
        is_host(after) && after.contains([':', '/', '(']) && after.contains(['.', ':', '(']);
    let is_secret = values::is_random(password) || is_address;
    let is_plain =
        NO_USERS.contains(&user.to_ascii_lowercase().as_str()) && !values::is_random(password);
    let has_letter =
        after.trim_start_matches('v').starts_with(char::is_alphabetic) || after.contains(':');
    (is_user && is_secret && has_letter && !is_plain).then_some(start + user.len() + 1..at)
}
