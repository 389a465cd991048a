//! Channels over bad networks: each message arrives once, in order, and the bytes on their way are limited.

use super::network::{Faults, Network};
use super::{Event, LONGEST, Lane, WINDOW};
use std::time::Duration;

const LONG: Duration = Duration::from_hours(1);

const GOOD: Faults = Faults {
    lost: 0,
    doubled: 0,
    delay: 0,
    cut: 0,
};

const BAD: Faults = Faults {
    lost: 200,
    doubled: 100,
    delay: 50,
    cut: 5,
};

/// The messages of a lane that `to` got from `from`.
fn messages(network: &Network, to: usize, from: usize, lane: Lane) -> Vec<Vec<u8>> {
    let events = network.events.iter();
    events
        .filter(|(t, f, _)| (*t, *f) == (to, from))
        .filter_map(|(.., event)| match event {
            Event::Message(of, message) if *of == lane => Some(message.clone()),
            _ => None,
        })
        .collect()
}

/// Messages of all lengths around those of pieces.
fn samples() -> Vec<Vec<u8>> {
    let lengths = [0, 1, 100, 65_535, 65_536, 65_537, 262_144, 262_145, 700_000];
    (0..5u8)
        .flat_map(|round| lengths.map(|length| vec![round; length]))
        .collect()
}

#[test]
fn a_message_arrives() {
    let mut network = Network::new(2, GOOD, 1);
    network.send(0, 1, Lane::Control, b"hello");
    network.run(LONG);
    assert_eq!(messages(&network, 1, 0, Lane::Control), [b"hello"]);
    assert_eq!(network.channel(0, 1).waiting_frames(), 0);
    assert!(network.channel(1, 0).heard().is_some());
}

#[test]
fn an_empty_message_arrives() {
    let mut network = Network::new(2, GOOD, 1);
    network.send(0, 1, Lane::Bulk, b"");
    network.run(LONG);
    assert_eq!(messages(&network, 1, 0, Lane::Bulk), [b""]);
}

/// Uses up all that arrives, as a consumer does.
fn run_and_use(network: &mut Network) {
    let mut seen = 0;
    let end = network.now + LONG;
    while network.now < end && network.step() {
        let fresh: Vec<(usize, usize, usize)> = network.events[seen..]
            .iter()
            .filter_map(|(to, from, event)| match event {
                Event::Message(Lane::Bulk, message) => Some((*to, *from, message.len())),
                _ => None,
            })
            .collect();
        seen = network.events.len();
        for (to, from, length) in fresh {
            let now = network.now;
            network.channel(to, from).use_up(length, now);
        }
    }
}

#[test]
fn each_message_arrives_once_and_in_order_over_bad_networks() {
    for seed in 0..8 {
        let mut network = Network::new(3, BAD, seed);
        for message in samples() {
            for (from, to) in [(0, 1), (1, 0), (2, 0), (0, 2)] {
                network.send(from, to, Lane::Bulk, &message);
                network.send(from, to, Lane::Control, &message);
            }
        }
        run_and_use(&mut network);
        for (from, to) in [(0, 1), (1, 0), (2, 0), (0, 2)] {
            for lane in Lane::ALL {
                let arrived = messages(&network, to, from, lane);
                assert!(
                    arrived == samples(),
                    "seed {seed}: {from} to {to}, {lane:?}"
                );
            }
            assert_eq!(network.channel(from, to).waiting_frames(), 0, "seed {seed}");
        }
    }
}

/// A receiver that uses nothing gets its window and no byte more. Control messages still come through.
#[test]
fn a_receiver_limits_the_bytes_of_the_bulk_lane() {
    for seed in 0..10 {
        let mut network = Network::new(2, BAD, seed);
        for number in 0..100u8 {
            network.send(0, 1, Lane::Bulk, &vec![number; 200_000]);
        }
        network.send(0, 1, Lane::Control, b"abort");
        network.run(Duration::from_mins(1));
        let arrived = messages(&network, 1, 0, Lane::Bulk);
        let bytes: usize = arrived.iter().map(Vec::len).sum();
        // One message may be in the middle when the window closes.
        assert!(bytes as u64 <= WINDOW + 200_000, "seed {seed}: {bytes}");
        assert!(bytes as u64 + 400_000 > WINDOW, "seed {seed}: {bytes}");
        assert_eq!(messages(&network, 1, 0, Lane::Control), [b"abort"]);
        // As soon as the consumer goes on, so does the sender.
        let now = network.now;
        network.channel(1, 0).use_up(bytes, now);
        network.run(Duration::from_mins(1));
        let more: usize = messages(&network, 1, 0, Lane::Bulk)
            .iter()
            .map(Vec::len)
            .sum();
        assert!(more > bytes, "seed {seed}");
    }
}

