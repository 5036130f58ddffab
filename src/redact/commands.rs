//! Secrets in command lines: options of well-known commands, and commands of servers.

use std::ops::Range;

use super::values;

/// Commands whose options `-p`, `-a`, `-w` and `-u` are passwords.
const COMMANDS: [&str; 12] = [
    "sshpass",
    "docker login",
    "podman login",
    "mysql",
    "mysqldump",
    "redis-cli",
    "curl",
    "wget",
    "ldapsearch",
    "helm registry",
    "smbclient",
    "mongo",
];

/// The `AUTH` command of Redis and SMTP: `AUTH default x`, `command: 'AUTH', args: ['x']`.
pub(super) fn auth_command(text: &str, spans: &mut Vec<Range<usize>>) {
    for (at, _) in text.match_indices("AUTH") {
        let is_joined = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        if is_joined(text[..at].chars().next_back()) || is_joined(text[at + 4..].chars().next()) {
            continue;
        }
        let line = text[at + 4..].lines().next().unwrap_or("");
        let mut from = at + 4;
        for part in line.split(|c: char| c.is_whitespace() || "\"'`,[]{}()".contains(c)).take(16) {
            if values::is_random(part) {
                spans.push(from..from + part.len());
            }
            from += part.len() + 1;
        }
    }
}

/// Options of well-known commands: `sshpass -p x`, `curl -u a:x`.
pub(super) fn options(text: &str, spans: &mut Vec<Range<usize>>) {
    if !text.contains(" -") {
        return;
    }
    let has_command = COMMANDS.iter().any(|command| text.contains(command));
    for (at, _) in text.match_indices(" -") {
        let option = &text[at + 2..];
        let Some(letter) = option.chars().next() else { continue };
        let long =
            ["-user ", "-user=", "-proxy-user "].iter().find(|name| option.starts_with(**name));
        let length = long.map_or(1, |name| name.len());
        if long.is_none() && !"paAwuU".contains(letter) {
            continue;
        }
        let value = &option[length..];
        let value = value.trim_start_matches([' ', '"', '\'', '=']);
        let start = text.len() - value.len();
        let value = &value[..value.find([' ', '"', '\'', '\n']).unwrap_or(value.len())];
        let is_user = long.is_some() || "uU".contains(letter);
        let secret = if is_user {
            value.split_once(':').map_or("", |(_, password)| password)
        } else {
            value
        };
        let is_value = !secret.starts_with(['-', '/'])
            && !values::is_plain(secret)
            && !values::is_number(secret);
        let is_separate = option[length..].starts_with([' ', '=']) || long.is_some() || is_user;
        let is_secret = if has_command {
            is_value && (is_separate || secret.len() >= 6 && has_digit(secret))
        } else {
            is_user && values::is_random(secret)
        };
        if is_secret && !secret.is_empty() && !value.contains("://") {
            spans.push(start + value.len() - secret.len()..start + value.len());
        }
    }
}

/// Whether a word is a command whose options contain secrets.
pub(super) fn is_command(word: &str) -> bool {
    COMMANDS.contains(&word.rsplit('/').next().unwrap_or(word))
}

/// Where the secret starts in an argument of such a command, after the argument before it: all of the one after `-p`,
/// a part of `-px`, and the password of the one after `-u`.
pub(super) fn secret_of_option(before: &str, argument: &str) -> Option<usize> {
    let start = match before {
        "-p" | "-a" | "-w" | "-P" | "-A" | "--pass" => 0,
        "-u" | "-U" | "--user" | "--proxy-user" => argument.find(':')? + 1,
        _ if argument.starts_with("-p") && argument.len() >= 8 && has_digit(argument) => 2,
        _ => return None,
    };
    let secret = &argument[start..];
    let is_secret = !secret.starts_with(['-', '/'])
        && !secret.is_empty()
        && !values::is_plain(secret)
        && !values::is_number(secret)
        && !argument.contains("://");
    is_secret.then_some(start)
}

/// Options in a list of quoted arguments: `["sshpass","-p","x"]`.
pub(super) fn quoted_options(text: &str, spans: &mut Vec<Range<usize>>) {
    for quote in ['"', '\''] {
        let mut is_known = false;
        let (mut at, mut before) = (0, "");
        for part in text.split(quote) {
            is_known |= is_command(part);
            if part.trim_matches([',', ' ', '\n']).is_empty() {
                at += part.len() + 1;
                continue;
            }
            let start = if is_known { secret_of_option(before, part) } else { None };
            spans.extend(start.map(|start| at + start..at + part.len()));
            before = part;
            is_known &= !part.contains([']', ')']);
            at += part.len() + 1;
        }
    }
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}
