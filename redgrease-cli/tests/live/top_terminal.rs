//! `redgrease top` and the terminal: sizes, colours, signals, and a server that goes away.

use crate::common::REDGREASE;
use crate::gears::{con, free_port, register, shop};
use crate::terminal::{SIZE, Terminal};
use redgrease_embedded::Server;
use std::process::Command;
use vt100::Color;

fn signal(name: &str, pid: &str) {
    assert!(
        Command::new("kill")
            .args([name, pid])
            .status()
            .unwrap()
            .success()
    );
}

/// The terminal is as before: no other screen, a visible cursor.
fn is_given_back(terminal: &Terminal) -> bool {
    terminal.with_screen(|screen| !screen.alternate_screen() && !screen.hide_cursor())
}

/// Runs `top` from a shell, which then shows the settings of the terminal.
fn in_shell(url: &str) -> Terminal {
    let script = format!(
        "echo before; stty -a; {REDGREASE} top --interval 0.2; echo \"code $?\"; stty -a; echo end"
    );
    Terminal::start(&["sh", "-c", &script], url, &[])
}

fn settings_are_as_before(text: &str) {
    let modes = |text: &str| -> Vec<String> {
        let words = text.split_whitespace();
        words
            .filter(|it| {
                ["icanon", "echo", "isig", "opost", "icrnl", "ixon"]
                    .contains(&it.trim_start_matches('-'))
            })
            .map(str::to_owned)
            .collect()
    };
    let (before, behind) = text.split_once("code ").unwrap_or((text, ""));
    assert!(!modes(before).is_empty(), "{text}");
    assert_eq!(modes(before), modes(behind), "{text}");
}

#[test]
fn keys_and_signals_end_it_and_give_the_terminal_back() {
    let server = shop();
    for end in ["q", "\x03", "-TERM", "-INT"] {
        let mut top = in_shell(server.url());
        top.has("shop.price");
        assert!(!is_given_back(&top));
        if end.starts_with('-') {
            // The child of the shell.
            let shell = top.pid();
            let child = Command::new("ps")
                .args(["-o", "pid=", "--ppid", &shell])
                .output()
                .unwrap();
            let child = String::from_utf8(child.stdout).unwrap();
            signal(end, child.trim());
        } else {
            top.press(end);
        }
        let text = top.has("\nend");
        assert!(text.contains("code 0"), "{end:?}: {text}");
        assert!(is_given_back(&top), "{end:?}");
        settings_are_as_before(&text);
        assert_eq!(top.end(), 0);
    }
}

#[test]
fn it_can_be_suspended() {
    let server = shop();
    let mut top = Terminal::start(
        &["bash", "--norc", "--noprofile", "-i"],
        server.url(),
        &[("PS1", "ready> ")],
    );
    top.has("ready>");
    top.press(&format!("{REDGREASE} top --interval 0.2\r"));
    top.has("shop.price");
    top.press("\x1a");
    top.has("Stopped");
    assert!(is_given_back(&top));
    top.press("stty -a | grep -o '.icanon'\r");
    top.wait("a terminal in its usual mode", |text| {
        text.lines().any(|it| it.trim() == "icanon")
    });
    top.press("fg\r");
    top.has("1 Registrations 3");
    assert!(!is_given_back(&top));
    top.press("q");
    top.wait("the shell", |text| {
        text.contains("fg") && !text.contains("1 Registrations")
    });
    assert!(is_given_back(&top));
    top.press("exit\r");
    top.end();
}

#[test]
fn every_size_has_a_picture() {
    let server = shop();
    let mut top = Terminal::top(server.url(), &[]);
    top.has("shop.price");
    for keys in ["", "\r", "\x1b?", "xu"] {
        top.press(keys);
        for size in [
            (1, 1),
            (2, 5),
            (4, 19),
            (6, 20),
            (7, 40),
            (10, 30),
            (15, 200),
            (60, 61),
            (3, 200),
            (50, 8),
        ] {
            top.resize(size);
            top.press("\x0c");
        }
    }
    top.resize((5, 18));
    top.has("window too small");
    top.resize((8, 40));
    top.press("n");
    top.has("shop.price");
    top.resize(SIZE);
    let text = top.has("mean time");
    assert!(text.contains("2 Executions"), "{text}");
    top.press("q");
    assert_eq!(top.end(), 0);
}

