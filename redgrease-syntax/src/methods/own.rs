//! The methods of the engine's own client, which answers `cmd` if a gear does not require redis-py.

use super::{ANY, Method, cmd_method};
use std::sync::LazyLock;

/// `tests/cmd_replay` compares the list with the engine.
const LIST: &str = include_str!("../commands/methods.txt");

/// A line of the list: the name, the parameters without a default, the most positional arguments, all parameters.
type Line = (&'static str, String, u8, String);

static METHODS: LazyLock<Vec<Line>> = LazyLock::new(|| LIST.lines().filter_map(line).collect());

/// The method with this name.
#[cfg_attr(not(feature = "validate"), allow(dead_code))]
pub(super) fn method(name: &str) -> Option<Method> {
    let (name, required, most, all) = METHODS.iter().find(|(known, ..)| *known == name)?;
    Some(Method {
        name,
        client: cmd_method(name)?.client,
        required,
        most: *most,
        all,
    })
}

fn line(text: &'static str) -> Option<Line> {
    let (name, signature) = text.strip_suffix(')')?.split_once('(')?;
    let all = parameters(signature);
    let placed: Vec<_> = all
        .iter()
        .take_while(|(name, _)| !name.starts_with('*'))
        .collect();
    let required: Vec<&str> = placed
        .iter()
        .filter(|(_, has_default)| !has_default)
        .map(|(name, _)| *name)
        .collect();
    let any_number = all
        .iter()
        .any(|(name, _)| name.starts_with('*') && name.len() > 1 && !name.starts_with("**"));
    let most = match u8::try_from(placed.len()) {
        Ok(most) if !any_number => most,
        _ => ANY,
    };
    let names: Vec<&str> = all
        .iter()
        .filter_map(|(name, _)| match name.strip_prefix('*') {
            Some(more) => more.starts_with('*').then_some("**"),
            None => Some(*name),
        })
        .collect();
    Some((name, required.join(" "), most, names.join(" ")))
}

/// The names of parameters in a signature, with whether each has a default. Defaults have no comma outside of brackets.
pub(super) fn parameters(signature: &str) -> Vec<(&str, bool)> {
    let mut depth = 0;
    signature
        .split(|c: char| {
            depth += i32::from(matches!(c, '(' | '[' | '{'));
            depth -= i32::from(matches!(c, ')' | ']' | '}'));
            c == ',' && depth == 0
        })
        .map(|one| match one.trim().split_once('=') {
            Some((name, _)) => (name, true),
            None => (one.trim(), false),
        })
        .filter(|(name, _)| !name.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{METHODS, method};

    #[test]
    fn signatures() {
        let publish = method("publish").unwrap();
        assert_eq!(
            publish.required().collect::<Vec<_>>(),
            ["channel", "message"]
        );
        assert_eq!(publish.most(), Some(2));
        assert!(publish.has_parameter("message") && !publish.has_parameter("zzzz"));
        let clients = method("client_list").unwrap();
        assert_eq!((clients.required().count(), clients.most()), (0, Some(2)));
        let fields = method("hexpire").unwrap();
        assert_eq!(fields.required().collect::<Vec<_>>(), ["name", "seconds"]);
        assert_eq!(fields.most(), None);
        assert!(fields.has_parameter("nx") && !fields.has_parameter("fields"));
        assert!(method("execute_command").unwrap().has_parameter("anything"));
        assert!(method("json").is_none() && method("hgett").is_none());
        assert!(METHODS.len() > 200);
        for (name, ..) in METHODS.iter() {
            assert!(method(name).is_some(), "{name}");
        }
    }
}
