//! Kinds: what the secrets in a text are. A check needs to know it: a browser may read the key of a map, and not a
//! password.

use super::names::{self, Name};
use super::{Start, marks, pairs, tokens, urls, view};

/// A part of a text that is secret, or can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// A vendor's token.
    Token(String),
    /// A URL, with the user and the password in it.
    Url(String),
    /// The value of the name of a password.
    Password(String),
    /// A private key.
    PrivateKey,
}

/// The parts of a text and of the text with its escapes decoded, wherever they stand.
pub(crate) fn parts(text: &str) -> Vec<Part> {
    let mut found = Vec::new();
    find(text, &mut found);
    if let Some(view) = view::View::decode(text) {
        find(&view.text, &mut found);
    }
    found
}

fn find(text: &str, found: &mut Vec<Part>) {
    let mut names_end = 0;
    if text.contains("PRIVATE KEY-----") {
        found.push(Part::PrivateKey);
    }
    marks().find(text, |place, start| {
        let mut spans = Vec::new();
        match start {
            Start::Stem => {
                let name = pairs::name_around(text, place.clone());
                let is_password = names::classify(&text[name]) == Some(Name::Password);
                names_end = pairs::find_at(text, place, names_end, &mut spans);
                let values = spans.into_iter().filter(|_| is_password);
                found.extend(values.map(|span| Part::Password(text[span].to_owned())));
            }
            Start::Token(index) => {
                tokens::find_at(text, place, index, &mut spans);
                found.extend(spans.into_iter().map(|span| Part::Token(text[span].to_owned())));
            }
            Start::Url => found.push(Part::Url(urls::around(text, place).to_owned())),
            Start::Rule(_) => {}
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_wherever_they_stand() {
        let token = format!("{}live_{}", "sk_", "51b0c4d9e8f7a6b5");
        let text = format!("{{\"a\":\"x {token}\",\"u\":\"https://a.example/\"}}");
        assert_eq!(parts(&text), [Part::Token(token), Part::Url("https://a.example/".to_owned())]);
        assert_eq!(
            parts("host=h password=Zx8Kq2Lm9 user=u"),
            [Part::Password("Zx8Kq2Lm9".to_owned())]
        );
        assert_eq!(parts("-----BEGIN PRIVATE KEY-----")[..1], [Part::PrivateKey]);
        assert_eq!(parts("a map of the world"), []);
    }
}
