//! Commands of older versions of RedisGears, which do nothing. Clients know the replies.

use crate::redis::{Args, Command, Context};

/// `RG.PYFREEINTERPRETER`.
pub(super) struct PyFreeInterpreter;

impl Command for PyFreeInterpreter {
    const NAME: &'static str = "rg.pyfreeinterpreter";

    fn run(context: &Context, _: Args<'_>) {
        context
            .reply()
            .bulk(b"Free interpreter is not longer supported");
    }
}

/// `RG.PYEXECUTEREMOTE`.
pub(super) struct PyExecuteRemote;

impl Command for PyExecuteRemote {
    const NAME: &'static str = "rg.pyexecuteremote";

    fn run(context: &Context, _: Args<'_>) {
        context
            .reply()
            .bulk(b"Execute remote is not longer supported");
    }
}
