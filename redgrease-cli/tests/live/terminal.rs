//! A program in a terminal, and what it shows.

use crate::common::REDGREASE;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use vt100::Parser;

pub(crate) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    shown: Arc<Mutex<Parser>>,
    /// Everything that was written.
    raw: Arc<Mutex<Vec<u8>>>,
}

/// The folder in which the programs are started.
pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/live");

pub(crate) const SIZE: (u16, u16) = (34, 120);
const LIMIT: Duration = Duration::from_secs(20);

fn size((rows, cols): (u16, u16)) -> (NonZeroU16, NonZeroU16) {
    (
        NonZeroU16::new(rows).unwrap(),
        NonZeroU16::new(cols).unwrap(),
    )
}

fn pty((rows, cols): (u16, u16)) -> PtySize {
    PtySize {
        rows,
        cols,
        ..PtySize::default()
    }
}

impl Terminal {
    /// `redgrease top` with these options.
    pub(crate) fn top(url: &str, options: &[&str]) -> Self {
        let mut words = vec![REDGREASE, "top", "--interval", "0.2"];
        words.extend(options);
        Terminal::start(&words, url, &[])
    }

    pub(crate) fn start(words: &[&str], url: &str, environment: &[(&str, &str)]) -> Self {
        let pair = native_pty_system().openpty(pty(SIZE)).unwrap();
        let mut command = CommandBuilder::new(words[0]);
        command.args(&words[1..]);
        command.env("TERM", "xterm-256color");
        command.env("REDGREASE_URL", url);
        command.env_remove("NO_COLOR");
        for (name, value) in environment {
            command.env(name, value);
        }
        command.cwd(FOLDER);
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (rows, cols) = size(SIZE);
        let shown = Arc::new(Mutex::new(Parser::new(rows, cols, 0)));
        let raw = Arc::new(Mutex::new(Vec::new()));
        let (to_shown, to_raw) = (Arc::clone(&shown), Arc::clone(&raw));
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count) = reader.read(&mut bytes) {
                if count == 0 {
                    break;
                }
                to_raw.lock().unwrap().extend_from_slice(&bytes[..count]);
                to_shown.lock().unwrap().process(&bytes[..count]);
            }
        });
        Terminal {
            child,
            keys: pair.master.take_writer().unwrap(),
            master: pair.master,
            shown,
            raw,
        }
    }

    pub(crate) fn text(&self) -> String {
        self.shown.lock().unwrap().screen().contents()
    }

    pub(crate) fn raw(&self) -> Vec<u8> {
        self.raw.lock().unwrap().clone()
    }

    pub(crate) fn with_screen<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(self.shown.lock().unwrap().screen())
    }

    /// Waits until the text is as wanted, and returns it.
    pub(crate) fn wait(&self, wanted: &str, is_so: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let text = self.text();
            if is_so(&text) {
                // A picture may arrive in parts: the text is taken when nothing is added to it.
                thread::sleep(Duration::from_millis(50));
                if self.text() == text {
                    return text;
                }
                continue;
            }
            assert!(
                begun.elapsed() < LIMIT,
                "{wanted} was not shown, but:\n{text}"
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn has(&self, wanted: &str) -> String {
        self.wait(&format!("{wanted:?}"), |text| text.contains(wanted))
    }

    pub(crate) fn lacks(&self, unwanted: &str) -> String {
        self.wait(&format!("a text without {unwanted:?}"), |text| {
            !text.contains(unwanted)
        })
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    pub(crate) fn resize(&mut self, to: (u16, u16)) {
        let (rows, cols) = size(to);
        self.shown.lock().unwrap().set_size(rows, cols);
        self.master.resize(pty(to)).unwrap();
    }

    pub(crate) fn pid(&self) -> String {
        self.child.process_id().unwrap().to_string()
    }

    /// Waits for the end of the program, and returns its exit code.
    pub(crate) fn end(&mut self) -> u32 {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(begun.elapsed() < LIMIT, "it still runs:\n{}", self.text());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
