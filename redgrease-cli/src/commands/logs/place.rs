//! Where a server's log is, and whether it can be read from here.

use super::tail::Tail;
use crate::nodes::Node;
use redis::ConnectionLike;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The log of a server.
pub(crate) enum Place {
    File(PathBuf),
    /// It cannot be read from here: why, and what to do.
    Unreadable(String),
}

impl Place {
    /// Asks a server for its log.
    pub(crate) fn of(node: &Node) -> Result<Self, redis::RedisError> {
        let mut con = node.connect()?;
        let settings = match setting(&mut con, &["logfile", "dir"]) {
            Ok(settings) => settings,
            Err(error) if error.is_io_error() => return Err(error),
            Err(error) => {
                return Ok(Place::Unreadable(format!(
                    "the server does not tell where its log is ({error}): name the file with --file"
                )));
            }
        };
        let text = |name: &str| settings.get(name).cloned().unwrap_or_default();
        let file = text("logfile");
        if file.is_empty()
            && let Some(path) = standard_output(node, &mut con)
        {
            return Ok(Place::File(path));
        }
        if file.is_empty() {
            return Ok(Place::Unreadable(
                "the server has no log file, it writes to its standard output: look where it was started (`journalctl -u redis`, \
                 `docker logs`), or start it with `--logfile PATH`"
                    .to_owned(),
            ));
        }
        let path = Path::new(&text("dir")).join(&file);
        let shown = path.display();
        if !node.is_local() {
            return Ok(Place::Unreadable(format!(
                "the log is {shown} on the machine of {}: run `redgrease logs` there",
                node.address
            )));
        }
        Ok(match Tail::open(&path, 0, true) {
            Ok(_) => Place::File(path),
            Err(error) => Place::Unreadable(format!(
                "the log {shown} cannot be read ({error}): read it as the user of the server, or on the machine or in the container where it runs"
            )),
        })
    }
}

fn setting(
    con: &mut impl ConnectionLike,
    names: &[&str],
) -> redis::RedisResult<HashMap<String, String>> {
    let mut all = HashMap::new();
    for name in names {
        // Servers before Redis 7 take one name.
        let one: HashMap<String, String> = redis::cmd("CONFIG").arg("GET").arg(name).query(con)?;
        all.extend(one);
    }
    Ok(all)
}

/// The file that the standard output of a server on this machine goes to, if it is one: Linux tells it.
fn standard_output(node: &Node, con: &mut impl ConnectionLike) -> Option<PathBuf> {
    if !node.is_local() {
        return None;
    }
    let info: String = redis::cmd("INFO").arg("server").query(con).ok()?;
    let pid: u32 = info
        .lines()
        .find_map(|line| line.strip_prefix("process_id:"))?
        .trim()
        .parse()
        .ok()?;
    let process = PathBuf::from(format!("/proc/{pid}"));
    // A server in a container tells an id that another process may have here.
    let name = std::fs::read_to_string(process.join("comm")).ok()?;
    if !name.contains("redis") && !name.contains("valkey") {
        return None;
    }
    let output = process.join("fd/1");
    let is_file = std::fs::metadata(&output).is_ok_and(|meta| meta.is_file());
    let path = std::fs::read_link(&output).ok().filter(|_| is_file)?;
    Tail::open(&path, 0, true).is_ok().then_some(path)
}

/// Whether a server answers.
pub(crate) fn answers(node: &Node) -> bool {
    const LIMIT: Duration = Duration::from_secs(2);
    node.connect().is_ok_and(|mut con| {
        con.set_read_timeout(Some(LIMIT)).is_ok()
            && redis::cmd("PING").query::<String>(&mut con).is_ok()
    })
}
