//! The app, alone and together with a remote database.

use std::time::Duration;

use super::json_number;
use crate::bench::Bench;
use crate::measure::{Measurement, in_turns, quantile};
use crate::report::Section;
use crate::{Result, fill, stub};

/// The response time of the app in `triage`, and the round-trip time to its database.
const APP: Duration = Duration::from_millis(200);
const AWAY: Duration = Duration::from_millis(20);

pub fn health(bench: &mut Bench) -> Result<Section> {
    let base = format!("http://127.0.0.1:{}", stub::app(Duration::ZERO)?);
    let cliplyctl = bench.tool("health").env("CLIPLY_BASE_URL", &base);
    let reference =
        bench.program("curl -s URL", "curl").args(["-s", &format!("{base}/api/healthz")]);
    if !reference.answer()?.contains("\"ok\":true") {
        return Err("curl did not get the app's answer".into());
    }
    let mut section = Section::default();
    let [cliplyctl, reference] = in_turns([&cliplyctl, &reference], bench.options.runs() * 3)?;
    section.not_slower("median", &cliplyctl, &reference);
    section.lines("", [cliplyctl, reference]);
    Ok(section)
}

pub fn triage(bench: &mut Bench) -> Result<Section> {
    fill::empty(bench, "triage")?;
    let socket = bench.server()?.directory().join(".s.PGSQL.5432");
    let database = format!(
        "postgresql://postgres@127.0.0.1:{}/triage?sslmode=disable",
        stub::slow_proxy(&socket, AWAY)?
    );
    let base = format!("http://127.0.0.1:{}", stub::app(APP)?);
    let cliplyctl = bench
        .tool("triage -o json")
        .env("CLIPLY_BASE_URL", &base)
        .env("DATABASE_URL", &database)
        .codes(&[0, 1, 2]); // 3 would mean that a source was not read
    let app = bench.program("curl -s URL", "curl").args(["-s", &format!("{base}/api/healthz")]);
    let baseline = bench.psql("psql: select 1").args(["-XAtq", &database, "-c", "select 1"]);
    for program in [&cliplyctl, &app, &baseline] {
        program.answer()?;
    }
    let (mut samples, mut beyond) = ([vec![], vec![], vec![]], vec![]);
    for _ in 0..bench.options.runs() {
        let (sample, report) = cliplyctl.sample_and_answer()?;
        beyond.push(sample.wall - slowest(&report)?);
        samples[0].push(sample);
        samples[1].push(app.sample()?);
        samples[2].push(baseline.sample()?);
    }
    let mut section = Section::default();
    let names = [&cliplyctl.name, &app.name, &baseline.name];
    section.lines("", names.into_iter().zip(&samples).map(|(name, s)| Measurement::new(name, s)));
    section.at_most("median beyond its slowest probe", "ms", quantile(&beyond, 0.5), 50.0);
    Ok(section)
}

/// Returns the duration of the slowest source in the report, which is the response of the app.
fn slowest(report: &str) -> Result<f64> {
    let value: serde_json::Value = serde_json::from_str(report)?;
    let checks = value["checks"].as_array().ok_or("no checks")?;
    let unread = checks.iter().find(|c| c["status"] == "unknown" || c["status"] == "skipped");
    if let Some(unread) = unread {
        return Err(format!("not a measurement of the whole: {} was not seen", unread["id"]).into());
    }
    let at = checks.iter().position(|c| c["id"] == "app.up").ok_or("no check app.up")?;
    json_number(report, &format!("/checks/{at}/observed/value"))
}
