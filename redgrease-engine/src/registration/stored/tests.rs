//! Stored sessions: every format is read as it was written, and nothing else is.

use super::*;
use crate::id::Shard;
use crate::registration::ledger::Stamp;

fn shard(digit: u8) -> Shard {
    Shard::parse(&[digit; 40]).unwrap()
}

/// Sessions of a server that is in no cluster.
fn sample() -> Vec<StoredSession> {
    vec![
        StoredSession::default(),
        StoredSession {
            id: "app".into(),
            description: Some(String::new()),
            requirements: vec!["requests".into(), "six==1.16.0".into()],
            script: b"x = '\xff\0'".to_vec(),
            user: Some(b"alice".to_vec()),
            replies: vec![
                OwnedReply::Null,
                OwnedReply::Integer(-7),
                OwnedReply::Array(vec![
                    OwnedReply::Text(b"\xff\0".to_vec()),
                    OwnedReply::Status("OK".into()),
                    OwnedReply::Error("ERR no".into()),
                ]),
            ],
            made: [1, 2, 4, u64::MAX].map(Id::of).to_vec(),
            registrations: [1, 4, u64::MAX].map(Id::of).to_vec(),
            dynamic: vec![(Id::of(7), b"\xff\0".as_slice().into())],
            replaces: Some("old".into()),
            names: Some(vec![
                (Id::of(1), Name::Trigger(b"t\xff".to_vec())),
                (Id::of(4), Name::Hook("get".into())),
            ]),
        },
    ]
}

/// Sessions of a server in a cluster, with registrations of other shards.
fn clustered() -> Vec<StoredSession> {
    let (a, b) = (shard(b'a'), shard(b'1'));
    let mut sessions = sample();
    let session = &mut sessions[1];
    session.made = vec![Id::of_shard(a, 1), Id::of_shard(a, 2), Id::of_shard(b, 1)];
    session.registrations = vec![Id::of_shard(a, 2), Id::of_shard(b, u64::MAX)];
    session.dynamic = vec![(Id::of_shard(b, u64::MAX), b"\xff\0".as_slice().into())];
    session.names = Some(vec![(Id::of_shard(a, 2), Name::Hook("get".into()))]);
    sessions
}

/// The last changes of a session and of one that is gone.
fn marks() -> Marks {
    let mark = |shard, removed| Mark {
        stamp: Stamp { counter: 7, shard },
        removed,
    };
    vec![
        ("app".to_owned(), mark(shard(b'b'), None)),
        ("gone".to_owned(), mark(shard(b'a'), Some(9))),
    ]
}

fn without_marks(sessions: Vec<StoredSession>) -> Stored {
    Stored {
        sessions,
        marks: Vec::new(),
    }
}

#[test]
fn last_changes_are_read_as_they_were_written() {
    for sessions in [Vec::new(), sample(), clustered()] {
        let bytes = encode(&sessions, &marks());
        assert_eq!(bytes[0], FORMAT);
        let expected = Stored {
            sessions,
            marks: marks(),
        };
        assert_eq!(decode(&bytes), Ok(expected));
    }
}

/// Sessions as the format without names has them.
fn encode_without_names(sessions: &[StoredSession]) -> Vec<u8> {
    let mut out = vec![WITHOUT_NAMES];
    write_number(&mut out, sessions.len() as u64);
    for session in sessions {
        let bytes = encode(
            &[StoredSession {
                names: None,
                ..session.clone()
            }],
            &[],
        );
        // Without the format, the number of sessions and the flag that there are no names.
        out.extend_from_slice(&bytes[9..bytes.len() - 1]);
    }
    out
}

#[test]
fn sessions_are_read_as_they_were_written() {
    for sessions in [sample(), clustered(), Vec::new()] {
        assert_eq!(decode(&encode(&sessions, &[])), Ok(without_marks(sessions)));
    }
    assert_eq!(decode(b""), Ok(Stored::default()));
}

