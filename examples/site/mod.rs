//! A small web site with pictures, for the examples of caching. It runs in threads of the program and
//! listens on loopback.

pub(crate) mod picture;

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

pub(crate) struct Site {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
}

/// Starts the web site, which runs until the program ends. Each response waits for `delay` to return.
pub(crate) fn start(pictures: usize, delay: impl Fn() + Send + Sync + 'static) -> io::Result<Site> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let site = Site {
        address: listener.local_addr()?,
        requests: Arc::default(),
    };
    let requests = Arc::clone(&site.requests);
    let delay = Arc::new(delay);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let requests = Arc::clone(&requests);
            let delay = Arc::clone(&delay);
            thread::spawn(move || {
                requests.fetch_add(1, Ordering::Relaxed);
                // A client may disconnect early; the web site ignores that.
                let _ = respond(client, pictures, &*delay);
            });
        }
    });
    Ok(site)
}

impl Site {
    pub(crate) fn url(&self, number: usize) -> String {
        format!("http://{}/{}", self.address, picture::file_name(number))
    }

    /// Number of requests received.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}

fn respond(mut client: TcpStream, pictures: usize, delay: &dyn Fn()) -> io::Result<()> {
    let mut lines = BufReader::new(client.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    while lines
        .next()
        .transpose()?
        .is_some_and(|header| !header.is_empty())
    {}
    delay();

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
        client,
        "HTTP/1.1 {status}\r\nContent-Type: image/bmp\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n"
    )?;
    client.write_all(&body)
}
