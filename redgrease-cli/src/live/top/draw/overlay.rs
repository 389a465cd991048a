//! Help and questions, above the picture.

use super::super::keys::KEYS;
use super::theme::Theme;
use crate::live::columns::Tone;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear, Paragraph, Wrap};

/// Draws the keys from `line` on. Returns the first line that is shown.
pub(super) fn help(
    frame: &mut Frame<'_>,
    area: Rect,
    line: usize,
    is_read_only: bool,
    theme: &Theme,
) -> usize {
    let mut lines = Vec::new();
    for (key, text, changes) in KEYS {
        let text = if changes && is_read_only {
            "(not with --read-only)"
        } else {
            text
        };
        lines.push(Line::from(vec![
            Span::styled(format!(" {key:<14}"), theme.of(Tone::Name)),
            Span::raw(text),
        ]));
    }
    let explained = [
        "",
        " runs/s, fail/s   since the last look at the server",
        " now, mean, last  time of a run: since the last look, of all, of the last",
        " lag              how long messages of a stream wait",
    ];
    lines.extend(explained.map(|it| Line::styled(it, theme.of(Tone::Dim))));
    let wanted = (
        76,
        u16::try_from(lines.len())
            .unwrap_or(u16::MAX)
            .saturating_add(2),
    );
    let place = centered(area, wanted);
    let most = lines
        .len()
        .saturating_sub(usize::from(place.height.saturating_sub(2)));
    let line = line.min(most);
    let scroll = u16::try_from(line).unwrap_or(u16::MAX);
    let text = Paragraph::new(lines)
        .block(block(" keys ", theme))
        .scroll((scroll, 0));
    frame.render_widget(Clear, place);
    frame.render_widget(text, place);
    line
}

pub(super) fn ask(frame: &mut Frame<'_>, area: Rect, question: &str, theme: &Theme) {
    let width = u16::try_from(Span::raw(question).width())
        .unwrap_or(u16::MAX)
        .saturating_add(6);
    let place = centered(area, (width.clamp(30, 76), 6));
    let text = vec![
        Line::raw(format!(" {question}")),
        Line::default(),
        Line::from(vec![
            Span::styled(" y", theme.of(Tone::Name)),
            Span::raw(" yes   "),
            Span::styled("any other key", theme.of(Tone::Name)),
            Span::raw(" no"),
        ]),
    ];
    let text = Paragraph::new(text)
        .wrap(Wrap { trim: false })
        .block(block(" sure? ", theme));
    frame.render_widget(Clear, place);
    frame.render_widget(text, place);
}

fn block(title: &'static str, theme: &Theme) -> Block<'static> {
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.of(Tone::Name))
        .title(Line::styled(title, theme.title()))
}

fn centered(area: Rect, (width, height): (u16, u16)) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}
