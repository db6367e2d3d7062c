//! The span that a function opens.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{LitStr, ext::IdentExt as _};

use super::Expansion;
use crate::{
    args::{Level, literal},
    kind::Kind,
};

impl Expansion<'_> {
    /// The span, with its causes.
    pub(super) fn opened(&self) -> TokenStream {
        let Self { site, hidden, args, .. } = self;
        let span = self.span();
        let causes = args.follows_from.as_ref().map(|causes| {
            quote_spanned! {*site=>
                for cause in #hidden::IntoIterator::into_iter(#causes) {
                    span.follows_from(cause);
                }
            }
        });
        quote_spanned! {*site=>
            let span = #span;
            #causes
        }
    }

    fn span(&self) -> TokenStream {
        let Self { site, hidden, args, .. } = self;
        let tracing = quote_spanned!(*site=> #hidden::tracing);
        let parent = args
            .parent
            .as_ref()
            .map(|parent| quote_spanned!(*site=> parent: #parent,));
        let level = self.level();
        let kind = args.kind.as_str();
        let mut fields = vec![quote_spanned!(*site=> agentops.kind = #kind)];
        let callsite = self.name(&mut fields);
        let version = args.version.as_ref();
        fields.extend(version.map(|version| quote_spanned!(*site=> agentops.version = #version)));
        let cost = args.cost.as_ref();
        fields.extend(cost.map(|cost| quote_spanned!(*site=> agentops.cost = #hidden::usd(#cost))));
        let spec = args.spec.as_ref();
        fields.extend(spec.map(|spec| quote_spanned!(*site=> agentops.spec = #spec)));
        if !args.list_tags.is_empty() {
            let tags = json_array(args.list_tags.iter().map(LitStr::value));
            fields.push(quote_spanned!(*site=> agentops.tags = #tags));
        }
        for (key, value) in &args.dict_tags {
            let key = LitStr::new(&format!("agentops.tag.{}", key.value()), key.span());
            fields.push(quote_spanned!(*site=> #key = #value));
        }
        fields.extend(args.fields.iter().map(|field| field.expand(&tracing)));
        quote_spanned!(*site=> #tracing::span!(#parent #level, #callsite, #(#fields),*))
    }

    pub(super) fn level(&self) -> TokenStream {
        let Self { site, hidden, args, .. } = self;
        match &args.level {
            Level::Named(name) => quote_spanned!(*site=> #hidden::tracing::Level::#name),
            Level::Path(path) => quote_spanned!(*site=> #path),
        }
    }

    /// The callsite's name. A name that is a literal is that; any other is a field.
    fn name(&self, fields: &mut Vec<TokenStream>) -> LitStr {
        let Self { site, args, .. } = self;
        // An agent's method that is an agent itself is that one.
        let own = args.name.as_ref();
        let name = own.or(args.agent.as_ref().filter(|_| args.kind == Kind::Agent));
        if args.kind != Kind::Agent {
            fields.extend(args.agent.as_ref().map(|agent| {
                // A literal is a text as it is; anything else has to be one.
                let shown = literal(agent).is_none().then(|| quote_spanned!(*site=> %));
                quote_spanned!(*site=> agent.name = #shown #agent)
            }));
        }
        match name.map(|name| (name, literal(name))) {
            Some((_, Some(name))) => name.clone(),
            Some((name, None)) => {
                fields.push(quote_spanned!(*site=> agentops.name = %#name));
                self.ident()
            }
            None => self.ident(),
        }
    }

    fn ident(&self) -> LitStr {
        let ident = &self.function.signature.ident;
        LitStr::new(&ident.unraw().to_string(), ident.span())
    }
}

/// A JSON array of texts.
fn json_array(texts: impl Iterator<Item = String>) -> String {
    let quoted: Vec<_> = texts.map(|text| quoted(&text)).collect();
    format!("[{}]", quoted.join(","))
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            char if char.is_control() => quoted.extend(format!("\\u{:04x}", u32::from(char)).chars()),
            char => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}
