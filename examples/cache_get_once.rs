//! The cache of `cache_get` for many concurrent callers: resources expire, each call has a timeout,
//! and calls for the same resource share one download.
//!
//! In the server each call is a coroutine on one event loop. A download runs in the background, and
//! all coroutines that need it wait for the same future. At the end the program removes its
//! registrations, executions and keys from the server.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example cache_get_once --features aio,embedded
//! ```
//!
//! In a crate of your own: copy the folder `site` too, and write into `Cargo.toml`
//!
//! ```toml
//! redgrease = { path = "../redgrease", features = ["aio", "embedded"] }
//! redis = { version = "1.8", default-features = false }
//! tempfile = "3"
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```

mod site;

use redgrease::embedded::Server;
use redgrease::prelude::*;
use redgrease::{AsyncCon, connect_async, start_async};
use redis::AsyncCommands;
use site::picture;
use std::convert::Infallible;
use std::error::Error;
use std::fs;
use std::net::TcpListener;
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const PICTURES: usize = 3;
const CALLERS: usize = 6;

python_module! {
    downloads {
        import functools
        import requests

        # Futures of the running downloads, by URL.
        running = {}

        def begin(loop, url):
            running[url] = loop.run_in_executor(None, functools.partial(requests.get, url, timeout=30))

        def finish(download, url):
            # True for the first caller after the download has ended; that caller stores the result.
            if not download.done() or running.get(url) is not download:
                return False
            del running[url]
            return True
    }
}

/// Gets a web resource through a cache; `None` if the web site does not have it.
///
/// A resource expires `expiry` seconds after its last request. A call fails if its resource does not
/// arrive within `timeout` seconds.
#[gear_command(requirements = ["requests"], module = downloads)]
async fn cache_get_once(url: &str, expiry: Option<u32>, timeout: Option<f64>) -> Option<Vec<u8>> {
    python! {
        import asyncio

        # No other coroutine runs from here to the next await.
        number = cmd.incr("requests:" + url)
        log(f "Cache request #{number} for {url}")
        content = cmd.get(url)
        if content is not None:
            log(f "Cache hit #{number} for {url}")
            if expiry:
                cmd.expire(url, expiry)
            return content

        if url in running:
            log(f "Cache wait #{number} for {url}")
        else:
            log(f "Cache miss #{number} for {url}")
            begin(asyncio.get_running_loop(), url)
        download = running[url]
        try:
            # shield() keeps the download running for the other callers when this one times out.
            response = await asyncio.wait_for(asyncio.shield(download), timeout)
        except asyncio.TimeoutError:
            raise TimeoutError(f "no response within {timeout} seconds") from None
        except requests.RequestException:
            finish(download, url)
            raise
        found = response.status_code == 200
        if finish(download, url):
            log(f "Cache update #{number} for {url}: status {response.status_code}")
            if found:
                cmd.set(url, response.content, ex=expiry)
        return response.content if found else None
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let folder = tempfile::tempdir()?;
    // The web site sends no response until `gate` is dropped.
    let (gate, closed) = mpsc::channel::<Infallible>();
    let closed = Mutex::new(closed);
    let site = site::start(PICTURES, move || {
        let _ = closed.lock().map(|closed| closed.recv());
    })?;
    let mut con = start_async(server.url()).await?;

    let popular = site.url(0);
    println!("{CALLERS} callers request the same picture at once.");
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        // The server replies to the calls of one connection in order, so each caller has its own
        // connection.
        let mut con = connect_async(server.url()).await?;
        let url = popular.clone();
        callers.spawn(async move {
            let content = cache_get_once(&mut con, &url, Some(3600), Some(60.0)).await;
            content.map(|content| (caller, content))
        });
    }
    let requests = format!("requests:{popular}");
    until("all callers wait, and the download has begun", async || {
        let requested: Option<usize> = con.get(&requests).await?;
        Ok(requested == Some(CALLERS) && site.requests() > 0)
    })
    .await?;
    println!("Downloads while all callers wait: {}", site.requests());
    drop(gate);
    while let Some(result) = callers.join_next().await {
        let (caller, content) = result??;
        let file = folder.path().join(format!("{caller}.bmp"));
        fs::write(file, content.ok_or("the web site lacks the picture")?)?;
    }
    let mut equal = 0;
    for file in fs::read_dir(folder.path())? {
        equal += usize::from(fs::read(file?.path())? == picture::draw(0));
    }
    println!(
        "Files with the picture: {equal}. Downloads: {}",
        site.requests()
    );

    cache_get_once(&mut con, &popular, Some(3600), None).await?;
    println!("Downloads after another request: {}", site.requests());

    // A resource without requests expires.
    let rare = site.url(1);
    cache_get_once(&mut con, &rare, Some(1), None).await?;
    until("the second picture has expired", async || {
        Ok(!con.exists::<_, bool>(&rare).await?)
    })
    .await?;
    cache_get_once(&mut con, &rare, Some(1), None).await?;
    println!(
        "Downloads after the second picture has expired: {}",
        site.requests()
    );

    let nowhere = site.url(PICTURES);
    let missing = cache_get_once(&mut con, &nowhere, None, None).await?;
    println!("A missing picture: {missing:?}");

    // A web site that accepts connections and never responds.
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let silent = format!("http://{}/", silent.local_addr()?);
    let result = cache_get_once(&mut con, &silent, None, Some(0.2)).await;
    let error = result.err().ok_or("the silent web site has responded")?;
    let raised = error.as_gear().ok_or("not an exception")?;
    println!("A silent site: {}: {}", raised.exception, raised.message);

    summarize_log(&server, &popular)?;
    clean_up(&mut con).await?;
    folder.close()?;
    server.stop()?;
    Ok(())
}

/// Polls a condition until it holds.
async fn until(
    condition: &str,
    mut holds: impl AsyncFnMut() -> redis::RedisResult<bool>,
) -> Result<(), Box<dyn Error>> {
    let begin = Instant::now();
    while !holds().await? {
        if begin.elapsed() > Duration::from_mins(1) {
            return Err(format!("did not happen within a minute: {condition}").into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// Counts the log lines of the gear for one URL.
fn summarize_log(server: &Server, url: &str) -> Result<(), Box<dyn Error>> {
    let log = fs::read_to_string(server.log_path())?;
    println!("Log lines for the first picture:");
    for event in ["request", "miss", "wait", "update", "hit"] {
        let line = format!("Cache {event} #");
        let count = log
            .lines()
            .filter(|l| l.contains(&line) && l.contains(url))
            .count();
        println!("  {event}: {count}");
    }
    Ok(())
}

/// Removes all registrations, executions and keys.
async fn clean_up(con: &mut AsyncCon) -> Result<(), Box<dyn Error>> {
    for registration in con.dump_registrations().await? {
        con.unregister(&registration).await?;
    }
    for execution in con.dump_executions().await? {
        if !execution.status.is_over() {
            con.abort_execution(&execution).await?;
        }
        con.drop_execution(&execution).await?;
    }
    let () = redis::cmd("FLUSHALL").query_async(con).await?;
    let keys: usize = redis::cmd("DBSIZE").query_async(con).await?;
    println!(
        "Left behind: {} registrations, {} executions, {keys} keys",
        con.dump_registrations().await?.len(),
        con.dump_executions().await?.len()
    );
    Ok(())
}
