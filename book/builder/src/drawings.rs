//! Puts drawings into the page, so that they have its colours in dark and light themes.

use crate::Problems;
use crate::pages::{SOURCE, has_extension, root};
use std::fs;

const FOLDER: &str = "drawings/";

/// A line of a page that is a drawing: `![what it shows](drawings/name.svg)`.
pub(crate) fn inlined(page: &str, problems: &mut Problems) -> String {
    let mut whole = String::with_capacity(page.len());
    for line in page.lines() {
        let Some((shows, path)) = drawing(line) else {
            whole.push_str(line);
            whole.push('\n');
            continue;
        };
        match fs::read_to_string(root().join(SOURCE).join(path)) {
            Ok(svg) => whole.push_str(&figure(shows, &svg)),
            Err(e) => problems.add(format!(
                "{path} could not be read: {e}; draw it, or take it out of the page"
            )),
        }
    }
    whole
}

fn figure(shows: &str, svg: &str) -> String {
    let shows = shows.replace('"', "&quot;");
    let mut figure = format!("<div class=\"drawing\" role=\"img\" aria-label=\"{shows}\">\n");
    // An empty line would end the HTML.
    for line in svg.lines().filter(|line| !line.trim().is_empty()) {
        figure.push_str(line.trim_start());
        figure.push('\n');
    }
    figure + "</div>\n"
}

fn drawing(line: &str) -> Option<(&str, &str)> {
    let (shows, path) = line
        .trim()
        .strip_prefix("![")?
        .strip_suffix(')')?
        .split_once("](")?;
    // Others have colours of their own.
    let is_drawing = path.starts_with(FOLDER) && has_extension(path, "svg");
    is_drawing.then_some((shows, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_that_are_drawings_are_replaced() {
        assert_eq!(
            drawing("![a b](drawings/c.svg)"),
            Some(("a b", "drawings/c.svg"))
        );
        assert_eq!(drawing("see ![a](drawings/c.svg)"), None);
        assert_eq!(drawing("![a](drawings/c.png)"), None);
        assert_eq!(drawing("![a](shots/c.svg)"), None);
        let mut problems = Problems::default();
        inlined("![a](drawings/none.svg)", &mut problems);
        assert!(problems.to_string().contains("none.svg"));
    }
}
