//! [`Args`]: what stands between the parentheses of an attribute, understood before anything is expanded.

use proc_macro2::{Ident, Span, TokenStream};
use syn::{
    Error, Expr, LitBool, LitInt, LitStr, Path, Result, Token, ext::IdentExt as _, parenthesized, parse::ParseStream,
    parse::Parser as _, spanned::Spanned as _, token,
};

use crate::{
    fields::{self, Field},
    kind::Kind,
};

/// The name of the argument by which an attribute on an `impl` block tells its methods their agent.
pub(crate) const AGENT: &str = "__agent";

/// What an attribute was told.
pub(crate) struct Args {
    pub(crate) kind: Kind,
    pub(crate) name: Option<Expr>,
    /// The agent that a method works for.
    pub(crate) agent: Option<Expr>,
    pub(crate) version: Option<Expr>,
    pub(crate) list_tags: Vec<LitStr>,
    pub(crate) dict_tags: Vec<(LitStr, Expr)>,
    pub(crate) cost: Option<Expr>,
    pub(crate) spec: Option<LitStr>,
    pub(crate) skip: Vec<Ident>,
    pub(crate) capture_input: bool,
    pub(crate) capture_output: bool,
    pub(crate) fields: Vec<Field>,
    pub(crate) level: Level,
    pub(crate) parent: Option<Expr>,
    pub(crate) follows_from: Option<Expr>,
    /// The path of the crate `agentops`.
    pub(crate) root: Path,
    /// The arguments that were given, as they were written.
    pub(crate) given: Vec<Ident>,
}

/// The level of a span.
pub(crate) enum Level {
    /// `DEBUG`, an associated constant of tracing's `Level`.
    Named(Ident),
    /// Whatever the program wrote.
    Path(Expr),
}

