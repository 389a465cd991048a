//! The methods of `cmd`, in the two clients that can answer it: that of the engine and redis-py.

mod own;
mod plain;
mod table;

use crate::nearest;
use plain::{DICTIONARIES, EXAMPLES, PLAIN};
use table::METHODS;

/// The clients that have a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Client {
    /// The client of the engine alone.
    Own,
    /// redis-py alone, in some version from 3.5 on.
    RedisPy,
    /// Both.
    Both,
}

/// Any number of positional arguments.
const ANY: u8 = u8::MAX;

/// A method of `cmd`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Method {
    /// The name.
    pub name: &'static str,
    /// The clients that have it.
    pub client: Client,
    required: &'static str,
    most: u8,
    all: &'static str,
}

/// The method of `cmd` with this name.
///
/// ```
/// let set = redgrease_syntax::cmd_method("set").unwrap();
/// assert_eq!(set.required().count(), 2);
/// assert!(set.has_parameter("ex") && !set.has_parameter("exx"));
/// ```
#[must_use]
pub fn cmd_method(name: &str) -> Option<Method> {
    let at = METHODS
        .binary_search_by_key(&name, |(name, ..)| name)
        .ok()?;
    let (name, client, required, most, all) = METHODS[at];
    Some(Method {
        name,
        client,
        required,
        most,
        all,
    })
}

/// The method with this name, as a client has it.
#[cfg_attr(not(feature = "validate"), allow(dead_code))]
pub(crate) fn method_of(client: Client, name: &str) -> Option<Method> {
    match client {
        Client::Own => own::method(name),
        Client::RedisPy | Client::Both => cmd_method(name),
    }
}

/// All methods of `cmd`, sorted by name.
pub fn cmd_methods() -> impl Iterator<Item = Method> {
    METHODS.iter().filter_map(|(name, ..)| cmd_method(name))
}

/// The method with the same letters in another case or with other underscores: `hgetall` for `hGetAll` and `HGETALL`.
#[cfg_attr(not(feature = "validate"), allow(dead_code))]
pub(crate) fn method_of_letters(client: Client, name: &str) -> Option<&'static str> {
    let letters = |text: &str| text.replace('_', "").to_ascii_lowercase();
    let wanted = letters(name);
    names(client).find(|known| *known != name && letters(known) == wanted)
}

/// The methods whose name has one more letter in front, which stands for a type: `hgetall` for `getall`.
#[cfg_attr(not(feature = "validate"), allow(dead_code))]
pub(crate) fn methods_of_types(client: Client, name: &str) -> Vec<&'static str> {
    let wanted = name.replace('_', "").to_ascii_lowercase();
    names(client)
        .filter(|known| known.get(1..) == Some(wanted.as_str()))
        .collect()
}

/// The method whose name is most similar.
#[cfg_attr(not(feature = "validate"), allow(dead_code))]
pub(crate) fn nearest_method(client: Client, name: &str) -> Option<&'static str> {
    nearest(name, names(client))
}

/// The names of the methods that a client has.
#[cfg_attr(not(feature = "validate"), allow(dead_code))]
fn names(client: Client) -> impl Iterator<Item = &'static str> {
    METHODS
        .iter()
        .filter(move |(_, of, ..)| client != Client::Own || *of != Client::RedisPy)
        .map(|(name, ..)| *name)
}

impl Method {
    /// The parameters without a default, in order. `a|b` is one parameter with two names in different versions.
    pub fn required(self) -> impl Iterator<Item = &'static str> {
        self.required.split_whitespace()
    }

    /// The most positional arguments. `None` if there is no limit.
    #[must_use]
    pub fn most(self) -> Option<usize> {
        (self.most != ANY).then_some(usize::from(self.most))
    }

    /// The names of all parameters, in order.
    pub fn parameters(self) -> impl Iterator<Item = &'static str> {
        self.all.split_whitespace().filter(|name| *name != "**")
    }

    /// Whether an argument can have this name.
    #[must_use]
    pub fn has_parameter(self, name: &str) -> bool {
        self.all
            .split_whitespace()
            .any(|known| known == name || known == "**")
    }

    /// Whether the parameter at a place is sent as it is, which text, bytes and numbers can be.
    #[must_use]
    pub fn takes_plain(self, place: usize) -> bool {
        self.plain()
            .is_some_and(|(fixed, more)| place < fixed || more)
    }

    /// Whether the argument at a place is one of any number of values.
    #[must_use]
    pub fn repeats(self, place: usize) -> bool {
        self.plain()
            .is_some_and(|(fixed, more)| more && place >= fixed)
    }

    /// Whether the parameter at a place takes a dictionary.
    #[must_use]
    pub fn takes_dictionary(self, place: usize) -> bool {
        DICTIONARIES.contains(&(self.name, place))
    }

    /// A call to copy, in backticks, if the names of the parameters do not show what to write.
    #[must_use]
    pub fn example(self) -> Option<&'static str> {
        let one = EXAMPLES.iter().find(|(name, _)| *name == self.name);
        one.map(|(_, call)| *call)
    }

    fn plain(self) -> Option<(usize, bool)> {
        let at = PLAIN
            .binary_search_by_key(&self.name, |(name, ..)| name)
            .ok()?;
        let (_, fixed, more) = PLAIN[at];
        Some((fixed, more))
    }

    /// The fewest arguments of all kinds, for methods that accept fewer and raise an error then.
    #[must_use]
    pub fn fewest(self) -> usize {
        FEWEST
            .iter()
            .find(|(name, _)| *name == self.name)
            .map_or(0, |(_, fewest)| *fewest)
    }
}

