//! Readiness reports that are not JSON: the text of Kubernetes components and the page of Rails.

use serde_json::{Map, Value, json};

use crate::facts::service::ReadinessFormat;

/// Returns a text report as JSON of the same content, or `None` if it has no known form.
pub(super) fn parse(body: &str, http_status: u16) -> Option<(Value, ReadinessFormat)> {
    let body = body.trim();
    kubernetes(body, http_status)
        .map(|report| (report, ReadinessFormat::Kubernetes))
        .or_else(|| rails(body).map(|report| (report, ReadinessFormat::Rails)))
}

/// Parses lines such as `[+]etcd ok` and `[-]etcd failed: reason withheld`, and the last line
/// `readyz check passed`. If it is missing, the HTTP status is the status, as everywhere there.
fn kubernetes(body: &str, http_status: u16) -> Option<Value> {
    let mut checks = Map::new();
    let mut ok = http_status < 400;
    let lines = body.lines().map(str::trim).filter(|line| !line.is_empty());
    for line in lines {
        if let Some(check) = line.strip_prefix("[+]") {
            checks.insert(name_of(check).0.to_owned(), Value::Bool(true));
        } else if let Some(check) = line.strip_prefix("[-]") {
            let (name, message) = name_of(check);
            checks.insert(name.to_owned(), json!({"ok": false, "message": message}));
        } else if line.ends_with(" check passed") {
            ok = true;
        } else if line.ends_with(" check failed") {
            ok = false;
        } else {
            // A line of another form must not be dropped: it may be a check that fails.
            let (name, message) = name_of(line);
            checks.insert(name.to_owned(), Value::String(message.to_owned()));
        }
    }
    let is_report = body.starts_with("[+]") || body.starts_with("[-]");
    is_report.then(|| json!({"ok": ok, "checks": checks}))
}

/// Splits `etcd failed: reason withheld` after the name.
fn name_of(check: &str) -> (&str, &str) {
    check.split_once(' ').unwrap_or((check, ""))
}

/// Parses the page of Rails' health controller: an empty page that is green or red.
fn rails(body: &str) -> Option<Value> {
    let page = body.to_ascii_lowercase().replace([' ', '"', '\''], "");
    let style = page.split_once("<bodystyle=background-color:")?.1;
    let (color, rest) = style.split_once('>')?;
    let is_empty = rest.trim().starts_with("</body>");
    match color.trim_end_matches(';') {
        "green" if is_empty => Some(json!({"ok": true})),
        "red" if is_empty => Some(json!({"ok": false})),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubernetes_text_lists_its_checks() {
        let passed = "[+]ping ok\n[+]poststarthook/rbac ok\r\n[+]shutdown excluded: ok\nreadyz check passed\n";
        let (report, format) = parse(passed, 200).unwrap();
        assert_eq!(format, ReadinessFormat::Kubernetes);
        let expected = json!({"ok": true, "checks":
            {"ping": true, "poststarthook/rbac": true, "shutdown": true}});
        assert_eq!(report, expected);
        let failed =
            "[+]ping ok\n[-]etcd failed: reason withheld\n[?]disk full\nreadyz check failed\n";
        let expected = json!({"ok": false, "checks": {"ping": true,
            "etcd": {"ok": false, "message": "failed: reason withheld"}, "[?]disk": "full"}});
        assert_eq!(parse(failed, 500).unwrap().0, expected);
        assert_eq!(parse("[+]ping ok", 500).unwrap().0["ok"], false);
    }

    #[test]
    fn rails_page_is_read_by_its_color() {
        let page = |color: &str, content: &str| {
            format!(
                "<!DOCTYPE html><html><head></head><body style=\"background-color: {color}\">{content}\
                 </body></html>"
            )
        };
        let ok = |page: String| parse(&page, 200).map(|(report, _)| report["ok"] == true);
        assert_eq!(ok(page("green", "")), Some(true));
        assert_eq!(ok(page("red", "")), Some(false));
        assert_eq!(ok(page("green", "Sign in")), None);
        assert_eq!(ok(page("blue", "")), None);
        assert_eq!(parse("ok", 200), None);
        assert_eq!(parse("", 200), None);
    }
}
