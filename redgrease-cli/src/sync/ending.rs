//! The end by a signal: the script that the server runs at that moment is aborted.

use crate::app::{App, connect_to};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use redgrease_core::GearsCommands as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The session of the script that is being sent.
static SENT: Mutex<Option<String>> = Mutex::new(None);
static IS_ENDING: AtomicBool = AtomicBool::new(false);

/// How often the server is told to abort.
const PAUSE: Duration = Duration::from_millis(200);
/// How long the server may take to abort.
const PATIENCE: Duration = Duration::from_secs(10);
/// After this time a person is told what is waited for.
const SILENCE: Duration = Duration::from_secs(5);

pub(super) fn is_ending() -> bool {
    IS_ENDING.load(Ordering::SeqCst)
}

fn sent() -> Option<String> {
    SENT.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn set(session: Option<String>) {
    *SENT.lock().unwrap_or_else(PoisonError::into_inner) = session;
}

/// Sends the script of a session: a signal aborts it, and a person is told if it takes long. No script is sent after a signal.
pub(super) fn watched<T>(
    app: &App,
    name: &str,
    session: &str,
    send: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    set(Some(session.to_owned()));
    if is_ending() {
        set(None);
        return Err(Failure::said());
    }
    let result = std::thread::scope(|scope| {
        let (done, wait) = channel::<()>();
        scope.spawn(move || {
            if wait.recv_timeout(SILENCE) == Err(RecvTimeoutError::Timeout) {
                app.out.note(format_args!(
                    "waiting for {name}: the server runs it, or is busy with another script; Ctrl-C aborts it"
                ));
            }
        });
        let result = send();
        drop(done);
        result
    });
    set(None);
    if is_ending() {
        app.out.warn(format_args!(
            "{name} was the last script that was sent: what comes after it stays as it was"
        ));
        return Err(Failure::said());
    }
    result
}

/// Ends the program on Ctrl-C and SIGTERM, and aborts what the server runs before.
pub(super) fn end_on_signals(url: String) -> Result<(), Failure> {
    let interrupt = Interrupt::catch()?;
    std::thread::spawn(move || {
        while interrupt.sleep(PATIENCE) {}
        if !abort(&url) {
            eprintln!(
                "the server has not confirmed within {} s that it aborted the script: look for it in its log",
                PATIENCE.as_secs()
            );
        }
        // What follows says what was sent last.
        std::thread::sleep(PAUSE);
        std::process::exit(1);
    });
    Ok(())
}

/// Lets no script be sent any longer, and aborts the one that is. Returns whether it has ended.
pub(super) fn abort(url: &str) -> bool {
    IS_ENDING.store(true, Ordering::SeqCst);
    let end = Instant::now() + PATIENCE;
    let mut con = None;
    while let Some(session) = sent() {
        if Instant::now() > end {
            return false;
        }
        if con.is_none() {
            con = connect_to(url).ok();
        }
        // It fails if the script has not begun yet, or has ended.
        if con.as_mut().is_some_and(|con| {
            con.abort_execution(&session)
                .is_err_and(|it| it.is_connection())
        }) {
            con = None;
        }
        std::thread::sleep(PAUSE);
    }
    true
}
