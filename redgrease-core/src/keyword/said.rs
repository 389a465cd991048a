//! Keywords that servers report.

/// Implements the traits of a keyword enum. An unknown word becomes `Other`.
macro_rules! reported {
    ($name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        impl $name {
            /// The keyword as the server sends it.
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

/// State of an execution.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExecutionStatus {
    /// Waiting for a thread.
    Created,
    /// Running.
    Running,
    /// Waiting for the execution plan to reach this shard.
    PendingReceive,
    /// Waiting for its turn.
    PendingRun,
    /// Waiting for other shards.
    PendingCluster,
    /// Waiting for other shards to finish.
    PendingTermination,
    /// Finished.
    Done,
    /// Aborted.
    Aborted,
    /// A state that this crate does not know.
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
    /// Whether the execution has ended: done or aborted.
    pub fn is_over(&self) -> bool {
        matches!(self, ExecutionStatus::Done | ExecutionStatus::Aborted)
    }
}

/// State of a stream registration.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RegistrationStatus {
    /// Reading.
    Ok,
    /// A run failed; the same entries will be processed again.
    WaitingForRetry,
    /// A run failed, and the registration has stopped.
    Aborted,
    /// Paused.
    Paused,
    /// A state that this crate does not know.
    Other(String),
}

reported!(RegistrationStatus {
    Ok = "OK",
    WaitingForRetry = "WAITING_FOR_RETRY_ON_FAILURE",
    Aborted = "ABORTED",
    Paused = "PAUSED",
});
