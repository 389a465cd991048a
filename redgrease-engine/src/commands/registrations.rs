//! Commands about registrations.

use super::elsewhere::{everywhere, for_cluster};
use super::listing;
use super::rows::{answered, arguments, statistics_for, status, write_array, write_fields};
use super::sums::added_up;
use crate::agreement::{self, Op, Refusal};
use crate::config;
use crate::execution;
use crate::gears::restore_sessions;
use crate::id::Id;
use crate::redis::{
    Args, BlockedClient, Command, Context, Reply, Requester, Text, locked, replicate,
};
use crate::registration::{
    Addresses, Pending, Registration, Registry, Removal, Session, registry, restore_dynamic,
    unregister,
};
use crate::scope::SessionId;
use std::collections::HashMap;
use std::sync::Arc;

/// `RG.DUMPREGISTRATIONS [CLUSTER]`: all registrations with their statistics, of this server or added up over all shards.
pub(super) struct DumpRegistrations;

impl Command for DumpRegistrations {
    const NAME: &'static str = "rg.dumpregistrations";

    fn run(context: &Context, args: Args<'_>) {
        if let Some(words) = for_cluster(args) {
            return everywhere(context, &words, |reply, replies| match added_up(replies) {
                Ok(rows) => rows.write(reply),
                Err(error) => reply.error(&error),
            });
        }
        let all: Vec<_> = registry().read(context, |registry| {
            registry.in_order().map(Arc::clone).collect()
        });
        let requester = Requester::of(context);
        listing::write(context, all.len(), move |reply| {
            dump(reply, &all, &requester);
        });
    }
}

fn dump(reply: &Reply<'_>, all: &[Arc<Registration>], requester: &Requester) {
    reply.array(all.len());
    let addresses = if requester.may_send_code() {
        Addresses::Whole
    } else {
        Addresses::Masked
    };
    let mut summaries = Summaries::default();
    for piece in all.chunks(listing::PIECE) {
        let texts: Vec<Arc<str>> = locked(|context| {
            registry().read(context, |registry| {
                let text = |one: &Arc<Registration>| summaries.of(registry, one, addresses);
                piece.iter().map(text).collect()
            })
        });
        for (registration, summary) in piece.iter().zip(texts) {
            reply.array(12);
            row(reply, registration, requester);
            reply.field("PD", &summary);
            reply.field("ExecutionThreadPool", "DefaultPool");
        }
    }
}

/// The summaries of sessions. Those of sessions with many registrations are made once.
#[derive(Default)]
struct Summaries(HashMap<SessionId, Arc<str>>);

impl Summaries {
    const MANY: usize = 10;

    fn of(
        &mut self,
        registry: &Registry,
        registration: &Registration,
        addresses: Addresses,
    ) -> Arc<str> {
        let id = &registration.session.id;
        if let Some(made) = self.0.get(id) {
            return Arc::clone(made);
        }
        let text = |session: &Session| -> Arc<str> {
            if config::get().replies_of_1_0() {
                session.summary_as_literal(addresses).into()
            } else {
                session.summary(addresses).into()
            }
        };
        let Some(session) = registry.session_with(registration.id) else {
            // The registration was removed meanwhile.
            return text(&Session::new(&registration.session));
        };
        let made = text(session);
        if session.registrations.len() > Summaries::MANY {
            self.0.insert(id.clone(), Arc::clone(&made));
        }
        made
    }
}

/// The first ten elements of the row of a registration.
pub(super) fn row(reply: &Reply<'_>, registration: &Registration, requester: &Requester) {
    reply.field("id", &registration.id.to_string());
    reply.field("reader", registration.plan.reader.as_str());
    reply.optional_field("desc", registration.description.as_deref());
    reply.bulk(b"RegistrationData");
    let fields = answered(statistics_for(registration, requester));
    let status = status(&registration.event);
    // One field more: `args`, whose value is an array.
    reply.array(2 * (fields.len() + 1 + usize::from(status.is_some())));
    write_fields(reply, &fields);
    reply.bulk(b"args");
    write_array(reply, &answered(arguments(&registration.event)));
    write_fields(reply, status.as_slice());
}

/// `RG.UNREGISTER id [ABORTPENDING]`: removes a registration, and with `ABORTPENDING` stops its executions.
pub(super) struct Unregister;

impl Command for Unregister {
    const NAME: &'static str = "rg.unregister";
    const CHANGES: bool = true;
    const ARITY: std::ops::RangeInclusive<usize> = 2..=3;

