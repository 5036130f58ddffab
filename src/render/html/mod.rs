//! Pages for a browser: one file, no network, no script.

mod chart;
#[cfg(test)]
mod contrast;
pub mod history;

use std::fmt::Write as _;

use crate::redact::sanitize;

/// What stands before the body. The policy forbids what the page does not have: scripts, requests.
fn head(title: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <title>{}</title>\n<style>\n{}</style>\n</head>\n",
        escape(title),
        include_str!("page.css"),
    )
}

/// Text as text: nothing from outside becomes markup, and nothing reorders what stands around it.
fn escape(text: &str) -> String {
    let text = sanitize::line(text);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A table with a heading for each column. Where there is no room for columns its cells stand below
/// each other, each behind its heading; the roles keep it a table for who cannot see it.
fn table(headings: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut out =
        String::from("<div class=\"scroll\"><table role=\"table\"><thead><tr role=\"row\">");
    for heading in headings {
        _ = write!(out, "<th scope=\"col\" role=\"columnheader\">{}</th>", escape(heading));
    }
    out.push_str("</tr></thead><tbody>");
    for row in rows {
        out.push_str("<tr role=\"row\">");
        for (heading, cell) in headings.iter().zip(row) {
            let (heading, cell) = (escape(heading), escape(&cell));
            _ = write!(out, "<td role=\"cell\" data-of=\"{heading}\">{cell}</td>");
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>\n");
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn external_text_is_escaped_as_html() {
        let hostile = "</td><script>alert('x')</script>\u{202e}";
        let html = super::table(&["a"], [vec![hostile.to_owned()]]);
        assert!(!html.contains("<script") && !html.contains('\u{202e}'), "{html}");
        assert!(html.contains("&lt;script&gt;alert(&#39;x&#39;)"), "{html}");
    }
}
