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
        let mut terminal = ratatui::try_init().map_err(|e| unusable(&e))?;
        terminal.clear().map_err(|e| unusable(&e))?;
        self.terminal = Some(terminal);
        Ok(())
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

    pub(super) fn clear(&mut self) -> Result<(), Failure> {
        match &mut self.terminal {
            Some(terminal) => terminal.clear().map_err(|e| unusable(&e)),
            None => Ok(()),
        }
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
        if self.terminal.is_some() {
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
