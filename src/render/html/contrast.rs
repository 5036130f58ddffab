//! Every pair of colours that meet on a page, held to WCAG 2.2 AA: 4.5 to 1 for text, 3 to 1 for what is
//! drawn.

use std::collections::HashMap;

const STYLE: &str = include_str!("page.css");
/// The themes, in the order of the sheet.
const THEMES: [&str; 3] = ["light", "dark", "print"];
/// What is written, and what it may stand on.
const TEXTS: [&str; 6] = ["ink", "soft", "ok", "warning", "critical", "unknown"];
const GROUNDS: [&str; 2] = ["paper", "panel"];
/// What is drawn on the panel of a chart; the last two also on the area below a curve.
const DRAWN: [&str; 6] = ["ok", "warning", "critical", "unknown", "stroke", "mark"];
const ON_AREA: [&str; 2] = ["stroke", "mark"];

type Rgb = [f64; 3];

/// The palettes: each `:root { --name: #rrggbb[aa]; … }`.
fn palettes() -> Vec<HashMap<&'static str, &'static str>> {
    let roots = STYLE.split(":root {").skip(1);
    let pairs = |root: &'static str| {
        let body = root.split('}').next().unwrap_or_default();
        let lines = body.split(';').filter_map(|line| line.trim().strip_prefix("--"));
        lines.filter_map(|line| line.split_once(": ")).collect()
    };
    roots.map(pairs).collect()
}

/// The colour, and how much it covers.
fn color(hex: &str) -> (Rgb, f64) {
    let part = |at: usize| hex.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
    let of = |at| f64::from(part(at).expect(hex)) / 255.0;
    ([of(1), of(3), of(5)], part(7).map_or(1.0, |alpha| f64::from(alpha) / 255.0))
}

/// A translucent colour over an opaque one.
fn over((above, covers): (Rgb, f64), below: Rgb) -> Rgb {
    [0, 1, 2].map(|i| above[i] * covers + below[i] * (1.0 - covers))
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
    let of = |a, b| contrast(color(a).0, color(b).0);
    assert!((of("#000000", "#ffffff") - 21.0).abs() < 0.001);
    assert!((of("#777777", "#ffffff") - 4.478).abs() < 0.001);
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
    let known = TEXTS.iter().chain(&GROUNDS).chain(&DRAWN).chain(&["line", "fill"]);
    let known: Vec<_> = known.collect();
    let named: usize = palettes.iter().map(HashMap::len).sum();
    assert_eq!(STYLE.matches('#').count(), named, "a colour without a name");
    assert!(names(0).iter().all(|name| known.contains(&name)), "a colour that nobody judges");
}

#[test]
fn text_and_graphics_have_enough_contrast_in_every_theme() {
    let mut poor = Vec::new();
    for (theme, palette) in THEMES.iter().zip(palettes()) {
        let of = |name: &str| color(palette[name]).0;
        let mut hold = |what: &str, ground: &str, below: Rgb, least: f64| {
            let found = contrast(of(what), below);
            if found < least {
                poor.push(format!("{theme}: {what} on {ground} is {found:.2} to 1, not {least}"));
            }
        };
        for ground in GROUNDS {
            TEXTS.iter().for_each(|text| hold(text, ground, of(ground), 4.5));
        }
        DRAWN.iter().for_each(|drawn| hold(drawn, "panel", of("panel"), 3.0));
        let area = over(color(palette["fill"]), of("panel"));
        ON_AREA.iter().for_each(|drawn| hold(drawn, "area", area, 3.0));
    }
    assert!(poor.is_empty(), "{poor:#?}");
}
