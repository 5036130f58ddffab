//! Job ids from the command line and from files of one id a line.

use std::collections::HashSet;
use std::io::Read as _;

use crate::error::Error;
use crate::facts::job_id::JobId;
use crate::queue::IdType;
use crate::redact;

/// Largest ids file, bytes: some 500,000 uuids with room for comments is none of our business.
const LARGEST_FILE: u64 = 32 * 1024 * 1024;

/// Reads ids; duplicates count once. `file` may be `-` for standard input.
///
/// # Errors
/// What is no id of this type, with its place; a file that cannot be read.
pub fn read(words: &[String], file: Option<&str>, r#type: IdType) -> Result<Vec<JobId>, Error> {
    let mut ids = Unique::default();
    for word in words {
        ids.add(word, r#type, || format!("on the command line: \"{}\"", shown(word)))?;
    }
    let Some(file) = file else { return Ok(ids.ids) };
    let text = text(file)?;
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if !line.is_empty() {
            // The place alone: a file that was taken for one of ids may hold anything.
            ids.add(line, r#type, || format!("{file}, line {}: what it says", number + 1))?;
        }
    }
    Ok(ids.ids)
}

#[derive(Default)]
struct Unique {
    ids: Vec<JobId>,
    seen: HashSet<JobId>,
}

impl Unique {
    fn add(&mut self, word: &str, r#type: IdType, name: impl Fn() -> String) -> Result<(), Error> {
        let Some(id) = JobId::parse(word, r#type) else {
            return Err(Error::usage(format!("{} is no job id", name()))
                .hint(format!("ids are of type {} here; nothing was written", r#type.sql())));
        };
        if self.seen.insert(id) {
            self.ids.push(id);
        }
        Ok(())
    }
}

fn shown(word: &str) -> String {
    redact::text(&word.chars().take(60).collect::<String>())
}

fn text(file: &str) -> Result<String, Error> {
    let wrong = |error: std::io::Error| {
        Error::usage(format!("the ids file {file} cannot be read")).cause(error)
    };
    let mut bytes = Vec::new();
    if file == "-" {
        std::io::stdin().lock().take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(wrong)?;
    } else {
        let opened = std::fs::File::open(file).map_err(wrong)?;
        opened.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(wrong)?;
    }
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(Error::usage(format!("the ids file {file} is larger than 32 MB")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()]
            .iter()
            .filter(|b| **b == b'\n')
            .count();
        Error::usage(format!("{file}, line {}: not UTF-8", line + 1))
    })
}
