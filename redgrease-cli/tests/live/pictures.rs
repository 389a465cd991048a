//! The pictures of the book: a shop with traffic, errors, and streams with lag.

use crate::browser::Browser;
use crate::common::{done, program};
use crate::drawing;
use crate::gears::con;
use crate::page::Ui;
use crate::terminal::{FOLDER, Terminal};
use redgrease_core::{Con, GearsCommands as _, PyExecuteOptions};
use redgrease_embedded::Server;
use redis::Value;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The time that plots need to be full.
const BEFORE: Duration = Duration::from_secs(125);

type Job = fn(&mut Con, usize);

/// What clients do, and the pause between two times in milliseconds.
const JOBS: [(Job, f64); 10] = [
    (
        |con, n| {
            call(
                con,
                &[
                    "shop.price",
                    ["tea", "coffee", "cocoa", "tea", "coffee", "mate"][n * 7 % 6],
                ],
            );
        },
        60.0,
    ),
    (|con, _| call(con, &["shop.price", "tea"]), 9.0),
    (|con, _| call(con, &["shop.articles"]), 8.0),
    (
        |con, n| run(con, &["SET", &format!("visit:{}", n % 50), "1"]),
        5.0,
    ),
    (
        |con, _| order(con, r#"{"lines":[{"price":4.2,"count":2}]}"#),
        33.0,
    ),
    (|con, _| order(con, r#"{"lines":[{"price":4.2}]}"#), 700.0),
    (
        |con, _| run(con, &["XADD", "mail:out", "*", "to", "a"]),
        190.0,
    ),
    (
        |con, _| run(con, &["XADD", "mail:bounced", "*", "to", "a"]),
        20_000.0,
    ),
    (
        |con, n| call(con, &["report.day", ["0.5", "1", "2", "4"][n % 4]]),
        700.0,
    ),
    (|con, _| scan(con), 9000.0),
];

fn call(con: &mut Con, words: &[&str]) {
    let _ = con.trigger::<Value>(words[0], &words[1..]);
}

fn run(con: &mut Con, words: &[&str]) {
    let _ = redis::Cmd::new().arg(words).query::<Value>(con);
}

fn order(con: &mut Con, text: &str) {
    run(con, &["XADD", "shop:orders", "*", "order", text]);
}

/// A script that scans for some seconds.
fn scan(con: &mut Con) {
    let script =
        "import time\ndef scan(r):\n    time.sleep(4)\nGB('ShardsIDReader').map(scan).run()";
    let _ = con.pyexecute_options::<Value>(script, &PyExecuteOptions::new().unblocking());
}

struct Shop {
    stopped: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Shop {
    fn open(server: &Server) -> Self {
        let mut sync = program(&["sync", "shop"]);
        sync.current_dir(FOLDER).env("REDGREASE_URL", server.url());
        done(&mut sync).ok();
        let stopped = Arc::new(AtomicBool::new(false));
        let begun = Instant::now();
        let start = |(job, pause): (Job, f64)| {
            let (mut con, stopped) = (con(server), Arc::clone(&stopped));
            thread::spawn(move || {
                for number in (0..).take_while(|_| !stopped.load(Ordering::Relaxed)) {
                    job(&mut con, number);
                    let wave = 1.3 + (begun.elapsed().as_secs_f64() / 7.0).sin();
                    thread::sleep(Duration::from_secs_f64(pause / 1000.0 / wave));
                }
            })
        };
        let threads = JOBS.into_iter().map(start).collect();
        Shop { stopped, threads }
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

#[test]
#[ignore = "writes the pictures of the book into the folder of REDGREASE_SHOTS, which takes two minutes"]
fn pictures_of_the_book() {
    let folder =
        PathBuf::from(std::env::var_os("REDGREASE_SHOTS").expect("REDGREASE_SHOTS names a folder"));
    let server = Server::builder()
        .port(crate::gears::free_port())
        .start()
        .unwrap();
    let _shop = Shop::open(&server);
    let ui = Ui::start(server.url(), &["--allow-changes"]);
    let mut top = Terminal::start(&[crate::common::REDGREASE, "top"], server.url(), &[]);
    top.resize((26, 112));
    thread::sleep(BEFORE);

    let keep = |top: &Terminal, name: &str| {
        fs::write(folder.join(name).with_extension("txt"), top.text() + "\n").unwrap();
        fs::write(
            folder.join(name).with_extension("svg"),
            top.with_screen(drawing::svg),
        )
        .unwrap();
    };
    top.has("shop.price");
    keep(&top, "top");
    top.press("6");
    top.has("KeyError");
    top.press("\r");
    top.has("│ ");
    keep(&top, "top-error");

    let mut page = Browser::open(&ui.address, (1360, 860));
    page.has("shop.price");
    for scheme in ["light", "dark"] {
        page.prefer(scheme);
        page.value("new Promise((done) => setTimeout(done, 1500))");
        page.shoot(&format!("ui-{scheme}"));
    }
    page.click("#tab-5");
    page.value("[...document.querySelectorAll('tbody tr')].find((row) => row.innerText.includes('KeyError')).click()");
    for scheme in ["dark", "light"] {
        page.prefer(scheme);
        page.value("new Promise((done) => setTimeout(done, 500))");
        page.shoot(&format!("ui-error-{scheme}"));
    }
    page.press("Escape");
    page.click("#tab-0");
    page.resize((390, 844));
    page.value("new Promise((done) => setTimeout(done, 500))");
    page.shoot("ui-narrow");
}
