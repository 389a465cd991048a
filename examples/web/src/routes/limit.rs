//! The limit for each client, in front of the other routes.

use crate::app::App;
use crate::error::{ApiError, Result};
use crate::gears::limits;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

/// The length of a window in seconds.
const WINDOW: u32 = 60;

/// Counts the request. A service of yours would take the user of the session or token in place of the header.
pub(super) async fn admit(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response> {
    let client = request.headers().get("x-client");
    let client = client
        .and_then(|name| name.to_str().ok())
        .ok_or_else(|| ApiError::Invalid("the header `x-client` is missing".to_owned()))?;
    let limit = app.settings.requests_per_minute;
    let verdict = limits::admit(&mut app.pool(), client, limit, WINDOW).await?;
    if !verdict.allowed {
        return Err(ApiError::TooMany(verdict.seconds));
    }
    Ok(next.run(request).await)
}
