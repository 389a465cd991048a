//! The state of the service, its start and its end.

use crate::routes;
use axum::extract::FromRef;
use redgrease::{Options, Policy, Pool, PoolOptions, Report};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// What the service is started with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address of the Redis server.
    pub redis: String,
    /// The address of the web site whose pages are fetched, without a slash at the end.
    pub site: String,
    /// Requests that each client may send in a minute.
    pub requests_per_minute: u32,
    /// The time limit of a gear.
    pub call_timeout: Duration,
    /// Gears that can wait in the server at the same time.
    pub pool_size: usize,
    /// How long a request waits for a place in the pool.
    pub pool_wait: Duration,
}

impl Settings {
    /// The settings for these addresses.
    pub fn new(redis: impl Into<String>, site: impl Into<String>) -> Self {
        Settings {
            redis: redis.into(),
            site: site.into(),
            requests_per_minute: 600,
            call_timeout: Duration::from_secs(10),
            pool_size: 32,
            pool_wait: Duration::from_secs(2),
        }
    }
}

/// The state of the service. A clone is cheap, and shares the pool.
#[derive(Debug, Clone)]
pub struct App {
    pub(crate) pool: Pool,
    pub(crate) settings: Arc<Settings>,
}

/// Handlers that only call gears take `State(pool): State<Pool>`.
impl FromRef<App> for Pool {
    fn from_ref(app: &App) -> Pool {
        app.pool.clone()
    }
}

impl App {
    /// Connects, and registers the gears as the policy says.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached or refuses the gears.
    pub async fn start(settings: Settings, policy: Policy) -> redgrease::Result<(App, Report)> {
        let options = Options::new()
            .policy(policy)
            .call_timeout(settings.call_timeout);
        let pool_options = PoolOptions::new()
            .size(settings.pool_size)
            .wait(settings.pool_wait);
        let (pool, report) =
            Pool::start_with(settings.redis.as_str(), &options, &pool_options).await?;
        let settings = Arc::new(settings);
        Ok((App { pool, settings }, report))
    }

    /// The pool.
    #[must_use]
    pub fn pool(&self) -> Pool {
        self.pool.clone()
    }
}

/// Serves until `end` resolves. Then requests that have begun are answered, and new ones are refused.
///
/// # Errors
///
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    app: App,
    end: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, routes::router(app))
        .with_graceful_shutdown(end)
        .await
}
