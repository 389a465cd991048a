//! The few words of the Redis protocol needed to see that a server is up, which one it is, and to
//! end it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// No answer is waited for longer than this; who asks tries again.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a server said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A plain text: `+PONG`, or the text of `INFO`.
    Text(String),
    /// An error line without its `-`.
    Refused(String),
}

/// Asks over the unix socket.
pub(crate) fn ask_socket(path: &Path, command: &str) -> io::Result<Answer> {
    let stream = UnixStream::connect(path)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    ask(stream, command)
}

/// Asks over loopback.
pub(crate) fn ask_port(port: u16, command: &str) -> io::Result<Answer> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    ask(stream, command)
}

/// Sends one inline command, reads one answer.
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
            // INFO is a few kilobytes: whoever announces more is not a Redis.
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
        "the answer is not one of a Redis server",
    )
}

/// The process id in the answer to `INFO server`.
pub(crate) fn process_id(info: &str) -> Option<u32> {
    info.lines()
        .find_map(|line| line.strip_prefix("process_id:")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    /// What a server would send, and what was sent to it.
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
    fn the_three_shapes_of_an_answer_are_read() {
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
    fn what_is_no_redis_is_an_error() {
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
