//! The program in a terminal.

use super::REDGREASE;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read as _, Write};
use std::num::NonZero;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A running program, what it has written, and what its terminal shows.
pub(crate) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    seen: Arc<Mutex<Seen>>,
    /// The terminal lives as long as this.
    _master: Box<dyn MasterPty + Send>,
}

struct Seen {
    screen: vt100::Parser,
    written: Vec<u8>,
    is_over: bool,
}

fn number(size: u16) -> NonZero<u16> {
    NonZero::new(size).unwrap()
}

const LIMIT: Duration = Duration::from_secs(30);

impl Terminal {
    /// Starts the program with the address of a server in a terminal of this width.
    pub(crate) fn start(url: &str, width: u16, args: &[&str], variables: &[(&str, &str)]) -> Self {
        let size = PtySize {
            rows: 50,
            cols: width,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(REDGREASE);
        for name in super::VARIABLES {
            command.env_remove(name);
        }
        command.args(args);
        command.env("TERM", "xterm-256color");
        command.env("REDGREASE_URL", url);
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let seen = Arc::new(Mutex::new(Seen {
            screen: vt100::Parser::new(number(50), number(width), 0),
            written: Vec::new(),
            is_over: false,
        }));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let of_reader = Arc::clone(&seen);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // Reading fails when the program has ended.
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                let mut seen = of_reader.lock().unwrap();
                seen.screen.process(&bytes[..count]);
                seen.written.extend(&bytes[..count]);
            }
            of_reader.lock().unwrap().is_over = true;
        });
        Terminal {
            child,
            keys: pair.master.take_writer().unwrap(),
            seen,
            _master: pair.master,
        }
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    pub(crate) fn screen(&self) -> String {
        self.seen.lock().unwrap().screen.screen().contents()
    }

    /// Waits until the screen shows a text.
    pub(crate) fn shows(&self, text: &str) {
        let begun = Instant::now();
        while !self.screen().contains(text) {
            assert!(
                begun.elapsed() < LIMIT,
                "no {text:?} on the screen:\n{}",
                self.screen()
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until the program has ended. Its exit code, the last screen, and everything that it has written.
    pub(crate) fn end(mut self) -> (u32, String, String) {
        let begun = Instant::now();
        let code = loop {
            match self.child.try_wait().unwrap() {
                Some(status) if self.seen.lock().unwrap().is_over => break status.exit_code(),
                _ => {}
            }
            if begun.elapsed() > LIMIT {
                self.child.kill().unwrap();
                panic!("the program does not end:\n{}", self.screen());
            }
            thread::sleep(Duration::from_millis(10));
        };
        let seen = self.seen.lock().unwrap();
        let written = String::from_utf8_lossy(&seen.written).into_owned();
        (code, seen.screen.screen().contents(), written)
    }
}
