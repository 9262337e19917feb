//! Every way in which a trace can be broken that its authors could think of, and what the user is told.
//!
//! The messages stand in `tests/broken_traces/*.txt`, one file per test, to be read as prose. After a change
//! that is meant, `UPDATE_SNAPSHOTS=1 cargo test --test broken_traces` writes them anew.

use cachestorm::workload::trace::{Columns, OnError, TraceError, TraceReader, TraceSpec};
use std::fmt::Write as _;
use std::io::{Cursor, Write};
use std::path::Path;

#[test]
fn a_broken_header_says_which_columns_there_are() {
    let csv = |title, text: &str| (title, told("a.csv", text));
    let key = |key: &str| TraceSpec {
        columns: Columns { key: Some(key.into()), ..Columns::default() },
        ..TraceSpec::default()
    };
    let named = |name| told_with(&key(name), "a.csv", "time,object_name\n1,a\n");
    let cases = [
        csv("nothing at all", ""),
        csv("blank lines only", "\n\n"),
        csv("a header only", "time,key\n"),
        csv("a name mistyped", "time,kye\n1,a\n"),
        csv("no name for the time", "when,key\n1,a\n"),
        csv("no header", "1700000000,user:7,512\n"),
        csv("a name twice", "time,key,key\n1,a,b\n"),
        csv("forty columns", &format!("{}\n", ["x"; 40].join(","))),
        csv("a line of 70,000 bytes", &format!("{}\n", "x".repeat(70_000))),
        ("the user mistypes a name", named("object_nmae")),
        ("the user names what is not there", named("zebra")),
    ];
    check("header", &cases);
}

#[test]
fn a_broken_line_of_a_csv_is_shown_with_its_number() {
    let csv = |title, text: &str| (title, told("a.csv", text));
    let cases = [
        csv("a time in words", "time,key\n1,a\nsoon,b\n"),
        csv("no time", "time,key\n1,a\n,b\n"),
        csv("milliseconds taken for seconds", "time,key\n1700000000123,a\n"),
        csv("no key", "time,key\n1,\n"),
        csv("a column too few", "time,key,size\n1,a\n"),
        csv("a comma in a key", "time,key,size\n1,/search?q=a,b,512\n"),
        csv("a negative size", "time,key,size\n1,a,-5\n"),
        csv("half a byte", "time,key,size\n1,a,5.5\n"),
        csv("a size with a unit", "time,key,size\n1,a,1 KB\n"),
        csv("an unknown operation", "time,key,op\n1,a,frobnicate\n"),
        csv("a negative time to live", "time,key,ttl\n1,a,-1\n"),
        csv("quotation marks not closed", "time,key\n1,\"a\n2,b\n"),
        csv("control characters", "time,key\n1,a\n1\u{1b}[31m\0,b\n"),
        ("not UTF-8", told("a.csv", b"time,key\n\xff\xfe,b\n")),
        csv("a line of 70,000 bytes", &format!("time,key\n1,{}\n", "k".repeat(70_000))),
        csv("more than five minutes back", "time,key\n1000,a\n699.5,b\n"),
        ("every line skipped", told_with(&skip(), "a.csv", "time,key\nx,a\ny,b\n")),
    ];
    check("csv", &cases);
}

#[test]
fn a_broken_line_of_an_access_log_is_shown_with_its_number() {
    let second = |title, line: &str| (title, told("access.log", format!("{LINE}\n{line}\n")));
    let with = |title, from: &str, to: &str| second(title, &LINE.replace(from, to));
    let cases = [
        second("a word", "hello"),
        with("a day that is none", "10/Oct", "32/Oct"),
        with("a bracket missing", "-0700] ", "-0700 "),
        with("no request", "] \"", "] "),
        with("quotation marks not closed", "1.1\"", "1.1"),
        with("a request that is none, answered with 200", "GET /a", "hello"),
        with("a status in words", " 200", " OK"),
        with("bytes with a unit", "2326", "2k"),
        with("cut after the request", " 200 2326", ""),
        with("an hour back", "13:55", "12:55"),
        ("a virtual host in front", told("access.log", format!("www.example:80 {LINE}\n"))),
        (
            "nothing but a request that the server could not read",
            told("access.log", LINE.replace("GET /a HTTP/1.1\" 200", "\" 400")),
        ),
    ];
    check("access_log", &cases);
}

