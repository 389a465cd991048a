//! Clients that send one command as fast as the server answers.

use crate::Setting;
use crate::commands::Command;
use crate::servers::Target;
use redgrease_tools::{Outcome, busy_nanos};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// Connected clients.
pub(crate) struct Load {
    clients: Vec<UnixStream>,
    /// The commands that a client sends at once.
    request: Vec<u8>,
    /// The bytes of the replies to them.
    reply: usize,
    pipeline: usize,
    pid: u32,
    buffer: Vec<u8>,
}

/// What was measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) calls_a_second: f64,
    /// The CPU time of all threads of the server for one call, in microseconds.
    pub(crate) cpu: f64,
    /// The median of the times from sending to the last reply, in microseconds.
    pub(crate) median: f64,
}

impl Load {
    pub(crate) fn connect(target: &Target, setting: Setting, command: &Command) -> Outcome<Load> {
        let socket = target.server.socket();
        let connect = || {
            UnixStream::connect(socket).map_err(|error| format!("{}: {error}", socket.display()))
        };
        let clients = (0..setting.clients)
            .map(|_| connect())
            .collect::<Outcome<Vec<_>>>()?;
        let one = encoded(command.words);
        let mut load = Load {
            clients,
            request: one.clone(),
            reply: 0,
            pipeline: 1,
            pid: target.server.pid(),
            buffer: vec![0; 1 << 16],
        };
        let reply = load.first_reply()?;
        let text = String::from_utf8_lossy(&reply);
        if reply.first() == Some(&b'-') || !text.contains(command.expected) {
            return Err(format!(
                "{}: expected {}, got {text}",
                command.name, command.expected
            ));
        }
        load.reply = reply.len() * setting.pipeline;
        load.request = one.repeat(setting.pipeline);
        load.pipeline = setting.pipeline;
        Ok(load)
    }

    /// Sends the command once. The reply is short, so it comes as a whole.
    fn first_reply(&mut self) -> Outcome<Vec<u8>> {
        let client = self.clients.first_mut().ok_or("no client")?;
        let mut exchange = || {
            client.write_all(&self.request)?;
            let length = client.read(&mut self.buffer)?;
            Ok::<_, std::io::Error>(length)
        };
        let length = exchange().map_err(|error| error.to_string())?;
        Ok(self.buffer.get(..length).unwrap_or_default().to_vec())
    }

    /// Sends the command from all clients, so often. Returns the number of calls.
    pub(crate) fn repeat(&mut self, times: usize) -> Outcome<usize> {
        for _ in 0..times {
            self.exchange().map_err(|error| error.to_string())?;
        }
        Ok(times * self.clients.len() * self.pipeline)
    }

    fn exchange(&mut self) -> std::io::Result<()> {
        for client in &mut self.clients {
            client.write_all(&self.request)?;
        }
        for client in &mut self.clients {
            let mut missing = self.reply;
            while missing > 0 {
                let room = self.buffer.len().min(missing);
                let length = client.read(&mut self.buffer[..room])?;
                if length == 0 {
                    return Err(std::io::ErrorKind::UnexpectedEof.into());
                }
                missing -= length;
            }
        }
        Ok(())
    }

    /// Sends the command for so long.
    pub(crate) fn run(&mut self, time: Duration) -> Outcome<Measured> {
        let (begun, before) = (Instant::now(), busy_nanos(self.pid)?);
        let (mut calls, mut times) = (0, Vec::new());
        while begun.elapsed() < time {
            let sent = Instant::now();
            calls += self.repeat(1)?;
            times.push(sent.elapsed());
        }
        let elapsed = begun.elapsed();
        let busy = busy_nanos(self.pid)?.saturating_sub(before);
        times.sort_unstable();
        let median = times.get(times.len() / 2).copied().unwrap_or_default();
        #[allow(clippy::cast_precision_loss, reason = "figures of a table")]
        let (calls, busy) = (calls as f64, busy as f64);
        Ok(Measured {
            calls_a_second: calls / elapsed.as_secs_f64(),
            cpu: busy / calls / 1000.0,
            median: median.as_secs_f64() * 1e6,
        })
    }
}

/// A command in the protocol.
fn encoded(words: &[&str]) -> Vec<u8> {
    let head = format!("*{}\r\n", words.len());
    let words = words
        .iter()
        .map(|word| format!("${}\r\n{word}\r\n", word.len()));
    std::iter::once(head)
        .chain(words)
        .collect::<String>()
        .into_bytes()
}
