//! Leaderboards.

use redgrease::prelude::*;
use serde::{Deserialize, Serialize};

/// The place of a player on a board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, GearValue)]
pub struct Standing {
    /// The place, counted from 1.
    pub place: u64,
    /// All points of the player.
    pub points: i64,
}

/// Adds points of a player, and returns the new place.
#[gear_command(mode = "sync")]
pub async fn score(board: &str, player: &str, points: i64) -> Standing {
    python! {
        key = "scores:" + board
        total = cmd.zincrby(key, points, player)
        return {"place": cmd.zrevrank(key, player) + 1, "points": int(total)}
    }
}

/// The players with the most points.
#[gear_command(mode = "sync")]
pub async fn leaders(board: &str, count: u32) -> Vec<(String, i64)> {
    python! {
        best = cmd.zrevrange("scores:" + board, 0, count - 1, withscores=True)
        return [(player.decode(), int(points)) for player, points in best]
    }
}
