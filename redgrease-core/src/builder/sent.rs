//! A chain as a script that is sent.

#[cfg(feature = "aio")]
use crate::commands::AsyncGearsCommands;
use crate::commands::{Executed, GearsCommands, PyExecuteOptions};
#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::Connection;
use crate::error::{Error, ErrorKind, Result};
use crate::gear::Chain;
use crate::prelude::{Commands, REDIS_PY, lacks_commands};
use crate::profile::RedgreasePackage;
use redis::Value;

/// The script of a chain with its options.
pub(super) struct Sent {
    script: String,
    options: PyExecuteOptions,
    /// The same with redis-py, for servers without commands of their own.
    with_redis_py: Option<(String, PyExecuteOptions)>,
}

impl Sent {
    /// The script of a chain. `text` writes it for one kind of `cmd`.
    pub(super) fn of(
        chain: &Chain,
        package: &RedgreasePackage,
        text: impl Fn(Commands) -> String,
    ) -> Result<Self> {
        chain.check()?;
        let mut requirements = chain.required(package)?;
        let commands = Commands::of(|name| requirements.contains(name));
        let options = PyExecuteOptions::new().requirements(requirements.to_strings());
        let with_redis_py = if commands == Commands::Engine && chain.needs().needs_commands() {
            requirements.add(REDIS_PY, "`cmd`")?;
            let options = PyExecuteOptions::new().requirements(requirements.to_strings());
            Some((text(Commands::RedisPy), options))
        } else {
            None
        };
        Ok(Sent {
            script: text(commands),
            options,
            with_redis_py,
        })
    }

    /// The same, without waiting for the end of the run.
    pub(super) fn unblocking(mut self) -> Self {
        self.options = self.options.unblocking();
        self.with_redis_py = self
            .with_redis_py
            .map(|(script, options)| (script, options.unblocking()));
        self
    }

    pub(super) fn on<C: Connection + ?Sized>(&self, con: &mut C) -> Result<Executed<Value>> {
        match con.pyexecute_options(&self.script, &self.options) {
            Err(e) => match self.other(&e) {
                Some((script, options)) => con.pyexecute_options(script, options),
                None => Err(e),
            },
            executed => executed,
        }
    }

    #[cfg(feature = "aio")]
    pub(super) async fn on_async<C: AsyncConnection + ?Sized>(
        &self,
        con: &mut C,
    ) -> Result<Executed<Value>> {
        match con.pyexecute_options(&self.script, &self.options).await {
            Err(e) => match self.other(&e) {
                Some((script, options)) => con.pyexecute_options(script, options).await,
                None => Err(e),
            },
            executed => executed,
        }
    }

    /// The script to send after this error. Nothing of the first one has run then.
    fn other(&self, error: &Error) -> Option<(&str, &PyExecuteOptions)> {
        let ErrorKind::Script { traceback } = error.kind() else {
            return None;
        };
        let (script, options) = self.with_redis_py.as_ref()?;
        lacks_commands(traceback).then_some((script.as_str(), options))
    }
}
