//! The password in the address of a requirement is shown to users who may send code, and to nobody else.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::capability::{Capability, lacks};
use common::untyped;
use common::wheel::make_wheel;
use redgrease_embedded::Server;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

const FILE: &str = "portable-1.2-py3-none-any.whl";
/// A password, with a mark that ends many texts, and a token.
const SECRETS: [&str; 3] = ["Sekret9", "Half2", "Token7"];

/// Answers every request with one file. Returns the port.
fn serve(file: Vec<u8>) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = answer(&stream, &file);
        }
    });
    port
}

fn answer(mut stream: &TcpStream, file: &[u8]) -> std::io::Result<()> {
    let mut line = String::new();
    let mut request = BufReader::new(stream);
    while request.read_line(&mut line)? > 2 {
        line.clear();
    }
    let length = file.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/zip\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(file)
}

#[test]
fn passwords_of_requirements_are_shown_to_users_who_may_send_code() {
    let dir = tempfile::tempdir().unwrap();
    let packages = dir.path().join("packages");
    make_wheel(&packages, "portable", 10);
    let port = serve(std::fs::read(packages.join(FILE)).unwrap());
    let log = dir.path().join("log");
    let server = Server::builder()
        .python_dir(dir.path().join("python"))
        .server_arg("logfile", log.display().to_string())
        .start()
        .unwrap();
    let address = format!("portable @ http://usr:Sekret9'Half2@127.0.0.1:{port}/{FILE}?Token7");
    let script = "GB('CommandReader').register(trigger='t')";
    let install = ["RG.PYEXECUTE", script, "REQUIREMENTS", &address];
    assert_eq!(untyped(&server, &install), "OK");
    // A gear that fails with an address in its error.
    let failing = "
def fail(record):
    raise ValueError('http://usr:Sekret9@127.0.0.1/')
GB('CommandReader').map(fail).register(trigger='failing')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", failing]), "OK");
    let _ = untyped(&server, &["RG.TRIGGER", "failing"]);

    let is_clean = |text: &str, of: &str| {
        for secret in SECRETS {
            assert!(!text.contains(secret), "{of}: {text}");
        }
    };
    for section in ["everything", "modules", "rg_python_requirements"] {
        let info = untyped(&server, &["INFO", section]);
        assert!(info.contains("portable @ http://****@127.0.0.1"), "{info}");
        is_clean(&info, section);
    }
    let dumps = [
        &["RG.DUMPREGISTRATIONS"][..],
        &["RG.PYDUMPREQS"],
        &["RG.PYDUMPSESSIONS", "VERBOSE"],
    ];
    for dump in dumps {
        let text = untyped(&server, dump);
        let asked = text.replace(r"\'", "'");
        assert!(asked.contains("usr:Sekret9'Half2@"), "{dump:?}: {text}");
    }
    is_clean(&std::fs::read_to_string(&log).unwrap(), "log");

    if lacks(&server, Capability::CommandsAsUser) {
        return;
    }
    let rules = [
        "ACL",
        "SETUSER",
        "watch",
        "on",
        ">password",
        "~*",
        "+@all",
        "-@dangerous",
        "-rg.pyexecute",
    ];
    assert_eq!(untyped(&server, &rules), "OK");
    let url = format!("{}?user=watch&pass=password", server.url());
    let mut con = redis::Client::open(url).unwrap().get_connection().unwrap();
    for dump in dumps {
        let reply: redis::Value = redis::cmd(dump[0]).arg(&dump[1..]).query(&mut con).unwrap();
        let mut text = String::new();
        flatten(&reply, &mut text);
        // The error of the gear is the text in its place.
        assert!(text.contains("portable @ http://****@"), "{dump:?}: {text}");
        is_clean(&text, dump[0]);
    }
}

fn flatten(value: &redis::Value, text: &mut String) {
    match value {
        redis::Value::BulkString(bytes) => text.push_str(&String::from_utf8_lossy(bytes)),
        redis::Value::Array(all) => all.iter().for_each(|one| flatten(one, text)),
        other => {
            let shown = format!("{other:?}");
            text.push_str(&shown);
        }
    }
    text.push('\n');
}
