//! `RG.CONFIGGET` and `RG.CONFIGSET`.

use crate::config::{self, Change, Current, Secrecy};
use crate::redis::{Args, Command, Context, Requester, Text};

/// `RG.CONFIGGET name..`: the values of settings, one element per name. To a requester that may not send code, names that users
/// chose do not exist, and the arguments of pip are empty: they may contain a password.
pub(super) struct ConfigGet;

impl Command for ConfigGet {
    const NAME: &'static str = "rg.configget";

    fn run(context: &Context, args: Args<'_>) {
        let reply = context.reply();
        let names = args.from(1);
        let requester = Requester::of(context);
        reply.array(names.len());
        for name in names {
            match shown(name.bytes(), &requester) {
                Some(Current::Number(number)) => reply.integer(number),
                Some(Current::Bytes(bytes)) => reply.bulk(&bytes),
                Some(Current::List(items)) => {
                    reply.array(items.len());
                    for item in items {
                        reply.bulk(item.as_bytes());
                    }
                }
                None => reply.error(&format!(
                    "(error) Unsupported config parameter: {}",
                    name.lossy()
                )),
            }
        }
    }
}

fn shown(name: &[u8], requester: &Requester) -> Option<Current> {
    let value = config::get().get(name);
    match config::secrecy(name) {
        Secrecy::Open => value,
        _ if requester.may_send_code() => value,
        Secrecy::Blank => Some(Current::Bytes(Vec::new())),
        Secrecy::Absent => None,
    }
}

/// `RG.CONFIGSET name value..`: changes settings; the reply has one element per pair.
pub(super) struct ConfigSet;

impl Command for ConfigSet {
    const NAME: &'static str = "rg.configset";
    const KEEPS_SECRETS: bool = true;

    fn run(context: &Context, args: Args<'_>) {
        let reply = context.reply();
        reply.postponed_array();
        let mut answers = 0;
        let mut words = args.from(1);
        while let Some(name) = words.next() {
            let value = words.next();
            match config::get().set(name.bytes(), value.map(Text::bytes)) {
                Change::Done => reply.ok(),
                Change::Saved => {
                    reply.status("OK - value was saved in extra config dictionary");
                }
                Change::Refused(reason) => reply.error(&reason),
            }
            answers += 1;
        }
        reply.set_array_length(answers);
    }
}
