//! Waiting for a server that goes away and comes back, for commands that go on.

use crate::app::{App, connect_to};
use crate::failure::{Failure, Kind};
use crate::interrupt::Interrupt;
use redgrease_core::{Con, Error, ErrorKind};
use std::time::{Duration, Instant};

/// A connection that is opened again when it breaks, and says so.
pub(crate) struct Patient<'a> {
    app: &'a App,
    interrupt: &'a Interrupt,
    url: String,
    /// `None` while the server is away.
    con: Option<Con>,
    away_since: Option<Instant>,
}

/// The first pause before another attempt. It doubles up to the longest one.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

impl<'a> Patient<'a> {
    pub(crate) fn new(app: &'a App, con: Con, interrupt: &'a Interrupt) -> Self {
        Patient {
            app,
            interrupt,
            url: app.url(),
            con: Some(con),
            away_since: None,
        }
    }

    /// Asks until the server answers. `None` after Ctrl-C.
    pub(crate) fn ask<T>(
        &mut self,
        mut question: impl FnMut(&mut Con) -> Result<T, Error>,
    ) -> Result<Option<T>, Failure> {
        let mut pause = PAUSE;
        while !self.interrupt.is_set() {
            match self.attempt(&mut question)? {
                Ok(answer) => {
                    if let Some(since) = self.away_since.take() {
                        let seconds = since.elapsed().as_secs_f64();
                        self.app.out.note(format_args!(
                            "the server answers again after {seconds:.1} s"
                        ));
                    }
                    return Ok(Some(answer));
                }
                Err(reason) => {
                    if self.away_since.is_none() {
                        self.app.out.warn(format_args!(
                            "the server is away ({reason}): waiting for it, Ctrl-C ends"
                        ));
                        self.away_since = Some(Instant::now());
                    }
                    log::debug!("{reason}: trying again in {pause:?}");
                    self.interrupt.sleep(pause);
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
        Ok(None)
    }

    /// The inner error is the reason why the server is away.
    fn attempt<T>(
        &mut self,
        question: &mut impl FnMut(&mut Con) -> Result<T, Error>,
    ) -> Result<Result<T, &'static str>, Failure> {
        let mut con = match self.con.take() {
            Some(con) => con,
            None => match connect_to(&self.url) {
                Ok(con) => con,
                Err(failure) if failure.kind() == Kind::NoServer => {
                    return Ok(Err("no connection"));
                }
                Err(failure) => return Err(failure),
            },
        };
        match question(&mut con) {
            Ok(answer) => {
                self.con = Some(con);
                Ok(Ok(answer))
            }
            Err(error) => match reason(&error) {
                Some(reason) => Ok(Err(reason)),
                None => Err(error.into()),
            },
        }
    }
}

/// Why an error is one of a server that is away.
fn reason(error: &Error) -> Option<&'static str> {
    if error.is_connection() {
        return Some("the connection is lost");
    }
    match (
        error.kind(),
        error.as_redis().and_then(redis::RedisError::code),
    ) {
        (ErrorKind::Redis, Some("LOADING")) => Some("it loads its data"),
        (ErrorKind::Redis, Some("CLUSTERDOWN")) => Some("the cluster is down"),
        (ErrorKind::Redis, Some("MASTERDOWN")) => Some("its master is away"),
        _ => None,
    }
}
