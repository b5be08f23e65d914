//! Marshalled code with damage as disks and full file systems cause it.

use proptest::prelude::RngExt;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// The length of the header before the code, which the damage does not change.
const HEADER_LEN: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    ZeroedBlock,
    ZeroedToEnd,
    ForeignBlock,
    SwappedBlocks,
    DroppedBlock,
    FlippedBit,
}

const KINDS: [Kind; 6] = [
    Kind::ZeroedBlock,
    Kind::ZeroedToEnd,
    Kind::ForeignBlock,
    Kind::SwappedBlocks,
    Kind::DroppedBlock,
    Kind::FlippedBit,
];

impl Kind {
    pub fn is_block(self) -> bool {
        self != Self::FlippedBit
    }

    /// Damages a file of which `code` follows the header. `foreign` is another file.
    fn apply(self, code: &[u8], foreign: &[u8], rng: &mut TestRng) -> Vec<u8> {
        let mut file = [&[0; HEADER_LEN], code].concat();
        let size = [512, 4096][rng.random_range(0..2)];
        let block = |rng: &mut TestRng| {
            let start = rng.random_range(0..file.len().div_ceil(size)) * size;
            (start.max(HEADER_LEN), file.len().min(start + size))
        };
        let (start, end) = block(rng);
        let (other_start, other_end) = block(rng);
        match self {
            Self::ZeroedBlock => file[start..end].fill(0),
            Self::ZeroedToEnd => file[start..].fill(0),
            Self::ForeignBlock => {
                let from = rng.random_range(0..foreign.len());
                let bytes = foreign.iter().cycle().skip(from);
                file[start..end]
                    .iter_mut()
                    .zip(bytes)
                    .for_each(|(to, from)| *to = *from);
            }
            Self::SwappedBlocks => {
                let len = (end - start).min(other_end - other_start);
                for index in 0..len {
                    file.swap(start + index, other_start + index);
                }
            }
            Self::DroppedBlock => drop(file.drain(start..end)),
            Self::FlippedBit => {
                let at = rng.random_range(HEADER_LEN..file.len());
                file[at] ^= 1 << rng.random_range(0..8);
            }
        }
        file.split_off(HEADER_LEN)
    }
}

/// Damaged copies of these code objects, the same in each run. Each differs from its
/// original.
pub fn mutants(originals: &[Vec<u8>], count: usize) -> Vec<(Kind, Vec<u8>)> {
    let mut rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut mutants = Vec::with_capacity(count);
    while mutants.len() < count {
        let kind = KINDS[mutants.len() % KINDS.len()];
        let original = &originals[rng.random_range(0..originals.len())];
        let foreign = &originals[rng.random_range(0..originals.len())];
        let mutant = kind.apply(original, foreign, &mut rng);
        if mutant != *original {
            mutants.push((kind, mutant));
        }
    }
    mutants
}
