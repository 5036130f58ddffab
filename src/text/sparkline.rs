//! Numbers over time in one line of text. A gap is a blank, which no number is.

use crate::facts::Status;

/// From the smallest to the largest.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One character a step; zero is the lowest bar, the largest number the highest.
#[must_use]
pub fn bars(values: impl IntoIterator<Item = Option<f64>>) -> String {
    let values: Vec<_> = values.into_iter().collect();
    let largest = values.iter().flatten().copied().fold(0.0_f64, f64::max);
    let bar = |value: f64| {
        if largest <= 0.0 || value <= 0.0 {
            return BARS[0];
        }
        // What is not nothing is seen to be more than nothing.
        let place = (value / largest * (BARS.len() - 1) as f64).round().max(1.0) as usize;
        BARS[place.min(BARS.len() - 1)]
    };
    values.into_iter().map(|value| value.map_or(' ', bar)).collect()
}

/// One character a step, readable without colour.
#[must_use]
pub fn status_line(verdicts: impl IntoIterator<Item = Option<Status>>) -> String {
    let sign = |verdict| match verdict {
        None => ' ',
        Some(Status::Ok) => '·',
        Some(Status::Warning) => 'w',
        Some(Status::Critical) => 'C',
        Some(Status::Unknown | Status::Skipped { .. }) => '?',
    };
    verdicts.into_iter().map(sign).collect()
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
