//! Where a page is run: a folder with its files, a server or a cluster, and the programs.

use redgrease_embedded::{Cluster, Server};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The first port of a cluster in the book.
const FIRST_PORT: u16 = 30_001;

/// The port of a server in the book.
const PORT: u16 = 6379;

/// The folder of the commands in the book. It has the length of a usual temporary folder, so that columns of tables stay in line.
const WORK: &str = "/home/ada/src/my-app";

/// The port of a server without the engine in the book.
const PLAIN_PORT: u16 = 6380;

enum Servers {
    One(Server, u16),
    Many(Cluster),
}

pub(crate) struct Place {
    servers: Servers,
    /// A server without the engine.
    plain: Option<(Server, u16)>,
    /// With the folders `work`, where commands run, and `bin`.
    dir: TempDir,
    /// The files of this machine, and those of the book.
    parts: Vec<(String, &'static str)>,
}

/// The fields of `INFO` with files of the machine, and the files in the book.
const PARTS: [(&str, &str); 3] = [
    (
        "rg_engine_file",
        "/usr/lib/redgrease/redgrease-engine-3.11.so",
    ),
    ("rg_python_program", "/usr/bin/python3.11"),
    (
        "rg_libpython",
        "/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0",
    ),
];

impl Place {
    pub(crate) fn new(is_cluster: bool, has_plain: bool) -> Self {
        let servers = if is_cluster {
            Servers::Many(Server::cluster().start().unwrap())
        } else {
            let port = free_port();
            Servers::One(Server::builder().port(port).start().unwrap(), port)
        };
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("work")).unwrap();
        std::fs::create_dir(dir.path().join("bin")).unwrap();
        let plain = has_plain.then(|| {
            let port = free_port();
            let server = Server::builder().port(port).without_engine();
            (server.start().unwrap(), port)
        });
        let mut place = Place {
            servers,
            plain,
            dir,
            parts: Vec::new(),
        };
        place.parts = place.parts();
        place.link_programs();
        place
    }

    fn parts(&self) -> Vec<(String, &'static str)> {
        let client = redis::Client::open(self.url()).unwrap();
        let mut con = client.get_connection().unwrap();
        let info: String = redis::cmd("INFO").arg("rg_engine").query(&mut con).unwrap();
        let value = |name: &str| {
            let mut lines = info.lines();
            lines.find_map(|line| {
                line.strip_prefix(name)?
                    .strip_prefix(':')
                    .map(str::to_owned)
            })
        };
        let all = PARTS
            .iter()
            .filter_map(|(name, book)| Some((value(name)?, *book)));
        all.filter(|(real, _)| !real.is_empty()).collect()
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.dir.path().join("work")
    }

    /// The address of a shard or of the server.
    pub(crate) fn url(&self) -> String {
        match &self.servers {
            Servers::One(_, port) => format!("redis://127.0.0.1:{port}/"),
            Servers::Many(cluster) => cluster.url().to_owned(),
        }
    }

    /// `redis-cli` speaks to the server of the page, and `redgrease` is that of this build.
    fn link_programs(&self) {
        let bin = self.dir.path().join("bin");
        if let (Servers::One(server, port), Some(client)) = (&self.servers, self.client()) {
            let _ = server;
            let script = format!("#!/bin/sh\nexec '{}' -p {port} \"$@\"\n", client.display());
            let wrapper = bin.join("redis-cli");
            std::fs::write(&wrapper, script).unwrap();
            std::fs::set_permissions(&wrapper, PermissionsExt::from_mode(0o755)).unwrap();
        }
        if let Some(program) = program() {
            std::os::unix::fs::symlink(program, bin.join("redgrease")).unwrap();
        }
    }

    fn client(&self) -> Option<PathBuf> {
        let beside = match &self.servers {
            Servers::One(server, _) => server.program().parent().map(Path::to_owned),
            Servers::Many(_) => None,
        };
        let path = std::env::var_os("PATH").unwrap_or_default();
        beside
            .into_iter()
            .chain(std::env::split_paths(&path))
            .flat_map(|folder| ["redis-cli", "valkey-cli"].map(|name| folder.join(name)))
            .find(|file| file.is_file())
    }

