//! Finds the problem and the place of a syntax error.

use super::{Glued, callback, has_code, whole, wording};
use crate::{Finding, Form, Problem, Source};
use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_python_parser::ParseError;
use ruff_text_size::Ranged;
use std::ops::Range;

/// The finding for the first error of the parser.
pub(super) fn finding(glued: &Glued<'_>, error: &ParseError, tokens: &Tokens) -> Finding {
    let source = glued.source;
    if let Some(problem) = body_problem(source).or_else(|| callback::problem(source)) {
        let range = match problem {
            Problem::NotIndented => first_line(source.text),
            _ => whole(source),
        };
        return Finding::new(problem, range);
    }
    let end = glued.header + source.text.len();
    if usize::from(error.location.start()) >= end
        && let Some((bracket, range)) = unclosed_bracket(tokens, glued.header..end)
    {
        let problem = Problem::Syntax {
            text: format!("this `{bracket}` is not closed"),
            hint: Some(format!("write `{}`", closing(bracket))),
        };
        return glued.finding(problem, range);
    }
    let problem = wording::syntax(error, &glued.text, glued.header, end);
    glued.finding(problem, place_of(glued, error, tokens, end))
}

/// The last bracket in the text of the gear that has no partner.
fn unclosed_bracket(tokens: &Tokens, own: Range<usize>) -> Option<(char, Range<usize>)> {
    let mut open = Vec::new();
    for token in tokens {
        let range: Range<usize> = token.range().into();
        if range.start < own.start || range.end > own.end {
            continue;
        }
        match token.kind() {
            TokenKind::Lpar => open.push(('(', range)),
            TokenKind::Lsqb => open.push(('[', range)),
            TokenKind::Lbrace => open.push(('{', range)),
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => {
                open.pop();
            }
            _ => {}
        }
    }
    open.pop()
}

fn closing(bracket: char) -> char {
    match bracket {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}

/// The place of a syntax error. For an error at the end of a line it is the end of the last token, in front of blanks
/// and comments.
fn place_of(glued: &Glued<'_>, error: &ParseError, tokens: &Tokens, end: usize) -> Range<usize> {
    let place: Range<usize> = error.location.into();
    let at_line_end = place.start >= end
        || glued
            .text
            .get(place.start..)
            .is_none_or(|rest| rest.is_empty() || rest.starts_with(['\r', '\n']));
    if !at_line_end {
        return place;
    }
    let before = tokens
        .iter()
        .take_while(|token| usize::from(token.start()) < place.start.min(end))
        .filter(|token| !token.kind().is_trivia() && !token.kind().is_any_newline())
        .filter(|token| !token.range().is_empty())
        .last();
    before.map_or(place, |token| {
        let end = usize::from(token.end());
        end..end
    })
}

/// The problem of a body that is missing or not indented. The parser reports it as a missing block.
fn body_problem(source: &Source<'_>) -> Option<Problem> {
    match source.form {
        Form::Body => {}
        Form::Shared | Form::Callback if has_code(source.text) => return None,
        Form::Shared | Form::Callback => return Some(Problem::Empty),
        Form::Module | Form::Script => return None,
    }
    let mut lines = source.text.lines();
    // Code behind the opening brace is on the line of the header, where its indentation does not matter.
    let opening = lines.next().unwrap_or("").trim_start();
    if !opening.is_empty() && !opening.starts_with('#') {
        return None;
    }
    let first = lines.find(|line| {
        let code = line.trim_start();
        !code.is_empty() && !code.starts_with('#')
    });
    match first {
        None => Some(Problem::Empty),
        Some(line) if !line.starts_with([' ', '\t']) => Some(Problem::NotIndented),
        Some(_) => None,
    }
}

/// The range of the first line of code.
fn first_line(text: &str) -> Range<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let code = line.trim();
        if !code.is_empty() && !code.starts_with('#') {
            let start = at + (line.len() - line.trim_start().len());
            return start..start + code.len();
        }
        at += line.len();
    }
    0..0
}
