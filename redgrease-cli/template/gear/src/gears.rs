//! The gears: their Python runs inside the server.

use redgrease::prelude::*;

/// Counts a visit of a page. Returns the number of visits.
///
/// `trigger = unique` makes a name of the crate and the function, so that no other program of the server has it. With
/// `trigger = "name"` clients without Rust call the gear as `RG.TRIGGER name ..`.
#[gear_command(trigger = unique)]
pub fn visit(page: &str) -> u64 {
    python! {
        return cmd.incr("visits:" + page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each test has a private server.
    #[gear_test]
    fn visits_are_counted(con: &mut redgrease::Con) -> redgrease::Result<()> {
        assert_eq!(visit(con, "home")?, 1);
        assert_eq!(visit(con, "home")?, 2);
        assert_eq!(visit(con, "about")?, 1);
        Ok(())
    }
}
