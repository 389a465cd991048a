//! Checks that pip accepts a requirement.
//!
//! The check only accepts or refuses a text, before the text is sent to a server. It accepts the dependency
//! specifiers of the packaging standards (name, extras, versions or address, marker) and, like pip, a bare address
//! such as `git+https://example.org/x.git`.

mod cursor;
mod marker;
mod version;

use cursor::Cursor;
use std::error::Error;
use std::fmt;

/// A text that is not a requirement. `Display` has the cause and the text to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementError {
    text: String,
    reason: String,
}

impl fmt::Display for RequirementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a requirement: {}", self.text, self.reason)
    }
}

impl Error for RequirementError {}

/// Checks one requirement.
///
/// # Errors
///
/// When pip does not accept the text.
///
/// ```
/// use redgrease_syntax::check_requirement;
///
/// assert!(check_requirement("requests[socks] >= 2.31, < 3 ; python_version > '3.7'").is_ok());
/// let error = check_requirement("requests=2.0").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`requests=2.0` is not a requirement: `=` does not compare, write `requests==2.0`"
/// );
/// ```
pub fn check_requirement(text: &str) -> Result<(), RequirementError> {
    requirement(text).map_err(|reason| RequirementError {
        text: text.to_owned(),
        reason,
    })
}

/// The result of one part of the check: nothing, or the cause of the refusal.
type Check = Result<(), String>;

fn requirement(text: &str) -> Check {
    if text.contains(|c: char| c.is_control()) {
        return Err("it has a control character, write it on one line".to_owned());
    }
    let mut c = Cursor::new(text);
    c.space();
    match c.rest().chars().next() {
        None => return Err("it is empty, write the name of a package".to_owned()),
        Some('-') => {
            return Err("options of pip are not possible here, write the name of a package".into());
        }
        Some(_) => {}
    }
    if is_address(c.rest()) {
        return address_end(&mut c);
    }
    let name = c.name().ok_or_else(|| {
        "a package name begins with a letter or a digit, for example `requests>=2.31`".to_owned()
    })?;
    c.space();
    extras(&mut c)?;
    c.space();
    if c.eat("@") {
        c.space();
        if c.rest().is_empty() || c.rest().starts_with(';') {
            return Err(format!(
                "`@` needs an address behind it, for example `{name} @ https://example.org/{name}.whl`"
            ));
        }
        return address_end(&mut c);
    }
    versions(&mut c, name)?;
    marker_or_end(&mut c, name)
}

fn is_address(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once("://") else {
        return false;
    };
    let transport = scheme
        .split_once('+')
        .map_or(scheme, |(system, transport)| {
            if matches!(system, "git" | "hg" | "svn" | "bzr") {
                transport
            } else {
                ""
            }
        });
    matches!(
        transport,
        "http" | "https" | "ssh" | "git" | "file" | "ftp" | "svn" | "lp" | "sftp"
    )
}

/// Reads an address, which ends at the first blank, and the marker behind it.
fn address_end(c: &mut Cursor<'_>) -> Check {
    c.take_while(|c| !c.is_whitespace());
    c.space();
    if c.rest().is_empty() {
        return Ok(());
    }
    if c.eat(";") {
        return marker::marker(c);
    }
    Err(format!(
        "`{}` is left over behind the address, remove it",
        c.rest()
    ))
}

fn extras(c: &mut Cursor<'_>) -> Check {
    if !c.eat("[") {
        return Ok(());
    }
    c.space();
    if c.eat("]") {
        return Ok(());
    }
    loop {
        c.space();
        if c.name().is_none() {
            return Err("an extra is missing in `[..]`, for example `requests[socks]`".to_owned());
        }
        c.space();
        if c.eat("]") {
            return Ok(());
        }
        if !c.eat(",") {
            return Err("the extras end with `]`, for example `requests[socks]`".to_owned());
        }
    }
}

fn versions(c: &mut Cursor<'_>, name: &str) -> Check {
    let parenthesis = c.eat("(");
    c.space();
    if version::begins(c.rest()) {
        loop {
            c.space();
            version::clause(c, name)?;
            c.space();
            if !c.eat(",") {
                break;
            }
            c.space();
            if c.rest().is_empty() || c.rest().starts_with([';', ')']) {
                return Err("a version must follow the comma".to_owned());
            }
        }
    } else if parenthesis && !c.rest().starts_with(')') {
        return Err(format!(
            "versions belong in the parentheses, as in `{name} (>=2.0)`"
        ));
    }
    if parenthesis && !c.eat(")") {
        return Err("the closing parenthesis is missing".to_owned());
    }
    Ok(())
}

fn marker_or_end(c: &mut Cursor<'_>, name: &str) -> Check {
    c.space();
    if c.eat(";") {
        return marker::marker(c);
    }
    let rest = c.rest();
    match rest.chars().next() {
        None => Ok(()),
        Some('=') => {
            let version = rest.trim_start_matches('=').trim();
            Err(format!("`=` does not compare, write `{name}=={version}`"))
        }
        Some(digit) if digit.is_ascii_digit() => Err(format!(
            "a version needs a comparison, write `{name}=={rest}`"
        )),
        Some(first) if first.is_alphanumeric() => Err(format!(
            "`{rest}` is left over, write each requirement as a string of its own"
        )),
        Some(_) => Err(format!(
            "`{rest}` is left over, write name, comparison and version, as in `{name}>=2.0`"
        )),
    }
}

#[cfg(test)]
mod tests;
