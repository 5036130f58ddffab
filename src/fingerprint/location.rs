//! URLs, paths, hosts and addresses: the places stay, what names one job's file or request goes.

use super::chunk::{self, Chunk};
use super::template::Scanner;
use super::words;

/// Below these everything belongs to one job.
const SCRATCH: [&str; 9] = [
    "/tmp/",
    "/var/tmp/",
    "/private/tmp/",
    "/var/folders/",
    "/private/var/folders/",
    "/dev/shm/",
    "/run/user/",
    "/scratch/",
    "/var/lib/docker/overlay2/",
];

/// A path segment longer than this is data.
const MAX_SEGMENT: usize = 40;

/// Writes a chunk with a digit, dot, slash or at sign in it.
pub(crate) fn write<'t>(scanner: &mut Scanner<'t, '_>, chunk: &Chunk<'t>) {
    let word = chunk.word;
    if chunk.slash && is_url(word) {
        return url(scanner, word);
    }
    if chunk.is_location() {
        return path(scanner, word);
    }
    if (chunk.at && is_email(word)) || (chunk.dot && words::is_media(word)) {
        return scanner.hole();
    }
    if chunk.digit { chunk::write(scanner, word) } else { scanner.word(word) }
}

fn is_url(word: &str) -> bool {
    word.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty()
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    })
}

fn is_email(word: &str) -> bool {
    let Some((local, domain)) = word.rsplit_once('@') else {
        return false;
    };
    let top = domain.rsplit_once('.').map_or("", |(_, top)| top);
    !local.is_empty() && top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic())
}

/// Scheme and host stay; credentials, port, variable segments and the query go.
fn url<'t>(scanner: &mut Scanner<'t, '_>, word: &'t str) {
    let rest = scanner.rest();
    let ends = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '"' | '\'' | '`' | '<' | '>' | '{' | '}' | '|' | ')' | ']' | '\\')
            || u32::from(c) >= 0x2e80
    };
    let whole = rest.get(..rest.find(ends).unwrap_or(rest.len())).unwrap_or(word);
    let whole = whole.trim_end_matches(['.', ',', ';', ':', '!', '?']);
    let (scheme, rest) = whole.split_once("://").unwrap_or((whole, ""));
    scanner.out.push(scheme);
    scanner.out.push("://");
    let (place, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    let (authority, path) = place.split_at(place.find('/').unwrap_or(place.len()));
    let host = match authority.rsplit_once('@') {
        Some((_, host)) => {
            scanner.hole();
            scanner.out.push("@");
            host
        }
        None => authority,
    };
    name(scanner, host);
    segments(scanner, path);
    if let Some(mark) = query.get(..1) {
        scanner.out.push(mark);
        if query.len() > 1 {
            scanner.hole();
        }
    }
    scanner.prev = "";
    scanner.pos += whole.len();
}

fn path<'t>(scanner: &mut Scanner<'t, '_>, word: &'t str) {
    if word.starts_with("HTTP/") && word.len() <= 8 {
        scanner.out.push(word);
        scanner.prev = word;
        return;
    }
    let scratch =
        SCRATCH.iter().find_map(|start| word.strip_prefix(start).map(|below| (*start, below)));
    let (start, below) = scratch.or_else(|| windows_scratch(word)).unwrap_or((word, ""));
    if !below.is_empty() {
        scanner.out.push(start);
        return scanner.hole();
    }
    segments(scanner, word);
}

fn windows_scratch(word: &str) -> Option<(&str, &str)> {
    let at = word.find("\\Temp\\")? + "\\Temp\\".len();
    Some((word.get(..at)?, word.get(at..)?))
}

/// Writes segments and the separators between them.
fn segments<'t>(scanner: &mut Scanner<'t, '_>, path: &'t str) {
    let mut last = path;
    for piece in path.split_inclusive(['/', '\\']) {
        let segment = piece.trim_end_matches(['/', '\\']);
        name(scanner, segment);
        scanner.out.push(piece.get(segment.len()..).unwrap_or_default());
        last = segment;
    }
    scanner.prev = last;
}

/// Writes a host or one segment of a path.
fn name<'t>(scanner: &mut Scanner<'t, '_>, segment: &'t str) {
    let bytes = segment.as_bytes();
    let date = scanner.out.ends_in_hole_and_slash() && words::is_calendar(segment);
    if segment.len() > MAX_SEGMENT
        || bytes.contains(&b'%')
        || words::is_media(segment)
        || chunk::is_scrambled(segment)
        || is_email(segment)
        || date
    {
        return scanner.hole();
    }
    if bytes.iter().any(u8::is_ascii_digit) && !words::is_technical(segment) {
        return chunk::write_parts(scanner, segment);
    }
    scanner.out.push(segment);
}
