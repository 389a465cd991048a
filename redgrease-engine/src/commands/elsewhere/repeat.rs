//! Repeating a command of this server on others.

use super::ask::{NO_WAITING, ask, block, own_reply};
use super::request::{Request, When};
use super::settings::refusal;
use crate::cluster::topology::NodeId;
use crate::redis::{Context, OwnedReply, Reply};

/// Runs a command on this server, and then on the others, where it may be sent again. Replies as this server does, or with an error that
/// names a server that refuses. Where this server refuses, no other server is asked. `done` says what the command does:
/// `the registration is paused`.
pub(in crate::commands) fn repeat_on(
    context: &Context,
    to: &[NodeId],
    words: &[&[u8]],
    done: &'static str,
) {
    if !to.is_empty() && !context.may_block() {
        return context.reply().error(NO_WAITING);
    }
    let request = Request::of(context, When::Now, words);
    let (_, own) = own_reply(context, &request);
    let own = match own {
        Ok(own) if !to.is_empty() && !matches!(own, OwnedReply::Error(_)) => own,
        own => return write(&context.reply(), own),
    };
    let client = match block(context) {
        Ok(client) => client,
        Err(error) => return context.reply().error(error),
    };
    ask(to, &request, move |others| {
        let whole = refusal(&others).map_err(|error| partly(done, &error));
        client.answer(|reply| write(reply, whole.map(|()| own)));
    });
}

fn write(reply: &Reply<'_>, outcome: Result<OwnedReply, String>) {
    match outcome {
        Ok(own) => own.write(reply),
        Err(error) => reply.error(&error),
    }
}

fn partly(done: &str, error: &str) -> String {
    format!("ERR {done} on some shards only: {error}. Send the command again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_where_and_what_to_do() {
        assert_eq!(
            partly("the registration is paused", "the shard b refuses: no"),
            "ERR the registration is paused on some shards only: the shard b refuses: no. Send the command again"
        );
    }
}
