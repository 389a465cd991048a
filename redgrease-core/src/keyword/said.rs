//! Words that servers report.

/// Gives an enum of words its traits; a word that is unknown becomes `Other`.
macro_rules! reported {
    ($name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        impl $name {
            /// The word the server uses.
            pub fn as_str(&self) -> &str {
                match self {
                    $($name::$variant => $word,)*
                    $name::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => $name::$variant,)*
                    other => $name::Other(other.to_owned()),
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(text.into())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text =
                    <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                Ok(text.as_ref().into())
            }
        }
    };
}

/// How far an execution is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExecutionStatus {
    /// Waiting for a thread.
    Created,
    /// Running.
    Running,
    /// Waiting for the plan to reach this shard.
    PendingReceive,
    /// Waiting for its turn.
    PendingRun,
    /// Waiting for other shards.
    PendingCluster,
    /// Waiting for other shards to end.
    PendingTermination,
    /// Over.
    Done,
    /// Stopped.
    Aborted,
    /// Something this version does not know.
    Other(String),
}

reported!(ExecutionStatus {
    Created = "created",
    Running = "running",
    PendingReceive = "pending_receive",
    PendingRun = "pending_run",
    PendingCluster = "pending_cluster",
    PendingTermination = "pending_termination",
    Done = "done",
    Aborted = "aborted",
});

impl ExecutionStatus {
    /// Whether nothing will change any more.
    pub fn is_over(&self) -> bool {
        matches!(self, ExecutionStatus::Done | ExecutionStatus::Aborted)
    }
}

/// State of a registration that reads streams.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RegistrationStatus {
    /// It reads.
    Ok,
    /// It failed, and will try the same entries again.
    WaitingForRetry,
    /// It failed, and has stopped.
    Aborted,
    /// It was paused.
    Paused,
    /// Something this version does not know.
    Other(String),
}

reported!(RegistrationStatus {
    Ok = "OK",
    WaitingForRetry = "WAITING_FOR_RETRY_ON_FAILURE",
    Aborted = "ABORTED",
    Paused = "PAUSED",
});
