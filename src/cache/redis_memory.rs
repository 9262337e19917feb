//! What a string key costs a Redis 7 server in memory.

/// What Redis 7.0 reports as `used_memory` at start, without a key, in bytes (7.0.15 on Debian 12).
/// It counts against `maxmemory`, so keys have that much less.
///
/// Assumes no replica: once one has connected, its backlog of 1 MiB counts as well.
pub const REDIS_BASE_BYTES: u64 = 860_000;

/// `sizeof(dictEntry)` of Redis 7.0: key, value, next.
const DICT_ENTRY_BYTES: u32 = 24;
/// `sizeof(robj)`: type, encoding, LRU clock, reference count, pointer.
const OBJECT_BYTES: u32 = 16;
/// Longest value kept in one allocation with its object (`OBJ_ENCODING_EMBSTR_SIZE_LIMIT`).
const EMBEDDED_MAX: u32 = 44;
/// A bucket of the hash table is one pointer. Buckets double, so a key has between one and two of
/// them: 1/ln 2 = 1.44 on average over sizes, that is 11.5 bytes.
const BUCKET_BYTES: u32 = 12;

/// Bytes of memory that a string key with a plain value takes in Redis 7.0 on a 64-bit machine, key and
/// value included: what `used_memory` grows by, so what counts against `maxmemory`.
///
/// Assumes jemalloc with its default quantum of 16 bytes, as in Debian's package (the copy bundled with
/// Redis rounds to 8 below 128 bytes, which saves at most 24 bytes a key), no TTL (one adds a second
/// table entry) and a value that is not an integer. With [`REDIS_BASE_BYTES`] taken off a `maxmemory` of
/// 12,000,000 this gives 10,127 keys of 1,000 bytes; a real Redis 7.0.15 kept 9,991, or 1.4 % fewer,
/// since buffers of clients count too.
#[must_use]
pub fn redis_charge(key_len: u32, value_len: u32) -> u32 {
    let value = if value_len <= EMBEDDED_MAX {
        // The object and an eight-bit string header in one piece.
        size_class(OBJECT_BYTES.saturating_add(3 + value_len + 1))
    } else {
        size_class(OBJECT_BYTES).saturating_add(string_bytes(value_len))
    };
    (size_class(DICT_ENTRY_BYTES) + BUCKET_BYTES).saturating_add(string_bytes(key_len)).saturating_add(value)
}

/// A Redis string (sds.h): header, bytes, a closing zero.
fn string_bytes(len: u32) -> u32 {
    let header = match len {
        0..32 => 1,
        32..256 => 3,
        256..65_536 => 5,
        _ => 9,
    };
    size_class(len.saturating_add(header + 1))
}

/// What jemalloc hands out for a request (its manual, "Size classes"): 8, then multiples of 16 up to
/// 128, then four classes to each doubling.
fn size_class(bytes: u32) -> u32 {
    match bytes {
        0..=8 => 8,
        9..=128 => bytes.next_multiple_of(16),
        _ => {
            let spacing = 1 << ((bytes - 1).ilog2() - 2);
            bytes.checked_next_multiple_of(spacing).unwrap_or(u32::MAX)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the table in jemalloc's manual for a quantum of 16.
    #[test]
    fn size_classes_are_those_of_jemalloc() {
        let cases = [
            (1, 8),
            (9, 16),
            (17, 32),
            (128, 128),
            (129, 160),
            (257, 320),
            (1006, 1024),
            (1025, 1280),
            (4097, 5120),
            (u32::MAX, u32::MAX),
        ];
        for (request, class) in cases {
            assert_eq!(size_class(request), class, "{request}");
        }
    }

    /// By hand from the structs: entry 32 + bucket 12, key of 10 in 16, object 16, value in 1024.
    #[test]
    fn a_key_costs_its_structs_rounded_up_by_the_allocator() {
        let cases = [
            ((10, 1000), 32 + 12 + 16 + 16 + 1024),
            ((10, 44), 32 + 12 + 16 + 64),
            ((40, 0), 32 + 12 + 48 + 32),
        ];
        for ((key_len, value_len), expected) in cases {
            assert_eq!(redis_charge(key_len, value_len), expected, "{key_len} {value_len}");
        }
    }

    /// Measured: Redis 7.0.15, `maxmemory` 12,000,000, values of 1,000 bytes under keys of about ten.
    #[test]
    fn the_number_of_keys_is_that_of_a_real_server_within_two_percent() {
        let resident = (12_000_000 - REDIS_BASE_BYTES) as f64 / f64::from(redis_charge(10, 1000));
        assert!((resident / 9_991.0 - 1.0).abs() < 0.02, "{resident}");
    }
}
