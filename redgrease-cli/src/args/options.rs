//! The options that all commands have.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// The host of a bare `--server`.
pub(crate) const BARE_SERVER: &str = "redis";

#[allow(clippy::doc_markdown, reason = "clap prints the text as it is")]
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of all commands")]
pub(crate) struct Options {
    /// Address of the server: `redis://[user:password@]host[:port]`, `rediss://..` for TLS, or `redis+unix:///path`
    /// [env: REDGREASE_URL]
    ///
    /// A password on the command line is visible to other users of the machine: put the address into the environment.
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Host of the server; `redis` if no host follows
    #[arg(
        short, long, global = true, value_name = "HOST", num_args = 0..=1, default_missing_value = BARE_SERVER,
        conflicts_with = "url"
    )]
    pub(crate) server: Option<String>,
    /// Port of the server
    #[arg(
        short,
        long,
        global = true,
        value_name = "PORT",
        conflicts_with = "url"
    )]
    pub(crate) port: Option<u16>,
    /// Certificate of the authority of the server, for TLS; otherwise those of the machine count, or of SSL_CERT_FILE
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) tls_ca: Option<PathBuf>,
    /// Certificate of this client, for a server that wants one
    #[arg(long, global = true, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Key of the certificate of this client
    #[arg(long, global = true, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Print JSON: one value, or one value per line for commands that go on
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print nothing but results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print more; twice for the messages of the client
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    Always,
    Never,
}