#[test]
fn a_long_message_is_longer_than_the_window_of_its_receiver() {
    let length = usize::try_from(WINDOW).expect("a small number") * 2;
    assert!(length < LONGEST);
    let mut network = Network::new(2, GOOD, 1);
    network.send(0, 1, Lane::Bulk, &vec![7; length]);
    run_and_use(&mut network);
    assert_eq!(messages(&network, 1, 0, Lane::Bulk).len(), 1);
}

#[test]
fn a_process_that_was_started_again_gets_nothing_that_was_for_the_one_before() {
    for seed in 0..40 {
        let mut network = Network::new(2, BAD, seed);
        network.send(0, 1, Lane::Control, b"first");
        network.run(LONG);
        network.send(0, 1, Lane::Control, b"for the one before");
        network.restart(1);
        network.send(1, 0, Lane::Control, b"from the new one");
        network.run(LONG);
        let at_sender: Vec<&Event> = network
            .events
            .iter()
            .filter(|(to, ..)| *to == 0)
            .map(|(.., event)| event)
            .collect();
        let expected = [
            &Event::Restarted,
            &Event::Message(Lane::Control, b"from the new one".to_vec()),
        ];
        assert_eq!(at_sender, expected, "seed {seed}");
        assert_eq!(messages(&network, 1, 0, Lane::Control), [b"first"]);
        network.send(0, 1, Lane::Control, b"for the new one");
        network.run(LONG);
        let arrived = messages(&network, 1, 0, Lane::Control);
        assert_eq!(
            arrived.last().map(Vec::as_slice),
            Some(&b"for the new one"[..])
        );
    }
}

/// The clock of a server may go back before it is started again.
#[test]
fn a_process_with_a_smaller_number_is_heard() {
    for seed in 0..40 {
        let mut network = Network::new(2, BAD, seed);
        network.send(0, 1, Lane::Control, b"first");
        network.run(LONG);
        network.restart_as(1, 3);
        for _ in 0..2 {
            network.send(0, 1, Lane::Control, b"heartbeat");
            network.send(1, 0, Lane::Control, b"heartbeat");
            network.run(LONG);
        }
        network.send(1, 0, Lane::Control, b"from the new one");
        network.send(0, 1, Lane::Control, b"for the new one");
        network.run(LONG);
        let last = |to: usize, from: usize| messages(&network, to, from, Lane::Control).pop();
        assert_eq!(
            last(0, 1).as_deref(),
            Some(&b"from the new one"[..]),
            "seed {seed}"
        );
        assert_eq!(
            last(1, 0).as_deref(),
            Some(&b"for the new one"[..]),
            "seed {seed}"
        );
    }
}

#[test]
fn both_processes_are_started_again() {
    for seed in 0..40 {
        let mut network = Network::new(2, BAD, seed);
        for round in 0..4u8 {
            // A message to a process that has ended is lost. These tell both ends of each other.
            network.send(0, 1, Lane::Control, b"heartbeat");
            network.send(1, 0, Lane::Control, b"heartbeat");
            network.run(LONG);
            network.send(0, 1, Lane::Control, &[round]);
            network.send(1, 0, Lane::Control, &[round]);
            network.run(LONG);
            let last = |to: usize, from: usize| messages(&network, to, from, Lane::Control).pop();
            assert_eq!(last(1, 0), Some(vec![round]), "seed {seed}");
            assert_eq!(last(0, 1), Some(vec![round]), "seed {seed}");
            network.restart(usize::from(round % 2 == 0));
            network.restart(usize::from(round % 3 == 0));
        }
    }
}

/// A network at rest sends nothing.
#[test]
fn nothing_is_sent_without_messages() {
    let mut network = Network::new(3, GOOD, 1);
    assert!(!network.step());
    network.send(0, 1, Lane::Control, b"x");
    network.run(LONG);
    assert!(!network.step());
}
