//! Checks comparisons with a version: `>= 2.0`, `== 1.*`, `~= 3.1`.

use super::{Check, cursor::Cursor};

/// The comparisons. Longer ones come first, so that `===` is not read as `==`.
const COMPARISONS: &[&str] = &["===", "~=", "==", "!=", "<=", ">=", "<", ">"];

/// Whether the text begins with a comparison.
pub(super) fn begins(text: &str) -> bool {
    COMPARISONS
        .iter()
        .any(|comparison| text.starts_with(comparison))
}

/// Reads one comparison and its version.
pub(super) fn clause(c: &mut Cursor<'_>, name: &str) -> Check {
    let Some(comparison) = COMPARISONS.iter().find(|comparison| c.eat(comparison)) else {
        let part = c.rest();
        return Err(format!(
            "`{part}` does not begin with a comparison, write as in `>=2.0`"
        ));
    };
    c.space();
    let version = c.take_while(|c| !c.is_whitespace() && !matches!(c, ',' | ';' | ')'));
    if version.is_empty() {
        return Err(format!(
            "a version must follow `{comparison}`, as in `{name}{comparison}2.0`"
        ));
    }
    if *comparison == "===" {
        return Ok(());
    }
    let equality = matches!(*comparison, "==" | "!=");
    let (numbers, star) = match version.strip_suffix(".*") {
        Some(numbers) => (numbers, true),
        None => (version, false),
    };
    if star && !equality {
        return Err(format!(
            "`.*` goes with `==` and `!=` only, not with `{comparison}`"
        ));
    }
    let Some(parsed) = Version::parse(numbers) else {
        return Err(format!(
            "`{version}` is not a version, write numbers as in `2.31.0`"
        ));
    };
    if star && !parsed.plain {
        return Err(format!(
            "`{version}` is not a version, `.*` follows numbers only"
        ));
    }
    if parsed.local && !equality {
        return Err(format!(
            "a `+local` part goes with `==` and `!=` only, not `{comparison}`"
        ));
    }
    if *comparison == "~=" && parsed.numbers < 2 {
        return Err(format!(
            "`~=` needs at least two numbers, as in `{name}~={version}.0`"
        ));
    }
    Ok(())
}

/// The facts about a version that decide which comparisons can be in front of it.
struct Version {
    numbers: usize,
    /// Whether the version consists only of numbers.
    plain: bool,
    local: bool,
}

impl Version {
    /// Parses `[v][epoch!]numbers[pre][post][dev][+local]`, with all spellings that the standard allows.
    fn parse(text: &str) -> Option<Version> {
        let lower = text.to_ascii_lowercase();
        let mut c = Cursor::new(&lower);
        c.eat("v");
        number(&mut c)?;
        if c.eat("!") {
            number(&mut c)?;
        }
        let mut numbers = 1;
        while let Some(rest) = c.rest().strip_prefix('.')
            && rest.starts_with(|c: char| c.is_ascii_digit())
        {
            c.eat(".");
            number(&mut c)?;
            numbers += 1;
        }
        let plain = c.rest().is_empty();
        suffix(
            &mut c,
            &["alpha", "a", "beta", "b", "preview", "pre", "c", "rc"],
        );
        if c.rest()
            .strip_prefix('-')
            .is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()))
        {
            c.eat("-");
            number(&mut c)?;
        } else {
            suffix(&mut c, &["post", "rev", "r"]);
        }
        suffix(&mut c, &["dev"]);
        let local = c.eat("+");
        if local {
            loop {
                if c.take_while(|c| c.is_ascii_alphanumeric()).is_empty() {
                    return None;
                }
                if !(c.eat(".") || c.eat("-") || c.eat("_")) {
                    break;
                }
            }
        }
        c.rest().is_empty().then_some(Version {
            numbers,
            plain,
            local,
        })
    }
}

fn number<'a>(c: &mut Cursor<'a>) -> Option<&'a str> {
    Some(c.take_while(|c| c.is_ascii_digit())).filter(|digits| !digits.is_empty())
}

/// Reads `[-_.]word[-_.][number]` for one of the words.
fn suffix(c: &mut Cursor<'_>, words: &[&str]) -> bool {
    let rest = c.rest();
    let bare = rest.strip_prefix(['.', '-', '_']).unwrap_or(rest);
    let Some(after) = words.iter().find_map(|word| bare.strip_prefix(word)) else {
        return false;
    };
    let separated = after.strip_prefix(['.', '-', '_']).unwrap_or(after);
    let end = if separated.starts_with(|c: char| c.is_ascii_digit()) {
        separated.trim_start_matches(|c: char| c.is_ascii_digit())
    } else {
        after
    };
    *c = Cursor::new(end);
    true
}
