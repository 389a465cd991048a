//! Reports.

use crate::error::Result;
use crate::gears::reports;
use axum::extract::{Path, State};
use redgrease::Pool;
use std::time::Duration;

/// How long the other system takes.
const SECONDS: f64 = 2.0;
/// Reports have a longer limit than other calls.
const LIMIT: Duration = Duration::from_secs(30);

/// Names `computed-..` compute, all others wait.
pub(super) async fn report(
    State(mut pool): State<Pool>,
    Path(name): Path<String>,
) -> Result<String> {
    let call = if name.starts_with("computed-") {
        reports::computed_report::call(&name, SECONDS)
    } else {
        reports::report::call(&name, SECONDS)
    };
    Ok(call.timeout(LIMIT).on_async(&mut pool).await?)
}
