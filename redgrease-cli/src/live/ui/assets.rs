//! The files of the page. They are part of the program.

pub(super) struct Asset {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) text: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! asset {
    ($name:literal, $kind:expr) => {
        Asset {
            name: $name,
            kind: $kind,
            text: include_str!(concat!("page/", $name)),
        }
    };
}

pub(super) const PAGE: Asset = asset!("index.html", "text/html; charset=utf-8");

pub(super) const FILES: [Asset; 11] = [
    asset!("style.css", "text/css; charset=utf-8"),
    asset!("icon.svg", "image/svg+xml"),
    asset!("app.js", SCRIPT),
    asset!("actions.js", SCRIPT),
    asset!("columns.js", SCRIPT),
    asset!("details.js", SCRIPT),
    asset!("dom.js", SCRIPT),
    asset!("figures.js", SCRIPT),
    asset!("format.js", SCRIPT),
    asset!("plot.js", SCRIPT),
    asset!("table.js", SCRIPT),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts of a server become text of the page, never elements or code.
    #[test]
    fn no_text_becomes_markup() {
        let refused = [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "DOMParser",
            "createContextualFragment",
            "srcdoc",
            "javascript:",
        ];
        for file in &FILES {
            for word in refused {
                assert!(!file.text.contains(word), "{} has {word}", file.name);
            }
        }
    }

    /// The page is complete without a network.
    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        for file in FILES.iter().chain([&PAGE]) {
            let text = file.text.replace("http://www.w3.org/2000/svg", "");
            assert!(
                !text.contains("http://") && !text.contains("https://"),
                "{}",
                file.name
            );
            assert!(
                !text.contains("style=\"") && !text.contains(" onclick="),
                "{}",
                file.name
            );
        }
    }

    #[test]
    fn every_file_is_used() {
        for file in &FILES {
            let is_used = FILES.iter().chain([&PAGE]).any(|other| {
                let names = [format!("\"{}\"", file.name), format!("\"./{}\"", file.name)];
                other.name != file.name && names.iter().any(|name| other.text.contains(name))
            });
            assert!(is_used, "{} is not used", file.name);
        }
    }
}
