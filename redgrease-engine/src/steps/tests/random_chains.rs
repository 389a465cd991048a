//! Random chains of operations on random numbers of shards: the results are those of one server.

use super::cluster::{Manner, on_shards, spread};
use super::*;
use crate::steps::{Collect, Count};
use proptest::prelude::*;

/// The operations of a chain. Each one takes numbers and makes numbers, so that any chain of them makes sense. What it makes
/// does not depend on the order of the records, or on the shards that they are on.
#[derive(Debug, Clone, Copy)]
enum Link {
    Map,
    Filter,
    FlatMap,
    AsyncMap,
    Collect,
    Repartition,
    GroupBy,
    AsyncGroupBy,
    BatchGroupBy,
    CountBy,
    Count,
    Sum,
    LimitOfAll,
}

/// The number of a group.
fn number() -> Step {
    map("lambda g: g['value'] * 31 + int(g['key'])")
}

impl Link {
    fn steps(self) -> Vec<Step> {
        match self {
            Link::Map => vec![map("lambda x: x * 3 + 1")],
            Link::Filter => vec![filter("lambda x: x % 3 != 1")],
            Link::FlatMap => vec![flatmap("lambda x: [x, x + 1] if x % 2 else []")],
            Link::AsyncMap => vec![Map(coroutine("return args[0] + 5")).into()],
            Link::Collect => vec![Collect.into()],
            Link::Repartition => vec![repartition("lambda x: x % 7")],
            Link::GroupBy => {
                let reducer = "lambda k, a, x: (a or 0) + x";
                vec![groupby("lambda x: x % 5", reducer), number()]
            }
            Link::AsyncGroupBy => {
                let group = GroupBy {
                    extractor: plain("lambda x: x % 4"),
                    reducer: coroutine("return max(args[1] or 0, args[2])"),
                    local: false,
                };
                vec![group.into(), number()]
            }
            Link::BatchGroupBy => {
                let reducer = "lambda k, r: sum(r) * len(r)";
                vec![batchgroupby("lambda x: x % 3", reducer), number()]
            }
            Link::CountBy => vec![countby("lambda x: x % 6"), number()],
            Link::Count => vec![Count.into()],
            Link::Sum => {
                let sum = accumulate("lambda a, x: (a or 0) + x");
                vec![Collect.into(), sum]
            }
            // Which records pass a limit depends on their order. Their number does not.
            Link::LimitOfAll => vec![Collect.into(), map("lambda x: 7"), limit(5, 1)],
        }
    }
}

fn link() -> impl Strategy<Value = Link> {
    prop_oneof![
        Just(Link::Map),
        Just(Link::Filter),
        Just(Link::FlatMap),
        Just(Link::AsyncMap),
        Just(Link::Collect),
        Just(Link::Repartition),
        Just(Link::GroupBy),
        Just(Link::AsyncGroupBy),
        Just(Link::BatchGroupBy),
        Just(Link::CountBy),
        Just(Link::Count),
        Just(Link::Sum),
        Just(Link::LimitOfAll),
    ]
}

fn steps(chain: &[Link]) -> Vec<Step> {
    chain.iter().flat_map(|link| link.steps()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_chain_has_the_results_of_one_server(
        chain in prop::collection::vec(link(), 0..6),
        records in prop::collection::vec(-50_i64..1000, 0..60),
        shards in prop::sample::select(vec![1, 2, 3, 7]),
        seed in any::<u64>(),
        room in prop::sample::select(vec![1, 2, usize::MAX]),
        most_waiting in prop::sample::select(vec![1, 3, usize::MAX]),
    ) {
        let expected = ran(steps(&chain), &format!("{records:?}"));
        prop_assert_eq!(&expected.errors, &[""; 0]);
        let manner = Manner { seed, room, most_waiting };
        let outcomes = on_shards(steps(&chain), &spread(&records, shards), manner);
        prop_assert_eq!(outcomes.results, sorted(expected.results));
        prop_assert!(outcomes.errors.iter().all(Vec::is_empty));
    }
}
