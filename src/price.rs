//! [`Price`]: what a model's tokens cost, where the program knows better than the price table.

/// What a model's tokens cost, in USD per million tokens, for [`with_price`](crate::Builder::with_price).
///
/// ```
/// use agentops::Price;
///
/// let price = Price::new(3.0, 15.0).with_cache_read(0.3).with_cache_creation(3.75);
/// # assert_eq!(price.output, 15.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Price {
    /// USD per million input tokens.
    pub input: f64,
    /// USD per million output tokens.
    pub output: f64,
    /// USD per million input tokens that were read from a cache; without it they cost what input costs.
    pub cache_read: Option<f64>,
    /// USD per million input tokens that were written to a cache; without it they cost what input costs.
    pub cache_creation: Option<f64>,
}

impl Price {
    /// Input and output, in USD per million tokens.
    pub const fn new(input: f64, output: f64) -> Self {
        Self {
            input,
            output,
            cache_read: None,
            cache_creation: None,
        }
    }

    /// Input tokens that were read from a cache, in USD per million.
    #[must_use]
    pub const fn with_cache_read(mut self, usd: f64) -> Self {
        self.cache_read = Some(usd);
        self
    }

    /// Input tokens that were written to a cache, in USD per million.
    #[must_use]
    pub const fn with_cache_creation(mut self, usd: f64) -> Self {
        self.cache_creation = Some(usd);
        self
    }
}
