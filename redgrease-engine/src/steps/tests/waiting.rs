//! Records that wait while others go on.

use super::*;
use crate::python::Handle;
use proptest::prelude::*;

/// A pipeline over the elements of a list, whose coroutines end when the test says so.
struct Waiting<'py> {
    py: Gil<'py>,
    pipeline: Pipeline,
    records: Vec<Object<'py>>,
    read: usize,
    waits: Vec<(Ticket, Handle)>,
}

impl<'py> Waiting<'py> {
    fn new(py: Gil<'py>, steps: impl IntoIterator<Item = Step>, records: &str) -> Self {
        let steps: Arc<[Step]> = steps.into_iter().collect();
        let records = List::new(&eval(py, records)).unwrap();
        Waiting {
            py,
            pipeline: Pipeline::new(py, &steps),
            records: (0..records.len())
                .filter_map(|place| records.get(place))
                .collect(),
            read: 0,
            waits: Vec::new(),
        }
    }

    /// Goes on until nothing can go on. `true` at the end.
    fn advance(&mut self) -> bool {
        loop {
            let (records, read) = (&self.records, &mut self.read);
            let advance = self.pipeline.advance(self.py, |pipeline| {
                let next = records.get(*read).filter(|_| pipeline.wants_more());
                let Some(record) = next else {
                    return Read::End;
                };
                *read += 1;
                pipeline.push(record.clone());
                Read::More
            });
            match advance {
                Advance::Await(ticket, coroutine) => {
                    self.waits.push((ticket, coroutine.unbind().into()));
                }
                Advance::Wait => return false,
                Advance::End => return true,
            }
        }
    }

    /// Lets the coroutine end that began at this place among those that run.
    fn end(&mut self, place: usize) {
        let (ticket, coroutine) = self.waits.remove(place);
        let outcome = driven(coroutine.bind(self.py));
        self.pipeline.resume(self.py, ticket, outcome);
    }

    /// Runs to the end. `choose` picks the coroutine that ends next, from their number.
    fn run(mut self, mut choose: impl FnMut(usize) -> usize) -> (Vec<String>, Vec<String>) {
        while !self.advance() {
            self.end(choose(self.waits.len()));
        }
        outcome(self.py, self.pipeline)
    }
}

fn tenfold() -> Step {
    Map(coroutine("return args[0] * 10")).into()
}

#[test]
fn records_behind_one_that_waits_go_on() {
    with_python(|py| {
        let mut waiting = Waiting::new(py, [tenfold(), map("lambda x: x + 1")], "[1, 2, 3]");
        assert!(!waiting.advance());
        assert_eq!((waiting.read, waiting.waits.len()), (3, 3));
        waiting.end(2);
        waiting.end(0);
        assert!(!waiting.advance());
        waiting.end(0);
        assert!(waiting.advance());
        let (results, errors) = outcome(py, waiting.pipeline);
        assert_eq!(results, ["11", "21", "31"]);
        assert!(errors.is_empty());
    });
}

#[test]
fn a_fold_ends_when_no_record_waits() {
    with_python(|py| {
        let mut waiting = Waiting::new(py, [tenfold(), crate::steps::Count.into()], "[1, 2]");
        assert!(!waiting.advance());
        waiting.end(1);
        assert!(!waiting.advance());
        waiting.end(0);
        assert!(waiting.advance());
        assert_eq!(outcome(py, waiting.pipeline).0, ["2"]);
    });
}

#[test]
fn no_more_records_wait_than_the_number_that_is_set() {
    with_python(|py| {
        let mut waiting = Waiting::new(py, [tenfold()], "list(range(10))");
        waiting.pipeline.let_wait(3);
        let mut ended = waiting.advance();
        while !ended {
            assert!(waiting.waits.len() <= 3);
            assert!(waiting.read <= 10);
            waiting.end(waiting.waits.len() - 1);
            ended = waiting.advance();
        }
        assert_eq!(outcome(py, waiting.pipeline).0.len(), 10);
    });
}

#[test]
fn records_in_line_for_an_accumulator_count_as_waiting() {
    with_python(|py| {
        let fold = Accumulate(coroutine("return (args[0] or 0) + args[1]"));
        let mut waiting = Waiting::new(py, [fold.into()], "list(range(10))");
        waiting.pipeline.let_wait(4);
        assert!(!waiting.advance());
        assert_eq!((waiting.read, waiting.waits.len()), (4, 1));
        assert_eq!(waiting.run(|_| 0).0, ["45"]);
    });
}

