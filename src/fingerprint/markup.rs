//! What an HTML error page or an XML error body says.

use super::cause::clip;

/// The parts of an error page that name the cause.
pub(crate) struct Found<'a> {
    pub(crate) code: Option<&'a str>,
    pub(crate) message: &'a str,
}

/// The `<Code>` and `<Message>` of an XML error (object storage), or the title or first heading of a page.
pub(crate) fn read(text: &str) -> Option<Found<'_>> {
    let text = clip(text);
    let code = element(text, "code")
        .filter(|code| code.len() <= 64 && !code.contains(char::is_whitespace));
    let message = ["message", "title", "h1", "body"]
        .into_iter()
        .find_map(|name| element(text, name))
        .or(code)?;
    Some(Found { code, message })
}

/// The text right inside the first `<name …>`, up to the next tag; None when there is none.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut from = 0;
    while let Some(open) = text.get(from..)?.find('<') {
        let start = from + open + 1;
        let tag = text.get(start..)?;
        if starts_with_ignoring_case(tag, name)
            && matches!(tag.as_bytes().get(name.len()), Some(b'>' | b' '))
        {
            let inner = tag.split_once('>')?.1;
            let content = inner.split('<').next().unwrap_or_default().trim();
            return (!content.is_empty()).then_some(content);
        }
        from = start;
    }
    None
}

/// Whether `text` begins with the ASCII `prefix`, whatever its case.
pub(crate) fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    text.as_bytes()
        .get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}
