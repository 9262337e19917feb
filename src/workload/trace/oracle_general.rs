//! `libCacheSim`'s binary format: records of 24 bytes, little-endian: time in seconds (u32), object
//! (u64), size in bytes (u32), and the index of the next request to the object (i64), which is of use
//! to optimal policies only and not read. See `traceReader/customizedReader/oracle` in its sources.

use super::operation::Operation;
use super::request::Request;
use crate::quantity::Bytes;

/// Bytes of a record.
pub(super) const RECORD: usize = 24;

/// The request of a record; `None` if it does not have the right length.
#[inline]
pub(super) fn parse(record: &[u8]) -> Option<Request> {
    let (time, rest) = record.split_first_chunk()?;
    let (_, rest) = rest.split_first_chunk::<8>()?;
    let (size, rest) = rest.split_first_chunk()?;
    (rest.len() == 8).then(|| Request {
        time: i64::from(u32::from_le_bytes(*time)) * 1_000_000_000,
        key: KEY,
        size: Some(Bytes(u64::from(u32::from_le_bytes(*size)))),
        operation: Operation::Read,
        ttl: None,
        user: None,
        status: None,
    })
}

const KEY: std::ops::Range<usize> = 4..12;

#[cfg(test)]
mod tests {
    use super::*;

    /// The first record of `cloudPhysicsIO.oracleGeneral.bin`, whose CSV twin says
    /// `1,5633898,2a,512,42932745`.
    #[test]
    fn the_first_record_of_a_published_trace_is_that_of_its_csv() {
        let record = [
            0x6a, 0xf7, 0x55, 0x00, 0x09, 0x1a, 0x8f, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00,
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        ];
        let request = parse(&record).expect("24 bytes");
        assert_eq!(request.time, 5_633_898 * 1_000_000_000);
        assert_eq!(record[request.key], 42_932_745_u64.to_le_bytes());
        assert_eq!(request.size, Some(Bytes(512)));
        assert_eq!(parse(&record[1..]), None);
    }
}
