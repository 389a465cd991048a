//! Compares a reply with the recorded ones.

use crate::mask::{masked, masked_in_cluster};
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
        .any(|expected| is_equal(expected, got, step))
    {
        return None;
    }
    let mask = mask_of(step);
    let shown = |expected| shown(expected, mask);
    let expected: Vec<String> = step.expected.iter().map(shown).collect();
    let got = match got {
        Got::Reply(_, raw) if has_raw(step) => format!("raw {}", raw.escape_ascii()),
        Got::Reply(reply, _) => format!("{:?}", mask(reply)),
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

/// Masks what differs between two runs of a step.
type Mask = fn(&Reply) -> Reply;

fn mask_of(step: &Step) -> Mask {
    if step.in_cluster {
        masked_in_cluster
    } else {
        masked
    }
}

fn shown(expected: &Expected, mask: Mask) -> String {
    match expected {
        Expected::Reply(reply) => format!("{:?}", mask(reply)),
        Expected::Raw(raw) => format!("raw {}", raw.escape_ascii()),
        Expected::Crash => "a server that keeps running".to_owned(),
    }
}

fn is_equal(expected: &Expected, got: &Got, step: &Step) -> bool {
    let mask = mask_of(step);
    match (expected, got) {
        (Expected::Reply(expected), Got::Reply(got, _)) => {
            let (mut expected, mut got) = (mask(expected), mask(got));
            if step.any_order {
                sort(&mut expected);
                sort(&mut got);
            }
            step.manner.is_equal(&expected, &got)
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
    use crate::manner::Manner;
    use crate::recorded::Action;

    fn step(any_order: bool, in_cluster: bool) -> Step {
        Step {
            name: None,
            conn: "main".to_owned(),
            action: Action::Note,
            expected: Vec::new(),
            stable: true,
            any_order,
            in_cluster,
            manner: Manner::Exact,
        }
    }

    fn equal(expected: Reply, got: Reply, step: &Step) -> bool {
        let got = Got::Reply(got, Vec::new());
        is_equal(&Expected::Reply(expected), &got, step)
    }

    #[test]
    fn the_order_matters_unless_it_is_unstable() {
        let array = |numbers: &[i64]| {
            Reply::Array(numbers.iter().map(|number| Reply::Int(*number)).collect())
        };
        let (one, other) = (array(&[1, 2]), array(&[2, 1]));
        assert!(!equal(one.clone(), other.clone(), &step(false, false)));
        assert!(equal(one.clone(), other, &step(true, false)));
        assert!(!equal(one, array(&[1, 1]), &step(true, false)));
    }

    #[test]
    fn a_status_is_not_a_string() {
        let (status, bulk) = (Reply::Status(b"OK".to_vec()), Reply::Bulk(b"OK".to_vec()));
        assert!(!equal(status, bulk, &step(true, false)));
    }

    #[test]
    fn addresses_differ_in_a_cluster_alone() {
        let moved = |port: u16| Reply::Error(format!("MOVED 7 127.0.0.1:{port}").into_bytes());
        assert!(equal(moved(1), moved(2), &step(true, true)));
        assert!(!equal(moved(1), moved(2), &step(true, false)));
    }
}
