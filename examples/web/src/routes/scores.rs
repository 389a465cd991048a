//! Leaderboards.

use crate::error::Result;
use crate::gears::scores::{self, Standing};
use axum::Json;
use axum::extract::{Path, Query, State};
use redgrease::Pool;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct Points {
    player: String,
    points: i64,
}

pub(super) async fn score(
    State(mut pool): State<Pool>,
    Path(board): Path<String>,
    Json(points): Json<Points>,
) -> Result<Json<Standing>> {
    let standing = scores::score(&mut pool, &board, &points.player, points.points).await?;
    Ok(Json(standing))
}

#[derive(Debug, Deserialize)]
pub(super) struct Page {
    #[serde(default = "ten")]
    count: u32,
}

fn ten() -> u32 {
    10
}

pub(super) async fn leaders(
    State(mut pool): State<Pool>,
    Path(board): Path<String>,
    Query(page): Query<Page>,
) -> Result<Json<Vec<(String, i64)>>> {
    let count = page.count.clamp(1, 100);
    Ok(Json(scores::leaders(&mut pool, &board, count).await?))
}
