//! The cache of `cache_get`, made for many callers: resources expire, nobody waits longer than they
//! said, and who asks for what is being downloaded waits for that download instead of beginning
//! another one.
//!
//! In the server every call is a coroutine on one event loop. A download goes on in the background;
//! the coroutines that want it share its future. In the end the program cleans up: registrations,
//! executions, keys.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example cache_get_once --features aio,embedded
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

        # Futures of the downloads that are under way, by their urls.
        under_way = {}

        def begin(loop, url):
            under_way[url] = loop.run_in_executor(None, functools.partial(requests.get, url, timeout=30))

        def is_first_to_see(download, url):
            # Whoever sees first that a download has ended does what is to be done then.
            if not download.done() or under_way.get(url) is not download:
                return False
            del under_way[url]
            return True
    }
}

/// Gets a web resource through a cache. `expiry`: after how many seconds without a request it is
/// forgotten. `timeout`: how many seconds to wait for it. `None` if the web site does not have it.
#[gear_command(requirements = ["requests"], module = downloads)]
async fn cache_get_once(url: &str, expiry: Option<u32>, timeout: Option<f64>) -> Option<Vec<u8>> {
    python! {
        import asyncio

        # Nothing else happens on the loop from here to the next await.
        number = cmd.incr("requests:" + url)
        log(f "Cache request #{number} for {url}")
        content = cmd.get(url)
        if content is not None:
            log(f "Cache hit #{number} for {url}")
            if expiry:
                cmd.expire(url, expiry)
            return content

        if url in under_way:
            log(f "Cache wait #{number} for {url}")
        else:
            log(f "Cache miss #{number} for {url}")
            begin(asyncio.get_running_loop(), url)
        download = under_way[url]
        try:
            # The shield: who gives up waiting does not end the download for the others.
            response = await asyncio.wait_for(asyncio.shield(download), timeout)
        except asyncio.TimeoutError:
            raise TimeoutError(f "no answer within {timeout} seconds") from None
        except requests.RequestException:
            is_first_to_see(download, url)
            raise
        found = response.status_code == 200
        if is_first_to_see(download, url):
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
    // The site answers nobody until `gate` is dropped.
    let (gate, closed) = mpsc::channel::<Infallible>();
    let closed = Mutex::new(closed);
    let site = site::start(PICTURES, move || {
        let _ = closed.lock().map(|closed| closed.recv());
    })?;
    let mut con = start_async(server.url()).await?;

    let popular = site.url(0);
    println!("{CALLERS} callers ask for the same picture at once.");
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        // A server answers one connection in its order: who is not to wait for others has their own.
        let mut con = connect_async(server.url()).await?;
        let url = popular.clone();
        callers.spawn(async move {
            let content = cache_get_once(&mut con, &url, Some(3600), Some(60.0)).await;
            content.map(|content| (caller, content))
        });
    }
    let requests = format!("requests:{popular}");
    until("all have asked, and one of them the site", async || {
        let asked: Option<usize> = con.get(&requests).await?;
        Ok(asked == Some(CALLERS) && site.asked() > 0)
    })
    .await?;
    println!("Downloads while all of them wait: {}", site.asked());
    drop(gate);
    while let Some(answer) = callers.join_next().await {
        let (caller, content) = answer??;
        let file = folder.path().join(format!("{caller}.bmp"));
        fs::write(file, content.ok_or("the site has this picture")?)?;
    }
    let mut equal = 0;
    for file in fs::read_dir(folder.path())? {
        equal += usize::from(fs::read(file?.path())? == picture::draw(0));
    }
    println!(
        "Files with the picture: {equal}. Downloads: {}",
        site.asked()
    );

    cache_get_once(&mut con, &popular, Some(3600), None).await?;
    println!("Downloads after another request: {}", site.asked());

    // What nobody asks for is forgotten.
    let rare = site.url(1);
    cache_get_once(&mut con, &rare, Some(1), None).await?;
    until("the second picture is forgotten", async || {
        Ok(!con.exists::<_, bool>(&rare).await?)
    })
    .await?;
    cache_get_once(&mut con, &rare, Some(1), None).await?;
    println!(
        "Downloads after the second picture has expired: {}",
        site.asked()
    );

    let nowhere = site.url(PICTURES);
    let missing = cache_get_once(&mut con, &nowhere, None, None).await?;
    println!("A picture that there is not: {missing:?}");

    // A listener that nobody serves: connections are made, and never answered.
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let silent = format!("http://{}/", silent.local_addr()?);
    let answer = cache_get_once(&mut con, &silent, None, Some(0.2)).await;
    let error = answer.err().ok_or("a silent site answered")?;
    let raised = error.as_gear().ok_or("not an exception")?;
    println!("A silent site: {}: {}", raised.exception, raised.message);

    what_the_log_says(&server, &popular)?;
    clean_up(&mut con).await?;
    folder.close()?;
    server.stop()?;
    Ok(())
}

/// Waits for something that another connection, or time, brings about.
async fn until(
    what: &str,
    mut holds: impl AsyncFnMut() -> redis::RedisResult<bool>,
) -> Result<(), Box<dyn Error>> {
    let begin = Instant::now();
    while !holds().await? {
        if begin.elapsed() > Duration::from_mins(1) {
            return Err(format!("it did not happen: {what}").into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// What the gear has written for one url.
fn what_the_log_says(server: &Server, url: &str) -> Result<(), Box<dyn Error>> {
    let log = fs::read_to_string(server.log_path())?;
    println!("The log of the server about the first picture:");
    for what in ["request", "miss", "wait", "update", "hit"] {
        let line = format!("Cache {what} #");
        let count = log
            .lines()
            .filter(|l| l.contains(&line) && l.contains(url))
            .count();
        println!("  {what}: {count}");
    }
    Ok(())
}

/// Leaves the server as it was.
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
