//! A running service.

use redgrease::Policy;
use redgrease::embedded::Server;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use web::app::{App, Settings, serve};
use web::client::Client;
use web::site::Site;

pub(crate) struct Started {
    pub(crate) server: Server,
    pub(crate) site: Site,
    pub(crate) app: App,
    pub(crate) url: String,
    pub(crate) end: Option<oneshot::Sender<()>>,
    pub(crate) serving: JoinHandle<std::io::Result<()>>,
}

impl Started {
    pub(crate) async fn new() -> Self {
        Started::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Started::on(Server::start().unwrap(), change).await
    }

    pub(crate) async fn on(server: Server, change: impl FnOnce(&mut Settings)) -> Self {
        let site = Site::start().await.unwrap();
        let mut settings = Settings::new(server.url(), site.url());
        settings.call_timeout = Duration::from_mins(1);
        settings.pool_wait = Duration::from_mins(1);
        change(&mut settings);
        let (app, _) = App::start(settings, Policy::IfNewer).await.unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (end, asked) = oneshot::channel();
        let serving = tokio::spawn(serve(listener, app.clone(), async {
            let _ = asked.await;
        }));
        Started {
            server,
            site,
            app,
            url,
            end: Some(end),
            serving,
        }
    }

    pub(crate) fn client(&self, name: &str) -> Client {
        Client::new(&self.url, name)
    }
}

/// Polls a condition until it holds. The limit only matters for failing tests.
pub(crate) async fn until(condition: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..6000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("did not happen within a minute: {condition}");
}
