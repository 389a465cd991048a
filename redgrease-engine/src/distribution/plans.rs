//! Plans on their way to other shards.
//!
//! The functions of a plan are pickled once, and read once on each shard as long as nothing else has pushed them out: so a call
//! of a trigger sends the words of the call and bytes that the other shards know.

use super::begin::Reads;
use crate::execution::Execution;
use crate::plan::{Plan, Source};
use crate::python::Gil;
use crate::scope::SessionOutline;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The number of plans that a shard keeps.
const KEPT: usize = 64;
/// The bytes of all plans that a shard keeps.
const KEPT_BYTES: usize = 64 << 20;

/// A plan that another shard has sent, and the session whose packages it uses.
#[derive(Debug)]
struct Read {
    session: Option<SessionOutline>,
    bytes: Arc<[u8]>,
    plan: Arc<Plan>,
}

static READ: Mutex<VecDeque<Read>> = Mutex::new(VecDeque::new());

fn read() -> MutexGuard<'static, VecDeque<Read>> {
    READ.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The plan and the source of an execution as bytes, and the words of its command.
type Bytes = (Arc<[u8]>, Option<Vec<Vec<u8>>>);

/// The plan and the source of an execution for other shards. What they do not read is left out.
pub(super) fn plan_bytes(
    py: Gil<'_>,
    execution: &Execution,
    reads: Reads,
) -> Result<Bytes, String> {
    let plan = &execution.plan;
    if reads == Reads::Here {
        return Ok((without_source(py, plan)?, None));
    }
    Ok(match execution.source() {
        source @ (Source::Keys(_)
        | Source::Python(_)
        | Source::Repeated(_)
        | Source::Stream { .. }) => (plan.to_portable(py, source)?.into(), None),
        Source::Command(words) => {
            let words = words.iter().map(<[u8]>::to_vec).collect();
            (without_source(py, plan)?, Some(words))
        }
        Source::Key(_) | Source::Messages(_) | Source::Call(_) | Source::Nothing => {
            (without_source(py, plan)?, None)
        }
    })
}

fn without_source(py: Gil<'_>, plan: &Plan) -> Result<Arc<[u8]>, String> {
    if let Some(bytes) = plan.portable.get() {
        return Ok(Arc::clone(bytes));
    }
    let bytes: Arc<[u8]> = plan.to_portable(py, &Source::Nothing)?.into();
    Ok(Arc::clone(plan.portable.get_or_init(|| bytes)))
}

fn place(all: &VecDeque<Read>, session: Option<&SessionOutline>, bytes: &[u8]) -> Option<usize> {
    let is_it = |one: &Read| *one.bytes == *bytes && one.session.as_ref() == session;
    all.iter().position(is_it)
}

/// The plan that was read from these bytes before. A plan with a source of its own is not kept.
pub(super) fn known(session: Option<&SessionOutline>, bytes: &[u8]) -> Option<Arc<Plan>> {
    let mut all = read();
    let at = place(&all, session, bytes)?;
    // The last one that was used is dropped last.
    let one = all.remove(at)?;
    let plan = Arc::clone(&one.plan);
    all.push_back(one);
    Some(plan)
}

/// Keeps a plan that has no source of its own. Two runs may read the same one at once: it is kept once.
pub(super) fn keep(session: Option<&SessionOutline>, bytes: Arc<[u8]>, plan: &Arc<Plan>) {
    let mut dropped = Vec::new();
    {
        let mut all = read();
        let at = place(&all, session, &bytes);
        dropped.extend(at.and_then(|at| all.remove(at)));
        all.push_back(Read {
            session: session.cloned(),
            bytes,
            plan: Arc::clone(plan),
        });
        while is_too_much(&all) {
            dropped.extend(all.pop_front());
        }
    }
    // Dropping functions may run Python.
    drop(dropped);
}

fn is_too_much(all: &VecDeque<Read>) -> bool {
    let bytes: usize = all.iter().map(|one| one.bytes.len()).sum();
    all.len() > KEPT || bytes > KEPT_BYTES
}