#[test]
fn an_id_of_another_shard_anywhere_is_stored() {
    let foreign = Id::of_shard(shard(b'c'), 3);
    let places: [fn(&mut StoredSession, Id); 4] = [
        |session, id| session.made.push(id),
        |session, id| session.registrations.push(id),
        |session, id| session.dynamic.push((id, b"".as_slice().into())),
        |session, id| session.names = Some(vec![(id, Name::Hook("get".into()))]),
    ];
    for (place, put) in places.iter().enumerate() {
        let mut sessions = sample();
        put(&mut sessions[0], foreign);
        let bytes = encode(&sessions, &[]);
        assert_eq!(bytes[0], FORMAT, "place {place}");
        assert_eq!(decode(&bytes), Ok(without_marks(sessions)), "place {place}");
    }
}

#[test]
fn engines_that_know_no_shards_read_what_a_server_outside_of_a_cluster_writes() {
    assert_eq!(encode(&sample(), &[])[0], WITHOUT_SHARDS);
    assert_eq!(encode(&[], &[])[0], WITHOUT_SHARDS);
    let mut bytes = vec![WITHOUT_SHARDS];
    let empty = StoredSession {
        id: "s".into(),
        made: vec![Id::of(258)],
        ..StoredSession::default()
    };
    write_number(&mut bytes, 1);
    write_bytes(&mut bytes, b"s");
    bytes.push(0);
    write_number(&mut bytes, 0);
    write_bytes(&mut bytes, b"");
    bytes.push(0);
    write_number(&mut bytes, 0);
    write_number(&mut bytes, 1);
    write_number(&mut bytes, 258);
    write_number(&mut bytes, 0);
    write_number(&mut bytes, 0);
    bytes.extend([0, 0]);
    assert_eq!(encode(&[empty], &[]), bytes);
}

#[test]
fn sessions_without_names_are_read() {
    let bytes = encode_without_names(&sample());
    let mut expected = sample();
    for session in &mut expected {
        session.names = None;
    }
    let again = encode(&expected, &[]);
    let expected = without_marks(expected);
    assert_eq!(decode(&bytes), Ok(expected.clone()));
    assert_eq!(decode(&again), Ok(expected));
    for end in 1..bytes.len() {
        assert!(decode(&bytes[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn a_dynamic_registration_is_read_as_it_was_written() {
    let own = (Id::of(7), DYNAMIC_WITHOUT_SHARD);
    let foreign = (Id::of_shard(shard(b'b'), 7), DYNAMIC_FORMAT);
    for (id, format) in [own, foreign] {
        let bytes = encode_dynamic("app", id, b"\xff\0");
        assert_eq!(bytes[0], format);
        let expected = ("app".to_owned(), id, b"\xff\0".as_slice().into());
        assert_eq!(decode_dynamic(&bytes), Ok(expected));
        for end in 0..bytes.len() {
            assert!(decode_dynamic(&bytes[..end]).is_err(), "cut at {end}");
        }
    }
    assert_eq!(decode_dynamic(&[DYNAMIC_FORMAT + 1]), Err(Damaged::Newer));
    let older = [DYNAMIC_WITHOUT_SHARD - 1];
    assert_eq!(decode_dynamic(&older), Err(Damaged::Wrong));
}

#[test]
fn every_cut_is_noticed() {
    for (sessions, marks) in [(sample(), Vec::new()), (clustered(), marks())] {
        let whole = encode(&sessions, &marks);
        for end in 1..whole.len() {
            assert!(decode(&whole[..end]).is_err(), "cut at {end}");
        }
    }
}

#[test]
fn no_byte_makes_it_panic() {
    for (sessions, marks) in [(sample(), Vec::new()), (clustered(), marks())] {
        let whole = encode(&sessions, &marks);
        for place in 0..whole.len() {
            for bit in 0..8 {
                let mut damaged = whole.clone();
                damaged[place] ^= 1 << bit;
                let _ = decode(&damaged);
            }
        }
    }
    assert_eq!(decode(&[FORMAT + 1]), Err(Damaged::Newer));
    assert_eq!(decode(&[WITHOUT_NAMES - 1]), Err(Damaged::Wrong));
}
