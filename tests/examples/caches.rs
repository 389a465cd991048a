use super::program::{assert_prints, number, run};

#[test]
fn cache_get_is_faster_the_second_time() {
    let printed = run("cache_get");
    let miss = number(&printed, "Cache-miss time: ", " seconds");
    let hit = number(&printed, "Cache-hit time: ", " seconds");
    let times = number(&printed, "That is ", " times faster!");
    // Eight pictures take 200 ms each; the second time, they come from the cache.
    assert!(miss >= 1.6, "{printed}");
    assert!(hit < miss / 5.0 && times > 5.0, "{printed}");
    assert!(
        printed.contains("the web site received 8 requests"),
        "{printed}"
    );
    assert!(
        printed.contains("returned the same 49206 bytes"),
        "{printed}"
    );

    let server = number(&printed, "in process ", ", which is the Redis server");
    let program = number(
        &printed,
        "This program is process ",
        ", and has no Python in it",
    );
    assert!((server - program).abs() >= 1.0, "{printed}");
}

#[test]
fn cache_get_faulty_shows_the_lines_that_fail() {
    let source = include_str!("../../examples/cache_get_faulty.rs");
    let line = source
        .lines()
        .position(|line| line.contains("return bytes(content)"))
        .unwrap()
        + 1;
    // Python 3.11 and newer underline the failing expression.
    let printed: String = run("cache_get_faulty")
        .split_inclusive('\n')
        .filter(|line| !line.contains('^'))
        .collect();
    let margin = " ".repeat(line.to_string().len());
    let expected = format!(
        "\
The error as text:
gear `cached`: TypeError: cannot convert 'NoneType' object to bytes
{margin}--> examples/cache_get_faulty.rs:{line} in cached
{margin} |
{line} |         return bytes(content)

trigger: cached
exception: TypeError
line: return bytes(content)
in this file: true

exception: requests.exceptions.ConnectionError
line: response = requests.get(url, timeout=10)
frames in libraries: true

exception: TypeError: result: str '6' is not an integer

The next call: a page
The server has counted 2 calls, 1 of them failed
"
    );
    assert_prints(&printed, &expected);
    let (_, text) = expected.split_once('\n').unwrap();
    let (text, _) = text.split_once("\n\n").unwrap();
    let page = include_str!("../../book/src/errors.md");
    assert!(
        page.contains(text),
        "book/src/errors.md shows another text than\n{text}"
    );
}

#[cfg(feature = "aio")]
#[test]
fn cache_get_once_downloads_once_for_all_clients() {
    assert_prints(
        &run("cache_get_once"),
        "\
6 callers request the same picture at once.
Downloads while all callers wait: 1
Files with the picture: 6. Downloads: 1
Downloads after another request: 1
Downloads after the second picture has expired: 3
A missing picture: None
A silent site: TimeoutError: no response within 0.2 seconds
Log lines for the first picture:
  request: 7
  miss: 1
  wait: 5
  update: 1
  hit: 1
Left behind: 0 registrations, 0 executions, 0 keys
",
    );
}
