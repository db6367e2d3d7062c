//! [`Mask`]: a server may repeat in its answer what it was sent, secrets too.

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

    #[must_use]
    pub(crate) fn and(&self, text: &str) -> Self {
        let mut mask = self.clone();
        mask.hide(text);
        mask
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

#[cfg(test)]
mod tests {
    use super::*;

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
