//! Expands what this build knows about the program of a gear: by it, a server recognises the owner of a session.

use super::krate::Krate;
use crate::checkout::Checkout;
use crate::manifest::{self, Manifest};
use crate::session_name::session_name;
use proc_macro2::TokenStream;
use quote::quote;
use std::collections::HashSet;
use std::env;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The same for all gears of a crate.
struct Known {
    session: String,
    repository: String,
    remote: String,
    path: String,
    directory: String,
    targets: String,
}

impl Known {
    fn of(manifest: Option<&Manifest>, folder: &Path) -> Self {
        // A name that cannot be used is an error, see `watch`.
        let session = manifest.and_then(|manifest| session_name(manifest).ok()?);
        let session = session.unwrap_or_default().to_owned();
        let repository = env::var("CARGO_PKG_REPOSITORY").unwrap_or_default();
        // Build systems other than cargo name no folder.
        let is_named = !folder.as_os_str().is_empty();
        let checkout = is_named.then(|| Checkout::of(folder)).flatten();
        let (remote, path) = checkout.map_or_else(Default::default, |checkout| {
            (checkout.remote, checkout.path)
        });
        // A path makes builds differ, so it is left out where the manifest says enough.
        let is_needed = session.is_empty() && repository.is_empty();
        let directory = is_needed.then(|| folder.to_string_lossy().into_owned());
        Known {
            session,
            repository,
            remote,
            path,
            directory: directory.unwrap_or_default(),
            targets: manifest.map_or_else(String::new, |manifest| manifest.targets().join(" ")),
        }
    }
}

/// The crate that is being compiled. It is examined once: a process of the compiler compiles one crate.
fn known() -> Arc<Known> {
    type Kept = Option<(PathBuf, Arc<Known>)>;
    static KEPT: Mutex<Kept> = Mutex::new(None);

    let folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((of, known)) = &*kept
        && *of == folder
    {
        return Arc::clone(known);
    }
    let known = Arc::new(Known::of(manifest::current().as_deref(), &folder));
    *kept = Some((folder, Arc::clone(&known)));
    known
}

/// The constant that describes the program.
pub(super) fn program(krate: &Krate) -> TokenStream {
    let known = known();
    let Known {
        session,
        repository,
        remote,
        path,
        directory,
        targets,
    } = &*known;
    quote!(#krate::Program::new(#session, #repository, #remote, #path, #directory, #targets))
}

/// Makes cargo build again when the manifest changes, because cargo ignores changes of `[package.metadata]`. One gear of a
/// crate is enough.
pub(super) fn watch() -> Option<TokenStream> {
    static WATCHED: Mutex<Option<HashSet<PathBuf>>> = Mutex::new(None);

    let manifest = manifest::current()?;
    let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
    if !watched
        .get_or_insert_default()
        .insert(manifest.path.clone())
    {
        return None;
    }
    let path = manifest.path.to_str()?;
    let mistake = session_name(&manifest)
        .err()
        .map(|message| quote!(::core::compile_error! { #message }));
    Some(quote! {
        #mistake
        const _: &[::core::primitive::u8] = ::core::include_bytes!(#path);
    })
}
