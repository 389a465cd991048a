//! Colours of the terminal's own palette, or none.

use crate::live::columns::Tone;
use ratatui::style::{Color, Modifier, Style};

pub(super) struct Theme {
    has_colors: bool,
}

/// The selected row has one colour: reversed, those of its texts would be patches.
pub(super) const SELECTED_ROW: Style = Style::new()
    .fg(Color::Reset)
    .remove_modifier(Modifier::DIM)
    .add_modifier(Modifier::REVERSED);

impl Theme {
    /// Honours `--color`, `NO_COLOR` and the like.
    pub(super) fn of_terminal() -> Self {
        let choice = anstream::AutoStream::choice(&std::io::stdout());
        let has_colors = choice != anstream::ColorChoice::Never;
        if has_colors {
            // The choice is made here, for all colours.
            ratatui::crossterm::style::force_color_output(true);
        }
        Theme { has_colors }
    }

    pub(super) fn of(&self, tone: Tone) -> Style {
        let style = Style::new();
        match (tone, self.has_colors) {
            (Tone::Plain | Tone::Good | Tone::Warn, false) | (Tone::Plain, true) => style,
            (Tone::Dim, _) => style.add_modifier(Modifier::DIM),
            (Tone::Good, true) => style.fg(Color::Green),
            (Tone::Warn, true) => style.fg(Color::Yellow),
            (Tone::Bad, true) => style.fg(Color::Red).add_modifier(Modifier::BOLD),
            (Tone::Name, true) => style.fg(Color::Cyan),
            (Tone::Bad | Tone::Name, false) => style.add_modifier(Modifier::BOLD),
        }
    }

    pub(super) fn title(&self) -> Style {
        self.of(Tone::Name).add_modifier(Modifier::BOLD)
    }

    pub(super) fn selected_tab(&self) -> Style {
        self.of(Tone::Name)
            .add_modifier(Modifier::REVERSED | Modifier::BOLD)
    }

    /// The line that tells of a server that is away.
    pub(super) fn banner(&self) -> Style {
        let style = Style::new().add_modifier(Modifier::BOLD);
        if self.has_colors {
            style.fg(Color::White).bg(Color::Red)
        } else {
            style.add_modifier(Modifier::REVERSED)
        }
    }

    pub(super) fn border(&self) -> Style {
        self.of(Tone::Dim)
    }
}