/// Methods that take any number of values and fail without one: the server or the client refuses the call.
const FEWEST: &[(&str, usize)] = &[
    ("delete", 1),
    ("exists", 1),
    ("hdel", 2),
    ("hset", 2),
    ("lpush", 2),
    ("lpushx", 2),
    ("rpush", 2),
    ("rpushx", 2),
    ("sadd", 2),
    ("srem", 2),
    ("touch", 1),
    ("unlink", 1),
    ("xack", 3),
    ("xdel", 2),
    ("zrem", 2),
];

#[cfg(test)]
mod tests {
    use super::{
        Client, DICTIONARIES, EXAMPLES, FEWEST, METHODS, PLAIN, cmd_method, cmd_methods,
        method_of_letters, methods_of_types, nearest_method, own,
    };

    #[test]
    fn the_table_is_sorted() {
        assert!(METHODS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(FEWEST.iter().all(|(name, _)| cmd_method(name).is_some()));
        assert!(PLAIN.is_sorted_by(|a, b| a.0 < b.0));
        assert!(EXAMPLES.is_sorted_by(|a, b| a.0 < b.0));
        assert!(EXAMPLES.iter().all(|(name, _)| cmd_method(name).is_some()));
    }

    #[test]
    fn the_places_of_values_are_those_of_parameters() {
        for (name, fixed, more) in PLAIN {
            let method = cmd_method(name).expect(name);
            assert_eq!(method.client, Client::Both, "{name}");
            let known = method.parameters().count().max(method.required().count());
            assert!(known >= *fixed, "{name}");
            assert!(!more || method.most().is_none(), "{name}");
        }
        for (name, place) in DICTIONARIES {
            let method = cmd_method(name).expect(name);
            assert!(method.parameters().nth(*place).is_some(), "{name}");
            assert!(!method.takes_plain(*place), "{name}");
        }
    }

    #[test]
    fn names_in_other_spellings() {
        for (name, method) in [
            ("hGetAll", Some("hgetall")),
            ("HGETALL", Some("hgetall")),
            ("configGet", Some("config_get")),
            ("set_ex", Some("setex")),
            ("Get", Some("get")),
            ("get", None),
            ("Frobnicate", None),
        ] {
            assert_eq!(method_of_letters(Client::Both, name), method, "{name}");
        }
        assert_eq!(methods_of_types(Client::Both, "getAll"), ["hgetall"]);
        assert_eq!(
            methods_of_types(Client::Both, "add"),
            ["sadd", "xadd", "zadd"]
        );
        assert_eq!(methods_of_types(Client::Both, "frobnicate"), [""; 0]);
    }

    #[test]
    fn required_parameters_are_parameters() {
        for method in cmd_methods() {
            for names in method.required() {
                assert!(
                    names.split('|').all(|name| method.has_parameter(name)),
                    "{}: {names}",
                    method.name
                );
            }
            let required = method.required().count();
            assert!(
                method.most().is_none_or(|most| required <= most),
                "{}",
                method.name
            );
        }
    }

    #[test]
    fn lookups() {
        let get = cmd_method("get").unwrap();
        assert_eq!((get.client, get.most()), (Client::Both, Some(1)));
        assert_eq!(get.required().collect::<Vec<_>>(), ["name"]);
        assert_eq!(nearest_method(Client::Both, "hgett"), Some("hget"));
        assert_eq!(nearest_method(Client::Both, "frobnicate"), None);
        assert_eq!(nearest_method(Client::Both, "tdigst"), Some("tdigest"));
        assert_eq!(nearest_method(Client::Own, "tdigst"), None);
    }

    /// `tests/cmd_replay` compares the list with the engine.
    #[test]
    fn the_methods_of_the_engine_are_in_the_table() {
        let mut own = Vec::new();
        for line in include_str!("../commands/methods.txt").lines() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(refused) = line.strip_prefix('!') {
                let client = cmd_method(refused).map(|method| method.client);
                assert!(matches!(client, None | Some(Client::RedisPy)), "{line}");
                continue;
            }
            let (name, signature) = line.strip_suffix(')').unwrap().split_once('(').unwrap();
            own.push(name);
            let method = cmd_method(name).expect(line);
            assert_ne!(method.client, Client::RedisPy, "{line}");
            let all = own::parameters(signature);
            let placed = all.iter().take_while(|(name, _)| !name.starts_with('*'));
            let required: Vec<_> = placed
                .clone()
                .filter(|(_, has_default)| !has_default)
                .collect();
            assert!(method.required().count() <= required.len(), "{line}");
            for (known, (name, _)) in method.required().zip(required) {
                assert!(known.split('|').any(|one| one == *name), "{line}");
            }
            let any_number = all.iter().any(|(name, _)| {
                name.starts_with('*') && name.len() > 1 && !name.starts_with("**")
            });
            if let Some(most) = method.most() {
                assert!(!any_number && placed.count() <= most, "{line}");
            }
            for (name, _) in all.iter().filter(|(name, _)| !name.starts_with('*')) {
                assert!(method.has_parameter(name), "{line}");
            }
        }
        let more: Vec<_> = cmd_methods()
            .filter(|method| method.client != Client::RedisPy && !own.contains(&method.name))
            .map(|method| method.name)
            .collect();
        assert_eq!(more, [""; 0], "the engine has no such methods");
    }
}
