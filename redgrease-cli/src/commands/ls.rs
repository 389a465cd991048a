//! `redgrease ls`: the registrations of a server.

use crate::app::App;
use crate::failure::Failure;
use crate::output::Table;
use redgrease_core::{GearsCommands as _, RegistrationFilter};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only registrations of this session
    #[arg(long, value_name = "ID")]
    session: Option<String>,
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let mut con = app.connect()?;
    let mut rows = con.dump_registrations_where(&RegistrationFilter::new())?;
    if let Some(session) = &args.session {
        rows.retain(|row| row.session.as_deref() == Some(session));
    }
    app.out.rows(&rows, || {
        let mut table = Table::new(&["id", "reader", "mode", "triggered", "failed"]);
        for row in &rows {
            table.row([
                &row.id,
                &row.reader,
                &row.mode,
                &row.triggered.to_string(),
                &row.failed.to_string(),
            ]);
        }
        table
    })
}
