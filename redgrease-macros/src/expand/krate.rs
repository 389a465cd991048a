//! The path of the crate `redgrease` in an expansion: the only place that knows it.
//!
//! The first of these that exists:
//!
//! 1. `crate = path` of the attribute.
//! 2. `crate = "path"` of `[package.metadata.redgrease]` in `Cargo.toml`.
//! 3. The dependency on the package `redgrease` in `Cargo.toml`, which can have another name.
//! 4. [`IN_SCOPE`], which the prelude brings into scope. A crate that uses the prelude of a library that re-exports it
//!    does not have `redgrease` among its dependencies.
//!
//! Without a manifest, as in some build systems, it is `::redgrease`.

use crate::manifest::{self, Dependency, Manifest, Section};
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use std::env;
use syn::Path;

/// The name under which the prelude re-exports the crate. No macro can see whether it is in scope. If it is not, the
/// compiler shows the name in its error, so the name says what to do.
const IN_SCOPE: &str = "__redgrease_not_found__use_its_prelude_or_the_key_crate";
/// The same for macros without the key `crate`.
const IN_SCOPE_WITHOUT_KEY: &str =
    "__redgrease_not_found__use_its_prelude_or_package_metadata_redgrease_crate_in_Cargo_toml";

/// Names at the root of the crate, which it gives to itself. An import of one fails where a path leads to another crate,
/// and the compiler shows the name.
const BEHIND_THE_KEY: &str = "__not_redgrease__write_its_path_behind_the_key_crate";
const BEHIND_THE_METADATA: &str =
    "__not_redgrease__write_its_path_behind_package_metadata_redgrease_crate_in_Cargo_toml";

/// The path of the crate `redgrease`.
pub(crate) struct Krate {
    path: TokenStream,
    lead: Lead,
}

/// Where a path leads.
enum Lead {
    /// To the crate.
    There,
    /// To the crate, if this import exists.
    Imported(TokenStream),
    /// To the crate, if this path of `Cargo.toml` is right.
    Described(Path),
}

impl Krate {
    /// The path for a macro without the key `crate`.
    pub(super) fn without_key() -> Self {
        match Krate::of(None) {
            Krate { path, .. } if path.to_string() == IN_SCOPE => {
                Krate::in_scope(IN_SCOPE_WITHOUT_KEY)
            }
            found => found,
        }
    }

