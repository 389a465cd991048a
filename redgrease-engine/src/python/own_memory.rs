//! The engine's own memory, which is charged to the budget of the gear that it is taken for: results that pile up, replies
//! that are copied.
//!
//! Only large blocks are counted: there are few of them, and small ones are parts of values that Python holds, too. A request
//! is never refused, because Rust ends the process then. The gear is stopped instead.

use super::budget::charge;
use super::memory::{needed_to_resize, own_memory};
use std::alloc::{GlobalAlloc, Layout, System};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The smallest block that is counted, in bytes.
const COUNTED: usize = 16 << 10;

struct Counting;

fn took(bytes: usize) {
    if bytes >= COUNTED {
        own_memory(bytes.cast_signed());
        charge(bytes.cast_signed());
    }
}

fn freed(bytes: usize) {
    if bytes >= COUNTED {
        own_memory(-bytes.cast_signed());
        charge(-bytes.cast_signed());
    }
}

// SAFETY: every call is forwarded to the system's allocator with unchanged arguments. Counting takes no memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: as the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: as the caller's.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let more = needed_to_resize(layout.size(), size);
        took(more);
        // SAFETY: as the caller's.
        let block = unsafe { System.realloc(block, layout, size) };
        freed(more);
        freed(layout.size());
        took(size);
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        freed(layout.size());
        // SAFETY: as the caller's.
        unsafe { System.dealloc(block, layout) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::MemoryBudget;
    use std::sync::Arc;

    #[test]
    fn a_vector_that_grows_is_charged() {
        let budget = Arc::new(MemoryBudget::new(Some(4 << 20)));
        budget.pay(|| {
            let mut all: Vec<u64> = Vec::new();
            for n in 0..400_000 {
                all.push(n);
            }
            assert_eq!(budget.exceeded(), None);
            for n in 0..400_000 {
                all.push(n);
            }
            assert_eq!(budget.exceeded(), Some(4 << 20));
        });
    }

    #[test]
    fn a_vector_that_was_freed_is_credited() {
        let budget = Arc::new(MemoryBudget::new(Some(4 << 20)));
        budget.pay(|| {
            for _ in 0..10 {
                drop(vec![0_u8; 2 << 20]);
            }
        });
        assert_eq!(budget.exceeded(), None);
    }
}
