//! How replications lie in the log: one after the other, each with a mark to find it by, its length and its checksum.
//!
//! ```text
//!   header   CACHESTORM-REPLICATIONS format build\n
//!   entry    mark  length  key  content  checksum of length, key and content
//!             8      4     32    length   4
//! ```
//!
//! An entry that was cut off, or changed on the disk, is passed over: the next mark with a sound entry behind it goes on.

use super::identity::Key;
use crc32fast::Hasher;
use memchr::memmem;
use std::io::{self, Read, Seek, SeekFrom};

/// Where one entry's content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub at: u64,
    pub length: u32,
}

/// What was found in a log.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// All sound entries, in their order.
    pub entries: Vec<(Key, Place)>,
    /// Bytes that belong to none.
    pub damaged: u64,
}

impl Found {
    /// Where the last sound entry ends; `begin` if there is none.
    pub fn end_of_sound(&self, begin: u64) -> u64 {
        self.entries.last().map_or(begin, |(_, place)| place.at + u64::from(place.length) + CHECKSUM as u64)
    }
}

/// No text and no number has these eight bytes.
const MARK: &[u8] = b"\xC5\x9Frepl\x0A\x00";

const LENGTH: usize = 4;
const KEY: usize = 32;
const CHECKSUM: usize = 4;
const HEAD: usize = MARK.len() + LENGTH + KEY;

/// An entry; nothing if the content is too long for one.
pub fn entry(key: &Key, content: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(content.len()).ok()?.to_le_bytes();
    let mut bytes = Vec::with_capacity(HEAD + content.len() + CHECKSUM);
    bytes.extend(MARK);
    bytes.extend(length);
    bytes.extend(key.0);
    bytes.extend(content);
    let mut hasher = Hasher::new();
    hasher.update(&bytes[MARK.len()..]);
    bytes.extend(hasher.finalize().to_le_bytes());
    Some(bytes)
}

/// Where the content of an entry lies that begins at byte `at`.
pub fn place(at: u64, content: &[u8]) -> Place {
    Place { at: at + HEAD as u64, length: content.len() as u32 }
}

/// All sound entries from where the reader is, which is byte `at` of the log, to its end at byte `end`.
///
/// # Errors
/// Those of the reader.
pub fn scan(reader: &mut (impl Read + Seek), mut at: u64, end: u64) -> io::Result<Found> {
    let mut found = Found::default();
    while at < end {
        if let Some((key, length)) = sound(reader, end - at)? {
            found.entries.push((key, Place { at: at + HEAD as u64, length }));
            at += (HEAD + CHECKSUM) as u64 + u64::from(length);
        } else {
            let next = next_mark(reader, at + 1, end)?;
            found.damaged += next - at;
            at = next;
            reader.seek(SeekFrom::Start(at))?;
        }
    }
    Ok(found)
}

/// The entry that lies here, if it is sound and no longer than what is left, and the length of its content.
fn sound(reader: &mut impl Read, left: u64) -> io::Result<Option<(Key, u32)>> {
    let mut head = [0; HEAD];
    if left < (HEAD + CHECKSUM) as u64 {
        return Ok(None);
    }
    reader.read_exact(&mut head)?;
    let (mark, checked) = head.split_at(MARK.len());
    let (length, key) = checked.split_first_chunk::<LENGTH>().expect("a head has a length");
    let length = u32::from_le_bytes(*length);
    if mark != MARK || u64::from(length) > left - (HEAD + CHECKSUM) as u64 {
        return Ok(None);
    }
    let mut hasher = Hasher::new();
    hasher.update(checked);
    let mut content = reader.take(length.into());
    let mut part = [0; PART];
    loop {
        match content.read(&mut part)? {
            0 => break,
            read => hasher.update(&part[..read]),
        }
    }
    let mut stored = [0; CHECKSUM];
    reader.read_exact(&mut stored)?;
    let key = key.try_into().expect("the rest of a head is a key");
    Ok((stored == hasher.finalize().to_le_bytes()).then_some((Key(key), length)))
}

