//! Round trips of the keyword enums through text and JSON.

use super::*;
use crate::{FailurePolicy, Mode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::{Debug, Display};
use std::str::FromStr;

fn round_trip<T>(words: &[T])
where
    T: Copy
        + PartialEq
        + Debug
        + Display
        + FromStr<Err = KeywordError>
        + Serialize
        + DeserializeOwned,
{
    for word in words {
        let text = word.to_string();
        assert_eq!(text.parse(), Ok(*word));
        assert_eq!(text.to_uppercase().parse(), Ok(*word));
        let json = serde_json::to_string(word).unwrap();
        assert_eq!(json, format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<T>(&json).unwrap(), *word);
    }
    let error = "no such word".parse::<T>().unwrap_err().to_string();
    for word in words {
        assert!(error.contains(&word.to_string()), "{error}");
    }
}

#[test]
fn keywords_round_trip() {
    round_trip(ReaderType::ALL);
    round_trip(KeyType::ALL);
    round_trip(LogLevel::ALL);
    round_trip(ExecLocality::ALL);
    round_trip(Mode::ALL);
    round_trip(FailurePolicy::ALL);
}

#[test]
fn unknown_keywords_of_a_server_are_kept() {
    assert_eq!(
        ExecutionStatus::from("pending_run"),
        ExecutionStatus::PendingRun
    );
    let new = ExecutionStatus::from("sleeping");
    assert_eq!(new, ExecutionStatus::Other("sleeping".to_owned()));
    assert_eq!(
        (new.to_string().as_str(), new.is_over()),
        ("sleeping", false)
    );
    let json = serde_json::to_string(&RegistrationStatus::WaitingForRetry).unwrap();
    assert_eq!(json, "\"WAITING_FOR_RETRY_ON_FAILURE\"");
    let read: RegistrationStatus = serde_json::from_str(&json).unwrap();
    assert_eq!(read, RegistrationStatus::WaitingForRetry);
}

#[test]
fn display_pads_to_the_width() {
    assert_eq!(format!("{:<8}|", KeyType::Set), "set     |");
    assert_eq!(format!("{:>8}|", ExecutionStatus::Done), "    done|");
}
