//! The bar chart.

use std::error::Error;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::machine::level_name;
use crate::peers::Peer;
use crate::report::{Figures, Row};

const WIDTH: i32 = 900;
/// Where the bars begin; the names of the cases are left of it.
const LEFT: i32 = 180;
/// What is left free for the labels of the longest bars.
const RIGHT: i32 = 150;
/// The title and the legend.
const TOP: i32 = 74;
const BOTTOM: i32 = 20;
const BAR: i32 = 11;
const GAP: i32 = 9;

const INK: RGBColor = RGBColor(36, 41, 47);
const PALE_INK: RGBColor = RGBColor(87, 96, 106);
const GRID: RGBColor = RGBColor(225, 228, 232);

/// One bar of each group.
struct Series {
    /// In the legend.
    name: String,
    color: RGBColor,
    bar: Box<Bar>,
}

/// The GB/s and the label, if the group has the bar.
type Bar = dyn Fn(&Row) -> Option<(f64, String)>;

/// Draws a group of bars for each case, as SVG on a white ground.
///
/// # Errors
///
/// If plotters fails.
pub fn svg(figures: &Figures) -> Result<String, Box<dyn Error>> {
    let series = series(figures);
    let rate = |row: &Row, series: &Series| (series.bar)(row).map_or(0.0, |(rate, _)| rate);
    let rates = figures.rows.iter().flat_map(|row| series.iter().map(move |series| rate(row, series)));
    let most = rates.fold(0.1, f64::max);
    let group = BAR * series.len() as i32 + GAP;
    let height = TOP + group * figures.rows.len() as i32 + BOTTOM;
    let x = |rate: f64| LEFT + (rate / most * f64::from(WIDTH - LEFT - RIGHT)) as i32;

    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (WIDTH as u32, height as u32)).into_drawing_area();
        area.fill(&WHITE)?;
        let write = |text: &str, at: (i32, i32), size: i32, color: &RGBColor, side: HPos| {
            let style = ("sans-serif", size).into_font().color(color).pos(Pos::new(side, VPos::Center));
            area.draw(&Text::new(text.to_owned(), at, style))
        };
        let fill =
            |from: (i32, i32), to: (i32, i32), color: &RGBColor| area.draw(&Rectangle::new([from, to], color.filled()));

        write("Reading JSON Lines, GB/s of one thread (more is better)", (12, 20), 17, &INK, HPos::Left)?;
        let mut left = 12;
        for Series { name, color, .. } in &series {
            fill((left, 42), (left + 12, 54), color)?;
            write(name, (left + 18, 48), 13, &INK, HPos::Left)?;
            // About the width of the text: fonts are the viewer's.
            left += 42 + 7 * name.len() as i32;
        }

        let step = [0.5, 1.0, 2.0, 5.0, 10.0].into_iter().find(|step| most / step <= 8.0).unwrap_or(20.0);
        for i in 0..=(most / step) as i32 {
            let tick = f64::from(i) * step;
            fill((x(tick), TOP), (x(tick) + 1, height - BOTTOM), &GRID)?;
            write(&format!("{tick}"), (x(tick), height - BOTTOM / 2), 11, &PALE_INK, HPos::Center)?;
        }

        for (row, top) in figures.rows.iter().zip((TOP..).step_by(group as usize)) {
            let middle = top + (group - GAP) / 2;
            write(row.case, (LEFT - 10, middle), 13, &INK, HPos::Right)?;
            for (series, top) in series.iter().zip((top..).step_by(BAR as usize)) {
                let Some((rate, label)) = (series.bar)(row) else { continue };
                fill((LEFT, top), (x(rate).max(LEFT + 1), top + BAR - 1), &series.color)?;
                write(&label, (x(rate) + 5, top + BAR / 2), 10, &PALE_INK, HPos::Left)?;
            }
        }
        area.present()?;
    }
    Ok(text)
}

fn series(figures: &Figures) -> Vec<Series> {
    let level = figures.level;
    let of = |peer: Peer| move |row: &Row| row.rate(peer).map(|rate| (rate, format!("{rate:.2}")));
    let best = |row: &Row| row.best_crate().map(|(peer, rate)| (rate, format!("{rate:.2} {peer}")));
    let new = |name: String, color, bar| Series { name, color, bar };
    let mut series = vec![
        new(
            format!("simd-jsonl, {}", level_name(level)),
            RGBColor(9, 105, 218),
            Box::new(of(Peer::SimdJsonl(level))) as _,
        ),
        new("best other crate".to_owned(), RGBColor(226, 135, 67), Box::new(best)),
        new("simdjson C++".to_owned(), RGBColor(45, 164, 78), Box::new(of(Peer::Simdjson))),
        new("serde_json slice".to_owned(), RGBColor(160, 167, 176), Box::new(of(Peer::SerdeJson))),
    ];
    series.retain(|series| figures.rows.iter().any(|row| (series.bar)(row).is_some()));
    series
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::figures;

    #[test]
    fn all_bars_are_drawn() {
        let svg = svg(&figures()).unwrap();
        assert!(svg.contains(r##"fill="#FFFFFF""##), "a white ground, for dark pages");
        for text in ["log borrowed", "get one field", "1.50", "0.50 simd-json", "2.00", "0.25", "1.00 sonic-rs get"] {
            assert!(svg.contains(&format!("\n{text}\n")), "{text} is missing in\n{svg}");
        }
    }
}
