//! A prefix for everything this process registers and calls, so that two stages share a server.

use super::spec::Gear;
use crate::error::{Error, Result};
use std::borrow::Cow;
use std::sync::OnceLock;

/// Calls are made without options, so the namespace belongs to the process, not to a connection.
static NAMESPACE: OnceLock<Option<String>> = OnceLock::new();

/// Sets the namespace of this process, once.
pub(crate) fn set(namespace: Option<&str>) -> Result<()> {
    if let Some(name) = namespace
        && (name.is_empty()
            || !name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)))
    {
        return Err(Error::config(format!(
            "the namespace {name:?} cannot be used: it may contain ASCII letters, digits, `-` and `_`"
        )));
    }
    let current = NAMESPACE.get_or_init(|| namespace.map(str::to_owned));
    if current.as_deref() == namespace {
        return Ok(());
    }
    let shown = |name: Option<&str>| name.map_or("none".to_owned(), |name| format!("`{name}`"));
    Err(Error::config(format!(
        "this process already uses the namespace {}, it cannot use {} as well: \
         choose one before the first `start` or `register_all`, and use it everywhere",
        shown(current.as_deref()),
        shown(namespace)
    )))
}

fn current() -> Option<&'static str> {
    NAMESPACE.get()?.as_deref()
}

/// The trigger of a gear as the server knows it; `None` if it is not a command.
pub(crate) fn trigger_name(gear: &Gear) -> Option<Cow<'_, str>> {
    Some(prefixed_trigger(current(), gear.trigger()?))
}

pub(super) fn prefixed_trigger<'a>(namespace: Option<&str>, trigger: &'a str) -> Cow<'a, str> {
    match namespace {
        Some(namespace) => Cow::Owned(format!("{namespace}:{trigger}")),
        None => Cow::Borrowed(trigger),
    }
}

pub(super) fn prefixed_session(namespace: Option<&str>, session: &str) -> String {
    match namespace {
        Some(namespace) => format!("{namespace}--{session}"),
        None => session.to_owned(),
    }
}

/// The namespace of this process.
pub(super) fn get() -> Option<&'static str> {
    current()
}
