//! Reads and writes, by the words of caches, of block devices and of HTTP.

/// What a request of a trace does to its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Looks the key up.
    Read,
    /// Changes or removes it.
    Write,
}

impl Operation {
    /// The meaning of a word in an operation column.
    pub(super) fn of_word(word: &[u8]) -> Option<Self> {
        let is = |known: &&str| known.as_bytes().eq_ignore_ascii_case(word);
        if READS.iter().any(is) { Some(Self::Read) } else { WRITES.iter().any(is).then_some(Self::Write) }
    }

    /// The meaning of an HTTP method: what RFC 9110 (section 9.2.1) and `WebDAV` call safe is a read,
    /// everything else a write.
    pub(super) fn of_method(method: &[u8]) -> Self {
        if SAFE_METHODS.iter().any(|safe| safe.as_bytes() == method) { Self::Read } else { Self::Write }
    }
}

/// The hexadecimal codes are those of SCSI (READ and WRITE of 6, 10, 12 and 16 bytes), as in the
/// `CloudPhysics` traces; the rest are Memcached's commands and HTTP's methods. The frequent come first.
const READS: [&str; 14] =
    ["get", "gets", "read", "r", "28", "88", "a8", "08", "head", "gat", "lookup", "fetch", "0x28", "options"];
const WRITES: [&str; 26] = [
    "set", "write", "w", "2a", "8a", "aa", "0a", "put", "post", "delete", "add", "replace", "cas", "append",
    "prepend", "incr", "decr", "touch", "patch", "update", "insert", "del", "remove", "purge", "0x2a",
    "setex",
];
const SAFE_METHODS: [&str; 7] = ["GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "REPORT", "SEARCH"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_caches_disks_and_http_are_known() {
        let cases = [
            ("get", Some(Operation::Read)),
            ("GETS", Some(Operation::Read)),
            ("R", Some(Operation::Read)),
            ("28", Some(Operation::Read)),
            ("2a", Some(Operation::Write)),
            ("2A", Some(Operation::Write)),
            ("cas", Some(Operation::Write)),
            ("Delete", Some(Operation::Write)),
            ("", None),
            ("frobnicate", None),
        ];
        for (word, operation) in cases {
            assert_eq!(Operation::of_word(word.as_bytes()), operation, "{word}");
        }
    }

    #[test]
    fn safe_methods_read_and_all_others_write() {
        let reads = ["GET", "HEAD", "OPTIONS"].map(|method| Operation::of_method(method.as_bytes()));
        assert_eq!(reads, [Operation::Read; 3]);
        let writes =
            ["POST", "PUT", "PATCH", "DELETE", "get"].map(|method| Operation::of_method(method.as_bytes()));
        assert_eq!(writes, [Operation::Write; 5]);
    }
}
