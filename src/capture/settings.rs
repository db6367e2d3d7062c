//! [`HttpCapture`]: what a program chooses about the capture of its HTTP client.

use std::sync::Arc;

/// Bytes of a body that are kept unless told otherwise.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Captures the calls of models that go through an HTTP client; see the [module](crate::capture) for what is captured and what
/// never is.
///
/// As a middleware of `reqwest-middleware` (feature `reqwest-middleware`):
///
/// ```
/// # #[cfg(feature = "reqwest-middleware")] {
/// let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
///     .with(agentops::capture::HttpCapture::new())
///     .build();
/// # drop(client); }
/// ```
///
/// As a layer of `tower` (feature `tower`), over anything that takes a `reqwest::Request` or an `http::Request`:
///
/// ```
/// # #[cfg(feature = "tower")] {
/// use tower::Layer as _;
///
/// let service = agentops::capture::HttpCapture::new().layer(reqwest::Client::new());
/// # drop(service); }
/// ```
///
/// Without a handle whose layer sees the program's spans it does nothing. Cheap to clone.
#[derive(Clone, Debug)]
#[must_use = "give it to an HTTP client"]
pub struct HttpCapture {
    pub(super) settings: Arc<Settings>,
}

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) max_body_bytes: usize,
    pub(super) bases: Vec<Base>,
}

/// Where a provider answers, as the program says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base {
    /// Without its scheme, the query and the slashes at its end; host and port in lower case.
    pub(super) authority: String,
    pub(super) path: String,
    pub(super) provider: Arc<str>,
}

impl Default for HttpCapture {
    fn default() -> Self {
        Self::new()
    }
}

impl HttpCapture {
    /// Captures calls to all known APIs, 1 MiB of each body.
    pub fn new() -> Self {
        Self {
            settings: Arc::new(Settings {
                max_body_bytes: MAX_BODY_BYTES,
                bases: Vec::new(),
            }),
        }
    }

    /// Names the provider that answers below a base URL: a server of one's own (vLLM, LM Studio, `LiteLLM`), or Ollama on
    /// another port. `https://llm.example/v1`, or a host and port alone: `localhost:8000`. Of two that fit, the last one
    /// counts. By default an unknown host with an OpenAI-compatible path is called `openai`, as the GenAI conventions
    /// do, and prices are looked up under that name.
    ///
    /// ```
    /// use agentops::capture::HttpCapture;
    ///
    /// let capture = HttpCapture::new()
    ///     .with_base_url("http://localhost:8000/v1", "vllm")
    ///     .with_base_url("http://gpu-1:9000", "ollama");
    /// # drop(capture);
    /// ```
    pub fn with_base_url(mut self, base_url: impl AsRef<str>, provider: impl AsRef<str>) -> Self {
        if let Some(base) = Base::read(base_url.as_ref(), provider.as_ref()) {
            Arc::make_mut(&mut self.settings).bases.push(base);
        }
        self
    }

    /// How many bytes of the beginning of each body are kept, 1 MiB (1,048,576) by default; of a longer body also the last
    /// 64 KiB, where providers count tokens. More than the handle's budget has room for is never kept.
    pub fn with_max_body_bytes(mut self, bytes: usize) -> Self {
        Arc::make_mut(&mut self.settings).max_body_bytes = bytes;
        self
    }
}

impl Base {
    fn read(base_url: &str, provider: &str) -> Option<Self> {
        let rest = base_url.trim();
        let rest = rest.split_once("://").map_or(rest, |(_, rest)| rest);
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        // Whoever writes a password into an address writes it before the last `@`.
        let authority = authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
        let path = path.trim_matches('/').to_owned();
        (!authority.is_empty()).then(|| Self {
            authority,
            path,
            provider: provider.trim().to_lowercase().into(),
        })
    }

    /// An address is below this one.
    pub(super) fn holds(&self, host: &str, port: Option<u16>, path: &str) -> bool {
        let (name, wanted) = match self.authority.rsplit_once(':') {
            Some((name, number)) if !number.ends_with(']') => (name, number.parse::<u16>().ok()),
            _ => (&*self.authority, None),
        };
        let same_place = name.eq_ignore_ascii_case(host) && (wanted.is_none() || wanted == port);
        let below = path.trim_start_matches('/').strip_prefix(&*self.path);
        same_place && below.is_some_and(|rest| self.path.is_empty() || rest.is_empty() || rest.starts_with('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(url: &str) -> Base {
        Base::read(url, " vLLM ").unwrap()
    }

    #[test]
    fn a_base_holds_what_is_below_it() {
        let base = base("http://user:secret@LocalHost:8000/v1/?x=1");
        assert_eq!(
            (&*base.authority, &*base.path, &*base.provider),
            ("localhost:8000", "v1", "vllm")
        );
        assert!(base.holds("localhost", Some(8000), "/v1/chat/completions"));
        assert!(!base.holds("localhost", Some(8001), "/v1/chat/completions"));
        assert!(!base.holds("localhost", Some(8000), "/v10/chat/completions"));
        assert!(!base.holds("elsewhere", Some(8000), "/v1/chat/completions"));
    }

    #[test]
    fn a_host_without_a_port_holds_all_its_ports() {
        assert!(base("gpu-1").holds("gpu-1", Some(9000), "/api/chat"));
        assert!(base("[::1]").holds("[::1]", Some(9000), "/api/chat"));
        assert!(base("http://[::1]:9000").holds("[::1]", Some(9000), "/api/chat"));
        assert_eq!(Base::read("http:///v1", "x"), None);
    }
}
