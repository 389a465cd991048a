//! The options of pip that decide what is installed and from where, for an installer that is not pip.

use super::configuration::configured;
use std::path::Path;

/// Options that pip would have.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "pip has these flags, and they are independent"
)]
pub(in crate::requirements) struct PipOptions {
    pub(in crate::requirements) index: Option<String>,
    pub(in crate::requirements) extra_indexes: Vec<String>,
    pub(in crate::requirements) find_links: Vec<String>,
    pub(in crate::requirements) no_index: bool,
    pub(in crate::requirements) constraints: Vec<String>,
    pub(in crate::requirements) certificates: Option<String>,
    pub(in crate::requirements) client_certificate: Option<String>,
    pub(in crate::requirements) trusted_hosts: Vec<String>,
    pub(in crate::requirements) proxy: Option<String>,
    /// Seconds.
    pub(in crate::requirements) timeout: Option<String>,
    pub(in crate::requirements) retries: Option<String>,
    pub(in crate::requirements) prereleases: bool,
    pub(in crate::requirements) no_dependencies: bool,
    pub(in crate::requirements) no_cache: bool,
    /// Values of `--no-binary`, in their order.
    pub(in crate::requirements) no_binary: Vec<String>,
    /// Values of `--only-binary`, in their order.
    pub(in crate::requirements) only_binary: Vec<String>,
    /// The program `keyring` is asked for passwords.
    pub(in crate::requirements) asks_keyring: bool,
    /// Names of all other options, and of those whose value is not known here.
    pub(in crate::requirements) others: Vec<String>,
}

/// Options without a value that change nothing about what is installed, or that the engine sets itself.
const FLAGS_WITHOUT_EFFECT: [&str; 19] = [
    "no-input",
    "no-color",
    "disable-pip-version-check",
    "quiet",
    "verbose",
    "user",
    "no-user",
    "no-warn-script-location",
    "no-warn-conflicts",
    "break-system-packages",
    "require-virtualenv",
    "require-venv",
    "no-python-version-warning",
    "compile",
    "no-compile",
    "use-pep517",
    "no-clean",
    "debug",
    "isolated",
];

/// The same, with a value.
const VALUES_WITHOUT_EFFECT: [&str; 9] = [
    "progress-bar",
    "log",
    "log-file",
    "cache-dir",
    "root-user-action",
    "exists-action",
    "format",
    "wheel-dir",
    "python",
];

/// Options with a value that [`PipOptions::set`] knows.
const VALUES: [&str; 15] = [
    "index-url",
    "pypi-url",
    "extra-index-url",
    "find-links",
    "constraint",
    "cert",
    "client-cert",
    "trusted-host",
    "proxy",
    "timeout",
    "default-timeout",
    "retries",
    "no-binary",
    "only-binary",
    "keyring-provider",
];

/// Short options and the long ones that they stand for.
const SHORT: [(&str, &str); 6] = [
    ("-i", "index-url"),
    ("-f", "find-links"),
    ("-c", "constraint"),
    ("-q", "quiet"),
    ("-v", "verbose"),
    ("-w", "wheel-dir"),
];

impl PipOptions {
    /// The options of one command of pip: those of its configuration, and `arguments`.
    pub(in crate::requirements) fn read(
        command: &str,
        environment: &Path,
        arguments: &[String],
    ) -> Self {
        let mut options = Self::default();
        for (name, value) in configured(command, environment) {
            options.set(&name, &value);
        }
        options.add_arguments(arguments);
        options
    }