    /// Whether the program of a command is there.
    pub(crate) fn lacks(&self, command: &str) -> Option<&'static str> {
        if command.contains("redis-cli") && self.client().is_none() {
            return Some("there is no redis-cli on PATH");
        }
        assert!(
            !command.contains("redgrease ") || program().is_some(),
            "the program is not built: run `cargo build -p redgrease-cli`"
        );
        None
    }

    /// The mistakes of a script that show before it runs.
    pub(crate) fn mistakes(&self, script: &str) -> Option<String> {
        let file = self.dir.path().join("script.py");
        std::fs::write(&file, script).unwrap();
        let program =
            program().expect("the program is not built: run `cargo build -p redgrease-cli`");
        let mut check = Command::new(program);
        let done = check
            .arg("check")
            .arg(&file)
            .env("NO_COLOR", "1")
            .output()
            .unwrap();
        (!done.status.success()).then(|| String::from_utf8_lossy(&done.stdout).into_owned())
    }

    /// Runs a command, and returns what it prints and whether it succeeds. With a limit, it is interrupted after that time.
    pub(crate) fn run(&self, command: &str, limit: Option<Duration>) -> (Vec<String>, bool) {
        let log = self.dir.path().join("printed");
        let printed = std::fs::File::create(&log).unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &self.with_real_ports(command)])
            .current_dir(self.work())
            .env(
                "PATH",
                format!("{}:{path}", self.dir.path().join("bin").display()),
            )
            .env("REDGREASE_URL", self.url())
            .env("COLUMNS", "100")
            .env("NO_COLOR", "1")
            .env_remove("CLICOLOR_FORCE")
            .stdin(Stdio::null())
            .stdout(printed.try_clone().unwrap())
            .stderr(printed);
        let mut child = shell.spawn().unwrap();
        if let Some(limit) = limit {
            std::thread::sleep(limit);
            interrupt(&mut child);
        }
        let status = child.wait().unwrap();
        let text = String::from_utf8_lossy(&std::fs::read(log).unwrap()).into_owned();
        let text = self.with_ports_of_the_book(&text);
        let lines = text.lines().map(|line| line.trim_end().to_owned());
        (lines.collect(), status.success())
    }

    /// The ports of the book, and those of the servers.
    fn ports(&self) -> Vec<(u16, u16)> {
        let mut ports: Vec<(u16, u16)> = match &self.servers {
            Servers::One(_, port) => vec![(PORT, *port)],
            Servers::Many(cluster) => (FIRST_PORT..)
                .zip((0..cluster.shards()).map(|shard| cluster.shard(shard).port()))
                .collect(),
        };
        ports.extend(self.plain.iter().map(|(_, port)| (PLAIN_PORT, *port)));
        ports
    }

    fn with_real_ports(&self, command: &str) -> String {
        self.ports()
            .iter()
            .fold(command.to_owned(), |command, (book, real)| {
                command.replace(&book.to_string(), &real.to_string())
            })
    }

    fn with_ports_of_the_book(&self, text: &str) -> String {
        let text = self
            .ports()
            .iter()
            .fold(text.to_owned(), |text, (book, real)| {
                text.replace(&real.to_string(), &book.to_string())
            });
        let work = self.work();
        let real = work.canonicalize().unwrap_or_else(|_| work.clone());
        let text = text
            .replace(&*real.to_string_lossy(), WORK)
            .replace(&*work.to_string_lossy(), WORK);
        self.parts
            .iter()
            .fold(text, |text, (real, book)| text.replace(real, book))
    }
}

/// Ends a command and what it has started, as a terminal does.
fn interrupt(child: &mut Child) {
    let programs = children(child.id());
    let targets = if programs.is_empty() {
        vec![child.id()]
    } else {
        programs
    };
    for id in targets {
        let _ = Command::new("kill")
            .args(["-INT", &id.to_string()])
            .status();
    }
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "the command does not end with Ctrl-C"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn children(id: u32) -> Vec<u32> {
    let list = Command::new("ps")
        .args(["-o", "pid=", "--ppid", &id.to_string()])
        .output();
    let text = list.map_or_else(
        |_| String::new(),
        |it| String::from_utf8_lossy(&it.stdout).into_owned(),
    );
    text.split_whitespace()
        .filter_map(|id| id.parse().ok())
        .collect()
}

/// The program `redgrease` of this build.
fn program() -> Option<PathBuf> {
    let here = std::env::current_exe().ok()?;
    let program = here.ancestors().nth(2)?.join("redgrease");
    program.is_file().then_some(program)
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}