#[test]
fn a_narrow_window_keeps_what_matters() {
    let server = shop();
    let mut top = Terminal::top(server.url(), &[]);
    top.has(" from ");
    top.resize((20, 40));
    let text = top.wait("a narrow table", |text| {
        !text.contains(" from ") && text.contains("shop.price")
    });
    assert!(
        text.contains("name") && text.contains("runs/s") && text.contains("failed"),
        "{text}"
    );
    assert!(text.lines().all(|it| it.chars().count() <= 40), "{text}");
}

fn has_colors(terminal: &Terminal) -> bool {
    let (rows, cols) = SIZE;
    terminal.with_screen(|screen| {
        let cells = (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col)));
        cells
            .filter_map(|(row, col)| screen.cell(row, col))
            .any(|it| it.fgcolor() != Color::Default || it.bgcolor() != Color::Default)
    })
}

#[test]
fn colours_can_be_left_out() {
    let server = shop();
    let words = [REDGREASE, "top", "--interval", "0.2"];
    for (options, environment, wanted) in [
        (&[][..], &[][..], true),
        (&[], &[("NO_COLOR", "1")], false),
        (&["--color", "never"], &[], false),
        (&["--color", "always"], &[("NO_COLOR", "1")], true),
    ] {
        let words: Vec<&str> = words.iter().chain(options).copied().collect();
        let top = Terminal::start(&words, server.url(), environment);
        top.has("shop.price");
        assert_eq!(has_colors(&top), wanted, "{options:?} {environment:?}");
    }
}

#[test]
fn a_server_that_goes_away_leaves_its_last_figures() {
    let port = free_port();
    let server = Server::builder().port(port).start().unwrap();
    register(&mut con(&server), "shop", crate::gears::SHOP);
    let mut top = Terminal::top(server.url(), &[]);
    top.has("shop.price");
    server.kill().unwrap();
    let text = top.has("no server since");
    assert!(text.contains("shop.price"), "{text}");
    top.press("2");
    top.has("started by");
    top.press("1");
    let server = Server::builder().port(port).start().unwrap();
    register(
        &mut con(&server),
        "new",
        "GB('CommandReader').map(lambda x: x).register(trigger='back.again')\n",
    );
    let text = top.has("back.again");
    assert!(
        !text.contains("no server") && !text.contains("shop.price"),
        "{text}"
    );
}

/// A server that is alive but does not answer: the keys go on working.
#[test]
fn a_silent_server_is_told() {
    let server = shop();
    let mut top = Terminal::top(server.url(), &[]);
    top.has("shop.price");
    signal("-STOP", &server.pid().to_string());
    let text = top.has("the server has not answered for");
    signal("-CONT", &server.pid().to_string());
    assert!(text.contains("shop.price"), "{text}");
    top.lacks("has not answered");
    top.press("q");
    assert_eq!(top.end(), 0);
}

/// A terminal that is closed tells the programs in it. The terminals of the other tests have a reader as long as the test runs.
const CLOSED: &str = "
import fcntl, os, pty, struct, sys, termios, time
pid, master = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack('HHHH', 34, 120, 0, 0))
seen = b''
while b'shop.price' not in seen:
    seen += os.read(master, 4096)
os.close(master)
for _ in range(200):
    if os.waitpid(pid, os.WNOHANG)[0]:
        print('it has ended')
        sys.exit()
    time.sleep(0.05)
os.kill(pid, 9)
print('it goes on')
";

#[test]
fn it_ends_with_its_terminal() {
    let server = shop();
    let output = Command::new("python3")
        .args(["-c", CLOSED, REDGREASE, "top", "--interval", "0.2"])
        .env("TERM", "xterm-256color")
        .env("REDGREASE_URL", server.url())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        said,
        "it has ended\n",
        "{:?}",
        String::from_utf8_lossy(&output.stderr)
    );
}
