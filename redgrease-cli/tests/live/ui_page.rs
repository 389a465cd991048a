//! The page of `redgrease ui` in a real browser.

use crate::browser::Browser;
use crate::common::on;
use crate::gears::{SHOP, Traffic, con, free_port, register, shop};
use crate::page::Ui;
use redgrease_core::GearsCommands as _;
use redgrease_embedded::Server;
use redis::Value;
use std::fs;

const WIDE: (u32, u32) = (1360, 900);
const NARROW: (u32, u32) = (360, 720);

#[test]
fn figures_and_tables_are_live() {
    let server = shop();
    let _traffic = Traffic::on(&server);
    let ui = Ui::start(server.url(), &[]);
    let mut page = Browser::open(&ui.address, WIDE);
    page.has("shop.price");
    page.has("visit:*");
    page.until("document.querySelector('#link.up')");
    page.until("parseFloat(document.querySelector('.figure .value span').textContent) > 5");
    page.until("document.querySelector('.plot .series').getAttribute('d').split('L').length > 5");
    page.until("[...document.querySelectorAll('tbody tr')].some((row) => row.innerText.includes('shop.price') && row.querySelector('.spark .series'))");
    // The plot tells its values under the pointer.
    page.value(
        "(() => { const plot = document.querySelector('.plot'); const box = plot.getBoundingClientRect(); \
         plot.dispatchEvent(new PointerEvent('pointermove', { clientX: box.right - 2, clientY: box.top + 5 })); })()",
    );
    page.until("document.querySelector('.axis').innerText.includes('failing')");
    assert!(page.said.is_empty(), "{:?}", page.said);
}

#[test]
fn errors_show_traceback_and_source() {
    let server = Server::start().unwrap();
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("shop.py"), SHOP).unwrap();
    on(&server, &["sync", dir.path().to_str().unwrap()]).ok();
    let _ = con(&server).trigger::<Value>("shop.price", "10");
    let ui = Ui::start(server.url(), &[]);
    let mut page = Browser::open(&ui.address, WIDE);
    page.until("document.querySelector('#tab-5 .count.bad')");
    page.click("#tab-5");
    page.has("ValueError: no price for 10");
    page.click("tbody tr");
    page.until("!document.getElementById('details').hidden");
    let failing = page
        .value("document.querySelector('.source .failing').innerText.replace(/\\s+/g, ' ').trim()");
    assert_eq!(failing, "6 raise ValueError('no price for %d' % number)");
    page.until("document.querySelector('#details').innerText.includes('shop.py:6')");
    fields_are_whole(&mut page);
    page.press("Escape");
    page.until("document.getElementById('details').hidden");
    assert!(page.said.is_empty(), "{:?}", page.said);
}

/// What JavaScript writes for nothing and for objects is not in the panel, and each field has its value.
fn fields_are_whole(page: &mut Browser) {
    let text = page.value("document.getElementById('details').innerText");
    let text = text.as_str().unwrap();
    for word in ["null", "undefined", "[object", "NaN"] {
        assert!(!text.contains(word), "{text}");
    }
    let counts = "['dt', 'dd'].map((tag) => document.querySelectorAll(`#details ${tag}`).length)";
    let counts = page.value(counts);
    assert!(
        counts[0].as_u64() > Some(0) && counts[0] == counts[1],
        "{counts}"
    );
}

#[test]
fn every_row_has_its_details() {
    let server = shop();
    let mut con = con(&server);
    let _ = con.trigger::<Value>("shop.price", "10");
    let id = crate::gears::start_endless(&mut con);
    let ui = Ui::start(server.url(), &["--allow-changes"]);
    let mut page = Browser::open(&ui.address, WIDE);
    page.has("shop.price");
    for tab in [0, 1, 2, 5] {
        page.click(&format!("#tab-{tab}"));
        page.click("tbody tr");
        page.until("!document.getElementById('details').hidden");
        fields_are_whole(&mut page);
        page.press("Escape");
        page.until("document.getElementById('details').hidden");
    }
    con.abort_execution(id.as_str()).unwrap();
    assert!(page.said.is_empty(), "{:?}", page.said);
}

