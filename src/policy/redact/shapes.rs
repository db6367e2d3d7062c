//! Keys and tokens that are recognised by how they look, wherever they stand.

use std::sync::LazyLock;

use regex::Regex;

use super::{compiled, edits::Edits, reader::begins_word};

/// What a shape's letters after its prefix are.
#[derive(Clone, Copy)]
enum Letters {
    Alphanumeric,
    /// And `_`.
    Word,
    /// And `-`: base64 as URLs have it.
    Url,
    /// And `.`
    Dotted,
    /// Upper-case letters and digits.
    Upper,
}

impl Letters {
    fn contain(self, byte: u8) -> bool {
        match self {
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Word => byte.is_ascii_alphanumeric() || byte == b'_',
            Self::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
        }
    }
}

/// How sure a prefix makes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Prefix {
    /// Nothing else begins so.
    Telling,
    /// Words may contain it (`disk-`) or begin with it (`hf_hub`): it begins a word, and what follows is no word.
    Common,
    /// Begins a word, and exactly so many letters follow.
    Fixed,
    /// The first of the parts of a JSON web token.
    Jwt,
}

struct Shape {
    prefix: &'static str,
    letters: Letters,
    /// As many follow at least.
    least: usize,
    sure: Prefix,
}

const fn shape(prefix: &'static str, letters: Letters, least: usize, sure: Prefix) -> Shape {
    Shape {
        prefix,
        letters,
        least,
        sure,
    }
}

/// A prefix stands before those that it begins with.
const SHAPES: &[Shape] = {
    use Letters::{Alphanumeric, Dotted, Upper, Url, Word};
    use Prefix::{Common, Fixed, Jwt, Telling};
    &[
        // OpenAI, Anthropic, OpenRouter and those that write keys as they do
        shape("sk-ant-", Url, 8, Telling),
        shape("sk-proj-", Url, 8, Telling),
        shape("sk-svcacct-", Url, 8, Telling),
        shape("sk-admin-", Url, 16, Telling),
        shape("sk-or-v1-", Url, 8, Telling),
        shape("sk-", Url, 12, Common),
        shape("gsk_", Alphanumeric, 20, Common),
        shape("xai-", Alphanumeric, 20, Common),
        shape("pplx-", Alphanumeric, 20, Common),
        shape("r8_", Alphanumeric, 20, Common),
        shape("hf_", Alphanumeric, 20, Common),
        shape("tvly-", Url, 16, Common),
        shape("lsv2_", Word, 20, Common),
        // AWS
        shape("AKIA", Upper, 16, Fixed),
        shape("ASIA", Upper, 16, Fixed),
        // GitHub, GitLab
        shape("github_pat_", Word, 20, Telling),
        shape("ghp_", Alphanumeric, 20, Telling),
        shape("gho_", Alphanumeric, 20, Telling),
        shape("ghu_", Alphanumeric, 20, Telling),
        shape("ghs_", Alphanumeric, 20, Telling),
        shape("ghr_", Alphanumeric, 20, Telling),
        shape("glpat-", Dotted, 16, Telling),
        shape("gldt-", Url, 16, Common),
        shape("glrt-", Url, 16, Common),
        // Google
        shape("AIza", Url, 30, Telling),
        shape("ya29.", Url, 20, Telling),
        shape("GOCSPX-", Url, 20, Telling),
        // Slack
        shape("xoxa-", Url, 10, Telling),
        shape("xoxb-", Url, 10, Telling),
        shape("xoxc-", Url, 10, Telling),
        shape("xoxd-", Url, 10, Telling),
        shape("xoxe-", Url, 10, Telling),
        shape("xoxe.", Dotted, 10, Telling),
        shape("xoxo-", Url, 10, Telling),
        shape("xoxp-", Url, 10, Telling),
        shape("xoxr-", Url, 10, Telling),
        shape("xoxs-", Url, 10, Telling),
        shape("xapp-", Url, 20, Common),
        // Stripe
        shape("sk_live_", Alphanumeric, 10, Telling),
        shape("sk_test_", Alphanumeric, 10, Telling),
        shape("rk_live_", Alphanumeric, 10, Telling),
        shape("rk_test_", Alphanumeric, 10, Telling),
        shape("whsec_", Alphanumeric, 20, Telling),
        // Registries and clouds
        shape("npm_", Alphanumeric, 30, Common),
        shape("pypi-", Url, 50, Common),
        shape("SG.", Dotted, 40, Common),
        shape("dop_v1_", Alphanumeric, 40, Telling),
        shape("dapi", Alphanumeric, 32, Fixed),
        shape("shpat_", Alphanumeric, 32, Telling),
        shape("hvs.", Url, 20, Common),
        shape("lin_api_", Alphanumeric, 20, Telling),
        // {"alg": ...
        shape("eyJ", Dotted, 20, Jwt),
    ]
};

