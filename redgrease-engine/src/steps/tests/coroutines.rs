//! Operations whose function is `async`.

use super::*;
use crate::steps::{Operation, Straight, straight};

fn reducing(extractor: Callback, reducer: Callback) -> Step {
    GroupBy {
        extractor,
        reducer,
        local: false,
    }
    .into()
}

#[test]
fn map_awaits_the_result() {
    let ran = ran([Map(coroutine("return args[0] + 1")).into()], "[1, 2]");
    assert_eq!(
        (ran.results, ran.awaited),
        (vec!["2".to_owned(), "3".to_owned()], 2)
    );
}

#[test]
fn filter_awaits_the_answer_and_passes_the_record_on() {
    let ran = ran([Filter(coroutine("return args[0] > 1")).into()], "[1, 2]");
    assert_eq!((ran.results, ran.awaited), (vec!["2".to_owned()], 2));
}

#[test]
fn flatmap_takes_an_awaited_list_apart() {
    let ran = ran([FlatMap(coroutine("return args[0]")).into()], "[[1, 2], 3]");
    assert_eq!(ran.results, ["2", "1", "3"]);
    assert_eq!(ran.awaited, 2);
}

#[test]
fn foreach_awaits_and_passes_the_record_on() {
    let ran = ran([ForEach(coroutine("return 'other'")).into()], "[1]");
    assert_eq!((ran.results, ran.awaited), (vec!["1".to_owned()], 1));
}

#[test]
fn accumulate_awaits_each_accumulator() {
    let steps = [Accumulate(coroutine("return (args[0], args[1])")).into()];
    let ran = ran(steps, "[1, 2]");
    assert_eq!(
        (ran.results, ran.awaited),
        (vec!["((None, 1), 2)".to_owned()], 2)
    );
}

#[test]
fn groupby_awaits_its_reducer() {
    let reducer = coroutine("return (args[1] or 0) + args[2]");
    let ran = ran([reducing(plain("lambda x: x % 2"), reducer)], "[1, 2, 3]");
    let expected = ["{'key': '0', 'value': 2}", "{'key': '1', 'value': 4}"];
    assert_eq!(sorted(ran.results), expected);
    assert_eq!(ran.awaited, 3);
}

#[test]
fn an_awaited_error_counts_as_the_error_of_the_step() {
    let failing = || coroutine("raise ValueError('no')");
    for step in [
        Step::from(Map(failing())),
        Filter(failing()).into(),
        FlatMap(failing()).into(),
        ForEach(failing()).into(),
        Accumulate(failing()).into(),
        reducing(plain("lambda x: x"), failing()),
    ] {
        let name = format!("{step:?}");
        let ran = ran([step], "[1, 2]");
        assert_eq!(ran.errors, ["ValueError: no"], "{name}");
        assert!(ran.results.is_empty(), "{name}");
        assert_eq!((ran.read, ran.awaited), (1, 1), "{name}");
    }
}

#[test]
fn an_extractor_must_not_be_async() {
    let async_key = || coroutine("return 'k'");
    for step in [
        reducing(async_key(), plain("lambda k, a, x: 1")),
        BatchGroupBy {
            extractor: async_key(),
            reducer: plain("lambda k, r: 1"),
        }
        .into(),
        CountBy(async_key()).into(),
        Repartition(async_key()).into(),
    ] {
        let ran = ran([step], "[1]");
        assert_eq!(
            ran.errors,
            ["flat_error: coroutine are not allow on extractor"]
        );
        assert_eq!(ran.awaited, 0);
        assert!(ran.results.is_empty());
    }
}

#[test]
fn a_batch_reducer_must_not_be_async() {
    let step = BatchGroupBy {
        extractor: plain("lambda x: x"),
        reducer: coroutine("return 1"),
    };
    let ran = ran([step.into()], "[1, 2]");
    assert_eq!(
        ran.errors,
        ["flat_error: coroutine are not allow on reduce"; 2]
    );
    assert_eq!(ran.awaited, 0);
}

#[test]
fn a_refused_coroutine_is_closed() {
    with_python(|py| {
        let coroutine = coroutine("pass").call0(py).unwrap();
        crate::python::coroutine_refused(&coroutine, "reduce");
        let again = coroutine.call_method1("send", (crate::python::none(py),));
        let text = error_text(py, &again.unwrap_err());
        assert_eq!(text, "RuntimeError: cannot reuse already awaited coroutine");
    });
}

