//! What the keys of `redgrease top` do.

use crate::gears::{con, register, shop, start_endless, until};
use crate::terminal::Terminal;
use redgrease_core::GearsCommands as _;
use redgrease_embedded::Server;

fn status(server: &Server) -> Option<String> {
    let rows = con(server).dump_registrations().unwrap();
    rows.into_iter()
        .find(|it| it.reader == "StreamReader")?
        .status
}

#[test]
fn a_registration_is_removed_after_a_question() {
    let server = shop();
    let mut top = Terminal::top(server.url(), &[]);
    top.has("shop.price");
    top.press("/price\r");
    top.lacks("visit:*");
    top.press("u");
    top.has("unregister shop.price?");
    top.press("n");
    top.has("nothing was changed");
    assert_eq!(con(&server).dump_registrations().unwrap().len(), 3);
    top.press("u");
    top.has("unregister shop.price?");
    top.press("y");
    top.has("1 Registrations 2");
    let names: Vec<_> = con(&server)
        .dump_registrations()
        .unwrap()
        .iter()
        .map(|it| it.reader.clone())
        .collect();
    assert!(!names.contains(&"CommandReader".to_owned()), "{names:?}");
}

#[test]
fn streams_are_paused_and_resumed() {
    let server = shop();
    let mut top = Terminal::top(server.url(), &[]);
    top.has("shop.price");
    top.press("/price\r");
    top.lacks("visit:*");
    top.press("p");
    top.has("only registrations of streams can be paused");
    top.press("\x1b");
    top.has("visit:*");
    top.press("/orders\r");
    top.lacks("shop.price");
    top.press("p");
    top.has("pause shop:orders?");
    top.press("y");
    top.wait("a paused row", |text| {
        text.lines()
            .any(|it| it.contains("shop:orders") && it.contains("paused"))
    });
    assert_eq!(status(&server).as_deref(), Some("PAUSED"));
    top.press("p");
    top.has("resume shop:orders?");
    top.press("y");
    top.wait("a row that runs", |text| {
        text.lines()
            .any(|it| it.contains("shop:orders") && it.contains("ok"))
    });
    assert_eq!(status(&server).as_deref(), Some("OK"));
}

#[test]
fn an_execution_is_aborted_after_a_question() {
    let server = shop();
    let mut con = con(&server);
    let id = start_endless(&mut con);
    let mut top = Terminal::top(server.url(), &[]);
    top.has("shop.price");
    top.press("a");
    top.has("select an execution first");
    top.press("2");
    top.has("running");
    top.press("a");
    top.has("abort #");
    top.press("y");
    top.has("abort #");
    until("the execution ends", || {
        let rows = con.dump_executions().unwrap();
        rows.iter()
            .all(|it| it.id.to_string() != id || it.status.is_over())
    });
}

#[test]
fn read_only_changes_nothing() {
    let server = shop();
    let mut top = Terminal::top(server.url(), &["--read-only"]);
    let text = top.has("shop.price");
    assert!(!text.contains("u unregister"), "{text}");
    for key in ["u", "p", "a"] {
        top.press(key);
        top.has("start `redgrease top` without --read-only");
        top.press("y");
    }
    assert_eq!(con(&server).dump_registrations().unwrap().len(), 3);
    top.press("?");
    top.has("(not with --read-only)");
}

/// What the server refuses is told.
#[test]
fn a_refused_change_is_told() {
    let server = shop();
    let mut top = Terminal::top(server.url(), &[]);
    top.has("shop.price");
    top.press("/price\r");
    top.lacks("visit:*");
    top.press("u");
    top.has("unregister shop.price?");
    // The answer comes after the registration is gone.
    let rows = con(&server).dump_registrations().unwrap();
    let row = rows.iter().find(|it| it.reader == "CommandReader").unwrap();
    con(&server).unregister(row).unwrap();
    top.press("y");
    top.has("execution is not registered");
}

#[test]
fn rows_are_searched_and_ordered() {
    let server = Server::start().unwrap();
    let lines = (0..40)
        .map(|n| format!("GB('CommandReader').map(lambda x: x).register(trigger='name{n:02}')\n"));
    register(&mut con(&server), "many", &lines.collect::<String>());
    let mut top = Terminal::top(server.url(), &[]);
    top.has("1 Registrations 40");
    // By the next columns, up to the first one again.
    let first = |text: &str| {
        let mut rows = text
            .lines()
            .filter(|it| it.starts_with(" name") && it.contains("many"));
        rows.next()
            .and_then(|it| it.split_whitespace().next())
            .unwrap_or_default()
            .to_owned()
    };
    top.press(&"s".repeat(9));
    top.wait("the first name", |text| {
        text.contains("name↓") && first(text) == "name00"
    });
    top.press("r");
    top.wait("the last name", |text| {
        text.contains("name↑") && first(text) == "name39"
    });
    top.press("r");
    top.has("name↓");
    top.press("G");
    let text = top.has("name39");
    assert!(!text.contains("name00"), "{text}");
    top.press("g");
    top.has("name00");
    top.press("/NAME 07");
    let text = top.lacks("name08");
    assert!(
        text.contains("name07") && text.contains("/NAME 07"),
        "{text}"
    );
    top.press("x\r");
    top.has("nothing matches the search");
    top.press("\x1b");
    top.has("name08");
}

#[test]
fn the_picture_can_be_held() {
    let server = shop();
    let mut top = Terminal::top(server.url(), &[]);
    top.has("1 Registrations 3");
    top.press(" ");
    top.has("held");
    register(
        &mut con(&server),
        "more",
        "GB('CommandReader').map(lambda x: x).register(trigger='later')\n",
    );
    // Several looks at the server later.
    std::thread::sleep(std::time::Duration::from_millis(800));
    assert!(top.text().contains("1 Registrations 3"), "{}", top.text());
    top.press(" ");
    top.has("1 Registrations 4");
}
