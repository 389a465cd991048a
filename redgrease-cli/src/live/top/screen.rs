//! The terminal: taken for a picture, and given back at the end, for a while, and when the program panics.

use crate::failure::Failure;
use ratatui::crossterm::event::{self, KeyEvent, KeyEventKind};
use ratatui::{DefaultTerminal, Frame};
use signal_hook::consts::{SIGCONT, SIGTSTP};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub(super) struct Screen {
    terminal: Option<DefaultTerminal>,
    /// Another process asks this one to stop.
    stopped: Arc<AtomicBool>,
    /// The process goes on after it was stopped.
    continued: Arc<AtomicBool>,
}

pub(super) enum Event {
    Key(KeyEvent),
    /// The size, or all that the terminal shows.
    Changed,
    Nothing,
    /// The terminal was closed.
    Gone,
}

impl Screen {
    pub(super) fn open() -> Result<Self, Failure> {
        let flag = |signal| -> io::Result<_> {
            let flag = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register(signal, Arc::clone(&flag))?;
            Ok(flag)
        };
        let mut screen = Screen {
            terminal: None,
            stopped: flag(SIGTSTP).map_err(|e| unusable(&e))?,
            continued: flag(SIGCONT).map_err(|e| unusable(&e))?,
        };
        screen.take()?;
        Ok(screen)
    }

    /// Also gives the terminal back if the program panics.
    fn take(&mut self) -> Result<(), Failure> {
        match ratatui::try_init() {
            Ok(terminal) => {
                self.terminal = Some(terminal);
                Ok(())
            }
            Err(error) => {
                // A part of it may be taken.
                let _ = ratatui::try_restore();
                Err(unusable(&error))
            }
        }
    }

    fn give_back(&mut self) -> Result<(), Failure> {
        // Dropped first, because it shows the cursor.
        self.terminal = None;
        ratatui::try_restore().map_err(|e| unusable(&e))
    }

    pub(super) fn draw(&mut self, picture: impl FnOnce(&mut Frame<'_>)) -> Result<(), Failure> {
        match &mut self.terminal {
            Some(terminal) => terminal.draw(picture).map(drop).map_err(|e| unusable(&e)),
            None => Ok(()),
        }
    }

    /// Makes the next picture a whole one.
    pub(super) fn clear(&mut self) -> Result<(), Failure> {
        let Some(terminal) = &mut self.terminal else {
            return Ok(());
        };
        // `Terminal::clear` asks the terminal for the cursor, and not every terminal answers.
        let size = terminal.size().map_err(|e| unusable(&e))?;
        terminal.resize(size.into()).map_err(|e| unusable(&e))
    }

    /// Waits for a key or a change.
    pub(super) fn event(&mut self, limit: Duration) -> Result<Event, Failure> {
        if self.stopped.swap(false, Ordering::Relaxed) {
            self.suspend()?;
            return Ok(Event::Changed);
        }
        if self.continued.swap(false, Ordering::Relaxed) {
            // The shell has set the terminal as it likes it.
            self.give_back()?;
            self.take()?;
            return Ok(Event::Changed);
        }
        let event = match event::poll(limit) {
            Ok(true) => event::read(),
            Ok(false) => return Ok(Event::Nothing),
            Err(error) => Err(error),
        };
        match event {
            Ok(event::Event::Key(key)) if key.kind == KeyEventKind::Release => Ok(Event::Nothing),
            Ok(event::Event::Key(key)) => Ok(Event::Key(key)),
            Ok(_) => Ok(Event::Changed),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Event::Changed),
            Err(_) => Ok(Event::Gone),
        }
    }

    /// Gives the terminal to the shell until the job is brought to the foreground again.
    pub(super) fn suspend(&mut self) -> Result<(), Failure> {
        self.give_back()?;
        signal_hook::low_level::emulate_default_handler(SIGTSTP).map_err(|e| unusable(&e))?;
        self.continued.store(false, Ordering::Relaxed);
        self.take()
    }

    pub(super) fn close(mut self) -> Result<(), Failure> {
        self.give_back()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // After a panic it is given back already. A second time would put the cursor above the message.
        if self.terminal.is_some() && !std::thread::panicking() {
            // An error is on its way already.
            let _ = self.give_back();
        }
    }
}

fn unusable(error: &io::Error) -> Failure {
    Failure::failed(format!(
        "the terminal cannot be used ({error}): run `redgrease top --once`, which prints a snapshot as text"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use portable_pty::{CommandBuilder, PtySize, native_pty_system};
    use std::io::Read as _;

    /// Is started by the test below in a terminal.
    #[test]
    #[ignore = "only in a terminal: it panics"]
    fn panics() {
        let mut screen = Screen::open().unwrap();
        screen
            .draw(|frame| frame.render_widget("picture", frame.area()))
            .unwrap();
        panic!("told to");
    }

    #[test]
    fn a_panic_gives_the_terminal_back() {
        let pair = native_pty_system().openpty(PtySize::default()).unwrap();
        let mut command = CommandBuilder::new("sh");
        let program = std::env::current_exe().unwrap();
        let name = "live::top::screen::tests::panics";
        command.args(["-c", "\"$0\" --exact \"$1\" --ignored --nocapture; stty -a"]);
        command.arg(program);
        command.arg(name);
        command.env("TERM", "xterm");
        let mut child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let mut text = Vec::new();
        // The end of the terminal is an error on Linux.
        let _ = reader.read_to_end(&mut text);
        child.wait().unwrap();
        let text = String::from_utf8_lossy(&text).into_owned();
        let opened = text.find("\u{1b}[?1049h").expect("it was taken");
        let given = text.find("\u{1b}[?1049l").expect("it was given back");
        assert_eq!(text.matches("\u{1b}[?1049l").count(), 1, "{text:?}");
        let message = text.find("told to").expect("it has panicked");
        assert!(opened < given && given < message, "{text:?}");
        let shown = text.rfind("\u{1b}[?25h").unwrap_or_default();
        assert!(
            shown > text.rfind("\u{1b}[?25l").unwrap_or_default(),
            "{text:?}"
        );
        let settings = &text[message..];
        assert!(
            settings.contains(" icanon") && settings.contains(" echo "),
            "{text:?}"
        );
    }
}
