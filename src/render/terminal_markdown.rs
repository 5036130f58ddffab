//! The markdown of the runbook: wrapped and styled on a terminal, plain text elsewhere.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::style::Styler;
use super::table_layout;
use crate::report::{Cell, CellStyle, Column, Table};
use crate::text::wrap;

/// The maximum width of lines; longer lines are hard to read.
const MAX_WIDTH: usize = 100;

/// Renders a markdown text.
pub(crate) fn render(text: &str, styler: Styler<'_>) -> String {
    let Some(width) = styler.width() else { return plain(text) };
    let mut renderer = MarkdownRenderer::new(styler, width.min(MAX_WIDTH));
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        renderer.take(event);
    }
    renderer.out
}

/// Returns the text with its line breaks, without fences and heading markers.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut code = false;
    for line in text.trim_end().lines() {
        if line.starts_with("```") {
            code = !code;
        } else if !code && line.starts_with('#') {
            out.push_str(&line.trim_start_matches('#').trim_start().replace('`', ""));
            out.push('\n');
        } else {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// The rendered text, and the block that is being read.
struct MarkdownRenderer<'a> {
    styler: Styler<'a>,
    width: usize,
    out: String,
    /// Whether the next block follows without an empty line, because the last one was a heading.
    after_heading: bool,
    spans: Vec<(String, CellStyle)>,
    style: CellStyle,
    link: String,
    rows: Vec<Vec<Cell>>,
}

impl<'a> MarkdownRenderer<'a> {
    fn new(styler: Styler<'a>, width: usize) -> Self {
        let (out, spans, rows, link) = Default::default();
        Self { styler, width, out, after_heading: true, spans, style: CellStyle::Plain, link, rows }
    }

    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.spans.push((text.into_string(), self.style)),
            // Without color, the backticks are kept.
            Event::Code(text) if self.styler.colors() => {
                self.spans.push((text.into_string(), CellStyle::Command));
            }
            Event::Code(text) => self.spans.push((format!("`{text}`"), self.style)),
            Event::SoftBreak | Event::HardBreak => self.spans.push((" ".to_owned(), self.style)),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Strong | Tag::Emphasis | Tag::Heading { .. } => self.style = CellStyle::Strong,
            Tag::Link { dest_url, .. } => self.link = dest_url.into_string(),
            Tag::Item => self.spans.push(("- ".to_owned(), CellStyle::Plain)),
            Tag::TableHead | Tag::TableRow => self.rows.push(vec![]),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Strong | TagEnd::Emphasis => self.style = CellStyle::Plain,
            TagEnd::Link => self.spans.push((format!(" ({})", self.link), CellStyle::Plain)),
            TagEnd::Heading(_) => {
                let title = self.text();
                self.block(vec![(title, CellStyle::Strong)]);
                self.style = CellStyle::Plain;
                self.after_heading = true;
            }
            TagEnd::Paragraph | TagEnd::Item if !self.spans.is_empty() => {
                let spans = std::mem::take(&mut self.spans);
                self.block(spans);
            }
            TagEnd::CodeBlock => self.code_block(),
            TagEnd::TableCell => {
                let cell = self.text();
                self.rows.last_mut().into_iter().for_each(|row| row.push(Cell::plain(&cell)));
            }
            TagEnd::Table => self.table(),
            _ => {}
        }
    }

    /// Returns the text since the last block, without styles.
    fn text(&mut self) -> String {
        std::mem::take(&mut self.spans).into_iter().map(|(text, _)| text).collect()
    }

    fn add_blank_line(&mut self) {
        if !std::mem::take(&mut self.after_heading) {
            self.out.push('\n');
        }
    }

    fn block(&mut self, spans: Vec<(String, CellStyle)>) {
        self.add_blank_line();
        let text: String = spans.iter().map(|(text, _)| text.as_str()).collect();
        for line in wrap::breaks(&text, self.width) {
            let mut at = 0;
            for (span, style) in &spans {
                let (from, to) = (line.start.max(at), line.end.min(at + span.len()));
                if from < to {
                    self.out.push_str(&self.styler.styled(&text[from..to], *style));
                }
                at += span.len();
            }
            self.out.push('\n');
        }
    }

    /// Renders a code block in its own lines, never wrapped, so that commands can be copied.
    fn code_block(&mut self) {
        self.add_blank_line();
        for line in self.text().lines() {
            let style = if line.starts_with("$ ") { CellStyle::Command } else { CellStyle::Plain };
            self.out.push_str(&format!("  {}\n", self.styler.styled(line, style)));
        }
    }

    fn table(&mut self) {
        self.add_blank_line();
        let rows = std::mem::take(&mut self.rows);
        let columns = rows.first().map_or(0, Vec::len);
        let mut table = Table::new(vec![Column::text(""); columns]);
        rows.into_iter().filter(|row| row.len() == columns).for_each(|row| table.row(row));
        if let Some(head) = table.rows.first_mut() {
            *head = head.iter().map(|cell| Cell::muted(cell.text.to_uppercase())).collect();
        }
        self.out.push_str(&table_layout::render(&table, self.styler));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::RenderTarget;

    const TEXT: &str = "\
## 3.3 Queue backlog

Read: `health` says *how* it does not
answer. Roll back first, look for the reason later.

```console
$ cliplyctl queue
```

**By hand**: see [how](docs/rls.md).

| Code | Meaning |
|---|---|
| 0 | nothing |
";

    fn rendered(color: bool, width: Option<u16>) -> String {
        render(TEXT, Styler::new(RenderTarget { color, width }, None))
    }

    #[test]
    fn terminal_output_is_wrapped_to_its_width() {
        let expected = "\
3.3 Queue backlog
Read: `health` says how it does not
answer. Roll back first, look for the
reason later.

  $ cliplyctl queue

By hand: see how (docs/rls.md).

CODE  MEANING
0     nothing
";
        assert_eq!(rendered(false, Some(38)), expected);
    }

    #[test]
    fn color_replaces_markdown_markers() {
        let text = rendered(true, Some(100));
        assert!(text.contains("\u{1b}[1mBy hand\u{1b}[0m: see"), "{text:?}");
        assert!(text.contains("Read: \u{1b}[36mhealth\u{1b}[0m says"), "{text:?}");
        assert!(!text.contains(['`', '*']), "{text:?}");
    }

    #[test]
    fn piped_output_keeps_the_source_lines() {
        let expected = TEXT.replace("## ", "").replace("```console\n", "").replace("```\n", "");
        assert_eq!(rendered(false, None), expected);
    }
}
