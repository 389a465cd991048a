//! The mistakes of a script.

use super::mistake::{Lines, Mistake, Place};
use super::requirements::Packages;
use redgrease_syntax::{PythonVersion, Source, examine};

/// What editors of some systems put in front of a text.
const BYTE_ORDER_MARK: &str = "\u{feff}";

pub(super) fn mistakes(
    file: &str,
    bytes: &[u8],
    python: PythonVersion,
    packages: &Packages,
    allowed: &[String],
) -> Vec<Mistake> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => return vec![not_text(file, &bytes[..e.valid_up_to()])],
    };
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let allowed: Vec<&str> = allowed.iter().map(String::as_str).collect();
    let requirements = packages.names();
    let source = Source::script(text)
        .python(python)
        .requirements(&requirements)
        .allowed(&allowed);
    let lines = Lines::of(text);
    let findings = examine(&source).findings.into_iter();
    let mistake = |finding: redgrease_syntax::Finding| Mistake {
        file: file.to_owned(),
        place: lines.place(&finding.range),
        code: finding.problem.code().to_owned(),
        message: finding.to_string(),
    };
    findings.map(mistake).collect()
}

/// The mistake behind `before`, which is text.
fn not_text(file: &str, before: &[u8]) -> Mistake {
    let before = String::from_utf8_lossy(before);
    Mistake {
        file: file.to_owned(),
        place: Place::of(&before, &(before.len()..before.len())),
        code: "not-utf8".to_owned(),
        message: "this byte is no text in UTF-8, which servers read: save the file as UTF-8"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::requirements::Packages;
    use super::mistakes;

    fn found(bytes: &[u8], allowed: &[&str]) -> Vec<(String, usize, usize)> {
        let packages = Packages::new(&[]).unwrap();
        let allowed: Vec<String> = allowed.iter().map(|&kind| kind.to_owned()).collect();
        let python = redgrease_syntax::PythonVersion::default();
        mistakes("a.py", bytes, python, &packages, &allowed)
            .into_iter()
            .map(|one| (one.code, one.place.line, one.place.column))
            .collect()
    }

    #[test]
    fn places_and_kinds() {
        let text = b"\xef\xbb\xbfx = 1\nlog(y)\nimport six\n";
        assert_eq!(
            found(text, &[]),
            [
                ("undefined-name".to_owned(), 2, 5),
                ("unknown-import".to_owned(), 3, 8)
            ]
        );
        assert_eq!(found(text, &["unknown-import"]).len(), 1);
        assert_eq!(
            found(b"x = 1\ny = '\xff'", &[]),
            [("not-utf8".to_owned(), 2, 6)]
        );
    }
}
