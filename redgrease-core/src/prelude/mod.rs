//! The Python that is sent in front of the gears: conversions, the stub around each gear, `cmd`, `log` and other names
//! that gears can use. It runs on Python 3.7 and later. Only the parts that are used are sent.

/// A part of the prelude.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Conversions.
    Codec,
    /// Conversions of UUIDs.
    Uuid,
    /// Conversions of dates, times and durations.
    Moment,
    /// `Err`, and the conversion of `Result`.
    Outcome,
    /// Compiles functions that arrive as text.
    Source,
    /// Errors and the stub, which every gear needs.
    Gear,
    /// Commands.
    Command,
    /// Words and replies of commands that gears replace.
    Hook,
    /// Changes of keys, and entries of streams.
    Event,
    /// Timers.
    Every,
    /// A `log` that takes any value.
    Log,
    /// `hashtag3`.
    Hashtag3,
    /// `cmd`, with the commands of the engine.
    Cmd,
    /// `cmd`, with the client of redis-py.
    RedisPy,
    /// `import redgrease` without a package of that name.
    Shim,
}

impl Part {
    /// Every part, in the order of sending.
    pub(crate) const ALL: [Part; 15] = [
        Part::Codec,
        Part::Uuid,
        Part::Moment,
        Part::Outcome,
        Part::Source,
        Part::Gear,
        Part::Command,
        Part::Hook,
        Part::Event,
        Part::Every,
        Part::Log,
        Part::Hashtag3,
        Part::Cmd,
        Part::RedisPy,
        Part::Shim,
    ];

    /// The Python text.
    pub(crate) fn source(self) -> &'static str {
        match self {
            Part::Codec => concat!(
                include_str!("codec.py"),
                "\n\n",
                include_str!("containers.py"),
            ),
            Part::Uuid => include_str!("uuid.py"),
            Part::Moment => include_str!("moment.py"),
            Part::Outcome => include_str!("outcome.py"),
            Part::Source => include_str!("source.py"),
            Part::Gear => concat!(
                include_str!("failure.py"),
                "\n\n",
                include_str!("gear.py"),
                "\n\n",
                include_str!("space.py")
            ),
            Part::Command => include_str!("command.py"),
            Part::Hook => include_str!("hook.py"),
            Part::Event => include_str!("event.py"),
            Part::Every => include_str!("every.py"),
            Part::Log => include_str!("log.py"),
            Part::Hashtag3 => include_str!("hashtag3.py"),
            Part::Cmd => include_str!("cmd.py"),
            Part::RedisPy => include_str!("redis_py.py"),
            Part::Shim => include_str!("shim.py"),
        }
    }
}

/// What `cmd` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Commands {
    /// The commands of the engine.
    Engine,
    /// The client of redis-py: for gears that require it, and for servers without commands of their own.
    RedisPy,
}

impl Commands {
    /// What `cmd` is for gears whose requirements contain what `contains` says.
    pub(crate) fn of(contains: impl Fn(&str) -> bool) -> Self {
        if contains(REDIS_PY) {
            Commands::RedisPy
        } else {
            Commands::Engine
        }
    }
}

/// The requirement for redis-py.
pub(crate) const REDIS_PY: &str = "redis";

/// Whether a script failed because the server has no commands of its own (`cmd.py`).
pub(crate) fn lacks_commands(error: &str) -> bool {
    error.contains("which has no commands of its own")
}

/// The names and parts that a script uses. They decide which parts of the prelude are sent.
#[derive(Debug, Default)]
pub(crate) struct Uses<'a> {
    names: Vec<&'a str>,
    /// Whether a text may import the package `redgrease`.
    imports: bool,
    /// Whether a function of a chain may import it. The stub of a gear calls `_shim`; these functions have no stub.
    chain_imports: bool,
    parts: Vec<Part>,
}

impl<'a> Uses<'a> {
    /// Adds a Python text and the names that it uses.
    pub(crate) fn text(&mut self, source: &str, names: &[&'a str]) {
        self.names.extend_from_slice(names);
        if imports_redgrease(source) {
            self.imports = true;
            // The imported names are not known.
            self.names.push("log");
            self.names.push("hashtag3");
            for name in ["cmd", "Err"] {
                if source.contains(name) {
                    self.names.push(name);
                }
            }
        }
    }

    /// Adds the Python texts of a chain. Their names are not known: each word of a text may be one.
    pub(crate) fn chain_texts(&mut self, texts: &[&'static str]) {
        for text in texts {
            self.text(text, &[]);
            self.chain_imports |= imports_redgrease(text);
        }
        for name in ["cmd", "log", "hashtag3", "Err"] {
            if texts.iter().any(|text| mentions(text, name)) {
                self.names.push(name);
            }
        }
    }

    /// Adds a part.
    pub(crate) fn part(&mut self, part: Part) {
        self.parts.push(part);
    }

    /// Whether a text may import the package `redgrease`.
    pub(crate) fn imports_redgrease(&self) -> bool {
        self.imports
    }

    /// Whether a text may use `cmd`.
    pub(crate) fn needs_commands(&self) -> bool {
        self.names.contains(&"cmd")
    }

    /// The text of the prelude. `is_bundled` says whether the module `redgrease` of this crate may be sent.
    pub(crate) fn prelude(&self, is_bundled: bool, commands: Commands) -> String {
        let mut out = String::new();
        let has_shim = self.imports && is_bundled;
        for part in Part::ALL {
            let is_needed = match part {
                Part::Log => self.names.contains(&"log"),
                Part::Hashtag3 => self.names.contains(&"hashtag3"),
                Part::Cmd => self.needs_commands() && commands == Commands::Engine,
                Part::RedisPy => self.needs_commands() && commands == Commands::RedisPy,
                Part::Shim => has_shim,
                Part::Outcome => self.names.contains(&"Err") || self.parts.contains(&part),
                other => self.parts.contains(&other),
            };
            if is_needed {
                out.push_str(part.source());
                out.push_str("\n\n");
            }
        }
        if self.chain_imports && has_shim {
            out.push_str("_shim()\n\n");
        }
        out
    }
}

/// Whether a text contains a name as a word.
fn mentions(text: &str, name: &str) -> bool {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .any(|word| word == name)
}

/// Whether a text may import the package `redgrease`. A wrong yes is harmless.
pub(crate) fn imports_redgrease(source: &str) -> bool {
    source.contains("redgrease")
}

#[cfg(test)]
pub(crate) mod tests;
