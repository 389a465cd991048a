//! The rows of a pane.

use super::super::panes::List;
use super::theme::{SELECTED_ROW, Theme};
use crate::live::columns::{Column, Row, Tone, Width};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// Space between two columns.
const GAP: u16 = 1;

/// Draws the rows and returns the list, scrolled.
pub(super) fn draw<T: Row>(
    frame: &mut Frame<'_>,
    area: Rect,
    mut list: List,
    all: &[T],
    theme: &Theme,
) -> List {
    let columns = fitting(T::columns(), area.width);
    let places = places(&columns, area);
    let head = Rect { height: 1, ..area };
    for (index, (column, place)) in columns.iter().zip(&places).enumerate() {
        let is_order = T::columns()
            .get(list.order)
            .is_some_and(|it| it.title == column.title);
        let mark = match (is_order, list.is_reversed) {
            (true, false) => "↓",
            (true, true) => "↑",
            (false, _) => "",
        };
        let title = format!(
            "{}{}{mark}",
            if index == 0 { " " } else { "" },
            column.title
        );
        let style = if is_order {
            theme.title()
        } else {
            theme.of(Tone::Dim)
        };
        let line = aligned(Line::styled(title, style), column);
        frame.render_widget(
            line,
            Rect {
                x: place.x,
                width: place.width,
                ..head
            },
        );
    }
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    list.height = usize::from(body.height);
    let rows = list.rows(all);
    let Some(selected) = list.place(&rows) else {
        let text = if all.is_empty() {
            " nothing here"
        } else {
            " nothing matches the search: esc ends it"
        };
        frame.render_widget(Line::styled(text, theme.of(Tone::Dim)), body);
        return list;
    };
    list.scroll(selected, rows.len());
    let shown = rows.iter().enumerate().skip(list.offset);
    for ((index, row), y) in shown.zip(body.top()..body.bottom()) {
        for (number, (column, place)) in columns.iter().zip(&places).enumerate() {
            let cell = (column.cell)(row);
            let margin = if number == 0 { " " } else { "" };
            let text = format!(
                "{margin}{}",
                shortened(&cell.text, place.width - u16::from(number == 0))
            );
            let span = Span::styled(text, theme.of(cell.tone));
            let place = Rect {
                x: place.x,
                y,
                width: place.width,
                height: 1,
            };
            frame.render_widget(aligned(Line::from(span), column), place);
        }
        if index == selected {
            let line = Rect {
                y,
                height: 1,
                ..body
            };
            frame.buffer_mut().set_style(line, SELECTED_ROW);
        }
    }
    list
}

fn aligned<'a, T>(line: Line<'a>, column: &Column<T>) -> Line<'a> {
    match column.width {
        Width::Number(_) => line.right_aligned(),
        Width::Text(_) | Width::Rest(_) => line,
    }
}

/// The columns for which there is room, the most important ones first.
fn fitting<T>(columns: &'static [Column<T>], width: u16) -> Vec<&'static Column<T>> {
    let needed = |most: u8| -> u16 {
        let shown = columns.iter().filter(|it| it.rank <= most);
        shown.map(|it| it.width.least() + GAP).sum()
    };
    let ranks = (0..=u8::MAX).take_while(|rank| *rank == 0 || needed(*rank) <= width);
    // Every rank that is greater than the greatest one shows all columns.
    let most = ranks.last().unwrap_or_default();
    columns.iter().filter(|it| it.rank <= most).collect()
}

fn places<T>(columns: &[&Column<T>], area: Rect) -> Vec<Rect> {
    let widths = columns.iter().map(|it| match it.width {
        Width::Number(width) | Width::Text(width) => Constraint::Length(width),
        Width::Rest(width) => Constraint::Min(width),
    });
    let layout = Layout::horizontal(widths).spacing(GAP);
    layout.split(Rect { height: 1, ..area }).to_vec()
}

/// A text that fits, with `…` where it was cut.
fn shortened(text: &str, width: u16) -> String {
    let width = usize::from(width);
    if Span::raw(text).width() <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    for c in text.chars() {
        short.push(c);
        if Span::raw(short.as_str()).width() >= width {
            short.pop();
            break;
        }
    }
    if width > 0 {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::model::RegistrationView;

    #[test]
    fn unimportant_columns_leave_first() {
        let titles = |width| -> Vec<&str> {
            let columns = fitting(RegistrationView::columns(), width);
            columns.iter().map(|it| it.title).collect()
        };
        assert_eq!(titles(10), ["name"]);
        assert_eq!(titles(30), ["name", "runs/s", "failed"]);
        assert_eq!(titles(300).len(), RegistrationView::columns().len());
        assert!(titles(80).contains(&"state"));
        for width in 0..200 {
            let columns = fitting(RegistrationView::columns(), width);
            let area = Rect::new(0, 0, width, 1);
            assert!(places(&columns, area).iter().all(|it| it.right() <= width));
        }
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(shortened("abcdef", 6), "abcdef");
        assert_eq!(shortened("abcdef", 4), "abc…");
        // Wide characters take two places.
        assert_eq!(shortened("日本語日本語", 5), "日本…");
        assert_eq!(shortened("abcdef", 1), "…");
        assert_eq!(shortened("abcdef", 0), "");
    }
}
