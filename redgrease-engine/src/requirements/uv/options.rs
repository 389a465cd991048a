//! Translates pip's options into arguments and variables of uv.

use std::env;
use std::ffi::OsString;
use std::path::Path;

use crate::requirements::pip::options::PipOptions;

/// What uv gets in place of pip's options.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Translated {
    pub(super) args: Vec<OsString>,
    /// Variables rather than arguments for what may contain a password: all users of a machine see the arguments of a process.
    pub(super) variables: Vec<(&'static str, OsString)>,
    /// Folders and pages with packages, apart from the indexes.
    pub(super) find_links: Vec<String>,
}

/// The options of pip in the words of uv.
///
/// # Errors
/// The name of an option that uv does not have.
pub(super) fn translate(options: &PipOptions) -> Result<Translated, String> {
    let is_set = |name: &str| env::var_os(name).is_some_and(|it| !it.is_empty());
    translate_with(options, &is_set)
}

fn translate_with(
    options: &PipOptions,
    is_set: &dyn Fn(&str) -> bool,
) -> Result<Translated, String> {
    if let Some(other) = options.others.first() {
        return Err(other.clone());
    }
    // uv separates the values of the variable by commas.
    if options.find_links.iter().any(|link| link.contains(',')) {
        return Err("find-links with a comma".to_owned());
    }
    let mut translated = Translated {
        find_links: options
            .find_links
            .iter()
            .filter(|link| exists(link))
            .cloned()
            .collect(),
        ..Translated::default()
    };
    translated.set_indexes(options, is_set);
    translated.set_connection(options, is_set);
    for constraint in &options.constraints {
        translated.argument(&["-c", constraint]);
    }
    for package in &options.no_binary {
        translated.argument(&["--no-binary", package]);
    }
    for package in &options.only_binary {
        translated.argument(&["--only-binary", package]);
    }
    for (is_given, args) in [
        (options.no_index, &["--no-index"][..]),
        (options.prereleases, &["--prerelease", "allow"]),
        (options.no_dependencies, &["--no-deps"]),
        (options.no_cache, &["--no-cache"]),
    ] {
        if is_given {
            translated.argument(args);
        }
    }
    Ok(translated)
}

/// Whether a place of packages exists. pip passes over a folder that does not, and uv fails.
fn exists(link: &str) -> bool {
    link.contains("://") || Path::new(link).exists()
}

impl Translated {
    fn argument(&mut self, args: &[&str]) {
        self.args.extend(args.iter().map(OsString::from));
    }

    fn variable(&mut self, name: &'static str, value: impl Into<OsString>) {
        self.variables.push((name, value.into()));
    }

    fn set_indexes(&mut self, options: &PipOptions, is_set: &dyn Fn(&str) -> bool) {
        if options.no_index {
            return;
        }
        if let Some(index) = &options.index {
            self.variable("UV_DEFAULT_INDEX", index);
        }
        if !options.extra_indexes.is_empty() {
            self.variable("UV_INDEX", options.extra_indexes.join(" "));
            // pip takes the best version of all indexes, so that both installers take the same one.
            if !is_set("UV_INDEX_STRATEGY") {
                self.variable("UV_INDEX_STRATEGY", "unsafe-best-match");
            }
        }
        if options.asks_keyring {
            self.variable("UV_KEYRING_PROVIDER", "subprocess");
        }
    }