#[test]
fn no_more_records_wait_than_a_limit_takes() {
    with_python(|py| {
        let mut waiting = Waiting::new(py, [tenfold(), limit(2, 1)], "list(range(10))");
        assert!(!waiting.advance());
        assert_eq!(waiting.read, 3);
        assert_eq!(waiting.run(|_| 0).0, ["10", "20"]);
        // Those that have passed the limit do not count.
        let mut waiting = Waiting::new(py, [limit(4, 0), tenfold()], "list(range(10))");
        assert!(!waiting.advance());
        assert_eq!((waiting.read, waiting.waits.len()), (4, 4));
        // A fold in between takes any number of records.
        let steps = [tenfold(), crate::steps::Count.into(), limit(1, 0)];
        let mut waiting = Waiting::new(py, steps, "list(range(10))");
        assert!(!waiting.advance());
        assert_eq!(waiting.waits.len(), 10);
    });
}

#[test]
fn an_error_stops_the_reading_and_the_others_go_on() {
    with_python(|py| {
        let step = Map(coroutine("return 6 // args[0]"));
        let mut waiting = Waiting::new(py, [step.into()], "[1, 0, 2, 3]");
        waiting.pipeline.let_wait(3);
        assert!(!waiting.advance());
        waiting.end(1);
        assert!(!waiting.advance());
        assert_eq!(waiting.read, 3);
        let (results, errors) = waiting.run(|_| 0);
        assert_eq!(results, ["6", "3"]);
        assert_eq!(errors.len(), 1);
    });
}

#[test]
fn groups_wait_for_their_own_accumulators_alone() {
    with_python(|py| {
        let step = GroupBy {
            extractor: plain("lambda x: x % 3"),
            reducer: coroutine("return (args[1] or 0) + args[2]"),
            local: false,
        };
        let mut waiting = Waiting::new(py, [step.into()], "list(range(9))");
        assert!(!waiting.advance());
        assert_eq!((waiting.read, waiting.waits.len()), (9, 3));
        let (results, _) = waiting.run(|count| count - 1);
        let expected = [
            "{'key': '0', 'value': 9}",
            "{'key': '1', 'value': 12}",
            "{'key': '2', 'value': 15}",
        ];
        assert_eq!(sorted(results), expected);
    });
}

#[test]
fn a_fold_goes_on_after_an_accumulator_that_failed() {
    with_python(|py| {
        let body =
            "if args[-1] == 1:\n    raise ValueError('no')\nreturn (args[-2] or 0) + args[-1]";
        let group = GroupBy {
            extractor: plain("lambda x: 'k'"),
            reducer: coroutine(body),
            local: false,
        };
        for (step, expected) in [
            (Step::from(Accumulate(coroutine(body))), "5"),
            (group.into(), "{'key': 'k', 'value': 15}"),
        ] {
            let (results, errors) = Waiting::new(py, [step], "[10, 1, 2, 3]").run(|_| 0);
            assert_eq!(results, [expected]);
            assert_eq!(errors, ["ValueError: no"]);
        }
    });
}

/// The steps of the property: `async` and other ones, with and without memory.
fn step(which: u8) -> Step {
    match which {
        0 => Map(coroutine("return args[0] + 1")).into(),
        1 => Filter(coroutine("return args[0] % 3 != 0")).into(),
        2 => FlatMap(coroutine("return [args[0], args[0] + 1]")).into(),
        3 => ForEach(coroutine("return 'other'")).into(),
        4 => Accumulate(coroutine("return (args[0] or 0) + args[1]")).into(),
        5 => map("lambda x: x * 2"),
        6 => flatmap("lambda x: [x, x + 5]"),
        7 => filter("lambda x: x % 5 != 0"),
        _ => accumulate("lambda a, x: (a or 0) + x"),
    }
}

proptest! {
    /// Whatever the order in which coroutines end, and however few may wait: the results are those of a pipeline that waits
    /// for one after the other.
    #[test]
    fn the_order_of_ends_changes_no_result(
        chain in proptest::collection::vec(0..9_u8, 1..5),
        records in proptest::collection::vec(0..20_i32, 0..8),
        choices in proptest::collection::vec(0..64_usize, 1..20),
        most in 1..12_usize,
    ) {
        let records = format!("{records:?}");
        let steps = || chain.iter().map(|which| step(*which));
        let expected = ran(steps(), &records);
        let outcome = with_python(|py| {
            let mut waiting = Waiting::new(py, steps(), &records);
            waiting.pipeline.let_wait(most);
            let mut choices = choices.iter().cycle();
            waiting.run(|count| choices.next().unwrap() % count)
        });
        prop_assert_eq!(outcome, (expected.results, expected.errors));
    }
}
