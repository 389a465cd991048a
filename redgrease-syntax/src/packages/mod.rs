//! The modules that Python can import on a server because of the requirements of a gear.
//!
//! Nothing here asks a package index. Well-known packages are in a table, with what they bring along. Of any other package
//! the modules are unknown, so a gear that requires one can import everything.

#[cfg(feature = "validate")]
pub(crate) mod standard;
mod table;

use crate::parse_requirement;
use std::collections::BTreeSet;
use table::PACKAGES;

/// Modules that the engine provides to every gear.
#[cfg_attr(not(feature = "validate"), allow(dead_code))]
pub(crate) const OF_ENGINE: &[&str] = &[
    "redgrease",
    "redgrease_commands",
    "redisAI",
    "redisgears",
    "rg",
];

/// The modules that a list of requirements provides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Importable {
    /// The names of modules: of top-level ones, and of those in a namespace such as `google.cloud`. Sorted.
    pub modules: BTreeSet<String>,
    /// A requirement may provide any module: an address, or a package that is not well known.
    pub anything: bool,
}

impl Importable {
    /// Whether the import of a module can succeed. The name may have dots.
    ///
    /// ```
    /// use redgrease_syntax::importable;
    ///
    /// let modules = importable(["google-cloud-storage"]);
    /// assert!(modules.has("google") && modules.has("google.cloud.storage.blob"));
    /// assert!(!modules.has("google.cloud.bigquery"));
    /// ```
    #[must_use]
    pub fn has(&self, module: &str) -> bool {
        let known = |known: &String| is_in(module, known) || is_in(known, module);
        self.anything || self.modules.iter().any(known)
    }
}

/// The modules that requirements provide, with those of the packages that they bring along.
///
/// ```
/// use redgrease_syntax::importable;
///
/// let modules = importable(["PyYAML>=6"]);
/// assert!(modules.has("yaml") && !modules.has("numpy"));
/// assert!(importable(["some-package"]).has("numpy"));
/// ```
#[must_use]
pub fn importable<'a>(requirements: impl IntoIterator<Item = &'a str>) -> Importable {
    let mut all = Importable::default();
    let mut open: Vec<String> = Vec::new();
    for text in requirements {
        match parse_requirement(text) {
            // Optional parts bring along packages that are not in the table, and an address can lead to any package.
            Ok(parts) if !parts.extras.is_empty() || parts.address.is_some() => {
                all.anything = true;
            }
            Ok(parts) => match parts.name.map(normalized) {
                Some(name) if package(&name).is_some() => open.push(name),
                _ => all.anything = true,
            },
            // The requirement has its own error.
            Err(_) => all.anything = true,
        }
    }
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        let Some((_, modules, brings)) = package(&name) else {
            all.modules.insert(name.replace('-', "_"));
            continue;
        };
        all.modules
            .extend(modules.split_whitespace().map(str::to_owned));
        for brought in brings.split_whitespace() {
            if brought == "*" {
                all.anything = true;
            } else {
                open.push(brought.to_owned());
            }
        }
    }
    all
}

/// Whether a name is that of a package or of something in it.
fn is_in(name: &str, package: &str) -> bool {
    let rest = name.strip_prefix(package);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The well-known package that provides a module, for a hint. The name may have dots.
#[cfg_attr(not(feature = "validate"), allow(dead_code))]
pub(crate) fn package_of(module: &str) -> Option<&'static str> {
    let provides = |modules: &str| modules.split_whitespace().any(|one| is_in(module, one));
    let first = module.split('.').next().unwrap_or_default();
    if let Some((_, name)) = USUAL.iter().find(|(known, _)| *known == first) {
        return Some(name);
    }
    let own = normalized(first);
    if let Some((name, modules, _)) = package(&own)
        && provides(modules)
    {
        return Some(name);
    }
    let mut found = PACKAGES.iter().filter(|(_, modules, _)| provides(modules));
    match (found.next(), found.next()) {
        (Some((name, ..)), None) => Some(name),
        // Several packages share the name.
        _ => None,
    }
}

/// Whether a name is only that of a namespace, in which several packages have modules, such as `google.cloud`.
#[cfg_attr(not(feature = "validate"), allow(dead_code))]
pub(crate) fn is_namespace(name: &str) -> bool {
    known_modules().any(|module| is_in(module, name))
        && !known_modules().any(|module| is_in(name, module))
}

/// The part of a module's name that tells which package it needs: `requests` of `requests.adapters`, and `google.protobuf` of
/// `google.protobuf.message`, because `google` is a namespace.
#[cfg_attr(not(feature = "validate"), allow(dead_code))]
pub(crate) fn distinct(name: &str) -> &str {
    let first = name.split('.').next().unwrap_or_default();
    if !is_namespace(first) {
        return first;
    }
    let known = known_modules().find(|module| is_in(name, module));
    known.map_or(name, |module| &name[..module.len()])
}

/// The modules of all well-known packages.
#[cfg_attr(not(feature = "validate"), allow(dead_code))]
pub(crate) fn known_modules<'a>() -> impl Iterator<Item = &'a str> {
    PACKAGES
        .iter()
        .flat_map(|(_, modules, _)| modules.split_whitespace())
}

