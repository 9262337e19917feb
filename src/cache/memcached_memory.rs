//! What an item costs a memcached 1.6 server in memory.

/// `sizeof(item)` on a 64-bit machine: links, times, sizes, flags.
const HEADER_BYTES: u32 = 48;
/// The version for compare-and-set, which every item has unless the server runs with `-C`.
const CAS_BYTES: u32 = 8;
/// A zero behind the key, and a line end behind the value.
const ENDS_BYTES: u32 = 1 + 2;
/// Chunks are cut from pages of this size.
const PAGE_BYTES: u32 = 1 << 20;
/// Items beyond half of a page are put together from several chunks (`slab_chunk_size_max`).
const CHUNK_MAX: u32 = PAGE_BYTES / 2;
/// The smallest chunk: `sizeof(item)` and `chunk_size` (`-n`), 48 each.
const CHUNK_MIN: u32 = 96;
/// Chunk sizes are multiples of this.
const CHUNK_ALIGN: u32 = 8;

/// Bytes of an item as the server counts them: what `-I` limits.
#[must_use]
pub fn memcached_item(key_len: u32, value_len: u32) -> u32 {
    (HEADER_BYTES + CAS_BYTES + ENDS_BYTES).saturating_add(key_len).saturating_add(value_len)
}

/// Bytes of memory (`-m`) that an item takes in memcached 1.6: its chunk, and its share of what is left of a page that is
/// cut into such chunks. Chunks grow by the factor 1.25.
///
/// The hash table is not part of `-m`. Left out: that memory which has become pages of one class is not free for others,
/// and the second header of an item in several chunks.
#[must_use]
pub fn memcached_charge(key_len: u32, value_len: u32) -> u32 {
    let item = memcached_item(key_len, value_len);
    if item > CHUNK_MAX {
        return item;
    }
    let mut chunk = CHUNK_MIN;
    while chunk < item {
        chunk = next_chunk(chunk);
    }
    PAGE_BYTES.div_ceil(PAGE_BYTES / chunk)
}

/// As `slabs_init`.
fn next_chunk(chunk: u32) -> u32 {
    let next = (chunk + chunk / 4).next_multiple_of(CHUNK_ALIGN);
    if next > CHUNK_MAX / 5 * 4 { CHUNK_MAX } else { next }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The classes that `memcached -vv` 1.6.18 lists: chunk size and chunks in a page.
    #[test]
    fn chunks_are_those_of_a_real_server() {
        let cases = [
            (96, 10_922),
            (120, 8_738),
            (152, 6_898),
            (1_184, 885),
            (7_104, 147),
            (33_904, 30),
            (394_840, 2),
            (524_288, 2),
        ];
        for (chunk, in_page) in cases {
            // The largest item of the class, and one that is a byte too large for it.
            let overhead = memcached_item(0, 0);
            assert_eq!(memcached_charge(0, chunk - overhead), PAGE_BYTES.div_ceil(in_page), "{chunk}");
            assert!(memcached_charge(0, chunk - overhead + 1) >= PAGE_BYTES.div_ceil(in_page), "{chunk}");
        }
    }

    /// Measured on memcached 1.6.18 with `-m 64`: of values of 1,000 bytes under keys of 14 it kept 56,640.
    #[test]
    fn the_number_of_items_is_that_of_a_real_server() {
        let resident = f64::from(64 * PAGE_BYTES) / f64::from(memcached_charge(14, 1000));
        assert!((resident / 56_640.0 - 1.0).abs() < 0.001, "{resident}");
    }
}
