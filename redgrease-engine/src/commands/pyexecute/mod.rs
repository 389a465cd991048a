//! `RG.PYEXECUTE`: runs a script.
//!
//! | file | purpose |
//! |---|---|
//! | `request.rs` | the words of the command |
//! | `sent.rs` | a script at work: its packages, its body, its activation |
//! | `answer.rs` | the reply |
//! | `repeated.rs` | requests that a client sends again |

mod answer;
mod repeated;
mod request;
mod sent;

use crate::gears::has_installed;
use crate::redis::{Args, BlockedClient, Command, Context, cannot_keep_rights};
use crate::registration::{Registry, registry};
use request::Request;
use sent::Sent;
use std::sync::Arc;

/// `RG.PYEXECUTE script [option..] [REQUIREMENTS name..]`.
pub(super) struct PyExecute;

impl Command for PyExecute {
    const NAME: &'static str = "rg.pyexecute";
    const MAY_REPLICATE: bool = true;
    const ARITY: std::ops::RangeInclusive<usize> = 2..=usize::MAX;

    fn run(context: &Context, args: Args<'_>) {
        if !context.may_block() {
            return context.reply().error(
                "Can not run gears inside a multi exec, lua, or when blocking is not allowed",
            );
        }
        let request = match Request::parse(context, args) {
            Ok(request) => request,
            Err(message) => return context.reply().error(&message),
        };
        if let Some(reason) = cannot_keep_rights(context) {
            return context.reply().error(&reason);
        }
        if repeated::joins(context, &request) {
            return;
        }
        // Checked before packages are installed for nothing.
        let check = |registry: &Registry| request.replaced_session(registry).map(drop);
        if let Err(message) = registry().read(context, check) {
            return context.reply().error(&message);
        }
        let Some(client) = BlockedClient::block(context) else {
            return context.reply().error("ERR the client could not be blocked");
        };
        // The client may leave at any time: while packages are installed, while the body runs or while the run waits.
        client.watch(context);
        let request = Arc::new(request);
        repeated::begins(context, &request);
        let sent = Sent::new(Arc::clone(&request), client.measured());
        if has_installed(&request.requirements) && !request.reinstall {
            sent.run();
        } else {
            sent.install_first();
        }
    }
}
