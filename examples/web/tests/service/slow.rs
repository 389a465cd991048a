//! Fast gears beside slow ones. The slow ones wait for the web site until the test lets them go.

use crate::started::{Started, until};
use axum::http::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;
use web::gears::carts;

/// Slow requests that run meanwhile: more than a server has threads for executions.
const SLOW: usize = 20;

fn ask_for_held_pages(service: &Started, count: usize) -> JoinSet<StatusCode> {
    let mut slow = JoinSet::new();
    for number in 0..count {
        let client = service.client("slow");
        slow.spawn(async move {
            let path = format!("/pages/held-{number}");
            client.get(&path).await.unwrap().status
        });
    }
    slow
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fast_gears_do_not_wait_for_slow_ones() {
    let service = Started::new().await;
    carts::deliver(&mut service.app.pool(), "lamp", 1)
        .await
        .unwrap();
    let mut slow = ask_for_held_pages(&service, SLOW);
    until("the slow gears wait for the site", async || {
        service.site.requests() > 0
    })
    .await;
    until("all slow gears have a place", async || {
        service.app.pool().metrics().in_use == SLOW
    })
    .await;

    let mut fast = JoinSet::new();
    for number in 0..50 {
        let client = service.client(&format!("fast-{number}"));
        fast.spawn(async move {
            let mut statuses = Vec::new();
            for round in 0..5 {
                let points = json!({"player": number.to_string(), "points": round});
                statuses.push(client.post("/scores/fast", &points).await.unwrap().status);
                statuses.push(client.get("/scores/fast").await.unwrap().status);
                let item = json!({"article": "lamp", "pieces": 1});
                let cart = format!("/carts/{number}");
                statuses.push(client.post(&cart, &item).await.unwrap().status);
            }
            statuses
        });
    }
    let statuses = fast.join_all().await.concat();
    assert_eq!(statuses, [StatusCode::OK; 750]);
    // None of the slow ones has ended, because the gate is shut.
    assert!(slow.try_join_next().is_none());
    assert_eq!(service.app.pool().metrics().in_use, SLOW);

    service.site.open_gate();
    assert_eq!(slow.join_all().await, [StatusCode::OK; SLOW]);
    assert_eq!(service.site.requests(), SLOW);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_pool_is_told_and_sync_gears_go_on() {
    let service = Started::with(|settings| {
        settings.pool_size = 2;
        settings.pool_wait = std::time::Duration::from_millis(50);
    })
    .await;
    let slow = ask_for_held_pages(&service, 2);
    until("the pool is full", async || {
        service.app.pool().metrics().in_use == 2
    })
    .await;

    let client = service.client("late");
    let answer = client.get("/pages/hello").await.unwrap();
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        answer.json(),
        json!({"error": "busy", "message": "try again"})
    );
    assert_eq!(answer.headers["retry-after"], "1");
    assert_eq!(
        client.get("/scores/x").await.unwrap().status,
        StatusCode::OK
    );
    assert_eq!(client.get("/health").await.unwrap().status, StatusCode::OK);

    service.site.open_gate();
    assert_eq!(slow.join_all().await, [StatusCode::OK; 2]);
    assert_eq!(
        client.get("/pages/hello").await.unwrap().status,
        StatusCode::OK
    );
}
