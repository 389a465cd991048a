//! Whether the service can work.

use crate::error::Result;
use axum::extract::State;
use redgrease::Pool;

/// For the load balancer: sends traffic elsewhere while the server does not answer. Do not restart the service for it: a
/// restart of the service does not bring the server back.
pub(super) async fn health(State(mut pool): State<Pool>) -> Result<&'static str> {
    let () = redis::cmd("PING").query_async(&mut pool).await?;
    Ok("fine\n")
}
