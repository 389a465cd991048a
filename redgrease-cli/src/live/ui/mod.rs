//! `redgrease ui`: what a server does, as a page in the browser.
//!
//! The page is served on loopback only. Its address has a random token, without which every request is refused: other users
//! of the machine can reach the port, and so can pages of other sites in the same browser.
//!
//! | module | purpose |
//! |---|---|
//! | `token` | the secret in the address |
//! | `guard` | what is checked for each request, and the headers of each reply |
//! | `routes` | the addresses and their replies |
//! | `assets` | the files of the page |
//! | `browser` | opens the browser |
//! | `page/` | HTML, CSS and JavaScript, as the browser gets them |

mod assets;
mod browser;
mod guard;
mod routes;
mod token;

use super::interval;
use super::poller::Poller;
use crate::app::App;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use routes::Site;
use serde_json::json;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;
use token::Token;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Port of the page, on loopback; a free one without this option
    #[arg(
        long,
        value_name = "PORT",
        default_value = "0",
        hide_default_value = true
    )]
    listen: u16,
    /// Time between two looks at the server
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = interval)]
    interval: Duration,
    /// Let the page pause, resume and unregister registrations, and abort executions
    #[arg(long)]
    allow_changes: bool,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let stop = Interrupt::catch()?;
    let url = app.url();
    let con = app.connect()?;
    let (listener, port) = listen(args.listen).map_err(|e| {
        Failure::failed(format!(
            "the page cannot be served on port {} of 127.0.0.1 ({e}): choose another port with --listen, or leave it out",
            args.listen
        ))
    })?;
    let token = Token::new()?;
    let address = format!("http://127.0.0.1:{port}/{}/", token.as_str());
    let poller = Poller::start(con, url.clone(), args.interval)?;
    if app.out.is_json() {
        app.out
            .json(&json!({ "url": address, "changes": args.allow_changes }))?;
    } else {
        app.out.line(&address)?;
        let rights = if args.allow_changes {
            "can change the server"
        } else {
            "is read-only"
        };
        app.out.note(format_args!(
            "The page {rights}. Its address is a secret. Ctrl-C ends it."
        ));
    }
    // Removed when the page ends.
    let mut opened = None;
    if args.open {
        match browser::open(&address) {
            Ok(file) => opened = Some(file),
            Err(e) => app.out.warn(format_args!(
                "no browser was opened ({e}): open the address by hand"
            )),
        }
    }
    let site = Site {
        poller,
        url,
        port,
        token,
        interval: args.interval,
        allows_changes: args.allow_changes,
    };
    let served = serve(listener, site, &stop);
    drop(opened);
    served
}

fn listen(port: u16) -> io::Result<(TcpListener, u16)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}

/// Serves until a signal comes.
fn serve(listener: TcpListener, site: Site, stop: &Interrupt) -> Result<(), Failure> {
    let failed = |e: io::Error| {
        Failure::failed(format!(
            "the page cannot be served ({e}): start the command again"
        ))
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed)?;
    let ended = runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        tokio::select! {
            served = async { axum::serve(listener, routes::of(site)).await } => served,
            () = stopped(stop) => Ok(()),
        }
    });
    // An action that waits for the server ends with the program.
    runtime.shutdown_background();
    ended.map_err(failed)
}

async fn stopped(stop: &Interrupt) {
    const TICK: Duration = Duration::from_millis(50);
    while !stop.is_set() {
        tokio::time::sleep(TICK).await;
    }
}
