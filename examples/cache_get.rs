//! A cache that fills itself: a Python function, written inside a Rust function, that runs inside
//! Redis.
//!
//! A small web site on this machine serves pictures, slowly. The gear `cache_get` runs in the
//! Redis server, downloads a picture with the Python package `requests` when it is asked for the
//! first time, and keeps it there. The program asks for all pictures twice, writes them to files,
//! and compares.
//!
//! ```text
//! cargo xtask demo
//! ```
//! builds what is needed and runs this; afterwards so does
//! `cargo run --example cache_get --features embedded`.

use redgrease::embedded::Server;
use redgrease::prelude::*;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

const PICTURES: usize = 8;
/// How long the web site takes for each.
const SLOWNESS: Duration = Duration::from_millis(200);

/// Gets a web resource through a cache that lives next to the data.
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

/// Which Python runs gears, and in which process.
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
    let site = site::start(PICTURES, SLOWNESS)?;
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

    println!("Getting {PICTURES} pictures, for each of which the web site takes {SLOWNESS:?}:");
    let miss = get_them_all(&mut con, &site, &folder.path().join("first"))?;
    println!("Cache-miss time: {:.3} seconds", miss.as_secs_f64());
    let hit = get_them_all(&mut con, &site, &folder.path().join("second"))?;
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
                "{} is not the picture",
                file.display()
            );
        }
    }
    println!(
        "All pictures are as the web site drew them; it was asked {} times.",
        site.asked()
    );

    // Any client can call a gear, by its name.
    let url = site.url(0);
    let (bare,): (Vec<u8>,) = redis::cmd("RG.TRIGGER")
        .arg("cache_get")
        .arg(&url)
        .query(&mut con)?;
    assert_eq!(bare, picture::draw(0));
    println!(
        "The bare command `RG.TRIGGER cache_get {url}` gave the same {} bytes.",
        bare.len()
    );

    folder.close()?;
    server.stop()?;
    println!("The server and the files are gone again.");
    Ok(())
}

/// Gets every picture through the cache and writes it to a file; how long that took.
fn get_them_all(
    con: &mut impl redgrease::Connection,
    site: &site::Site,
    folder: &Path,
) -> Result<Duration, Box<dyn Error>> {
    fs::create_dir(folder)?;
    let begin = Instant::now();
    for number in 0..PICTURES {
        // This looks like a local call, and runs in the server.
        let bytes = cache_get(con, &site.url(number))?;
        fs::write(folder.join(picture::file_name(number)), bytes)?;
    }
    Ok(begin.elapsed())
}

/// A web site with pictures, on loopback, in threads of this program.
mod site {
    use super::picture;
    use std::io::{self, BufRead, BufReader, Write};
    use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    pub(super) struct Site {
        address: SocketAddr,
        asked: Arc<AtomicUsize>,
    }

    /// Opens the site; it is there as long as the program.
    pub(super) fn start(pictures: usize, slowness: Duration) -> io::Result<Site> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let site = Site {
            address: listener.local_addr()?,
            asked: Arc::default(),
        };
        let asked = Arc::clone(&site.asked);
        thread::spawn(move || {
            for visitor in listener.incoming().flatten() {
                let asked = Arc::clone(&asked);
                thread::spawn(move || {
                    asked.fetch_add(1, Ordering::Relaxed);
                    // A visitor that hangs up early is no concern of the site.
                    let _ = answer(visitor, pictures, slowness);
                });
            }
        });
        Ok(site)
    }

    impl Site {
        pub(super) fn url(&self, number: usize) -> String {
            format!("http://{}/{}", self.address, picture::file_name(number))
        }

        pub(super) fn asked(&self) -> usize {
            self.asked.load(Ordering::Relaxed)
        }
    }

    fn answer(mut visitor: TcpStream, pictures: usize, slowness: Duration) -> io::Result<()> {
        let mut lines = BufReader::new(visitor.try_clone()?).lines();
        let request = lines.next().transpose()?.unwrap_or_default();
        while lines
            .next()
            .transpose()?
            .is_some_and(|header| !header.is_empty())
        {}
        thread::sleep(slowness);

        let path = request
            .split(' ')
            .nth(1)
            .unwrap_or_default()
            .trim_start_matches('/');
        let number = (0..pictures).find(|number| path == picture::file_name(*number));
        let (status, body) = match number {
            Some(number) => ("200 OK", picture::draw(number)),
            None => ("404 Not Found", Vec::new()),
        };
        let length = body.len();
        write!(
            visitor,
            "HTTP/1.1 {status}\r\nContent-Type: image/bmp\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n"
        )?;
        visitor.write_all(&body)
    }
}

/// Pictures, drawn by formula.
mod picture {
    const SIDE: u32 = 128;

    pub(super) fn file_name(number: usize) -> String {
        format!("picture-{number}.bmp")
    }

    /// A carpet in three colours, a different pattern for each number, as a BMP file with 24 bits a
    /// pixel.
    pub(super) fn draw(number: usize) -> Vec<u8> {
        const HEADERS: u32 = 14 + 40;
        const PIXELS: u32 = SIDE * SIDE * 3;
        let mut file = Vec::new();
        file.extend(b"BM");
        for field in [HEADERS + PIXELS, 0, HEADERS, 40, SIDE, SIDE, 1 | 24 << 16] {
            file.extend(field.to_le_bytes());
        }
        file.extend([0; 24]);
        for y in 0..SIDE {
            for x in 0..SIDE {
                file.extend([1, 2, 3].map(|colour| thread(x, y, number + colour)));
            }
        }
        file
    }

    /// How bright one colour is at one place.
    fn thread(x: u32, y: u32, pattern: usize) -> u8 {
        let [step, ..] = pattern.to_le_bytes();
        let [bright, ..] = ((x * u32::from(step)) ^ (y * (u32::from(step) + 2))).to_le_bytes();
        bright
    }
}
