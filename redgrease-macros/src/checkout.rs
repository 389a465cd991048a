//! The origin of a package: the git checkout that it is in, or the registry that it was downloaded from.

use redgrease_syntax::repository;
use std::fs;
use std::path::{Path, PathBuf};

/// The origin of a package.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Checkout {
    /// Hash of the address that it was cloned or downloaded from. A hash, because an address may be private, and it is
    /// compiled into the program.
    pub(crate) remote: String,
    /// Folder of the package in the checkout; `.` is its root.
    pub(crate) path: String,
}

impl Checkout {
    /// The origin of the package in this folder. `None` if it has none, or a checkout has no remote `origin`.
    pub(crate) fn of(package: &Path) -> Option<Self> {
        if let Some(registry) = registry(package) {
            return Some(Checkout {
                remote: hash(&registry),
                path: ".".to_owned(),
            });
        }
        let mut folders = package.ancestors();
        let (root, config) = folders.find_map(|folder| Some((folder, config(folder)?)))?;
        let address = repository(&origin(&fs::read_to_string(config).ok()?)?)?;
        let path = package.strip_prefix(root).ok()?;
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        Some(Checkout {
            remote: hash(&address),
            path: match &parts[..] {
                [] => ".".to_owned(),
                _ => parts.join("/"),
            },
        })
    }
}

/// The registry of a package that cargo has downloaded: `~/.cargo/registry/src/index.crates.io-HASH/NAME-VERSION`. A name is
/// unique in a registry.
fn registry(package: &Path) -> Option<String> {
    let index = package.parent()?;
    let is_downloaded = index.parent()?.ends_with("registry/src");
    let name = index.file_name().filter(|_| is_downloaded)?.to_str()?;
    let host = name.rsplit_once('-').map_or(name, |(host, _)| host);
    Some(format!("registry {host}"))
}

/// The configuration of the git repository whose checkout begins in this folder.
fn config(folder: &Path) -> Option<PathBuf> {
    let git = folder.join(".git");
    if git.is_dir() {
        return Some(git.join("config"));
    }
    // A worktree or a submodule.
    let text = fs::read_to_string(git).ok()?;
    let own = folder.join(text.strip_prefix("gitdir:")?.trim());
    let shared = match fs::read_to_string(own.join("commondir")) {
        Ok(common) => own.join(common.trim()),
        Err(_) => own,
    };
    Some(shared.join("config"))
}

/// The address of the remote `origin` in a configuration of git.
fn origin(config: &str) -> Option<String> {
    let lines = config.lines().map(str::trim);
    let section = lines
        .skip_while(|line| *line != r#"[remote "origin"]"#)
        .skip(1);
    section
        .take_while(|line| !line.starts_with('['))
        .find_map(|line| {
            let (key, value) = line.split_once('=')?;
            (key.trim() == "url").then(|| value.trim().trim_matches('"').to_owned())
        })
}

/// FNV-1a of 64 bits in hexadecimal. It is stored on servers, so it must not change.
fn hash(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::{Checkout, hash};
    use std::fs;
    use std::path::Path;

    fn write(root: &Path, file: &str, text: &str) {
        let file = root.join(file);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, text).expect("a file");
    }

    fn config(address: &str) -> String {
        format!(
            "[core]\n\tbare = false\n[remote \"fork\"]\n\turl = https://a.io/b/c\n[remote \"origin\"]\n\tfetch = +refs\n\
             \turl = {address}\n[branch \"main\"]\n\tremote = origin\n"
        )
    }

    #[test]
    fn a_package_is_in_a_checkout() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = root.path();
        write(folder, "crates/shop/Cargo.toml", "");
        assert_eq!(Checkout::of(&folder.join("crates/shop")), None);
        write(
            folder,
            ".git/config",
            &config("git@github.com:team/shop.git"),
        );
        let checkout = Checkout::of(&folder.join("crates/shop")).expect("a checkout");
        assert_eq!(
            (checkout.remote, checkout.path.as_str()),
            (hash("github.com/team/shop"), "crates/shop")
        );
        // The same repository over https, with a token of a pipeline.
        let address = "https://ci-token:secret@github.com/team/shop.git";
        write(folder, ".git/config", &config(address));
        let checkout = Checkout::of(folder).expect("a checkout");
        assert_eq!(
            (checkout.remote, checkout.path.as_str()),
            (hash("github.com/team/shop"), ".")
        );
        write(
            folder,
            ".git/config",
            "[core]\n[remote \"fork\"]\nurl = a.io/b\n",
        );
        assert_eq!(Checkout::of(folder), None);
    }

    #[test]
    fn a_worktree_has_the_remote_of_its_repository() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = root.path();
        write(
            folder,
            "main/.git/config",
            &config("https://github.com/team/shop"),
        );
        write(folder, "main/.git/worktrees/tree/commondir", "../..\n");
        write(folder, "tree/.git", "gitdir: ../main/.git/worktrees/tree\n");
        let checkout = Checkout::of(&folder.join("tree")).expect("a checkout");
        assert_eq!(checkout.remote, hash("github.com/team/shop"));
    }

    #[test]
    fn a_downloaded_package_has_its_registry() {
        let of = |path| Checkout::of(Path::new(path)).map(|checkout| checkout.remote);
        let first = of("/home/a/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/shop-1.0.0");
        let second = of("/home/b/.cargo/registry/src/index.crates.io-6f17d22bba15001f/shop-2.0.0");
        assert!(first.is_some());
        assert_eq!(first, second);
        assert_ne!(
            first,
            of("/home/b/.cargo/registry/src/acme-6f17/shop-2.0.0")
        );
    }
}
