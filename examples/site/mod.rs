//! A small web site with pictures, on loopback, in threads of the program: what the examples of
//! caching download from.

pub(crate) mod picture;

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

pub(crate) struct Site {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

/// Opens the site; it is there as long as the program. Each answer waits for `delay` to return.
pub(crate) fn start(pictures: usize, delay: impl Fn() + Send + Sync + 'static) -> io::Result<Site> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let site = Site {
        address: listener.local_addr()?,
        asked: Arc::default(),
    };
    let asked = Arc::clone(&site.asked);
    let delay = Arc::new(delay);
    thread::spawn(move || {
        for visitor in listener.incoming().flatten() {
            let asked = Arc::clone(&asked);
            let delay = Arc::clone(&delay);
            thread::spawn(move || {
                asked.fetch_add(1, Ordering::Relaxed);
                // A visitor that hangs up early is no concern of the site.
                let _ = answer(visitor, pictures, &*delay);
            });
        }
    });
    Ok(site)
}

impl Site {
    pub(crate) fn url(&self, number: usize) -> String {
        format!("http://{}/{}", self.address, picture::file_name(number))
    }

    /// How many requests there were.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

fn answer(mut visitor: TcpStream, pictures: usize, delay: &dyn Fn()) -> io::Result<()> {
    let mut lines = BufReader::new(visitor.try_clone()?).lines();
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
        visitor,
        "HTTP/1.1 {status}\r\nContent-Type: image/bmp\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n"
    )?;
    visitor.write_all(&body)
}