/// Names, descriptions and errors are text, whatever they contain.
#[test]
fn hostile_texts_are_only_text() {
    let server = Server::start().unwrap();
    let evil = r#"<img src=x onerror=alert(1)><script>alert(2)</script>"'><svg onload=alert(3)>{{7*7}}</table>"#;
    let quoted = evil.replace('\'', "\\'");
    let script = format!(
        "def f(words):\n    raise ValueError('{quoted}')\n\
         GB('CommandReader', desc='{quoted}').map(f).register(trigger='{quoted}')\n\
         GB('StreamReader').map(f).register(prefix='{quoted}*')\n"
    );
    register(&mut con(&server), "session", &script);
    let _ = con(&server).trigger::<Value>(evil, "1");
    let ui = Ui::start(server.url(), &["--allow-changes"]);
    let mut page = Browser::open(&ui.address, WIDE);
    page.has("<img src=x onerror=alert(1)>");
    for tab in 0..7 {
        page.click(&format!("#tab-{tab}"));
        page.value("document.querySelector('tbody tr')?.click()");
        page.value("new Promise((done) => setTimeout(done, 250))");
    }
    page.click("#tab-0");
    page.value("[...document.querySelectorAll('tbody tr')].find((row) => row.innerText.includes('command')).click()");
    page.until("document.querySelector('#details .error')");
    page.click("#details .act.danger");
    page.until("document.getElementById('question').open");
    page.has("Unregister <img src=x");
    let made = page.value(
        "document.querySelectorAll('body script, body svg[onload], img[src=x], [onerror]').length",
    );
    assert_eq!(made, 0);
    // A dialog would be an event.
    assert!(page.said.is_empty(), "{:?}", page.said);
}

#[test]
fn changes_need_leave_and_an_answer() {
    let server = shop();
    let reading = Ui::start(server.url(), &[]);
    let mut page = Browser::open(&reading.address, WIDE);
    page.has("shop.price");
    page.has("read-only");
    page.click("tbody tr");
    page.until("!document.getElementById('details').hidden");
    assert_eq!(page.value("document.querySelectorAll('.act').length"), 0);
    drop(page);

    let ui = Ui::start(server.url(), &["--allow-changes"]);
    let mut page = Browser::open(&ui.address, WIDE);
    page.has("shop:orders");
    let open = "[...document.querySelectorAll('tbody tr')].find((row) => row.innerText.includes('shop:orders')).click()";
    page.value(open);
    page.until("document.querySelectorAll('.act').length === 2");
    page.click(".act.danger");
    page.until("document.getElementById('question').open");
    // Another question right behind this one does not take its answer.
    page.value(
        "document.getElementById('question-no').click(); document.querySelector('.act').click()",
    );
    page.press("Escape");
    page.until("!document.getElementById('question').open");
    assert_eq!(con(&server).dump_registrations().unwrap().len(), 3);
    page.click(".act");
    page.click("#question-yes");
    page.until("document.querySelector('.act')?.textContent === 'Resume'");
    page.has("pause: done");
    page.click(".act.danger");
    page.click("#question-yes");
    page.until("!document.body.innerText.includes('shop:orders')");
    assert_eq!(con(&server).dump_registrations().unwrap().len(), 2);
    assert!(page.said.is_empty(), "{:?}", page.said);
}

#[test]
fn rows_are_searched_and_ordered() {
    let server = Server::start().unwrap();
    let lines = (0..300)
        .map(|n| format!("GB('CommandReader').map(lambda x: x).register(trigger='name{n:03}')\n"));
    register(&mut con(&server), "many", &lines.collect::<String>());
    let ui = Ui::start(server.url(), &[]);
    let mut page = Browser::open(&ui.address, WIDE);
    page.has("100 more: search for them.");
    assert_eq!(
        page.value("document.querySelectorAll('tbody tr').length"),
        200
    );
    let first = "document.querySelector('tbody .name').textContent";
    page.click("th button");
    page.until(&format!("{first} === 'name000'"));
    page.click("th button");
    page.until(&format!("{first} === 'name299'"));
    assert_eq!(
        page.value("document.querySelector('th').getAttribute('aria-sort')"),
        "descending"
    );
    page.press("/");
    page.until("document.activeElement.id === 'search'");
    for key in ["0", "0", "7"] {
        page.press(key);
    }
    page.until("document.querySelectorAll('tbody tr').length === 1");
    assert_eq!(page.value(first), "name007");
    for key in ["x", "y"] {
        page.press(key);
    }
    page.has("Nothing matches the search.");
}

