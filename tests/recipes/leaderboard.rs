use crate::common::with_gears;

// recipe
use redgrease::prelude::*;

/// Records a score if it is the player's best, and returns the rank: 1 is the first.
#[gear_command(mode = "sync")]
pub fn score(board: &str, player: &str, points: f64) -> i64 {
    python! {
        cmd.zadd(board, {player: points}, gt=True)
        return cmd.zrevrank(board, player) + 1
    }
}

/// The first players with their scores.
#[gear_command(mode = "sync")]
pub fn top(board: &str, count: i64) -> Vec<(String, f64)> {
    python! {
        # To Redis, -1 is the last place: a count of 0 would be the whole board.
        if count < 1:
            return []
        rows = cmd.zrevrange(board, 0, count - 1, withscores=True)
        return [(player.decode(), points) for player, points in rows]
    }
}

/// The rank of a player, with the players before and behind. `None` if the player has no score.
#[gear_command(mode = "sync")]
pub fn around(board: &str, player: &str) -> Option<(i64, Vec<String>)> {
    python! {
        rank = cmd.zrevrank(board, player)
        if rank is None:
            return None
        players = cmd.zrevrange(board, max(0, rank - 1), rank + 1)
        return rank + 1, [name.decode() for name in players]
    }
}
// end of the recipe

#[test]
fn the_best_score_of_each_player_counts() {
    let (_server, mut con) = with_gears(&[score::GEAR, top::GEAR, around::GEAR]);
    assert_eq!(score(&mut con, "week", "Ada", 10.0).unwrap(), 1);
    assert_eq!(score(&mut con, "week", "Bob", 30.0).unwrap(), 1);
    assert_eq!(score(&mut con, "week", "Cem", 20.0).unwrap(), 2);
    assert_eq!(score(&mut con, "week", "Bob", 5.0).unwrap(), 1);
    let first = top(&mut con, "week", 2).unwrap();
    assert_eq!(first, [("Bob".to_owned(), 30.0), ("Cem".to_owned(), 20.0)]);
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|&name| name.to_owned())
            .collect::<Vec<_>>()
    };
    let cem = around(&mut con, "week", "Cem").unwrap();
    assert_eq!(cem, Some((2, names(&["Bob", "Cem", "Ada"]))));
    let bob = around(&mut con, "week", "Bob").unwrap();
    assert_eq!(bob, Some((1, names(&["Bob", "Cem"]))));
    assert_eq!(around(&mut con, "week", "Dan").unwrap(), None);
    for count in [0, -1, -2] {
        assert_eq!(top(&mut con, "week", count).unwrap(), [], "{count}");
    }
}