    fn run(context: &Context, args: Args<'_>) {
        let id = args.get(1).and_then(|word| Id::parse(word.bytes()));
        let pending = if args.get(2).is_some_and(|word| word.is("ABORTPENDING")) {
            Pending::Withdraw
        } else {
            Pending::Finish
        };
        let removal = Removal {
            pending,
            is_told: false,
        };
        match id {
            Some(id) if agreement::is_on() => unregister_everywhere(context, id, removal),
            _ => answer(
                context,
                id.is_some_and(|id| unregister(context, id, removal)),
            ),
        }
    }
}

/// The error for an id that no registration has.
const NOT_REGISTERED: &str = "execution is not registered";

fn answer(context: &Context, is_gone: bool) {
    let reply = context.reply();
    if is_gone {
        execution::ids().next();
        reply.ok();
    } else {
        reply.error(NOT_REGISTERED);
    }
}

/// Unregisters on all shards of the cluster.
fn unregister_everywhere(context: &Context, id: Id, removal: Removal) {
    let withdraws = removal.pending == Pending::Withdraw;
    let Some(op) = registry().read(context, |registry| Op::remove(registry, id, withdraws)) else {
        return answer(context, false);
    };
    let client = context.may_block().then(|| BlockedClient::block(context));
    let Some(client) = client.flatten() else {
        // In a transaction the others hear of it a moment later.
        let is_gone = unregister(context, id, removal);
        if is_gone {
            agreement::made(op);
        }
        return answer(context, is_gone);
    };
    let end = move |context: &Context, agreed: Result<(), Refusal>| {
        let outcome = agreed.map_err(|refusal| refusal.why).and_then(|()| {
            let is_gone = unregister(context, id, removal);
            is_gone.then_some(()).ok_or(NOT_REGISTERED.to_owned())
        });
        let is_gone = outcome.is_ok();
        let tell: agreement::Answer = Box::new(move || {
            execution::ids().next();
            client.answer(|reply| match outcome {
                Ok(()) => {
                    reply.ok();
                }
                Err(why) => reply.error(&why),
            });
        });
        if is_gone { Ok(tell) } else { Err(tell) }
    };
    agreement::propose(vec![op], Box::new(end));
}

/// `RG.INNERREGISTER sessions`: restores sessions. A master and the AOF send it.
pub(super) struct InnerRegister;

impl Command for InnerRegister {
    const NAME: &'static str = "rg.innerregister";
    const INSTEAD: &'static str = "register with RG.PYEXECUTE";
    const CHANGES: bool = true;
    const ARITY: std::ops::RangeInclusive<usize> = 2..=2;

    fn run(context: &Context, args: Args<'_>) {
        let bytes = args.get(1).map(Text::bytes).unwrap_or_default();
        match restore_sessions(context, bytes) {
            Ok(()) => {
                replicate(context, c"rg.innerregister", bytes);
                context.reply().ok();
            }
            Err(message) => context.reply().error(&message),
        }
    }
}

/// `RG.INNERADDREGISTRATION registration`: restores a registration that a running gear made. A master and the AOF send it.
pub(super) struct InnerAddRegistration;

impl Command for InnerAddRegistration {
    const NAME: &'static str = "rg.inneraddregistration";
    const INSTEAD: &'static str = "register with RG.PYEXECUTE";
    const CHANGES: bool = true;
    const ARITY: std::ops::RangeInclusive<usize> = 2..=2;

    fn run(context: &Context, args: Args<'_>) {
        let bytes = args.get(1).map(Text::bytes).unwrap_or_default();
        match restore_dynamic(context, bytes) {
            Ok(()) => {
                replicate(context, c"rg.inneraddregistration", bytes);
                context.reply().ok();
            }
            Err(message) => context.reply().error(&message),
        }
    }
}

/// `RG.INNERUNREGISTER id`: removes a registration. A master and the AOF send it.
pub(super) struct InnerUnregister;

impl Command for InnerUnregister {
    const NAME: &'static str = "rg.innerunregister";
    const INSTEAD: &'static str = "use RG.UNREGISTER";
    const CHANGES: bool = true;
    const ARITY: std::ops::RangeInclusive<usize> = 2..=2;

    fn run(context: &Context, args: Args<'_>) {
        let id = args.get(1).and_then(|word| Id::parse(word.bytes()));
        let removal = Removal {
            pending: Pending::Withdraw,
            is_told: true,
        };
        let reply = context.reply();
        if id.is_some_and(|id| unregister(context, id, removal)) {
            reply.ok();
        } else {
            reply.error(NOT_REGISTERED);
        }
    }
}