/// An alternation of all prefixes.
pub(super) fn prefixes() -> String {
    SHAPES
        .iter()
        .map(|shape| regex::escape(shape.prefix))
        .collect::<Vec<_>>()
        .join("|")
}

/// Masks keys and tokens of known shapes.
pub(super) fn mask(text: &str) -> Option<String> {
    static PREFIXES: LazyLock<Regex> = LazyLock::new(|| compiled(&prefixes()));
    let mut edits = Edits::of(text);
    let mut without_dot = 0;
    let mut has_aws_id = false;
    let mut at = 0;
    while let Some(found) = PREFIXES.find_at(text, at) {
        at = found.end();
        let Some(shape) = SHAPES.iter().find(|shape| shape.prefix == found.as_str()) else {
            continue;
        };
        // What follows a masked text directly begins a word: once masked, a bracket stands there.
        let is_word = found.start() == edits.end() || begins_word(text, found.start());
        let rest = text.as_bytes().get(at..).unwrap_or_default();
        if (is_word || shape.sure == Prefix::Telling) && shape.fits(rest, at, &mut without_dot) {
            at += rest.iter().take_while(|&&byte| shape.letters.contain(byte)).count();
            edits.mask(found.start()..at);
            has_aws_id |= shape.letters.contain(b'A') && !shape.letters.contain(b'a');
        }
    }
    let masked = edits.finish()?;
    Some(if has_aws_id {
        aws_secrets(&masked).unwrap_or(masked)
    } else {
        masked
    })
}

impl Shape {
    /// The text `rest`, which begins at `at`, goes on as this shape does. Reads little of what does not.
    fn fits(&self, rest: &[u8], at: usize, without_dot: &mut usize) -> bool {
        let run = rest.iter().copied().take_while(|&byte| self.letters.contain(byte));
        if run.clone().take(self.least).count() < self.least {
            return false;
        }
        match self.sure {
            Prefix::Telling => true,
            Prefix::Common => {
                run.clone().take(64).any(|byte| byte.is_ascii_digit())
                    || run.take(16).all(|byte| byte.is_ascii_alphanumeric())
            }
            Prefix::Fixed => run.take(self.least + 1).count() == self.least,
            Prefix::Jwt => {
                if at < *without_dot {
                    return false;
                }
                let head = run.clone().take_while(|&byte| byte != b'.').count();
                let body = run.skip(head + 1).take(8).take_while(|&byte| byte != b'.').count();
                if body == 0 {
                    *without_dot = at + head;
                }
                head >= 8 && body == 8
            }
        }
    }
}

/// Beside an AWS key id, a word of 40 letters as base64 has them is its secret.
fn aws_secrets(text: &str) -> Option<String> {
    static RUNS: LazyLock<Regex> = LazyLock::new(|| compiled("[A-Za-z0-9/+]{40,}"));
    let mut edits = Edits::of(text);
    for run in RUNS.find_iter(text) {
        let has = |is: fn(&u8) -> bool| run.as_str().as_bytes().iter().any(is);
        if run.len() == 40 && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit) {
            edits.mask(run.range());
        }
    }
    edits.finish()
}
