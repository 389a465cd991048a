//! The limit of gears that run inside of each other.
//!
//! A trigger or hook runs inside of the gear whose command calls it. A handler of a key event or of messages runs inside of the
//! gear whose command caused the event: it counts, but is never refused, because its event has happened.

use super::{Event, Registration, registry};
use crate::config;
use crate::execution::executions;
use crate::id::Id;
use crate::redis::{Context, TOO_DEEP};
use crate::scope::{call_chain, call_depth};

/// The error for a call of `registration`, if too many gears run on this thread already. On the path of every sync call.
#[inline]
pub(super) fn check(context: &Context, registration: &Registration) -> Result<(), String> {
    let limit = config::get().max_call_depth();
    if call_depth() < limit {
        return Ok(());
    }
    let mut chain = call_chain();
    chain.push(registration.id);
    let name = |id: &Id| name(context, *id);
    let names = chain.iter().map(name).collect::<Vec<_>>();
    Err(format!(
        "{TOO_DEEP}more than MaxCallDepth, {limit}, deep: {}: end the recursion, or raise MaxCallDepth",
        shown(&names)
    ))
}

/// The longest part of a name that is shown, in letters.
const LONGEST: usize = 40;

/// The name of a gear that runs.
fn name(context: &Context, id: Id) -> String {
    let lossy = |bytes: &[u8]| -> String {
        let text = String::from_utf8_lossy(bytes);
        match text.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}..", &text[..end]),
            None => text.into_owned(),
        }
    };
    let registered = registry().read(context, |registry| {
        registry.registration(id).map(|one| match &one.event {
            Event::Command { trigger, .. } => lossy(trigger),
            Event::Hook(hook) => format!("{}(hook)", hook.command),
            Event::Keys(filter) => format!("{}(key event)", lossy(&filter.prefix)),
            Event::Streams(filter) => format!("{}(stream)", lossy(&filter.prefix)),
        })
    });
    let of_session = || {
        let execution = executions().get(id)?;
        let session = execution.cause().session()?;
        let kind = if execution.cause().is_run() {
            "run"
        } else {
            "timer"
        };
        Some(format!("{}({kind})", lossy(session.id.as_bytes())))
    };
    // A registration that was removed while it runs has its id alone.
    registered
        .or_else(of_session)
        .unwrap_or_else(|| id.to_string())
}

/// The number of names that are shown of a long chain in which none comes twice: at its beginning and at its end.
const FIRST: usize = 4;
const LAST: usize = 3;

/// The chain in one short line: up to the first name that comes again.
fn shown(names: &[String]) -> String {
    let comes_again = |place: &usize| names[..*place].contains(&names[*place]);
    let end = (1..names.len())
        .find(comes_again)
        .filter(|place| *place < FIRST + LAST);
    let texts = |names| -> Vec<&str> { <[String]>::iter(names).map(String::as_str).collect() };
    let parts = match end {
        Some(place) => [texts(&names[..=place]), vec![".."]].concat(),
        None if names.len() > FIRST + LAST => {
            let (first, last) = (&names[..FIRST], &names[names.len() - LAST..]);
            [texts(first), vec![".."], texts(last)].concat()
        }
        None => texts(names),
    };
    parts.join(" -> ")
}

#[cfg(test)]
mod tests {
    use super::shown;

    fn line(names: &str) -> String {
        shown(&names.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn a_chain_is_shown_up_to_the_first_name_that_comes_again() {
        assert_eq!(line("t t t t t t t t t"), "t -> t -> ..");
        assert_eq!(
            line("t set(hook) t set(hook) t"),
            "t -> set(hook) -> t -> .."
        );
        assert_eq!(
            line("main a b c b c b c b c b"),
            "main -> a -> b -> c -> b -> .."
        );
        assert_eq!(line("a b c"), "a -> b -> c");
    }

    #[test]
    fn a_long_chain_is_shown_with_its_beginning_and_its_end() {
        assert_eq!(
            line("a b c d e f g h i"),
            "a -> b -> c -> d -> .. -> g -> h -> i"
        );
        assert_eq!(
            line("a b c d e f g h i a"),
            "a -> b -> c -> d -> .. -> h -> i -> a"
        );
    }
}