    fn set_connection(&mut self, options: &PipOptions, is_set: &dyn Fn(&str) -> bool) {
        if let Some(file) = &options.certificates {
            self.variable("SSL_CERT_FILE", file);
        } else if !is_set("SSL_CERT_FILE")
            && let Some(file) = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]
                .into_iter()
                .filter(|name| is_set(name))
                .find_map(env::var_os)
        {
            self.variable("SSL_CERT_FILE", file);
        }
        if let Some(file) = &options.client_certificate {
            self.variable("SSL_CLIENT_CERT", file);
        }
        if !options.trusted_hosts.is_empty() {
            self.variable("UV_INSECURE_HOST", options.trusted_hosts.join(" "));
        }
        if let Some(proxy) = &options.proxy {
            for name in ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"] {
                self.variable(name, proxy);
            }
        }
        // pip takes fractions of seconds, uv does not.
        let seconds = options.timeout.as_ref();
        if let Some(seconds) = seconds.and_then(|it| it.parse::<f64>().ok()) {
            self.variable("UV_HTTP_TIMEOUT", format!("{:.0}", seconds.ceil().max(1.0)));
        }
        let retries = options.retries.as_ref();
        if let Some(retries) = retries.and_then(|it| it.parse::<u32>().ok()) {
            self.variable("UV_HTTP_RETRIES", retries.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(translated: &Translated) -> (Vec<String>, Vec<String>) {
        let text = |it: &OsString| it.to_string_lossy().into_owned();
        let variables = translated.variables.iter();
        (
            translated.args.iter().map(text).collect(),
            variables
                .map(|(name, value)| format!("{name}={}", text(value)))
                .collect(),
        )
    }

    fn nothing(_: &str) -> bool {
        false
    }

    #[test]
    fn indexes_and_the_connection_are_variables() {
        let options = PipOptions {
            index: Some("https://joe:secret@a/simple".to_owned()),
            extra_indexes: vec!["https://b".to_owned(), "https://c".to_owned()],
            trusted_hosts: vec!["b".to_owned(), "c:8080".to_owned()],
            certificates: Some("/ca.pem".to_owned()),
            client_certificate: Some("/me.pem".to_owned()),
            proxy: Some("http://p:1".to_owned()),
            timeout: Some("2.5".to_owned()),
            retries: Some("7".to_owned()),
            asks_keyring: true,
            ..PipOptions::default()
        };
        let (args, variables) = texts(&translate_with(&options, &nothing).unwrap());
        assert_eq!(args, [""; 0]);
        assert_eq!(
            variables,
            [
                "UV_DEFAULT_INDEX=https://joe:secret@a/simple",
                "UV_INDEX=https://b https://c",
                "UV_INDEX_STRATEGY=unsafe-best-match",
                "UV_KEYRING_PROVIDER=subprocess",
                "SSL_CERT_FILE=/ca.pem",
                "SSL_CLIENT_CERT=/me.pem",
                "UV_INSECURE_HOST=b c:8080",
                "HTTP_PROXY=http://p:1",
                "HTTPS_PROXY=http://p:1",
                "http_proxy=http://p:1",
                "https_proxy=http://p:1",
                "UV_HTTP_TIMEOUT=3",
                "UV_HTTP_RETRIES=7",
            ]
        );
        // The operator has chosen another strategy.
        let strategy = |name: &str| name == "UV_INDEX_STRATEGY";
        let (_, variables) = texts(&translate_with(&options, &strategy).unwrap());
        assert!(!variables.iter().any(|it| it.contains("STRATEGY")));
    }

    #[test]
    fn limits_are_arguments() {
        let options = PipOptions {
            index: Some("https://a".to_owned()),
            no_index: true,
            find_links: vec![
                "/".to_owned(),
                "/nonexistent".to_owned(),
                "https://x/y".to_owned(),
            ],
            constraints: vec!["/c.txt".to_owned()],
            prereleases: true,
            no_binary: vec!["a".to_owned()],
            only_binary: vec![":all:".to_owned()],
            ..PipOptions::default()
        };
        let translated = translate_with(&options, &nothing).unwrap();
        let (args, variables) = texts(&translated);
        assert_eq!(
            args.join(" "),
            "-c /c.txt --no-binary a --only-binary :all: --no-index --prerelease allow"
        );
        assert_eq!(variables, [""; 0]);
        assert_eq!(translated.find_links, ["/", "https://x/y"]);
    }

    #[test]
    fn what_uv_lacks_is_named() {
        let options = PipOptions {
            others: vec!["prefer-binary".to_owned()],
            ..PipOptions::default()
        };
        let told = translate_with(&options, &nothing);
        assert_eq!(told, Err("prefer-binary".to_owned()));
    }
}
