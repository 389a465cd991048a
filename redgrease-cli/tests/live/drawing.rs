//! The picture of a terminal as SVG.

use std::fmt::Write as _;
use vt100::{Cell, Color, Screen};

/// Size of a character in pixels.
const CELL: (f64, f64) = (8.43, 16.3);
const MARGIN: f64 = 14.0;
const GROUND: &str = "#0e1116";
const TEXT: &str = "#e6edf3";
/// Black, red, green, yellow, blue, magenta, cyan, white; then the bright ones.
const PALETTE: [&str; 16] = [
    "#0e1116", "#ff7b72", "#3fcf8e", "#e9b44c", "#6ea8fe", "#b794f6", "#5cc8d7", "#e6edf3",
    "#8b96a5", "#ff7b72", "#3fcf8e", "#e9b44c", "#6ea8fe", "#b794f6", "#5cc8d7", "#ffffff",
];

/// How a run of characters looks.
#[derive(PartialEq, Clone, Copy)]
struct Look {
    ink: &'static str,
    ground: &'static str,
    bold: bool,
    dim: bool,
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let color = |color, other| match color {
            Color::Idx(index) => PALETTE.get(usize::from(index)).copied().unwrap_or(other),
            Color::Default | Color::Rgb(..) => other,
        };
        let (ink, ground) = (color(cell.fgcolor(), TEXT), color(cell.bgcolor(), GROUND));
        let (ink, ground) = if cell.inverse() {
            (ground, ink)
        } else {
            (ink, ground)
        };
        Look {
            ink,
            ground,
            bold: cell.bold(),
            dim: cell.dim(),
        }
    }
}

pub(crate) fn svg(screen: &Screen) -> String {
    let (rows, cols) = screen.size();
    let (rows, cols) = (rows.get(), cols.get());
    let (width, height) = (
        f64::from(cols) * CELL.0 + 2.0 * MARGIN,
        f64::from(rows) * CELL.1 + 2.0 * MARGIN,
    );
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"ui-monospace, 'DejaVu Sans Mono', \
         Menlo, Consolas, monospace\" font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" rx=\"10\" fill=\"{GROUND}\"/>\n"
    );
    for row in 0..rows {
        let mut col = 0;
        while col < cols {
            let Some(cell) = screen.cell(row, col) else {
                break;
            };
            let look = Look::of(cell);
            let begin = col;
            let mut text = String::new();
            while let Some(cell) = screen.cell(row, col).filter(|it| Look::of(it) == look) {
                text += if cell.has_contents() {
                    cell.contents()
                } else {
                    " "
                };
                col += 1;
            }
            add(&mut out, (row, begin, col), &text, look);
        }
    }
    out + "</svg>\n"
}

fn add(out: &mut String, (row, begin, end): (u16, u16, u16), text: &str, look: Look) {
    let x = MARGIN + f64::from(begin) * CELL.0;
    let y = MARGIN + f64::from(row) * CELL.1;
    let width = f64::from(end - begin) * CELL.0;
    if look.ground != GROUND {
        writeln!(
            out,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{}\" fill=\"{}\"/>",
            width + 0.6,
            CELL.1,
            look.ground
        )
        .unwrap();
    }
    if text.trim().is_empty() {
        return;
    }
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let weight = if look.bold {
        " font-weight=\"bold\""
    } else {
        ""
    };
    let opacity = if look.dim { " opacity=\"0.6\"" } else { "" };
    writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" xml:space=\"preserve\" fill=\"{}\"{weight}{opacity}>{text}</text>",
        y + 13.0,
        look.ink
    )
    .unwrap();
}
