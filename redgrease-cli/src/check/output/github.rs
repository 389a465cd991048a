//! Commands of GitHub Actions: each mistake becomes an annotation of its line.

use crate::check::mistake::Mistake;
use crate::failure::Failure;
use crate::output::Output;
use std::fmt::Write as _;

pub(in crate::check) fn github(out: &Output, mistakes: &[Mistake]) -> Result<(), Failure> {
    for mistake in mistakes {
        out.line(line(mistake))?;
    }
    Ok(())
}

fn line(mistake: &Mistake) -> String {
    let place = &mistake.place;
    let mut properties = format!(
        "file={},line={},endLine={}",
        property(&mistake.file),
        place.line,
        place.end_line
    );
    // Columns of several lines are not shown.
    if place.line == place.end_line {
        // The end is that of the last character.
        let end = place.end_column.saturating_sub(1).max(place.column);
        // A `String` takes all that is written.
        let _ = write!(properties, ",col={},endColumn={end}", place.column);
    }
    format!(
        "::error {properties},title={}::{}",
        property(&mistake.code),
        message(&mistake.message)
    )
}

fn message(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::line;
    use crate::check::mistake::{Mistake, Place};

    #[test]
    fn signs_of_the_command_are_escaped() {
        let mistake = Mistake {
            file: "a,b:c.py".to_owned(),
            place: Place::of("x = 100 %\ny\n", &(8..9)),
            code: "syntax".to_owned(),
            message: "100%: write\nless".to_owned(),
        };
        assert_eq!(
            line(&mistake),
            "::error file=a%2Cb%3Ac.py,line=1,endLine=1,col=9,endColumn=9,title=syntax::100%25: write%0Aless"
        );
    }
}
