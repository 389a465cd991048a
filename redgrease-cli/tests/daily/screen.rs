//! The program in a terminal.

use super::common::on;
use super::common::terminal::Terminal;
use super::{con, shop};
use redgrease_core::GearsCommands as _;
use redgrease_embedded::Server;

const WIDE: u16 = 120;

#[test]
fn progress_is_shown_and_ctrl_c_aborts() {
    let server = Server::start().unwrap();
    let code = "import time\nGB('ShardsIDReader').map(lambda _: time.sleep(60)).run()";
    let mut terminal = Terminal::start(server.url(), WIDE, &["run", "-c", code], &[]);
    terminal.shows(": running");
    terminal.press("\x03");
    let (code, screen, _) = terminal.end();
    assert_eq!(code, 1);
    assert!(
        screen.contains("error: the execution 0-") && screen.contains("was aborted on the server"),
        "{screen}"
    );
    let executions = con(&server).dump_executions().unwrap();
    assert!(
        executions.iter().all(|it| it.status.is_over()),
        "{executions:?}"
    );
}

#[test]
fn a_script_is_typed() {
    let server = Server::start().unwrap();
    let mut terminal = Terminal::start(server.url(), WIDE, &["run", "-"], &[]);
    terminal.shows("reading a script from the terminal: Ctrl-D on an empty line ends it");
    terminal.press("GB('ShardsIDReader').map(lambda _: 'typed ' + 'text').run()\n\x04");
    let (code, screen, _) = terminal.end();
    assert_eq!(code, 0);
    assert!(screen.contains("typed text"), "{screen}");
}

#[test]
fn control_characters_of_records_do_not_reach_the_terminal() {
    let server = Server::start().unwrap();
    let code = "GB('ShardsIDReader').map(lambda _: 'a\\x1b]0;title\\x07b').run()";
    let (code, screen, written) =
        Terminal::start(server.url(), WIDE, &["-q", "run", "-c", code], &[]).end();
    assert_eq!(code, 0);
    assert!(screen.contains("a\\x1b]0;title\\x07b"), "{screen}");
    assert!(!written.contains("\x1b]0;"), "{written:?}");
}

#[test]
fn colours_are_left_out_for_no_color() {
    let server = shop();
    let colour = |written: &str| written.contains("\x1b[");
    let (_, _, written) = Terminal::start(server.url(), WIDE, &["call", "bad", "x"], &[]).end();
    assert!(colour(&written), "{written:?}");
    let plain = [("NO_COLOR", "1")];
    for args in [
        &["call", "bad", "x"][..],
        &["show", "bad"],
        &["ls"],
        &["logs"],
    ] {
        let (_, _, written) = Terminal::start(server.url(), WIDE, args, &plain).end();
        assert!(
            !colour(&written) && !written.is_empty(),
            "{args:?}: {written:?}"
        );
    }
}

#[test]
fn tables_fit_a_narrow_window() {
    let server = shop();
    let (code, screen, written) = Terminal::start(server.url(), 50, &["ls"], &[]).end();
    assert_eq!(code, 0);
    let longest = written
        .lines()
        .map(|line| line.trim_end().chars().count())
        .max();
    assert!(longest <= Some(50), "{longest:?}: {written}");
    // Words stay whole.
    assert!(screen.contains("description  always fails"), "{written}");
}

#[test]
fn several_registrations_are_removed_after_a_question() {
    let server = shop();
    let mut terminal = Terminal::start(server.url(), WIDE, &["rm", "shop"], &[]);
    terminal.shows("[y/N]");
    terminal.press("n\n");
    let (code, screen, _) = terminal.end();
    assert_eq!(code, 1);
    assert!(screen.contains("nothing was removed"), "{screen}");
    let mut terminal = Terminal::start(server.url(), WIDE, &["rm", "shop"], &[]);
    terminal.shows("[y/N]");
    terminal.press("y\n");
    assert_eq!(terminal.end().0, 0);
    assert_eq!(on(&server, &["ls", "--json"]).ok(), "[]\n");
}
