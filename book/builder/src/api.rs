//! The items of the documentation that rustdoc has written.

use crate::Problems;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The crate that users depend on.
const CRATE: &str = "redgrease";

/// The module of it that is a crate of its own, and that crate.
const EMBEDDED: (&str, &str) = ("embedded", "redgrease_embedded");

/// The folder of rustdoc's pages inside of the book.
pub(crate) const FOLDER: &str = "api";

/// The pages of the items with one name: a macro and a function may share it.
type Files = Vec<String>;

/// All public items of the crate, and of its module for private servers.
pub(crate) struct Api {
    folder: PathBuf,
    /// The file of each item by its path without the name of the crate, such as `embedded::Server`. The file begins with the
    /// folder of its crate.
    items: BTreeMap<String, Files>,
    /// The anchors of the pages that were asked for.
    anchors: RefCell<HashMap<String, HashSet<String>>>,
}

impl Api {
    /// Reads the lists of all items, in the folder that `cargo doc` has written.
    pub(crate) fn read(folder: &Path) -> Result<Self, Problems> {
        let mut items = list(folder, CRATE, "")?;
        let (module, name) = EMBEDDED;
        items.append(&mut list(folder, name, &format!("{module}::"))?);
        // The same items under a second path.
        items.retain(|name, _| !name.starts_with("prelude::"));
        items.insert(CRATE.to_owned(), vec![format!("{CRATE}/index.html")]);
        items.insert(module.to_owned(), vec![format!("{name}/index.html")]);
        Ok(Api {
            folder: folder.to_owned(),
            items,
            anchors: RefCell::default(),
        })
    }

    /// The items, with the addresses of their pages.
    pub(crate) fn items(&self) -> impl Iterator<Item = (&str, String)> {
        let items = self.items.iter();
        items.flat_map(|(name, files)| files.iter().map(|file| (name.as_str(), address(file, ""))))
    }

    /// The address of an item from a page of the book, as rustdoc reads names: `Pool`, `redgrease::Pool::start`, `macro@gear`.
    pub(crate) fn address(&self, name: &str) -> Option<String> {
        let name = name.trim_matches('`');
        let name = name.split_once('@').map_or(name, |(_, name)| name);
        let name = name.trim_end_matches("()").trim_end_matches('!');
        let name = name
            .strip_prefix("crate::")
            .or_else(|| name.strip_prefix("redgrease::"))
            .unwrap_or(name);
        if let Some(file) = self.file(name) {
            return Some(address(file, ""));
        }
        let module = format!("{CRATE}/{}/index.html", name.replace("::", "/"));
        if is_path(name) && self.folder.join(&module).is_file() {
            return Some(address(&module, ""));
        }
        let (parent, member) = name.rsplit_once("::")?;
        let file = self.file(parent)?;
        let anchor = self.anchor(file, member)?;
        Some(address(file, &anchor))
    }

    fn file(&self, name: &str) -> Option<&str> {
        Some(self.items.get(name)?.first()?.as_str())
    }

    /// The anchor of a method, variant or field on the page of its type.
    fn anchor(&self, file: &str, member: &str) -> Option<String> {
        let mut anchors = self.anchors.borrow_mut();
        let known = anchors.entry(file.to_owned()).or_insert_with(|| {
            let text = fs::read_to_string(self.folder.join(file)).unwrap_or_default();
            crate::rendered::ids(&text).map(str::to_owned).collect()
        });
        [
            "method",
            "tymethod",
            "variant",
            "structfield",
            "associatedconstant",
        ]
        .iter()
        .map(|kind| format!("{kind}.{member}"))
        .find(|anchor| known.contains(anchor))
    }
}

/// Whether a link may be meant as the name of an item.
pub(crate) fn is_path(name: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    let name = name.trim_matches('`');
    let name = name.split_once('@').map_or(name, |(_, name)| name);
    let name = name.trim_end_matches("()").trim_end_matches('!');
    name.split("::").all(is_part)
}

fn address(file: &str, anchor: &str) -> String {
    let mark = if anchor.is_empty() { "" } else { "#" };
    format!("{FOLDER}/{file}{mark}{anchor}")
}

/// The items of one crate.
fn list(folder: &Path, name: &str, prefix: &str) -> Result<BTreeMap<String, Files>, Problems> {
    let list = folder.join(name).join("all.html");
    let text = fs::read_to_string(&list).map_err(|e| {
        Problems::one(format!(
            "{} could not be read: {e}; run `cargo xtask book`, which writes it with rustdoc",
            list.display()
        ))
    })?;
    let found = text.split("<li><a href=\"").skip(1).filter_map(|rest| {
        let (file, rest) = rest.split_once("\">")?;
        let (item, _) = rest.split_once("</a>")?;
        // The others lead to the parts of the list itself.
        file.strip_suffix(".html")?;
        Some((format!("{prefix}{item}"), format!("{name}/{file}")))
    });
    let mut items = BTreeMap::<String, Files>::new();
    for (item, file) in found {
        items.entry(item).or_default().push(file);
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

    use super::*;

    #[test]
    fn items_and_their_members_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("redgrease");
        fs::create_dir_all(folder.join("prelude")).unwrap();
        let list = "<ul><li><a href=\"struct.Pool.html\">Pool</a></li><li><a href=\"attr.gear.html\">gear</a></li>";
        fs::write(folder.join("all.html"), list).unwrap();
        let embedded = dir.path().join("redgrease_embedded");
        fs::create_dir_all(&embedded).unwrap();
        let list = "<li><a href=\"struct.Server.html\">Server</a></li>";
        fs::write(embedded.join("all.html"), list).unwrap();
        fs::write(folder.join("struct.Pool.html"), "<a id=\"method.start\">").unwrap();
        fs::write(folder.join("prelude/index.html"), "").unwrap();
        let api = Api::read(dir.path()).unwrap();
        let address = |name| api.address(name);
        assert_eq!(address("`Pool`").unwrap(), "api/redgrease/struct.Pool.html");
        assert_eq!(
            address("redgrease::Pool::start()").unwrap(),
            "api/redgrease/struct.Pool.html#method.start"
        );
        assert_eq!(
            address("macro@gear").unwrap(),
            "api/redgrease/attr.gear.html"
        );
        for (name, page) in [
            ("embedded", "api/redgrease_embedded/index.html"),
            (
                "embedded::Server",
                "api/redgrease_embedded/struct.Server.html",
            ),
            ("prelude", "api/redgrease/prelude/index.html"),
            ("redgrease", "api/redgrease/index.html"),
        ] {
            assert_eq!(address(name).unwrap(), page);
        }
        assert_eq!(address("Pool::stop"), None);
        assert_eq!(address("Pol"), None);
        assert!(is_path("a::b") && !is_path("a.md") && !is_path("../a"));
    }
}
