//! Errors of the service: status, JSON, and a line in the log where one is due.
//!
//! | error | status | why |
//! |---|---|---|
//! | `Err(Refusal)` of a gear | 409, 422 | the answer of the gear: the request cannot be fulfilled |
//! | exception `LookupError` of a gear | 404 | the gears of this service raise it for a name that does not exist |
//! | another exception | 500 | a mistake in a gear: the log has the line |
//! | no answer within the time limit | 504 | the gear may still run |
//! | no free place in the pool | 503, `Retry-After` | nothing was sent: the client can try again |
//! | no connection, a gear that is not deployed, a server that refuses | 503 | the operator has to act |

use crate::gears::carts::Refusal;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use redgrease::{Error, ErrorKind, GearError};
use serde_json::json;

/// The result of a handler.
pub type Result<T, E = ApiError> = std::result::Result<T, E>;

/// The error of a handler.
#[derive(Debug)]
pub enum ApiError {
    /// There is no such thing.
    NotFound(String),
    /// The request makes no sense.
    Invalid(String),
    /// The state of the data does not allow it.
    Conflict(serde_json::Value),
    /// The client has to wait for this many seconds.
    TooMany(u32),
    /// A call failed.
    Call(Error),
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error.as_gear() {
            Some(raised) if raised.exception == "LookupError" => {
                ApiError::NotFound(raised.message.clone())
            }
            _ => ApiError::Call(error),
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Empty => ApiError::Invalid("the cart is empty".to_owned()),
            Refusal::Missing(articles) => ApiError::Conflict(json!({"missing": articles})),
        }
    }
}

impl From<redis::RedisError> for ApiError {
    fn from(error: redis::RedisError) -> Self {
        Error::from(error).into()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            ApiError::NotFound(message) => said(StatusCode::NOT_FOUND, "not_found", &message),
            ApiError::Invalid(message) => {
                said(StatusCode::UNPROCESSABLE_ENTITY, "invalid", &message)
            }
            ApiError::Conflict(details) => {
                let body = json!({"error": "conflict", "details": details});
                (StatusCode::CONFLICT, Json(body)).into_response()
            }
            ApiError::TooMany(seconds) => later(
                said(
                    StatusCode::TOO_MANY_REQUESTS,
                    "too_many_requests",
                    "slow down",
                ),
                seconds,
            ),
            ApiError::Call(error) => failed(&error),
        }
    }
}

/// Clients get no details: they are for the log.
fn failed(error: &Error) -> Response {
    match error.kind() {
        ErrorKind::Gear(GearError { .. })
        | ErrorKind::Script { .. }
        | ErrorKind::Convert { .. } => {
            log::error!("{error}");
            said(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "this should not have happened",
            )
        }
        ErrorKind::Timeout { .. } => {
            log::warn!("{error}");
            said(
                StatusCode::GATEWAY_TIMEOUT,
                "timeout",
                "this takes too long",
            )
        }
        ErrorKind::PoolExhausted { .. } => {
            log::warn!("{error}");
            later(
                said(StatusCode::SERVICE_UNAVAILABLE, "busy", "try again"),
                1,
            )
        }
        _ => {
            log::error!("{error}");
            said(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "try again later",
            )
        }
    }
}

fn said(status: StatusCode, error: &str, message: &str) -> Response {
    let body = json!({"error": error, "message": message});
    (status, Json(body)).into_response()
}

fn later(mut response: Response, seconds: u32) -> Response {
    let seconds = HeaderValue::from(seconds);
    response.headers_mut().insert(header::RETRY_AFTER, seconds);
    response
}
