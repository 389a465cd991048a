//! Servers that keep few finished executions.
//!
//! Such a server may drop the results of an execution before they can be fetched. Then the answer to the script has to bring them. It
//! does not name the execution, which is looked for when it has to be aborted.

use super::super::executions;
use redgrease_core::{Con, Config, ExecId, Execution};

/// An execution whose id is not known.
pub(super) struct Unnamed {
    /// The executions that were there before.
    before: Vec<ExecId>,
}

/// Finished executions that a server should keep, so that others do not push one out in a moment.
const ENOUGH: i64 = 200;

impl Unnamed {
    /// `None` if the server keeps enough. A user may have no right to ask: usual servers keep 1000.
    pub(super) fn before(con: &mut Con) -> Option<Self> {
        let kept = Config::new(con).max_executions().ok()?;
        if kept >= ENOUGH {
            return None;
        }
        let before = scripts(con).into_iter().map(|it| it.id).collect();
        Some(Unnamed { before })
    }

    /// The execution, if it is the only one that began since then.
    pub(super) fn find(&self, con: &mut Con) -> Option<ExecId> {
        let mut since = scripts(con)
            .into_iter()
            .filter(|it| !it.status.is_over() && !self.before.contains(&it.id));
        match (since.next(), since.next()) {
            (Some(one), None) => Some(one.id),
            _ => None,
        }
    }
}

/// The executions that scripts began.
fn scripts(con: &mut Con) -> Vec<Execution> {
    let mut all = executions::list(con).unwrap_or_default();
    all.retain(|it| !it.registered);
    all
}
