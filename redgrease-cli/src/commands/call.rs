//! `redgrease call`: calls a trigger.

use super::script;
use super::sources::Sources;
use crate::app::App;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::output::{Format, Traceback, clean};
use redgrease_core::{Con, Error, ErrorKind, GearsCommands as _, RegistrationInfo, cmd};
use redgrease_syntax::nearest;
use redis::{Cmd, ConnectionLike as _, Value};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The trigger
    trigger: String,
    /// Arguments of the trigger
    ///
    /// `@FILE` stands for the content of a file, `@-` for the standard input, and `@@TEXT` for `@TEXT`. Write `--` before arguments
    /// that begin with `-`.
    #[arg(value_name = "ARG", allow_negative_numbers = true)]
    arguments: Vec<String>,
    /// Call the trigger on the shard that has this key, which is its first argument
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// How the answer is printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    if args.arguments.iter().filter(|word| *word == "@-").count() > 1 {
        return Err(Failure::usage(
            "the standard input can be one argument alone: write `@-` one time",
        ));
    }
    let arguments: Vec<Vec<u8>> = args
        .arguments
        .iter()
        .map(|word| argument(app, word))
        .collect::<Result<_, _>>()?;
    let con = app.connect()?;
    let mut call = match &args.key {
        Some(key) => cmd::trigger_on_key(&args.trigger, key),
        None => cmd::trigger(&args.trigger),
    };
    call.arg(&arguments);
    let answer = answer(con, call)?.map_err(|error| failed(app, &args.trigger, error))?;
    let records = match answer {
        Value::Array(records) => records,
        one => vec![one],
    };
    app.out.records(&records, app.out.format(args.format))
}

/// How often the signal is looked at.
const STEP: Duration = Duration::from_millis(50);

/// Waits for the answer. Ctrl-C ends the wait, and not the gear: the server does not tell which execution it is.
fn answer(mut con: Con, call: Cmd) -> Result<Result<Value, Error>, Failure> {
    let interrupt = Interrupt::catch()?;
    let (send, answer) = channel();
    std::thread::spawn(move || {
        let answer = con.req_command(&call).and_then(|value| match value {
            Value::ServerError(_) => value.extract_error(),
            _ => Ok(value),
        });
        // If nobody listens any longer, the program ends.
        let _ = send.send(answer.map_err(Error::from));
    });
    loop {
        match answer.recv_timeout(STEP) {
            Ok(answer) => return Ok(answer),
            Err(RecvTimeoutError::Timeout) if !interrupt.is_set() => {}
            Err(_) => {
                return Err(Failure::failed(
                    "the answer was not waited for, and the gear may run on: `redgrease ps --status running` shows it, and `redgrease abort ID` ends it",
                ));
            }
        }
    }
}

fn argument(app: &App, word: &str) -> Result<Vec<u8>, Failure> {
    match word.strip_prefix('@') {
        Some("-") => script::read_stdin(app, "an argument"),
        Some(text) if text.starts_with('@') => Ok(text.into()),
        Some(path) if !path.is_empty() => script::read_bytes(Path::new(path)),
        _ => Ok(word.into()),
    }
}

fn failed(app: &App, trigger: &str, error: Error) -> Failure {
    match error.kind() {
        ErrorKind::Gear(gear) => {
            let text = format!("the gear `{}` failed:", gear.trigger);
            Failure::python(clean(&text), Traceback::of_gear(gear))
        }
        ErrorKind::UnknownTrigger { .. } => {
            let triggers: Vec<String> = registrations(app)
                .iter()
                .filter_map(RegistrationInfo::trigger)
                .collect();
            let near = nearest(trigger, triggers.iter().map(String::as_str));
            let guess = near
                .map(|near| format!("did you mean `{near}`? "))
                .unwrap_or_default();
            let text = format!(
                "the server has no trigger `{trigger}`: {guess}`redgrease ls --reader command` lists the triggers"
            );
            Failure::failed(clean(&text))
        }
        ErrorKind::Script { traceback, .. } => {
            let text = format!("the gear `{trigger}` failed:");
            let traceback = Traceback::parse(traceback);
            let traceback = with_source(app, trigger, &traceback).unwrap_or(traceback);
            Failure::python(clean(&text), traceback)
        }
        _ => error.into(),
    }
}

/// A user may have no right to list them.
fn registrations(app: &App) -> Vec<RegistrationInfo> {
    let listed = app.connect().ok().map(|mut con| con.dump_registrations());
    listed.and_then(Result::ok).unwrap_or_default()
}

/// The error with the lines of the script that registered the trigger.
fn with_source(app: &App, trigger: &str, traceback: &Traceback) -> Option<Traceback> {
    let registrations = registrations(app);
    let registration = registrations
        .iter()
        .find(|it| it.trigger().as_deref() == Some(trigger))?;
    let session = registration.session.as_deref();
    let mut con = app.connect().ok()?;
    Some(Sources::default().complete(&mut con, session, traceback.clone()))
}
