//! A TCP proxy that cuts connections at the worst moment: after the server has received a command
//! and before the client receives the reply. It can also swallow a command, and be silent from then on.

use redgrease_embedded::Server;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A running proxy. Its threads end with the test program.
pub(crate) struct Proxy {
    address: String,
    /// Number of coming requests after which the connection is cut.
    cuts: Arc<AtomicUsize>,
    /// Whether a request with the word is swallowed in place of a cut.
    swallows: Arc<AtomicBool>,
    accepted: Arc<AtomicUsize>,
}

impl Proxy {
    /// Starts a proxy. [`cut_next`](Self::cut_next) applies to requests that contain `word`.
    pub(crate) fn start(server: &Server, word: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("redis://{}/", listener.local_addr().unwrap());
        let proxy = Proxy {
            address,
            cuts: Arc::default(),
            swallows: Arc::default(),
            accepted: Arc::default(),
        };
        let (socket, cuts, swallows, accepted) = (
            server.socket().to_owned(),
            proxy.cuts.clone(),
            proxy.swallows.clone(),
            proxy.accepted.clone(),
        );
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                accepted.fetch_add(1, Ordering::SeqCst);
                let (socket, cuts, swallows) = (socket.clone(), cuts.clone(), swallows.clone());
                std::thread::spawn(move || forward(client, &socket, word, &cuts, &swallows));
            }
        });
        proxy
    }

    pub(crate) fn url(&self) -> &str {
        &self.address
    }

    /// Cuts the connection after each of the next `count` requests that contain the word.
    pub(crate) fn cut_next(&self, count: usize) {
        self.cuts.store(count, Ordering::SeqCst);
    }

    /// Swallows each of the next `count` requests that contain the word. The connection stays open and silent.
    pub(crate) fn swallow_next(&self, count: usize) {
        self.swallows.store(true, Ordering::SeqCst);
        self.cut_next(count);
    }

    /// Number of cuts that have not happened yet.
    pub(crate) fn cuts_left(&self) -> usize {
        self.cuts.load(Ordering::SeqCst)
    }

    /// Number of accepted connections.
    pub(crate) fn connections(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

fn forward(
    mut client: TcpStream,
    socket: &PathBuf,
    word: &str,
    cuts: &AtomicUsize,
    swallows: &AtomicBool,
) {
    let Ok(mut server) = UnixStream::connect(socket) else {
        return;
    };
    let (mut to_client, mut from_server) =
        (client.try_clone().unwrap(), server.try_clone().unwrap());
    let answers = std::thread::spawn(move || {
        let _ = std::io::copy(&mut from_server, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let mut buffer = vec![0; 65536];
    while let Ok(size @ 1..) = client.read(&mut buffer) {
        let request = &buffer[..size];
        let is_it = String::from_utf8_lossy(request).contains(word);
        let cut = is_it
            && cuts
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                    left.checked_sub(1)
                })
                .is_ok();
        if cut && swallows.load(Ordering::SeqCst) {
            // Until the client leaves.
            let _ = std::io::copy(&mut client, &mut std::io::sink());
            break;
        }
        if server.write_all(request).is_err() {
            break;
        }
        if cut {
            // The gear is slow, so its reply comes after the cut.
            let _ = client.shutdown(Shutdown::Both);
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Write);
    let _ = answers.join();
}
