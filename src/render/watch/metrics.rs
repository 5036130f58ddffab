//! The panel of metrics: values with their status and their trend, in two columns.

use ratatui::text::{Line, Span};

use super::style::{self, Paint, field, right};
use crate::facts::snapshot::{METRICS, Metric, MetricDoc};
use crate::text;
use crate::text::sparkline;
use crate::watch::{Model, metric_status, series};

/// Spaces between the two columns.
const GAP: usize = 3;
/// The widest sparkline, in columns.
const MAX_BARS: usize = 60;

/// Returns the title of the panel, with the time window and the scale of the trends.
pub(crate) fn title(model: &Model) -> String {
    format!(" Metrics · last {} · bars from 0 to max ", window(model))
}

/// Returns the time that the trends show: `20m`.
pub(crate) fn window(model: &Model) -> String {
    let age = text::age(model.trend_window().as_secs_f64());
    age.strip_suffix(" 00s").unwrap_or(&age).to_owned()
}

/// Renders the lines, two metrics per line.
pub(crate) fn lines(model: &Model, width: u16, style: Paint) -> Vec<Line<'static>> {
    let rows = METRICS.len().div_ceil(2);
    let (left, right) = METRICS.split_at(rows);
    let columns = [left, right].map(|docs| Columns::measure(model, docs));
    let used: usize = columns.iter().map(Columns::width).sum();
    // Both trends have the same width, so that they show the same time per column.
    let trend = usize::from(width).saturating_sub(used + GAP) / 2;
    (0..rows)
        .map(|row| {
            let mut spans = metric_spans(model, &left[row], (&columns[0], trend), style);
            if let Some(doc) = right.get(row) {
                spans.push(Span::raw(" ".repeat(GAP)));
                spans.extend(metric_spans(model, doc, (&columns[1], trend), style));
            }
            Line::from(spans)
        })
        .collect()
}

/// The widths of titles, values and scales.
struct Columns {
    title: usize,
    value: usize,
    scale: usize,
}

impl Columns {
    fn measure(model: &Model, docs: &[MetricDoc]) -> Self {
        let widest = |text: &dyn Fn(&MetricDoc) -> String| {
            docs.iter().map(|doc| style::width(&text(doc))).max().unwrap_or(0)
        };
        Self {
            title: widest(&|doc| doc.title.to_owned()),
            value: widest(&|doc| value_text(model, doc)).max(7),
            scale: widest(&|doc| scale(doc, &values(model, doc, MAX_BARS))),
        }
    }

    fn width(&self) -> usize {
        self.title + 1 + self.value + 1
    }
}

fn value_text(model: &Model, doc: &MetricDoc) -> String {
    let Some(known) = &model.metrics[doc.metric as usize] else { return "?".to_owned() };
    let bound = if known.value.at_least { "≥ " } else { "" };
    format!("{bound}{}", text::format_metric(doc, known.value.value))
}

fn metric_spans(
    model: &Model,
    doc: &MetricDoc,
    (columns, trend_width): (&Columns, usize),
    style: Paint,
) -> Vec<Span<'static>> {
    let known = model.metrics[doc.metric as usize].as_ref();
    let stale = known.and_then(|known| model.stale_age(known));
    let (row_style, note) = match (known, stale) {
        (None, _) => (style.muted(), missing_reason(model, doc)),
        (_, Some(age)) => (style.muted(), format!("({} ago)", text::age(age))),
        (Some(_), None) => {
            (style.row(metric_status(model, doc.metric)), trend(model, doc, (columns, trend_width)))
        }
    };
    let title = format!("{} ", field(doc.title, columns.title));
    let value = format!("{} ", right(&value_text(model, doc), columns.value));
    let note_style = if stale.is_some() || known.is_none() {
        style.muted()
    } else {
        ratatui::style::Style::new()
    };
    vec![
        Span::styled(title, row_style),
        Span::styled(value, row_style),
        Span::styled(field(&note, trend_width), note_style),
    ]
}

/// Returns why there is no value, and how to get one.
fn missing_reason(model: &Model, doc: &MetricDoc) -> String {
    match &model.latest {
        None => String::new(),
        Some(update) if update.obstacle.is_some() => "not read".to_owned(),
        Some(update) => match doc.metric {
            Metric::HeartbeatAge => "no claimed jobs".to_owned(),
            Metric::Throughput => "no events".to_owned(),
            _ if update.by_kind_missing.is_some() => "no index: queue --advise".to_owned(),
            _ => "not in this table".to_owned(),
        },
    }
}

/// Returns the sparkline with its scale: `▁▃█ max 70`. The scales of a column have the same width, so that the bars below
/// each other are of the same time.
fn trend(model: &Model, doc: &MetricDoc, (columns, width): (&Columns, usize)) -> String {
    let Some(bars) = width.checked_sub(columns.scale) else { return String::new() };
    let bars = bars.min(MAX_BARS);
    let values = values(model, doc, bars);
    format!("{}{}", sparkline::bars(values.iter().copied()), scale(doc, &values))
}

fn values(model: &Model, doc: &MetricDoc, columns: usize) -> Vec<Option<f64>> {
    series(model, columns, |point| point.metrics.get(doc.metric).map(|measure| measure.value))
}

/// Returns the scale of these values.
fn scale(doc: &MetricDoc, values: &[Option<f64>]) -> String {
    let largest = values.iter().flatten().copied().fold(0.0, f64::max);
    format!(" max {}", text::format_metric(doc, largest))
}
