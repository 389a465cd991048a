//! Recognises connections in the place of an argument.

use super::types::{first_type, named, plain};
use syn::{Type, TypeParamBound};

/// Whether the type is that of a connection, which a gear does not take. Types of the user can have some of the names:
/// these count behind `&mut`, which no argument can be, and inside of the extractors of web frameworks.
pub(crate) fn is_connection(ty: &Type) -> bool {
    const WRAPPERS: [&str; 9] = [
        "Option", "Vec", "Box", "Rc", "Arc", "Mutex", "RwLock", "RefCell", "Cell",
    ];
    const EXTRACTORS: [&str; 3] = ["State", "Extension", "Data"];
    const CRATES: [&str; 3] = ["redgrease", "redis", "r2d2"];
    let is_named = |ty: &Type| match plain(ty) {
        Type::Path(path) => has_name_of_connection(&path.path),
        _ => false,
    };
    match plain(ty) {
        Type::Reference(reference) if reference.mutability.is_some() => {
            is_named(&reference.elem) || is_connection(&reference.elem)
        }
        Type::Reference(reference) => is_connection(&reference.elem),
        Type::Slice(slice) => is_connection(&slice.elem),
        Type::Array(array) => is_connection(&array.elem),
        Type::ImplTrait(list) => list.bounds.iter().any(is_connection_bound),
        Type::TraitObject(list) => list.bounds.iter().any(is_connection_bound),
        Type::Path(path) => {
            let segments = &path.path.segments;
            let is_of_crate = segments.len() > 1
                && segments
                    .first()
                    .is_some_and(|first| CRATES.iter().any(|name| first.ident == name));
            let is_extracted = EXTRACTORS
                .iter()
                .any(|name| named(ty, name).and_then(first_type).is_some_and(is_named));
            let is_wrapped = WRAPPERS.iter().any(|name| {
                named(ty, name)
                    .and_then(first_type)
                    .is_some_and(is_connection)
            });
            // No other types have these names.
            let is_ours = named(ty, "Con").is_some() || named(ty, "AsyncCon").is_some();
            is_ours || is_extracted || is_wrapped || (is_of_crate && is_named(ty))
        }
        _ => false,
    }
}

/// Whether a bound of a type says that it is a connection.
pub(super) fn is_connection_bound(bound: &TypeParamBound) -> bool {
    match bound {
        TypeParamBound::Trait(bound) => has_name_of_connection(&bound.path),
        _ => false,
    }
}

fn has_name_of_connection(path: &syn::Path) -> bool {
    const CONNECTIONS: [&str; 12] = [
        "Con",
        "AsyncCon",
        "Connection",
        "AsyncConnection",
        "ConnectionLike",
        "Pool",
        "BlockingPool",
        "Client",
        "MultiplexedConnection",
        "ConnectionManager",
        "ClusterConnection",
        "PooledConnection",
    ];
    path.segments
        .last()
        .is_some_and(|last| CONNECTIONS.iter().any(|name| last.ident == name))
}

#[cfg(test)]
mod tests {
    use super::is_connection;

    #[test]
    fn connections() {
        let is = |ty: &str| is_connection(&syn::parse_str(ty).expect(ty));
        for ty in [
            "&mut Connection",
            "&mut redis::Connection",
            "&mut redgrease::Con",
            "&mut Pool",
            "&mut impl ConnectionLike",
            "&mut (impl redgrease::Connection + ?Sized)",
            "&mut dyn redis::ConnectionLike",
            "impl ConnectionLike",
            "Con",
            "&AsyncCon",
            "redgrease::Pool",
            "redis::Client",
            "State<Pool>",
            "axum::extract::State<redgrease::Pool>",
            "Extension<ConnectionManager>",
            "Option<&mut Con>",
            "Option<&redgrease::Con>",
            "Vec<Con>",
            "&[AsyncCon]",
            "[Con; 2]",
            "std::sync::Arc<std::sync::Mutex<redgrease::Con>>",
            "Arc<redis::Client>",
            "&Option<RefCell<&mut redis::Connection>>",
        ] {
            assert!(is(ty), "{ty}");
        }
        for ty in [
            "&mut i64",
            "Connection",
            "net::Connection",
            "&Pool",
            "State<Cart>",
            "State",
            "Vec<Client>",
            "Option<&Connection>",
            "Arc<Mutex<Connection>>",
            "impl ToString",
        ] {
            assert!(!is(ty), "{ty}");
        }
    }
}
