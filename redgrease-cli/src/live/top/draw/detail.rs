//! All about a row.

use super::super::panes::Pane;
use super::super::state::Top;
use super::theme::Theme;
use crate::live::columns::Tone;
use crate::live::model::{
    ExecutionView, Frame as Call, Problem, RegistrationView, RequirementView, SessionView,
    ShardView, Traceback, View,
};
use crate::live::text::{bytes, clock, duration, millis, rate};
use crate::output::one_line;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Paragraph};

/// Draws the lines from `line` on. Returns the first line that is shown; `None` if there is no row.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    top: &mut Top,
    view: &View,
    line: usize,
    theme: &Theme,
) -> Option<usize> {
    let mut page = Page {
        theme,
        lines: Vec::new(),
    };
    let title = match top.pane {
        Pane::Registrations => page.registration(top.selected(&view.registrations)?, view),
        Pane::Executions => page.execution(top.selected(&view.executions)?),
        Pane::Sessions => page.session(top.selected(&view.sessions)?, view),
        Pane::Requirements => page.requirement(top.selected(&view.requirements)?),
        Pane::Shards => page.shard(top.selected(&view.shards)?),
        Pane::Problems => page.problem(top.selected(&view.problems)?),
    };
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.border())
        .title(Line::styled(
            format!(" {} ", one_line(&title)),
            theme.title(),
        ));
    let inside = block.inner(area);
    let lines: Vec<Line<'_>> = page
        .lines
        .into_iter()
        .flat_map(|line| wrapped(line, inside.width))
        .collect();
    let line = line.min(lines.len().saturating_sub(usize::from(inside.height)));
    let shown: Vec<Line<'_>> = lines
        .into_iter()
        .skip(line)
        .take(usize::from(inside.height))
        .collect();
    frame.render_widget(Paragraph::new(shown).block(block), area);
    Some(line)
}

/// A line as several ones that fit.
fn wrapped(line: Line<'static>, width: u16) -> Vec<Line<'static>> {
    let width = usize::from(width.max(2));
    if line.width() <= width {
        return vec![line];
    }
    let style = line.style;
    let mut lines = Vec::new();
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut used = 0;
    for span in line.spans {
        let mut text = String::new();
        for c in span.content.chars() {
            let wide = Span::raw(c.to_string()).width();
            if used + wide > width {
                spans.push(Span::styled(std::mem::take(&mut text), span.style));
                lines.push(Line::from(std::mem::take(&mut spans)).style(style));
                used = 0;
            }
            text.push(c);
            used += wide;
        }
        spans.push(Span::styled(text, span.style));
    }
    lines.push(Line::from(spans).style(style));
    lines
}

struct Page<'a> {
    theme: &'a Theme,
    lines: Vec<Line<'static>>,
}

