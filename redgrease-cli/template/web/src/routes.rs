//! The routes of the service.

use crate::gears;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use redgrease::{ErrorKind, Pool};
use serde_json::{Value, json};

pub fn router(pool: Pool) -> Router {
    Router::new()
        .route("/visits/{page}", post(visit))
        .route("/health", get(health))
        .with_state(pool)
}

async fn visit(
    State(mut pool): State<Pool>,
    Path(page): Path<String>,
) -> Result<Json<Value>, Failed> {
    let count = gears::visit(&mut pool, &page).await?;
    Ok(Json(json!({"page": page, "visits": count})))
}

async fn health(State(mut pool): State<Pool>) -> Result<&'static str, Failed> {
    gears::health(&mut pool).await?;
    Ok("fine\n")
}

/// A call that failed. Clients get the kind of the error, the log has the details.
struct Failed(redgrease::Error);

impl From<redgrease::Error> for Failed {
    fn from(error: redgrease::Error) -> Self {
        Failed(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        log::error!("{}", self.0);
        let (status, text) = match self.0.kind() {
            ErrorKind::Gear(_) | ErrorKind::Script { .. } | ErrorKind::Convert { .. } => {
                (StatusCode::INTERNAL_SERVER_ERROR, "internal")
            }
            ErrorKind::Timeout { .. } => (StatusCode::GATEWAY_TIMEOUT, "timeout"),
            ErrorKind::PoolExhausted { .. } => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            _ => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        };
        (status, Json(json!({"error": text}))).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use http_body_util::BodyExt;
    use redgrease::embedded::Server;
    use tower::ServiceExt;

    #[tokio::test]
    async fn visits_are_counted() {
        let server = Server::start().unwrap();
        let router = router(Pool::start(server.url()).await.unwrap());
        for count in 1..=2 {
            let request = Request::post("/visits/home").body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
            let body = response.into_body().collect().await.unwrap().to_bytes();
            let body: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body, json!({"page": "home", "visits": count}));
        }
    }

    #[tokio::test]
    async fn a_server_that_is_gone_is_told() {
        let server = Server::start().unwrap();
        let router = router(Pool::start(server.url()).await.unwrap());
        server.stop().unwrap();
        let request = Request::get("/health").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
