//! Calls of registrations: `RG.TRIGGER`, `RG.TRIGGERONKEY`, and `RG.INNERHOOK`, which the engine runs in place of hooked
//! commands.

use crate::redis::filter::{
    TAKEN_OVER, TAKEN_OVER_GROW, TAKEN_OVER_KEYLESS, TAKEN_OVER_READ, TAKEN_OVER_WRITE,
    is_made_here, with_all_words,
};
use crate::redis::{
    Args, Command, CommandFlags, Context, Text, guarded_by_script, pass_on, refusal,
};
use crate::registration::taken_over::{Handler, handler};
use crate::registration::{Name, invoke, registry, watched};

/// `RG.TRIGGER trigger [argument..]`: calls a registration. The reply is its records.
pub(super) struct Trigger;

impl Command for Trigger {
    const NAME: &'static str = "rg.trigger";
    const MAY_REPLICATE: bool = true;
    const MOVABLE_KEYS: bool = true;
    const ARITY: std::ops::RangeInclusive<usize> = 2..=usize::MAX;

    fn run(context: &Context, args: Args<'_>) {
        trigger(context, args);
    }
}

/// `RG.TRIGGERONKEY trigger key [argument..]`: the same, for a cluster, where the shard that owns the key runs it.
pub(super) struct TriggerOnKey;

impl Command for TriggerOnKey {
    const NAME: &'static str = "rg.triggeronkey";
    const MAY_REPLICATE: bool = true;
    const KEYS: (i32, i32, i32) = (2, 2, 1);
    const ARITY: std::ops::RangeInclusive<usize> = 2..=usize::MAX;

    fn run(context: &Context, args: Args<'_>) {
        trigger(context, args);
    }
}

fn trigger(context: &Context, args: Args<'_>) {
    let name = args.get(1).map(Text::bytes).unwrap_or_default();
    let found = registry().read(context, |registry| registry.by_trigger(name).cloned());
    match found {
        Some(_) if context.database() != 0 => context.reply().error(&format!(
            "ERR the gear was not called: gears work on database 0, and database {} is selected: SELECT 0 first",
            context.database()
        )),
        Some(registration) => invoke(context, &registration, args),
        None => context.reply().error(&unknown(context, name)),
    }
}

/// The error of a trigger that nobody registered. Clients of RedisGears know its first words.
fn unknown(context: &Context, name: &[u8]) -> String {
    if let Some(message) = not_restored(context, name) {
        return message;
    }
    let other = registry().read(context, |registry| {
        registry
            .by_trigger_of_another_case(name)
            .map(<[u8]>::to_vec)
    });
    let name = shown(name);
    match other {
        Some(other) => format!(
            "ERR subcommand not found: no gear has the trigger '{name}': upper and lower case differ, call '{}'",
            shown(&other)
        ),
        None => format!(
            "ERR subcommand not found: no gear has the trigger '{name}': register one with RG.PYEXECUTE, or see RG.DUMPREGISTRATIONS for the triggers that exist"
        ),
    }
}

/// The error of a trigger that may belong to a session that is not restored. `None` if there is no such session.
fn not_restored(context: &Context, name: &[u8]) -> Option<String> {
    let shown = shown(name);
    registry().read(context, |registry| {
        if let Some(keeper) = registry.keeper(&Name::Trigger(name.to_vec())) {
            return Some(format!(
                "ERR subcommand not found: the trigger '{shown}' belongs to {}: call it later, remove the cause and send \
                 RG.REFRESHCLUSTER, or register the session again with UPGRADE",
                keeper.describe()
            ));
        }
        // Sessions that an older engine has stored do not tell their triggers.
        let nameless = || {
            let all = registry.unrestored.iter();
            all.filter(|session| !session.knows_its_names())
        };
        if let Some(session) = nameless().find(|session| session.mentions(name)) {
            return Some(format!(
                "ERR subcommand not found: the trigger '{shown}' belongs to the session {}, which is not restored yet: {}: \
                 call it later, remove the cause and send RG.REFRESHCLUSTER, or register the session again with UPGRADE",
                session.stored.id, session.why
            ));
        }
        let session = nameless().next()?;
        Some(format!(
            "ERR subcommand not found: no gear has the trigger '{shown}', but not every session is restored yet: {}: {}: see \
             RG.PYDUMPSESSIONS, remove the cause and send RG.REFRESHCLUSTER",
            session.stored.id, session.why
        ))
    })
}

