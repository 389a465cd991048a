//! The description of a gear, as a constant expression.

use super::{docs, kind, result, shared};
use crate::check::{Argument, Gear};
use crate::parse::Kind;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use redgrease_syntax::Form;
use syn::Attribute;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

/// A reference to a static `Gear`.
pub(super) fn spec(gear: &Gear<'_>) -> TokenStream {
    let name = &gear.header.python_name;
    let names = gear
        .header
        .arguments
        .iter()
        .map(|argument| &argument.python_name);
    let codecs = gear
        .header
        .arguments
        .iter()
        .map(|argument| codec(gear, argument));
    let result = everlasting(result(gear));
    let codec = quote_spanned!(result.span()=> <#result as ::redgrease::GearReply>::CODEC);
    let kind = kind::kind(gear);
    let text = gear.python.text;
    let source = text.map_or("", |text| text.text.as_str());
    let source_file = text.map_or("", |text| text.file.as_str());
    let source_line = line(text.map_or(1, |text| text.line));
    let form = if text.is_some_and(|text| text.form == Form::Module) {
        quote!(Module)
    } else {
        quote!(Body)
    };
    let coroutine = gear.python.coroutine;
    let free = &gear.python.names;
    let requirements = &gear.options.requirements;
    let description = optional(gear.options.description.as_ref());
    let (major, minor) = (gear.options.python.major(), gear.options.python.minor());
    let location = location(gear.header.name.span());
    let doc = docs::text(gear.attributes);
    let rest = gear
        .header
        .arguments
        .iter()
        .any(|argument| argument.rest.is_some());
    let count_calls = gear.options.count_calls;
    let replace = optional(gear.options.replace.as_ref());
    let module = optional(gear.module.as_ref().and_then(shared::module).as_ref());
    let setup = optional(gear.setup.as_ref().map(shared::setup).as_ref());
    quote! {{
        // A constant of its own: in a static, what a codec refers to would not live long enough.
        const ARGUMENTS: &[(&::core::primitive::str, ::redgrease::Codec)] =
            &[#((#names, #codecs)),*];
        static GEAR: ::redgrease::Gear = ::redgrease::Gear::new(
            #name,
            ::redgrease::GearSpec {
                package: ::core::env!("CARGO_PKG_NAME"),
                krate: ::core::env!("CARGO_CRATE_NAME"),
                bin: ::core::option_env!("CARGO_BIN_NAME"),
                version: ::core::env!("CARGO_PKG_VERSION"),
                kind: #kind,
                args: ARGUMENTS,
                ret: #codec,
                source: #source,
                form: ::redgrease::SourceForm::#form,
                source_file: #source_file,
                source_line: #source_line,
                coroutine: #coroutine,
                names: &[#(#free),*],
                requirements: &[#(#requirements),*],
                description: #description,
                python: (#major, #minor),
                location: #location,
                doc: #doc,
                path: ::core::concat!(::core::module_path!(), "::", #name),
                rest: #rest,
                count_calls: #count_calls,
                replace: #replace,
                module: #module,
                on_registered: #setup,
            },
        );
        &GEAR
    }}
}

/// The description of a gear that is not Python, or is not right.
pub(super) fn blank(name: &Ident, attributes: &[Attribute], kind: &TokenStream) -> TokenStream {
    let python_name = name.unraw().to_string();
    let doc = docs::text(attributes);
    let span = name.span().unwrap();
    let (file, at) = (span.file(), line(span.line()));
    let location = location(name.span());
    quote! {{
        static GEAR: ::redgrease::Gear = ::redgrease::Gear::new(
            #python_name,
            ::redgrease::GearSpec {
                package: ::core::env!("CARGO_PKG_NAME"),
                krate: ::core::env!("CARGO_CRATE_NAME"),
                bin: ::core::option_env!("CARGO_BIN_NAME"),
                version: ::core::env!("CARGO_PKG_VERSION"),
                kind: #kind,
                args: &[],
                ret: ::redgrease::Codec::Unit,
                source: "",
                form: ::redgrease::SourceForm::Body,
                source_file: #file,
                source_line: #at,
                coroutine: false,
                names: &[],
                requirements: &[],
                description: ::core::option::Option::None,
                python: (3, 9),
                location: #location,
                doc: #doc,
                path: ::core::concat!(::core::module_path!(), "::", #python_name),
                rest: false,
                count_calls: false,
                replace: ::core::option::Option::None,
                module: ::core::option::Option::None,
                on_registered: ::core::option::Option::None,
            },
        );
        &GEAR
    }}
}

/// How an argument is read in Python. An event is an object of its own, which no codec describes.
fn codec(gear: &Gear<'_>, argument: &Argument<'_>) -> TokenStream {
    if gear.kind != Kind::Command {
        return quote!(::redgrease::Codec::Unit);
    }
    let ty = everlasting(argument.rest.unwrap_or(argument.ty).to_token_stream());
    let codec = quote_spanned!(argument.ty.span()=> <#ty as ::redgrease::GearArg>::CODEC);
    if argument.rest.is_some() {
        quote!(::redgrease::Codec::List(&#codec))
    } else {
        codec
    }
}

/// `Some(value)` or `None`.
pub(super) fn optional(value: Option<&impl ToTokens>) -> TokenStream {
    value.map_or_else(
        || quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}

fn location(span: Span) -> TokenStream {
    let span = span.unwrap();
    let (file, line, column) = (span.file(), line(span.line()), line(span.column()));
    quote!(::redgrease::Location::new(#file, #line, #column))
}

pub(super) fn line(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The tokens of a type with `'static` for every named lifetime: constants have no other.
pub(super) fn everlasting(ty: TokenStream) -> TokenStream {
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
                        proc_macro2::Group::new(group.delimiter(), everlasting(group.stream()));
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
    use super::everlasting;
    use proc_macro2::TokenStream;

    #[test]
    fn lifetimes_become_static() {
        let text = |ty: &str| {
            let tokens: TokenStream = ty.parse().expect(ty);
            everlasting(tokens).to_string().replace(' ', "")
        };
        assert_eq!(text("&'a str"), "&'staticstr");
        assert_eq!(
            text("(Cow<'_, str>, [&'b u8; 2])"),
            "(Cow<'static,str>,[&'staticu8;2])"
        );
        assert_eq!(text("Vec<i64>"), "Vec<i64>");
    }
}
