//! Expands shared modules and `on_registered` to constant expressions.

use super::krate::Krate;
use super::spec::line;
use crate::check::{Gear, Module, Options, Setup, Shared, SharedModule};
use crate::parse::PythonText;
use crate::report::Errors;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use redgrease_syntax::{UnknownName, importable};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

/// A reference to the module of a gear. `None` in an editor, where the file cannot be read.
pub(super) fn module(module: &Module<'_>, krate: &Krate) -> Option<TokenStream> {
    match module {
        Module::Item(path) => {
            let krate = krate.at(path.span());
            Some(quote_spanned! {path.span()=> {
                const MODULE: &#krate::PythonModule = #path;
                MODULE
            }})
        }
        Module::File(None) => None,
        Module::File(Some(shared)) => {
            let module = python_module(Some(shared), "", krate);
            let watched = super::watched(Some(shared.text));
            Some(quote! {{
                #watched
                static MODULE: #krate::PythonModule = #module;
                &MODULE
            }})
        }
    }
}

/// The assertion that the requirements of the gear provide what its module imports. `None` if a requirement may provide
/// anything. It is an item beside the gear, because the compiler does not evaluate one inside the description.
fn imports_assertion(
    path: &syn::Path,
    options: &Options<'_>,
    krate: &Krate,
) -> Option<TokenStream> {
    let provided = importable(options.requirements.iter().map(String::as_str));
    let is_allowed = options.allowed.iter().any(|code| code == "unknown-import");
    if provided.anything || is_allowed {
        return None;
    }
    let modules: Vec<&String> = provided.modules.iter().collect();
    // The compiler shows one message for each constant. A module seldom lacks more packages.
    let checks = (0..MISSING_IMPORTS_SHOWN).map(|number| {
        let check = quote_spanned! {path.span()=>
            if let ::core::option::Option::Some(message) =
                #krate::PythonModule::missing_import(#path, &[#(#modules),*], #number)
            {
                ::core::panic!("{}", message)
            }
        };
        quote!(const _: () = { #check };)
    });
    Some(checks.collect())
}

/// The number of imports that a gear reports for its module.
const MISSING_IMPORTS_SHOWN: usize = 3;

fn python_module(shared: Option<&Shared<'_>>, name: &str, krate: &Krate) -> TokenStream {
    let Some(shared) = shared else {
        return quote!(#krate::PythonModule {
            name: #name,
            source: "",
            source_file: "",
            source_line: 1,
            names: &["*"],
            uses: &[],
            imports: &[],
        });
    };
    let Shared {
        name,
        text,
        header,
        defines,
        uses,
        imports,
    } = shared;
    let imports = imports
        .iter()
        .map(|(module, message)| quote!((#module, #message)));
    let source = format!("{header}{}", text.text);
    let first = text.line.saturating_sub(header.matches('\n').count());
    let (file, line) = (&text.file, line(first));
    quote!(#krate::PythonModule {
        name: #name,
        source: #source,
        source_file: #file,
        source_line: #line,
        names: &[#(#defines),*],
        uses: &[#(#uses),*],
        imports: &[#(#imports),*],
    })
}

/// The constants of `python_module!`.
pub(crate) fn shared_modules(modules: &[SharedModule<'_>], errors: &Errors) -> TokenStream {
    let of = modules
        .first()
        .map_or_else(String::new, |first| first.name.unraw().to_string());
    let (import, krate) = &Krate::without_key().imported(&of, &TokenStream::new());
    let constants = modules.iter().map(|module| {
        let (attributes, visibility, name) = (module.attributes, module.visibility, module.name);
        let value = python_module(module.shared.as_ref(), &name.to_string(), krate);
        let doc = format!("The Python module `{name}`, for gears with `module = {name}`.");
        quote! {
            #[doc = #doc]
            #(#attributes)*
            #[allow(non_upper_case_globals)]
            #visibility const #name: &#krate::PythonModule = {
                static MODULE: #krate::PythonModule = #value;
                &MODULE
            };
        }
    });
    quote!(#errors #import #(#constants)*)
}

/// The Python of `on_registered`.
pub(super) fn setup(setup: &Setup<'_>, krate: &Krate) -> TokenStream {
    let (source, file, line) = (&setup.text.text, &setup.text.file, line(setup.text.line));
    let names = &setup.names;
    quote!(#krate::OnRegistered {
        source: #source,
        source_file: #file,
        source_line: #line,
        names: &[#(#names),*],
    })
}

/// Assertions that the module defines the names that only the module can define.
pub(super) fn assertions(gear: &Gear<'_>, krate: &Krate) -> TokenStream {
    let Some(Module::Item(path)) = &gear.module else {
        return TokenStream::new();
    };
    let own = gear
        .python
        .text
        .map(|text| (text, &gear.python.unknown_names));
    let setup = gear
        .setup
        .as_ref()
        .map(|setup| (setup.text, &setup.unknown_names));
    own.into_iter()
        .chain(setup)
        .flat_map(|(text, names)| names.iter().map(move |name| (text, name)))
        .map(|(text, name)| assertion(path, text, name, krate))
        .chain(imports_assertion(path, &gear.options, krate))
        .collect()
}

fn assertion(
    path: &syn::Path,
    text: &PythonText,
    unknown: &UnknownName,
    krate: &Krate,
) -> TokenStream {
    let underline = text.underline(&unknown.range);
    let UnknownName { name, hint, .. } = unknown;
    let module = path.to_token_stream().to_string().replace(' ', "");
    let mut message = format!(
        "undefined Python name `{name}`, which the module `{module}` does not define: {hint}"
    );
    if !underline.exact {
        message.push_str(&text.snippet(&unknown.range));
    }
    let span = underline.first;
    let krate = krate.at(span);
    // The text is an argument and not the format, because it can contain braces.
    let check = quote_spanned!(span=> ::core::assert!(#krate::PythonModule::defines(#path, #name), "{}", #message));
    quote!(const _: () = { #check };)
}
