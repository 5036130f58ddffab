//! The panel of charts: metrics over time, with axes.

use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::symbols::Marker;
use ratatui::widgets::{Axis, Block, Borders, Chart, Dataset, GraphType};

use super::metrics::window;
use super::style::Paint;
use crate::facts::Status;
use crate::facts::snapshot::{METRICS, Metric, MetricDoc};
use crate::text;
use crate::watch::{Model, lines, metric_status};

/// The height of the panel.
pub(crate) const HEIGHT: u16 = 9;
/// The minimum width of a chart.
const CHART_WIDTH: u16 = 45;
/// The metrics that have a chart, the most important first.
const CHARTS: [Metric; 3] = [Metric::Due, Metric::Dead, Metric::Throughput];

/// Renders as many charts as have room side by side.
pub(crate) fn render(frame: &mut Frame<'_>, model: &Model, area: Rect, style: Paint) {
    let number = usize::from(area.width / CHART_WIDTH).clamp(1, CHARTS.len());
    let areas = Layout::horizontal(vec![Constraint::Fill(1); number]).spacing(2).split(area);
    for (metric, area) in CHARTS.into_iter().zip(areas.iter()) {
        chart(frame, model, &METRICS[metric as usize], *area, style);
    }
}

fn chart(frame: &mut Frame<'_>, model: &Model, doc: &MetricDoc, area: Rect, style: Paint) {
    let data = lines(model, |point| point.metrics.get(doc.metric).map(|m| m.value));
    let status = match model.is_overdue() {
        true => Status::Unknown,
        false => metric_status(model, doc.metric),
    };
    let datasets = data.iter().map(|line| {
        let graph_type = if line.len() > 1 { GraphType::Line } else { GraphType::Scatter };
        Dataset::default()
            .marker(Marker::Braille)
            .graph_type(graph_type)
            .style(style.row(status))
            .data(line)
    });
    let largest = data.iter().flatten().map(|(_, value)| *value).fold(0.0, f64::max);
    let seconds = model.trend_window().as_secs_f64();
    let title = format!(" {} · last {} ", doc.title, window(model));
    let label = |value: f64| text::format_metric(doc, value);
    let top = if largest > 0.0 { largest } else { 1.0 };
    let y_labels = if largest > 0.0 {
        vec![label(0.0), label(largest)]
    } else {
        vec![label(0.0), String::new()]
    };
    let chart = Chart::new(datasets.collect())
        .block(
            Block::new()
                .borders(Borders::TOP)
                .border_style(style.muted())
                .title(title)
                .title_style(style.strong()),
        )
        .x_axis(
            Axis::default()
                .bounds([-seconds, 0.0])
                .labels([format!("{} ago", window(model)), "now".to_owned()])
                .labels_alignment(Alignment::Right)
                .style(style.muted()),
        )
        .y_axis(Axis::default().bounds([0.0, top]).labels(y_labels).style(style.muted()))
        .legend_position(None);
    frame.render_widget(chart, area);
}
