//! The Python that goes to the server in front of the gears: conversions, the stub around each gear, `cmd`, `log` and
//! what else a gear may use. Python 3.7 and later; only the parts that are used are sent.

/// A part of the prelude. They are sent in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Conversions.
    Codec,
    /// Errors and the stub: every gear needs them.
    Gear,
    /// Functions with statements inside of a chain.
    Define,
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
    pub(crate) const ALL: [Part; 7] = [
        Part::Codec,
        Part::Gear,
        Part::Define,
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
            Part::Define => include_str!("define.py"),
            Part::Gear => concat!(include_str!("failure.py"), "\n\n", include_str!("gear.py")),
            Part::Log => include_str!("log.py"),
            Part::Hashtag3 => include_str!("hashtag3.py"),
            Part::Cmd => include_str!("cmd.py"),
            Part::Shim => include_str!("shim.py"),
        }
    }

    /// Whether a gear that uses the global `names` and has this `source` needs the part.
    pub(crate) fn is_needed(self, names: &[&str], source: &str) -> bool {
        match self {
            Part::Codec | Part::Gear => true,
            Part::Define => false,
            Part::Log => names.contains(&"log") || imports_redgrease(source),
            Part::Hashtag3 => names.contains(&"hashtag3") || imports_redgrease(source),
            Part::Cmd => names.contains(&"cmd") || imports_redgrease(source),
            Part::Shim => imports_redgrease(source),
        }
    }
}

impl Part {
    /// The parts that a chain needs when it is sent on its own.
    pub(crate) fn needed_by(chain: &crate::builder::Chain, is_typed: bool) -> String {
        let imports = chain.written().iter().any(|text| imports_redgrease(text));
        let mut out = String::new();
        for part in Part::ALL {
            let is_needed = match part {
                Part::Codec => is_typed,
                Part::Gear => false,
                Part::Define => chain.defines(),
                Part::Log => imports || chain.mentions("log"),
                Part::Hashtag3 => imports || chain.mentions("hashtag3"),
                Part::Cmd => imports || chain.mentions("cmd"),
                Part::Shim => imports,
            };
            if is_needed {
                out.push_str(part.source());
                out.push_str("\n\n");
            }
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
