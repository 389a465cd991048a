//! The figures of the pool, in the format of Prometheus.

use axum::extract::State;
use redgrease::Pool;
use std::fmt::Write;

pub(super) async fn metrics(State(pool): State<Pool>) -> String {
    let figures = pool.metrics();
    let mut text = String::new();
    for (name, kind, value) in [
        ("size", "gauge", figures.size.to_string()),
        ("open", "gauge", figures.open.to_string()),
        ("in_use", "gauge", figures.in_use.to_string()),
        ("waiting", "gauge", figures.waiting.to_string()),
        ("opened_total", "counter", figures.opened.to_string()),
        ("closed_total", "counter", figures.closed.to_string()),
        ("exhausted_total", "counter", figures.exhausted.to_string()),
        (
            "waited_seconds_total",
            "counter",
            figures.waited.as_secs_f64().to_string(),
        ),
    ] {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "# TYPE redgrease_pool_{name} {kind}\nredgrease_pool_{name} {value}"
        );
    }
    text
}
