//! A connection that shows every reply as text, with errors inside of arrays and with both protocols.

use redgrease_embedded::Server;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

pub(crate) struct Wire {
    stream: BufReader<UnixStream>,
}

impl Wire {
    pub(crate) fn new(server: &Server) -> Wire {
        let stream = UnixStream::connect(server.socket()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_mins(1)))
            .unwrap();
        Wire {
            stream: BufReader::new(stream),
        }
    }

    /// A connection of the user, whose password is `p`.
    pub(crate) fn of(server: &Server, user: &str) -> Wire {
        let mut wire = Wire::new(server);
        assert_eq!(wire.ask(&["AUTH", user, "p"]), "OK");
        wire
    }

    pub(crate) fn ask(&mut self, words: &[&str]) -> String {
        self.send(words);
        self.read()
    }

    /// A command of words that are separated by spaces.
    pub(crate) fn say(&mut self, words: &str) -> String {
        self.ask(&words.split(' ').collect::<Vec<_>>())
    }

    pub(crate) fn send(&mut self, words: &[&str]) {
        let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            bytes.extend(format!("${}\r\n{word}\r\n", word.len()).into_bytes());
        }
        self.stream.get_mut().write_all(&bytes).unwrap();
    }

    /// Everything that the server sends until it closes the connection.
    pub(crate) fn until_closed(&mut self, words: &[&str]) -> String {
        let bytes = words.join(" ") + "\r\n";
        // The server may have closed the connection already.
        let _ = self.stream.get_mut().write_all(bytes.as_bytes());
        let mut rest = String::new();
        let _ = self.stream.read_to_string(&mut rest);
        rest
    }

    pub(crate) fn read(&mut self) -> String {
        let mut line = String::new();
        assert!(
            self.stream.read_line(&mut line).unwrap() > 0,
            "the server has closed the connection"
        );
        let (kind, rest) = line.trim_end().split_at(1);
        let elements = |per: usize| per * rest.parse::<usize>().unwrap_or(0);
        match kind {
            "$" | "*" if rest == "-1" => "nil".to_owned(),
            "$" | "=" => {
                let mut bytes = vec![0; rest.parse::<usize>().unwrap() + 2];
                self.stream.read_exact(&mut bytes).unwrap();
                bytes.truncate(bytes.len() - 2);
                String::from_utf8_lossy(&bytes).into_owned()
            }
            "*" | "~" | ">" | "%" => {
                let count = elements(if kind == "%" { 2 } else { 1 });
                let all: Vec<String> = (0..count).map(|_| self.read()).collect();
                format!("[{}]", all.join(", "))
            }
            "_" => "nil".to_owned(),
            "-" => format!("-{rest}"),
            _ => rest.to_owned(),
        }
    }
}
