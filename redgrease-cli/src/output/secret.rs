//! Passwords in texts of a server, which no output shows.

/// Replaces user and password in the addresses of a text: `https://user:password@host`.
pub(crate) fn without_passwords(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("://") {
        out.push_str(before);
        out.push_str("://");
        let end = behind
            .find(|c: char| {
                c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '?' | '#' | '<' | '>')
            })
            .unwrap_or(behind.len());
        rest = match behind[..end].rfind('@') {
            Some(at) => {
                out.push_str("***");
                &behind[at..]
            }
            None => behind,
        };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_replaced() {
        for (text, shown) in [
            (
                "--index-url https://me:se@cret@pypi.example/simple -q",
                "--index-url https://***@pypi.example/simple -q",
            ),
            (
                "git+https://token@host/x.git@v1",
                "git+https://***@host/x.git@v1",
            ),
            ("redis://:pw@a:1, redis://b", "redis://***@a:1, redis://b"),
            ("https://host/a@b", "https://host/a@b"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(without_passwords(text), shown);
        }
    }
}
