//! Plain, gzip or zstd: told apart by their first bytes, because names lie.

use super::error::Fault;
use flate2::bufread::GzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::{self, BufRead, BufReader, Cursor, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The bytes of a trace as they are after decompression.
pub(super) type Bytes = Box<dyn Read + Send>;

/// Wraps `input` in the decoder its first bytes ask for.
pub(super) fn decompress(mut input: Bytes) -> io::Result<Result<Bytes, Fault>> {
    let mut start = Vec::with_capacity(MAGIC_LENGTH);
    input.by_ref().take(MAGIC_LENGTH as u64).read_to_end(&mut start)?;
    if let Some((_, what)) = UNSUPPORTED.iter().find(|(magic, _)| start.starts_with(magic)) {
        let fault = Fault::new(format!("the file is {what}; expected plain text, gzip or zstd"));
        return Ok(Err(fault.help("unpack it first")));
    }
    let kind = if start.starts_with(GZIP) {
        Kind::Gzip
    } else if start.starts_with(ZSTD) || is_skippable_frame(&start) {
        Kind::Zstd
    } else {
        Kind::Plain
    };
    let input = Cursor::new(start).chain(input);
    let packed = Arc::new(AtomicU64::new(0));
    let counted = Counted { input, bytes: Arc::clone(&packed) };
    let buffered = |input| BufReader::with_capacity(INPUT_BUFFER, input);
    let output: Bytes = match kind {
        Kind::Plain => return Ok(Ok(Box::new(counted.input))),
        Kind::Gzip => Box::new(Gzip(Some(GzDecoder::new(buffered(counted))))),
        Kind::Zstd => {
            Box::new(Zstd { input: buffered(counted), frame: FrameDecoder::new(), in_frame: false })
        }
    };
    Ok(Ok(Box::new(Bounded { output, packed, unpacked: 0 })))
}

/// Counts the bytes that are read.
struct Counted<R> {
    input: R,
    bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.input.read(buffer)?;
        self.bytes.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}

/// Ends what unpacks to far more than a trace does: a small file made to fill memory or time.
struct Bounded {
    output: Bytes,
    packed: Arc<AtomicU64>,
    unpacked: u64,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.output.read(buffer)?;
        self.unpacked += length as u64;
        let packed = self.packed.load(Ordering::Relaxed);
        if self.unpacked > ANY_RATIO_UP_TO && self.unpacked / RATIO_MAX > packed {
            let message = format!("it unpacks to more than {RATIO_MAX} times its size, which no trace does");
            return Err(io::Error::new(
                ErrorKind::InvalidData,
                format!("{message}; unpack it first if it is one"),
            ));
        }
        Ok(length)
    }
}

enum Kind {
    Plain,
    Gzip,
    Zstd,
}

/// Members one after the other, as `cat` leaves them. There is no decoder when all is read.
struct Gzip<R>(Option<GzDecoder<R>>);

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while let Some(member) = &mut self.0 {
            let length = member.read(buffer).map_err(|error| match error.kind() {
                ErrorKind::UnexpectedEof => cut_short("gzip"),
                ErrorKind::InvalidInput | ErrorKind::InvalidData => corrupt("gzip", &error),
                _ => error,
            })?;
            if length > 0 {
                return Ok(length);
            }
            match member.get_mut().fill_buf()?.first() {
                None => self.0 = None,
                Some(first) if *first == GZIP[0] => {
                    self.0 = self.0.take().map(|member| GzDecoder::new(member.into_inner()));
                }
                Some(_) => return Err(followed("gzip")),
            }
        }
        Ok(0)
    }
}

/// The decoder of `ruzstd` stops after one frame; files made by `pzstd` or `cat` have many.
struct Zstd<R> {
    input: R,
    frame: FrameDecoder,
    in_frame: bool,
}

impl<R: BufRead> Zstd<R> {
    fn start_frame(&mut self) -> io::Result<()> {
        match self.frame.reset(&mut self.input) {
            Ok(()) => self.in_frame = true,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length, ..
            })) => {
                let skipped = io::copy(&mut self.input.by_ref().take(u64::from(length)), &mut io::sink())?;
                if skipped < u64::from(length) {
                    return Err(cut_short("zstd"));
                }
            }
            Err(error) => return Err(self.fault(&error)),
        }
        Ok(())
    }

    fn end_frame(&mut self) -> io::Result<()> {
        self.in_frame = false;
        match self.frame.get_checksum_from_data() {
            Some(expected) if self.frame.get_calculated_checksum() != Some(expected) => {
                Err(corrupt("zstd", &"its checksum does not match"))
            }
            _ => Ok(()),
        }
    }

    /// A decoder that has read all there is and still fails was cut off.
    fn fault(&mut self, error: &FrameDecoderError) -> io::Error {
        match self.input.fill_buf() {
            Ok([]) => cut_short("zstd"),
            Ok(_) => corrupt("zstd", error),
            Err(error) => error,
        }
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if self.in_frame {
                while self.frame.can_collect() == 0 && !self.frame.is_finished() {
                    let one = BlockDecodingStrategy::UptoBlocks(1);
                    if let Err(error) = self.frame.decode_blocks(&mut self.input, one) {
                        return Err(self.fault(&error));
                    }
                }
                let length = self.frame.read(buffer)?;
                if length > 0 {
                    return Ok(length);
                }
                self.end_frame()?;
            } else if self.input.fill_buf()?.is_empty() {
                return Ok(0);
            } else {
                self.start_frame()?;
            }
        }
    }
}

fn cut_short(codec: &str) -> io::Error {
    let message = format!("the {codec} data is cut short; copy or compress the file again");
    io::Error::new(ErrorKind::UnexpectedEof, message)
}

fn followed(codec: &str) -> io::Error {
    let message =
        format!("something else follows the {codec} data; compress the trace again, or cut the rest off");
    io::Error::new(ErrorKind::InvalidData, message)
}

fn corrupt(codec: &str, reason: &dyn std::fmt::Display) -> io::Error {
    let message = format!("the {codec} data is corrupt ({reason}); copy or compress the file again");
    io::Error::new(ErrorKind::InvalidData, message)
}

/// RFC 8878, section 3.1.2: 0x184D2A50 to 0x184D2A5F, little-endian.
fn is_skippable_frame(start: &[u8]) -> bool {
    matches!(start, [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..])
}

/// Logs are packed to a tenth or a thirtieth. Deflate can reach 1,032 (zlib, "Technical details"), zstd far more.
const RATIO_MAX: u64 = 1_000;
/// A file of this size harms nobody, whatever it was packed to.
const ANY_RATIO_UP_TO: u64 = 64 << 20;
/// RFC 1952, section 2.3.1, with the only compression method there is, deflate.
const GZIP: &[u8] = &[0x1F, 0x8B, 8];
/// RFC 8878, section 3.1.1.
const ZSTD: &[u8] = &[0x28, 0xB5, 0x2F, 0xFD];
/// The longest of the signatures.
const MAGIC_LENGTH: usize = 6;
/// Compressed bytes read at a time: large enough that calls to the system do not count.
const INPUT_BUFFER: usize = 128 << 10;

/// What people compress with that is not read here; signatures from the `magic` database of `file`.
const UNSUPPORTED: [(&[u8], &str); 5] = [
    (b"\xFD7zXZ\0", "compressed with xz"),
    (b"BZh", "compressed with bzip2"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x04\x22\x4D\x18", "compressed with lz4"),
    (b"PAR1", "a Parquet file"),
];
