//! The page of a stretch of the past, for a post-mortem.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::{chart, escape, head, table};
use crate::facts::Status;
use crate::facts::snapshot::{METRICS, MetricDoc};
use crate::history::HistoryRange;
use crate::report::Provenance;
use crate::report::history::{mark_text, started, time};
use crate::text;
use crate::triage::areas::AREAS;

/// Rows of a chart's table: the steps are folded to so many.
const ROWS: usize = 24;

/// The whole page.
#[must_use]
pub fn render(past: &HistoryRange, from: &Provenance, now: Timestamp) -> String {
    let name = from.context.as_deref().unwrap_or(&past.subject);
    let title = format!("History of {name}");
    let mut page = head(&title);
    page.push_str("<body>\n<main>\n");
    summary(&mut page, past, &title, now);
    page.push_str("<h2>Status</h2>\n");
    key(&mut page, past);
    for (place, branch) in AREAS.iter().enumerate() {
        status(&mut page, past, place, branch.name);
    }
    page.push_str("<h2>Figures</h2>\n<div class=\"charts\">\n");
    METRICS.iter().for_each(|doc| metric_chart(&mut page, past, doc));
    page.push_str("</div>\n");
    operations(&mut page, past, now);
    failing_checks(&mut page, past);
    causes(&mut page, past);
    gaps(&mut page, past);
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn summary(page: &mut String, past: &HistoryRange, title: &str, now: Timestamp) {
    let series = &past.series;
    let start = past.problem_starts.start();
    let verdict = match (series.latest, start) {
        (None, _) => Status::Unknown,
        (_, start) => start.map_or(Status::Ok, |onset| onset.status),
    };
    let class = verdict.as_str();
    _ = write!(
        page,
        "<h1>{}</h1>\n<p class=\"soft\">{} · {} to {} · {} · written {} by cliplyctl {}</p>\n\
         <p class=\"answer {class}\"><span class=\"verdict {class}\">{}</span> {}</p>\n",
        escape(title),
        escape(&past.subject),
        time(series.from),
        time(series.until),
        text::plural(series.snapshots, "snapshot", "snapshots"),
        time(now.as_millisecond()),
        env!("CARGO_PKG_VERSION"),
        verdict.label(),
        escape(&started(past, now)),
    );
}

/// What the bars mean: their heights differ as well as their colours.
fn key(page: &mut String, past: &HistoryRange) {
    page.push_str("<p class=\"key\">");
    for verdict in [Status::Ok, Status::Warning, Status::Critical, Status::Unknown] {
        let bar = chart::strip(&[Some(verdict)], verdict.label());
        _ = write!(page, "<span>{bar} {}</span>", verdict.label());
    }
    let step = text::age(past.series.step as f64 / 1e3);
    _ = writeln!(page, "<span>blank: not recorded; a step is {step}; times are UTC</span></p>");
}

fn status(page: &mut String, past: &HistoryRange, place: usize, question: &str) {
    let known = |detail: &crate::facts::snapshot::SnapshotDetail| {
        detail.areas.iter().find(|step| step.area == question).cloned()
    };
    let step = past.latest.as_ref().map(known);
    // The recorder does not look into checkouts.
    if matches!(step, Some(None)) {
        return;
    }
    let buckets = &past.series.buckets;
    let verdicts: Vec<_> =
        buckets.iter().map(|bucket| bucket.status.map(|_| bucket.questions[place])).collect();
    let onset = past.problem_starts.question(question);
    let verdict = onset.map_or(Status::Ok, |onset| onset.status);
    let since = onset.map(|onset| match onset.last_ok {
        Some(_) => format!("not OK since {}", time(onset.since)),
        None => format!("not OK since {} at least", time(onset.since)),
    });
    let since = since.unwrap_or_default();
    let share = match past.series.snapshots {
        1 => "seen once".to_owned(),
        _ => share(&verdicts),
    };
    let alternative = format!("{question} {} {since}; {share}", verdict.label());
    let reading = step.flatten().map(|step| step.detail).unwrap_or_default();
    _ = write!(
        page,
        "<figure><figcaption><b>{}</b><span class=\"verdict {}\">{}</span>\
         <span>{}</span></figcaption>{}{}",
        escape(question),
        verdict.as_str(),
        verdict.label(),
        escape(&since),
        chart::strip(&verdicts, &alternative),
        axis(past),
    );
    if !reading.is_empty() {
        _ = write!(page, "<p class=\"soft\">{}</p>", escape(&reading));
    }
    _ = writeln!(
        page,
        "<details><summary>in words</summary><p>{}</p></details></figure>",
        escape(&share)
    );
}

/// `critical for 12 %, ok for 80 %, not recorded for 8 % of the time`
fn share(verdicts: &[Option<Status>]) -> String {
    let all = verdicts.len().max(1) as f64;
    let of = |wanted: Option<Status>| {
        verdicts.iter().filter(|verdict| **verdict == wanted).count() as f64 * 100.0 / all
    };
    let words = [
        (Some(Status::Ok), "OK"),
        (Some(Status::Warning), "WARNING"),
        (Some(Status::Critical), "CRITICAL"),
        (Some(Status::Unknown), "UNKNOWN"),
        (None, "not recorded"),
    ];
    let parts = words.into_iter().map(|(verdict, word)| (word, of(verdict)));
    let parts: Vec<_> = parts
        .filter(|(_, percent)| *percent > 0.0)
        .map(|(word, percent)| format!("{word} for {percent:.0} %"))
        .collect();
    format!("{} of the time", parts.join(", "))
}

fn axis(past: &HistoryRange) -> String {
    let series = &past.series;
    let middle = series.from + (series.until - series.from) / 2;
    let label = |at: i64| {
        let text = time(at);
        text[5..16].replace('T', " ")
    };
    format!(
        "<div class=\"axis\" aria-hidden=\"true\"><span>{}</span><span>{}</span><span>{}</span></div>",
        label(series.from),
        label(middle),
        label(series.until),
    )
}

fn metric_chart(page: &mut String, past: &HistoryRange, doc: &MetricDoc) {
    let values: Vec<_> = past.series.metric(doc).collect();
    let spans = || past.series.buckets.iter().filter_map(|b| b.figures[doc.metric as usize]);
    let (Some(last), Some(smallest)) =
        (spans().next_back(), spans().map(|s| s.min).reduce(f64::min))
    else {
        return;
    };
    let largest = values.iter().flatten().copied().fold(0.0, f64::max);
    let text = |value| text::format_metric(doc, value);
    let marks = past.marks.iter().filter_map(|mark| past.series.place(mark.at.as_millisecond()));
    let marks: Vec<_> = marks.collect();
    let alternative = format!(
        "{}: between {} and {}, last {}",
        doc.title,
        text(smallest),
        text(largest),
        text(last.last)
    );
    _ = writeln!(
        page,
        "<figure><figcaption><b>{}</b><span>last {}</span><span class=\"soft\">{} to {}</span>\
         </figcaption>{}{}<details><summary>as a table</summary>{}</details></figure>",
        escape(doc.title),
        text(last.last),
        text(smallest),
        text(largest),
        chart::curve(&values, largest, &marks, &alternative),
        axis(past),
        folded(past, doc),
    );
}

/// The chart in numbers.
fn folded(past: &HistoryRange, doc: &MetricDoc) -> String {
    let buckets = &past.series.buckets;
    let fold = buckets.len().div_ceil(ROWS).max(1);
    let rows = buckets.chunks(fold).map(|chunk| {
        let spans = || chunk.iter().filter_map(|bucket| bucket.figures[doc.metric as usize]);
        let text = |value: Option<f64>| {
            value.map_or("not read".to_owned(), |v| text::format_metric(doc, v))
        };
        vec![
            time(chunk.first().map_or(past.series.from, |bucket| bucket.from)),
            text(spans().map(|span| span.min).reduce(f64::min)),
            text(spans().map(|span| span.max).reduce(f64::max)),
        ]
    });
    table(&["from", "least", "most"], rows)
}

fn operations(page: &mut String, past: &HistoryRange, now: Timestamp) {
    if past.marks.is_empty() {
        return;
    }
    page.push_str("<h2>Requeues</h2>\n<p class=\"soft\">Upright lines in the charts.</p>\n<ul>");
    for mark in &past.marks {
        _ = write!(page, "<li>{}</li>", escape(&mark_text(mark, now)));
    }
    page.push_str("</ul>\n");
}

fn failing_checks(page: &mut String, past: &HistoryRange) {
    let checks = past.problem_starts.checks();
    if checks.is_empty() {
        return;
    }
    page.push_str("<h2>What is not OK, and since when</h2>\n");
    let rows = checks.into_iter().map(|onset| {
        let ok = onset.last_ok.map_or_else(|| "in none that was looked at".to_owned(), time);
        vec![onset.what.clone(), onset.status.label().to_owned(), time(onset.since), ok]
    });
    page.push_str(&table(&["check", "verdict", "since", "last OK"], rows));
}

fn causes(page: &mut String, past: &HistoryRange) {
    let Some(detail) = past.latest.as_ref().filter(|detail| !detail.causes.is_empty()) else {
        return;
    };
    page.push_str("<h2>What the newest dead letters died of</h2>\n");
    let rows = detail.causes.iter().map(|line| {
        vec![
            line.group.clone(),
            line.kind.clone(),
            text::count(line.jobs),
            text::count(line.recent),
            line.cause.clone(),
        ]
    });
    page.push_str(&table(&["group", "kind", "jobs", "in 15 min", "cause"], rows));
}

fn gaps(page: &mut String, past: &HistoryRange) {
    if past.series.gaps.is_empty() {
        return;
    }
    page.push_str("<h2>Not recorded</h2>\n");
    let rows = past.series.gaps.iter().map(|(from, until)| {
        vec![time(*from), time(*until), text::age((until - from) as f64 / 1e3)]
    });
    page.push_str(&table(&["from", "until", "for"], rows));
}
