//! What each route does.

use crate::started::Started;
use axum::http::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;
use web::gears::carts;

#[tokio::test]
async fn a_client_may_send_as_many_requests_as_the_limit_allows() {
    let service = Started::with(|settings| settings.requests_per_minute = 20).await;
    let mut requests = JoinSet::new();
    for _ in 0..50 {
        let client = service.client("eager");
        requests.spawn(async move { client.get("/scores/none").await.unwrap() });
    }
    let mut allowed = 0;
    while let Some(answer) = requests.join_next().await {
        let answer = answer.unwrap();
        if answer.status == StatusCode::OK {
            allowed += 1;
            continue;
        }
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(answer.json()["error"], "too_many_requests");
        let seconds = answer.headers["retry-after"].to_str().unwrap();
        assert!((1..=60).contains(&seconds.parse::<u32>().unwrap()));
    }
    assert_eq!(allowed, 20);
    let other = service.client("other").get("/scores/none").await.unwrap();
    assert_eq!(other.status, StatusCode::OK);
}

#[tokio::test]
async fn a_leaderboard_adds_points_and_sorts() {
    let service = Started::new().await;
    let mut requests = JoinSet::new();
    for number in 0..60_i64 {
        let client = service.client("player");
        requests.spawn(async move {
            let points = json!({"player": format!("p{}", number % 3), "points": number % 3 + 1});
            client.post("/scores/chess", &points).await.unwrap().status
        });
    }
    assert!(
        requests
            .join_all()
            .await
            .iter()
            .all(|status| *status == StatusCode::OK)
    );
    let client = service.client("player");
    let best = client.get("/scores/chess?count=2").await.unwrap();
    assert_eq!(best.json(), json!([["p2", 60], ["p1", 40]]));
    let points = json!({"player": "p0", "points": 21});
    let standing = client.post("/scores/chess", &points).await.unwrap();
    assert_eq!(standing.json(), json!({"place": 2, "points": 41}));
}

#[tokio::test]
async fn no_piece_is_sold_twice() {
    let service = Started::new().await;
    carts::deliver(&mut service.app.pool(), "lamp", 10)
        .await
        .unwrap();
    let mut requests = JoinSet::new();
    for number in 0..30 {
        let client = service.client(&format!("customer-{number}"));
        requests.spawn(async move {
            let item = json!({"article": "lamp", "pieces": 1});
            let cart = client
                .post(&format!("/carts/{number}"), &item)
                .await
                .unwrap();
            assert_eq!(cart.json(), json!({"lamp": 1}));
            client
                .post(&format!("/carts/{number}/order"), &json!(null))
                .await
                .unwrap()
        });
    }
    let mut orders = Vec::new();
    while let Some(answer) = requests.join_next().await {
        let answer = answer.unwrap();
        if answer.status == StatusCode::OK {
            orders.push(answer.json()["order"].as_u64().unwrap());
        } else {
            assert_eq!(answer.status, StatusCode::CONFLICT);
            assert_eq!(answer.json()["details"], json!({"missing": ["lamp"]}));
        }
    }
    orders.sort_unstable();
    assert_eq!(orders, (1..=10).collect::<Vec<u64>>());
}

#[tokio::test]
async fn an_order_that_makes_no_sense_is_refused() {
    let service = Started::new().await;
    let client = service.client("customer");
    let unknown = json!({"article": "sofa", "pieces": 1});
    let answer = client.post("/carts/c", &unknown).await.unwrap();
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(
        answer.json(),
        json!({"error": "not_found", "message": "there is no article sofa"})
    );
    let answer = client.post("/carts/c/order", &json!(null)).await.unwrap();
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.json()["message"], "the cart is empty");
}

#[tokio::test]
async fn a_page_is_fetched_once() {
    let service = Started::new().await;
    let client = service.client("reader");
    for _ in 0..3 {
        let answer = client.get("/pages/hello").await.unwrap();
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.body, b"The page hello");
    }
    assert_eq!(service.site.requests(), 1);
    let answer = client.get("/pages/missing").await.unwrap();
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let answer = client.get("/pages/a%2Fb").await.unwrap();
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(service.site.requests(), 2);
}

#[tokio::test]
async fn figures_of_the_pool_are_shown() {
    let service = Started::with(|settings| settings.pool_size = 7).await;
    let answer = service.client("prometheus").get("/metrics").await.unwrap();
    let text = String::from_utf8(answer.body).unwrap();
    for line in [
        "# TYPE redgrease_pool_size gauge",
        "redgrease_pool_size 7",
        "redgrease_pool_waiting 0",
        "# TYPE redgrease_pool_exhausted_total counter",
    ] {
        assert!(text.lines().any(|other| other == line), "{line}\n{text}");
    }
}
