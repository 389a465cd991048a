//! Runs the web service.
//!
//! ```text
//! cargo xtask setup
//! cargo run -p web                        # a private server, and pages of a small site
//! curl -H 'x-client: me' http://127.0.0.1:8080/pages/hello
//! ```
//!
//! With a server of your own there are three ways to start it:
//!
//! ```text
//! REDIS_URL=redis://127.0.0.1/ SITE=http://example.org cargo run -p web
//! .. cargo run -p web -- deploy           # registers the gears and ends
//! .. cargo run -p web -- serve            # registers nothing
//! ```

use redgrease::Policy;
use redgrease::embedded::Server;
use std::env;
use std::error::Error;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use web::app::{App, Settings, serve};
use web::site::Site;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("info")).init();
    let word = env::args().nth(1);
    let policy = match word.as_deref() {
        None | Some("deploy") => Policy::IfNewer,
        Some("serve") => Policy::Never,
        Some(other) => {
            return Err(format!("`{other}` is unknown: `deploy`, `serve` or nothing").into());
        }
    };
    // The private server stops with the program.
    let (redis, _server) = if let Ok(url) = env::var("REDIS_URL") {
        (url, None)
    } else {
        let server = Server::start()?;
        (server.url().to_owned(), Some(server))
    };
    let site = match env::var("SITE") {
        Ok(url) => url,
        Err(_) => Site::start().await?.url(),
    };
    let (app, report) = App::start(Settings::new(redis, site), policy).await?;
    for session in &report.sessions {
        println!("{}: {:?}", session.session, session.action);
    }
    if word.as_deref() == Some("deploy") {
        return Ok(());
    }

    let listen = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let listener = TcpListener::bind(&listen).await?;
    println!("http://{}", listener.local_addr()?);
    serve(listener, app, stopped()).await?;
    Ok(())
}

/// Resolves when the program is asked to end: by Ctrl-C, or by an orchestrator.
async fn stopped() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
