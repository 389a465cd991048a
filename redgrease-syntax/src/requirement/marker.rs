//! Checks environment markers: `python_version >= "3.8" and sys_platform == "linux"`.

use super::{Check, cursor::Cursor};

const VARIABLES: &[&str] = &[
    "python_version",
    "python_full_version",
    "os_name",
    "os.name",
    "sys_platform",
    "sys.platform",
    "platform_release",
    "platform_system",
    "platform_version",
    "platform.version",
    "platform_machine",
    "platform.machine",
    "platform_python_implementation",
    "platform.python_implementation",
    "python_implementation",
    "implementation_name",
    "implementation_version",
    "extra",
    "extras",
    "dependency_groups",
];

/// The deepest nesting that is accepted. The limit keeps a text from exhausting the stack.
const DEEPEST: usize = 50;

/// Reads a marker up to the end of the text.
pub(super) fn marker(c: &mut Cursor<'_>) -> Check {
    alternatives(c, 0)?;
    match c.rest() {
        "" => Ok(()),
        rest => Err(format!(
            "`{rest}` is left over behind the marker, remove it"
        )),
    }
}

/// Reads comparisons joined by `and` and `or`. Their precedence does not matter for the check.
fn alternatives(c: &mut Cursor<'_>, depth: usize) -> Check {
    if depth > DEEPEST {
        return Err("its marker is nested too deeply".to_owned());
    }
    loop {
        c.space();
        if c.eat("(") {
            alternatives(c, depth + 1)?;
            if !c.eat(")") {
                return Err("a closing parenthesis is missing in its marker".to_owned());
            }
        } else {
            comparison(c)?;
        }
        c.space();
        if !(word(c, "and") || word(c, "or")) {
            return Ok(());
        }
    }
}

fn comparison(c: &mut Cursor<'_>) -> Check {
    let left = operand(c)?;
    c.space();
    let symbols = ["===", "==", "~=", "!=", "<=", ">=", "<", ">"];
    let found = symbols.iter().any(|symbol| c.eat(symbol)) || word(c, "in") || not_in(c);
    if !found {
        return Err("its marker lacks a comparison, as in `python_version >= \"3.8\"`".to_owned());
    }
    c.space();
    let right = operand(c)?;
    if left == Operand::Text && right == Operand::Text {
        return Err(
            "its marker compares two texts, name a variable such as `python_version`".into(),
        );
    }
    Ok(())
}

fn not_in(c: &mut Cursor<'_>) -> bool {
    if !word(c, "not") {
        return false;
    }
    c.space();
    word(c, "in")
}

#[derive(PartialEq)]
enum Operand {
    Variable,
    Text,
}

fn operand(c: &mut Cursor<'_>) -> Result<Operand, String> {
    for quote in ["\"", "'"] {
        if c.eat(quote) {
            c.take_while(|c| !quote.starts_with(c));
            return if c.eat(quote) {
                Ok(Operand::Text)
            } else {
                Err(format!("the closing {quote} is missing in its marker"))
            };
        }
    }
    let name = c.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    if VARIABLES.contains(&name) {
        return Ok(Operand::Variable);
    }
    match crate::nearest(name, VARIABLES.iter().copied()) {
        Some(known) => Err(format!(
            "its marker has no `{name}`, did you mean `{known}`?"
        )),
        None if name.is_empty() => {
            Err("a marker follows the `;`, as in `; python_version >= \"3.8\"`".to_owned())
        }
        None => Err(format!(
            "`{name}` is neither a marker variable such as `python_version` nor a quoted text"
        )),
    }
}

/// Reads a whole word.
fn word(c: &mut Cursor<'_>, word: &str) -> bool {
    let follows = c.rest().strip_prefix(word);
    match follows {
        Some(rest) if !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') => {
            c.eat(word)
        }
        _ => false,
    }
}
