//! URLs that spans go to.

use url::Url;

/// Scheme, host and port are the same: whoever answers one, answers the other.
pub(crate) fn same_origin(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let same = |one: &str, other: &str| same_origin(&one.parse().unwrap(), &other.parse().unwrap());
        assert!(same("https://host/a", "https://host:443/b?c"));
        assert!(!same("https://host/a", "http://host/a"));
        assert!(!same("https://host/a", "https://host:444/a"));
        assert!(!same("https://host/a", "https://evil.host/a"));
    }
}
