//! What is checked for each request, and the headers of each reply.
//!
//! - The name of the host must be one of loopback. Otherwise a site whose name leads to 127.0.0.1 would count as this page.
//! - The first part of the path must be the token.
//! - A request that changes something must come from this page, if the browser says where it comes from.

use super::routes::Site;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use std::sync::Arc;

/// Nothing is loaded from elsewhere, nothing is run but the files of the page, and no other page shows it in a frame.
const HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // The address has the token.
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

pub(super) async fn check(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let mut response = match refusal(&site, &request) {
        Some((status, reason)) => (status, format!("{reason}\n")).into_response(),
        None => next.run(request).await,
    };
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

fn refusal(site: &Site, request: &Request) -> Option<(StatusCode, &'static str)> {
    if !is_own_host(request.headers(), site.port) {
        return Some((
            StatusCode::MISDIRECTED_REQUEST,
            "this page is for 127.0.0.1 only: open the address that `redgrease ui` has printed",
        ));
    }
    let word = request.uri().path().split('/').nth(1).unwrap_or_default();
    if !site.token.is(word) {
        return Some((
            StatusCode::FORBIDDEN,
            "the token is wrong or missing: open the address that `redgrease ui` has printed",
        ));
    }
    let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_reading && !is_from_page(request.headers(), site.port) {
        return Some((
            StatusCode::FORBIDDEN,
            "only the page itself may change something",
        ));
    }
    None
}

fn is_own_host(headers: &HeaderMap, port: u16) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    ["127.0.0.1", "localhost"]
        .iter()
        .any(|name| host.as_bytes() == format!("{name}:{port}").as_bytes())
}

fn is_from_page(headers: &HeaderMap, port: u16) -> bool {
    let is_own_origin = headers.get_all(header::ORIGIN).iter().all(|origin| {
        ["127.0.0.1", "localhost"]
            .iter()
            .any(|name| origin.as_bytes() == format!("http://{name}:{port}").as_bytes())
    });
    let is_own_site = headers
        .get_all("sec-fetch-site")
        .iter()
        .all(|site| site == "same-origin");
    is_own_origin && is_own_site
}
