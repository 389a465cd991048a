//! The gears: their Python runs inside the server.

use redgrease::prelude::*;

/// Counts a visit of a page. Returns the number of visits.
///
/// Synchronous: it takes less than a millisecond. A gear that waits for something is not: leave `mode` out then.
///
/// `trigger = unique` makes a name of the crate and the function, so that no other program of the server has it. With
/// `trigger = "name"` clients without Rust call the gear as `RG.TRIGGER name ..`.
#[gear_command(mode = "sync", trigger = unique)]
pub async fn visit(page: &str) -> u64 {
    python! {
        return cmd.incr("visits:" + page)
    }
}

/// Tells that Python runs in the server.
#[gear_command(mode = "sync", trigger = unique)]
pub async fn health() -> bool {
    python! {
        return True
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[gear_test]
    async fn visits_are_counted(pool: &mut redgrease::Pool) -> redgrease::Result<()> {
        assert_eq!(visit(pool, "home").await?, 1);
        assert_eq!(visit(pool, "home").await?, 2);
        assert_eq!(visit(pool, "about").await?, 1);
        Ok(())
    }
}
