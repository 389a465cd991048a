//! Finds wrong arguments of the functions that a server provides, and those that fail in this gear.

use super::objects::Object;
use crate::{Form, Intercepts, Problem, Source, nearest};
use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::{Ranged, TextRange};

/// A function of the server or the prelude.
struct Function {
    name: &'static str,
    /// The parameters in order, `a|b` with two names in different servers.
    parameters: &'static [&'static str],
    /// What a call needs at least.
    needs: Option<&'static str>,
    /// The code to write instead of a wrong call.
    written: &'static str,
}

const FUNCTIONS: &[Function] = &[
    without_arguments("atomic", "`with atomic():`"),
    without_arguments("get_command", "`get_command()`"),
    without_arguments("hashtag", "`hashtag()`"),
    without_arguments("hashtag3", "`hashtag3()`"),
    without_arguments("isAsyncAllow", "`isAsyncAllow()`"),
    without_arguments("isInAtomicBlock", "`isInAtomicBlock()`"),
    Function {
        name: "log",
        parameters: &["message|msg", "level"],
        needs: Some("a text"),
        written: "`log(text)` or `log(text, level=\"notice\")`",
    },
    Function {
        name: "override_reply",
        parameters: &["reply"],
        needs: Some("a reply"),
        written: "`override_reply(reply)`",
    },
];

const fn without_arguments(name: &'static str, written: &'static str) -> Function {
    Function {
        name,
        parameters: &[],
        needs: None,
        written,
    }
}

/// The mistake in a call of a function.
pub(super) fn find(function: Object<'_>, call: &ExprCall) -> Option<(Problem, TextRange)> {
    let known = FUNCTIONS.iter().find(|known| known.name == function.is);
    known
        .and_then(|known| wrong_arguments(known, call))
        .or_else(|| {
            let problem = match function.is {
                "call_next" => Problem::ReplacesNoCommand,
                "get_command" | "override_reply" => Problem::AnswersNoCommand {
                    function: function.is,
                },
                _ => return None,
            };
            Some((problem, call.func.range()))
        })
}

fn wrong_arguments(function: &Function, call: &ExprCall) -> Option<(Problem, TextRange)> {
    let given = &call.arguments;
    let written = || format!("write {}", function.written);
    let problem = |what: String, hint: String| Problem::FunctionArguments {
        function: function.name,
        what,
        hint,
    };
    let names = || {
        let all = function.parameters.iter();
        all.flat_map(|names| names.split('|'))
    };
    let mut keywords = given
        .keywords
        .iter()
        .filter_map(|keyword| keyword.arg.as_ref());
    if let Some(unknown) = keywords.find(|keyword| names().all(|name| *keyword != name)) {
        let hint = match nearest(unknown.as_str(), names()) {
            Some(known) => format!("did you mean `{known}`?"),
            None => written(),
        };
        let what = format!("has no argument `{unknown}`");
        return Some((problem(what, hint), unknown.range));
    }
    if given.args.iter().any(Expr::is_starred_expr) {
        return None;
    }
    let (number, most) = (given.args.len(), function.parameters.len());
    let what = if number > most {
        match most {
            0 => "takes no arguments".to_owned(),
            1 => format!("takes 1 argument, not {number}"),
            _ => format!("takes at most {most} arguments, not {number}"),
        }
    } else {
        let first = function.parameters.first()?;
        let has_first = given.keywords.iter().any(|keyword| {
            let name = keyword.arg.as_ref();
            name.is_none_or(|name| first.split('|').any(|one| name == one))
        });
        let needs = function.needs.filter(|_| number == 0 && !has_first)?;
        format!("is called without {needs}")
    };
    Some((problem(what, written()), call.range()))
}

/// Whether a problem is one in this gear.
pub(super) fn is_in(problem: &Problem, source: &Source<'_>) -> bool {
    let is_own = source.form == Form::Body;
    match (problem, source.intercepts) {
        (Problem::ReplacesNoCommand, Intercepts::Nothing | Intercepts::Reply)
        | (Problem::AnswersNoCommand { .. }, Intercepts::Nothing) => is_own,
        (Problem::ReplacesNoCommand | Problem::AnswersNoCommand { .. }, _) => false,
        _ => true,
    }
}

/// Whether a problem is about a function whose name is common, so that other Python of the gear may define it.
pub(super) fn may_be_other(problem: &Problem) -> bool {
    matches!(
        problem,
        Problem::FunctionArguments { .. }
            | Problem::ReplacesNoCommand
            | Problem::AnswersNoCommand { .. }
            | Problem::AtomicNotCalled
    )
}
