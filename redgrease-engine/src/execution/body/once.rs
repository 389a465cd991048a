//! A function that is called once, by the end that comes first.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The function that hears the outcome of some work. The work has several ends: its own, a refusal, and a limit that gives it up.
/// Python that is given up keeps a reference, and not the function.
pub(crate) struct Once<T>(Arc<Mutex<Option<Function<T>>>>);

type Function<T> = Box<dyn FnOnce(T) + Send>;

impl<T> Once<T> {
    pub(crate) fn new(function: impl FnOnce(T) + Send + 'static) -> Once<T> {
        Once(Arc::new(Mutex::new(Some(Box::new(function)))))
    }

    /// Calls the function, unless it was called before.
    pub(crate) fn call(&self, outcome: T) {
        let function = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(function) = function {
            function(outcome);
        }
    }
}

impl<T> Clone for Once<T> {
    fn clone(&self) -> Self {
        Once(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Once<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Once")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn the_first_outcome_counts() {
        let (sender, outcomes) = mpsc::channel();
        let once = Once::new(move |outcome| sender.send(outcome).unwrap());
        once.clone().call(1);
        once.call(2);
        assert_eq!(outcomes.iter().collect::<Vec<_>>(), [1]);
    }
}
