//! URLs that spans go to.

use url::Url;

/// Reads an endpoint. The error says what is accepted, not what was given: a URL may carry a password.
pub(crate) fn parse(text: &str) -> Result<Url, String> {
    const ACCEPTED: &str = "an absolute http:// or https:// URL";
    let url = Url::parse(text.trim()).map_err(|error| format!("{ACCEPTED} ({error})"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("{ACCEPTED} (not {}:)", url.scheme()));
    }
    match url.host_str() {
        Some(host) if !host.is_empty() => Ok(url),
        _ => Err(format!("{ACCEPTED} (no host)")),
    }
}

/// The traces endpoint below a base URL, as `OTEL_EXPORTER_OTLP_ENDPOINT` is one: `/v1/traces` is added to its path.
pub(crate) fn traces_url(base: &Url) -> Url {
    below(base, "/v1/traces")
}

/// The URL at which a key is exchanged for a token, below the API's base URL.
pub(crate) fn token_url(base: &Url) -> Url {
    below(base, "/v3/auth/token")
}

fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url
}

/// Scheme, host and port are the same: whoever answers one, answers the other.
pub(crate) fn same_origin(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_base_url_gets_the_path_of_traces_below_its_own() {
        for (base, traces) in [
            ("http://localhost:4318", "http://localhost:4318/v1/traces"),
            ("http://localhost:4318/", "http://localhost:4318/v1/traces"),
            ("https://host/otlp", "https://host/otlp/v1/traces"),
            ("https://host/otlp/?tenant=a", "https://host/otlp/v1/traces?tenant=a"),
        ] {
            assert_eq!(traces_url(&parse(base).unwrap()).as_str(), traces);
        }
        assert_eq!(
            token_url(&parse("https://api.host").unwrap()).as_str(),
            "https://api.host/v3/auth/token"
        );
    }

    #[test]
    fn only_web_urls_with_a_host_are_endpoints() {
        for text in [
            "",
            "localhost:4318",
            "/v1/traces",
            "ftp://host/",
            "file:///tmp/x",
            "http://",
            "https://:80/",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_bad_endpoint_does_not_repeat_its_password() {
        let error = parse("ftp://user:hunter2@host/").unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let url = |text| parse(text).unwrap();
        assert!(same_origin(
            &url("https://a.example/x"),
            &url("https://A.example:443/y?z")
        ));
        for other in [
            "http://a.example/",
            "https://b.example/",
            "https://a.example:8443/",
            "https://x.a.example/",
        ] {
            assert!(!same_origin(&url("https://a.example/"), &url(other)), "{other}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_given_as_an_endpoint_is_answered(text in ".*") {
            if let Ok(url) = parse(&text) {
                prop_assert!(same_origin(&url, &traces_url(&url)));
                prop_assert!(traces_url(&url).path().ends_with("/v1/traces"));
            }
        }
    }
}
