//! A client that keeps every byte of a reply. A library would hide the difference between a status
//! and a string, and fail on a line that is not UTF-8.

use std::fmt;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// A reply in RESP2.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reply {
    Nil,
    Int(i64),
    Status(Vec<u8>),
    Error(Vec<u8>),
    Bulk(Vec<u8>),
    Array(Vec<Reply>),
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("nil"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Status(text) => write!(f, "+{}", text.escape_ascii()),
            Self::Error(text) => write!(f, "-{}", String::from_utf8_lossy(text)),
            Self::Bulk(text) => match std::str::from_utf8(text) {
                Ok(text) => write!(f, "{text:?}"),
                Err(_) => write!(f, "b\"{}\"", text.escape_ascii()),
            },
            Self::Array(items) => f.debug_list().entries(items).finish(),
        }
    }
}

/// A connection with a buffer of received bytes.
pub(crate) struct Client {
    stream: UnixStream,
    /// Received bytes; those from `at` on are not parsed yet.
    buffer: Vec<u8>,
    at: usize,
}

impl Client {
    pub(crate) fn connect(socket: &Path, patience: Duration) -> io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        Ok(Self {
            stream,
            buffer: Vec::new(),
            at: 0,
        })
    }

    pub(crate) fn send(&mut self, words: &[Vec<u8>]) -> io::Result<()> {
        let mut request = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            request.extend(format!("${}\r\n", word.len()).into_bytes());
            request.extend(word);
            request.extend(b"\r\n");
        }
        self.stream.write_all(&request)
    }

    /// The next reply, parsed and as bytes.
    pub(crate) fn receive(&mut self) -> io::Result<(Reply, Vec<u8>)> {
        self.buffer.drain(..self.at);
        self.at = 0;
        let reply = self.reply()?;
        Ok((reply, self.buffer[..self.at].to_vec()))
    }

    /// The remaining bytes, after a reply that violates the protocol.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let _ = self
            .stream
            .set_read_timeout(Some(Duration::from_millis(100)));
        while matches!(self.fill(), Ok(count) if count > 0) {}
        self.buffer.split_off(self.at)
    }

    fn reply(&mut self) -> io::Result<Reply> {
        let line = self.line()?;
        let (kind, text) = line.split_first().ok_or_else(|| broken(&line))?;
        let number = || {
            std::str::from_utf8(text)
                .ok()
                .and_then(|text| text.parse::<i64>().ok())
                .ok_or_else(|| broken(&line))
        };
        Ok(match kind {
            b'+' => Reply::Status(text.to_vec()),
            b'-' => Reply::Error(text.to_vec()),
            b':' => Reply::Int(number()?),
            b'$' => match usize::try_from(number()?) {
                Err(_) => Reply::Nil,
                Ok(length) => {
                    while self.buffer.len() < self.at + length + 2 {
                        self.fill_or_fail()?;
                    }
                    let bytes = self.buffer[self.at..self.at + length].to_vec();
                    self.at += length + 2;
                    Reply::Bulk(bytes)
                }
            },
            b'*' => match usize::try_from(number()?) {
                Err(_) => Reply::Nil,
                Ok(length) => Reply::Array(
                    (0..length)
                        .map(|_| self.reply())
                        .collect::<Result<_, _>>()?,
                ),
            },
            _ => return Err(broken(&line)),
        })
    }

    fn line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            let unread = &self.buffer[self.at..];
            if let Some(end) = unread.windows(2).position(|pair| pair == b"\r\n") {
                let line = unread[..end].to_vec();
                self.at += end + 2;
                return Ok(line);
            }
            self.fill_or_fail()?;
        }
    }

    fn fill_or_fail(&mut self) -> io::Result<()> {
        match self.fill() {
            Ok(0) => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the connection was closed",
            )),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                ) =>
            {
                Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "no reply came in time",
                ))
            }
            other => other.map(drop),
        }
    }

    fn fill(&mut self) -> io::Result<usize> {
        let mut chunk = [0; 16 * 1024];
        let count = self.stream.read(&mut chunk)?;
        self.buffer.extend(&chunk[..count]);
        Ok(count)
    }
}

fn broken(line: &[u8]) -> io::Error {
    let line = line.escape_ascii();
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("not the protocol: {line}"),
    )
}
