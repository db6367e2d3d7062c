//! [`Field`]: one of `fields(...)`, as `#[tracing::instrument]` takes it.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{
    Error, Expr, LitStr, Result, Token,
    ext::IdentExt as _,
    parse::{Parse, ParseStream, Parser as _},
    punctuated::Punctuated,
};

/// A field that the program adds.
pub(crate) struct Field {
    name: Name,
    /// `%` or `?`.
    sigil: Option<TokenStream>,
    value: Option<Expr>,
}

enum Name {
    Dotted(Punctuated<Ident, Token![.]>),
    Literal(LitStr),
}

pub(crate) fn parse(tokens: &TokenStream) -> Result<Vec<Field>> {
    let fields = Punctuated::<Field, Token![,]>::parse_terminated.parse2(tokens.clone())?;
    Ok(fields.into_iter().collect())
}

impl Field {
    /// The argument of this name is recorded by the program itself.
    pub(crate) fn is_named(&self, argument: &Ident) -> bool {
        match &self.name {
            Name::Dotted(path) => path.len() == 1 && path.first() == Some(argument),
            Name::Literal(name) => *argument == name.value(),
        }
    }

    /// As the macros of tracing want it. A field without a value is declared, to be recorded later.
    pub(crate) fn expand(&self, tracing: &TokenStream) -> TokenStream {
        let Self { name, sigil, value } = self;
        let name = match name {
            Name::Dotted(path) => path.to_token_stream(),
            Name::Literal(name) => name.to_token_stream(),
        };
        match value {
            Some(value) => quote!(#name = #sigil #value),
            None if sigil.is_some() => quote!(#sigil #name),
            None => quote!(#name = #tracing::field::Empty),
        }
    }
}

impl Parse for Field {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut sigil = sign(input)?;
        let name = if input.peek(LitStr) {
            Name::Literal(input.parse()?)
        } else if input.peek(Ident::peek_any) {
            let mut path = Punctuated::new();
            path.push_value(input.call(Ident::parse_any)?);
            while input.peek(Token![.]) {
                path.push_punct(input.parse()?);
                path.push_value(input.call(Ident::parse_any)?);
            }
            Name::Dotted(path)
        } else {
            return Err(input.error("a field is `key = value`, `key = %value`, `key = ?value` or `key`"));
        };
        let mut value = None;
        if input.peek(Token![=]) {
            if sigil.is_some() {
                return Err(input.error("write `key = %value`, with the sign before the value"));
            }
            let equals: Token![=] = input.parse()?;
            sigil = sign(input)?;
            if input.is_empty() {
                return Err(Error::new(equals.span, "the field has no value: write `key = value`"));
            }
            value = Some(input.parse()?);
        }
        Ok(Self { name, sigil, value })
    }
}

fn sign(input: ParseStream<'_>) -> Result<Option<TokenStream>> {
    if input.peek(Token![%]) {
        return Ok(Some(input.parse::<Token![%]>()?.into_token_stream()));
    }
    if input.peek(Token![?]) {
        return Ok(Some(input.parse::<Token![?]>()?.into_token_stream()));
    }
    Ok(None)
}
