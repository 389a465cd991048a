//! Damaged registrations: in the commands of an AOF, and in an RDB file.

use crate::damage::damaged;
use crate::target::{Counts, broken};
use redgrease_embedded::Server;
use redgrease_tools::{Client, Outcome, Random};
use std::fs;
use std::path::Path;
use std::time::Duration;

const SCRIPT: &str = "
GB('CommandReader').map(lambda x: 'kept ' + x[1]).register(trigger='kept', mode='sync')
GB('StreamReader').foreach(lambda x: 1).register('s:*', batch=3)
";

/// Log lines of the server about damage outside of the engine's data. The server writes a bug report
/// for such damage.
const SERVER_REPORTS: [&str; 2] = ["Internal error in RDB", "Duplicated key found in RDB"];

const NAME: &[u8] = b"rg.innerregister";

/// The registrations as they are written to an AOF.
pub(crate) fn payload() -> Outcome<Vec<u8>> {
    let dir = tempfile::tempdir().map_err(|error| format!("no temporary directory: {error}"))?;
    let server = start(dir.path(), true).map_err(|error| error.to_string())?;
    register(&server)?;
    server.stop().map_err(|error| error.to_string())?;
    let mut files = Vec::new();
    collect(dir.path(), &mut files);
    files
        .iter()
        .filter_map(|file| fs::read(file).ok())
        .find_map(|bytes| argument(&bytes))
        .ok_or_else(|| "no registration was found in the AOF".to_owned())
}

fn start(dir: &Path, aof: bool) -> Result<Server, redgrease_embedded::Error> {
    Server::builder()
        .dir(dir)
        .server_arg("appendonly", if aof { "yes" } else { "no" })
        .server_arg("rdbcompression", "no")
        .server_arg("rdbchecksum", "no")
        .start()
}

fn register(server: &Server) -> Outcome {
    let mut client = Client::connect(server.url(), Duration::from_secs(20))?;
    for (id, description) in [("app", "what it is"), ("other", "")] {
        let script = SCRIPT.replace("kept", id).replace("s:", id);
        let words = [
            "RG.PYEXECUTE",
            &script,
            "ID",
            id,
            "DESCRIPTION",
            description,
        ];
        client.call(&words)?;
    }
    Ok(())
}

fn collect(dir: &Path, files: &mut Vec<std::path::PathBuf>) {
    for path in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = path.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|end| end == "aof") {
            files.push(path);
        }
    }
}

/// Extracts the argument of the last command [`NAME`]: `$16 name $length argument`.
fn argument(aof: &[u8]) -> Option<Vec<u8>> {
    let place = aof
        .windows(NAME.len())
        .rposition(|piece| piece.eq_ignore_ascii_case(NAME))?;
    let rest = aof.get(place + NAME.len() + 3..)?;
    let end = rest.iter().position(|&byte| byte == b'\r')?;
    let length: usize = std::str::from_utf8(&rest[..end]).ok()?.parse().ok()?;
    rest.get(end + 2..end + 2 + length).map(<[u8]>::to_vec)
}

/// Starts a server with an AOF of `count` damaged registrations. It must start: the server goes on after a command of its AOF
/// that fails.
pub(crate) fn told(random: &mut Random, payload: &[u8], count: usize) -> Outcome<Counts> {
    let dir = tempfile::tempdir().map_err(|error| format!("no temporary directory: {error}"))?;
    let mut aof = Vec::new();
    for _ in 0..count {
        let argument = damaged(random, payload);
        let head = format!("*2\r\n${}\r\n", NAME.len()).into_bytes();
        let length = format!("\r\n${}\r\n", argument.len()).into_bytes();
        aof.extend([&head, NAME, &length, &argument, b"\r\n"].concat());
    }
    let file = dir.path().join("appendonly.aof");
    fs::write(&file, &aof).map_err(|error| format!("{}: {error}", file.display()))?;
    let started = start(dir.path(), true);
    let log = fs::read_to_string(dir.path().join("redis.log")).unwrap_or_default();
    if let Some(word) = broken(&log) {
        return Err(format!(
            "the log contains {word:?} after loading an AOF:\n{log}"
        ));
    }
    let server = started.map_err(|error| format!("{error}\n{log}"))?;
    server.kill().map_err(|error| error.to_string())?;
    Ok(Counts {
        inputs: count,
        ..Counts::default()
    })
}

/// Starts `count` servers, each with an RDB file whose registrations are damaged. A server must
/// either start, or exit with a message.
pub(crate) fn loaded(random: &mut Random, count: usize) -> Outcome<Counts> {
    let dir = tempfile::tempdir().map_err(|error| format!("no temporary directory: {error}"))?;
    let server = start(dir.path(), false).map_err(|error| error.to_string())?;
    register(&server)?;
    server.stop().map_err(|error| error.to_string())?;
    let file = dir.path().join("dump.rdb");
    let whole = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let find = |text: &[u8]| whole.windows(text.len()).position(|piece| piece == text);
    let (Some(first), Some(last)) = (find(b"app"), find(b"other")) else {
        return Err("the registrations were not found in the RDB file".to_owned());
    };
    // The bytes from shortly before the first session to shortly after the last one.
    let (begin, end) = (first.saturating_sub(40), (last + 400).min(whole.len()));
    let mut counts = Counts::default();
    for _ in 0..count {
        let piece = damaged(random, &whole[begin..end]);
        let bytes = [&whole[..begin], &piece, &whole[end..]].concat();
        fs::write(&file, &bytes).map_err(|error| format!("{}: {error}", file.display()))?;
        let _ = fs::remove_file(dir.path().join("redis.log"));
        let started = start(dir.path(), false);
        counts.inputs += 1;
        counts.errors += usize::from(started.is_err());
        if let Ok(server) = started {
            server.kill().map_err(|error| error.to_string())?;
        }
        let log = fs::read_to_string(dir.path().join("redis.log")).unwrap_or_default();
        let noticed_by_server = SERVER_REPORTS.iter().any(|word| log.contains(word));
        if let Some(word) = broken(&log)
            && !noticed_by_server
        {
            return Err(format!(
                "the log contains {word:?} after loading this piece of an RDB file (bytes {begin} to \
                 {end}): {}\n{log}",
                crate::wire::shown(&piece)
            ));
        }
    }
    Ok(counts)
}
