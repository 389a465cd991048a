//! Finds mistakes in the methods of `cmd` and in their arguments.

use super::waiting::always_blocks;
use super::{attributes, values};
use crate::commands::refused;
use crate::methods::{method_of, method_of_letters, methods_of_types, nearest_method};
use crate::{Client, Method, Problem, cmd_method, is_subcommand, known_command, nearest};
use ruff_python_ast::{Arguments, Expr, ExprAttribute, ExprCall};
use ruff_text_size::{Ranged, TextRange};
use std::collections::HashSet;

/// Methods of a redis-py client that are not for gears: the reason, and what to write instead.
const NOT_FOR_GEARS: &[(&str, &str, &str)] = &[
    (
        "client",
        "needs a connection, and a gear has none",
        "call the methods of `cmd`",
    ),
    (
        "lock",
        "waits, which a command inside a gear cannot do",
        "write `with atomic():`, inside of which nothing else runs on the server",
    ),
    (
        "pipeline",
        "needs a connection, and a gear has none",
        "call one command after the other, inside `with atomic():` if nothing may come between",
    ),
    (
        "pubsub",
        "waits for messages, which a gear cannot receive",
        "let a client receive them, or use `#[gear_stream]`",
    ),
    (
        "transaction",
        "needs a connection, and a gear has none",
        "call one command after the other inside `with atomic():`",
    ),
];

/// The mistake in the name of a method.
pub(super) fn of_name(name: &str, client: Client) -> Option<Problem> {
    if name.starts_with('_') || always_blocks(name) {
        return None;
    }
    if let Some(of_attribute) = attributes::of_name(name, client) {
        return of_attribute.err();
    }
    let not_for_gears = NOT_FOR_GEARS
        .iter()
        .find(|(known, ..)| *known == name)
        .map(|(_, why, instead)| (*why, *instead));
    let (command, subcommand) = match name.strip_prefix("client_") {
        Some(subcommand) => ("client", Some(subcommand.replace('_', "-"))),
        None => (name, None),
    };
    if let Some((why, instead)) = not_for_gears.or_else(|| refused(command, subcommand.as_deref()))
    {
        return Some(Problem::RefusedMethod {
            method: name.to_owned(),
            why,
            instead,
        });
    }
    match cmd_method(name) {
        Some(method) if client != Client::Own || method.client != Client::RedisPy => None,
        Some(_) => Some(Problem::MethodOfRedisPy {
            method: name.to_owned(),
        }),
        None => Some(Problem::UnknownMethod {
            method: name.to_owned(),
            hint: instead_of(name, client),
        }),
    }
}

/// The hint for a method that `cmd` does not have.
fn instead_of(name: &str, client: Client) -> String {
    if let Some(same) = method_of_letters(client, name) {
        return format!("did you mean `{same}`?");
    }
    if let Some(command) = command_of(name) {
        return format!("write `cmd.execute_command(\"{command}\", ..)`");
    }
    let of_types = methods_of_types(client, name);
    let similar = match of_types[..] {
        [] => nearest_method(client, &name.to_ascii_lowercase())
            .or_else(|| attributes::similar(name, client))
            .into_iter()
            .collect(),
        _ => of_types,
    };
    match similar[..] {
        [] => "write `cmd.execute_command(\"..\")` for a command without a method".to_owned(),
        [one] => format!("did you mean `{one}`?"),
        [ref others @ .., last] => {
            format!("did you mean `{}` or `{last}`?", others.join("`, `"))
        }
    }
}

/// The words of the command that a method stands for: `OBJECT ENCODING` for `object_encoding`.
fn command_of(name: &str) -> Option<String> {
    if known_command(name).is_some() {
        return Some(name.to_ascii_uppercase());
    }
    let (first, second) = name.split_once('_')?;
    let second = second.replace('_', "-");
    let exists = is_subcommand(first, &second) == Some(true);
    exists.then(|| format!("{first} {second}").to_ascii_uppercase())
}

/// The mistake in the arguments of a call.
pub(super) fn of_call(
    attribute: &ExprAttribute,
    call: &ExprCall,
    client: Client,
) -> Option<(Problem, TextRange)> {
    let name = attribute.attr.as_str();
    let given = &call.arguments;
    // A method with a mistake in its name, and a keyword that Python refuses: one mistake has one message.
    if of_name(name, client).is_some() || has_keyword_twice(given) {
        return None;
    }
    let method = method_of(client, name)?;
    let starred = given.args.iter().any(Expr::is_starred_expr);
    let doubly_starred = given.keywords.iter().any(|keyword| keyword.arg.is_none());
    for keyword in &given.keywords {
        let Some(name) = &keyword.arg else { continue };
        if !method.has_parameter(name.as_str()) {
            let hint = match nearest(name.as_str(), method.parameters()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => others(method, given),
            };
            let problem = Problem::MethodArguments {
                method: method.name.to_owned(),
                what: format!("has no argument `{name}`"),
                hint,
            };
            return Some((problem, name.range()));
        }
    }
    let positional = given.args.len();
    let problem = |what: String| {
        let problem = Problem::MethodArguments {
            method: method.name.to_owned(),
            what,
            hint: written(method),
        };
        Some((problem, attribute.attr.range()))
    };
    if let Some(most) = method.most()
        && !starred
        && positional > most
    {
        return problem(match most {
            0 => "takes no arguments".to_owned(),
            1 if method.required().count() == 1 => format!("takes 1 argument, not {positional}"),
            1 => format!("takes at most 1 argument, not {positional}"),
            _ => format!("takes at most {most} arguments, not {positional}"),
        });
    }
    let values = || values::find(method, given, || written(method));
    if starred || doubly_starred {
        return values();
    }
    let named = |names: &str| {
        given.keywords.iter().any(|keyword| {
            keyword
                .arg
                .as_ref()
                .is_some_and(|name| names.split('|').any(|one| name == one))
        })
    };
    if let Some(missing) = method
        .required()
        .skip(positional)
        .find(|names| !named(names))
    {
        let missing = missing.split('|').next().unwrap_or_default();
        return problem(format!("is called without `{missing}`"));
    }
    if positional + given.keywords.len() < method.fewest() {
        return problem("is called without a value".to_owned());
    }
    values()
}

fn has_keyword_twice(given: &Arguments) -> bool {
    let mut names = given
        .keywords
        .iter()
        .filter_map(|keyword| keyword.arg.as_ref());
    let mut seen = HashSet::new();
    names.any(|name| !seen.insert(name.as_str()))
}

/// The parameters that a call does not have yet, for one with an unknown name.
fn others(method: Method, given: &Arguments) -> String {
    let left: Vec<&str> = method
        .parameters()
        .skip(given.args.len())
        .filter(|name| given.find_keyword(name).is_none())
        .collect();
    match left[..] {
        [] => written(method),
        [one] => format!("write `{one}`"),
        [ref first @ .., last] => format!("write `{}` or `{last}`", first.join("`, `")),
    }
}

/// The call as it is written.
fn written(method: Method) -> String {
    if let Some(example) = method.example() {
        return format!("write {example}");
    }
    let required: Vec<&str> = method
        .required()
        .filter_map(|names| names.split('|').next())
        .collect();
    let has_more =
        method.most() != Some(required.len()) || method.parameters().count() > required.len();
    let mut arguments = required.join(", ");
    if has_more {
        arguments.push_str(if arguments.is_empty() { ".." } else { ", .." });
    }
    format!("write `cmd.{}({arguments})`", method.name)
}
