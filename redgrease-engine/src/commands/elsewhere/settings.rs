//! Changing settings on all servers of a cluster.

use super::ask::{Asked, Replies, ask, block, other_servers, own_reply};
use super::repeat::with_left_out;
use super::request::{Request, When};
use crate::redis::{Context, OwnedReply, Reply, locked};

/// Changes settings on this server and on all others, replicas as well, or nowhere. `words` are the command for one server. Replies as
/// that command does, or with an error that names a server that refuses. Servers that have failed are left out, and the reply names them.
pub(in crate::commands) fn change_everywhere(context: &Context, words: &[&[u8]]) {
    let check = Request::of(context, When::Checked, words);
    let change = Request {
        when: When::Now,
        ..check.clone()
    };
    let own = own_reply(context, &check);
    if let Err(error) = refusal(std::slice::from_ref(&own)) {
        return context.reply().error(&unchanged(&error));
    }
    let to = Asked::of(other_servers());
    if to.living.is_empty() {
        let own = own_reply(context, &change);
        return write(&context.reply(), vec![own], &to);
    }
    let client = match block(context) {
        Ok(client) => client,
        Err(error) => return context.reply().error(error),
    };
    ask(&to.living.clone(), &check, move |checked| {
        if let Err(error) = refusal(&checked) {
            return client.answer(|reply| reply.error(&unchanged(&error)));
        }
        let own = locked(|context| own_reply(context, &change));
        ask(&to.living.clone(), &change, move |others| {
            let replies = [vec![own], others].concat();
            client.answer(|reply| write(reply, replies, &to));
        });
    });
}

/// The first error among replies, with its server.
pub(super) fn refusal(replies: &[(String, Result<OwnedReply, String>)]) -> Result<(), String> {
    for (server, reply) in replies {
        match reply {
            Err(error) if error.contains(server.as_str()) => return Err(plain(error).to_owned()),
            Err(error) | Ok(OwnedReply::Error(error)) => {
                return Err(format!("the shard {server} refuses: {}", plain(error)));
            }
            Ok(OwnedReply::Array(items)) => {
                let error = items.iter().find_map(|item| match item {
                    OwnedReply::Error(error) => Some(error),
                    _ => None,
                });
                if let Some(error) = error {
                    return Err(format!("the shard {server} refuses: {}", plain(error)));
                }
            }
            Ok(_) => {}
        }
    }
    Ok(())
}

/// An error without the word that begins errors.
pub(super) fn plain(error: &str) -> &str {
    error.strip_prefix("ERR ").unwrap_or(error)
}

fn unchanged(error: &str) -> String {
    format!("ERR no setting was changed: {error}")
}

fn write(reply: &Reply<'_>, replies: Replies, to: &Asked) {
    match refusal(&replies) {
        Err(error) => reply.error(&format!(
            "ERR settings were changed on some shards only: {error}. Send the command again: RG.CONFIGGET CLUSTER shows what differs"
        )),
        Ok(()) => match replies.into_iter().next() {
            Some((_, Ok(own))) => with_left_out(own, to).write(reply),
            _ => reply.ok(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> OwnedReply {
        OwnedReply::Error(text.to_owned())
    }

    #[test]
    fn an_error_names_its_server_once() {
        let ok = || OwnedReply::Array(vec![OwnedReply::Status("OK".into())]);
        let first = ("a".to_owned(), Ok(ok()));
        assert_eq!(refusal(std::slice::from_ref(&first)), Ok(()));
        for (reply, expected) in [
            (
                Err("ERR the shard b is late".to_owned()),
                "the shard b is late",
            ),
            (Ok(error("ERR no")), "the shard b refuses: no"),
            (
                Ok(OwnedReply::Array(vec![ok(), error("(error) no")])),
                "the shard b refuses: (error) no",
            ),
        ] {
            let replies = [first.clone(), ("b".to_owned(), reply)];
            assert_eq!(refusal(&replies), Err(expected.to_owned()));
        }
    }
}
