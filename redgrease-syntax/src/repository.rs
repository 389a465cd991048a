//! Addresses of repositories, compared without regard to their spelling.

/// The address of a repository in one spelling: without scheme, user, case and `.git`. `None` if it is empty, or a
/// placeholder of a template.
#[must_use]
pub fn repository(address: &str) -> Option<String> {
    let address = address.trim().to_lowercase();
    let address = address.split(['?', '#']).next().unwrap_or_default();
    let (rest, has_scheme) = match address.split_once("://") {
        Some((_, rest)) => (rest, true),
        None => (address, false),
    };
    let (authority, path) = match rest.find(['/', ':']) {
        // `git@host:team/name` of ssh. With a scheme, a port follows the colon.
        Some(at) if has_scheme || rest[at..].starts_with('/') => {
            let end = rest.find('/').unwrap_or(rest.len());
            (&rest[..end], &rest[end..])
        }
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => (rest, ""),
    };
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let is_placeholder = ["example", "test", "invalid", "localhost"]
        .contains(&host.rsplit('.').next().unwrap_or_default())
        || ["example.com", "example.net", "example.org"]
            .iter()
            .any(|name| host == *name || host.ends_with(&format!(".{name}")));
    (!path.is_empty() && !is_placeholder).then(|| format!("{host}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::repository;

    #[test]
    fn one_repository_has_one_spelling() {
        for spelling in [
            "https://github.com/team/shop",
            "http://www.github.com/Team/Shop.git",
            "git@github.com:team/shop.git",
            "ssh://git@github.com:22/team/shop",
            "https://token:secret@github.com/team/shop/",
            "https://github.com/team/shop#readme",
            "github.com/team/shop",
        ] {
            assert_eq!(
                repository(spelling).as_deref(),
                Some("github.com/team/shop"),
                "{spelling}"
            );
        }
        assert_eq!(
            repository("https://git.acme.io:8443/a/b.git").as_deref(),
            Some("git.acme.io/a/b")
        );
        assert_ne!(
            repository("https://github.com/a/shop"),
            repository("https://github.com/b/shop")
        );
    }

    #[test]
    fn placeholders_and_hosts_are_no_repositories() {
        for text in [
            "",
            " ",
            "https://example.org/shop",
            "https://git.example.com/team/shop",
            "https://shop.test/a",
            "http://localhost/shop",
            "https://github.com",
            "https://github.com/",
            "://",
            ":",
            "@",
        ] {
            assert_eq!(repository(text), None, "{text:?}");
        }
    }
}
