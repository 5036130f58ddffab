//! Sparklines: values over time in one line of text. A gap is a blank.

use crate::facts::Status;

/// From the smallest to the largest value.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Renders one character per value: zero is the lowest bar, the largest value the highest. `None`
/// is a gap.
pub(crate) fn bars(values: impl IntoIterator<Item = Option<f64>>) -> String {
    let values: Vec<_> = values.into_iter().collect();
    let largest = values.iter().flatten().copied().fold(0.0_f64, f64::max);
    let bar = |value: f64| {
        if largest <= 0.0 || value <= 0.0 {
            return BARS[0];
        }
        // A value above zero is never shown as zero.
        let index = (value / largest * (BARS.len() - 1) as f64).round().max(1.0) as usize;
        BARS[index.min(BARS.len() - 1)]
    };
    values.into_iter().map(|value| value.map_or(' ', bar)).collect()
}

/// Renders one character per status, readable without color.
pub(crate) fn status_line(statuses: impl IntoIterator<Item = Option<Status>>) -> String {
    let letter = |status| match status {
        None => ' ',
        Some(Status::Ok) => '·',
        Some(Status::Warning) => 'w',
        Some(Status::Critical) => 'C',
        Some(Status::Unknown | Status::Skipped { .. }) => '?',
    };
    statuses.into_iter().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gap_is_blank_in_a_sparkline() {
        assert_eq!(bars([Some(0.0), None, Some(1.0), Some(100.0)]), "▁ ▂█");
        assert_eq!(bars([Some(0.0), Some(0.0)]), "▁▁");
        assert_eq!(bars([]), "");
    }

    #[test]
    fn statuses_are_readable_without_color() {
        let all = [None, Some(Status::Ok), Some(Status::Critical), Some(Status::Unknown)];
        assert_eq!(status_line(all), " ·C?");
    }
}
