//! Random calls have the same results with the own commands and with redis-py.

use super::common::{untyped, with_gears};
use redgrease::prelude::*;

#[gear_command(mode = "sync", module = "tests/cmd_replay/random_calls.py")]
fn random_own(first: i64, last: i64) -> Vec<String> {
    python! { return list(outcomes(cmd, first, last)) }
}

#[gear_command(mode = "sync", module = "tests/cmd_replay/random_calls.py", requirements = ["redis"])]
fn random_redis_py(first: i64, last: i64) -> Vec<String> {
    python! { return list(outcomes(cmd, first, last)) }
}

#[test]
fn random_calls_have_the_results_of_redis_py() {
    let (server, mut con) = with_gears(&[random_own::GEAR]);
    untyped(&server, &["RG.CONFIGSET", "LockMaxTime", "0"]);
    let own = random_own(&mut con, 0, 150).unwrap();
    let (server, mut con) = with_gears(&[random_redis_py::GEAR]);
    untyped(&server, &["RG.CONFIGSET", "LockMaxTime", "0"]);
    let theirs = random_redis_py(&mut con, 0, 150).unwrap();
    assert_eq!(own.len(), theirs.len());
    let differences: Vec<String> = own
        .iter()
        .zip(&theirs)
        .filter(|(own, theirs)| own != theirs && !(is_error(own) && is_error(theirs)))
        .map(|(own, theirs)| format!("{own}\n{}", theirs.lines().next_back().unwrap_or_default()))
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    let done = own.iter().filter(|one| !is_error(one)).count();
    assert!(done * 4 > own.len(), "{done} of {}", own.len());
}

/// Whether a call failed. The same wrong argument may be refused here and by the server there.
fn is_error(outcome: &str) -> bool {
    let last = outcome.lines().next_back().unwrap_or_default();
    last == "refused"
        || last
            .split(':')
            .next()
            .is_some_and(|kind| kind.ends_with("Error"))
}
