//! The fields of `INFO`.

use std::collections::BTreeMap;

/// Fields by name. Those of the engine have the prefix `rg_`.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Info(BTreeMap<String, String>);

/// The prefix of the fields of a module.
const ENGINE: &str = "rg_";

impl Info {
    pub(super) fn add(&mut self, text: &str) {
        let fields = text.lines().filter(|line| !line.starts_with('#'));
        let fields = fields.filter_map(|line| line.split_once(':'));
        self.0
            .extend(fields.map(|(name, value)| (name.to_owned(), value.trim_end().to_owned())));
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    /// The figures of the engine, without the prefix.
    pub(super) fn engine(&self) -> BTreeMap<String, String> {
        let fields = self.0.iter();
        fields
            .filter_map(|(name, value)| {
                Some((name.strip_prefix(ENGINE)?.to_owned(), value.clone()))
            })
            .collect()
    }

    /// The name and the version of the server.
    pub(super) fn server(&self) -> String {
        match (self.text("valkey_version"), self.text("redis_version")) {
            (Some(version), _) => format!("Valkey {version}"),
            (None, Some(version)) => format!("Redis {version}"),
            (None, None) => "server".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_by_name() {
        let mut info = Info::default();
        info.add("# Server\r\nredis_version:7.0.15\r\nuptime_in_seconds:12\r\n");
        info.add("# rg_engine\r\nrg_longest_execution:a:b\r\nrg_sessions:x\r\n");
        assert_eq!(info.server(), "Redis 7.0.15");
        assert_eq!(info.number("uptime_in_seconds"), Some(12));
        assert_eq!(info.number::<u64>("rg_sessions"), None);
        assert_eq!(info.engine()["longest_execution"], "a:b");
        info.add("valkey_version:9.1.0");
        assert_eq!(info.server(), "Valkey 9.1.0");
    }
}
