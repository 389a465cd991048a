//! `RG.CONFIGGET` and `RG.CONFIGSET`.

use super::elsewhere::{
    Replies, answered, change_everywhere, everywhere_of, for_cluster, missing, other_servers, text,
};
use crate::cluster::topology;
use crate::config::{self, Change, Current, Secrecy};
use crate::redis::{Args, Command, Context, OwnedReply, Requester, Text};

/// `RG.CONFIGGET name..`: the values of settings, one element per name. With the word `CLUSTER` before the names, unless a setting of a
/// server on its own has this name: the values on all servers. To a requester that may not send code, names that users
/// chose do not exist, and the arguments of pip are empty: they may contain a password.
pub(super) struct ConfigGet;

impl Command for ConfigGet {
    const NAME: &'static str = "rg.configget";

    fn run(context: &Context, args: Args<'_>) {
        let reply = context.reply();
        let names = args.from(1);
        let is_setting = |word: Text<'_>| config::get().user(word.bytes()).is_some();
        if names.len() > 1
            && (topology::current().is_cluster() || !args.get(1).is_some_and(is_setting))
            && let Some(words) = for_cluster(args)
        {
            return get_everywhere(context, &words);
        }
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

/// Writes a row for each setting: its name, 1 if all servers have the same value, the values by server, and the servers that have not
/// answered.
fn get_everywhere(context: &Context, words: &[&[u8]]) {
    let names = words.iter().skip(1).map(|name| name.to_vec());
    let names: Vec<Vec<u8>> = names.collect();
    everywhere_of(context, &other_servers(), words, move |reply, replies| {
        OwnedReply::Array(by_setting(&names, replies)).write(reply);
    });
}

fn by_setting(names: &[Vec<u8>], replies: Replies) -> Vec<OwnedReply> {
    let mut by_server = Vec::new();
    let (answers, errors) = answered(replies);
    for (server, reply) in answers {
        if let OwnedReply::Array(values) = reply {
            by_server.push((server, values.into_iter()));
        }
    }
    let rows = names.iter().map(|name| {
        let values: Vec<(String, OwnedReply)> = by_server
            .iter_mut()
            .map(|(server, values)| {
                let value = match values.next() {
                    None | Some(OwnedReply::Error(_)) => OwnedReply::Null,
                    Some(value) => value,
                };
                (server.clone(), value)
            })
            .collect();
        let first = values.first().map(|(_, value)| value);
        let is_equal = values.iter().all(|(_, value)| Some(value) == first);
        let values = values
            .into_iter()
            .flat_map(|(server, value)| [text(&server), value]);
        let mut row = vec![
            text("name"),
            OwnedReply::Text(name.clone()),
            text("equal"),
            OwnedReply::Integer(i64::from(is_equal)),
            text("values"),
            OwnedReply::Array(values.collect()),
        ];
        row.extend(missing(&errors).into_iter().flatten());
        OwnedReply::Array(row)
    });
    rows.collect()
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

const NO_VALUE: &str = "ERR no setting was changed: a setting has no value. Send RG.CONFIGSET CLUSTER name value [name value ..]";

/// `RG.CONFIGSET name value..`: changes settings; the reply has one element per pair. `RG.CONFIGSET CLUSTER name value..` changes them on
/// all servers of a cluster, or on none. On a server on its own, `CLUSTER` with an even number of words in all is a setting of that name.
pub(super) struct ConfigSet;

impl Command for ConfigSet {
    const NAME: &'static str = "rg.configset";
    const KEEPS_SECRETS: bool = true;

    fn run(context: &Context, args: Args<'_>) {
        let reply = context.reply();
        let count = args.from(1).len();
        let is_odd = count % 2 == 1;
        if (topology::current().is_cluster() || is_odd && count > 1)
            && let Some(words) = for_cluster(args)
        {
            if !is_odd || count == 1 {
                return reply.error(NO_VALUE);
            }
            return change_everywhere(context, &words);
        }
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
