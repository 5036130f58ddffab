//! Charts as inline SVG. They stretch with the page, so they contain no text.

use std::fmt::Write as _;

use crate::facts::Status;

/// The height of a drawing; its width is one unit per step.
const HEIGHT: f64 = 100.0;
/// The heights of the bars by status, so that they are distinguishable without color.
const BARS: [f64; 4] = [35.0, 65.0, 100.0, 85.0];

/// Renders a strip of statuses, one bar per step; steps without a record are blank.
pub(crate) fn strip(statuses: &[Option<Status>], alternative: &str) -> String {
    let mut out = open("strip", statuses.len(), alternative);
    let mut start = 0;
    while start < statuses.len() {
        let run = statuses[start..].iter().take_while(|s| **s == statuses[start]).count();
        if let Some(status) = statuses[start] {
            let height = BARS[usize::from(status.number())];
            let (name, y) = (status.as_str(), HEIGHT - height);
            let name = if name == "skipped" { "unknown" } else { name };
            _ = write!(
                out,
                "<rect class=\"{name}-bar\" x=\"{start}\" y=\"{y}\" width=\"{run}\" height=\"{height}\"/>"
            );
        }
        start += run;
    }
    out.push_str("</svg>");
    out
}

/// Renders a curve over an area, interrupted where there is no value; `marks` are vertical lines.
pub(crate) fn curve(
    values: &[Option<f64>],
    largest: f64,
    marks: &[usize],
    alternative: &str,
) -> String {
    let mut out = open("chart", values.len(), alternative);
    let scale = if largest > 0.0 { (HEIGHT - 6.0) / largest } else { 0.0 };
    let y = |value: f64| HEIGHT - 2.0 - value.max(0.0) * scale;
    for value in [0.0, largest / 2.0, largest] {
        let (y, width) = (y(value), values.len());
        _ = write!(
            out,
            "<line class=\"grid\" x1=\"0\" x2=\"{width}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>"
        );
    }
    let mut at = 0;
    while at < values.len() {
        let run: Vec<f64> = values[at..].iter().map_while(|value| *value).collect();
        if run.is_empty() {
            at += 1;
            continue;
        }
        let mut points = String::new();
        for (step, value) in run.iter().enumerate() {
            _ = write!(points, "{:.1},{:.1} ", (at + step) as f64 + 0.5, y(*value));
        }
        // A single value is drawn one step wide, otherwise it would be invisible.
        if let [value] = run[..] {
            points = format!("{at},{0:.1} {1},{0:.1} ", y(value), at + 1);
        }
        let points = points.trim_end();
        let (first, last) = (at as f64, (at + run.len()) as f64);
        _ = write!(
            out,
            "<polygon class=\"area\" points=\"{first},{HEIGHT} {points} {last},{HEIGHT}\"/>\
             <polyline class=\"curve\" points=\"{points}\"/>"
        );
        at += run.len();
    }
    for mark in marks {
        let x = *mark as f64 + 0.5;
        _ = write!(out, "<line class=\"mark\" x1=\"{x}\" x2=\"{x}\" y1=\"0\" y2=\"{HEIGHT}\"/>");
    }
    out.push_str("</svg>");
    out
}

fn open(class: &str, steps: usize, alternative: &str) -> String {
    format!(
        "<svg class=\"{class}\" viewBox=\"0 0 {} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"{}\">",
        steps.max(1),
        super::escape(alternative),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gap_splits_the_curve() {
        let svg = curve(&[Some(1.0), Some(2.0), None, Some(0.0)], 2.0, &[1], "two & more");
        assert_eq!(svg.matches("<polyline").count(), 2, "{svg}");
        assert_eq!(svg.matches("<line class=\"mark\"").count(), 1, "{svg}");
        assert!(svg.contains("aria-label=\"two &amp; more\""), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }

    #[test]
    fn equal_statuses_are_one_bar_and_gaps_have_none() {
        let ok = Some(Status::Ok);
        let svg = strip(&[ok, ok, None, Some(Status::Critical)], "x");
        assert_eq!(svg.matches("<rect").count(), 2, "{svg}");
        assert!(svg.contains("class=\"ok-bar\" x=\"0\" y=\"65\" width=\"2\""), "{svg}");
    }
}
