//! [`Target`]: for whom a segment is meant, without naming anybody.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::config::{Destination, Headers, Secret};

/// A keyed hash of where spans go and of what opens the door there. A segment is sent only where this is the same: to
/// the same endpoint, for the same project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target(pub(super) [u8; 16]);

impl Target {
    /// The target of a destination; `None` where nothing is sent as requests. `key` takes the place of the configured
    /// one.
    ///
    /// The program's own headers are part of it: which tenant of a backend spans are for is often said there.
    pub(super) fn of(destination: &Destination, headers: &Headers, key: Option<&Secret>) -> Option<Self> {
        let (secret, urls) = match destination {
            Destination::AgentOps { api_key, auth, traces } => {
                (key.unwrap_or(api_key).expose(), [auth.as_str(), traces.as_str()])
            }
            Destination::Otlp { traces } => ("", ["", traces.as_str()]),
            _ => return None,
        };
        let mut hash = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
        let mut add = |part: &str| {
            // With its length before it, no part can run into the next.
            hash.update(&part.len().to_le_bytes());
            hash.update(part.as_bytes());
        };
        add("agentops spool");
        urls.into_iter().for_each(&mut add);
        let mut headers: Vec<_> = headers.iter().collect();
        headers.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (name, value) in headers {
            add(name);
            add(value.expose());
        }
        let hash = hash.finalize().into_bytes();
        Some(Self(*hash.first_chunk()?))
    }
}
