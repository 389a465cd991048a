//! What a server with gears does: one sample after the other, and what follows from them.
//!
//! | module | purpose |
//! |---|---|
//! | `source` | asks the server for a sample, as cheaply as it can |
//! | `reply` | replies of one server and of all shards |
//! | `merged` | the registrations of all shards as one list |
//! | `info` | the fields of `INFO` |
//! | `sample` | what the server said at one moment |
//! | `view` | what is shown |
//! | `rates` | what happened between two samples |
//! | `history` | the last minutes, for plots |
//! | `problems` | the last errors |
//! | `traceback` | the frames of an error, with the lines of the source |

mod history;
mod info;
mod merged;
mod problems;
mod rates;
mod reply;
mod sample;
mod source;
mod traceback;
mod view;

pub(super) use history::{History, Point};
pub(super) use problems::Problem;
pub(super) use source::Source;
pub(super) use traceback::{Frame, Traceback};
pub(super) use view::{
    ExecutionView, RegistrationView, RequirementView, ServerView, SessionView, ShardView, View,
};

use history::Sparks;
use problems::Problems;
use rates::Rates;
use sample::Sample;
use std::collections::BTreeMap;
use std::collections::HashMap;

/// Remembers what is needed to compare samples.
#[derive(Default)]
pub(super) struct Model {
    rates: Rates,
    history: History,
    sparks: Sparks,
    problems: Problems,
    /// When a running execution was seen first, in milliseconds since 1970.
    seen: HashMap<String, u64>,
}

impl Model {
    /// What a new sample shows.
    pub(super) fn view(&mut self, sample: &Sample) -> View {
        let mut view = View::of(sample);
        self.rates.fill(sample, &mut view);
        self.problems.look(&view, sample);
        self.see(&mut view);
        view.problems = self.problems.rows();
        self.history.push(&view);
        self.sparks.push(&view);
        view
    }

    pub(super) fn history(&self) -> &History {
        &self.history
    }

    /// The last rates of each registration that ran in that time.
    pub(super) fn sparks(&self) -> BTreeMap<String, Vec<f64>> {
        self.sparks.rows()
    }

    /// Servers tell the duration of an execution when it is over.
    fn see(&mut self, view: &mut View) {
        let mut seen = HashMap::new();
        for execution in view.executions.iter_mut().filter(|it| !it.is_over) {
            let first = self.seen.get(&execution.id).copied().unwrap_or(view.at);
            execution.duration_ms = execution.duration_ms.max(view.at.saturating_sub(first));
            seen.insert(execution.id.clone(), first);
        }
        self.seen = seen;
    }
}
