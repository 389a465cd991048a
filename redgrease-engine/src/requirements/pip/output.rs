//! Reads pip's output: finds the relevant lines and the cause of a failure.

use crate::requirements::attempts::Cause;
use crate::requirements::shown::{SHOWN_LINES, is_error, sanitize};

/// Texts that pip writes after it gave up connecting.
const UNREACHABLE: [&str; 2] = ["after connection broken by", "Max retries exceeded"];

/// Texts that pip writes when a download was interrupted in a way that pip does not retry.
const INTERRUPTED: [&str; 12] = [
    "Connection aborted",
    "Connection reset by peer",
    "IncompleteRead",
    "RemoteDisconnected",
    "ReadTimeoutError",
    "Read timed out",
    "ProtocolError",
    "ERROR: HTTP error 429",
    "ERROR: HTTP error 500",
    "ERROR: HTTP error 502",
    "ERROR: HTTP error 503",
    "ERROR: HTTP error 504",
];

/// Texts that pip writes only after the index has answered.
const INDEX_ANSWERED: [&str; 3] = [
    "ResolutionImpossible",
    "conflicting dependencies",
    "(from versions: ",
];

/// Reads the cause of a failure from pip's output.
pub(super) fn cause(lines: &[String]) -> Cause {
    let has = |texts: &[&str]| {
        lines
            .iter()
            .any(|line| texts.iter().any(|text| line.contains(text)))
    };
    let answered = lines.iter().any(|line| {
        // pip also writes `(from versions: none)` when it could not reach any index.
        INDEX_ANSWERED.iter().any(|text| line.contains(text))
            && !line.contains("(from versions: none)")
    });
    if answered {
        Cause::Final
    } else if has(&UNREACHABLE) {
        Cause::Unreachable
    } else if has(&INTERRUPTED) {
        Cause::Interrupted
    } else {
        Cause::Final
    }
}

/// The lines that explain a failure: pip's error lines, or its last lines if there are none.
pub(in crate::requirements) fn relevant_lines(lines: &[String]) -> Vec<String> {
    let mut chosen: Vec<&str> = Vec::new();
    // pip reports a failed connection as a warning, and then reports that the package does not
    // exist.
    if cause(lines) == Cause::Unreachable {
        chosen.extend(
            lines
                .iter()
                .rfind(|line| UNREACHABLE.iter().any(|text| line.contains(text)))
                .map(|line| line.trim_end()),
        );
    }
    let mut in_conflict = false;
    let mut found = false;
    for (at, line) in lines.iter().enumerate() {
        let line = line.trim_end();
        in_conflict = line == "The conflict is caused by:"
            || (in_conflict && (line.is_empty() || line.starts_with(' ')));
        let line = match line.trim_start() {
            // The last line of a failed build's output is the reason.
            "[end of output]" => lines[..at]
                .iter()
                .rfind(|line| !line.trim().is_empty())
                .map_or("", |line| line.trim()),
            line if is_error(line) || in_conflict => line,
            _ => continue,
        };
        if !line.is_empty() && !chosen.contains(&line) {
            chosen.push(line);
            found = true;
        }
    }
    if !found {
        let last: Vec<&str> = lines
            .iter()
            .map(|line| line.trim_end())
            .filter(|line| !line.is_empty() && !chosen.contains(line))
            .collect();
        chosen.extend(&last[last.len().saturating_sub(5)..]);
    }
    // The last error lines summarise the earlier ones.
    let skipped = chosen.len().saturating_sub(SHOWN_LINES);
    chosen
        .iter()
        .skip(skipped)
        .map(|line| sanitize(line))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn errors_are_preferred_to_last_lines() {
        let output = lines(
            "Looking in links: /x\nERROR: Could not find a version that satisfies the requirement \
             nope (from versions: none)\nERROR: No matching distribution found for nope\n[notice] x",
        );
        assert_eq!(relevant_lines(&output).len(), 2);
        assert!(relevant_lines(&output)[1].ends_with("found for nope"));
        assert_eq!(
            relevant_lines(&lines("a\nb\n\nc\nd\ne\nf")),
            ["b", "c", "d", "e", "f"]
        );
    }

    #[test]
    fn a_conflict_is_shown_with_its_cause() {
        let output = lines(
            "ERROR: Cannot install a because these package versions have conflicting \
             dependencies.\n\nThe conflict is caused by:\n    The user requested a==1\n    b \
             depends on a==2\n\nTo fix this you could try to:\n1. loosen\nERROR: \
             ResolutionImpossible: for help",
        );
        let told = relevant_lines(&output).join("|");
        assert!(told.contains("b depends on a==2"), "{told}");
        assert!(!told.contains("loosen"), "{told}");
        assert_eq!(cause(&output), Cause::Final);
    }

    #[test]
    fn a_failed_build_is_shown_with_its_last_line() {
        let output = lines(
            "  error: subprocess-exited-with-error\n  \u{d7} Building wheel for a did not run \
             successfully.\n  \u{2502} exit code: 1\n  \u{2570}\u{2500}> [2 lines of output]\n      \
             running build\n      fatal error: no such header\n      [end of output]\n  note: x\n  \
             ERROR: Failed building wheel for a\nERROR: Failed to build one or more wheels",
        );
        assert_eq!(
            relevant_lines(&output),
            [
                "\u{d7} Building wheel for a did not run successfully.",
                "fatal error: no such header",
                "ERROR: Failed building wheel for a",
                "ERROR: Failed to build one or more wheels"
            ]
        );
    }

    #[test]
    fn network_failures_are_recognised() {
        let dead = lines(
            "WARNING: Retrying (Retry(total=0)) after connection broken by \
             'NewConnectionError': /simple/six/\nERROR: Could not find a version that satisfies \
             the requirement six (from versions: none)",
        );
        assert_eq!(cause(&dead), Cause::Unreachable);
        assert!(
            relevant_lines(&dead)[0].contains("connection broken"),
            "{:?}",
            relevant_lines(&dead)
        );
        let cut = lines("urllib3.exceptions.ProtocolError: ('Connection broken: IncompleteRead')");
        assert_eq!(cause(&cut), Cause::Interrupted);
        let answered = lines(
            "WARNING: Retrying after connection broken by 'X'\nERROR: Could not find a version \
             that satisfies the requirement six==99 (from versions: 1.0, 1.1)",
        );
        assert_eq!(cause(&answered), Cause::Final);
    }

    #[test]
    fn the_last_errors_are_shown() {
        let many: Vec<String> = (0..50).map(|n| format!("ERROR: {n}")).collect();
        assert_eq!(relevant_lines(&many).len(), SHOWN_LINES);
        assert_eq!(
            relevant_lines(&many).last().map(String::as_str),
            Some("ERROR: 49")
        );
    }
}
