//! Our own markdown, the runbook's: wrapped and painted on a terminal, plain text elsewhere.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::style::Styler;
use super::table_layout;
use crate::report::{Cell, CellStyle, Column, Table};
use crate::text::wrap;

/// Lines longer than this are hard to read, however wide the terminal is.
const MEASURE: usize = 100;

/// Paints a text.
#[must_use]
pub fn paint(text: &str, brush: Styler<'_>) -> String {
    let Some(width) = brush.width() else { return plain(text) };
    let mut page = MarkdownPainter::new(brush, width.min(MEASURE));
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        page.take(event);
    }
    page.out
}

/// The text in its own lines, without fences and the marks of headings.
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

/// What has been painted, and the paragraph that is being read.
struct MarkdownPainter<'a> {
    brush: Styler<'a>,
    width: usize,
    out: String,
    /// Whether the next block stands directly under the last one, which was a heading.
    hugs: bool,
    spans: Vec<(String, CellStyle)>,
    tone: CellStyle,
    link: String,
    rows: Vec<Vec<Cell>>,
}

impl<'a> MarkdownPainter<'a> {
    fn new(brush: Styler<'a>, width: usize) -> Self {
        let (out, spans, rows, link) = Default::default();
        Self { brush, width, out, hugs: true, spans, tone: CellStyle::Plain, link, rows }
    }

    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.spans.push((text.into_string(), self.tone)),
            // What colour would say, the mark says where there is none.
            Event::Code(text) if self.brush.colors() => {
                self.spans.push((text.into_string(), CellStyle::Command));
            }
            Event::Code(text) => self.spans.push((format!("`{text}`"), self.tone)),
            Event::SoftBreak | Event::HardBreak => self.spans.push((" ".to_owned(), self.tone)),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Strong | Tag::Emphasis | Tag::Heading { .. } => self.tone = CellStyle::Strong,
            Tag::Link { dest_url, .. } => self.link = dest_url.into_string(),
            Tag::Item => self.spans.push(("- ".to_owned(), CellStyle::Plain)),
            Tag::TableHead | Tag::TableRow => self.rows.push(vec![]),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Strong | TagEnd::Emphasis => self.tone = CellStyle::Plain,
            TagEnd::Link => self.spans.push((format!(" ({})", self.link), CellStyle::Plain)),
            TagEnd::Heading(_) => {
                let title = self.text();
                self.block(vec![(title, CellStyle::Strong)]);
                self.tone = CellStyle::Plain;
                self.hugs = true;
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

    /// What was read since the last block, without its meanings.
    fn text(&mut self) -> String {
        std::mem::take(&mut self.spans).into_iter().map(|(text, _)| text).collect()
    }

    fn apart(&mut self) {
        if !std::mem::take(&mut self.hugs) {
            self.out.push('\n');
        }
    }

    fn block(&mut self, spans: Vec<(String, CellStyle)>) {
        self.apart();
        let text: String = spans.iter().map(|(text, _)| text.as_str()).collect();
        for line in wrap::breaks(&text, self.width) {
            let mut at = 0;
            for (span, tone) in &spans {
                let (from, to) = (line.start.max(at), line.end.min(at + span.len()));
                if from < to {
                    self.out.push_str(&self.brush.styled(&text[from..to], *tone));
                }
                at += span.len();
            }
            self.out.push('\n');
        }
    }

    /// Commands to copy: in their own lines, however long.
    fn code_block(&mut self) {
        self.apart();
        for line in self.text().lines() {
            let tone = if line.starts_with("$ ") { CellStyle::Command } else { CellStyle::Plain };
            self.out.push_str(&format!("  {}\n", self.brush.styled(line, tone)));
        }
    }

    fn table(&mut self) {
        self.apart();
        let rows = std::mem::take(&mut self.rows);
        let columns = rows.first().map_or(0, Vec::len);
        let mut table = Table::new(vec![Column::text(""); columns]);
        rows.into_iter().filter(|row| row.len() == columns).for_each(|row| table.row(row));
        if let Some(head) = table.rows.first_mut() {
            *head = head.iter().map(|cell| Cell::muted(cell.text.to_uppercase())).collect();
        }
        self.out.push_str(&table_layout::paint(&table, self.brush));
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

    fn painted(color: bool, width: Option<u16>) -> String {
        paint(TEXT, Styler::new(RenderTarget { color, width }, None))
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
        assert_eq!(painted(false, Some(38)), expected);
    }

    #[test]
    fn color_replaces_markdown_markers() {
        let text = painted(true, Some(100));
        assert!(text.contains("\u{1b}[1mBy hand\u{1b}[0m: see"), "{text:?}");
        assert!(text.contains("Read: \u{1b}[36mhealth\u{1b}[0m says"), "{text:?}");
        assert!(!text.contains(['`', '*']), "{text:?}");
    }

    #[test]
    fn piped_output_keeps_the_source_lines() {
        let expected = TEXT.replace("## ", "").replace("```console\n", "").replace("```\n", "");
        assert_eq!(painted(false, None), expected);
    }
}
