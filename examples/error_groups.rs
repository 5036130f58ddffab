//! Groups error texts and prints the results: the Rust side of `scripts/compare-groups`.
//!
//! Reads one JSON string per line, the text of an error, and prints one JSON object for each: its group, code and
//! template, and whether a retry is called safe.

use std::io::{self, BufRead, Write};

use cliplyctl::advice::safe_to_retry;
use cliplyctl::fingerprint::Fingerprint;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let text: String = serde_json::from_str(&line?)?;
        let cause = Fingerprint::new("CLIP_RENDER", Some(&text), None);
        let result = serde_json::json!({
            "group": cause.hash,
            "code": cause.code,
            "template": cause.template,
            "safe_to_retry": safe_to_retry(&cause).unwrap_or("unknown"),
        });
        writeln!(out, "{result}")?;
    }
    Ok(())
}
