//! The formats, and how one is recognised.

use super::access_log;
use super::error::{Fault, quote_start};
use super::request::Line;

/// How a trace is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values under a header.
    Csv,
    /// `libCacheSim`'s binary records of 24 bytes.
    OracleGeneral,
    /// The common or combined log format of web servers.
    AccessLog,
}

impl Format {
    /// By the name, if it says `oracleGeneral`, and else by the first line.
    pub(super) fn recognise(name: &str, first_line: &[u8]) -> Result<Self, Fault> {
        if names_oracle_general(name) {
            return Ok(Self::OracleGeneral);
        }
        if let Some((_, what)) = FOREIGN.iter().find(|(magic, _)| first_line.starts_with(magic)) {
            return Err(Fault::new(format!("the file is {what}; expected {EXPECTED}")).help(CONVERT_HELP));
        }
        if matches!(access_log::parse(first_line), Ok(Line::Request(_) | Line::Other)) {
            return Ok(Self::AccessLog);
        }
        if first_line.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
            let start = quote_start(first_line);
            let fault =
                Fault::new(format!("the file is binary, it starts with {start}; expected {EXPECTED}"));
            return Err(fault.help("if it is libCacheSim's, set `format = \"oracle_general\"`"));
        }
        // Nearly a line of an access log: its complaint will help more than one about columns.
        let ends_time_and_starts_request = memchr::memmem::find(first_line, b"] \"").is_some();
        Ok(if ends_time_and_starts_request { Self::AccessLog } else { Self::Csv })
    }

    /// A key as people read it: numbers of binary formats in decimal.
    #[must_use]
    pub fn key_text(self, key: &[u8]) -> String {
        match (self, key.try_into()) {
            (Self::OracleGeneral, Ok(id)) => u64::from_le_bytes(id).to_string(),
            _ => String::from_utf8_lossy(key).into_owned(),
        }
    }
}

/// As `a.oracleGeneral`, `a.oracleGeneral.bin`, `a.oracleGeneral.zst`.
fn names_oracle_general(name: &str) -> bool {
    let mut endings = name.rsplit(['/', '\\']).next().unwrap_or(name).split('.').skip(1);
    endings.any(|ending| ending.eq_ignore_ascii_case("oracleGeneral"))
}

const EXPECTED: &str = "a CSV with a header, an access log, or libCacheSim's oracleGeneral";
const CONVERT_HELP: &str = "convert it to CSV with the header `time,key,size`";

/// Formats that are asked for and not read, by their first bytes.
const FOREIGN: [(&[u8], &str); 4] = [
    (b"\xF0\xDE\xBC\x9A\x78\x56\x34\x12", "libCacheSim's `lcs` format"),
    (b"\xFF\xFE", "text in UTF-16"),
    (b"\xFE\xFF", "text in UTF-16"),
    (b"{", "JSON"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_or_the_first_line_tells_the_format() {
        let log = r#"::1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 2"#;
        let cases = [
            ("a.oracleGeneral", "\0\x01", Some(Format::OracleGeneral)),
            ("/d/a.oracleGeneral.bin", "", Some(Format::OracleGeneral)),
            ("a.oracleGeneral.zst", "", Some(Format::OracleGeneral)),
            ("a.oracleGeneral/b.csv", "time,key", Some(Format::Csv)),
            ("access.log", log, Some(Format::AccessLog)),
            ("anything.csv", log, Some(Format::AccessLog)),
            ("access.log", "time\tkey", Some(Format::Csv)),
            ("a.bin", "\0\x01\x02", None),
            ("a.csv", r#"{"time": 1}"#, None),
            (
                "access.log",
                r#"h ::1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 2"#,
                Some(Format::AccessLog),
            ),
        ];
        for (name, line, format) in cases {
            assert_eq!(Format::recognise(name, line.as_bytes()).ok(), format, "{name}");
        }
    }

    #[test]
    fn keys_are_shown_as_their_format_means_them() {
        assert_eq!(Format::OracleGeneral.key_text(&42_932_745_u64.to_le_bytes()), "42932745");
        assert_eq!(Format::AccessLog.key_text(b"/a/b"), "/a/b");
    }
}
