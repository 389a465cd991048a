//! Passing records through the steps, one at a time and as far as they go.

use super::{
    Flow, accumulate, batchgroupby, count, countby, filter, flatmap, foreach, groupby, limit, map,
    to_text,
};
use crate::order::Ordered;
use crate::plan::Step;
use crate::python::{Counter, Gil, Object, Raised, text_of};

/// The steps of a plan with what they remember during one execution.
pub(crate) struct Pipeline<'plan, 'py> {
    py: Gil<'py>,
    steps: &'plan [Step],
    memories: Vec<Memory<'py>>,
    results: Vec<Object<'py>>,
    errors: Vec<Raised>,
    full: bool,
}

#[derive(Debug)]
enum Memory<'py> {
    Nothing,
    Accumulator(Option<Object<'py>>),
    Count(i64),
    Counts(Counter<'py>),
    Groups(groupby::Groups<'py>),
    Batches(batchgroupby::Batches<'py>),
    Limit(limit::Left),
}

impl<'plan, 'py> Pipeline<'plan, 'py> {
    pub(crate) fn new(py: Gil<'py>, steps: &'plan [Step]) -> Self {
        let memories = steps
            .iter()
            .map(|step| match step {
                Step::Accumulate(_) => Memory::Accumulator(None),
                Step::Count => Memory::Count(0),
                Step::CountBy(_) => Memory::Counts(Counter::new(py)),
                Step::GroupBy { .. } => Memory::Groups(Ordered::default()),
                Step::BatchGroupBy { .. } => Memory::Batches(Ordered::default()),
                Step::Limit { length, start } => Memory::Limit(limit::Left::new(*length, *start)),
                _ => Memory::Nothing,
            })
            .collect();
        let full = steps
            .iter()
            .any(|step| matches!(step, Step::Limit { length: 0, .. }));
        Pipeline {
            py,
            steps,
            memories,
            results: Vec::new(),
            errors: Vec::new(),
            full,
        }
    }

    /// A reader stops at the first error that got through, and when a limit is reached. (Records
    /// that are inside already, in the elements of a list for instance, still go on.)
    pub(crate) fn wants_more(&self) -> bool {
        self.errors.is_empty() && !self.full
    }

    /// If all that is asked of the records is their number, readers need not make them.
    pub(crate) fn only_counts(&self) -> bool {
        matches!(self.steps.first(), Some(Step::Count))
    }

    /// `records` more, for [`Pipeline::only_counts`].
    pub(crate) fn add_count(&mut self, records: usize) {
        if let Some(Memory::Count(count)) = self.memories.first_mut() {
            *count += i64::try_from(records).unwrap_or(i64::MAX);
        }
    }

    pub(crate) fn push(&mut self, record: Object<'py>) {
        self.advance(0, record);
    }

    pub(crate) fn fail(&mut self, error: Raised) {
        self.errors.push(error);
    }

    fn advance(&mut self, mut index: usize, mut record: Object<'py>) {
        while let Some(step) = self.steps.get(index) {
            let flow = match (step, &mut self.memories[index]) {
                (Step::Map(function), _) => map::apply(function, &record),
                (Step::Filter(function), _) => filter::apply(function, record),
                (Step::FlatMap(function), _) => flatmap::apply(function, &record),
                (Step::ForEach(function), _) => foreach::apply(function, record),
                (Step::Accumulate(function), Memory::Accumulator(accumulator)) => {
                    accumulate::apply(function, accumulator, &record)
                }
                (Step::Count, Memory::Count(count)) => {
                    *count += 1;
                    Ok(Flow::Nothing)
                }
                (Step::CountBy(extractor), Memory::Counts(counts)) => {
                    countby::apply(extractor, counts, &record)
                }
                (Step::GroupBy { extractor, reducer }, Memory::Groups(groups)) => {
                    groupby::apply(extractor, reducer, groups, &record)
                }
                (Step::BatchGroupBy { extractor, .. }, Memory::Batches(batches)) => {
                    batchgroupby::apply(extractor, batches, record)
                }
                (Step::Limit { .. }, Memory::Limit(left)) => {
                    let flow = left.apply(record);
                    self.full |= left.is_used_up();
                    Ok(flow)
                }
                // The key decides about the shard: a server on its own keeps all records.
                (Step::Repartition(extractor), _) => {
                    extractor.call1(&record).map(|_| Flow::One(record))
                }
                (Step::ToText, _) => to_text::apply(&record),
                // A finished fold takes no more records.
                (
                    Step::Accumulate(_)
                    | Step::Count
                    | Step::CountBy(_)
                    | Step::GroupBy { .. }
                    | Step::BatchGroupBy { .. }
                    | Step::Limit { .. },
                    _,
                ) => Ok(Flow::Nothing),
                // Brings the records of all shards together: a server on its own has them all.
                (Step::Collect, _) => Ok(Flow::One(record)),
            };
            index += 1;
            match flow {
                Ok(Flow::One(next)) => record = next,
                Ok(flow) => return self.spread(index, flow),
                Err(raised) => return self.errors.push(raised),
            }
        }
        self.results.push(record);
    }

    fn spread(&mut self, index: usize, flow: Flow<'py>) {
        match flow {
            Flow::One(record) => self.advance(index, record),
            Flow::Many(records) => {
                for record in records {
                    self.advance(index, record);
                }
            }
            Flow::Nothing => {}
        }
    }

    fn finish_batches(&mut self, index: usize, batches: batchgroupby::Batches<'py>) -> Flow<'py> {
        let Some(Step::BatchGroupBy { reducer, .. }) = self.steps.get(index) else {
            return Flow::Nothing;
        };
        let mut records = Vec::new();
        for outcome in batchgroupby::finish(reducer, batches) {
            match outcome {
                Ok(record) => records.push(record),
                Err(raised) => self.errors.push(raised),
            }
        }
        Flow::Many(records)
    }

    /// Lets the folds give what they have, first to last.
    pub(crate) fn finish(mut self) -> (Vec<Object<'py>>, Vec<Raised>) {
        for index in 0..self.steps.len() {
            // A limit goes on counting what the folds before it give.
            if let Memory::Limit(_) = self.memories[index] {
                continue;
            }
            let memory = std::mem::replace(&mut self.memories[index], Memory::Nothing);
            let flow = match memory {
                Memory::Nothing | Memory::Limit(_) => continue,
                Memory::Accumulator(accumulator) => Ok(accumulate::finish(accumulator)),
                Memory::Count(number) => Ok(count::finish(self.py, number)),
                Memory::Counts(counts) => countby::finish(counts),
                Memory::Groups(groups) => groupby::finish(groups),
                Memory::Batches(batches) => Ok(self.finish_batches(index, batches)),
            };
            match flow {
                Ok(flow) => self.spread(index + 1, flow),
                Err(raised) => self.errors.push(raised),
            }
        }
        (self.results, self.errors)
    }
}

/// The result of a plan that only replaces records (`map`, `str`, `collect`): most commands are
/// like that, and need none of the bookkeeping above.
pub(crate) fn straight<'py>(steps: &[Step], record: Object<'py>) -> Result<Object<'py>, Raised> {
    let mut record = record;
    for step in steps {
        match step {
            Step::Map(function) => record = function.call1(&record)?,
            Step::ToText => record = text_of(&record)?,
            _ => {}
        }
    }
    Ok(record)
}

/// Whether [`straight`] is enough for these steps.
pub(crate) fn is_straight(steps: &[Step]) -> bool {
    steps
        .iter()
        .all(|step| matches!(step, Step::Map(_) | Step::ToText | Step::Collect))
}