/// The usual package of a module that several packages provide.
#[cfg_attr(not(feature = "validate"), allow(dead_code))]
const USUAL: &[(&str, &str)] = &[
    ("Crypto", "pycryptodome"),
    ("Levenshtein", "levenshtein"),
    ("PIL", "pillow"),
    ("bs4", "beautifulsoup4"),
    ("cv2", "opencv-python-headless"),
    ("jwt", "pyjwt"),
    ("sklearn", "scikit-learn"),
    ("ulid", "python-ulid"),
];

fn package(name: &str) -> Option<(&'static str, &'static str, &'static str)> {
    let at = PACKAGES
        .binary_search_by_key(&name, |(name, ..)| name)
        .ok()?;
    Some(PACKAGES[at])
}

/// The name of a package as indexes compare it: lower case, with one `-` for each run of `-`, `_` and `.`.
fn normalized(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.chars() {
        if !matches!(c, '-' | '_' | '.') {
            normal.push(c.to_ascii_lowercase());
        } else if !normal.ends_with('-') {
            normal.push('-');
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::{
        PACKAGES, USUAL, distinct, importable, is_namespace, normalized, package, package_of,
    };

    #[test]
    fn the_table_is_sorted() {
        assert!(PACKAGES.is_sorted_by(|a, b| a.0 < b.0));
        for (name, modules, _) in PACKAGES {
            assert_eq!(normalized(name), *name);
            assert!(!modules.is_empty(), "{name}");
        }
        assert!(USUAL.iter().all(|(_, name)| package(name).is_some()));
    }

    #[test]
    fn packages_and_modules_have_other_names() {
        for (requirement, module) in [
            ("pyyaml", "yaml"),
            ("PyYAML==6.0", "yaml"),
            ("scikit-learn>=1", "sklearn"),
            ("scikit_learn", "sklearn"),
            ("Pillow", "PIL"),
            ("beautifulsoup4", "bs4"),
            ("opencv-python", "cv2"),
            ("python-dateutil", "dateutil"),
            ("Python.DateUtil", "dateutil"),
            ("protobuf", "google"),
            ("typing_extensions", "typing_extensions"),
            ("tomli ; python_version < '3.11'", "tomli"),
        ] {
            let modules = importable([requirement]);
            assert!(modules.has(module), "{requirement}");
            assert!(!modules.has("torch"), "{requirement}");
        }
    }

    #[test]
    fn what_packages_bring_along() {
        let requests = importable(["requests"]);
        for module in ["urllib3", "certifi", "idna"] {
            assert!(requests.has(module), "{module}");
        }
        let pandas = importable(["pandas"]);
        for module in ["numpy", "dateutil", "six"] {
            assert!(pandas.has(module), "{module}");
        }
        assert!(!importable(["numpy"]).has("pandas"));
    }

    #[test]
    fn of_other_packages_the_modules_are_unknown() {
        for requirement in [
            "our-own-package",
            "git+https://example.org/x.git",
            "requests @ https://example.org/requests.whl",
            "redis[hiredis]",
            "not a requirement",
        ] {
            assert!(importable([requirement]).has("frobnicate"), "{requirement}");
        }
        assert!(!importable([]).has("requests"));
    }

    #[test]
    fn the_package_of_a_module() {
        for (module, package) in [
            ("yaml", Some("pyyaml")),
            ("sklearn", Some("scikit-learn")),
            ("PIL", Some("pillow")),
            ("numpy", Some("numpy")),
            ("typing_extensions", Some("typing-extensions")),
            ("google", None),
            ("google.protobuf", Some("protobuf")),
            ("google.protobuf.message", Some("protobuf")),
            ("google.cloud.storage", Some("google-cloud-storage")),
            ("google.cloud", None),
            ("google.cloud.nosuch", None),
            ("ruamel.yaml", Some("ruamel-yaml")),
            ("yaml.nodes", Some("pyyaml")),
            ("our_own", None),
        ] {
            assert_eq!(package_of(module), package, "{module}");
        }
    }

    #[test]
    fn namespaces() {
        let storage = importable(["google-cloud-storage"]);
        for module in [
            "google",
            "google.cloud",
            "google.cloud.storage.blob",
            "google.auth.transport",
            "google.protobuf",
        ] {
            assert!(storage.has(module), "{module}");
        }
        for module in ["google.cloud.bigquery", "google.genai", "googleapiclient"] {
            assert!(!storage.has(module), "{module}");
        }
        for (name, expected) in [
            ("google", true),
            ("google.cloud", true),
            ("google.cloud.storage", false),
            ("google.cloud.nosuch", false),
            ("requests", false),
            ("our_own", false),
        ] {
            assert_eq!(is_namespace(name), expected, "{name}");
        }
        for (name, part) in [
            ("requests.adapters", "requests"),
            ("google.protobuf.message", "google.protobuf"),
            ("google.cloud.nosuch", "google.cloud.nosuch"),
            ("google", "google"),
        ] {
            assert_eq!(distinct(name), part, "{name}");
        }
    }
}
