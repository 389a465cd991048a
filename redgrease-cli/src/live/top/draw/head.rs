//! The server, the figures and their plots.

use super::super::server_facts;
use super::super::state::Top;
use super::theme::Theme;
use crate::live::columns::Tone;
use crate::live::model::{Point, View};
use crate::live::text::{bytes, clock, duration, rate};
use crate::output::one_line;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Sparkline};

/// The height of the figures: with plots if there is room.
pub(super) fn height(area: Rect) -> u16 {
    match (area.width, area.height) {
        (60.., 22..) => 5,
        (60.., 16..) => 4,
        (_, 9..) => 1,
        _ => 0,
    }
}

/// The first line: the server, or why it cannot be asked.
pub(super) fn server(frame: &mut Frame<'_>, area: Rect, top: &Top, view: &View, theme: &Theme) {
    let time = clock(view.at);
    if let Some(trouble) = &top.state.trouble {
        let first = one_line(trouble.lines().next().unwrap_or_default());
        let text = format!(" no server since {time}, trying again: {first}");
        let width = usize::from(area.width);
        frame.render_widget(Line::styled(format!("{text:width$}"), theme.banner()), area);
        return;
    }
    let state = if top.is_held {
        format!(" held {time} ")
    } else {
        format!(" ● {time} ")
    };
    let tone = if top.is_held { Tone::Warn } else { Tone::Good };
    let width = u16::try_from(state.chars().count()).unwrap_or_default();
    let [left, right] =
        Layout::horizontal([Constraint::Min(0), Constraint::Length(width)]).areas(area);
    let server = &view.server;
    let mut facts = server_facts(server);
    facts.extend(server.clients.map(|it| format!("{it} clients")));
    let line = Line::from(vec![
        Span::styled(" redgrease ", theme.title()),
        Span::raw(facts.join(" · ")),
    ]);
    frame.render_widget(line, left);
    frame.render_widget(Line::styled(state, theme.of(tone)), right);
}

/// A figure with its plot.
struct Figure {
    title: &'static str,
    value: String,
    note: Option<(String, Tone)>,
    plot: fn(&Point) -> f64,
    tone: Tone,
}

/// The other figures.
pub(super) fn figures(frame: &mut Frame<'_>, area: Rect, top: &Top, view: &View, theme: &Theme) {
    let figures = of(view);
    if area.height == 0 {
        return;
    }
    if area.height == 1 {
        let mut spans = Vec::new();
        for figure in figures {
            spans.push(Span::styled(
                format!(" {} ", figure.title),
                theme.of(Tone::Dim),
            ));
            spans.push(Span::raw(figure.value));
            spans.extend(
                figure
                    .note
                    .map(|(text, tone)| Span::styled(format!(" {text}"), theme.of(tone))),
            );
        }
        frame.render_widget(Line::from(spans), area);
        return;
    }
    let places: [Rect; 4] = Layout::horizontal([Constraint::Fill(1); 4]).areas(area);
    for (figure, place) in figures.into_iter().zip(places) {
        let block = Block::bordered()
            .border_type(BorderType::Rounded)
            .border_style(theme.border())
            .title(Line::styled(
                format!(" {} ", figure.title),
                theme.of(Tone::Plain),
            ));
        let inside = block.inner(place);
        frame.render_widget(block, place);
        let [first, plot] =
            Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(inside);
        let mut spans = vec![Span::styled(format!(" {}", figure.value), theme.title())];
        spans.extend(
            figure
                .note
                .map(|(text, tone)| Span::styled(format!("  {text}"), theme.of(tone))),
        );
        frame.render_widget(Line::from(spans), first);
        let points = top.state.history.last(usize::from(plot.width));
        let data = scaled(points.map(|it| (figure.plot)(it)), usize::from(plot.width));
        frame.render_widget(
            Sparkline::default().data(data).style(theme.of(figure.tone)),
            plot,
        );
    }
}

/// Whole numbers for a plot that begins at its right side.
fn scaled(values: impl Iterator<Item = f64>, width: usize) -> Vec<u64> {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a plot has fewer dots than a float has digits"
    )]
    let values: Vec<u64> = values
        .map(|it| (it.clamp(0.0, 1e15) * 1000.0) as u64)
        .collect();
    let missing = width.saturating_sub(values.len());
    std::iter::repeat_n(0, missing).chain(values).collect()
}

fn of(view: &View) -> [Figure; 4] {
    let totals = &view.totals;
    let optional = |ms: Option<f64>| ms.map_or_else(|| "-".to_owned(), duration);
    let failing = totals.failure_rate > 0.0;
    #[allow(
        clippy::cast_precision_loss,
        reason = "a plot has fewer dots than a float has digits"
    )]
    [
        Figure {
            title: "runs/s",
            value: rate(totals.rate),
            note: failing.then(|| (format!("{} failing", rate(totals.failure_rate)), Tone::Bad)),
            plot: |it| it.rate,
            tone: Tone::Good,
        },
        Figure {
            title: "mean time",
            value: optional(totals.mean_ms),
            note: totals
                .slowest_ms
                .map(|ms| (format!("slowest {}", duration(ms)), Tone::Dim)),
            plot: |it| it.mean_ms.unwrap_or_default(),
            tone: Tone::Name,
        },
        Figure {
            title: "lag",
            value: optional(totals.lag_ms),
            note: None,
            plot: |it| it.lag_ms.unwrap_or_default(),
            tone: Tone::Warn,
        },
        Figure {
            title: "executions",
            value: format!("{} running", totals.running),
            note: Some(if totals.waiting > 0 {
                (format!("{} waiting", totals.waiting), Tone::Warn)
            } else {
                (bytes(totals.python_memory), Tone::Dim)
            }),
            plot: |it| it.running as f64 + it.waiting as f64,
            tone: Tone::Plain,
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plots_begin_at_the_right() {
        assert_eq!(scaled([0.5, 2.0].into_iter(), 4), [0, 0, 500, 2000]);
        assert_eq!(scaled([f64::NAN, -1.0].into_iter(), 1), [0, 0]);
    }
}
