//! The Python that goes to the server in front of the gears: conversions, the stub around each gear, `cmd`, `log` and
//! what else a gear may use. Python 3.7 and later; only the parts that are used are sent.

/// A part of the prelude. They are sent in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Conversions.
    Codec,
    /// Compiling what arrives as text.
    Source,
    /// Errors and the stub: every gear needs them.
    Gear,
    /// Commands.
    Command,
    /// Changes of keys, entries of streams.
    Event,
    /// Timers.
    Every,
    /// `log` that takes anything.
    Log,
    /// `hashtag3`.
    Hashtag3,
    /// The client of the server the gear runs in.
    Cmd,
    /// `import redgrease` without a package of that name.
    Shim,
}

impl Part {
    /// Every part, in the order in which they can be sent.
    pub(crate) const ALL: [Part; 10] = [
        Part::Codec,
        Part::Source,
        Part::Gear,
        Part::Command,
        Part::Event,
        Part::Every,
        Part::Log,
        Part::Hashtag3,
        Part::Cmd,
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
            Part::Source => include_str!("source.py"),
            Part::Gear => concat!(
                include_str!("failure.py"),
                "\n\n",
                include_str!("gear.py"),
                "\n\n",
                include_str!("space.py")
            ),
            Part::Command => include_str!("command.py"),
            Part::Event => include_str!("event.py"),
            Part::Every => include_str!("every.py"),
            Part::Log => include_str!("log.py"),
            Part::Hashtag3 => include_str!("hashtag3.py"),
            Part::Cmd => include_str!("cmd.py"),
            Part::Shim => include_str!("shim.py"),
        }
    }
}

/// What decides which parts are sent: names that are used, and texts that may import the package `redgrease`.
#[derive(Debug, Default)]
pub(crate) struct Uses<'a> {
    pub(crate) names: Vec<&'a str>,
    pub(crate) imports: bool,
    /// Functions of a chain have no stub around them that sees to it.
    chain_imports: bool,
    parts: Vec<Part>,
}

impl<'a> Uses<'a> {
    /// A text of which the names are known.
    pub(crate) fn text(&mut self, source: &str, names: &[&'a str]) {
        self.names.extend_from_slice(names);
        if imports_redgrease(source) {
            self.imports = true;
            // What it takes from there cannot be seen.
            self.names.push("log");
            self.names.push("hashtag3");
            if source.contains("cmd") {
                self.names.push("cmd");
            }
        }
    }

    /// A chain, the names of which are looked for in its text.
    pub(crate) fn chain(&mut self, chain: &crate::builder::Chain) {
        for text in chain.written() {
            self.text(text, &[]);
            self.chain_imports |= imports_redgrease(text);
        }
        for name in ["cmd", "log", "hashtag3"] {
            if chain.mentions(name) {
                self.names.push(name);
            }
        }
        if chain.defines() {
            self.parts.push(Part::Source);
        }
        if chain.has_objects() {
            self.parts.push(Part::Event);
        }
    }

    /// A part that is needed in any case.
    pub(crate) fn part(&mut self, part: Part) {
        self.parts.push(part);
    }

    /// Whether the package `redis` has to be there.
    pub(crate) fn needs_client(&self) -> bool {
        self.names.contains(&"cmd")
    }

    /// The parts of the prelude, in order.
    pub(crate) fn prelude(&self) -> String {
        let mut out = String::new();
        let has_shim = self.imports && crate::registry::is_bundled();
        for part in Part::ALL {
            let is_needed = match part {
                Part::Log => self.names.contains(&"log"),
                Part::Hashtag3 => self.names.contains(&"hashtag3"),
                // The module that can be imported contains it.
                Part::Cmd => has_shim || self.needs_client(),
                Part::Shim => has_shim,
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

/// Whether a source may import the package `redgrease`. Saying yes too often does no harm.
pub(crate) fn imports_redgrease(source: &str) -> bool {
    source.contains("redgrease")
}

#[cfg(test)]
pub(crate) mod tests;
