//! Finds commands that block, which is not possible inside a gear.

use super::calls::Found;
use super::objects::Objects;
use crate::Problem;
use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::Ranged;

/// Commands that block, with the command that does the same and does not block.
const COMMANDS: &[(&str, Option<&str>)] = &[
    ("blpop", Some("lpop")),
    ("brpop", Some("rpop")),
    ("brpoplpush", Some("rpoplpush")),
    ("blmove", Some("lmove")),
    ("blmpop", Some("lmpop")),
    ("bzpopmin", Some("zpopmin")),
    ("bzpopmax", Some("zpopmax")),
    ("bzmpop", Some("zmpop")),
    ("wait", None),
    ("waitaof", None),
    ("monitor", None),
    ("subscribe", None),
    ("psubscribe", None),
    ("ssubscribe", None),
];

/// Commands that block with the argument `block`.
const WITH_BLOCK: &[&str] = &["xread", "xreadgroup"];

/// The problem of a call of a command that blocks.
pub(super) fn find<'a>(call: &'a ExprCall, objects: &Objects<'a>) -> Option<Found<'a>> {
    let called = objects
        .of(&call.func)
        .filter(|object| object.is == "execute");
    let (object, lower) = match (&*call.func, called) {
        (_, Some(function)) => (function, first_word(call)?.to_ascii_lowercase()),
        (Expr::Attribute(attribute), None) => {
            let object = objects.cmd(&attribute.value)?;
            match attribute.attr.as_str() {
                "execute_command" => {
                    let word = first_word(call).map(str::to_ascii_lowercase);
                    let word = word.or_else(|| word_in_bytes(call))?;
                    (object, word.to_ascii_lowercase())
                }
                method => (object, method.to_ascii_lowercase()),
            }
        }
        _ => return None,
    };
    let spelled = |command: &str| {
        if object.is == "execute" {
            format!("execute(\"{}\", ..)", command.to_ascii_uppercase())
        } else {
            format!("cmd.{command}")
        }
    };
    let (command, instead) = if WITH_BLOCK.contains(&lower.as_str()) && blocks(call) {
        (
            format!("`{}` with `block`", spelled(&lower)),
            Some("it without `block`".to_owned()),
        )
    } else {
        let (_, instead) = COMMANDS.iter().find(|(known, _)| *known == lower)?;
        (
            format!("`{}`", spelled(&lower)),
            instead.map(|command| format!("`{}`", spelled(command))),
        )
    };
    let problem = Problem::BlockingCommand { command, instead };
    Some((object.name, problem, call.func.range()))
}

/// Whether a command always blocks.
pub(super) fn always_blocks(command: &str) -> bool {
    COMMANDS.iter().any(|(known, _)| *known == command)
}

/// The first argument, if it is a string literal.
pub(super) fn first_word(call: &ExprCall) -> Option<&str> {
    match call.arguments.args.first()? {
        Expr::StringLiteral(text) => Some(text.value.to_str()),
        _ => None,
    }
}

/// The first argument, if it is a literal of bytes that are a text.
pub(super) fn word_in_bytes(call: &ExprCall) -> Option<String> {
    match call.arguments.args.first()? {
        Expr::BytesLiteral(bytes) => String::from_utf8(bytes.value.bytes().collect()).ok(),
        _ => None,
    }
}

/// Whether the call has an argument `block` that is not `None`, or the word `BLOCK`.
fn blocks(call: &ExprCall) -> bool {
    let keyword = call.arguments.keywords.iter().any(|keyword| {
        keyword.arg.as_ref().is_some_and(|name| name == "block")
            && !keyword.value.is_none_literal_expr()
    });
    keyword
        || call.arguments.args.iter().any(|argument| {
            matches!(argument, Expr::StringLiteral(text) if text.value.to_str().eq_ignore_ascii_case("block"))
        })
}
