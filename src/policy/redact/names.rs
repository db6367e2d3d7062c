//! Which names say that a value is secret.

use std::sync::LazyLock;

use regex::Regex;
use smallvec::SmallVec;

use super::{assigned, compiled};

/// A name that ends in one of these is a secret's.
const SECRETS: &[&str] = &[
    "apikey",
    "apikeys",
    "authorization",
    "cookie",
    "cookies",
    "credential",
    "credentials",
    "jwt",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "passwords",
    "pwd",
    "secret",
    "secrets",
];

/// A name whose last word ends in one of these, written without a break: `dbpassword`.
const RUN_TOGETHER: &[&str] = &[
    "accesskey",
    "accesstoken",
    "apikey",
    "apitoken",
    "authtoken",
    "bearertoken",
    "clientsecret",
    "idtoken",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "refreshtoken",
    "secretkey",
    "sessiontoken",
    "signingkey",
];

/// What makes a `key` a secret one; `key` alone is any map's.
const OF_KEYS: &[&str] = &[
    "access",
    "account",
    "admin",
    "agentops",
    "anthropic",
    "api",
    "app",
    "auth",
    "client",
    "consumer",
    "crypto",
    "decryption",
    "deploy",
    "encryption",
    "gemini",
    "hmac",
    "jwt",
    "license",
    "master",
    "openai",
    "private",
    "role",
    "secret",
    "service",
    "shared",
    "sign",
    "signing",
    "ssh",
    "subscription",
];

/// What makes a `pass` a password; `pass` alone is a test's result.
const OF_PASSES: &[&str] = &[
    "admin", "auth", "basic", "db", "email", "ftp", "http", "imap", "login", "mail", "mysql", "pg", "postgres",
    "proxy", "redis", "root", "smtp", "user",
];

/// What makes a `token` one of text, of paging or of control flow.
const OF_HARMLESS_TOKENS: &[&str] = &[
    "bos",
    "cached",
    "cancel",
    "cancellation",
    "cls",
    "completion",
    "continuation",
    "current",
    "each",
    "end",
    "eos",
    "first",
    "input",
    "last",
    "lookahead",
    "mask",
    "max",
    "min",
    "next",
    "output",
    "pad",
    "page",
    "pagination",
    "peek",
    "per",
    "prev",
    "previous",
    "prompt",
    "reasoning",
    "sep",
    "special",
    "start",
    "stop",
    "total",
    "unk",
];

/// What may follow: `password_hash` and `api_key_2` are as secret as what they are of.
const QUALIFIERS: &[&str] = &[
    "again",
    "b64",
    "base",
    "base64",
    "confirm",
    "confirmation",
    "digest",
    "enc",
    "encrypted",
    "hash",
    "hashed",
    "plain",
    "plaintext",
    "raw",
    "text",
    "value",
];

/// A name that begins so is a flag, a count or a deed: `has_password`, `get_token`.
const DEEDS: &[&str] = &[
    "allow", "allows", "change", "check", "count", "create", "delete", "disable", "enable", "enabled", "forgot", "get",
    "has", "hide", "is", "max", "min", "need", "needs", "no", "num", "require", "required", "requires", "reset",
    "rotate", "show", "update", "use", "uses", "validate", "verify",
];

/// The value of attribute `key` is secret: its last segment is a secret's name.
pub(super) fn is_secret_key(key: &str, value: &str) -> bool {
    static WORDS: LazyLock<Regex> = LazyLock::new(|| compiled(assigned::WORDS));
    if !WORDS.is_match(key) {
        return false;
    }
    let is_index = |segment: &&str| !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
    key.rsplit(['.', '/', ':'])
        .find(|segment| !is_index(segment))
        .is_some_and(|name| is_secret(name, value))
}

/// What is named `name` and has this value is a secret.
pub(super) fn is_secret(name: &str, value: &str) -> bool {
    let flat = flattened(name);
    let mut words: SmallVec<[&str; 8]> = flat.split('_').filter(|word| !word.is_empty()).collect();
    let said = words.len();
    while let Some(last) = words.last()
        && (QUALIFIERS.contains(last) || last.bytes().all(|byte| byte.is_ascii_digit()))
    {
        words.pop();
    }
    let Some((last, before)) = words.split_last() else {
        return false;
    };
    let of = before.last();
    let is_of = |owners: &[&str]| of.is_some_and(|word| owners.contains(word));
    if words
        .first()
        .is_some_and(|first| before.first() == Some(first) && DEEDS.contains(first))
    {
        return false;
    }
    match *last {
        // The shell's working directory has this name, too.
        "pwd" => of.is_some() || !value.contains(['/', '\\']),
        "key" | "keys" => is_of(OF_KEYS),
        "pass" => is_of(OF_PASSES),
        // `token_text` is a model's.
        "token" => !is_of(OF_HARMLESS_TOKENS) && (of.is_some() || words.len() == said),
        word => SECRETS.contains(&word) || RUN_TOGETHER.iter().any(|ending| word.ends_with(ending)),
    }
}

/// The parameter of a signed URL.
pub(super) fn is_signature(name: &str) -> bool {
    matches!(flattened(name).rsplit('_').next(), Some("sig" | "signature"))
}

/// A name of a cookie header.
pub(super) fn is_cookie(name: &str) -> bool {
    matches!(flattened(name).rsplit('_').next(), Some("cookie"))
}

/// A name of an authorization header.
pub(super) fn is_authorization(name: &str) -> bool {
    matches!(flattened(name).rsplit('_').next(), Some("authorization"))
}

/// `clientSecret`, `X-Client-Secret` and `CLIENT_SECRET` as lower-case words with underscores between them.
fn flattened(name: &str) -> String {
    let mut flat = String::with_capacity(name.len() + 4);
    let mut previous = ' ';
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        let begins_word = letter.is_ascii_uppercase()
            && (previous.is_ascii_lowercase()
                || previous.is_ascii_digit()
                || (previous.is_ascii_uppercase() && letters.peek().is_some_and(char::is_ascii_lowercase)));
        if begins_word {
            flat.push('_');
        }
        flat.push(if letter.is_alphanumeric() {
            letter.to_ascii_lowercase()
        } else {
            '_'
        });
        previous = letter;
    }
    flat
}
