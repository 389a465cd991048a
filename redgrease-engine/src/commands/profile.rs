//! `RG.PYPROFILE`: the functions that the gears of a session called, and the time that each took.

use crate::execution::reach_python;
use crate::python::{forget_profile, profile};
use crate::redis::{Args, Command, Context, Text};
use crate::registration::registry;

/// `RG.PYPROFILE STATS session [order]` or `RG.PYPROFILE RESET session`. RedisGears ignores the order.
pub(super) struct PyProfile;

/// The order of a report without a wish: by the time in each function itself.
const BY_TIME: &str = "tottime";

impl Command for PyProfile {
    const NAME: &'static str = "rg.pyprofile";
    const ARITY: std::ops::RangeInclusive<usize> = 2..=4;

    fn run(context: &Context, args: Args<'_>) {
        let reply = context.reply();
        if let Err(error) = reach_python() {
            return reply.error(&error);
        }
        let word = args.get(1);
        let is = |name| word.is_some_and(|word| word.is(name));
        if is("STATS") {
            let order = args
                .get(3)
                .map_or_else(|| BY_TIME.into(), |order| order.lossy().into_owned());
            with_session(context, args.get(2), |session| {
                match profile(session, &order) {
                    Ok(text) => reply.bulk(text.as_bytes()),
                    Err(message) => reply.error(&message),
                }
            });
        } else if is("RESET") {
            if args.from(0).len() != 3 {
                return args.wrong_number(context);
            }
            with_session(context, args.get(2), |session| {
                forget_profile(session);
                reply.ok();
            });
        } else {
            reply.error("Wrong subcommand given to RG.PYPROFILE");
        }
    }
}

/// Calls `body` with the name of a session if the session exists. Otherwise replies with an error.
fn with_session(context: &Context, name: Option<Text<'_>>, body: impl FnOnce(&str)) {
    let name = name.map(|name| name.lossy().into_owned());
    match name {
        Some(name) if registry().read(context, |all| all.session(&name).is_some()) => body(&name),
        _ => context.reply().error("session does not exists"),
    }
}
