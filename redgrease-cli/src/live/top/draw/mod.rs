//! The picture.
//!
//! | module | purpose |
//! |---|---|
//! | `theme` | colours, or none |
//! | `head` | the server, the figures and their plots |
//! | `table` | the rows of a pane |
//! | `detail` | all about a row |
//! | `overlay` | help and questions |

mod detail;
mod head;
mod overlay;
mod table;
mod theme;

use super::keys::SHORT;
use super::panes::Pane;
use super::state::{Mode, Top};
use crate::live::columns::Tone;
use crate::live::model::View;
use crate::output::one_line;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use std::sync::Arc;
use theme::Theme;

/// Below this size there is no room for a table.
const LEAST: (u16, u16) = (20, 6);

pub(super) fn draw(frame: &mut Frame<'_>, top: &mut Top) {
    let theme = Theme::of_terminal();
    let area = frame.area();
    let Some(view) = top.state.view.clone() else {
        frame.render_widget(Line::from("asking the server .."), area);
        return;
    };
    if area.width < LEAST.0 || area.height < LEAST.1 {
        tiny(frame, &view, top, &theme);
        return;
    }
    let plots = head::height(area);
    let [first, figures, tabs, body, last] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(plots),
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(1),
    ])
    .areas(area);
    head::server(frame, first, top, &view, &theme);
    head::figures(frame, figures, top, &view, &theme);
    tabs_line(frame, tabs, top, &view, &theme);
    pane(frame, body, top, &view, &theme);
    last_line(frame, last, top, &theme);
    match top.mode.clone() {
        Mode::Help(line) => {
            top.mode = Mode::Help(overlay::help(frame, area, line, top.is_read_only, &theme));
        }
        Mode::Ask(question, _) => overlay::ask(frame, area, &question, &theme),
        Mode::List | Mode::Search | Mode::Detail(_) => {}
    }
}

/// The most important figures in a window without room.
fn tiny(frame: &mut Frame<'_>, view: &View, top: &Top, theme: &Theme) {
    let lines = [
        match &top.state.trouble {
            Some(_) => Line::styled("no server", theme.of(Tone::Bad)),
            None => Line::from(format!(
                "{} runs/s",
                crate::live::text::rate(view.totals.rate)
            )),
        },
        Line::from(format!(
            "{} failed",
            crate::live::text::count(view.totals.failed)
        )),
        Line::from(format!("{} running", view.totals.running)),
        Line::from("window too small"),
    ];
    let area = frame.area();
    for (row, line) in (area.top()..area.bottom()).zip(lines) {
        frame.render_widget(line, Rect::new(area.x, row, area.width, 1));
    }
}

fn tabs_line(frame: &mut Frame<'_>, area: Rect, top: &Top, view: &View, theme: &Theme) {
    // In a narrow window only the selected table has its name.
    let names: usize = Pane::ALL.iter().map(|it| it.title().len() + 8).sum();
    let is_wide = usize::from(area.width) >= names;
    let mut spans = Vec::new();
    for (index, pane) in Pane::ALL.into_iter().enumerate() {
        let count = pane.count(view);
        let is_selected = pane == top.pane;
        let name = if is_wide || is_selected {
            format!(" {} {} {count} ", index + 1, pane.title())
        } else {
            format!(" {} ", index + 1)
        };
        let is_bad = pane == Pane::Problems && view.problems.iter().any(|it| it.is_current);
        let style = match (is_selected, is_bad) {
            (true, _) => theme.selected_tab(),
            (false, true) => theme.of(Tone::Bad),
            (false, false) if count == 0 => theme.of(Tone::Dim),
            (false, false) => theme.of(Tone::Plain),
        };
        spans.push(Span::styled(name, style));
    }
    frame.render_widget(Line::from(spans), area);
}

fn pane(frame: &mut Frame<'_>, area: Rect, top: &mut Top, view: &Arc<View>, theme: &Theme) {
    if let Mode::Detail(line) = top.mode {
        top.mode = match detail::draw(frame, area, top, view, line, theme) {
            Some(line) => Mode::Detail(line),
            // The row is gone.
            None => Mode::List,
        };
        return;
    }
    let list = top.list().clone();
    let list = match top.pane {
        Pane::Registrations => table::draw(frame, area, list, &view.registrations, theme),
        Pane::Executions => table::draw(frame, area, list, &view.executions, theme),
        Pane::Sessions => table::draw(frame, area, list, &view.sessions, theme),
        Pane::Requirements => table::draw(frame, area, list, &view.requirements, theme),
        Pane::Shards => table::draw(frame, area, list, &view.shards, theme),
        Pane::Problems => table::draw(frame, area, list, &view.problems, theme),
    };
    *top.list() = list;
}

/// The search, a message, or the keys.
fn last_line(frame: &mut Frame<'_>, area: Rect, top: &mut Top, theme: &Theme) {
    let search = top.list().search.clone();
    let line = if top.mode == Mode::Search {
        Line::from(vec![
            Span::styled("/", theme.of(Tone::Name)),
            Span::raw(one_line(&search)),
            Span::styled("▏", theme.of(Tone::Name)),
        ])
    } else if let Some((text, tone)) = top.message() {
        Line::styled(one_line(text), theme.of(tone))
    } else if matches!(top.mode, Mode::Detail(_)) {
        keys(&[("esc", "back"), ("↑ ↓", "scroll")], theme)
    } else {
        let shown = SHORT
            .iter()
            .filter(|(_, _, changes)| !(*changes && top.is_read_only));
        let shown: Vec<_> = shown.map(|(key, text, _)| (*key, *text)).collect();
        let mut line = keys(&shown, theme);
        if !search.is_empty() {
            line.spans.insert(
                0,
                Span::styled(format!(" /{} ", one_line(&search)), theme.selected_tab()),
            );
        }
        line
    };
    frame.render_widget(line, area);
}

fn keys(keys: &[(&str, &str)], theme: &Theme) -> Line<'static> {
    let spans = keys.iter().flat_map(|(key, text)| {
        [
            Span::styled(format!(" {key}"), theme.of(Tone::Name)),
            Span::styled(format!(" {text} "), theme.of(Tone::Dim)),
        ]
    });
    Line::from(spans.collect::<Vec<_>>())
}
