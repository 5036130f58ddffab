//! The metrics of the dashboard with their sparklines, in two columns.

use ratatui::text::{Line, Span};

use super::style::{Paint, field, right, truncate};
use crate::facts::snapshot::{METRICS, MetricDoc};
use crate::text;
use crate::text::sparkline;
use crate::watch::Model;

/// The widths of the title and of the value.
const COLUMNS: (usize, usize) = (19, 10);

/// Renders the lines, two metrics per line.
pub(crate) fn lines(model: &Model, width: u16, style: Paint) -> Vec<Line<'static>> {
    let half = usize::from(width / 2).saturating_sub(1);
    let rows = METRICS.len().div_ceil(2);
    (0..rows)
        .map(|row| {
            let mut spans = metric_line(model, &METRICS[row], half, style);
            if let Some(doc) = METRICS.get(row + rows) {
                spans.push(Span::raw("  "));
                spans.extend(metric_line(model, doc, half, style));
            }
            Line::from(spans)
        })
        .collect()
}

fn metric_line(model: &Model, doc: &MetricDoc, width: usize, style: Paint) -> Vec<Span<'static>> {
    let remaining_width = width.saturating_sub(COLUMNS.0 + COLUMNS.1 + 1);
    let title = Span::raw(field(doc.title, COLUMNS.0));
    let Some(known) = &model.metrics[doc.metric as usize] else {
        let reason = field(&format!(" {}", missing_reason(model, doc)), remaining_width + 1);
        return vec![
            title,
            Span::styled(right("?", COLUMNS.1), style.muted()),
            Span::styled(reason, style.muted()),
        ];
    };
    let bound = if known.value.at_least { "≥ " } else { "" };
    let value = format!("{bound}{}", text::format_metric(doc, known.value.value));
    match model.stale_age(known) {
        Some(age) => vec![
            title,
            Span::styled(right(&value, COLUMNS.1), style.muted()),
            Span::styled(
                field(&format!(" ({} ago)", text::age(age)), remaining_width + 1),
                style.muted(),
            ),
        ],
        None => vec![
            title,
            Span::styled(right(&value, COLUMNS.1), style.strong()),
            Span::raw(field(
                &format!(" {}", trend(model, doc, remaining_width)),
                remaining_width + 1,
            )),
        ],
    }
}

/// Returns why there is no value, and how to get one.
fn missing_reason(model: &Model, doc: &MetricDoc) -> String {
    use crate::facts::snapshot::Metric;
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

fn trend(model: &Model, doc: &MetricDoc, width: usize) -> String {
    let skip = model.trend.len().saturating_sub(width);
    let values =
        model.trend.iter().skip(skip).map(|point| point.metrics.get(doc.metric).map(|m| m.value));
    truncate(&sparkline::bars(values), width)
}
