//! Contrast tests: every pair of colors that meet on a page satisfies WCAG 2.2 AA, 4.5 to 1 for
//! text and 3 to 1 for graphics.

use std::collections::HashMap;

const STYLE: &str = include_str!("page.css");
/// The themes, in the order of the style sheet.
const THEMES: [&str; 3] = ["light", "dark", "print"];
/// The colors of text, and the backgrounds that it may have.
const TEXTS: [&str; 6] = ["ink", "soft", "ok", "warning", "critical", "unknown"];
const BACKGROUNDS: [&str; 2] = ["paper", "panel"];
/// The colors of graphics on the panel of a chart; the last two also on the area below a curve.
const GRAPHICS: [&str; 6] = ["ok", "warning", "critical", "unknown", "stroke", "mark"];
const ON_AREA: [&str; 2] = ["stroke", "mark"];

type Rgb = [f64; 3];

/// Returns the palettes: each `:root { --name: #rrggbb[aa]; … }`.
fn palettes() -> Vec<HashMap<&'static str, &'static str>> {
    let roots = STYLE.split(":root {").skip(1);
    let pairs = |root: &'static str| {
        let body = root.split('}').next().unwrap_or_default();
        let lines = body.split(';').filter_map(|line| line.trim().strip_prefix("--"));
        lines.filter_map(|line| line.split_once(": ")).collect()
    };
    roots.map(pairs).collect()
}

/// Returns a color and its opacity.
fn color(hex: &str) -> (Rgb, f64) {
    let part = |at: usize| hex.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
    let channel = |at| f64::from(part(at).expect(hex)) / 255.0;
    ([channel(1), channel(3), channel(5)], part(7).map_or(1.0, |alpha| f64::from(alpha) / 255.0))
}

/// Blends a translucent color over an opaque one.
fn over((color, opacity): (Rgb, f64), background: Rgb) -> Rgb {
    [0, 1, 2].map(|i| color[i] * opacity + background[i] * (1.0 - opacity))
}

fn luminance(color: Rgb) -> f64 {
    let [r, g, b] =
        color.map(|c| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn contrast_formula_matches_the_wcag_standard() {
    let ratio = |a, b| contrast(color(a).0, color(b).0);
    assert!((ratio("#000000", "#ffffff") - 21.0).abs() < 0.001);
    assert!((ratio("#777777", "#ffffff") - 4.478).abs() < 0.001);
}

#[test]
fn every_theme_defines_the_same_colors() {
    let palettes = palettes();
    assert_eq!(palettes.len(), THEMES.len());
    let names = |at: usize| {
        let mut names: Vec<_> = palettes[at].keys().copied().collect();
        names.sort_unstable();
        names
    };
    assert_eq!((names(0), names(0)), (names(1), names(2)));
    let known = TEXTS.iter().chain(&BACKGROUNDS).chain(&GRAPHICS).chain(&["line", "fill"]);
    let known: Vec<_> = known.collect();
    let named: usize = palettes.iter().map(HashMap::len).sum();
    assert_eq!(STYLE.matches('#').count(), named, "a color without a name");
    assert!(names(0).iter().all(|name| known.contains(&name)), "a color without a contrast check");
}

#[test]
fn text_and_graphics_have_enough_contrast_in_every_theme() {
    let mut poor = Vec::new();
    for (theme, palette) in THEMES.iter().zip(palettes()) {
        let rgb = |name: &str| color(palette[name]).0;
        let mut check_contrast =
            |name: &str, background: &str, background_color: Rgb, minimum: f64| {
                let ratio = contrast(rgb(name), background_color);
                if ratio < minimum {
                    poor.push(format!(
                        "{theme}: {name} on {background} is {ratio:.2} to 1, not {minimum}"
                    ));
                }
            };
        for background in BACKGROUNDS {
            TEXTS.iter().for_each(|text| check_contrast(text, background, rgb(background), 4.5));
        }
        GRAPHICS.iter().for_each(|name| check_contrast(name, "panel", rgb("panel"), 3.0));
        let area = over(color(palette["fill"]), rgb("panel"));
        ON_AREA.iter().for_each(|name| check_contrast(name, "area", area, 3.0));
    }
    assert!(poor.is_empty(), "{poor:#?}");
}
