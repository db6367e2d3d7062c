//! `#[agent]` on an `impl` block: its marked methods are told which agent they work for. They are expanded by their own
//! attributes later, so that whatever else stands on the block or on them has its turn in either order.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::{Attribute, Error, Expr, ImplItem, ItemImpl, LitStr, Meta, Path, Result, Type, spanned::Spanned as _};

use crate::{
    args::{AGENT, Args},
    kind::Kind,
};

pub(crate) fn expand(args: &Args, mut block: ItemImpl) -> Result<TokenStream> {
    if args.kind != Kind::Agent {
        let said = format!(
            "`#[{}]` stands on functions and methods: mark the methods, and the block with `#[agent]`",
            args.kind.as_str()
        );
        return Err(Error::new(block.impl_token.span, said));
    }
    for given in &args.given {
        if !["name", "crate"].contains(&given.to_string().as_str()) {
            let said =
                format!("`{given}` belongs to the methods: on an `impl` block, `#[agent]` takes `name` and `crate`");
            return Err(Error::new(given.span(), said));
        }
    }
    let agent = agent(args, &block)?;
    let mut marked = false;
    for item in &mut block.items {
        if let ImplItem::Fn(method) = item {
            for attribute in &mut method.attrs {
                if is_ours(attribute.path(), &args.root) {
                    if method.sig.receiver().is_none() && says_self(agent.to_token_stream()) {
                        let said = "there is no `self` here to take the agent's name from: give the method one, or give the \
                                    block a name without it";
                        return Err(Error::new(method.sig.ident.span(), said));
                    }
                    tell(attribute, args, &agent);
                    marked = true;
                }
            }
        }
    }
    if !marked {
        return Err(Error::new(
            block.impl_token.span,
            "no method of this block is marked: put `#[operation]`, `#[tool]`, ... on those to observe",
        ));
    }
    Ok(block.into_token_stream())
}

/// The agent's name: as given, else the type's.
fn agent(args: &Args, block: &ItemImpl) -> Result<Expr> {
    if let Some(name) = &args.name {
        return Ok(name.clone());
    }
    let named = match &*block.self_ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    };
    let span = block.self_ty.span();
    let Some(name) = named else {
        return Err(Error::new(
            span,
            "this type has no name to call the agent by: write `#[agent(name = \"...\")]`",
        ));
    };
    Ok(Expr::Lit(syn::ExprLit {
        attrs: Vec::new(),
        lit: LitStr::new(&name, span).into(),
    }))
}

/// One of our attributes: by its name alone, or below the crate's.
fn is_ours(path: &Path, root: &Path) -> bool {
    let Some(last) = path.segments.last() else { return false };
    let is_kind = Kind::named(&last.ident.to_string()).is_some();
    let below = path.segments.iter().rev().nth(1).map(|segment| &segment.ident);
    let crate_name: Option<&Ident> = root.segments.last().map(|segment| &segment.ident);
    is_kind && below.is_none_or(|below| below == "agentops" || Some(below) == crate_name)
}

/// Adds the agent, and the path of the crate if the attribute does not have one, to what an attribute says.
fn tell(attribute: &mut Attribute, args: &Args, agent: &Expr) {
    let said = match &attribute.meta {
        Meta::Path(_) => TokenStream::new(),
        Meta::List(list) => list.tokens.clone(),
        // The compiler has something to say about it.
        Meta::NameValue(_) => return,
    };
    let comma = (!said.is_empty() && !ends_with_comma(&said)).then(|| quote!(,));
    let key = Ident::new(AGENT, agent.span());
    let has_root = gives_root(&said);
    let root = args.given.iter().any(|given| given == "crate").then_some(&args.root);
    let root = root.filter(|_| !has_root).map(|root| quote!(, crate = #root));
    let path = attribute.path().clone();
    attribute.meta = syn::parse_quote!(#path(#said #comma #key = #agent #root));
}

/// `crate = ..` is among the arguments; the word also begins paths.
fn gives_root(said: &TokenStream) -> bool {
    let tokens: Vec<String> = said.clone().into_iter().map(|token| token.to_string()).collect();
    let is_argument = |at: usize| at == 0 || tokens.get(at - 1).is_some_and(|before| before == ",");
    let is_given = |at: usize| tokens.get(at + 1).is_some_and(|next| next == "=");
    (0..tokens.len()).any(|at| tokens.get(at).is_some_and(|token| token == "crate") && is_argument(at) && is_given(at))
}

fn says_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "self",
        TokenTree::Group(group) => says_self(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

fn ends_with_comma(tokens: &TokenStream) -> bool {
    tokens
        .clone()
        .into_iter()
        .last()
        .is_some_and(|token| token.to_string() == ",")
}
