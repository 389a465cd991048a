//! Commands inside of commands. A command of a gear may call another gear, which runs a command, and so on without an end.

use std::cell::Cell;

/// The beginning of the errors of gears that call each other too deeply. The outermost client gets such an error as it is: each of
/// the gears would quote the error of the next one.
pub(crate) const TOO_DEEP: &str = "ERR gears call each other ";

/// The stack that must be left for a command, in bytes.
const NEEDED: usize = 1 << 20;
/// So many commands may run inside of each other.
const DEEPEST: u32 = 100;

thread_local! {
    /// The lowest address of the stack of this thread. `Some(0)` if it is unknown.
    static LOWEST: Cell<Option<usize>> = const { Cell::new(None) };
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// A command of a gear that runs on this thread, until the value is dropped.
#[derive(Debug)]
#[must_use = "the command runs as long as the value lives"]
pub(super) struct Level(());

impl Level {
    /// `None` if the command would be too deep inside of others.
    pub(super) fn enter() -> Option<Level> {
        let depth = DEPTH.get() + 1;
        (depth <= DEEPEST && has_room(NEEDED)).then(|| {
            DEPTH.set(depth);
            Level(())
        })
    }
}

/// `true` while a gear runs a command on this thread.
pub(super) fn is_inside() -> bool {
    DEPTH.get() > 0
}

impl Drop for Level {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// `true` if so many bytes of this thread's stack are left.
fn has_room(bytes: usize) -> bool {
    let lowest = LOWEST.get().unwrap_or_else(|| {
        let lowest = lowest();
        LOWEST.set(Some(lowest));
        lowest
    });
    let here = &raw const lowest as usize;
    here.saturating_sub(lowest) >= bytes
}

#[cfg(target_os = "linux")]
fn lowest() -> usize {
    let mut address = std::ptr::null_mut();
    let mut size = 0;
    // SAFETY: the functions of the system fill in the attributes of this thread, which are read and freed afterwards.
    unsafe {
        let mut attributes: libc::pthread_attr_t = std::mem::zeroed();
        if libc::pthread_getattr_np(libc::pthread_self(), &raw mut attributes) != 0 {
            return 0;
        }
        libc::pthread_attr_getstack(&raw const attributes, &raw mut address, &raw mut size);
        libc::pthread_attr_destroy(&raw mut attributes);
    }
    address as usize
}

#[cfg(not(target_os = "linux"))]
fn lowest() -> usize {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_counted() {
        let levels: Vec<Level> = (0..DEEPEST).map_while(|_| Level::enter()).collect();
        assert_eq!(levels.len(), DEEPEST as usize);
        assert!(Level::enter().is_none());
        drop(levels);
        assert!(Level::enter().is_some());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_room_on_the_stack_is_known() {
        let large = std::thread::Builder::new().stack_size(NEEDED * 2);
        let room = large.spawn(|| [NEEDED, 1 << 40].map(has_room));
        assert_eq!(room.unwrap().join().unwrap(), [true, false]);
    }
}
