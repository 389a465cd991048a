//! One row of the table, as a test.

/// A gear that runs away.
pub(crate) struct Case {
    /// The first two columns of the row.
    pub(crate) code: &'static str,
    pub(crate) place: &'static str,
    /// The third column names it: a setting, or `nothing`.
    pub(crate) stopped_by: &'static str,
    /// Settings other than the defaults: those whose default is too long or too large for a test.
    pub(crate) settings: &'static [(&'static str, &'static str)],
    /// The script of the gear, behind [`PRELUDE`].
    pub(crate) script: &'static str,
    /// The commands that let it run away, all at once. A word of several lines has a command in each, for one connection.
    pub(crate) calls: &'static [&'static [&'static str]],
    pub(crate) end: End,
    pub(crate) sigterm: Sigterm,
}

/// The end of a runaway.
#[derive(Clone, Copy)]
pub(crate) enum End {
    /// The first call gets an answer that contains this text.
    Answer(&'static str),
    /// The calls get an answer, and the log contains this text.
    Log(&'static str),
    /// It has no end by itself. Meanwhile others are served.
    None,
    /// It has no end by itself. Meanwhile the server answers others that it is busy, until `SCRIPT KILL`.
    Busy,
    /// The server answers nobody until the code ends by itself.
    Silence,
}

/// What SIGTERM does while the runaway runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sigterm {
    Ends,
    /// The server looks at the signal when the code has ended, or not at all.
    Waits,
}

/// Functions for the scripts.
pub(crate) const PRELUDE: &str = "
import asyncio, threading, time
def endless(*_):
    while True: pass
def stubborn(*_):
    while True:
        try:
            while True: pass
        except BaseException: pass
def C(): return GB('CommandReader')
def K(): return GB('KeysReader')
";

impl Case {
    /// Code without an end for this place, for other cases to change.
    pub(crate) const fn new(
        code: &'static str,
        place: &'static str,
        stopped_by: &'static str,
        script: &'static str,
    ) -> Case {
        Case {
            code,
            place,
            stopped_by,
            settings: &[],
            script,
            calls: &[&["RG.TRIGGER", "t"]],
            end: End::None,
            sigterm: Sigterm::Ends,
        }
    }

    /// A call that `LockMaxTime` ends.
    pub(crate) const fn held(
        code: &'static str,
        place: &'static str,
        script: &'static str,
    ) -> Case {
        Case {
            end: End::Answer("LockMaxTime, 1000 ms"),
            ..Case::new(code, place, "LockMaxTime", script)
        }
    }

    /// A script whose body, or what belongs to it, `ScriptMaxTime` ends.
    pub(crate) const fn body(
        code: &'static str,
        place: &'static str,
        call: &'static [&'static [&'static str]],
    ) -> Case {
        Case {
            settings: &[("ScriptMaxTime", "1000")],
            calls: call,
            end: End::Answer("ScriptMaxTime, 1000 ms"),
            ..Case::new(code, place, "ScriptMaxTime", "")
        }
    }

    /// The calls are these.
    pub(crate) const fn called(self, calls: &'static [&'static [&'static str]]) -> Case {
        Case { calls, ..self }
    }

    pub(crate) const fn ends(self, end: End) -> Case {
        Case { end, ..self }
    }

    pub(crate) const fn with(self, settings: &'static [(&'static str, &'static str)]) -> Case {
        Case { settings, ..self }
    }

    pub(crate) const fn sigterm_waits(self) -> Case {
        Case {
            sigterm: Sigterm::Waits,
            ..self
        }
    }
}
