//! The HTML page of `history`, for postmortems.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::{chart, escape, head, table};
use crate::facts::Status;
use crate::facts::snapshot::{METRICS, MetricDoc};
use crate::history::HistoryRange;
use crate::report::Provenance;
use crate::report::history::{last_text, mark_text, started, time};
use crate::text;
use crate::triage::areas::{AREAS, Area};

/// The maximum number of rows in the table of a chart.
const MAX_ROWS: usize = 24;

/// Renders the page.
pub(crate) fn render(history: &HistoryRange, from: &Provenance, now: Timestamp) -> String {
    let name = from.context.as_deref().unwrap_or(&history.subject);
    let title = format!("History of {name}");
    let mut page = head(&title);
    page.push_str("<body>\n<main>\n");
    summary(&mut page, history, &title, now);
    page.push_str("<h2>Status</h2>\n");
    legend(&mut page, history);
    for (index, area) in AREAS.iter().enumerate() {
        area_chart(&mut page, history, index, area);
    }
    page.push_str("<h2>Metrics</h2>\n<div class=\"charts\">\n");
    METRICS.iter().for_each(|doc| metric_chart(&mut page, history, doc));
    page.push_str("</div>\n");
    constant_metrics(&mut page, history);
    operations(&mut page, history, now);
    failing_checks(&mut page, history);
    causes(&mut page, history);
    gaps(&mut page, history);
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn summary(page: &mut String, history: &HistoryRange, title: &str, now: Timestamp) {
    let series = &history.series;
    let status = history.current_status();
    let class = status.as_str();
    _ = write!(
        page,
        "<h1>{}</h1>\n<p class=\"soft\">{} · {} to {} · {} · written {} by cliplyctl {}</p>\n\
         <p class=\"answer {class}\"><span class=\"status {class}\">{}</span> {}</p>\n",
        escape(title),
        escape(&history.subject),
        time(series.from),
        time(series.until),
        text::plural(series.snapshots, "snapshot", "snapshots"),
        time(now.as_millisecond()),
        env!("CARGO_PKG_VERSION"),
        status.label(),
        escape(&started(history, now)),
    );
}

/// Renders the legend of the bars, which differ in height and color.
fn legend(page: &mut String, history: &HistoryRange) {
    page.push_str("<p class=\"key\">");
    for status in [Status::Ok, Status::Warning, Status::Critical, Status::Unknown] {
        let bar = chart::strip(&[Some(status)], status.label());
        _ = write!(page, "<span>{bar} {}</span>", status.label());
    }
    let step = text::age(history.series.step as f64 / 1e3);
    _ = writeln!(page, "<span>blank: not recorded; interval: {step}; times are UTC</span></p>");
}

/// Renders the strip of one area.
fn area_chart(page: &mut String, history: &HistoryRange, index: usize, area: &Area) {
    let area_line = |detail: &crate::facts::snapshot::SnapshotDetail| {
        detail.areas.iter().find(|line| line.area == area.name).cloned()
    };
    let line = history.latest.as_ref().map(area_line);
    // `record` does not evaluate the environment, so its area may be missing.
    if matches!(line, Some(None)) {
        return;
    }
    let buckets = &history.series.buckets;
    let statuses: Vec<_> = buckets.iter().map(|bucket| bucket.areas[index]).collect();
    let problem = history.problem_starts.area(area.name);
    let status = match history.series.stale_since() {
        Some(_) => Status::Unknown,
        None => problem.map_or(Status::Ok, |problem| problem.status),
    };
    let since = problem.map(|problem| match problem.last_ok {
        Some(_) => format!("not OK since {}", time(problem.since)),
        None => format!("not OK since {} or earlier", time(problem.since)),
    });
    let since = since.unwrap_or_default();
    let shares = match history.series.snapshots {
        1 => "seen once".to_owned(),
        _ => describe_shares(&statuses),
    };
    let alternative = format!("{} {} {since}; {shares}", area.label, status.label());
    let detail = line.flatten().map(|line| line.detail).unwrap_or_default();
    _ = write!(
        page,
        "<figure><figcaption><b>{}</b><span class=\"status {}\">{}</span>\
         <span>{}</span></figcaption>{}{}",
        escape(area.label),
        status.as_str(),
        status.label(),
        escape(&since),
        chart::strip(&statuses, &alternative),
        axis(history),
    );
    if !detail.is_empty() {
        _ = write!(page, "<p class=\"soft\">{}</p>", escape(&detail));
    }
    _ = writeln!(
        page,
        "<details><summary>as text</summary><p>{}</p></details></figure>",
        escape(&shares)
    );
}

/// Returns, for example, `OK for 80%, CRITICAL for 12%, not recorded for 8% of the time`.
fn describe_shares(statuses: &[Option<Status>]) -> String {
    let all = statuses.len().max(1) as f64;
    let percent_of = |status: Option<Status>| {
        statuses.iter().filter(|other| **other == status).count() as f64 * 100.0 / all
    };
    let labels = [
        (Some(Status::Ok), "OK"),
        (Some(Status::Warning), "WARNING"),
        (Some(Status::Critical), "CRITICAL"),
        (Some(Status::Unknown), "UNKNOWN"),
        (None, "not recorded"),
    ];
    let parts = labels.into_iter().map(|(status, word)| (word, percent_of(status)));
    let parts: Vec<_> = parts
        .filter(|(_, percent)| *percent > 0.0)
        .map(|(word, percent)| format!("{word} for {percent:.0}%"))
        .collect();
    format!("{} of the time", parts.join(", "))
}

fn axis(history: &HistoryRange) -> String {
    let series = &history.series;
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

/// Returns the smallest and the largest value of a metric; `None` if it was never read.
fn extremes(history: &HistoryRange, doc: &MetricDoc) -> Option<(f64, f64)> {
    let ranges = || history.series.buckets.iter().filter_map(|b| b.metrics[doc.metric as usize]);
    let smallest = ranges().map(|range| range.min).reduce(f64::min)?;
    Some((smallest, ranges().map(|range| range.max).fold(smallest, f64::max)))
}

/// Returns whether a metric never changed: a chart would show a straight line. A metric that is not known at
/// the end has changed.
fn is_constant(history: &HistoryRange, doc: &MetricDoc) -> bool {
    let is_known = history.latest_value(doc).is_some();
    is_known && extremes(history, doc).is_some_and(|(smallest, largest)| smallest == largest)
}

/// Lists the metrics that never changed.
fn constant_metrics(page: &mut String, history: &HistoryRange) {
    let constants: Vec<_> = METRICS
        .iter()
        .filter(|doc| is_constant(history, doc))
        .map(|doc| format!("{} {}", doc.title, last_text(history, doc)))
        .collect();
    if !constants.is_empty() {
        _ = writeln!(page, "<p>Unchanged in all snapshots: {}.</p>", escape(&constants.join(", ")));
    }
}

fn metric_chart(page: &mut String, history: &HistoryRange, doc: &MetricDoc) {
    let values: Vec<_> = history.series.metric(doc).collect();
    let Some((smallest, largest)) = extremes(history, doc) else { return };
    if is_constant(history, doc) {
        return;
    }
    let last = last_text(history, doc);
    let text = |value| text::format_metric(doc, value);
    let marks =
        history.marks.iter().filter_map(|m| history.series.bucket_index(m.at.as_millisecond()));
    let marks: Vec<_> = marks.collect();
    let alternative =
        format!("{}: between {} and {}, last {}", doc.title, text(smallest), text(largest), last);
    _ = writeln!(
        page,
        "<figure><figcaption><b>{}</b><span>last {}</span><span class=\"soft\">{} to {}</span>\
         </figcaption><div class=\"plot\">{}{}</div>{}<details><summary>as a table</summary>{}</details></figure>",
        escape(doc.title),
        last,
        text(smallest),
        text(largest),
        vertical_axis(doc, largest),
        chart::curve(&values, largest, &marks, &alternative),
        axis(history),
        values_table(history, doc),
    );
}

/// Renders the labels at the grid lines of a chart: the largest value, its half, and 0.
fn vertical_axis(doc: &MetricDoc, largest: f64) -> String {
    let label = |value| escape(&text::format_metric(doc, value));
    // Half of a small count is not a count.
    let half = if doc.unit == "jobs/min" || largest >= 10.0 {
        label(largest / 2.0)
    } else {
        String::new()
    };
    format!(
        "<div class=\"scale\" aria-hidden=\"true\"><span>{}</span><span>{half}</span><span>{}</span></div>",
        label(largest),
        label(0.0),
    )
}

/// Renders the values of a chart as a table.
fn values_table(history: &HistoryRange, doc: &MetricDoc) -> String {
    let buckets = &history.series.buckets;
    let buckets_per_row = buckets.len().div_ceil(MAX_ROWS).max(1);
    let rows = buckets.chunks(buckets_per_row).map(|chunk| {
        let ranges = || chunk.iter().filter_map(|bucket| bucket.metrics[doc.metric as usize]);
        let text = |value: Option<f64>| {
            value.map_or("not read".to_owned(), |v| text::format_metric(doc, v))
        };
        vec![
            time(chunk.first().map_or(history.series.from, |bucket| bucket.from)),
            text(ranges().map(|range| range.min).reduce(f64::min)),
            text(ranges().map(|range| range.max).reduce(f64::max)),
        ]
    });
    table(&["from", "least", "most"], rows)
}

fn operations(page: &mut String, history: &HistoryRange, now: Timestamp) {
    if history.marks.is_empty() {
        return;
    }
    page.push_str("<h2>Requeues</h2>\n<p class=\"soft\">Vertical lines in the charts.</p>\n<ul>");
    for marker in &history.marks {
        _ = write!(page, "<li>{}</li>", escape(&mark_text(marker, now)));
    }
    page.push_str("</ul>\n");
}

fn failing_checks(page: &mut String, history: &HistoryRange) {
    let checks = history.problem_starts.checks();
    if checks.is_empty() {
        return;
    }
    page.push_str("<h2>Failing checks</h2>\n");
    let rows = checks.into_iter().map(|problem| {
        let last_ok = problem.last_ok.map_or_else(|| "in no snapshot".to_owned(), time);
        vec![
            problem.subject.clone(),
            problem.current_status().label().to_owned(),
            time(problem.since),
            last_ok,
        ]
    });
    page.push_str(&table(&["check", "status", "since", "last OK"], rows));
}

fn causes(page: &mut String, history: &HistoryRange) {
    let Some(detail) = history.latest.as_ref().filter(|detail| !detail.causes.is_empty()) else {
        return;
    };
    page.push_str("<h2>Dead letters by cause</h2>\n");
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

fn gaps(page: &mut String, history: &HistoryRange) {
    if history.series.gaps.is_empty() {
        return;
    }
    page.push_str("<h2>Not recorded</h2>\n");
    let rows = history.series.gaps.iter().map(|(from, until)| {
        vec![time(*from), time(*until), text::age((until - from) as f64 / 1e3)]
    });
    page.push_str(&table(&["from", "until", "for"], rows));
}
