//! Serves the routes of `routes.rs`, which call the gears of `gears.rs`.

mod gears;
mod routes;

use redgrease::Pool;
use std::env;
use std::error::Error;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("info")).init();
    let redis = env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1/".to_owned());
    let listen = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    // Connects, and registers the gears of this program.
    let pool = Pool::start(redis).await?;
    let listener = TcpListener::bind(listen).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, routes::router(pool))
        .with_graceful_shutdown(stopped())
        .await?;
    Ok(())
}

/// Resolves when the program is asked to end: by Ctrl-C, or by an orchestrator. Requests that have begun are answered then.
async fn stopped() {
    // Without the signals, the program ends at once, as it would without this function.
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::stopped;
    use std::future;
    use std::pin::pin;
    use std::process::{self, Command};

    #[tokio::test]
    async fn an_orchestrator_ends_the_service() {
        let mut stopped = pin!(stopped());
        // The program waits for signals from the first poll on.
        tokio::select! {
            biased;
            () = &mut stopped => panic!("no signal was sent"),
            () = future::ready(()) => {}
        }
        let pid = process::id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(sent.unwrap().success());
        stopped.await;
    }
}
