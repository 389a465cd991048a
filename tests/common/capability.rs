//! Differences between servers that decide whether a test applies.
//!
//! A test that does not apply to a server is not passed in silence: it appends a line to the file that `REDGREASE_NOT_APPLICABLE`
//! names, with the test program, the test and the reason, separated by tabs. `cargo xtask test --matrix` counts these lines.

use super::anywhere::Answers;
use super::untyped;
use std::fs::OpenOptions;
use std::io::Write;

/// Something that some servers cannot do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Capability {
    /// To run a command of a module with the rights of a given user.
    CommandsAsUser,
    /// Guards with the words of Redis 7, and a loading that can be held up by a setting.
    GuardsOfRedis7,
    /// Scripts that say that they do not write, and `EVAL_RO`.
    ReadOnlyScripts,
    /// Vector sets, such as `VADD`.
    VectorSets,
}

impl Capability {
    /// Why a test does not apply to a server without this.
    fn reason(self) -> &'static str {
        match self {
            Capability::CommandsAsUser => "the server cannot run a command as a user",
            Capability::GuardsOfRedis7 => {
                "the server has other guards, and no setting that holds up loading"
            }
            Capability::ReadOnlyScripts => "the server has no read-only scripts",
            Capability::VectorSets => "the server has no vector sets",
        }
    }

    fn is_of(self, server: &impl Answers) -> bool {
        match self {
            Capability::CommandsAsUser
            | Capability::GuardsOfRedis7
            | Capability::ReadOnlyScripts => !is_redis_6(server),
            Capability::VectorSets => {
                untyped(server, &["COMMAND", "INFO", "vadd"]).contains("vadd")
            }
        }
    }
}

/// Whether the server is of Redis 6.
pub(crate) fn is_redis_6(server: &impl Answers) -> bool {
    untyped(server, &["INFO", "server"]).contains("redis_version:6.")
}

/// Whether the server lacks something. If it does, the running test counts as not applicable, and has to return.
#[track_caller]
pub(crate) fn lacks(server: &impl Answers, capability: Capability) -> bool {
    let lacks = !capability.is_of(server);
    if lacks {
        tell(capability.reason());
    }
    lacks
}

/// Counts the running test as not applicable, for this reason. It has to return.
pub(crate) fn tell(reason: &str) {
    println!("not applicable: {reason}");
    let Some(path) = std::env::var_os("REDGREASE_NOT_APPLICABLE") else {
        return;
    };
    let program = std::env::current_exe().unwrap();
    let program = program.file_stem().unwrap().to_string_lossy().into_owned();
    // The test harness names the thread of a test after the test.
    let thread = std::thread::current();
    let line = format!("{program}\t{}\t{reason}\n", thread.name().unwrap());
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.unwrap().write_all(line.as_bytes()).unwrap();
}
