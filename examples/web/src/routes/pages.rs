//! Pages of the web site, through the cache.

use crate::app::App;
use crate::error::{ApiError, Result};
use crate::gears::pages;
use axum::extract::{Path, State};

/// Seconds until a page is fetched again.
const EXPIRY: u32 = 300;

/// The site is a setting: a service that fetches any address opens the network of its server to its clients.
pub(super) async fn page(State(app): State<App>, Path(name): Path<String>) -> Result<Vec<u8>> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if !name.chars().all(is_plain) {
        return Err(ApiError::Invalid(
            "a page has letters, digits and `-` in its name".to_owned(),
        ));
    }
    let url = format!("{}/{name}", app.settings.site);
    let mut pool = app.pool();
    if let Some(content) = pages::cached_page(&mut pool, &url).await? {
        return Ok(content);
    }
    let content = pages::fetch_page(&mut pool, &url, EXPIRY).await?;
    content.ok_or_else(|| ApiError::NotFound(format!("there is no page {name}")))
}