    fn add_arguments(&mut self, arguments: &[String]) {
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let (name, given) = match argument.strip_prefix("--") {
                Some(long) => match long.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_owned())),
                    None => (long, None),
                },
                None => match SHORT.iter().find(|(short, _)| argument.starts_with(short)) {
                    Some((short, long)) => {
                        let value = &argument[short.len()..];
                        (*long, (!value.is_empty()).then(|| value.to_owned()))
                    }
                    None => (argument.as_str(), None),
                },
            };
            let takes_value = VALUES.contains(&name) || VALUES_WITHOUT_EFFECT.contains(&name);
            let value = match given {
                Some(value) => Some(value),
                None if takes_value => rest.next().cloned(),
                None => Some("1".to_owned()),
            };
            match value {
                Some(value) => self.set(name, &value),
                None => self.others.push(name.to_owned()),
            }
        }
    }

    /// Sets one option. Flags of a file have the value `true`, `yes`, `on` or `1`, or the opposite.
    fn set(&mut self, name: &str, value: &str) {
        let words = || value.split_whitespace().map(str::to_owned);
        let one = || Some(value.trim().to_owned());
        let packages = || {
            let packages = value.split([',', '\n', ' ']);
            packages
                .map(str::trim)
                .filter(|it| !it.is_empty())
                .map(str::to_owned)
        };
        let is_on = matches!(
            value.to_lowercase().as_str(),
            "1" | "true" | "yes" | "on" | "y" | "t"
        );
        match name {
            "index-url" | "pypi-url" => self.index = one(),
            "extra-index-url" => self.extra_indexes.extend(words()),
            "find-links" => self.find_links.extend(words()),
            "no-index" => self.no_index = is_on,
            "constraint" => self.constraints.extend(words()),
            "cert" => self.certificates = one(),
            "client-cert" => self.client_certificate = one(),
            "trusted-host" => self.trusted_hosts.extend(words()),
            "proxy" => self.proxy = one(),
            "timeout" | "default-timeout" => self.timeout = one(),
            "retries" => self.retries = one(),
            "pre" => self.prereleases = is_on,
            "no-deps" | "no-dependencies" => self.no_dependencies = is_on,
            "no-cache-dir" => self.no_cache = is_on,
            "no-binary" => self.no_binary.extend(packages()),
            "only-binary" => self.only_binary.extend(packages()),
            "keyring-provider" if value == "subprocess" => self.asks_keyring = true,
            // pip finds a keyring only if one is installed beside it, and nothing is.
            "keyring-provider" if matches!(value, "auto" | "disabled") => {}
            _ if FLAGS_WITHOUT_EFFECT.contains(&name) || VALUES_WITHOUT_EFFECT.contains(&name) => {}
            _ => self.others.push(name.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &[&str]) -> PipOptions {
        let arguments: Vec<String> = arguments.iter().map(|&it| it.to_owned()).collect();
        let mut options = PipOptions::default();
        options.add_arguments(&arguments);
        options
    }

    #[test]
    fn arguments_are_read_in_every_form() {
        let expected = PipOptions {
            index: Some("https://a".to_owned()),
            find_links: vec!["/b".to_owned(), "/c".to_owned()],
            no_index: true,
            ..PipOptions::default()
        };
        for form in [
            &[
                "--index-url=https://a",
                "--find-links",
                "/b",
                "-f/c",
                "--no-index",
            ][..],
            &[
                "-i",
                "https://a",
                "-f",
                "/b",
                "--find-links=/c",
                "--no-index",
            ],
            &[
                "-q",
                "-v",
                "--log",
                "x",
                "-i",
                "https://a",
                "-f",
                "/b",
                "-f",
                "/c",
                "--no-index",
            ],
        ] {
            assert_eq!(of(form), expected, "{form:?}");
        }
    }

    #[test]
    fn what_is_not_known_is_named() {
        assert_eq!(of(&["--prefer-binary"]).others, ["prefer-binary"]);
        assert_eq!(of(&["--platform=x", "--pre"]).others, ["platform"]);
        assert_eq!(of(&["--use-feature", "x"]).others, ["use-feature", "x"]);
        assert_eq!(of(&["-U"]).others, ["-U"]);
        assert_eq!(of(&["--index-url"]).others, ["index-url"]);
        assert_eq!(
            of(&["--keyring-provider=import"]).others,
            ["keyring-provider"]
        );
    }

    #[test]
    fn flags_of_a_file_can_be_off() {
        let mut options = PipOptions::default();
        options.set("no-index", "true");
        options.set("pre", "no");
        options.set("no-cache-dir", "false");
        assert!(options.no_index && !options.prereleases && !options.no_cache);
    }

    #[test]
    fn arguments_add_to_lists_and_replace_single_values() {
        let mut options = PipOptions::default();
        options.set("index-url", "https://a");
        options.set("extra-index-url", "https://b\nhttps://c");
        options.set("only-binary", "x,y");
        options.add_arguments(&[
            "--extra-index-url=https://d".to_owned(),
            "--index-url=https://e".to_owned(),
        ]);
        assert_eq!(options.index.as_deref(), Some("https://e"));
        assert_eq!(
            options.extra_indexes,
            ["https://b", "https://c", "https://d"]
        );
        assert_eq!(options.only_binary, ["x", "y"]);
    }
}
