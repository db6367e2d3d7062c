//! The secrets that are planted, all of them invented.

/// A secret and what it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Secret {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
}

/// A key that AgentOps accepts.
pub(crate) const KEY: &str = "5ec2e7aa-1b2c-4d3e-8f90-a1b2c3d4e5f6";
/// One that it does not.
pub(crate) const WRONG_KEY: &str = "bad0bad0-9f8e-4d7c-8b6a-504132231405";
/// What every token of the fake server begins with.
pub(crate) const TOKEN: &str = "collector-token-";
/// The value of a header.
pub(crate) const HEADER: &str = "h3ader/s3cret+with==padding";
/// The credentials of an `authorization` header that OpenTelemetry's variable has.
pub(crate) const BEARER: &str = "otel+bearer/0a1b2c3d==";
/// The password in a URL, and as it must be written there.
pub(crate) const PASSWORD: &str = "url p@ss/w+rd?";
pub(crate) const PASSWORD_IN_URL: &str = "url%20p%40ss%2Fw%2Brd%3F";
/// What stands under names such as `password`.
pub(crate) const FIELD: &str = "f1eld+hunter2/zz";

pub(crate) const ALL: [Secret; 7] = [
    Secret {
        name: "the key",
        text: KEY,
    },
    Secret {
        name: "the wrong key",
        text: WRONG_KEY,
    },
    Secret {
        name: "a token",
        text: TOKEN,
    },
    Secret {
        name: "a header's value",
        text: HEADER,
    },
    Secret {
        name: "a bearer",
        text: BEARER,
    },
    Secret {
        name: "a URL's password",
        text: PASSWORD,
    },
    Secret {
        name: "a field",
        text: FIELD,
    },
];

/// `url` with a user and the password.
pub(crate) fn with_password(url: &str) -> String {
    url.replacen("://", &format!("://user:{PASSWORD_IN_URL}@"), 1)
}
