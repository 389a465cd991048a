//! Compares a reply with the recorded ones.

use crate::mask::masked;
use crate::recorded::{Expected, Step};
use crate::resp::Reply;

/// The server's answer to a step.
#[derive(Debug)]
pub(crate) enum Got {
    Reply(Reply, Vec<u8>),
    /// No readable reply, with the reason.
    Nothing(String),
}

/// Describes the difference; `None` if the reply is one of the expected ones.
pub(crate) fn difference(step: &Step, got: &Got) -> Option<String> {
    if step
        .expected
        .iter()
        .any(|expected| is_equal(expected, got, step.any_order))
    {
        return None;
    }
    let expected: Vec<String> = step.expected.iter().map(shown).collect();
    let got = match got {
        Got::Reply(_, raw) if has_raw(step) => format!("raw {}", raw.escape_ascii()),
        Got::Reply(reply, _) => format!("{:?}", masked(reply)),
        Got::Nothing(why) => why.clone(),
    };
    Some(format!(
        "expected {}\n         got {got}",
        expected.join("\n         or ")
    ))
}

fn has_raw(step: &Step) -> bool {
    step.expected
        .iter()
        .any(|expected| matches!(expected, Expected::Raw(_)))
}

fn shown(expected: &Expected) -> String {
    match expected {
        Expected::Reply(reply) => format!("{:?}", masked(reply)),
        Expected::Raw(raw) => format!("raw {}", raw.escape_ascii()),
        Expected::Crash => "a server that keeps running".to_owned(),
    }
}

fn is_equal(expected: &Expected, got: &Got, any_order: bool) -> bool {
    match (expected, got) {
        (Expected::Reply(expected), Got::Reply(got, _)) => {
            let (mut expected, mut got) = (masked(expected), masked(got));
            if any_order {
                sort(&mut expected);
                sort(&mut got);
            }
            expected == got
        }
        (Expected::Raw(expected), Got::Reply(_, got)) => expected == got,
        _ => false,
    }
}

fn sort(reply: &mut Reply) {
    if let Reply::Array(items) = reply {
        items.iter_mut().for_each(sort);
        items.sort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_matters_unless_it_is_unstable() {
        let array = |numbers: &[i64]| {
            Reply::Array(numbers.iter().map(|number| Reply::Int(*number)).collect())
        };
        let expected = Expected::Reply(array(&[1, 2]));
        let got = Got::Reply(array(&[2, 1]), Vec::new());
        assert!(!is_equal(&expected, &got, false));
        assert!(is_equal(&expected, &got, true));
        assert!(!is_equal(
            &expected,
            &Got::Reply(array(&[1, 1]), Vec::new()),
            true
        ));
    }

    #[test]
    fn a_status_is_not_a_string() {
        let expected = Expected::Reply(Reply::Status(b"OK".to_vec()));
        assert!(!is_equal(
            &expected,
            &Got::Reply(Reply::Bulk(b"OK".to_vec()), Vec::new()),
            true
        ));
    }
}
