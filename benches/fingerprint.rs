//! Nanoseconds per fingerprint: `cargo bench --bench fingerprint`.
//!
//! Measures the messages of the corpus (with banners, stack traces and HTML pages), errors of libraries and tools
//! (longer, a third of them with several lines), short messages as in most failures, and the two error columns as the backend writes them.

use std::hint::black_box;
use std::time::Instant;

use cliplyctl::fingerprint::Fingerprint;

const CORPUS: &str = include_str!("../tests/fixtures/errors/corpus.txt");
const FOREIGN: &str = include_str!("../tests/fixtures/errors/foreign.tsv");
const ROUNDS: usize = 15;
const ROWS: usize = 300_000;

fn main() {
    let messages: Vec<&str> = CORPUS
        .split("\n\n")
        .flat_map(|group| group.split("\n---\n"))
        .map(|part| match part.strip_prefix("@ ") {
            Some(named) => named.split_once('\n').map_or("", |(_, text)| text),
            None => part,
        })
        .filter(|text| !text.is_empty() && !text.starts_with(['%', '#']))
        .collect();
    let short: Vec<&str> =
        messages.iter().copied().filter(|text| text.len() <= 160 && !text.contains('\n')).collect();
    let columns: Vec<(&str, String)> = short
        .iter()
        .map(|text| {
            let error = serde_json::json!({
                "message": text, "attempts": 5, "max_attempts": 5,
                "failed_at": "2025-12-10T16:35:00.123Z", "worker_id": "cliply-worker-7f9c4d6b5-x2k8p",
            });
            (*text, error.to_string())
        })
        .collect();
    measure("whole corpus", &messages.iter().map(|text| (*text, None)).collect::<Vec<_>>());
    measure("short messages", &short.iter().map(|text| (*text, None)).collect::<Vec<_>>());
    let foreign: Vec<String> = FOREIGN
        .lines()
        .filter_map(|line| serde_json::from_str(line.splitn(3, '\t').nth(2)?).ok())
        .collect();
    let foreign: Vec<_> = foreign.iter().map(|text| (text.as_str(), None)).collect();
    measure("foreign errors", &foreign);
    measure(
        "both columns",
        &columns.iter().map(|(text, error)| (*text, Some(error.as_str()))).collect::<Vec<_>>(),
    );
    worst();
}

/// Measures the slowest of several worst-case texts of 8 KB.
fn worst() {
    let patterns = [
        "'", "\"", "{\"", "[{", "<", "a/", "1:", "a:a", "„", "\u{1b}[", "[", "://", "=", "a.",
        "1 ", "<html>",
    ];
    for pattern in patterns {
        let text = pattern.repeat(8 * 1024 / pattern.len());
        let started = Instant::now();
        for _ in 0..20 {
            black_box(Fingerprint::new(
                "CLIP_RENDER",
                black_box(Some(&text)),
                black_box(Some(&text)),
            ));
        }
        print(&format!(
            "{:>16}: {:6.0} µs",
            format!("8 KB of {pattern:?}"),
            started.elapsed().as_secs_f64() * 1e6 / 20.0
        ));
    }
}

#[expect(clippy::disallowed_macros, reason = "a benchmark prints its figures")]
fn print(line: &str) {
    println!("{line}");
}

/// Prints the time of the fastest round, which has the least noise.
fn measure(name: &str, rows: &[(&str, Option<&str>)]) {
    let bytes: usize = rows.iter().map(|(text, _)| text.len()).sum();
    let best = (0..ROUNDS).map(|_| round(rows)).fold(f64::INFINITY, f64::min);
    print(&format!(
        "{name:>16}: {best:6.0} ns a message ({} bytes on average), {:.2} s for {ROWS} rows",
        bytes / rows.len().max(1),
        best * ROWS as f64 / 1e9
    ));
}

fn round(rows: &[(&str, Option<&str>)]) -> f64 {
    let started = Instant::now();
    for &(text, error) in rows.iter().cycle().take(20_000) {
        black_box(Fingerprint::new("CLIP_RENDER", black_box(Some(text)), black_box(error)));
    }
    started.elapsed().as_secs_f64() * 1e9 / 20_000.0
}
