//! Secrets in command lines: options of well-known commands, and commands of servers.

use std::ops::Range;

use super::{statements, values};

/// Letters of options that contain a password in most commands.
const USUAL: &str = "paAwuU";

/// Commands, and the letters of their options that contain a password, or a user and a password.
const COMMANDS: [(&str, &str); 19] = [
    ("sshpass", USUAL),
    ("docker login", USUAL),
    ("podman login", USUAL),
    ("mysql", USUAL),
    ("mysqldump", USUAL),
    ("redis-cli", USUAL),
    ("curl", USUAL),
    ("wget", USUAL),
    ("ldapsearch", USUAL),
    ("helm registry", USUAL),
    ("smbclient", USUAL),
    ("mongo", USUAL),
    ("az login", "p"),
    ("lftp", "u"),
    ("sqlcmd", "P"),
    ("unzip", "P"),
    ("7z", "p"),
    ("youtube-dl", "p"),
    ("yt-dlp", "p"),
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

/// The same command as clients print it: `{ name: 'auth', args: [ 'x' ] }`, and `auth default x: WRONGPASS`.
pub(super) fn auth_arguments(text: &str, spans: &mut Vec<Range<usize>>) {
    for (at, name) in ["'auth'", "\"auth\""].iter().flat_map(|name| text.match_indices(name)) {
        let after = &text[at + name.len()..];
        let near = &after[..after.floor_char_boundary(MAX_GAP)];
        let Some(list) =
            near.find("args").and_then(|args| near[args..].find('[').map(|b| args + b))
        else {
            continue;
        };
        let inner = &after[list + 1..];
        let inner = &inner[..inner.find(']').unwrap_or(inner.len())];
        let mut from = text.len() - after.len() + list + 1;
        for part in inner.split(['"', '\'']) {
            let is_between = part.trim_matches([',', ' ', '\n']).is_empty();
            if !is_between && !values::is_plain(part) {
                spans.push(from..from + part.len());
            }
            from += part.len() + 1;
        }
    }
    let Some(refused) = text.find(": WRONGPASS") else { return };
    let line = &text[..refused];
    let line = &line[line.rfind('\n').map_or(0, |end| end + 1)..];
    let is_command = line.split(' ').any(|word| word == "auth");
    let password = line.rsplit(' ').next().unwrap_or_default();
    if is_command && !values::is_plain(password) {
        spans.push(refused - password.len()..refused);
    }
}

/// Maximum length between the name of a command and its arguments.
const MAX_GAP: usize = 32;

/// Functions that log in, in lower case, and the index of the argument that is the password.
const LOGINS: [(&str, usize); 8] = [
    ("pdo->__construct(", 2),
    ("new pdo(", 2),
    ("mysqli->__construct(", 2),
    ("mysqli_connect(", 2),
    ("->authenticate(", 1),
    ("ldap_bind(", 2),
    ("ftp_login(", 2),
    ("imap_open(", 2),
];

/// Passwords in the arguments of a stack trace: `#0 PDO->__construct('mysql:host=a', 'root', 'x')`.
pub(super) fn login_arguments(text: &str, spans: &mut Vec<Range<usize>>) {
    let lower = text.to_ascii_lowercase();
    for (name, index) in LOGINS {
        for (at, _) in lower.match_indices(name) {
            let start = at + name.len();
            let Some(field) = statements::fields(&text[start..]).into_iter().nth(index) else {
                continue;
            };
            let argument = text[start + field.start..start + field.end].trim();
            let inner = argument.trim_matches('\'');
            if inner.len() < argument.len() && !values::is_plain(inner) {
                let offset = text[start + field.start..].find(inner).unwrap_or(0);
                spans
                    .push(start + field.start + offset..start + field.start + offset + inner.len());
            }
        }
    }
}

/// Options of well-known commands: `sshpass -p x`, `curl -u a:x`.
pub(super) fn options(text: &str, spans: &mut Vec<Range<usize>>) {
    if !text.contains(" -") {
        return;
    }
    let commands = COMMANDS.iter().filter(|(command, _)| text.contains(command));
    let letters: String = commands.map(|(_, letters)| *letters).collect();
    let is_list = text.contains("lftp");
    for (at, _) in text.match_indices(" -") {
        let option = &text[at + 2..];
        let Some(letter) = option.chars().next() else { continue };
        let long =
            ["-user ", "-user=", "-proxy-user "].iter().find(|name| option.starts_with(**name));
        let length = long.map_or(1, |name| name.len());
        if long.is_none() && !USUAL.contains(letter) && !letters.contains(letter) {
            continue;
        }
        let value = &option[length..];
        let value = value.trim_start_matches([' ', '"', '\'', '=']);
        let start = text.len() - value.len();
        let value = &value[..value.find([' ', '"', '\'', '\n']).unwrap_or(value.len())];
        let is_user = long.is_some() || "uU".contains(letter);
        let secret = if is_user {
            let mark = |c: char| c == ':' || is_list && c == ',';
            value.split_once(mark).map_or("", |(_, password)| password)
        } else {
            value
        };
        let is_value = !secret.starts_with(['-', '/'])
            && !values::is_plain(secret)
            && !values::is_number(secret);
        let is_separate = option[length..].starts_with([' ', '=']) || long.is_some() || is_user;
        let is_secret = if letters.contains(letter) || long.is_some() && !letters.is_empty() {
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
    let name = word.rsplit('/').next().unwrap_or(word);
    COMMANDS.iter().any(|(command, _)| *command == name)
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
