//! A small web site on loopback, for tests and for the load: the pages that the service fetches.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// A running web site. It stops with the runtime.
#[derive(Debug)]
pub struct Site {
    address: SocketAddr,
    counts: Arc<Counts>,
}

#[derive(Debug)]
struct Counts {
    requests: AtomicUsize,
    gate: Semaphore,
}

impl Site {
    /// Starts the site. It has these pages:
    ///
    /// - `held-..`: the answer waits for [`open_gate`](Self::open_gate),
    /// - `slow-N-..`: the answer comes after N milliseconds,
    /// - `broken`: the answer is an error,
    /// - `missing`: there is no such page,
    /// - all other names.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub async fn start() -> io::Result<Site> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let counts = Arc::new(Counts {
            requests: AtomicUsize::new(0),
            gate: Semaphore::new(0),
        });
        let router = Router::new()
            .route("/{name}", get(page))
            .with_state(Arc::clone(&counts));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Site { address, counts })
    }

    /// The address of the site, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Number of requests received.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.counts.requests.load(Ordering::Relaxed)
    }

    /// Lets the answers of all held pages go.
    pub fn open_gate(&self) {
        self.counts.gate.close();
    }
}

async fn page(State(counts): State<Arc<Counts>>, Path(name): Path<String>) -> (StatusCode, String) {
    counts.requests.fetch_add(1, Ordering::Relaxed);
    if name.starts_with("held-") {
        // An error, because the gate is closed as a semaphore.
        let _ = counts.gate.acquire().await;
    }
    let slow = name
        .strip_prefix("slow-")
        .and_then(|rest| rest.split('-').next());
    if let Some(milliseconds) = slow.and_then(|number| number.parse().ok()) {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
    match name.as_str() {
        "missing" => (StatusCode::NOT_FOUND, String::new()),
        "broken" => (StatusCode::INTERNAL_SERVER_ERROR, String::new()),
        _ => (StatusCode::OK, format!("The page {name}")),
    }
}
