//! The addresses and their replies.

use super::guard;
use super::token::Token;
use super::{assets, assets::Asset};
use crate::failure::Failure;
use crate::live::action::Action;
use crate::live::poller::{self, Poller};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// What the page is about.
pub(super) struct Site {
    pub(super) poller: Poller,
    /// The address of the server, with its password.
    pub(super) url: String,
    pub(super) port: u16,
    pub(super) token: Token,
    pub(super) interval: Duration,
    pub(super) allows_changes: bool,
}

pub(super) fn of(site: Site) -> Router {
    let site = Arc::new(site);
    let check = middleware::from_fn_with_state(Arc::clone(&site), guard::check);
    Router::new()
        .route("/{token}", get(with_slash))
        .route("/{token}/", get(page))
        .route("/{token}/state", get(state))
        .route("/{token}/act", post(act))
        .route("/{token}/{file}", get(file))
        .fallback(nothing)
        .layer(check)
        .with_state(site)
}

/// The addresses in the page are relative to its folder.
async fn with_slash(Path(token): Path<String>) -> Redirect {
    Redirect::to(&format!("/{token}/"))
}

async fn page() -> Response {
    reply(&assets::PAGE)
}

async fn file(Path((_, name)): Path<(String, String)>) -> Response {
    match assets::FILES.iter().find(|it| it.name == name) {
        Some(asset) => reply(asset),
        None => nothing().await,
    }
}

fn reply(asset: &Asset) -> Response {
    ([(header::CONTENT_TYPE, asset.kind)], asset.text).into_response()
}

async fn nothing() -> Response {
    (StatusCode::NOT_FOUND, "there is no such page\n").into_response()
}

#[derive(Deserialize)]
struct Known {
    /// The version that the page shows.
    after: Option<u64>,
}

/// What the page shows.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    state: poller::State,
    interval_ms: u128,
    changes: bool,
}

async fn state(State(site): State<Arc<Site>>, Query(known): Query<Known>) -> Response {
    let state = site.poller.state(site.interval);
    if known.after == Some(state.version) && state.trouble.is_none() {
        return StatusCode::NO_CONTENT.into_response();
    }
    Json(Shown {
        state,
        interval_ms: site.interval.as_millis(),
        changes: site.allows_changes,
    })
    .into_response()
}

async fn act(State(site): State<Arc<Site>>, Json(action): Json<Action>) -> Response {
    if !site.allows_changes {
        let error = "the page is read-only: start `redgrease ui` with --allow-changes";
        return (StatusCode::FORBIDDEN, Json(json!({ "error": error }))).into_response();
    }
    let url = site.url.clone();
    let done = tokio::task::spawn_blocking(move || action.perform(&url)).await;
    let outcome = done.unwrap_or_else(|_| {
        Err(Failure::failed(
            "the action has ended by a fault: look at the server",
        ))
    });
    match outcome {
        Ok(()) => {
            site.poller.wake();
            Json(json!({ "done": true })).into_response()
        }
        Err(failure) => (
            StatusCode::BAD_GATEWAY,
            Json(json!({ "error": failure.to_string() })),
        )
            .into_response(),
    }
}