/// The first mark from byte `at` on, or the end.
fn next_mark(reader: &mut (impl Read + Seek), mut at: u64, end: u64) -> io::Result<u64> {
    let mut part = vec![0; PART];
    while at < end {
        reader.seek(SeekFrom::Start(at))?;
        let length = part.len().min((end - at) as usize);
        reader.read_exact(&mut part[..length])?;
        if let Some(place) = memmem::find(&part[..length], MARK) {
            return Ok(at + place as u64);
        }
        // A mark may lie across the end of this part.
        at += (length - (MARK.len() - 1).min(length - 1)) as u64;
    }
    Ok(end)
}

/// So much is read at once.
const PART: usize = 1 << 14;

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn key(byte: u8) -> Key {
        Key([byte; 32])
    }

    /// Three entries; the second holds a mark itself.
    fn three() -> [Vec<u8>; 3] {
        let contents: [&[u8]; 3] = [b"first", &[MARK, b"second"].concat(), b""];
        let entries = (1..).zip(contents).map(|(byte, content)| entry(&key(byte), content));
        let entries: Vec<Vec<u8>> = entries.map(|entry| entry.expect("it is short")).collect();
        entries.try_into().expect("there are three")
    }

    fn scanned(bytes: &[u8]) -> Found {
        let end = bytes.len() as u64;
        scan(&mut Cursor::new(bytes), 0, end).expect("it lies in memory")
    }

    fn keys(found: &Found) -> Vec<u8> {
        found.entries.iter().map(|(key, _)| key.0[0]).collect()
    }

    #[test]
    fn what_was_written_is_found_where_it_lies() {
        let bytes = three().concat();
        let found = scanned(&bytes);
        assert_eq!((keys(&found), found.damaged), (vec![1, 2, 3], 0));
        let (_, first) = found.entries[0];
        assert_eq!(&bytes[first.at as usize..][..first.length as usize], b"first");
        assert_eq!(first, place(0, b"first"));
    }

    #[test]
    fn wherever_it_is_cut_off_all_whole_entries_before_are_found() {
        let entries = three();
        let bytes = entries.concat();
        let ends: Vec<usize> = (1..=3).map(|count| entries[..count].concat().len()).collect();
        for cut in 0..=bytes.len() {
            let found = scanned(&bytes[..cut]);
            let whole = ends.iter().filter(|end| **end <= cut).count();
            assert_eq!(found.entries.len(), whole, "cut at {cut}");
            let left = cut - whole.checked_sub(1).map_or(0, |last| ends[last]);
            assert_eq!(found.damaged, left as u64, "cut at {cut}");
        }
    }

    #[test]
    fn whatever_byte_is_changed_only_its_entry_is_lost() {
        let entries = three();
        let bytes = entries.concat();
        for at in 0..bytes.len() {
            let hit =
                (1..=3).find(|count| at < entries[..*count].concat().len()).expect("it lies in one") as u8;
            let mut changed = bytes.clone();
            changed[at] ^= 0x10;
            let found = scanned(&changed);
            let expected: Vec<u8> = (1..=3).filter(|number| *number != hit).collect();
            assert_eq!(keys(&found), expected, "changed at {at}");
            assert_eq!(found.damaged, entries[usize::from(hit) - 1].len() as u64, "changed at {at}");
        }
    }

    #[test]
    fn noise_has_no_entries() {
        let noise: Vec<u8> = (0..10_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        assert_eq!(scanned(&noise), Found { entries: Vec::new(), damaged: 10_000 });
        assert_eq!(scanned(&[]), Found::default());
    }

    #[test]
    fn a_mark_is_found_behind_any_length_of_noise() {
        let [sound, ..] = three();
        for noise in (0..40).chain(PART - 20..PART + 20).chain(2 * PART - 20..2 * PART + 5) {
            let found = scanned(&[vec![b'x'; noise], sound.clone()].concat());
            assert_eq!((keys(&found), found.damaged), (vec![1], noise as u64));
        }
    }
}
