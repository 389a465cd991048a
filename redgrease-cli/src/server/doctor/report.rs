//! The findings of the doctor, and how they are shown.

use crate::failure::Failure;
use crate::output::{BAD, BOLD, GOOD, Output, WARN, behind_margin, one_line, without_passwords};
use serde::Serialize;

/// The state of what was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Ok,
    Warning,
    Error,
}

#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    status: Status,
    message: String,
    remedy: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Report(Vec<Finding>);

impl Report {
    pub(super) fn ok(&mut self, check: &'static str, message: impl Into<String>) {
        self.add(check, Status::Ok, &message.into(), None);
    }

    pub(super) fn warning(
        &mut self,
        check: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.add(
            check,
            Status::Warning,
            &message.into(),
            Some(&remedy.into()),
        );
    }

    pub(super) fn error(
        &mut self,
        check: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.add(check, Status::Error, &message.into(), Some(&remedy.into()));
    }

    /// A finding that is an error if something depends on it, and otherwise a warning.
    pub(super) fn broken(
        &mut self,
        check: &'static str,
        is_needed: bool,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        if is_needed {
            self.error(check, message, remedy);
        } else {
            self.warning(check, message, remedy);
        }
    }

    fn add(&mut self, check: &'static str, status: Status, message: &str, remedy: Option<&str>) {
        self.0.push(Finding {
            check,
            status,
            message: without_passwords(&one_line(message)),
            // A remedy shows how an address with a password is written.
            remedy: remedy.map(one_line),
        });
    }

    /// Adds what is wrong with one of several servers.
    pub(super) fn absorb(&mut self, place: &str, other: Report) {
        for mut finding in other.0 {
            if finding.status != Status::Ok {
                finding.message = format!("{place}: {}", finding.message);
                self.0.push(finding);
            }
        }
    }

    pub(super) fn worst(&self) -> Status {
        let all = self.0.iter().map(|finding| finding.status);
        all.max().unwrap_or(Status::Ok)
    }

    pub(super) fn show(&self, out: &Output) -> Result<(), Failure> {
        if out.is_json() {
            return out.json(&serde_json::json!({ "status": self.worst(), "findings": self.0 }));
        }
        let width = self.0.iter().map(|finding| finding.check.len()).max();
        let width = width.unwrap_or_default();
        for finding in &self.0 {
            let (style, word) = match finding.status {
                Status::Ok => (GOOD, "ok"),
                Status::Warning => (WARN, "warning"),
                Status::Error => (BAD, "error"),
            };
            // The words before the message, with two spaces behind each.
            let margin = 9 + width + 2;
            out.line(format!(
                "{style}{word:<7}{style:#}  {BOLD}{:<width$}{BOLD:#}  {}",
                finding.check,
                behind_margin(&finding.message, margin)
            ))?;
            if let Some(remedy) = &finding.remedy {
                let remedy = format!("remedy: {remedy}");
                let remedy = behind_margin(&remedy, margin);
                out.line(format!("{:margin$}{remedy}", ""))?;
            }
        }
        let count = |status| {
            self.0
                .iter()
                .filter(|finding| finding.status == status)
                .count()
        };
        out.note(format!(
            "{} ok, {} to look at, {} broken",
            count(Status::Ok),
            count(Status::Warning),
            count(Status::Error)
        ));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Report, Status};

    #[test]
    fn the_worst_finding_counts() {
        let mut report = Report::default();
        assert_eq!(report.worst(), Status::Ok);
        report.ok("a", "fine");
        report.broken("b", false, "odd\x1b[2J\n", "mend it");
        assert_eq!(report.worst(), Status::Warning);
        assert_eq!(report.0[1].message, "odd\\x1b[2J");
        report.broken("c", true, "broken", "mend it");
        assert_eq!(report.worst(), Status::Error);
    }
}
