//! The routes of the service.

mod carts;
mod health;
mod limit;
mod metrics;
mod pages;
mod reports;
mod scores;

use crate::app::App;
use axum::Router;
use axum::middleware;
use axum::routing::{get, post};

/// All routes. Those that call gears have a limit for each client.
pub fn router(app: App) -> Router {
    let limited = middleware::from_fn_with_state(app.clone(), limit::admit);
    Router::new()
        .route("/scores/{board}", get(scores::leaders).post(scores::score))
        .route("/carts/{cart}", post(carts::put))
        .route("/carts/{cart}/order", post(carts::order))
        .route("/pages/{name}", get(pages::page))
        .route("/reports/{name}", get(reports::report))
        .route_layer(limited)
        .route("/health", get(health::health))
        .route("/metrics", get(metrics::metrics))
        .with_state(app)
}
