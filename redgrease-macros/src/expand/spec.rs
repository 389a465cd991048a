//! The description of a gear, as a constant expression.

use super::krate::Krate;
use super::{docs, kind, program, result, shared};
use crate::check::{Argument, Gear};
use crate::parse::{Kind, PythonText};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use redgrease_syntax::Form;
use syn::Attribute;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

/// A reference to a static `Gear`.
pub(super) fn spec(gear: &Gear<'_>, krate: &Krate) -> TokenStream {
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
        .map(|argument| codec(gear, argument, krate));
    let result = with_static_lifetimes(result(gear));
    let here = krate.at(result.span());
    let codec = quote_spanned!(result.span()=> <#result as #here::GearReply>::CODEC);
    let kind = kind::kind(gear, krate);
    let source = gear.python.text.map(|text| source(text, krate));
    let coroutine = gear.python.coroutine;
    let free = &gear.python.names;
    let requirements = &gear.options.requirements;
    let description = optional(gear.options.description.as_ref());
    let (major, minor) = (gear.options.python.major(), gear.options.python.minor());
    let rest = gear
        .header
        .arguments
        .iter()
        .any(|argument| argument.rest.is_some());
    let count_calls = gear.options.count_calls;
    let replace = optional(gear.options.replace.as_ref());
    let module = optional(
        gear.module
            .as_ref()
            .and_then(|module| shared::module(module, krate))
            .as_ref(),
    );
    let setup = optional(
        gear.setup
            .as_ref()
            .map(|setup| shared::setup(setup, krate))
            .as_ref(),
    );
    let fields = quote! {
        kind: #kind,
        args: ARGUMENTS,
        ret: #codec,
        #source
        coroutine: #coroutine,
        names: &[#(#free),*],
        requirements: &[#(#requirements),*],
        description: #description,
        python: (#major, #minor),
        rest: #rest,
        count_calls: #count_calls,
        replace: #replace,
        module: #module,
        on_registered: #setup,
    };
    let description = described(name, gear.header.name, gear.attributes, &fields, krate);
    quote! {{
        // A separate constant, because the references in a codec do not live long enough in a static.
        const ARGUMENTS: &[(&::core::primitive::str, #krate::Codec)] =
            &[#((#names, #codecs)),*];
        #description
    }}
}

/// The fields about the Python.
fn source(text: &PythonText, krate: &Krate) -> TokenStream {
    let (source, file, line) = (&text.text, &text.file, line(text.line));
    let form = if text.form == Form::Module {
        quote!(Module)
    } else {
        quote!(Body)
    };
    quote! {
        source: #source,
        form: #krate::SourceForm::#form,
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
    quote! {
        #watch
        static GEAR: #krate::Gear = #krate::Gear::new(
            #python_name,
            #krate::GearSpec {
                package: ::core::env!("CARGO_PKG_NAME"),
                krate: ::core::env!("CARGO_CRATE_NAME"),
                bin: ::core::option_env!("CARGO_BIN_NAME"),
                version: ::core::env!("CARGO_PKG_VERSION"),
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
                    let mut inner = proc_macro2::Group::new(
                        group.delimiter(),
                        with_static_lifetimes(group.stream()),
                    );
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
