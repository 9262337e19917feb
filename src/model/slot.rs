//! Hash slots of a Redis cluster: CRC16 of the key, or of what stands in its first pair of braces,
//! modulo 16384 (Redis cluster specification, "Key distribution model" and "Hash tags").

/// How many slots a cluster has.
pub const SLOTS: u16 = 16_384;

/// CRC-16/XMODEM: polynomial 0x1021, initial value 0, nothing reflected.
const TABLE: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

#[inline]
fn crc16(start: u16, bytes: impl Iterator<Item = u8>) -> u16 {
    bytes.fold(start, |crc, byte| (crc << 8) ^ TABLE[usize::from((crc >> 8) as u8 ^ byte)])
}

/// The slot of a key.
#[must_use]
pub fn slot_of(key: &[u8]) -> u16 {
    crc16(0, tag(key).iter().copied()) % SLOTS
}

/// The slot of the key `group:number`, without writing the name out. A group's name has no braces.
#[inline]
#[must_use]
pub fn slot_of_numbered(group: &[u8], number: u32) -> u16 {
    crc_of_numbered(group, number) % SLOTS
}

/// The slot of the key `group:number#copy`.
#[must_use]
pub fn slot_of_copy(group: &[u8], number: u32, copy: u32) -> u16 {
    let crc = crc16(crc_of_numbered(group, number), [b'#'].into_iter());
    crc16(crc, digits(copy, &mut [0; 10]).iter().copied()) % SLOTS
}

#[inline]
fn crc_of_numbered(group: &[u8], number: u32) -> u16 {
    let mut buffer = [0; 10];
    let number = digits(number, &mut buffer).iter().copied();
    crc16(0, group.iter().copied().chain([b':']).chain(number))
}

/// A number as one writes it.
#[inline]
pub(super) fn digits(number: u32, buffer: &mut [u8; 10]) -> &[u8] {
    let mut at = buffer.len();
    let mut left = number;
    while at == buffer.len() || left > 0 {
        at -= 1;
        buffer[at] = b'0' + (left % 10) as u8;
        left /= 10;
    }
    &buffer[at..]
}

/// What is hashed of a key: the part in its first braces, unless that is empty.
fn tag(key: &[u8]) -> &[u8] {
    let Some(open) = key.iter().position(|byte| *byte == b'{') else { return key };
    let rest = &key[open + 1..];
    match rest.iter().position(|byte| *byte == b'}') {
        None | Some(0) => key,
        Some(close) => &rest[..close],
    }
}

/// The node that serves a slot, when the slots are dealt out in equal ranges as `redis-cli --cluster
/// create` does.
#[inline]
#[must_use]
pub fn node_of_slot(slot: u16, nodes: u32) -> u32 {
    u32::from(slot) * nodes / u32::from(SLOTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values that a Redis 7.0.15 server gave for `CLUSTER KEYSLOT`.
    #[test]
    fn slots_are_those_of_a_real_server() {
        let cases: [(&str, u16); 8] = [
            ("foo", 12_182),
            ("bar", 5_061),
            ("hello", 866),
            ("123456789", 12_739),
            ("{user1000}.following", 3_443),
            ("{user1000}.followers", 3_443),
            ("foo{}{bar}", 8_363),
            ("foo{{bar}}zap", 4_015),
        ];
        for (key, slot) in cases {
            assert_eq!(slot_of(key.as_bytes()), slot, "{key}");
        }
    }

    #[test]
    fn a_numbered_key_has_the_slot_of_its_name() {
        for number in [0, 1, 9, 10, 99, 12_345, u32::MAX] {
            assert_eq!(slot_of_numbered(b"article", number), slot_of(format!("article:{number}").as_bytes()));
        }
    }

    #[test]
    fn slots_are_dealt_out_in_equal_ranges() {
        let counts = (0..SLOTS).fold([0; 3], |mut counts, slot| {
            counts[node_of_slot(slot, 3) as usize] += 1;
            counts
        });
        assert_eq!(counts, [5_462, 5_461, 5_461]);
    }
}
