//! The program that a gear belongs to, as its build knows it.

/// What a build knows about the crate of a gear, beside its name and version. Empty texts are unknown.
///
/// A session on a server is replaced only by the program that made it, and a name does not prove that: see
/// `registry/owner.rs`.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Program {
    /// `session` of `[package.metadata.redgrease]` in the manifest.
    pub session: &'static str,
    /// `repository` of the manifest.
    pub repository: &'static str,
    /// Hash of the address that the git checkout was cloned from.
    pub remote: &'static str,
    /// Folder of the package in the git checkout; `.` is its root.
    pub path: &'static str,
    /// `CARGO_MANIFEST_DIR`. Only compiled in if neither `session` nor `repository` is known.
    pub directory: &'static str,
    /// The targets of the package, separated by blanks: `lib`, `bin-NAME` and `example-NAME`.
    pub targets: &'static str,
}

impl Program {
    /// A build that knows nothing.
    pub const UNKNOWN: Program = Program::new("", "", "", "", "", "");

    /// Called by the expansion of the macros only: one call is compiled faster than a literal.
    pub const fn new(
        session: &'static str,
        repository: &'static str,
        remote: &'static str,
        path: &'static str,
        directory: &'static str,
        targets: &'static str,
    ) -> Self {
        Program {
            session,
            repository,
            remote,
            path,
            directory,
            targets,
        }
    }
}
