//! [`Mask`]: a server may repeat in its answer what it was sent, secrets too.

use base64::{Engine, engine::general_purpose::STANDARD};
use url::{Url, form_urlencoded};

use crate::config::Secret;

/// Shorter texts cannot be told from ordinary words.
const SHORTEST: usize = 4;

/// Bounds what is shown of an answer.
const SHOWN_CHARACTERS: usize = 200;

/// The secrets that may not show in a text.
#[derive(Clone, Default)]
pub(crate) struct Mask(Vec<Secret>);

impl Mask {
    /// Hides `text`, and what follows its scheme where it is the value of an `authorization` header.
    pub(crate) fn hide(&mut self, text: &str) {
        let credentials = text.split_once(' ').map(|(_scheme, rest)| rest.trim());
        for secret in [Some(text), credentials].into_iter().flatten() {
            if secret.len() >= SHORTEST {
                self.0.push(Secret::new(secret));
            }
        }
        // The longest first: a secret that is part of another must not leave the other's rest behind.
        self.0.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
    }

    /// Hides what a URL may carry of secrets, also as it arrives at the server.
    pub(crate) fn hide_credentials(&mut self, url: &Url) {
        // A user without a password is an access key.
        let credential = url.password().unwrap_or(url.username());
        let plain = |text: &str| percent_decode(text);
        self.hide(credential);
        self.hide(&plain(credential));
        let password = url.password().map(plain).unwrap_or_default();
        self.hide(&STANDARD.encode(format!("{}:{password}", plain(url.username()))));
        for (_name, value) in url.query_pairs() {
            self.hide(&value);
        }
    }

    pub(crate) fn apply(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| {
            if text.contains(secret.expose()) {
                text.replace(secret.expose(), "[secret]")
            } else {
                text
            }
        })
    }

    /// The beginning of an answer's body on one line, without secrets.
    pub(crate) fn excerpt(&self, body: &[u8]) -> String {
        let text = self.apply(&String::from_utf8_lossy(body));
        let words: String = text
            .chars()
            .map(|c| {
                if c.is_control() || c == char::REPLACEMENT_CHARACTER {
                    ' '
                } else {
                    c
                }
            })
            .collect();
        words.trim().chars().take(SHOWN_CHARACTERS).collect()
    }
}

/// The `url` crate decodes forms, in which a plus is a blank.
fn percent_decode(text: &str) -> String {
    let form = text.replace('+', "%2B");
    form_urlencoded::parse(form.as_bytes())
        .next()
        .map(|(name, _value)| name.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_of_a_url_are_masked_in_every_form() {
        let mut mask = Mask::default();
        mask.hide_credentials(&Url::parse("https://user:p%40ss%2Bword+1@host/?sig=a%20b%20c%20d").unwrap());
        let heard = "p%40ss%2Bword+1, p@ss+word+1, dXNlcjpwQHNzK3dvcmQrMQ==, a b c d, user";
        assert_eq!(mask.apply(heard), "[secret], [secret], [secret], [secret], user");

        let mut mask = Mask::default();
        mask.hide_credentials(&Url::parse("https://access-key@host/").unwrap());
        assert_eq!(mask.apply("access-key"), "[secret]");
    }

    #[test]
    fn an_echoed_secret_is_masked_before_the_text_is_cut() {
        let mut mask = Mask::default();
        mask.hide("Bearer abcdef-token");
        mask.hide("abcdef");
        let body = format!(
            "{}no such token: abcdef-token, Bearer abcdef-token, abcdef",
            " ".repeat(3)
        );
        assert_eq!(
            mask.excerpt(body.as_bytes()),
            "no such token: [secret], [secret], [secret]"
        );

        let cut = format!("{}abcdef-token", "x".repeat(SHOWN_CHARACTERS - 6));
        assert!(!mask.excerpt(cut.as_bytes()).contains("abcdef"));
    }

    #[test]
    fn an_excerpt_is_short_and_on_one_line() {
        let excerpt = Mask::default().excerpt("a\nb\u{1b}[31m\u{0}é".repeat(500).as_bytes());
        assert_eq!(excerpt.chars().count(), SHOWN_CHARACTERS);
        assert!(!excerpt.chars().any(char::is_control));
    }
}
