use super::*;
use crate::args::Options;
use std::path::Path;

fn app(options: Options) -> App {
    App::new(options)
}

fn layers(environment: fn(&str) -> Option<String>, file: &str) -> Layers {
    let mut values = ConfigFile::default();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.conf");
    std::fs::write(&path, file).unwrap();
    values.add(&path, &KEYS, "--config").unwrap();
    Layers {
        environment,
        file: values,
    }
}

fn of(environment: fn(&str) -> Option<String>, file: &str, flags: &Flags) -> Settings {
    let watch = WatchFlags::default();
    layers(environment, file)
        .settings(&app(Options::default()), flags, Some(&watch))
        .unwrap()
}

fn error(environment: fn(&str) -> Option<String>, file: &str) -> String {
    let settings = layers(environment, file).settings(
        &app(Options::default()),
        &Flags::default(),
        Some(&WatchFlags::default()),
    );
    settings.err().unwrap().to_string()
}

fn nothing(_: &str) -> Option<String> {
    None
}

#[test]
fn a_flag_counts_more_than_the_environment_and_that_more_than_a_file() {
    fn environment(name: &str) -> Option<String> {
        (name == "INDEX_PREFIX").then(|| "/environment".to_owned())
    }
    let file = "index-prefix = /file/";
    let flags = Flags {
        index_prefix: Some("/flag".to_owned()),
        ..Flags::default()
    };
    let prefix = |settings: Settings| settings.index_prefix;
    assert_eq!(prefix(of(environment, file, &flags)), "/flag");
    assert_eq!(
        prefix(of(environment, file, &Flags::default())),
        "/environment"
    );
    assert_eq!(prefix(of(nothing, file, &Flags::default())), "/file");
    assert_eq!(prefix(of(nothing, "", &Flags::default())), INDEX_PREFIX);
}

#[test]
fn switches_and_times_have_several_spellings() {
    let recursive = |file: &str| of(nothing, file, &Flags::default()).is_recursive;
    assert!(recursive("recursive") && recursive("recursive = yes") && recursive("recursive=1"));
    assert!(!recursive("recursive = false") && !recursive(""));
    assert!(error(nothing, "recursive = perhaps").ends_with("write true or false"));
    let watch = |file: &str| of(nothing, file, &Flags::default()).watch;
    assert_eq!(watch("watch"), Some(Duration::from_secs(5)));
    assert_eq!(watch("watch = 0.5"), Some(Duration::from_millis(500)));
    assert_eq!(watch("watch = false"), None);
    assert_eq!(watch(""), None);
    for wrong in ["-1", "soon", "NaN", "1e99", "[1, 2]"] {
        error(nothing, &format!("watch = {wrong}"));
    }
}

#[test]
fn lists_replace_the_lists_below() {
    fn environment(name: &str) -> Option<String> {
        (name == "IGNORE").then(|| "[a*, b*]".to_owned())
    }
    let is_ignored =
        |settings: &Settings, path: &str| settings.patterns.is_ignored(Path::new(path));
    let settings = of(environment, "ignore = c*", &Flags::default());
    assert!(is_ignored(&settings, "a1") && is_ignored(&settings, "b1"));
    assert!(!is_ignored(&settings, "c1") && !is_ignored(&settings, "_1"));
    let flags = Flags {
        ignore: vec!["d*".to_owned()],
        ..Flags::default()
    };
    let settings = of(environment, "", &flags);
    assert!(is_ignored(&settings, "d1") && !is_ignored(&settings, "a1"));
    assert!(!is_ignored(
        &of(nothing, "ignore = []", &Flags::default()),
        "_1"
    ));
    assert!(is_ignored(&of(nothing, "", &Flags::default()), "_1"));
}

#[test]
fn the_address_comes_from_the_first_place_that_names_one() {
    fn environment(name: &str) -> Option<String> {
        match name {
            "SERVER" => Some("of-environment".to_owned()),
            "PORT" => Some("7001".to_owned()),
            _ => None,
        }
    }
    let url =
        |environment, file: &str, options| layers(environment, file).url(&app(options)).unwrap();
    let none = Options::default;
    assert_eq!(url(nothing, "", none()), "redis://localhost:6379/");
    assert_eq!(
        url(nothing, "server=f\nport=7002", none()),
        "redis://f:7002/"
    );
    assert_eq!(url(nothing, "server", none()), "redis://redis:6379/");
    assert_eq!(url(nothing, "url=redis://u", none()), "redis://u");
    assert_eq!(
        url(environment, "url=redis://u", none()),
        "redis://of-environment:7001/"
    );
    let server = Options {
        server: Some("of-flag".to_owned()),
        ..none()
    };
    assert_eq!(
        url(environment, "port=7002", server),
        "redis://of-flag:7001/"
    );
    let all = Options {
        url: Some("redis://of-url".to_owned()),
        ..none()
    };
    assert_eq!(url(environment, "port=7002", all), "redis://of-url");
    assert!(
        layers(nothing, "url=redis://u\nport=1")
            .url(&app(none()))
            .is_err()
    );
    assert!(layers(nothing, "port=70000").url(&app(none())).is_err());
}

#[test]
fn a_wrong_pattern_names_file_and_line() {
    let text = error(nothing, "\nscript-pattern = [a");
    assert!(text.contains("x.conf, line 2 is no pattern"), "{text}");
    let text = error(nothing, "unblocking-pattern = (");
    assert!(text.contains("x.conf, line 1"), "{text}");
}
