//! Repeating a command of this server on others.

use super::ask::{Asked, NO_WAITING, ask, block, own_reply};
use super::request::{Request, When};
use super::settings::refusal;
use crate::redis::{Context, OwnedReply, Reply};

/// Runs a command on this server, and then on the others, where it may be sent again. Replies as this server does, or with an error that
/// names a server that refuses. Where this server refuses, no other server is asked. Servers that have failed are left out, and the reply
/// names them. `done` says what the command does: `the registration is paused`.
pub(in crate::commands) fn repeat_on(
    context: &Context,
    to: Asked,
    words: &[&[u8]],
    done: &'static str,
) {
    let to_ask = !to.living.is_empty();
    if to_ask && !context.may_block() {
        return context.reply().error(NO_WAITING);
    }
    let request = Request::of(context, When::Now, words);
    let (_, own) = own_reply(context, &request);
    let own = match own {
        Ok(own) if to_ask && !matches!(own, OwnedReply::Error(_)) => own,
        own => {
            let own = own.map(|own| with_left_out(own, &to));
            return write(&context.reply(), own);
        }
    };
    let client = match block(context) {
        Ok(client) => client,
        Err(error) => return context.reply().error(error),
    };
    ask(&to.living.clone(), &request, move |others| {
        let whole = refusal(&others).map_err(|error| partly(done, &error));
        let own = whole.map(|()| with_left_out(own, &to));
        client.answer(|reply| write(reply, own));
    });
}

/// A status of success, which says what was left out.
pub(super) fn with_left_out(reply: OwnedReply, to: &Asked) -> OwnedReply {
    match (reply, to.left_out()) {
        (OwnedReply::Status(status), Some(left_out)) => OwnedReply::Status(status + &left_out),
        (OwnedReply::Array(items), Some(_)) => {
            let items = items.into_iter().map(|item| with_left_out(item, to));
            OwnedReply::Array(items.collect())
        }
        (reply, _) => reply,
    }
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
