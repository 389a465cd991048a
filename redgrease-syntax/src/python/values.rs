//! Finds values in the text that a method of `cmd` cannot send.

use crate::{Method, Problem};
use ruff_python_ast::{Arguments, Expr, UnaryOp};
use ruff_text_size::{Ranged, TextRange};

/// A value whose type is visible in the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Dictionary,
    /// A list or another collection.
    Collection(&'static str),
    None,
    Bool(Option<bool>),
    /// Text, bytes or a number.
    Plain,
}

impl Kind {
    fn of(value: &Expr) -> Option<Kind> {
        Some(match value {
            Expr::Dict(_) | Expr::DictComp(_) => Kind::Dictionary,
            Expr::List(_) | Expr::ListComp(_) => Kind::Collection("a list"),
            Expr::Tuple(_) => Kind::Collection("a tuple"),
            Expr::Set(_) | Expr::SetComp(_) => Kind::Collection("a set"),
            Expr::Generator(_) => Kind::Collection("a generator"),
            Expr::NoneLiteral(_) => Kind::None,
            Expr::BooleanLiteral(literal) => Kind::Bool(Some(literal.value)),
            Expr::UnaryOp(operation) if operation.op == UnaryOp::Not => Kind::Bool(None),
            Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::FString(_) => Kind::Plain,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Dictionary => "a dictionary",
            Kind::Collection(name) => name,
            Kind::None => "`None`",
            Kind::Bool(_) => "a `bool`",
            Kind::Plain => "text or a number",
        }
    }

    /// The code to write for a value that has to be text, bytes or a number.
    fn instead(self, is_one_of_several: bool) -> &'static str {
        match self {
            Kind::Collection(_) if is_one_of_several => {
                "write `*` in front of it for the values in it, or `json.dumps(..)` for one text"
            }
            Kind::Collection("a tuple" | "a list") | Kind::Dictionary => "write `json.dumps(..)`",
            Kind::Collection(_) => "write `json.dumps(list(..))`",
            Kind::Bool(Some(true)) => "write `1`",
            Kind::Bool(Some(false)) => "write `0`",
            Kind::Bool(None) => "write `int(..)`",
            Kind::None | Kind::Plain => "write text, bytes or a number, such as `\"\"` or `0`",
        }
    }
}

/// The mistake in the values of a call.
pub(super) fn find(
    method: Method,
    given: &Arguments,
    written: impl Fn() -> String,
) -> Option<(Problem, TextRange)> {
    let starred = given.args.iter().position(Expr::is_starred_expr);
    let placed = &given.args[..starred.unwrap_or(given.args.len())];
    let problem = |what: String, hint: String, range: TextRange| {
        let method = method.name.to_owned();
        Some((Problem::MethodArguments { method, what, hint }, range))
    };
    if let Some((range, is_dictionary)) = without_value(method, given) {
        return if is_dictionary {
            let name = "takes a dictionary as `mapping`";
            let hint = format!("write `cmd.{}(name, mapping=..)`", method.name);
            problem(name.to_owned(), hint, range)
        } else {
            problem("is called without `value`".to_owned(), written(), range)
        };
    }
    let mut parameters: Vec<&str> = method.parameters().collect();
    if parameters.is_empty() {
        // The versions of redis-py have different options.
        parameters.extend(method.required());
    }
    let named = given.keywords.iter().filter_map(|keyword| {
        let name = keyword.arg.as_ref()?;
        let place = parameters
            .iter()
            .position(|known| *known == name.as_str())?;
        Some((place, &keyword.value))
    });
    for (place, value) in placed.iter().enumerate().chain(named) {
        let Some(kind) = Kind::of(value) else {
            continue;
        };
        if method.takes_dictionary(place) {
            let is_default = kind == Kind::None && place >= method.required().count();
            if kind != Kind::Dictionary && !is_default {
                let name = parameters.get(place).unwrap_or(&"");
                let what = format!("takes a dictionary as `{name}`, not {}", kind.name());
                return problem(what, written(), value.range());
            }
            continue;
        }
        let is_value_of_hash = method.name == "hset" && (place == 1 || place == 2);
        let is_plain =
            method.takes_plain(place) || (is_value_of_hash && has_field(given, kind, place));
        if !is_plain || kind == Kind::Plain {
            continue;
        }
        let parameter = parameters.get(place).filter(|_| !method.repeats(place));
        let as_parameter = parameter.map_or(String::new(), |name| format!(" as `{name}`"));
        let what = format!("cannot send {}{as_parameter}", kind.name());
        let hint = kind.instead(method.repeats(place)).to_owned();
        return problem(what, hint, value.range());
    }
    if let Some((what, range)) = places(method, given, placed) {
        return problem(what, written(), range);
    }
    // `zadd(name, member, score)`, as the command has it, but in Python the third parameter is a flag.
    if let ("zadd", [_, member, Expr::NumberLiteral(_), ..]) = (method.name, placed)
        && !matches!(member, Expr::Dict(_))
    {
        let what = "takes a dictionary of members and scores".to_owned();
        return problem(what, written(), member.range());
    }
    None
}

/// The mistake in the values of `geoadd`: a longitude, a latitude and a name for each place, in one list.
fn places(method: Method, given: &Arguments, placed: &[Expr]) -> Option<(String, TextRange)> {
    if method.name != "geoadd" {
        return None;
    }
    let values = match placed {
        [_, values, ..] => values,
        _ if given.args.iter().any(Expr::is_starred_expr) => return None,
        _ => &given.find_keyword("values")?.value,
    };
    let elements = match values {
        Expr::List(list) => &list.elts,
        Expr::Tuple(tuple) => &tuple.elts,
        // Older versions of redis-py take the values one by one.
        _ if Kind::of(values) == Some(Kind::Plain) => {
            let is_one_by_one = method.most().is_none()
                && (given.len() != placed.len() || (placed.len() - 1).is_multiple_of(3));
            let what = "takes a list of values".to_owned();
            return (!is_one_by_one).then(|| (what, values.range()));
        }
        _ => return None,
    };
    let is_unclear = elements.iter().any(Expr::is_starred_expr);
    let is_right = !elements.is_empty() && elements.len().is_multiple_of(3);
    (!is_unclear && !is_right).then(|| {
        let what = "takes a longitude, a latitude and a name for each place";
        (what.to_owned(), values.range())
    })
}

/// The place of a field without a value, as in `cmd.hset(name, field)`, and whether the field is a dictionary.
fn without_value(method: Method, given: &Arguments) -> Option<(TextRange, bool)> {
    let is_of_fields = matches!(method.name, "hset" | "hsetex");
    let is_unclear = given.args.iter().any(Expr::is_starred_expr)
        || given.keywords.iter().any(|keyword| keyword.arg.is_none());
    let has_values = ["value", "mapping", "items"]
        .iter()
        .any(|name| given.find_keyword(name).is_some());
    match &*given.args {
        [_, field] if is_of_fields && !is_unclear && !has_values => {
            Some((field.range(), Kind::of(field) == Some(Kind::Dictionary)))
        }
        _ => None,
    }
}

/// Whether `hset` sends this value: a field that is `None` stands for no field, and its value is not sent then.
fn has_field(given: &Arguments, kind: Kind, place: usize) -> bool {
    let field = given.find_argument_value("key", 1);
    match (kind, place) {
        (Kind::None, 1) => false,
        (Kind::None, _) => field.is_some_and(|field| Kind::of(field) == Some(Kind::Plain)),
        _ => true,
    }
}
