//! Messages, and locks.

use super::*;

#[test]
fn messages_are_read_as_they_were_written() {
    let stamp = Stamp {
        counter: 7,
        shard: shard(3),
    };
    let mark = Mark {
        stamp,
        removed: Some(1),
    };
    let stored = session("app", "t", 1);
    let ops = vec![
        Op::Put(Box::new(stored.clone())),
        Op::Remove {
            session: "s".into(),
            id: Id::of_shard(shard(1), 5),
            ends: true,
            withdraws: false,
        },
        Op::Add {
            session: "s".into(),
            id: Id::of_shard(shard(1), 6),
            registration: b"\xff".as_slice().into(),
        },
    ];
    let bases = vec![("app".to_owned(), Some(stamp)), ("s".to_owned(), None)];
    let all = [
        Said::Prepare(Proposal { stamp, bases, ops }),
        Said::Ready(stamp),
        Said::Preparing(stamp),
        Said::Refused(stamp, Refusal::passing("no".into())),
        Said::Refused(stamp, Refusal::lasting("no".into())),
        Said::Commit(stamp),
        Said::Made(stamp),
        Said::Late(stamp),
        Said::Abort(stamp),
        Said::Ask,
        Said::List(vec![("app".into(), mark)]),
        Said::Fetch(vec!["app".into()]),
        Said::State("app".into(), mark, None),
        Said::Unknown("app".into()),
        Said::State("app".into(), mark, Some(Box::new(stored))),
    ];
    for said in all {
        let bytes = said.write();
        for end in 0..bytes.len() {
            assert!(Said::read(&bytes[..end]).is_err(), "{said:?} cut at {end}");
        }
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 0x55;
            let _ = Said::read(&damaged);
        }
        assert_eq!(Said::read(&bytes), Ok(said));
    }
    assert_eq!(Said::read(&[2]), Err(Damaged::Newer));
}

#[test]
fn names_are_locked_until_the_end_of_a_change() {
    let stamp = |counter| Stamp {
        counter,
        shard: shard(1),
    };
    let ops = |id, trigger| [Op::Put(Box::new(session(id, trigger, 1)))];
    let mut promises = Promises::default();
    assert_eq!(promises.promise(stamp(1), locks(&ops("s", "t"))), Ok(()));
    let taken = promises
        .promise(stamp(2), locks(&ops("u", "t")))
        .unwrap_err();
    assert_eq!(taken.to_string(), "the trigger t is taken");
    let taken = promises
        .promise(stamp(2), locks(&ops("s", "v")))
        .unwrap_err();
    assert_eq!(taken.to_string(), "Session s has changed");
    assert_eq!(promises.promise(stamp(2), locks(&ops("u", "v"))), Ok(()));
    promises.end(stamp(1));
    assert!(promises.has_session("u") && !promises.has_session("s"));
    promises.end(stamp(2));
    assert!(promises.is_empty());
}
