//! The users that exist and are switched on, as it was seen in this turn of the event loop.
//!
//! The server answers the question about a user with a description of all commands, which takes a hundred microseconds, and it does not
//! tell of changes. So it is asked once in each turn: a change of the user counts from the next turn on.

use super::context::Context;
use super::lock::Guarded;
use super::user::User;
use std::sync::atomic::{AtomicU64, Ordering};

/// The number of the turn. 0 on a server that does not tell of its turns.
static TURN: AtomicU64 = AtomicU64::new(0);

/// The turn in which the users were seen.
static SEEN: Guarded<(u64, Vec<User>)> = Guarded::new((0, Vec::new()));

/// The server begins to sleep, or wakes up.
pub(super) fn turn_ends() {
    // Only the main thread adds.
    TURN.store(TURN.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}

/// `true` if the user was seen in this turn.
pub(super) fn is_seen(context: &Context, user: &User) -> bool {
    let turn = TURN.load(Ordering::Relaxed);
    turn != 0
        && SEEN.read(context, |(when, users)| {
            *when == turn && users.contains(user)
        })
}

/// The user exists and is switched on.
pub(super) fn see(context: &Context, user: &User) {
    let turn = TURN.load(Ordering::Relaxed);
    SEEN.write(context, |(when, users)| {
        if *when != turn {
            *when = turn;
            users.clear();
        }
        users.push(user.clone());
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis::locked;

    #[test]
    fn a_user_is_seen_for_one_turn() {
        let (ann, bob) = (User::named(b"ann"), User::named(b"bob"));
        locked(|context| {
            assert!(!is_seen(context, &ann), "the server has told of no turn");
            turn_ends();
            see(context, &ann);
            assert!(is_seen(context, &ann) && !is_seen(context, &bob));
            see(context, &bob);
            assert!(is_seen(context, &ann) && is_seen(context, &bob));
            turn_ends();
            assert!(!is_seen(context, &ann));
        });
    }
}
