//! A cache that fills itself: a Python function, written inside a Rust function, that runs inside
//! Redis.
//!
//! The program starts a small, slow web site with pictures. The gear `cache_get` runs in the Redis
//! server. On the first request for a picture it downloads the picture with the Python package
//! `requests` and stores it in Redis; later requests are served from there. The program gets all
//! pictures twice, writes them to files and compares the times.
//!
//! `cargo xtask demo` builds everything and runs this program. Afterwards you can run it with:
//!
//! ```text
//! cargo run --example cache_get --features embedded
//! ```
//!
//! In a crate of your own: copy the folder `site` too, and write into `Cargo.toml`
//!
//! ```toml
//! redgrease = { path = "../redgrease", features = ["embedded"] }
//! redis = { version = "1.8", default-features = false }
//! tempfile = "3"
//! ```

mod site;

use redgrease::embedded::Server;
use redgrease::prelude::*;
use site::picture;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

const PICTURES: usize = 8;
/// Response time of the web site.
const DELAY: Duration = Duration::from_millis(200);

/// Gets a web resource through a cache inside Redis.
#[gear_command(requirements = ["requests"])]
pub fn cache_get(url: &str) -> Vec<u8> {
    python! {
        import requests

        if cmd.exists(url):
            log("cache hit: " + url)
            return bytes(cmd.get(url))

        log("cache miss: " + url)
        response = requests.get(url)
        if response.status_code != 200:
            return bytes()
        cmd.set(url, response.content)
        return response.content
    }
}

/// The version of Python that runs gears, and its process id.
#[gear_command]
pub fn whereabouts() -> (String, u32) {
    python! {
        import os
        import platform

        return platform.python_version(), os.getpid()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let site = site::start(PICTURES, || thread::sleep(DELAY))?;
    let folder = tempfile::tempdir()?;

    println!("Registering the gears; the server installs `requests` the first time ..");
    let mut con = redgrease::start(server.url())?;

    let (python, process) = whereabouts(&mut con)?;
    println!("Gears run with Python {python} in process {process}, which is the Redis server.");
    println!(
        "This program is process {}, and has no Python in it.\n",
        std::process::id()
    );
    assert_eq!(process, server.pid());

    println!("Getting {PICTURES} pictures; the web site takes {DELAY:?} for each:");
    let miss = get_pictures(&mut con, &site, &folder.path().join("first"))?;
    println!("Cache-miss time: {:.3} seconds", miss.as_secs_f64());
    let hit = get_pictures(&mut con, &site, &folder.path().join("second"))?;
    println!("Cache-hit time: {:.3} seconds", hit.as_secs_f64());
    println!(
        "That is {:.0} times faster!\n",
        miss.as_secs_f64() / hit.as_secs_f64()
    );

    for number in 0..PICTURES {
        let drawn = picture::draw(number);
        for round in ["first", "second"] {
            let file = folder.path().join(round).join(picture::file_name(number));
            assert_eq!(
                fs::read(&file)?,
                drawn,
                "{} differs from the picture",
                file.display()
            );
        }
    }
    println!(
        "All pictures are correct; the web site received {} requests.",
        site.requests()
    );

    // A client in any language can call a gear by its name.
    let url = site.url(0);
    let (bare,): (Vec<u8>,) = redis::cmd("RG.TRIGGER")
        .arg("cache_get")
        .arg(&url)
        .query(&mut con)?;
    assert_eq!(bare, picture::draw(0));
    println!(
        "The bare command `RG.TRIGGER cache_get {url}` returned the same {} bytes.",
        bare.len()
    );

    folder.close()?;
    server.stop()?;
    println!("The server and the files are removed.");
    Ok(())
}

/// Gets all pictures through the cache, writes them to files and returns the elapsed time.
fn get_pictures(
    con: &mut impl redgrease::Connection,
    site: &site::Site,
    folder: &Path,
) -> Result<Duration, Box<dyn Error>> {
    fs::create_dir(folder)?;
    let begin = Instant::now();
    for number in 0..PICTURES {
        // This looks like a local call, but the function runs in the server.
        let bytes = cache_get(con, &site.url(number))?;
        fs::write(folder.join(picture::file_name(number)), bytes)?;
    }
    Ok(begin.elapsed())
}