#[test]
fn the_keyboard_is_enough() {
    let server = shop();
    let ui = Ui::start(server.url(), &["--allow-changes"]);
    let mut page = Browser::open(&ui.address, WIDE);
    page.has("shop.price");
    page.value("document.querySelector('tbody .name').focus()");
    page.press("Enter");
    page.until("!document.getElementById('details').hidden");
    page.until("document.activeElement.id === 'details'");
    // The focus survives the next looks at the server.
    page.press("Tab");
    page.until("document.activeElement.textContent === 'Close'");
    page.value("new Promise((done) => setTimeout(done, 700))");
    assert_eq!(page.value("document.activeElement.textContent"), "Close");
    page.press("Escape");
    page.until("document.getElementById('details').hidden");
    page.until("document.activeElement.className.includes('name')");
    page.value("document.querySelector('#tab-0').focus()");
    page.press("ArrowRight");
    page.until("document.querySelector('#tab-1').getAttribute('aria-selected') === 'true'");
    assert_eq!(page.value("document.activeElement.id"), "tab-1");
    page.press("3");
    page.until("document.querySelector('#tab-2').getAttribute('aria-selected') === 'true'");
    // Everything that can be clicked has a name.
    let nameless = page.value(
        "[...document.querySelectorAll('button, input, a')].filter((it) => !(it.textContent.trim() || it.getAttribute('aria-label') || it.labels?.length)).length",
    );
    assert_eq!(nameless, 0);
}

#[test]
fn it_fits_a_narrow_window_in_light_and_dark() {
    let server = shop();
    let _traffic = Traffic::on(&server);
    let ui = Ui::start(server.url(), &[]);
    let mut page = Browser::open(&ui.address, NARROW);
    page.has("shop.price");
    for tab in 0..7 {
        page.click(&format!("#tab-{tab}"));
        page.value("document.querySelector('tbody tr')?.click()");
        let wide = page.value("document.documentElement.scrollWidth - innerWidth");
        assert!(wide.as_i64().unwrap() <= 0, "tab {tab} is {wide} too wide");
        page.press("Escape");
    }
    let ground = "getComputedStyle(document.body).backgroundColor";
    page.prefer("light");
    let light = page.value(ground);
    page.prefer("dark");
    let dark = page.value(ground);
    assert_ne!(light, dark);
    // A person chooses, and the choice stays.
    page.click("#theme");
    assert_eq!(page.value(ground), light);
    page.value("window.isOld = true; location.reload()");
    page.until("!window.isOld && document.querySelector('tbody tr')");
    assert_eq!(page.value(ground), light);
    page.shoot("ui-narrow");
}

/// Texts can be read: the contrast of all colours of text is that of WCAG AA.
#[test]
fn colours_have_contrast() {
    let server = shop();
    let ui = Ui::start(server.url(), &[]);
    let mut page = Browser::open(&ui.address, WIDE);
    page.has("shop.price");
    for scheme in ["light", "dark"] {
        page.prefer(scheme);
        for name in ["--text", "--dim", "--good", "--warn", "--bad", "--blue"] {
            let code = format!(
                "(() => {{ const probe = document.createElement('i'); document.body.append(probe); \
                 const light = (name) => {{ probe.style.color = `var(${{name}})`; \
                 const parts = getComputedStyle(probe).color.match(/[\\d.]+/g).slice(0, 3).map((it) => it / 255) \
                 .map((it) => (it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4)); \
                 return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]; }}; \
                 const both = [light('{name}'), light('--card')]; probe.remove(); \
                 return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05); }})()"
            );
            let contrast = page.value(&code).as_f64().unwrap();
            assert!(contrast >= 4.5, "{scheme} {name}: {contrast}");
        }
    }
}

#[test]
fn a_server_that_goes_away_leaves_its_last_figures() {
    let port = free_port();
    let server = Server::builder().port(port).start().unwrap();
    register(&mut con(&server), "shop", SHOP);
    let mut ui = Ui::start(server.url(), &[]);
    let mut page = Browser::open(&ui.address, WIDE);
    page.has("shop.price");
    server.kill().unwrap();
    page.has("no server: ");
    page.has("shop.price");
    page.until("document.querySelector('#link.down')");
    let server = Server::builder().port(port).start().unwrap();
    register(
        &mut con(&server),
        "new",
        "GB('CommandReader').map(lambda x: x).register(trigger='back.again')\n",
    );
    page.has("back.again");
    page.until("document.getElementById('banner').hidden && document.querySelector('#link.up')");
    ui.interrupt();
    page.has("the program `redgrease ui` has ended");
    page.has("back.again");
}

#[test]
fn a_cluster_shows_its_shards() {
    let cluster = Server::cluster().shards(3).start().unwrap();
    let mut con = redgrease_core::connect(cluster.url()).unwrap();
    register(&mut con, "shop", SHOP);
    let ui = Ui::start(cluster.url(), &[]);
    let mut page = Browser::open(&ui.address, WIDE);
    page.has("shop.price");
    page.click("#tab-4");
    page.until("document.querySelectorAll('tbody .pill.good').length === 3");
}
