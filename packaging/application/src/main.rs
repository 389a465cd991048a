//! An application that runs beside its server, in a container of its own: `packaging/compose.yaml`.
//!
//! It registers its gear when it starts, and then calls it every second, like a web site that counts its visits.
//!
//! ```text
//! REDIS_URL=redis://127.0.0.1:6379 REDIS_PASSWORD=.. cargo run -p visits
//! ```

use redgrease::prelude::*;
use redis::{ConnectionInfo, IntoConnectionInfo};
use std::env;
use std::error::Error;
use std::thread::sleep;
use std::time::Duration;

/// Counts a visit. Returns a sentence about the page.
#[gear_command(requirements = ["humanize"])]
fn visit(page: &str) -> String {
    python! {
        import humanize
        import time

        key = "page:" + page
        before = cmd.getset(key + ":last", str(time.time()))
        count = cmd.incr(key + ":count")
        if before is None:
            return page + ": the first visit"
        ago = humanize.naturaltime(time.time() - float(before))
        return page + ": visit " + humanize.intcomma(count) + ", the last one was " + ago
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let url = env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
    let mut con = redgrease::start(with_password(url.into_connection_info()?))?;
    loop {
        println!("{}", visit(&mut con, "home")?);
        sleep(Duration::from_secs(1));
    }
}

/// The password is no part of the URL, because characters such as `@`, `/` and `#` have a meaning there.
fn with_password(server: ConnectionInfo) -> ConnectionInfo {
    match env::var("REDIS_PASSWORD") {
        Ok(password) => {
            let settings = server.redis_settings().clone().set_password(password);
            server.set_redis_settings(settings)
        }
        Err(_) => server,
    }
}