impl Args {
    pub(crate) fn parse(kind: Kind, tokens: TokenStream) -> Result<Self> {
        let mut args = Self {
            kind,
            name: None,
            agent: None,
            version: None,
            list_tags: Vec::new(),
            dict_tags: Vec::new(),
            cost: None,
            spec: None,
            skip: Vec::new(),
            capture_input: true,
            capture_output: true,
            fields: Vec::new(),
            level: Level::Named(Ident::new("INFO", Span::mixed_site())),
            parent: None,
            follows_from: None,
            root: default_root(),
            given: Vec::new(),
        };
        let parse = |input: ParseStream<'_>| {
            while !input.is_empty() {
                args.argument(input)?;
                if !input.is_empty() && input.parse::<Option<Token![,]>>()?.is_none() {
                    return Err(input.error("a comma is missing between two arguments"));
                }
            }
            Ok(())
        };
        parse.parse2(tokens)?;
        Ok(args)
    }

    fn argument(&mut self, input: ParseStream<'_>) -> Result<()> {
        if input.peek(LitStr) {
            let name: LitStr = input.parse()?;
            let text = name.value();
            return Err(Error::new(name.span(), format!("write `name = {text:?}`")));
        }
        let word = input.call(Ident::parse_any)?;
        if self.given.contains(&word) {
            return Err(Error::new(
                word.span(),
                format!("`{word}` is given twice: keep one of them"),
            ));
        }
        self.given.push(word.clone());
        match word.to_string().as_str() {
            "name" => self.name = Some(value(input, &word, "\"...\"")?),
            AGENT => self.agent = Some(value(input, &word, "\"...\"")?),
            "version" => self.version = Some(value(input, &word, "\"1.0\"")?),
            "tags" => self.tags(input, &word)?,
            "cost" => self.cost = Some(self.cost(input, &word)?),
            "spec" => self.spec = Some(self.spec(input, &word)?),
            "skip" => self.skip(input, &word)?,
            "skip_all" => self.capture_input = !alone(input, &word)?,
            "capture_input" => self.capture_input = flag(input, &word)?,
            "capture_output" => self.capture_output = flag(input, &word)?,
            "fields" => self.fields = fields::parse(&list(input, &word, "fields(key = value, ...)")?)?,
            "level" => self.level = level(input, &word)?,
            "parent" => self.parent = Some(value(input, &word, "&span")?),
            "follows_from" => self.follows_from = Some(value(input, &word, "spans")?),
            "crate" => self.root = root(input, &word)?,
            other => return Err(self.unknown(&word, other)),
        }
        Ok(())
    }

    /// `tags("a", "b", team = "blue")`.
    fn tags(&mut self, input: ParseStream<'_>, word: &Ident) -> Result<()> {
        const FORM: &str = "tags(\"a\", \"b\")` for a list, or `tags(team = \"blue\")` for tags with a value, not";
        let content = list(input, word, "tags(\"a\", team = \"blue\")")?;
        let parse = |input: ParseStream<'_>| {
            while !input.is_empty() {
                let key = if input.peek(LitStr) {
                    input.parse::<LitStr>()?
                } else if input.peek(Ident::peek_any) {
                    let key = input.call(Ident::parse_any)?;
                    if !input.peek(Token![=]) {
                        let said = format!("a tag is a text: write `tags(\"{key}\")`, or `tags({key} = ...)`");
                        return Err(Error::new(key.span(), said));
                    }
                    LitStr::new(&key.unraw().to_string(), key.span())
                } else {
                    return Err(input.error(format!("write `{FORM} this")));
                };
                if input.parse::<Option<Token![=]>>()?.is_some() {
                    self.dict_tags.push((key, input.parse()?));
                } else {
                    self.list_tags.push(key);
                }
                comma(input)?;
            }
            Ok(())
        };
        parse.parse2(content)
    }

    fn cost(&self, input: ParseStream<'_>, word: &Ident) -> Result<Expr> {
        if self.kind != Kind::Tool {
            let said = format!(
                "`cost` belongs to `#[tool]`: on `#[{}]` leave it out, or make the function a tool",
                self.kind.as_str()
            );
            return Err(Error::new(word.span(), said));
        }
        let cost = value(input, word, "0.05")?;
        match &cost {
            Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Float(_) | syn::Lit::Int(_),
                ..
            }) => Ok(cost),
            Expr::Lit(_) => Err(Error::new(
                cost.span(),
                "a cost is a number of USD: write `cost = 0.05`",
            )),
            _ => Ok(cost),
        }
    }

    fn spec(&self, input: ParseStream<'_>, word: &Ident) -> Result<LitStr> {
        const ACCEPTED: &str = "write `spec = \"input\"` or `spec = \"output\"`";
        if self.kind != Kind::Guardrail {
            let said = format!(
                "`spec` belongs to `#[guardrail]`: on `#[{}]` leave it out, or make the function a guardrail",
                self.kind.as_str()
            );
            return Err(Error::new(word.span(), said));
        }
        let said = value(input, word, "\"input\"")?;
        match literal(&said) {
            Some(text) if ["input", "output"].contains(&text.value().as_str()) => Ok(text.clone()),
            _ => Err(Error::new(said.span(), ACCEPTED)),
        }
    }

    fn skip(&mut self, input: ParseStream<'_>, word: &Ident) -> Result<()> {
        let content = list(input, word, "skip(a, b)")?;
        let parse = |input: ParseStream<'_>| {
            while !input.is_empty() {
                let name = input.call(Ident::parse_any)?;
                if name == "self" {
                    return Err(Error::new(name.span(), "`self` is never captured: leave it out"));
                }
                self.skip.push(name);
                comma(input)?;
            }
            Ok(())
        };
        parse.parse2(content)
    }

    fn unknown(&self, word: &Ident, name: &str) -> Error {
        let kind = self.kind.as_str();
        let said = match name {
            "ret" => {
                "results are captured anyway: leave `ret` out, or write `capture_output = false` to keep them back"
                    .to_owned()
            }
            "err" => "errors are captured anyway: leave `err` out".to_owned(),
            "kind" | "agentops" => format!("the attribute is the kind: leave it out, or use another than `#[{kind}]`"),
            "target" => "there is no `target`: it is the module, as in the rest of the program".to_owned(),
            "tag" => "write `tags(\"a\", \"b\")`".to_owned(),
            "input" => "arguments are captured anyway: leave `input` out, or write `capture_input = false`".to_owned(),
            "output" => "results are captured anyway: leave `output` out, or write `capture_output = false`".to_owned(),
            _ => format!(
                "`#[{kind}]` has no argument `{name}`: it takes {}; anything else is a field, `fields({name} = ...)`",
                self.accepted()
            ),
        };
        Error::new(word.span(), said)
    }

    fn accepted(&self) -> String {
        let own = match self.kind {
            Kind::Tool => "`cost`, ",
            Kind::Guardrail => "`spec`, ",
            _ => "",
        };
        format!(
            "`name`, `version`, `tags(...)`, {own}`skip(...)`, `skip_all`, `capture_input`, `capture_output`, \
             `fields(...)`, `level`, `parent`, `follows_from` and `crate`"
        )
    }
}

