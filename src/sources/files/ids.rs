//! Job ids from the command line and from files with one id per line.

use std::collections::HashSet;
use std::io::Read as _;

use crate::error::Error;
use crate::facts::job_id::JobId;
use crate::queue::IdType;
use crate::redact;

/// Maximum size of an ids file, bytes; enough for about 900,000 UUIDs.
const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// Reads ids without duplicates, in order. `file` may be `-` for standard input.
///
/// # Errors
/// If a word or line is not an id of this type, or the file cannot be read.
pub fn read(words: &[String], file: Option<&str>, r#type: IdType) -> Result<Vec<JobId>, Error> {
    let mut ids = UniqueIds::default();
    for word in words {
        ids.add(word, r#type, || format!("on the command line: \"{}\"", redact_word(word)))?;
    }
    let Some(file) = file else { return Ok(ids.ids) };
    let text = read_text(file)?;
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if !line.is_empty() {
            // Only the line number: a file passed by mistake may contain secrets.
            ids.add(line, r#type, || format!("{file}, line {}: its text", number + 1))?;
        }
    }
    Ok(ids.ids)
}

#[derive(Default)]
struct UniqueIds {
    ids: Vec<JobId>,
    seen: HashSet<JobId>,
}

impl UniqueIds {
    fn add(
        &mut self,
        word: &str,
        r#type: IdType,
        describe: impl Fn() -> String,
    ) -> Result<(), Error> {
        let Some(id) = JobId::parse(word, r#type) else {
            return Err(Error::usage(format!("{} is not a job id", describe()))
                .hint(format!("ids here are of type {}; nothing was written", r#type.sql())));
        };
        if self.seen.insert(id) {
            self.ids.push(id);
        }
        Ok(())
    }
}

fn redact_word(word: &str) -> String {
    redact::text(word).chars().take(60).collect()
}

fn read_text(file: &str) -> Result<String, Error> {
    let read_error = |error: std::io::Error| {
        Error::usage(format!("cannot read the ids file {file}")).cause(error)
    };
    let mut bytes = Vec::new();
    if file == "-" {
        std::io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(read_error)?;
    } else {
        let reader = std::fs::File::open(file).map_err(read_error)?;
        reader.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(read_error)?;
    }
    if bytes.len() as u64 > MAX_BYTES {
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
