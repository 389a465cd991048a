//! A minimal Redis client: enough to check that a server is up, identify it and shut it down.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// Timeout of reads and writes. Callers retry.
const PATIENCE: Duration = Duration::from_secs(1);

/// The reply of a server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A string: the status `+PONG`, or the text of `INFO`.
    Text(String),
    /// An error, without its leading `-`.
    Refused(String),
}

/// Sends a command over a unix socket.
pub(crate) fn ask_socket(path: &Path, command: &str) -> io::Result<Answer> {
    let stream = UnixStream::connect(path)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    ask(stream, command)
}

/// Sends a command over a port of loopback.
pub(crate) fn ask_port(port: u16, command: &str) -> io::Result<Answer> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    ask(stream, command)
}

/// Sends one inline command and reads one reply.
fn ask(mut stream: impl Read + Write, command: &str) -> io::Result<Answer> {
    stream.write_all(format!("{command}\r\n").as_bytes())?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let line = line.trim_end();
    match (line.get(..1), line.get(1..)) {
        (Some("+"), Some(text)) => Ok(Answer::Text(text.to_owned())),
        (Some("-"), Some(text)) => Ok(Answer::Refused(text.to_owned())),
        (Some("$"), Some(length)) => {
            let length: usize = length.parse().map_err(|_| not_redis())?;
            // INFO is a few kilobytes; the limit protects against a peer that is not Redis.
            let mut text = String::new();
            reader
                .take(length.min(1 << 20) as u64)
                .read_to_string(&mut text)?;
            Ok(Answer::Text(text))
        }
        _ => Err(not_redis()),
    }
}

fn not_redis() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the reply is not a reply of a Redis server",
    )
}

/// The process id in the reply to `INFO server`.
pub(crate) fn process_id(info: &str) -> Option<u32> {
    info.lines()
        .find_map(|line| line.strip_prefix("process_id:")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    /// A stream with a prepared reply, which records the bytes that are sent.
    struct Script(VecDeque<u8>, Vec<u8>);

    impl Read for Script {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(buffer)
        }
    }

    impl Write for Script {
        fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
            self.1.write(buffer)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn answer(bytes: &str) -> io::Result<Answer> {
        ask(Script(bytes.bytes().collect(), Vec::new()), "PING")
    }

    #[test]
    fn status_error_and_bulk_replies_are_read() {
        assert_eq!(answer("+PONG\r\n").unwrap(), Answer::Text("PONG".into()));
        assert_eq!(
            answer("-LOADING Redis is loading\r\n").unwrap(),
            Answer::Refused("LOADING Redis is loading".into())
        );
        assert_eq!(
            answer("$5\r\na\r\nbc\r\n").unwrap(),
            Answer::Text("a\r\nbc".into())
        );
    }

    #[test]
    fn other_protocols_are_an_error() {
        assert_eq!(answer("").unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        for odd in ["HTTP/1.1 400\r\n", "$x\r\n", "\r\n", "é\r\n"] {
            assert_eq!(
                answer(odd).unwrap_err().kind(),
                io::ErrorKind::InvalidData,
                "{odd:?}"
            );
        }
    }

    #[test]
    fn the_process_id_is_found_in_info() {
        assert_eq!(
            process_id("# Server\r\nprocess_id:4711\r\nuptime:1\r\n"),
            Some(4711)
        );
        assert_eq!(process_id("# Server\r\nuptime:1\r\n"), None);
    }
}