#[test]
fn a_broken_binary_trace_is_shown_with_its_offset() {
    let mut back = [0; 48];
    back[1] = 4;
    let cases = [
        ("nothing at all", told("a.oracleGeneral", [])),
        ("cut in the second record", told("a.oracleGeneral", [0; 30])),
        ("more than five minutes back", told("a.oracleGeneral", back)),
        ("cut in the only record, which is skipped", told_with(&skip(), "a.oracleGeneral", [0; 20])),
    ];
    check("oracle_general", &cases);
}

#[test]
fn a_file_of_another_kind_is_named() {
    let cases = [
        ("bytes", told("a.bin", [0, 1, 2, 3, 255])),
        ("xz", told("a.csv.xz", b"\xFD7zXZ\0rest")),
        ("zip", told("a.zip", b"PK\x03\x04rest")),
        ("lcs of libCacheSim", told("a.lcs", b"\xF0\xDE\xBC\x9A\x78\x56\x34\x12rest")),
        ("JSON", told("a.json", "{\"time\": 1, \"key\": \"a\"}\n")),
        ("UTF-16", told("a.csv", b"\xFF\xFEt\0i\0m\0e\0")),
        ("a directory", told_of_file("src")),
        ("a file that does not exist", told_of_file("no/such/file.csv")),
    ];
    check("other_files", &cases);
}

#[test]
fn broken_compression_is_told_from_a_broken_trace() {
    let text = format!("time,key\n{}", "1,abc\n2,def\n3,xyz\n".repeat(20_000));
    let (gzip, zstd) = (gzip(text.as_bytes()), zstd(text.as_bytes()));
    let flipped = |packed: &[u8], from_end: usize| {
        let mut packed = packed.to_vec();
        let place = packed.len() - from_end;
        packed[place] ^= 1;
        packed
    };
    let cases = [
        ("gzip, cut at the end", told("a.csv.gz", &gzip[..gzip.len() - 5])),
        ("gzip, cut in the header", told("a.csv.gz", &gzip[..4])),
        ("gzip, then something else", told("a.csv.gz", [&gzip[..], b"garbage"].concat())),
        ("gzip, a bit of the checksum flipped", told("a.csv.gz", flipped(&gzip, 6))),
        ("zstd, cut at the end", told("a.csv.zst", &zstd[..zstd.len() - 5])),
        ("zstd, cut in the header", told("a.csv.zst", &zstd[..5])),
        ("zstd, a bit of the checksum flipped", told("a.csv.zst", flipped(&zstd, 1))),
        (
            "zstd, a reserved bit of the frame set",
            told("a.csv.zst", [&zstd[..4], &[0xFF], &zstd[5..]].concat()),
        ),
    ];
    check("compression", &cases);
}

/// Compares what was told in each case with the file of that name.
fn check(name: &str, cases: &[(&str, String)]) {
    let mut told = String::new();
    for (title, message) in cases {
        writeln!(told, "# {title}\nfailed to {message}\n").expect("a string takes what is written to it");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/broken_traces/{name}.txt"));
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &told).expect("the file can be written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    for (told, expected) in told.split("\n\n").zip(expected.split("\n\n")) {
        assert_eq!(told, expected, "in {}", path.display());
    }
    assert_eq!(told, expected, "in {}", path.display());
}

fn told(name: &str, bytes: impl AsRef<[u8]>) -> String {
    told_with(&TraceSpec::default(), name, bytes)
}

/// The first error of a trace, which must have one.
fn told_with(spec: &TraceSpec, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let input = Box::new(Cursor::new(bytes.as_ref().to_vec()));
    let first_error = || -> Result<u64, TraceError> {
        let mut reader = TraceReader::from_read(name, input, spec)?;
        let mut requests = 0;
        while reader.next_record()?.is_some() {
            requests += 1;
        }
        Ok(requests)
    };
    first_error().expect_err("the trace is broken").to_string()
}

fn told_of_file(path: &str) -> String {
    let reader = TraceReader::open(Path::new(path), &TraceSpec::default());
    reader.err().map(|error| error.to_string()).unwrap_or_default()
}

fn skip() -> TraceSpec {
    TraceSpec { on_error: OnError::Skip, ..TraceSpec::default() }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

fn zstd(text: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
}

const LINE: &str = r#"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.1" 200 2326"#;
