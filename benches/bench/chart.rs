//! The growth chart: time and peak memory by the size of the table, and of the access audit by the number of tables.

use std::fmt::Write;

use crate::measure::Measurement;

/// A measurement of one size.
#[derive(Debug, Clone)]
pub struct Point {
    /// The command.
    pub series: &'static str,
    /// What is counted on the horizontal axis.
    pub axis: Axis,
    /// The number of jobs or tables.
    pub size: f64,
    /// Median of the wall time in milliseconds.
    pub time: f64,
    /// Peak memory in MB.
    pub memory: f64,
}

/// What grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// Rows of the jobs table.
    Jobs,
    /// Tables with policies.
    Tables,
}

impl Point {
    /// Returns the point of a measurement.
    pub fn new(series: &'static str, axis: Axis, size: f64, measured: &Measurement) -> Point {
        Point { series, axis, size, time: measured.median, memory: measured.peak }
    }
}

const PANEL: (f64, f64) = (300.0, 220.0);
const MARGIN: (f64, f64) = (56.0, 48.0);
const COLORS: [&str; 5] = ["#3b76c2", "#d0722b", "#3f9142", "#8a5bb5", "#b0424a"];

/// Draws the chart. All axes are logarithmic. Returns nothing without points.
pub fn svg(points: &[Point]) -> Option<String> {
    let jobs = Panel { points, axis: Axis::Jobs, value: |point| point.time };
    let panels = [
        ("time by jobs in the table, ms", jobs),
        ("peak memory by jobs in the table, MB", Panel { value: |point| point.memory, ..jobs }),
        ("time by tables with policies, ms", Panel { axis: Axis::Tables, ..jobs }),
    ];
    if points.is_empty() {
        return None;
    }
    let (width, height) = (3.0 * (PANEL.0 + MARGIN.0) + 24.0, PANEL.1 + 2.0 * MARGIN.1 + 24.0);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"ui-sans-serif, system-ui, sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    for (n, (title, panel)) in panels.iter().enumerate() {
        let left = MARGIN.0 + n as f64 * (PANEL.0 + MARGIN.0);
        let _ = writeln!(text, "<g transform=\"translate({left} {})\">", MARGIN.1);
        panel.draw(&mut text, title);
        text.push_str("</g>\n");
    }
    let series = series_of(points.iter());
    for (n, name) in series.iter().enumerate() {
        let (x, y) = (MARGIN.0 + n as f64 * 150.0, height - 14.0);
        let color = COLORS[n % COLORS.len()];
        let _ = writeln!(
            text,
            "<circle cx=\"{x}\" cy=\"{}\" r=\"4\" fill=\"{color}\"/><text x=\"{}\" y=\"{y}\">{name}</text>",
            y - 4.0,
            x + 9.0
        );
    }
    text.push_str("</svg>\n");
    Some(text)
}

/// Returns the names of the commands in the order of their first point.
fn series_of<'a>(points: impl Iterator<Item = &'a Point>) -> Vec<&'static str> {
    let mut names = Vec::new();
    for point in points {
        if !names.contains(&point.series) {
            names.push(point.series);
        }
    }
    names
}

#[derive(Clone, Copy)]
struct Panel<'a> {
    points: &'a [Point],
    axis: Axis,
    value: fn(&Point) -> f64,
}

impl Panel<'_> {
    fn draw(&self, text: &mut String, title: &str) {
        let shown: Vec<_> = self.points.iter().filter(|point| point.axis == self.axis).collect();
        let (from_x, to_x) = decades(shown.iter().map(|point| point.size));
        let (from_y, to_y) = decades(shown.iter().map(|point| (self.value)(point)));
        let x = |size: f64| (size.log10() - from_x) / (to_x - from_x) * PANEL.0;
        let y = |value: f64| PANEL.1 - (value.log10() - from_y) / (to_y - from_y) * PANEL.1;
        let _ = writeln!(text, "<text x=\"0\" y=\"-14\" font-weight=\"600\">{title}</text>");
        for exponent in from_x as i32..=to_x as i32 {
            let (value, at) = (10f64.powi(exponent), x(10f64.powi(exponent)));
            let _ = writeln!(
                text,
                "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"0\" y2=\"{h}\" stroke=\"#e3e6ea\"/>\
                 <text x=\"{at:.1}\" y=\"{label}\" text-anchor=\"middle\" fill=\"#57606a\">{}</text>",
                short(value),
                h = PANEL.1,
                label = PANEL.1 + 16.0
            );
        }
        for exponent in from_y as i32..=to_y as i32 {
            let (value, at) = (10f64.powi(exponent), y(10f64.powi(exponent)));
            let _ = writeln!(
                text,
                "<line x1=\"0\" x2=\"{w}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"#e3e6ea\"/>\
                 <text x=\"-6\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#57606a\">{}</text>",
                at + 4.0,
                short(value),
                w = PANEL.0
            );
        }
        for (n, name) in series_of(self.points.iter()).into_iter().enumerate() {
            let color = COLORS[n % COLORS.len()];
            let mut line: Vec<_> = shown.iter().filter(|point| point.series == name).collect();
            line.sort_by(|a, b| a.size.total_cmp(&b.size));
            let at: Vec<_> = line
                .iter()
                .map(|point| format!("{:.1},{:.1}", x(point.size), y((self.value)(point))))
                .collect();
            let _ = writeln!(
                text,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>",
                at.join(" ")
            );
            for point in line {
                let _ = writeln!(
                    text,
                    "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{color}\"><title>{name}: {} at {}</title></circle>",
                    x(point.size),
                    y((self.value)(point)),
                    short((self.value)(point)),
                    short(point.size)
                );
            }
        }
    }
}

/// Returns the exponents of the powers of ten around all values.
fn decades(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) =
        values.fold((f64::MAX, 1.0), |(low, high): (f64, f64), v| (low.min(v), high.max(v)));
    let (from, to) = (low.min(high).log10().floor(), high.log10().ceil());
    (from, to.max(from + 1.0))
}

fn short(value: f64) -> String {
    match value {
        v if v >= 1e6 => format!("{} M", v / 1e6),
        v if v >= 1e3 => format!("{} k", (v / 1e2).round() / 10.0),
        v if v >= 10.0 => format!("{v:.0}"),
        v => format!("{v:.1}"),
    }
}
