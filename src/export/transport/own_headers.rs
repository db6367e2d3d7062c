//! [`OwnHeaders`]: what the program adds to every request that carries spans.

use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap,
    HeaderName, HeaderValue, TE, TRANSFER_ENCODING, USER_AGENT,
};

use crate::{config::Headers, export::mask::Mask};

/// What a request says about itself is not the program's to say.
const OURS: [HeaderName; 9] = [
    ACCEPT_ENCODING,
    CONNECTION,
    CONTENT_ENCODING,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    HOST,
    TE,
    TRANSFER_ENCODING,
    USER_AGENT,
];

/// The program's own headers, those that were left out, and what may not show.
pub(crate) struct OwnHeaders {
    pub(crate) accepted: HeaderMap,
    pub(crate) ignored: Vec<String>,
    pub(crate) mask: Mask,
}

impl OwnHeaders {
    /// Checks the headers that the program set. `authorization` is one of them only where no token is used.
    pub(crate) fn check(headers: &Headers, uses_token: bool) -> Result<Self, String> {
        let mut own = Self {
            accepted: HeaderMap::new(),
            ignored: Vec::new(),
            mask: Mask::default(),
        };
        for (name, value) in headers {
            let accepted = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_invalid| format!("the header name {name:?} is not a valid one"))?;
            own.mask.hide(value.expose());
            if is_ours(&accepted) || (uses_token && accepted == AUTHORIZATION) {
                own.ignored.push(name.clone());
                continue;
            }
            let mut value = HeaderValue::from_str(value.expose()).map_err(|_invalid| {
                format!("the value of the header {name:?} has characters that HTTP does not allow")
            })?;
            value.set_sensitive(true);
            own.accepted.insert(accepted, value);
        }
        Ok(own)
    }
}

fn is_ours(name: &HeaderName) -> bool {
    OURS.contains(name) || name.as_str().starts_with("grpc-")
}