/// The text that an expression is the literal of.
pub(crate) fn literal(value: &Expr) -> Option<&LitStr> {
    match value {
        Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(text),
            ..
        }) => Some(text),
        _ => None,
    }
}

fn default_root() -> Path {
    let span = Span::call_site();
    Path {
        leading_colon: Some(token::PathSep(span)),
        segments: std::iter::once(syn::PathSegment::from(Ident::new("agentops", span))).collect(),
    }
}

fn comma(input: ParseStream<'_>) -> Result<()> {
    if input.is_empty() {
        return Ok(());
    }
    match input.parse::<Option<Token![,]>>()? {
        Some(_) => Ok(()),
        None => Err(input.error("a comma is missing here")),
    }
}

/// What stands behind `word =`.
fn value(input: ParseStream<'_>, word: &Ident, example: &str) -> Result<Expr> {
    if input.parse::<Option<Token![=]>>()?.is_none() || input.is_empty() || input.peek(Token![,]) {
        return Err(Error::new(word.span(), format!("write `{word} = {example}`")));
    }
    input.parse()
}

/// What stands in parentheses behind `word`.
fn list(input: ParseStream<'_>, word: &Ident, form: &str) -> Result<TokenStream> {
    if !input.peek(token::Paren) {
        return Err(Error::new(word.span(), format!("write `{form}`")));
    }
    let content;
    parenthesized!(content in input);
    content.parse()
}

/// `skip_all`.
fn alone(input: ParseStream<'_>, word: &Ident) -> Result<bool> {
    if input.peek(Token![=]) || input.peek(token::Paren) {
        let said = format!("write `{word}` alone, or `skip(a, b)` to skip some");
        return Err(Error::new(word.span(), said));
    }
    Ok(true)
}

fn flag(input: ParseStream<'_>, word: &Ident) -> Result<bool> {
    let form = format!("write `{word} = false`");
    if input.parse::<Option<Token![=]>>()?.is_none() {
        return Err(Error::new(word.span(), form));
    }
    if !input.peek(LitBool) {
        let at = if input.is_empty() {
            word.span()
        } else {
            input.cursor().span()
        };
        return Err(Error::new(at, form));
    }
    let flag: LitBool = input.parse()?;
    Ok(flag.value)
}

/// A level as tracing takes it: a name, a number, or a path.
fn level(input: ParseStream<'_>, word: &Ident) -> Result<Level> {
    const ACCEPTED: &str = "a level is \"trace\", \"debug\", \"info\", \"warn\" or \"error\", or a path such as \
                            `Level::DEBUG`";
    let said = value(input, word, "\"debug\"")?;
    let name = match &said {
        Expr::Path(_) => return Ok(Level::Path(said)),
        Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(text),
            ..
        }) => text.value().to_ascii_uppercase(),
        Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Int(number),
            ..
        }) => by_number(number).to_owned(),
        _ => String::new(),
    };
    if !["TRACE", "DEBUG", "INFO", "WARN", "ERROR"].contains(&name.as_str()) {
        return Err(Error::new(said.span(), ACCEPTED));
    }
    Ok(Level::Named(Ident::new(&name, said.span())))
}

fn by_number(number: &LitInt) -> &'static str {
    match number.base10_digits() {
        "1" => "TRACE",
        "2" => "DEBUG",
        "3" => "INFO",
        "4" => "WARN",
        "5" => "ERROR",
        _ => "",
    }
}

/// The path of the crate, also as a text.
fn root(input: ParseStream<'_>, word: &Ident) -> Result<Path> {
    const FORM: &str = "write the path of the crate: `crate = my::agentops`";
    if input.parse::<Option<Token![=]>>()?.is_none() {
        return Err(Error::new(word.span(), FORM));
    }
    if input.peek(LitStr) {
        let text: LitStr = input.parse()?;
        return text
            .parse_with(Path::parse_mod_style)
            .map_err(|_| Error::new(text.span(), FORM));
    }
    let at = input.cursor().span();
    input.call(Path::parse_mod_style).map_err(|_| Error::new(at, FORM))
}
