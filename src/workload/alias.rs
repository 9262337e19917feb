//! Draws from any finite set of weights in constant time and 8 bytes a member.
//!
//! Walker's alias method with Vose's construction ("A Linear Algorithm for Generating Random Numbers
//! with a Given Distribution", IEEE Transactions on Software Engineering 17(9), 1991): every cell of
//! a table of n equal cells holds its own member up to a threshold and one other beyond it. One
//! 64-bit draw gives both the cell and the place in it.

use crate::random::Draws;

/// The table; shared read-only between replications.
#[derive(Debug)]
pub(super) struct AliasTable(Box<[Cell]>);

#[derive(Clone, Copy, Debug)]
struct Cell {
    /// The cell's own share, in units of 2^-32.
    threshold: u32,
    /// Who gets the rest.
    alias: u32,
}

impl AliasTable {
    /// For `weights` that are finite, at least 0, and not all 0; there are between 1 and 2^32 of them.
    pub(super) fn new(mut weights: Vec<f64>) -> Self {
        let scale = weights.len() as f64 / weights.iter().sum::<f64>();
        let (mut small, mut large) = (Vec::new(), Vec::new());
        for (member, weight) in (0_u32..).zip(&mut weights) {
            *weight *= scale;
            if *weight < 1.0 { small.push(member) } else { large.push(member) }
        }
        // A cell that is not filled below is full up to a rounding error, and its own alias.
        let mut cells: Box<[Cell]> =
            (0..weights.len() as u32).map(|member| Cell { threshold: u32::MAX, alias: member }).collect();
        while let (Some(poor), Some(&rich)) = (small.pop(), large.last()) {
            let share = weights[poor as usize];
            cells[poor as usize] = Cell { threshold: (share * TWO_TO_32) as u32, alias: rich };
            let left = &mut weights[rich as usize];
            *left -= 1.0 - share;
            if *left < 1.0 {
                large.pop();
                small.push(rich);
            }
        }
        Self(cells)
    }

    /// A member, with the probability that its weight has in the sum.
    #[inline]
    pub(super) fn pick(&self, draws: &mut Draws) -> u32 {
        let product = u128::from(draws.bits()) * self.0.len() as u128;
        let member = (product >> 64) as u32;
        let place = (product as u64 >> 32) as u32;
        let cell = self.0[member as usize];
        if place < cell.threshold { member } else { cell.alias }
    }

    /// The memory of the table.
    pub(super) fn bytes(&self) -> u64 {
        size_of_val(&*self.0) as u64
    }
}

const TWO_TO_32: f64 = 4_294_967_296.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    /// What the table gives each member, added up over the cells.
    fn shares(table: &AliasTable) -> Vec<f64> {
        let mut shares = vec![0.0; table.0.len()];
        for (member, cell) in table.0.iter().enumerate() {
            let own = f64::from(cell.threshold) / TWO_TO_32;
            shares[member] += own;
            shares[cell.alias as usize] += 1.0 - own;
        }
        shares
    }

    #[test]
    fn every_member_has_its_share_to_the_resolution_of_the_table() {
        let mut harmonic: Vec<f64> = (1..=1_000).map(|rank| 1.0 / f64::from(rank)).collect();
        let cases = [vec![3.0], vec![1.0, 0.0], vec![0.1, 0.2, 0.3, 0.4], vec![5.0; 7], harmonic.clone()];
        harmonic.reverse();
        for weights in cases.into_iter().chain([harmonic]) {
            let total: f64 = weights.iter().sum();
            let members = weights.len() as f64;
            let table = AliasTable::new(weights.clone());
            for (share, weight) in shares(&table).into_iter().zip(weights) {
                // Every cell may round by 2^-32, and a member may be the alias of all of them.
                assert!(
                    (share - weight / total * members).abs() < members / TWO_TO_32,
                    "{share} for {weight}"
                );
            }
        }
    }

    #[test]
    fn a_member_without_weight_is_never_drawn() {
        let table = AliasTable::new(vec![0.0, 1.0, 0.0, 2.0]);
        let stream = Stream::new(1, 0, "test.alias");
        assert!((0..100_000).all(|ordinal| table.pick(&mut stream.at(ordinal)) % 2 == 1));
    }
}