    /// The path for an attribute with the key `crate`, or for a macro without it.
    pub(crate) fn of(given: Option<&Path>) -> Self {
        if let Some(path) = given {
            let last = path.segments.last();
            let last = last.map_or_else(Span::call_site, |last| last.ident.span());
            let mark = Ident::new(BEHIND_THE_KEY, last);
            return Krate {
                path: path.to_token_stream(),
                lead: Lead::Imported(quote_spanned!(last=> #path::#mark)),
            };
        }
        match manifest::current() {
            Some(manifest) => Krate::in_manifest(&manifest, builds_library),
            None => Krate::sure(quote!(::redgrease)),
        }
    }

    fn in_manifest(manifest: &Manifest, is_library: impl Fn() -> bool) -> Self {
        if let Some(path) = manifest.metadata("crate")
            && let Ok(path) = syn::parse_str::<Path>(path)
        {
            return Krate {
                path: path.to_token_stream(),
                lead: Lead::Described(path),
            };
        }
        if manifest.package() == Some("redgrease") {
            return Krate::sure(quote!(::redgrease));
        }
        match manifest.redgrease() {
            // A library does not have the dependencies of its tests.
            Some(Dependency {
                section: Section::Dev,
                ..
            }) if is_library() => Krate::in_scope(IN_SCOPE),
            Some(Dependency { name, .. }) => {
                let name = name.replace('-', "_");
                let name = syn::parse_str::<Ident>(&name)
                    .unwrap_or_else(|_| Ident::new_raw(&name, Span::call_site()));
                Krate::sure(quote!(::#name))
            }
            None => Krate::in_scope(IN_SCOPE),
        }
    }

    fn in_scope(name: &str) -> Self {
        let path = Ident::new(name, Span::call_site()).to_token_stream();
        Krate {
            lead: Lead::Imported(path.clone()),
            path,
        }
    }

    fn sure(path: TokenStream) -> Self {
        Krate {
            path,
            lead: Lead::There,
        }
    }

    /// The path with the span of a token of the user, at which the compiler then reports errors.
    pub(super) fn at(&self, span: Span) -> Self {
        Krate::sure(respanned(self.path.clone(), span))
    }

    /// An import of the crate, and its name there, for a path that may lead elsewhere. The compiler then has one error for
    /// the import, and none for the paths that begin with its name. Other paths stay as they are.
    pub(super) fn imported(self, of: &str, cfgs: &TokenStream) -> (Option<TokenStream>, Self) {
        let name = format_ident!("__redgrease_of_{of}", span = Span::call_site());
        // With the span of the path also behind it, the error underlines the path and not the whole attribute.
        let import = |path: &TokenStream, name: &Ident| {
            let tokens = path.clone().into_iter();
            let span = tokens
                .last()
                .map_or_else(Span::call_site, |last| last.span());
            let mut name = name.clone();
            name.set_span(span);
            let renamed = quote_spanned!(span=> use #path as #name;);
            quote!(#cfgs #[allow(unused_imports)] #renamed)
        };
        let import = match &self.lead {
            Lead::There => return (None, self),
            Lead::Imported(path) => import(path, &name),
            Lead::Described(path) => {
                // The name of the first part is in the error about the next one.
                let described =
                    format_ident!("__crate_in_Cargo_toml_for_{of}", span = Span::call_site());
                let (colons, mut parts) = (path.leading_colon, path.segments.iter());
                let first = parts.next();
                let mark = Ident::new(BEHIND_THE_METADATA, Span::call_site());
                let first = import(&quote!(#colons #first), &described);
                let last = import(&quote!(#described #(::#parts)* ::#mark), &name);
                quote!(#first #last)
            }
        };
        (Some(import), Krate::sure(name.to_token_stream()))
    }
}

impl ToTokens for Krate {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.path.clone());
    }
}

fn respanned(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), respanned(group.stream(), span));
                inner.set_span(span);
                inner.into()
            }
            // The span of `$crate` says which crate it is.
            TokenTree::Ident(mut name) if name == "$crate" => {
                name.set_span(name.span().located_at(span));
                name.into()
            }
            mut token => {
                token.set_span(span);
                token
            }
        })
        .collect()
}

/// Whether this compiler builds a library and not its tests. False in an editor.
fn builds_library() -> bool {
    let words: Vec<String> = env::args_os()
        .filter_map(|word| word.into_string().ok())
        .collect();
    let is_library = words
        .windows(2)
        .any(|pair| pair[0] == "--crate-type" && pair[1] != "bin");
    is_library && !words.iter().any(|word| word == "--test")
}

#[cfg(test)]
mod tests {
    use super::{IN_SCOPE, Krate, respanned};
    use crate::manifest::Manifest;
    use proc_macro2::Span;
    use quote::{ToTokens, quote};
    use std::path::Path;

    fn path(manifest: &str, is_library: bool) -> String {
        let manifest =
            Manifest::parse(Path::new("/nowhere/Cargo.toml"), manifest).expect("a manifest");
        let krate = Krate::in_manifest(&manifest, || is_library);
        krate.to_token_stream().to_string().replace(' ', "")
    }

    #[test]
    fn the_name_is_the_one_of_the_manifest() {
        let name = |text: &str| path(text, true);
        assert_eq!(name("dependencies.redgrease = '0.1'"), "::redgrease");
        assert_eq!(
            name("dependencies.my-gears.package = 'redgrease'"),
            "::my_gears"
        );
        assert_eq!(
            name("dependencies.async.package = 'redgrease'"),
            "::r#async"
        );
        assert_eq!(name("package.name = 'redgrease'"), "::redgrease");
    }

    #[test]
    fn without_the_dependency_it_is_in_scope() {
        assert_eq!(path("dependencies.my_lib = '1'", true), IN_SCOPE);
    }

    #[test]
    fn a_library_does_not_have_the_dependencies_of_its_tests() {
        let text = "dependencies.my_lib = '1'\ndev-dependencies.redgrease = '0.1'";
        assert_eq!(path(text, true), IN_SCOPE);
        assert_eq!(path(text, false), "::redgrease");
    }

    #[test]
    fn metadata_wins_over_dependencies() {
        let text = "dependencies.redgrease = '0.1'\n\
                    package.metadata.redgrease.crate = 'my_lib::redgrease'";
        assert_eq!(path(text, true), "my_lib::redgrease");
    }

    #[test]
    fn the_key_wins_over_all() {
        let given = syn::parse_quote!(my_lib::redgrease);
        let krate = Krate::of(Some(&given)).to_token_stream().to_string();
        assert_eq!(krate.replace(' ', ""), "my_lib::redgrease");
    }

    #[test]
    fn other_spans_keep_the_tokens() {
        let tokens = respanned(quote!(a::<b>::c), Span::call_site());
        assert_eq!(tokens.to_string(), quote!(a::<b>::c).to_string());
    }
}
