//! A Chromium without windows, driven by the protocol of its developer tools.

use base64::Engine as _;
use serde_json::{Value as Json, json};
use std::env;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tungstenite::{Message, WebSocket};

pub(crate) struct Browser {
    child: Child,
    socket: WebSocket<TcpStream>,
    number: u64,
    /// What the page has said on its console, and its errors.
    pub(crate) said: Vec<String>,
    _profile: TempDir,
}

const LIMIT: Duration = Duration::from_secs(30);

/// The program: the one of the environment, of the machine, or the one that `cargo xtask test` has fetched.
fn program() -> PathBuf {
    if let Some(named) = env::var_os("REDGREASE_CHROMIUM") {
        return named.into();
    }
    let names = [
        "chromium-headless-shell",
        "chromium",
        "google-chrome",
        "google-chrome-stable",
        "chrome-headless-shell",
    ];
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name)));
    let fetched =
        Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("servers/chromium/bin/chromium");
    let runs = |program: &PathBuf| {
        let mut command = Command::new(program);
        command
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().is_ok_and(|it| it.success())
    };
    on_path.filter(|it| it.is_file()).chain([fetched]).find(runs).expect(
        "these tests need Chromium or Chrome: `cargo xtask test` fetches one on Debian; elsewhere install one, or set \
         REDGREASE_CHROMIUM to its program",
    )
}

impl Browser {
    /// Opens a page in a window of this size.
    pub(crate) fn open(address: &str, size: (u32, u32)) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new(program())
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--remote-debugging-port=0",
            ])
            .arg("--remote-allow-origins=*")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let found = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let rest = line
                .split_once("DevTools listening on ws://127.0.0.1:")?
                .1
                .to_owned();
            rest.split_once('/')?.0.parse::<u16>().ok()
        });
        let port = found.expect("the browser names its port");
        // Its messages must not fill the pipe.
        thread::spawn(move || lines.for_each(drop));
        let target = page_of(port);
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let (socket, _) = tungstenite::client(target, stream).unwrap();
        let mut browser = Browser {
            child,
            socket,
            number: 0,
            said: Vec::new(),
            _profile: profile,
        };
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            browser.send(domain, &json!({}));
        }
        browser.resize(size);
        browser.send("Page.navigate", &json!({ "url": address }));
        browser
    }

    pub(crate) fn resize(&mut self, (width, height): (u32, u32)) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.send("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Light or dark, as the system of a person says.
    pub(crate) fn prefer(&mut self, scheme: &str) {
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.send("Emulation.setEmulatedMedia", &media);
    }

    /// Sends a command, and returns its result.
    fn send(&mut self, method: &str, params: &Json) -> Json {
        self.number += 1;
        let number = self.number;
        let command = json!({ "id": number, "method": method, "params": params });
        self.socket
            .send(Message::text(command.to_string()))
            .unwrap();
        loop {
            let Message::Text(text) = self.socket.read().unwrap() else {
                continue;
            };
            let mut message: Json = serde_json::from_str(&text).unwrap();
            if message["id"] == number {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].take();
            }
            self.listen(&message);
        }
    }

    fn listen(&mut self, message: &Json) {
        let told = [
            "Runtime.consoleAPICalled",
            "Runtime.exceptionThrown",
            "Log.entryAdded",
            "Page.javascriptDialogOpening",
        ];
        let method = message["method"].as_str();
        if method.is_some_and(|it| told.contains(&it)) {
            self.said.push(message["params"].to_string());
        }
    }

    /// The value of JavaScript.
    pub(crate) fn value(&mut self, code: &str) -> Json {
        let params = json!({ "expression": code, "returnByValue": true, "awaitPromise": true });
        let mut result = self.send("Runtime.evaluate", &params);
        assert!(result.get("exceptionDetails").is_none(), "{code}: {result}");
        result["result"]["value"].take()
    }

    pub(crate) fn text(&mut self) -> String {
        self.value("document.body?.innerText")
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Waits until JavaScript is true.
    pub(crate) fn until(&mut self, code: &str) {
        let begun = Instant::now();
        while self.value(&format!("Boolean({code})")) != true {
            assert!(
                begun.elapsed() < LIMIT,
                "{code} is not so:\n{}\n{:?}",
                self.text(),
                self.said
            );
            thread::sleep(Duration::from_millis(30));
        }
    }

    pub(crate) fn has(&mut self, wanted: &str) {
        self.until(&format!(
            "document.body?.innerText?.includes({})",
            json!(wanted)
        ));
    }

    pub(crate) fn click(&mut self, selector: &str) {
        self.until(&format!("document.querySelector({})", json!(selector)));
        self.value(&format!(
            "document.querySelector({}).click()",
            json!(selector)
        ));
    }

    /// Presses a key, as a person does.
    pub(crate) fn press(&mut self, key: &str) {
        let code = match key {
            "Enter" => 13,
            "Tab" => 9,
            "Escape" => 27,
            "ArrowRight" => 39,
            _ => 0,
        };
        let text = match key {
            "Enter" => Some("\r"),
            key if key.chars().count() == 1 => Some(key),
            _ => None,
        };
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({ "type": kind, "key": key, "windowsVirtualKeyCode": code });
            if let (Some(text), "keyDown") = (text, kind) {
                event["text"] = json!(text);
            }
            self.send("Input.dispatchKeyEvent", &event);
        }
    }

    /// Writes a picture of the page into the folder that `REDGREASE_SHOTS` names, if it names one.
    pub(crate) fn shoot(&mut self, name: &str) {
        let picture = self.send("Page.captureScreenshot", &json!({ "format": "png" }));
        let picture = base64::engine::general_purpose::STANDARD
            .decode(picture["data"].as_str().unwrap())
            .unwrap();
        assert!(picture.starts_with(b"\x89PNG"));
        if let Some(folder) = env::var_os("REDGREASE_SHOTS") {
            std::fs::write(Path::new(&folder).join(name).with_extension("png"), picture).unwrap();
        }
    }
}

/// The address of the protocol for the first page.
fn page_of(port: u16) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(
        stream,
        "GET /json/list HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    for line in reader.by_ref().lines() {
        let line = line.unwrap().to_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let targets: Vec<Json> = serde_json::from_slice(&body).unwrap();
    let page = targets.iter().find(|it| it["type"] == "page").unwrap();
    page["webSocketDebuggerUrl"].as_str().unwrap().to_owned()
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It ends its own processes.
        let close = json!({ "id": 0, "method": "Browser.close" });
        let _ = self.socket.send(Message::text(close.to_string()));
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(5) {
            if let Ok(Some(_)) = self.child.try_wait() {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
