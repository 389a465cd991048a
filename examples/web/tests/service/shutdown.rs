//! The end of the service.

use crate::started::{Started, until};
use axum::http::StatusCode;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_have_begun_are_answered() {
    let mut service = Started::new().await;
    let client = service.client("last");
    let running = tokio::spawn(async move { client.get("/pages/held-last").await.unwrap() });
    until("the gear waits for the site", async || {
        service.site.requests() == 1
    })
    .await;

    service.end.take().unwrap().send(()).unwrap();
    let late = service.client("late");
    until("new requests are refused", async || {
        late.get("/health").await.is_err()
    })
    .await;
    assert!(!service.serving.is_finished() && !running.is_finished());

    service.site.open_gate();
    let answer = running.await.unwrap();
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body, b"The page held-last");
    service.serving.await.unwrap().unwrap();
}
