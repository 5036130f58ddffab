//! HTML pages: one file each, without network access and scripts.

mod chart;
#[cfg(test)]
mod contrast;
pub(crate) mod history;

use std::fmt::Write as _;

use crate::redact::sanitize;

/// Returns the start of the page, up to the body. The content security policy forbids scripts and
/// requests, which the page does not need.
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

/// Escapes text, so that untrusted text cannot become markup or reorder the text around it.
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

/// Renders a table. On a narrow screen the style sheet stacks the cells, each after its heading;
/// the roles keep it a table for screen readers.
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
