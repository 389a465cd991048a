//! One program, two servers. Each connection registers lost gears with the options of its own `start_with`. A slow
//! registration on one server does not delay the other server.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{calls_of, unregister_all, untyped};
use redgrease::prelude::*;
use redgrease::{Con, Options, Policy, SessionsOptions, start_with};
use redgrease_embedded::Server;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread;
use std::time::Duration;

#[gear_command]
fn stage() -> String {
    python! {
        return "here"
    }
}

/// More than a registration takes, and less than the patience of a test.
const LIMIT: Duration = Duration::from_secs(20);

fn namespace(name: &str) -> Options {
    Options::new().namespace(name)
}

/// The only session of a server.
fn session(con: &mut Con) -> String {
    let sessions = con.dump_sessions(&SessionsOptions::new()).unwrap();
    assert_eq!(sessions.len(), 1);
    sessions[0].id.clone()
}

#[test]
fn each_server_gets_its_gears_back_as_they_were_registered_there() {
    let (a, b) = (Server::start().unwrap(), Server::start().unwrap());
    let (mut on_a, _) = start_with(a.url(), &namespace("a")).unwrap();
    let never = namespace("b").policy(Policy::Never);
    let (mut on_b, report) = start_with(b.url(), &never).unwrap();
    assert!(!report.is_changed());

    unregister_all(&mut on_a);
    assert_eq!(stage(&mut on_a).unwrap(), "here");
    assert_eq!(session(&mut on_a), "a--redgrease-test-two_servers");
    assert_eq!(untyped(&a, &["RG.TRIGGER", "a:stage"]), "here");

    let error = stage(&mut on_b).unwrap_err();
    assert!(error.is_unknown_trigger(), "{error}");
    for part in ["`b:stage`", "`Never`"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    assert_eq!(calls_of(&b, "rg.pyexecute"), 0);
}

#[test]
fn one_server_in_two_namespaces() {
    let server = Server::start().unwrap();
    let (mut blue, _) = start_with(server.url(), &namespace("blue")).unwrap();
    let (mut green, _) = start_with(server.url(), &namespace("green")).unwrap();
    unregister_all(&mut blue);
    assert_eq!(stage(&mut blue).unwrap(), "here");
    assert_eq!(session(&mut blue), "blue--redgrease-test-two_servers");
    assert_eq!(stage(&mut green).unwrap(), "here");
    let call = |trigger| untyped(&server, &["RG.TRIGGER", trigger]);
    assert_eq!(
        (call("blue:stage"), call("green:stage")),
        ("here".into(), "here".into())
    );
}

#[test]
fn a_new_connection_has_the_options_of_its_address() {
    let server = Server::start().unwrap();
    let address = server.url();
    redgrease::start_with(address, &Options::new().namespace("workers")).unwrap();
    let mut con = redgrease::connect(address).unwrap();
    assert_eq!(stage(&mut con).unwrap(), "here");
    common::unregister_all(&mut con);
    assert_eq!(stage(&mut con).unwrap(), "here");
    assert_eq!(session(&mut con), "workers--redgrease-test-two_servers");
}

#[test]
fn calls_in_a_pipeline_have_the_namespace_of_their_connection() {
    let (a, b) = (Server::start().unwrap(), Server::start().unwrap());
    let (mut on_a, _) = start_with(a.url(), &namespace("a")).unwrap();
    let (mut on_b, _) = start_with(b.url(), &namespace("b")).unwrap();
    for con in [&mut on_a, &mut on_b] {
        let (one, two) = redgrease::pipe((stage::call(), stage::call()))
            .on(con)
            .unwrap();
        assert_eq!(
            (one.unwrap(), two.unwrap()),
            ("here".to_owned(), "here".to_owned())
        );
    }
}

#[test]
fn a_slow_registration_on_one_server_delays_no_other_server() {
    let (a, b) = (Server::start().unwrap(), Server::start().unwrap());
    let (mut on_a, _) = start_with(a.url(), &Options::new()).unwrap();
    let gate = Gate::in_front_of(&b);
    let (mut on_b, _) = start_with(gate.url(), &Options::new()).unwrap();
    unregister_all(&mut on_a);
    unregister_all(&mut on_b);

    gate.close();
    let held = thread::spawn(move || stage(&mut on_b));
    gate.wait_for_a_registration();
    let (sender, answer) = mpsc::channel();
    thread::spawn(move || sender.send(stage(&mut on_a)));
    let answer = answer.recv_timeout(LIMIT);
    gate.open();
    assert_eq!(held.join().unwrap().unwrap(), "here");
    assert_eq!(
        answer
            .expect("the call waits for the other server")
            .unwrap(),
        "here"
    );
}

#[cfg(feature = "aio")]
mod nonblocking {
    use super::*;
    use redgrease::start_async_with;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn each_server_gets_its_gears_back_as_they_were_registered_there() {
        let (a, b) = (Server::start().unwrap(), Server::start().unwrap());
        let (mut on_a, _) = start_async_with(a.url(), &namespace("a")).await.unwrap();
        let never = namespace("b").policy(Policy::Never);
        let (mut on_b, _) = start_async_with(b.url(), &never).await.unwrap();

        let mut con = redgrease::connect(a.url()).unwrap();
        unregister_all(&mut con);
        let mut clone = on_a.clone();
        assert_eq!(stage::call().on_async(&mut clone).await.unwrap(), "here");
        assert_eq!(session(&mut con), "a--redgrease-test-two_servers");
        assert_eq!(stage::call().on_async(&mut on_a).await.unwrap(), "here");
        let error = stage::call().on_async(&mut on_b).await.unwrap_err();
        assert!(error.to_string().contains("`b:stage`"), "{error}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_slow_registration_on_one_server_delays_no_other_server() {
        let (a, b) = (Server::start().unwrap(), Server::start().unwrap());
        let (mut on_a, _) = start_async_with(a.url(), &Options::new()).await.unwrap();
        let gate = Gate::in_front_of(&b);
        let (mut on_b, _) = start_async_with(gate.url(), &Options::new()).await.unwrap();
        for server in [&a, &b] {
            unregister_all(&mut redgrease::connect(server.url()).unwrap());
        }

        gate.close();
        let held = tokio::spawn(async move { stage::call().on_async(&mut on_b).await });
        tokio::task::block_in_place(|| gate.wait_for_a_registration());
        let answer = tokio::time::timeout(LIMIT, stage::call().on_async(&mut on_a)).await;
        gate.open();
        assert_eq!(held.await.unwrap().unwrap(), "here");
        assert_eq!(
            answer
                .expect("the call waits for the other server")
                .unwrap(),
            "here"
        );
    }
}

/// A proxy in front of a server that can hold registrations back. It ends with the test program.
struct Gate {
    address: String,
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    closed: bool,
    held: bool,
}

impl Gate {
    fn in_front_of(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let gate = Gate {
            address: format!("redis://{}/", listener.local_addr().unwrap()),
            state: Arc::default(),
        };
        let (socket, state) = (server.socket().to_owned(), gate.state.clone());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (socket, state) = (socket.clone(), state.clone());
                thread::spawn(move || forward(client, &socket, &state));
            }
        });
        gate
    }

    fn url(&self) -> &str {
        &self.address
    }

    fn close(&self) {
        self.change(|state| state.closed = true);
    }

    fn open(&self) {
        self.change(|state| state.closed = false);
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.0.lock().unwrap());
        self.state.1.notify_all();
    }

    /// Waits until a registration is being held back.
    fn wait_for_a_registration(&self) {
        let state = self.state.0.lock().unwrap();
        let (_state, late) = self
            .state
            .1
            .wait_timeout_while(state, LIMIT, |state| !state.held)
            .unwrap();
        assert!(!late.timed_out(), "no registration came");
    }
}

fn forward(mut client: TcpStream, socket: &Path, gate: &(Mutex<State>, Condvar)) {
    let Ok(mut server) = UnixStream::connect(socket) else {
        return;
    };
    let (mut to_client, mut from_server) =
        (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || std::io::copy(&mut from_server, &mut to_client));
    let mut buffer = vec![0; 65536];
    while let Ok(size @ 1..) = client.read(&mut buffer) {
        if String::from_utf8_lossy(&buffer[..size]).contains("RG.PYEXECUTE") {
            let mut state = gate.0.lock().unwrap();
            if state.closed {
                state.held = true;
                gate.1.notify_all();
            }
            drop(gate.1.wait_while(state, |state| state.closed).unwrap());
        }
        if server.write_all(&buffer[..size]).is_err() {
            return;
        }
    }
}
