//! URLs and paths: servers and directories are kept; parts that name a file or request of one job are not.

use super::{FIRST_UNSPACED, Scanner};
use crate::fingerprint::lexicon;
use crate::fingerprint::shapes;

/// A longer segment of a path is data.
const MAX_SEGMENT: usize = 40;

/// Directories whose contents belong to one job.
const TEMPORARY_DIRS: [&str; 9] = [
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

/// URLs and paths: servers and directories are kept; parts that name a file or request of one job are not.
impl<'t> Scanner<'t, '_> {
    /// Writes the URL that starts with `token`: scheme, host and constant segments are kept; credentials, the port,
    /// variable segments and the query are not.
    pub(super) fn write_url(&mut self, token: &'t str) {
        let rest = self.rest();
        let ends = |c: char| {
            c.is_whitespace()
                || c.is_control()
                || matches!(c, '"' | '\'' | '`' | '<' | '>' | '{' | '}' | '|' | ')' | ']' | '\\')
                || u32::from(c) >= FIRST_UNSPACED
        };
        let url = rest.get(..rest.find(ends).unwrap_or(rest.len())).unwrap_or(token);
        let url = url.trim_end_matches(['.', ',', ';', ':', '!', '?']);
        let (scheme, rest) = url.split_once("://").unwrap_or((url, ""));
        let (rest, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        self.template.push(scheme);
        self.template.push("://");
        let mut host = authority;
        if let Some((_, after_credentials)) = authority.rsplit_once('@') {
            self.write_placeholder();
            self.template.push("@");
            host = after_credentials;
        }
        let (host, port) = split_port(host).map_or((host, None), |(host, port)| (host, Some(port)));
        self.write_host(host);
        if let Some(port) = port {
            self.template.push(":");
            self.template.push(port);
        }
        if path.trim_end_matches('/').ends_with(".git") {
            self.template.push("/");
            self.write_placeholder();
        } else {
            self.write_segments(path);
        }
        if let Some(mark) = query.get(..1) {
            self.template.push(mark);
            if query.len() > 1 {
                self.write_placeholder();
            }
        }
        self.previous_word = "";
        self.pos += url.len();
    }

    /// Writes a host; its first label is not kept if it is the name of a tenant.
    pub(super) fn write_host(&mut self, host: &'t str) {
        match host.split_once('.') {
            Some((tenant, domain)) if lexicon::is_tenant(tenant, domain) => {
                self.write_placeholder();
                self.template.push(".");
                self.write_segment(domain);
            }
            _ => self.write_segment(host),
        }
    }

    pub(super) fn write_path(&mut self, path: &'t str) {
        if path.starts_with("HTTP/") && path.len() <= 8 {
            return self.write_unchanged(path);
        }
        if shapes::is_media_type(path) {
            return self.write_placeholder();
        }
        match split_temporary_dir(path) {
            Some((dir, below)) if !below.is_empty() => {
                self.template.push(dir);
                self.write_placeholder();
            }
            _ => self.write_segments(path),
        }
    }

    /// Writes the segments of a path and the separators between them.
    pub(super) fn write_segments(&mut self, path: &'t str) {
        let mut last = path;
        for piece in path.split_inclusive(['/', '\\']) {
            let segment = piece.trim_end_matches(['/', '\\']);
            // The directory of one user, or an object in the name of a resource (`projects/acme/jobs`), unless it
            // ends the path.
            let is_named = matches!(last, "Users" | "home") || lexicon::is_collection(last);
            let is_name = is_named && piece.len() > segment.len();
            if is_name {
                self.write_placeholder();
            } else {
                self.write_segment(segment);
            }
            self.template.push(piece.get(segment.len()..).unwrap_or_default());
            last = segment;
        }
        self.previous_word = last;
    }

    /// Writes a host or one segment of a path.
    pub(super) fn write_segment(&mut self, segment: &'t str) {
        let bytes = segment.as_bytes();
        let date = self.template.ends_in_placeholder_and_slash() && lexicon::is_calendar(segment);
        if segment.len() > MAX_SEGMENT
            || bytes.contains(&b'%')
            || lexicon::is_media(segment)
            || (shapes::is_scrambled(segment) && segment.bytes().any(|b| b.is_ascii_uppercase()))
            || shapes::is_email(segment)
            || date
        {
            self.write_placeholder();
        } else if bytes.iter().any(u8::is_ascii_digit) && !lexicon::is_technical_name(segment) {
            self.write_parts(segment);
        } else {
            self.template.push(segment);
        }
    }
}

/// The host and the port of `address`, if the port is that of a known service.
pub(super) fn split_port(address: &str) -> Option<(&str, &str)> {
    let (host, port) = address.rsplit_once(':')?;
    let is_host = host.len() > 2
        && !host.contains([':', '/'])
        && host.contains(['.', 'l'])
        && !lexicon::is_source_file(host);
    let is_ipv6 = || {
        host.contains("::")
            && host.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'))
    };
    ((is_host || is_ipv6()) && lexicon::is_known_port(port)).then_some((host, port))
}

/// The temporary directory that `path` starts with, and the rest of `path`.
fn split_temporary_dir(path: &str) -> Option<(&str, &str)> {
    let unix = TEMPORARY_DIRS.iter().find(|dir| path.starts_with(**dir)).map(|dir| dir.len());
    let windows = || path.find("\\Temp\\").map(|at| at + "\\Temp\\".len());
    path.split_at_checked(unix.or_else(windows)?)
}
