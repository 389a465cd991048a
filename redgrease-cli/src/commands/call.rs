//! `redgrease call`: calls a trigger.

use super::script;
use super::sources::Sources;
use crate::app::App;
use crate::failure::Failure;
use crate::output::{Format, Traceback, clean};
use redgrease_core::{Con, Error, ErrorKind, GearsCommands as _, RegistrationInfo, cmd};
use redgrease_syntax::nearest;
use redis::{ConnectionLike as _, Value};
use std::path::Path;

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
    let arguments: Vec<Vec<u8>> = args
        .arguments
        .iter()
        .map(|word| argument(app, word))
        .collect::<Result<_, _>>()?;
    let mut con = app.connect()?;
    let mut call = match &args.key {
        Some(key) => cmd::trigger_on_key(&args.trigger, key),
        None => cmd::trigger(&args.trigger),
    };
    call.arg(&arguments);
    let answer = con
        .req_command(&call)
        .and_then(|value| {
            if matches!(value, Value::ServerError(_)) {
                value.extract_error()
            } else {
                Ok(value)
            }
        })
        .map_err(|error| failed(&mut con, &args.trigger, error.into()))?;
    let records = match answer {
        Value::Array(records) => records,
        one => vec![one],
    };
    app.out.records(&records, app.out.format(args.format))
}

fn argument(app: &App, word: &str) -> Result<Vec<u8>, Failure> {
    match word.strip_prefix('@') {
        Some("-") => script::read_stdin(app, "an argument"),
        Some(text) if text.starts_with('@') => Ok(text.into()),
        Some(path) if !path.is_empty() => script::read_bytes(Path::new(path)),
        _ => Ok(word.into()),
    }
}

fn failed(con: &mut Con, trigger: &str, error: Error) -> Failure {
    match error.kind() {
        ErrorKind::Gear(gear) => {
            let text = format!("the gear `{}` failed:", gear.trigger);
            Failure::python(clean(&text), Traceback::of_gear(gear))
        }
        ErrorKind::UnknownTrigger { .. } => {
            let triggers: Vec<String> = con
                .dump_registrations()
                .unwrap_or_default()
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
            let registrations = con.dump_registrations().unwrap_or_default();
            let of_trigger = registrations
                .iter()
                .find(|it| it.trigger().as_deref() == Some(trigger));
            let session = of_trigger.and_then(|it| it.session.as_deref());
            let traceback = Sources::default().traceback(con, session, traceback);
            Failure::python(clean(&text), traceback)
        }
        _ => error.into(),
    }
}
