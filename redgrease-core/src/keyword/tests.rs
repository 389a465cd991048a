//! Every word is read as it is written.

use super::*;
use crate::{FailurePolicy, Mode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::{Debug, Display};
use std::str::FromStr;

fn comes_back<T>(words: &[T])
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
fn words_are_read_as_they_are_written() {
    comes_back(ReaderType::ALL);
    comes_back(KeyType::ALL);
    comes_back(LogLevel::ALL);
    comes_back(ExecLocality::ALL);
    comes_back(Mode::ALL);
    comes_back(FailurePolicy::ALL);
}

#[test]
fn words_of_newer_servers_are_kept() {
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
fn a_width_is_kept_to() {
    assert_eq!(format!("{:<8}|", KeyType::Set), "set     |");
    assert_eq!(format!("{:>8}|", ExecutionStatus::Done), "    done|");
}
