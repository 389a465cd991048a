//! Servers that speak TLS.

use super::{Home, common};
use redgrease_embedded::{Cluster, ErrorKind, Server};
use std::process::Command;

const STEPS: [&str; 3] = [
    "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 -subj /CN=authority",
    "req -newkey rsa:2048 -nodes -keyout node.key -out node.csr -subj /CN=node",
    "x509 -req -in node.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out node.crt",
];

/// A server with a certificate of an authority of its own. `None` if it cannot be tested here, which is said.
fn start(home: &Home) -> Option<Cluster> {
    home.write("names", "subjectAltName=IP:127.0.0.1");
    let made = STEPS.iter().all(|words| {
        let mut openssl = Command::new("openssl");
        openssl.args(words.split(' ')).current_dir(home.path(""));
        openssl.output().is_ok_and(|done| done.status.success())
    });
    if !made {
        eprintln!("NOT TESTED: the machine has no openssl that makes certificates");
        return None;
    }
    let cluster = Server::cluster().shards(1).tls(
        home.path("node.crt"),
        home.path("node.key"),
        home.path("ca.crt"),
    );
    match cluster.start() {
        Ok(cluster) => Some(cluster),
        Err(error)
            if error.kind() == ErrorKind::Exited
                && error.to_string().to_lowercase().contains("tls") =>
        {
            eprintln!("NOT TESTED: the server speaks no TLS");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn certificates_of_the_machine_count() {
    let home = Home::new();
    let Some(cluster) = start(&home) else {
        return;
    };
    assert!(cluster.url().starts_with("rediss://"));
    for command in ["doctor", "ls"] {
        let mut program = home.program(&[command, "--url", cluster.url()]);
        program.env("SSL_CERT_FILE", home.path("ca.crt"));
        common::done(&mut program).ok();
        // Without the authority nothing is trusted.
        let mut program = home.program(&[command, "--url", cluster.url()]);
        let done = common::done(program.env("SSL_CERT_FILE", home.path("node.crt")));
        assert!([1, 3].contains(&done.code), "{done:?}");
        assert!(!done.err.contains("panicked"), "{done:?}");
        if command == "doctor" {
            assert!(
                done.out
                    .contains("remedy: rediss:// is for servers with TLS"),
                "{done:?}"
            );
        }
    }
}

#[test]
fn certificates_of_the_command_line_count() {
    let home = Home::new();
    let Some(cluster) = start(&home) else {
        return;
    };
    let file = |name: &str| home.path(name).to_str().unwrap().to_owned();
    let (ca, cert, key) = (file("ca.crt"), file("node.crt"), file("node.key"));
    let run = |args: &[&str]| home.run(&[args, &["--url", cluster.url()]].concat());
    let err = run(&["ls"]).fails(3);
    assert!(
        err.contains("SSL_CERT_FILE") && err.contains("--tls-ca names"),
        "{err}"
    );
    run(&["ls", "--tls-ca", &ca]).ok();
    run(&["stats", "--tls-ca", &ca]).ok();
    run(&["doctor", "--tls-ca", &ca]).ok();

    // From now on clients need a certificate.
    let certificates = redis::TlsCertificates {
        client_tls: None,
        root_cert: Some(std::fs::read(&ca).unwrap()),
    };
    let client = redis::Client::build_with_tls(cluster.url(), certificates).unwrap();
    let () = redis::cmd("CONFIG")
        .arg(&["SET", "tls-auth-clients", "yes"])
        .query(&mut client.get_connection().unwrap())
        .unwrap();
    let err = run(&["ls", "--tls-ca", &ca]).fails(3);
    assert!(
        err.contains("tls-auth-clients no") && err.contains("--tls-cert and --tls-key name"),
        "{err}"
    );
    let both = ["--tls-ca", &ca, "--tls-cert", &cert, "--tls-key", &key];
    for command in ["ls", "stats", "doctor"] {
        run(&[&[command][..], &both].concat()).ok();
    }
    run(&["ls", "--tls-ca", &ca, "--tls-cert", &cert]).fails(2);
    let err = run(&["ls", "--tls-ca", &file("names")]).fails(1);
    assert!(err.contains("names is no file of PEM"), "{err}");
    let err = run(&["ls", "--tls-ca", &file("none")]).fails(1);
    assert!(err.contains("none cannot be read"), "{err}");
    let plain = ["ls", "--tls-ca", &ca, "--url", "redis://127.0.0.1:1"];
    let err = home.run(&plain).fails(2);
    assert!(err.contains("rediss://"), "{err}");
}

#[test]
fn a_server_without_tls_is_told() {
    let home = Home::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // It answers as a server without TLS does.
    let answering = std::thread::spawn(move || {
        use std::io::Write as _;
        let (mut client, _) = listener.accept().unwrap();
        client.write_all(b"-ERR unknown command\r\n").unwrap();
    });
    let done = home.run(&["doctor", "--url", &format!("rediss://127.0.0.1:{port}/")]);
    answering.join().unwrap();
    assert!([1, 3].contains(&done.code), "{done:?}");
    assert!(
        done.out.contains("error    reachable") && done.out.contains("remedy: "),
        "{done:?}"
    );
    assert!(!done.err.contains("panicked"), "{done:?}");
}