/// The beginning of a name, as a text.
fn shown(name: &[u8]) -> String {
    const LENGTH: usize = 128;
    match name.get(..LENGTH) {
        Some(start) if name.len() > LENGTH => format!("{}..", String::from_utf8_lossy(start)),
        _ => String::from_utf8_lossy(name).into_owned(),
    }
}

/// `RG.INNERHOOK command [argument..]`: runs the newest hook of the command; without a hook the command itself, whose reply
/// may wait for handlers of key events.
pub(super) struct InnerHook;

impl Command for InnerHook {
    const NAME: &'static str = TAKEN_OVER;
    const MOVABLE_KEYS: bool = true;
    const STANDS_IN: bool = true;

    fn run(context: &Context, args: Args<'_>) {
        with_all_words(context, args, |args| {
            if args.get(1).is_none() {
                let reply = context.reply();
                return reply.error("ERR wrong number of arguments for 'rg.innerhook' command");
            }
            taken_over(context, args);
        });
    }
}

/// The same in place of a command that reads. A hook may write.
pub(super) struct InnerHookRead;

impl Command for InnerHookRead {
    const NAME: &'static str = TAKEN_OVER_READ;
    const MAY_REPLICATE: bool = true;
    const MOVABLE_KEYS: bool = true;
    const STANDS_IN: bool = true;
    const ARITY: std::ops::RangeInclusive<usize> = 2..=usize::MAX;

    fn run(context: &Context, args: Args<'_>) {
        taken_over(context, args);
    }
}

/// The same in place of a command without keys.
pub(super) struct InnerHookKeyless;

impl Command for InnerHookKeyless {
    const NAME: &'static str = TAKEN_OVER_KEYLESS;
    const MAY_REPLICATE: bool = true;
    const STANDS_IN: bool = true;
    const ARITY: std::ops::RangeInclusive<usize> = 2..=usize::MAX;

    fn run(context: &Context, args: Args<'_>) {
        taken_over(context, args);
    }
}

/// The same in place of a command that writes.
pub(super) struct InnerHookWrite;

impl Command for InnerHookWrite {
    const NAME: &'static str = TAKEN_OVER_WRITE;
    const FLAGS: CommandFlags = CommandFlags::Write;
    const MOVABLE_KEYS: bool = true;
    const STANDS_IN: bool = true;

    fn run(context: &Context, args: Args<'_>) {
        guarded_by_script(context, || InnerHook::run(context, args));
    }
}

/// The same in place of a command that writes and may need more memory.
pub(super) struct InnerHookGrow;

impl Command for InnerHookGrow {
    const NAME: &'static str = TAKEN_OVER_GROW;
    const FLAGS: CommandFlags = CommandFlags::Grow;
    const MOVABLE_KEYS: bool = true;
    const STANDS_IN: bool = true;

    fn run(context: &Context, args: Args<'_>) {
        guarded_by_script(context, || InnerHook::run(context, args));
    }
}

/// The error for everybody who types one of these commands.
const TYPED: &str =
    "ERR this command is the engine's own and runs for nobody: send the command that it should run";

fn taken_over(context: &Context, args: Args<'_>) {
    if !is_made_here(args) {
        return context.reply().error(TYPED);
    }
    if let Some(words) = refusal(context, args, 1) {
        return context.reply().error(&words);
    }
    let name = args.get(1).map(Text::bytes).unwrap_or_default();
    let count = args.from(1).len();
    let word = |index: usize| args.get(index + 1).map(Text::bytes);
    match handler(context, name, count, word) {
        Some(Handler::Hook(registration)) => invoke(context, &registration, args),
        Some(Handler::Watched) => {
            let words = args.from(1).map(|word| word.bytes().to_vec());
            watched::run(context, words.collect());
        }
        Some(Handler::Server) => pass_on(context, args, 1),
        None => context.reply().error("ERR the command has no hook"),
    }
}