/// The pipeline takes the result that it is given, and not that of the coroutine it returned.
#[test]
fn a_pipeline_continues_with_the_result_it_is_given() {
    let steps: Arc<[Step]> = [Map(coroutine("return 1")).into(), map("lambda x: [x]")]
        .into_iter()
        .collect();
    with_python(|py| {
        let mut pipeline = Pipeline::new(py, &steps);
        pipeline.push(eval(py, "0"));
        let Advance::Await(ticket, coroutine) = pipeline.advance(py, |_| Read::End) else {
            panic!("the pipeline does not wait");
        };
        coroutine.call_method0("close").unwrap();
        pipeline.resume(py, ticket, Ok(eval(py, "'other'")));
        assert!(ended(py, &mut pipeline));
        assert_eq!(
            outcome(py, pipeline),
            (vec!["['other']".to_owned()], vec![])
        );
    });
}

#[test]
fn records_behind_a_coroutine_wait_for_it() {
    let steps = [
        flatmap("lambda x: x"),
        Map(coroutine("return args[0] * 10")).into(),
    ];
    let ran = ran(steps, "[[1, 2, 3]]");
    assert_eq!(ran.results, ["30", "20", "10"]);
    assert_eq!(ran.awaited, 3);
}

#[test]
fn records_inside_go_on_after_an_awaited_error() {
    let steps = [
        flatmap("lambda x: x"),
        Map(coroutine("return 6 // args[0]")).into(),
    ];
    let ran = ran(steps, "[[1, 0, 2]]");
    assert_eq!(ran.results, ["3", "6"]);
    assert_eq!(
        ran.errors,
        ["ZeroDivisionError: integer division or modulo by zero"]
    );
}

#[test]
fn a_fold_behind_a_coroutine_takes_its_results() {
    let steps = [
        Map(coroutine("return args[0] + 1")).into(),
        accumulate("lambda a, x: (a or 0) + x"),
    ];
    assert_eq!(ran(steps, "[1, 2]").results, ["5"]);
}

#[test]
fn an_awaited_list_is_counted_by_the_next_step() {
    let steps = [
        FlatMap(coroutine("return args[0].split()")).into(),
        countby("lambda x: x"),
    ];
    let expected = ["{'key': 'b', 'value': 1}", "{'key': 'a', 'value': 2}"];
    assert_eq!(results(steps, "['a a b']"), expected);
}

#[test]
fn a_second_result_of_a_coroutine_is_ignored() {
    let steps: Arc<[Step]> = [Map(coroutine("return 1")).into()].into_iter().collect();
    with_python(|py| {
        let mut pipeline = Pipeline::new(py, &steps);
        pipeline.push(eval(py, "0"));
        let Advance::Await(ticket, coroutine) = pipeline.advance(py, |_| Read::End) else {
            panic!("the pipeline does not wait");
        };
        pipeline.resume(py, ticket, driven(&coroutine));
        pipeline.resume(py, ticket, Ok(eval(py, "2")));
        assert!(ended(py, &mut pipeline));
        assert_eq!(outcome(py, pipeline), (vec!["1".to_owned()], vec![]));
    });
}

/// The short way hands over to a pipeline at the step of the coroutine.
#[test]
fn a_pipeline_takes_over_where_the_short_way_waits() {
    let steps: Arc<[Step]> = [
        map("lambda x: x + 1"),
        Map(coroutine("return args[0] * 10")).into(),
        map("lambda x: [x]"),
    ]
    .into_iter()
    .collect();
    with_python(|py| {
        let Ok(Straight::Waiting { coroutine, index }) = straight(&steps, eval(py, "1")) else {
            panic!("the short way did not wait");
        };
        assert_eq!(index, 1);
        let mut pipeline = Pipeline::waiting_at(&steps, index, coroutine);
        let (ticket, coroutine) = pipeline.next_coroutine().unwrap();
        pipeline.resume(py, ticket, driven(coroutine.bind(py)));
        assert!(ended(py, &mut pipeline));
        assert_eq!(outcome(py, pipeline), (vec!["[20]".to_owned()], vec![]));
    });
}

/// `gearsFuture()` is awaited like a coroutine.
#[test]
fn a_future_is_awaited() {
    let step = Step::from(Map(plain("lambda future: future")));
    with_python(|py| {
        let future = Py::new(py, crate::python::GearsFuture::new()).unwrap();
        let mut memory = step.operation().memory(py);
        let flow = step
            .operation()
            .apply(&mut memory, future.into_bound(py).into_any());
        assert!(
            matches!(flow, Ok(crate::steps::Flow::Await { kept: None, .. })),
            "{flow:?}"
        );
    });
}

#[test]
fn operations_that_never_await_pass_a_result_on() {
    with_python(|py| {
        let step = crate::steps::Collect;
        let mut memory = step.memory(py);
        let flow = step.resume(&mut memory, None, Ok(eval(py, "7"))).unwrap();
        assert!(
            matches!(&flow, crate::steps::Flow::One(record) if repr(record) == "7"),
            "{flow:?}"
        );
    });
}
