//! Shopping carts.

use crate::error::Result;
use crate::gears::carts;
use axum::Json;
use axum::extract::{Path, State};
use redgrease::Pool;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
pub(super) struct Item {
    article: String,
    pieces: u32,
}

pub(super) async fn put(
    State(mut pool): State<Pool>,
    Path(cart): Path<String>,
    Json(item): Json<Item>,
) -> Result<Json<BTreeMap<String, u32>>> {
    Ok(Json(
        carts::put(&mut pool, &cart, &item.article, item.pieces).await?,
    ))
}

pub(super) async fn order(
    State(mut pool): State<Pool>,
    Path(cart): Path<String>,
) -> Result<Json<Value>> {
    // The outer error is one of the call, the inner one is the answer of the gear.
    let number = carts::order(&mut pool, &cart).await??;
    Ok(Json(json!({"order": number})))
}
