//! The records that a part sends to other shards.

use super::super::cause::BegunElsewhere;
use super::*;
use crate::execution::Execution;
use crate::plan::{Plan, Reader, Source};
use crate::python::Movement;
use crate::steps::{Exchange, Target};
use crate::testing::{eval, repr, with_python};

const MOVER: MoverId = MoverId(0);

/// The records of the batches that were sent, by message.
fn sent(post: &Written) -> Vec<Vec<u8>> {
    let letters = post.letters.lock().unwrap();
    let batches =
        letters.iter().filter_map(
            |(_, _, bytes)| match Message::read(bytes, id('b')).unwrap().1 {
                Message::Batch(MOVER, bytes) => Some(bytes.to_vec()),
                _ => None,
            },
        );
    batches.collect()
}

/// The size of an object is known when it is written.
#[test]
fn records_that_turn_out_to_be_large_go_in_several_messages() {
    let post = Arc::new(Written::default());
    let part = part_of_a(1015, &post);
    with_python(|py| {
        let plan = Arc::new(Plan::new(Reader::Command, [].into()));
        let cause = Arc::new(BegunElsewhere::new(None, None, false));
        let execution = Execution::new(part.run.execution, plan, Source::Nothing, cause);
        drop(Shared::begin(Arc::clone(&part), py, &execution).unwrap());
        let mut errors = Vec::new();
        for size in [200_000, 300_000, 400_000, 3_000_000, 1, 2] {
            let object = format!("__import__('types').SimpleNamespace(x='a' * {size})");
            let record = eval(py, &object);
            let stays = part.move_record(MOVER, Target::Initiator, record, &mut errors);
            assert!(stays.is_none());
        }
        // It is an error once, however often its batch is written.
        let lock = eval(py, "__import__('threading').Lock()");
        assert!(
            part.move_record(MOVER, Target::Initiator, lock, &mut errors)
                .is_none()
        );
        Exchange::ended(&*part, py, MOVER, &mut errors);
        assert_eq!(errors.len(), 1);
        let movement = Movement::new(py, std::iter::empty()).unwrap();
        let mut sizes = Vec::new();
        for batch in sent(&post) {
            let records = movement.read(py, &batch, &mut errors).unwrap();
            assert!(
                batch.len() <= 1 << 20 || records.len() == 1,
                "{}",
                batch.len()
            );
            sizes.extend(
                records
                    .iter()
                    .map(|one| repr(one).len() - "namespace(x='')".len()),
            );
        }
        assert_eq!(sizes, [200_000, 300_000, 400_000, 3_000_000, 1, 2]);
    });
    part.refuse("");
}
