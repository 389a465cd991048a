//! Parses the options of the programs: `--name value`.

use crate::Outcome;
use std::collections::BTreeMap;
use std::str::FromStr;

/// The options of the command line.
#[derive(Debug, Default)]
pub struct Args(BTreeMap<String, String>);

impl Args {
    pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Outcome<Self> {
        let mut words = words.into_iter();
        let mut args = Args::default();
        while let Some(word) = words.next() {
            let name = word
                .strip_prefix("--")
                .ok_or_else(|| format!("`{word}` is not an option: write --name value"))?;
            let value = words
                .next()
                .ok_or_else(|| format!("`--{name}` needs a value"))?;
            args.0.insert(name.to_owned(), value);
        }
        Ok(args)
    }

    /// The value of an option, if it was given.
    ///
    /// # Errors
    /// If the value cannot be parsed as `T`.
    pub fn get<T: FromStr>(&self, name: &str) -> Outcome<Option<T>> {
        self.0
            .get(name)
            .map(|value| {
                value
                    .parse()
                    .map_err(|_| format!("`--{name}` does not take `{value}`"))
            })
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

    use super::*;

    #[test]
    fn options_are_parsed() {
        let parse = |line: &str| Args::parse(line.split_whitespace().map(str::to_owned));
        let args = parse("--minutes 3 --seed x").unwrap();
        assert_eq!(args.get("minutes"), Ok(Some(3)));
        assert_eq!(args.get::<u64>("other"), Ok(None));
        assert!(args.get::<u64>("seed").unwrap_err().contains("--seed"));
        assert!(parse("minutes").is_err() && parse("--minutes").is_err());
    }
}
