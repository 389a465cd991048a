//! The grammar of requirements, as pip accepts them.
//!
//! It consists of the dependency specifiers of the packaging standards (name, extras, versions or address, marker)
//! and, as in pip, bare addresses such as `git+https://example.org/x.git`. The macros check with it; the client reads
//! with it.

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

impl RequirementError {
    /// The cause and the text to write instead, without the text itself.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
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
    parse_requirement(text).map(drop)
}

/// A requirement in its parts, as they are written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Requirement<'a> {
    /// Name of the package; `None` for a bare address.
    pub name: Option<&'a str>,
    /// Names of optional parts of the package.
    pub extras: Vec<&'a str>,
    /// Comparisons, each with its version.
    pub versions: Vec<(&'static str, &'a str)>,
    /// Address of the package, if it is not found by its name.
    pub address: Option<&'a str>,
    /// The condition behind the semicolon.
    pub marker: Option<&'a str>,
}

/// Reads one requirement.
///
/// # Errors
///
/// When pip does not accept the text.
///
/// ```
/// use redgrease_syntax::parse_requirement;
///
/// let parts = parse_requirement("requests[socks] >= 2.31, < 3 ; python_version > '3.7'")?;
/// assert_eq!(parts.name, Some("requests"));
/// assert_eq!(parts.extras, ["socks"]);
/// assert_eq!(parts.versions, [(">=", "2.31"), ("<", "3")]);
/// assert_eq!(parts.marker, Some("python_version > '3.7'"));
/// # Ok::<(), redgrease_syntax::RequirementError>(())
/// ```
pub fn parse_requirement(text: &str) -> Result<Requirement<'_>, RequirementError> {
    requirement(text).map_err(|reason| RequirementError {
        text: text.to_owned(),
        reason,
    })
}

/// The result of reading one part: the part, or the cause of the refusal.
type Read<T> = Result<T, String>;

fn requirement(text: &str) -> Read<Requirement<'_>> {
    if text.contains(|c: char| c.is_control() && c != '\t') {
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
    let mut read = Requirement::default();
    if is_address(c.rest()) {
        return address(&mut c, read);
    }
    let name = c.name().ok_or_else(|| {
        "a package name begins with a letter or a digit, for example `requests>=2.31`".to_owned()
    })?;
    read.name = Some(name);
    c.space();
    read.extras = extras(&mut c)?;
    c.space();
    if c.eat("@") {
        c.space();
        if c.rest().is_empty() || c.rest().starts_with(';') {
            return Err(format!(
                "`@` needs an address behind it, for example `{name} @ https://example.org/{name}.whl`"
            ));
        }
        return address(&mut c, read);
    }
    read.versions = versions(&mut c, name)?;
    read.marker = marker_or_end(&mut c, name)?;
    Ok(read)
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
fn address<'a>(c: &mut Cursor<'a>, mut read: Requirement<'a>) -> Read<Requirement<'a>> {
    read.address = Some(c.take_while(|c| !c.is_whitespace()));
    c.space();
    if c.rest().is_empty() {
        return Ok(read);
    }
    if c.eat(";") {
        read.marker = Some(marker::marker(c)?);
        return Ok(read);
    }
    Err(format!(
        "`{}` is left over behind the address, remove it",
        c.rest()
    ))
}

fn extras<'a>(c: &mut Cursor<'a>) -> Read<Vec<&'a str>> {
    let mut extras = Vec::new();
    if !c.eat("[") {
        return Ok(extras);
    }
    c.space();
    if c.eat("]") {
        return Ok(extras);
    }
    loop {
        c.space();
        let extra = c.name();
        extras.push(extra.ok_or("an extra is missing in `[..]`, for example `requests[socks]`")?);
        c.space();
        if c.eat("]") {
            return Ok(extras);
        }
        if !c.eat(",") {
            return Err("the extras end with `]`, for example `requests[socks]`".to_owned());
        }
    }
}

fn versions<'a>(c: &mut Cursor<'a>, name: &str) -> Read<Vec<(&'static str, &'a str)>> {
    let mut versions = Vec::new();
    let parenthesis = c.eat("(");
    c.space();
    if version::begins(c.rest()) {
        loop {
            c.space();
            versions.push(version::clause(c, name)?);
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
    Ok(versions)
}

fn marker_or_end<'a>(c: &mut Cursor<'a>, name: &str) -> Read<Option<&'a str>> {
    c.space();
    if c.eat(";") {
        return marker::marker(c).map(Some);
    }
    let rest = c.rest();
    match rest.chars().next() {
        None => Ok(None),
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
