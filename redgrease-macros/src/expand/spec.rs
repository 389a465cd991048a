//! The description of a gear, as a constant expression.

use super::krate::Krate;
use super::{docs, kind, program, result, shared};
use crate::check::{Argument, Gear, may_be_ambiguous};
use crate::parse::{Kind, PythonText};
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use redgrease_syntax::{Form, PythonVersion};
use std::env;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Type};

/// A reference to a static `Gear`.
pub(super) fn spec(gear: &Gear<'_>, krate: &Krate) -> TokenStream {
    let name = &gear.header.python_name;
    let (arguments, options) = (&gear.header.arguments, &gear.options);
    let result = with_static_lifetimes(result(gear));
    let here = krate.at(result.span());
    let returned = quote_spanned!(result.span()=> <#result as #here::GearReply>::CODEC);
    let kind = kind::kind(gear, krate);
    let source = gear.python.text.map(|text| source(text, krate));
    let (major, minor) = (options.python.major(), options.python.minor());
    let python = (options.python != PythonVersion::default()).then(|| quote!((#major, #minor)));
    let module = gear.module.as_ref();
    let module = module.and_then(|module| shared::module(module, krate));
    let setup = gear.setup.as_ref().map(|setup| shared::setup(setup, krate));
    let rest = arguments.iter().any(|argument| argument.rest.is_some());
    let names = arguments.iter().map(|argument| &argument.python_name);
    let codecs = arguments
        .iter()
        .map(|argument| codec(gear, argument, krate));
    let codecs = quote!(&[#((#names, #codecs)),*]);
    let args = match arguments.len() {
        0 => None,
        _ if rest => Some(quote!(args: ARGUMENTS,)),
        _ => Some(quote!(args: #codecs,)),
    };
    // Each field takes time to compile, so most gears take theirs from `GearSpec::BLANK`.
    let fields: TokenStream = [
        Some(quote!(kind: #kind, ret: #returned, #source)),
        args,
        gear.python.coroutine.then(|| quote!(coroutine: true,)),
        list("names", &gear.python.names),
        list("requirements", &options.requirements),
        some("description", options.description.as_ref()),
        python.map(|python| quote!(python: #python,)),
        rest.then(|| quote!(rest: true,)),
        options.count_calls.then(|| quote!(count_calls: true,)),
        some("replace", options.replace.as_ref()),
        some("module", module.as_ref()),
        some("on_registered", setup.as_ref()),
    ]
    .into_iter()
    .flatten()
    .collect();
    let description = described(name, gear.header.name, gear.attributes, &fields, krate);
    let refused = ambiguous(gear, krate);
    if !rest {
        return quote!({ #refused #description });
    }
    quote! {{
        #refused
        // A separate constant, because the list around the codec of `#[rest]` does not live long enough in a static.
        const ARGUMENTS: &[(&::core::primitive::str, #krate::Codec)] = #codecs;
        #description
    }}
}

/// A field with a list. `None` for an empty one.
fn list(name: &str, values: &[impl ToTokens]) -> Option<TokenStream> {
    let name = Ident::new(name, Span::call_site());
    (!values.is_empty()).then(|| quote!(#name: &[#(#values),*],))
}

/// A field with an optional value. `None` without it.
fn some(name: &str, value: Option<&impl ToTokens>) -> Option<TokenStream> {
    let name = Ident::new(name, Span::call_site());
    value.map(|value| quote!(#name: ::core::option::Option::Some(#value),))
}

/// The fields about the Python.
fn source(text: &PythonText, krate: &Krate) -> TokenStream {
    let (source, file, line) = (&text.text, &text.file, line(text.line));
    let form = (text.form == Form::Module).then(|| quote!(form: #krate::SourceForm::Module,));
    quote! {
        source: #source,
        #form
        source_file: #file,
        source_line: #line,
    }
}

/// The description of a gear that is a Rust function, or that has a mistake.
pub(super) fn blank(
    name: &Ident,
    attributes: &[Attribute],
    kind: &TokenStream,
    krate: &Krate,
) -> TokenStream {
    let span = name.span().unwrap();
    let (file, at) = (span.file(), line(span.line()));
    let fields = quote! {
        kind: #kind,
        source_file: #file,
        source_line: #at,
    };
    let description = described(&name.unraw().to_string(), name, attributes, &fields, krate);
    quote!({ #description })
}

/// A static `Gear` with the fields every gear has and with `fields`, and a reference to it.
fn described(
    python_name: &str,
    name: &Ident,
    attributes: &[Attribute],
    fields: &TokenStream,
    krate: &Krate,
) -> TokenStream {
    let location = location(name.span(), krate);
    let doc = docs::text(attributes);
    let (watch, program) = (program::watch(), program::program(krate));
    let package = variable("CARGO_PKG_NAME");
    let krate_name = variable("CARGO_CRATE_NAME");
    let version = variable("CARGO_PKG_VERSION");
    let bin = env::var("CARGO_BIN_NAME").ok();
    let bin = some("bin", bin.as_ref());
    quote! {
        #watch
        static GEAR: #krate::Gear = #krate::Gear::new(
            #python_name,
            #krate::GearSpec {
                package: #package,
                krate: #krate_name,
                #bin
                version: #version,
                program: #program,
                location: #location,
                doc: #doc,
                path: ::core::concat!(::core::module_path!(), "::", #python_name),
                #fields
                ..#krate::GearSpec::BLANK
            },
        );
        &GEAR
    }
}

/// The value of a variable that cargo sets. It does not change without another name or version of the package, for
/// which cargo starts the compiler anyway.
fn variable(name: &str) -> TokenStream {
    env::var(name).map_or_else(
        |_| quote!(::core::env!(#name)),
        |value| value.to_token_stream(),
    )
}

/// The codec of an argument. An event is passed to Python as an object, which no codec describes.
fn codec(gear: &Gear<'_>, argument: &Argument<'_>, krate: &Krate) -> TokenStream {
    if gear.kind != Kind::Command {
        return quote!(#krate::Codec::Unit);
    }
    let ty = with_static_lifetimes(argument.rest.unwrap_or(argument.ty).to_token_stream());
    let here = krate.at(argument.ty.span());
    let codec = quote_spanned!(argument.ty.span()=> <#ty as #here::GearArg>::CODEC);
    if argument.rest.is_some() {
        quote!(#krate::Codec::List(&#codec))
    } else {
        codec
    }
}

/// Constants that refuse types in which one value of Python stands for two values in Rust. Most gears need none: they
/// take time to compile.
fn ambiguous(gear: &Gear<'_>, krate: &Krate) -> TokenStream {
    if gear.kind != Kind::Command {
        return TokenStream::new();
    }
    let arguments = gear.header.arguments.iter();
    let arguments = arguments.map(|argument| (argument.rest.unwrap_or(argument.ty), "GearArg"));
    let result = gear.header.result.map(|ty| (ty, "GearReply"));
    arguments
        .chain(result)
        .filter(|(ty, _)| may_be_ambiguous(ty))
        .map(|(ty, of)| refusal(ty, of, krate))
        .collect()
}

/// The constant for one type. The compiler shows its error from the first token of the call to the last one.
fn refusal(ty: &Type, of: &str, krate: &Krate) -> TokenStream {
    let tokens = with_static_lifetimes(ty.to_token_stream());
    let spans = tokens.clone().into_iter().map(|token| token.span());
    let (first, last) = (ty.span(), spans.last().unwrap_or_else(|| ty.span()));
    let (here, of) = (krate.at(first), Ident::new(of, first));
    let codec = quote_spanned!(first=> &<#tokens as #here::#of>::CODEC);
    let mut argument = Group::new(Delimiter::Parenthesis, codec);
    argument.set_span(last);
    let call = quote_spanned!(first=> #here::Codec::refuse_ambiguous);
    quote!(const _: () = #call #argument;)
}

/// `Some(value)` or `None`.
pub(super) fn optional(value: Option<&impl ToTokens>) -> TokenStream {
    value.map_or_else(
        || quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}

fn location(span: Span, krate: &Krate) -> TokenStream {
    let span = span.unwrap();
    let (file, line, column) = (span.file(), line(span.line()), line(span.column()));
    quote!(#krate::Location::new(#file, #line, #column))
}

pub(super) fn line(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The tokens of a type with `'static` for every named lifetime, as a constant needs it.
pub(super) fn with_static_lifetimes(ty: TokenStream) -> TokenStream {
    let mut after_tick = false;
    ty.into_iter()
        .map(|token| {
            let lifetime = std::mem::replace(
                &mut after_tick,
                matches!(&token, TokenTree::Punct(tick) if tick.as_char() == '\''),
            );
            match token {
                TokenTree::Ident(name) if lifetime => Ident::new("static", name.span()).into(),
                TokenTree::Group(group) => {
                    let mut inner =
                        Group::new(group.delimiter(), with_static_lifetimes(group.stream()));
                    inner.set_span(group.span());
                    inner.into()
                }
                token => token,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::with_static_lifetimes;
    use proc_macro2::TokenStream;

    #[test]
    fn lifetimes_become_static() {
        let text = |ty: &str| {
            let tokens: TokenStream = ty.parse().expect(ty);
            with_static_lifetimes(tokens).to_string().replace(' ', "")
        };
        assert_eq!(text("&'a str"), "&'staticstr");
        assert_eq!(
            text("(Cow<'_, str>, [&'b u8; 2])"),
            "(Cow<'static,str>,[&'staticu8;2])"
        );
        assert_eq!(text("Vec<i64>"), "Vec<i64>");
    }
}
