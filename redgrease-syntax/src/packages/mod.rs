//! The modules that Python can import on a server because of the requirements of a gear.
//!
//! Nothing here asks a package index. Well-known packages are in a table, with what they bring along. Of any other package
//! the modules are unknown, so a gear that requires one can import everything.

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
    /// The names of top-level modules. Sorted.
    pub modules: BTreeSet<String>,
    /// A requirement may provide any module: an address, or a package that is not well known.
    pub anything: bool,
}

impl Importable {
    /// Whether the import of a top-level module can succeed.
    #[must_use]
    pub fn has(&self, module: &str) -> bool {
        self.anything || self.modules.contains(module)
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

/// The well-known package that provides a module, for a hint.
#[cfg_attr(not(feature = "validate"), allow(dead_code))]
pub(crate) fn package_of(module: &str) -> Option<&'static str> {
    let provides = |modules: &str| modules.split_whitespace().any(|one| one == module);
    if let Some((_, name)) = USUAL.iter().find(|(known, _)| *known == module) {
        return Some(name);
    }
    let own = normalized(module);
    if let Some((name, modules, _)) = package(&own)
        && provides(modules)
    {
        return Some(name);
    }
    let mut found = PACKAGES.iter().filter(|(_, modules, _)| provides(modules));
    match (found.next(), found.next()) {
        (Some((name, ..)), None) => Some(name),
        // Several packages share the name, as those of Google share `google`.
        _ => None,
    }
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
    use super::{PACKAGES, USUAL, importable, normalized, package, package_of};

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
            ("our_own", None),
        ] {
            assert_eq!(package_of(module), package, "{module}");
        }
    }
}
