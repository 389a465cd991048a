//! A server that is told to load the engine while it runs, and that goes on after each refusal.

use crate::common::untyped;
use crate::installation::{Installation, PARTS, failures, open_to_modules};
use redgrease_embedded::Server;
use std::path::Path;

/// A plain server that can load modules while it runs.
pub(crate) struct Running {
    pub(crate) server: Server,
    _dir: Installation,
}

impl Running {
    pub(crate) fn new() -> Self {
        let dir = Installation::empty();
        let builder = Server::builder()
            .server(dir.server_program(&[]))
            .without_engine();
        let server = open_to_modules(builder).start().unwrap();
        Running { server, _dir: dir }
    }

    pub(crate) fn load(&self, module: &Path, arguments: &[&str]) -> String {
        let module = module.to_str().unwrap();
        let words = [&["MODULE", "LOAD", module], arguments].concat();
        untyped(&self.server, &words)
    }

    /// Expects a refusal in one line with these texts, the last of which is its end.
    #[track_caller]
    pub(crate) fn refuses(&self, module: &Path, arguments: &[&str], texts: &[&str]) {
        let before = failures(&self.server).len();
        let reply = self.load(module, arguments);
        assert!(reply.contains("Error loading the extension"), "{reply}");
        assert_eq!(untyped(&self.server, &["PING"]), "PONG");
        let lines = failures(&self.server).split_off(before);
        assert_eq!(lines.len(), 1, "{texts:?}: {lines:#?}");
        let line = &lines[0];
        assert!(
            line.starts_with("could not load the RedGrease engine: "),
            "{line}"
        );
        for text in texts {
            assert!(line.contains(text), "{text:?} in {line}");
        }
        assert!(line.ends_with(texts.last().unwrap()), "{line}");
    }

    /// Expects that the loader refuses a Python.
    #[track_caller]
    pub(crate) fn refuses_python(&self, whole: &Installation, python: &Path, texts: &[&str]) {
        let python = python.to_str().unwrap();
        self.refuses(&whole.loader(), &["Python", python], texts);
    }

    /// Expects that the engine loads and runs with the right Python.
    #[track_caller]
    pub(crate) fn loads_at_last(&self, whole: &Installation) {
        let python = PARTS.python.to_str().unwrap();
        self.loads(&whole.loader(), &["Python", python]);
    }

    /// Expects that the engine loads and runs.
    #[track_caller]
    pub(crate) fn loads(&self, module: &Path, arguments: &[&str]) {
        let reply = self.load(module, arguments);
        let log = self.server.log_tail(5);
        assert_eq!(reply, "OK", "{log}");
        self.works();
    }

    #[track_caller]
    pub(crate) fn works(&self) {
        let script = "GB('ShardsIDReader').map(lambda _: sum(range(5))).run()";
        let reply = untyped(&self.server, &["RG.PYEXECUTE", script]);
        assert!(reply.contains("10"), "{reply}");
    }
}
