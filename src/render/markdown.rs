//! `-o markdown`: GitHub-flavored Markdown for tickets, chats and pull requests.

use crate::facts::Suggestion;
use crate::redact::sanitize;
use crate::report::{Align, Block, Cell, CellStyle, Document, Table};

/// Renders a document; blocks are separated by an empty line.
pub(crate) fn render(document: &Document) -> String {
    let blocks: Vec<_> = document.blocks.iter().map(render_block).collect();
    blocks.join("\n")
}

fn render_block(block: &Block) -> String {
    match block {
        Block::Headline { status, text, also } => {
            let also = also.as_ref().map(|also| format!("; {also}")).unwrap_or_default();
            format!("**{}** {}\n", status.label(), prose(&format!("{text}{also}")))
        }
        Block::Title(cells) => {
            let cells: Vec<_> = cells.iter().map(cell).collect();
            format!("{}\n", cells.join(" · "))
        }
        Block::Heading(text) => format!("### {}\n", prose(text)),
        Block::Pairs(pairs) => {
            pairs.iter().map(|(name, value)| format!("- {name}: {}\n", cell(value))).collect()
        }
        Block::Table(table) => grid(table),
        Block::Note(text) => format!("{}\n", prose(&text.to_string())),
        Block::Raw(text) | Block::Verbatim(text) | Block::Sql(text) => fenced(text),
        Block::Markdown(text) => format!("{text}\n"),
        Block::Next(commands) => next(commands),
    }
}

fn grid(table: &Table) -> String {
    let titles: Vec<_> = table.columns.iter().map(|column| column.title).collect();
    let rules: Vec<_> = table
        .columns
        .iter()
        .map(|column| if column.align == Align::Right { "--:" } else { "---" })
        .collect();
    let mut out = format!("| {} |\n| {} |\n", titles.join(" | "), rules.join(" | "));
    for row in &table.rows {
        let cells: Vec<_> = row.iter().map(cell).collect();
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    out
}

fn cell(cell: &Cell) -> String {
    match cell.style {
        CellStyle::Command => code(&cell.text),
        CellStyle::Status(status) if cell.text == status.label() => {
            format!("**{}**", status.label())
        }
        _ => prose(&cell.text),
    }
}

fn next(steps: &[Suggestion]) -> String {
    let mut out = "Next steps:\n\n".to_owned();
    for Suggestion { command, why: purpose, .. } in steps {
        let purpose = if purpose.is_empty() { "" } else { &format!(" {}", prose(purpose)) };
        out.push_str(&format!("- {}{purpose}\n", code(&command.to_string())));
    }
    out
}

/// Escapes text, so that it contains no markup, HTML, link or mention.
///
/// A backslash makes any ASCII punctuation literal, also at the start of a line; `<`, `>` and `&`
/// are written as entities for readers that pass HTML through.
pub(crate) fn prose(text: &str) -> String {
    let text = sanitize::line(text);
    let mut out = String::with_capacity(text.len() + 8);
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' | '#' | '$' => {
                out.push('\\');
                out.push(c);
            }
            // Lists and rules begin with these, but only at the start of a line.
            '-' | '+' | '=' if at == 0 => {
                out.push('\\');
                out.push(c);
            }
            // `3. ` begins a list; `3.3` does not.
            '.' | ')'
                if at > 0
                    && text[..at].bytes().all(|b| b.is_ascii_digit())
                    && text[at + 1..].chars().next().is_none_or(char::is_whitespace) =>
            {
                out.push('\\');
                out.push(c);
            }
            // `https://…` and `www.…` are linked automatically.
            ':' if text[at..].starts_with("://") => out.push_str("\\:"),
            '.' if text[..at].to_ascii_lowercase().ends_with("www") => out.push_str("\\."),
            // `@name` notifies people and channels; a zero-width space prevents that.
            '@' if !previous.is_alphanumeric() => out.push_str("@\u{200b}"),
            c => out.push(c),
        }
        previous = c;
    }
    out
}

/// Renders a code span. Its fence is longer than any run of backticks in it; `|` would end a table
/// cell.
fn code(text: &str) -> String {
    let text = sanitize::line(text).replace('|', "\\|");
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

fn fenced(text: &str) -> String {
    let text = sanitize::lines(text);
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn external_markup_is_escaped() {
        for (text, expected) in [
            ("a | b", "a \\| b"),
            ("<img src=x>", "&lt;img src=x&gt;"),
            ("**x** `y` [z](u)", "\\*\\*x\\*\\* \\`y\\` \\[z\\](u)"),
            ("# x\n- y", "\\# x\\\\n- y"),
            ("1. x", "1\\. x"),
            ("1.5 x 2.5", "1.5 x 2.5"),
            ("https://h/ www.h", "https\\://h/ www\\.h"),
            ("@all app@db", "@\u{200b}all app@db"),
        ] {
            assert_eq!(prose(text), expected, "{text}");
        }
    }

    #[test]
    fn code_spans_and_fences_cannot_be_closed_from_inside() {
        assert_eq!(code("a `b` | c"), "``a `b` \\| c``");
        assert_eq!(code("`x"), "`` `x ``");
        assert_eq!(fenced("a\n```\nb\n"), "````text\na\n```\nb\n````\n");
    }
}
