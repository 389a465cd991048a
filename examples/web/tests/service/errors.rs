//! Errors of the server, and what a client is told.

use crate::started::{Started, until};
use axum::http::StatusCode;
use redgrease::embedded::Server;
use serde_json::json;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

#[tokio::test]
async fn a_gear_that_takes_too_long_is_a_timeout() {
    let service =
        Started::with(|settings| settings.call_timeout = Duration::from_millis(300)).await;
    let client = service.client("hasty");
    let answer = client.get("/pages/held-x").await.unwrap();
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(answer.json()["error"], "timeout");
    assert_eq!(
        client.get("/scores/x").await.unwrap().status,
        StatusCode::OK
    );
    service.site.open_gate();
}

/// The limit of the gear ends the wait for a place in the pool, too: nothing was sent, so the client may try again.
#[tokio::test]
async fn a_request_that_gets_no_place_is_told_to_come_again() {
    let service = Started::with(|settings| {
        settings.pool_size = 1;
        settings.call_timeout = Duration::from_millis(300);
    })
    .await;
    let mut pool = service.app.pool();
    let holds = tokio::spawn(async move {
        let mut pop = redis::cmd("BLPOP");
        pop.arg("nothing").arg(0);
        pop.query_async::<redis::Value>(&mut pool).await
    });
    until("the place is taken", async || {
        service.app.pool().metrics().in_use == 1
    })
    .await;
    let answer = service.client("late").get("/pages/hello").await.unwrap();
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["error"], "busy");
    assert_eq!(service.app.pool().metrics().exhausted, 1);
    holds.abort();
}

#[tokio::test]
async fn a_mistake_in_a_gear_shows_no_details() {
    let service = Started::new().await;
    let client = service.client("unlucky");
    let answer = client.get("/pages/broken").await.unwrap();
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(
        answer.json(),
        json!({"error": "internal", "message": "this should not have happened"})
    );
}

#[tokio::test]
async fn the_service_goes_on_after_a_restart_of_the_server() {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let start = || Server::builder().port(port).start().unwrap();
    let mut service = Started::on(start(), |_| {}).await;
    let client = service.client("patient");
    assert_eq!(
        client.get("/scores/x").await.unwrap().status,
        StatusCode::OK
    );

    service.server.stop().unwrap();
    for path in ["/scores/x", "/pages/hello", "/health"] {
        let answer = client.get(path).await.unwrap();
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(answer.json()["error"], "unavailable", "{path}");
    }
    assert_eq!(client.get("/metrics").await.unwrap().status, StatusCode::OK);

    service.server = start();
    until("the service works again", async || {
        client.get("/health").await.unwrap().status == StatusCode::OK
    })
    .await;
    // The new server has no gears: the first call registers them again.
    let points = json!({"player": "ada", "points": 3});
    let answer = client.post("/scores/x", &points).await.unwrap();
    assert_eq!(answer.json(), json!({"place": 1, "points": 3}));
    assert_eq!(
        client.get("/pages/hello").await.unwrap().status,
        StatusCode::OK
    );
}
