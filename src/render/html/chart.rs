//! Charts as inline SVG. They stretch with the page: every word stands beside them, as text.

use std::fmt::Write as _;

use crate::facts::Status;

/// Height of the drawing; its width is one a step.
const HEIGHT: f64 = 100.0;
/// Of the height, what bars of a verdict take: their height tells them apart without colour.
const BARS: [f64; 4] = [35.0, 65.0, 100.0, 85.0];

/// A strip of verdicts, one bar a step; nothing where nothing was recorded.
pub(crate) fn strip(verdicts: &[Option<Status>], alternative: &str) -> String {
    let mut out = open("strip", verdicts.len(), alternative);
    let mut at = 0;
    while at < verdicts.len() {
        let run = verdicts[at..].iter().take_while(|v| **v == verdicts[at]).count();
        if let Some(verdict) = verdicts[at] {
            let height = BARS[usize::from(verdict.number())];
            let (name, y) = (verdict.as_str(), HEIGHT - height);
            let name = if name == "skipped" { "unknown" } else { name };
            _ = write!(
                out,
                "<rect class=\"{name}-bar\" x=\"{at}\" y=\"{y}\" width=\"{run}\" height=\"{height}\"/>"
            );
        }
        at += run;
    }
    out.push_str("</svg>");
    out
}

/// A curve over an area, broken where nothing was read; `marks` are upright lines.
pub(crate) fn curve(
    values: &[Option<f64>],
    largest: f64,
    marks: &[usize],
    alternative: &str,
) -> String {
    let mut out = open("chart", values.len(), alternative);
    let scale = if largest > 0.0 { (HEIGHT - 6.0) / largest } else { 0.0 };
    let y = |value: f64| HEIGHT - 2.0 - value.max(0.0) * scale;
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
        // A single reading is a step wide, or it would not be seen.
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
