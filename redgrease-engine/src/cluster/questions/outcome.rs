//! What becomes of a question.

use crate::cluster::topology::NodeId;
use std::time::Duration;

/// The reason why a server has not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// The time is over.
    Late,
    /// The server was started again after it was asked.
    Restarted,
    /// The server is not in the cluster, or has left it.
    Left,
    /// The server says why not, or this server cannot ask.
    Refused(String),
}

impl NoAnswer {
    /// The message about it. `server` names the server.
    pub(crate) fn message(&self, server: &str) -> String {
        match self {
            NoAnswer::Late => {
                format!(
                    "{server} does not answer in time: see whether it runs with the engine, and try again"
                )
            }
            NoAnswer::Restarted => format!("{server} was started again meanwhile: try again"),
            NoAnswer::Left => format!("{server} is not in the cluster: try again"),
            NoAnswer::Refused(reason) => format!("{server} refuses: {reason}"),
        }
    }
}

/// How long a server may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// The answer has to come in this time.
    Within(Duration),
    /// The answer may take as long as the server lives: it counts as dead when nothing was heard of it for so long.
    Silence(Duration),
}

/// The answer of a server, or why there is no answer.
pub(crate) type Outcome = Result<Vec<u8>, NoAnswer>;

/// What the servers have said, in the order in which they were named.
pub(crate) type Outcomes = Vec<(NodeId, Outcome)>;