impl Page<'_> {
    fn field(&mut self, name: &str, value: impl AsRef<str>) {
        let value = one_line(value.as_ref());
        if !value.is_empty() {
            self.lines.push(Line::from(vec![
                Span::styled(
                    format!(" {:<16} ", one_line(name)),
                    self.theme.of(Tone::Dim),
                ),
                Span::raw(value),
            ]));
        }
    }

    fn optional(&mut self, name: &str, value: Option<impl AsRef<str>>) {
        if let Some(value) = value {
            self.field(name, value);
        }
    }

    fn heading(&mut self, text: &str, tone: Tone) {
        self.lines.push(Line::default());
        self.lines.push(Line::styled(
            format!(" {}", one_line(text)),
            self.theme.of(tone),
        ));
    }

    fn registration(&mut self, row: &RegistrationView, view: &View) -> String {
        self.optional("description", row.description.as_ref());
        self.field("reader", format!("{}, {}", row.reader, row.mode));
        self.optional("script", row.script.as_ref());
        self.optional("session", row.session.as_ref());
        self.field("id", &row.id);
        self.optional("status", row.status.as_ref());
        self.field(
            "runs",
            format!(
                "{} triggered, {} succeeded, {} failed, {} aborted",
                row.triggered, row.succeeded, row.failed, row.aborted
            ),
        );
        self.field(
            "rate",
            format!(
                "{} runs/s, {} failing",
                rate(row.rate),
                rate(row.failure_rate)
            ),
        );
        let now = row.recent_ms.map_or_else(|| "-".to_owned(), duration);
        self.field(
            "time",
            format!(
                "now {now}, mean {}, last {}, all together {}",
                duration(row.mean_ms),
                millis(row.last_ms),
                millis(row.total_ms)
            ),
        );
        self.optional("lag", row.lag_ms.map(duration));
        self.optional("shards", row.shards.map(|it| it.to_string()));
        for (name, value) in &row.details {
            self.field(name, value);
        }
        for problem in view.problems.iter().filter(|it| it.id == row.id) {
            self.error(problem);
        }
        row.name.clone()
    }

    fn execution(&mut self, row: &ExecutionView) -> String {
        self.field("state", &row.status);
        self.field("id", &row.id);
        self.field(
            "started by",
            if row.registered {
                "a registration"
            } else {
                "a script"
            },
        );
        self.optional("shard", row.shard.as_ref());
        self.field("time", millis(row.duration_ms));
        self.optional("results", row.results.map(|it| it.to_string()));
        if !row.steps.is_empty() {
            self.heading("steps", Tone::Name);
        }
        for step in &row.steps {
            self.lines.push(Line::raw(format!("   {}", one_line(step))));
        }
        for error in &row.errors {
            self.heading("error", Tone::Bad);
            for line in error.lines() {
                self.lines.push(Line::raw(format!("   {}", one_line(line))));
            }
        }
        format!("execution {}", crate::live::text::short_id(&row.id))
    }

    fn session(&mut self, row: &SessionView, view: &View) -> String {
        self.optional("description", row.description.as_ref());
        self.field("references", row.references.to_string());
        self.field("rate", format!("{} runs/s", rate(row.rate)));
        self.field("packages", row.requirements.join(", "));
        self.optional("not restored", row.not_restored.as_ref());
        self.heading("registrations", Tone::Name);
        for it in view
            .registrations
            .iter()
            .filter(|it| it.session.as_ref() == Some(&row.id))
        {
            self.field(
                &it.reader,
                format!(
                    "{}  {} runs/s, {} failed",
                    it.name,
                    rate(it.rate),
                    it.failed
                ),
            );
        }
        row.id.clone()
    }

    fn requirement(&mut self, row: &RequirementView) -> String {
        self.field("installed", if row.is_installed { "yes" } else { "no" });
        self.field("downloaded", if row.is_downloaded { "yes" } else { "no" });
        self.field("sessions", row.sessions.to_string());
        self.field("system", &row.os);
        for wheel in &row.wheels {
            self.field("wheel", wheel);
        }
        row.name.clone()
    }

    fn shard(&mut self, row: &ShardView) -> String {
        self.field("id", &row.id);
        self.field("slots", &row.slots);
        self.field("executions", row.executions.to_string());
        self.field("messages", format!("{} pending", row.pending_messages));
        self.optional("python", row.python_memory.map(bytes));
        self.optional("silent", row.silent.as_ref());
        row.address.clone()
    }

    fn problem(&mut self, row: &Problem) -> String {
        self.field("registration", &row.name);
        self.optional("script", row.script.as_ref());
        self.optional("session", row.session.as_ref());
        self.error(row);
        row.traceback.summary.clone()
    }

    /// An error with its traceback and the source.
    fn error(&mut self, problem: &Problem) {
        let seen = if problem.is_old {
            "before this look".to_owned()
        } else {
            format!("at {}", clock(problem.at))
        };
        let times = if problem.count == 1 {
            "once".to_owned()
        } else {
            format!("{} times", problem.count)
        };
        self.heading(&problem.traceback.summary, Tone::Bad);
        self.lines.push(Line::styled(
            format!(" seen {times}, the last time {seen}"),
            self.theme.of(Tone::Dim),
        ));
        self.traceback(&problem.traceback);
    }

    fn traceback(&mut self, traceback: &Traceback) {
        if traceback.frames.is_empty() {
            for line in traceback.text.lines() {
                self.lines.push(Line::raw(format!("   {}", one_line(line))));
            }
        }
        for call in &traceback.frames {
            self.call(call);
        }
    }

    fn call(&mut self, call: &Call) {
        let tone = if call.is_own { Tone::Name } else { Tone::Dim };
        let place = format!("{}:{}", call.file, call.line);
        self.lines.push(Line::from(vec![
            Span::styled(format!("   {}", one_line(&place)), self.theme.of(tone)),
            Span::styled(
                format!("  {}", one_line(&call.function)),
                self.theme.of(Tone::Dim),
            ),
        ]));
        for source in &call.source {
            let is_failing = source.number == call.line;
            let (mark, tone) = if is_failing {
                (">", Tone::Bad)
            } else {
                (" ", Tone::Dim)
            };
            let text = format!(
                "   {mark} {:>5} │ {}",
                source.number,
                one_line(&source.text)
            );
            self.lines.push(Line::styled(text, self.theme.of(tone)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_wrapped() {
        let texts =
            |lines: Vec<Line<'_>>| -> Vec<String> { lines.iter().map(Line::to_string).collect() };
        let line = Line::from(vec![Span::raw("abc"), Span::raw("defg")]);
        assert_eq!(texts(wrapped(line.clone(), 7)), ["abcdefg"]);
        assert_eq!(texts(wrapped(line.clone(), 4)), ["abcd", "efg"]);
        assert_eq!(texts(wrapped(line, 0)), ["ab", "cd", "ef", "g"]);
        assert_eq!(texts(wrapped(Line::from("日本語"), 5)), ["日本", "語"]);
    }
}
