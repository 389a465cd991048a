//! A minimal Redis client: enough to check that a server is up, identify it, shut it down, and make a cluster of several.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// Timeout of reads and writes. Callers retry.
const PATIENCE: Duration = Duration::from_secs(1);
/// Replies of the commands that this crate sends are lists of lists at most.
const DEEPEST: usize = 4;

/// The reply of a server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A string: the status `+PONG`, or the text of `INFO`.
    Text(Vec<u8>),
    Number(i64),
    List(Vec<Answer>),
    /// The null of a string or a list.
    Nothing,
    /// An error, without its leading `-`.
    Refused(String),
}

/// Sends a command over a unix socket. Words are separated by spaces.
pub(crate) fn ask_socket(path: &Path, command: &str) -> io::Result<Answer> {
    let words: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
    ask_socket_within(path, PATIENCE, &words)
}

/// Sends the words of a command over a unix socket, and waits this long for the reply.
pub(crate) fn ask_socket_within(
    path: &Path,
    patience: Duration,
    words: &[&[u8]],
) -> io::Result<Answer> {
    let stream = UnixStream::connect(path)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    ask(stream, words)
}

/// Sends a command over a port of loopback.
pub(crate) fn ask_port(port: u16, command: &str) -> io::Result<Answer> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let words: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
    ask(stream, &words)
}

/// Sends one command and reads one reply.
fn ask(mut stream: impl Read + Write, words: &[&[u8]]) -> io::Result<Answer> {
    let mut command = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        command.extend(format!("${}\r\n", word.len()).into_bytes());
        command.extend(*word);
        command.extend(b"\r\n");
    }
    stream.write_all(&command)?;
    read(&mut BufReader::new(stream), DEEPEST)
}

/// Reads one reply with lists that are at most this deep.
fn read(reader: &mut impl BufRead, depth: usize) -> io::Result<Answer> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let line = line.trim_end();
    let (Some(kind), Some(text)) = (line.get(..1), line.get(1..)) else {
        return Err(not_redis());
    };
    let number = || text.parse::<i64>().map_err(|_| not_redis());
    match kind {
        "+" => Ok(Answer::Text(text.into())),
        "-" => Ok(Answer::Refused(text.to_owned())),
        ":" => Ok(Answer::Number(number()?)),
        "$" | "*" if text == "-1" => Ok(Answer::Nothing),
        "$" => bulk(reader, u64::try_from(number()?).map_err(|_| not_redis())?),
        "*" if depth > 0 => (0..number()?)
            .map(|_| read(reader, depth - 1))
            .collect::<io::Result<_>>()
            .map(Answer::List),
        _ => Err(not_redis()),
    }
}

/// Reads a string and the line break behind it. Memory grows with what arrives, not with what the peer announces.
fn bulk(reader: &mut impl BufRead, length: u64) -> io::Result<Answer> {
    let mut text = Vec::new();
    reader.take(length).read_to_end(&mut text)?;
    let mut end = [0; 2];
    reader.read_exact(&mut end)?;
    if &end == b"\r\n" {
        Ok(Answer::Text(text))
    } else {
        Err(not_redis())
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

    impl Read for &mut Script {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(buffer)
        }
    }

    impl Write for &mut Script {
        fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
            self.1.write(buffer)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn answer(bytes: &str) -> io::Result<Answer> {
        ask(&mut Script(bytes.bytes().collect(), Vec::new()), &[b"PING"])
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
    fn numbers_lists_and_nulls_are_read() {
        assert_eq!(answer(":-7\r\n").unwrap(), Answer::Number(-7));
        assert_eq!(answer("$-1\r\n").unwrap(), Answer::Nothing);
        assert_eq!(
            answer("*2\r\n$1\r\na\r\n*1\r\n:1\r\n").unwrap(),
            Answer::List(vec![
                Answer::Text("a".into()),
                Answer::List(vec![Answer::Number(1)])
            ])
        );
    }

    #[test]
    fn a_command_is_sent_word_by_word() {
        let mut script = Script("+OK\r\n".bytes().collect(), Vec::new());
        ask(&mut script, &[b"SET", b"a b", b""]).unwrap();
        assert_eq!(script.1, b"*3\r\n$3\r\nSET\r\n$3\r\na b\r\n$0\r\n\r\n");
    }

    #[test]
    fn a_reply_that_breaks_off_is_an_error() {
        for cut in ["$5\r\nab", "$1\r\na", "*2\r\n:1\r\n"] {
            let kind = answer(cut).unwrap_err().kind();
            assert_eq!(kind, io::ErrorKind::UnexpectedEof, "{cut:?}");
        }
    }

    #[test]
    fn other_protocols_are_an_error() {
        assert_eq!(answer("").unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        for odd in [
            "HTTP/1.1 400\r\n",
            "$x\r\n",
            "$-2\r\n",
            "$1\r\nabc\r\n",
            "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
            "\r\n",
            "é\r\n",
        ] {
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
