//! The command with which a master and the AOF send keys that run a time event.

use crate::redis::{Args, Command, CommandFlags, Context, Text};
use crate::registration::keyed_timers;

/// `RG.INNERTIMEEVENT key value`: makes a key that runs a time event.
pub(super) struct InnerTimeEvent;

impl Command for InnerTimeEvent {
    const NAME: &'static str = "rg.innertimeevent";
    const INSTEAD: &'static str = "call registerTE in a script";
    const FLAGS: CommandFlags = CommandFlags::Grow;
    const KEYS: (i32, i32, i32) = (1, 1, 1);
    const ARITY: std::ops::RangeInclusive<usize> = 3..=3;

    fn run(context: &Context, args: Args<'_>) {
        let word = |index| args.get(index).map(Text::bytes).unwrap_or_default();
        match keyed_timers::create_told(context, word(1), word(2)) {
            Ok(()) => context.reply().ok(),
            Err(message) => context.reply().error(&message),
        }
    }
}
