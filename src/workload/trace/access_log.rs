//! Access logs of web servers, in the common and the combined format of Apache and nginx:
//!
//! `192.0.2.1 - alice [10/Oct/2000:13:55:36 -0700] "GET /a?b=c HTTP/1.1" 200 2326 "referrer" "agent"`
//!
//! The key is the request target as written, path and query. The user is the client's address. The size
//! is the bytes sent; a response that carries no body (to HEAD, 204, 304, or `-`) says nothing of it. The
//! referrer and all that follows is not read. A request that the server itself could not read, such as
//! a TLS handshake on a plain port, is a line like any other, but reaches no cache.

use super::error::{Fault, malformed, misread, quote};
use super::operation::Operation;
use super::request::{Line, Request};
use super::timestamp::common_log;
use crate::quantity::Bytes;
use std::ops::Range;

/// The request in a line.
#[inline]
pub(super) fn parse(line: &[u8]) -> Result<Line, Fault> {
    if line.trim_ascii().is_empty() {
        return Ok(Line::Blank);
    }
    let user = client(line)?;
    let time = memchr::memchr(b'[', line).map_or(0, |bracket| bracket + 1);
    let time_end = find(line, time, b']').ok_or_else(|| no_line("the time has no end", line))?;
    let written = &line[time..time_end];
    let time = common_log(written)
        .ok_or_else(|| misread("time", written, "one such as `10/Oct/2000:13:55:36 -0700`"))?;
    let request = time_end + 3;
    if line.get(time_end + 1..request) != Some(b" \"") {
        return Err(no_line("no request in quotation marks follows the time", line));
    }
    let request = closing_mark(line, request)
        .map(|end| request..end)
        .ok_or_else(|| no_line("the quotation marks of the request are not closed", line))?;
    let (status, sent) = response(&line[request.end + 1..])?;
    let Some((method, key)) = split_request(line, request.clone()) else {
        return if status.is_some_and(|status| (200..400).contains(&status)) {
            let request = quote(&line[request]);
            Err(malformed(
                &format!("the request {request} is none of HTTP"),
                "a method and a path, as `GET /path HTTP/1.1`",
            ))
        } else {
            Ok(Line::Other)
        };
    };
    let has_body = method != b"HEAD" && !matches!(status, Some(100..=199 | 204 | 304));
    Ok(Line::Request(Request {
        time,
        key,
        size: sent.filter(|_| has_body),
        operation: Operation::of_method(method),
        ttl: None,
        user: Some(user),
        status,
    }))
}

/// The first of the three words before the time. With four, the first is likely the virtual host.
#[inline]
fn client(line: &[u8]) -> Result<Range<usize>, Fault> {
    let bracket = memchr::memchr(b'[', line).ok_or_else(|| no_line("there is no time in brackets", line))?;
    let before = line[..bracket].trim_ascii_end();
    let end = memchr::memchr(b' ', before).unwrap_or(before.len());
    match memchr::memchr_iter(b' ', before).count() {
        2 if end > 0 => Ok(0..end),
        3 => Err(no_line("four words stand before the time", line)
            .help("if the first word is the virtual host, cut it off, as `cut -d ' ' -f 2-` does")),
        spaces => Err(no_line(&format!("{} words stand before the time", spaces + 1), line)),
    }
}

/// The first quotation mark after `start` that no backslash protects.
#[inline]
fn closing_mark(line: &[u8], start: usize) -> Option<usize> {
    let mut from = start;
    loop {
        let found = from + memchr::memchr2(b'"', b'\\', line.get(from..)?)?;
        if line[found] == b'"' {
            return Some(found);
        }
        from = found + 2;
    }
}

/// Method and target of `GET /path HTTP/1.1`; the protocol may be missing (HTTP/0.9), and a careless
/// client's spaces belong to the target.
#[inline]
fn split_request(line: &[u8], request: Range<usize>) -> Option<(&[u8], Range<usize>)> {
    let text = &line[request.clone()];
    let space = memchr::memchr(b' ', text)?;
    let method = &text[..space];
    let is_method =
        !method.is_empty() && method.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'-');
    let end =
        memchr::memrchr(b' ', text).filter(|end| text[end + 1..].starts_with(b"HTTP/")).unwrap_or(text.len());
    let target = space + 1..end;
    (is_method && target.start < target.end)
        .then(|| (method, request.start + target.start..request.start + target.end))
}

/// Status and bytes sent, after the request.
#[inline]
fn response(rest: &[u8]) -> Result<(Option<u16>, Option<Bytes>), Fault> {
    let mut words = rest.trim_ascii_start().split(|byte| *byte == b' ');
    let (status, sent) = (words.next().unwrap_or(b""), words.next().unwrap_or(b""));
    let status = match dash_or_number(status) {
        Ok(None) => None,
        Ok(Some(code @ ..1_000)) => Some(code as u16),
        _ => return Err(misread("status", status, "three digits, as `200`")),
    };
    let sent = dash_or_number(sent)
        .map_err(|()| misread("number of bytes sent", sent, "a whole number, or `-` for none"))?;
    Ok((status, sent.map(Bytes)))
}

#[inline]
fn dash_or_number(text: &[u8]) -> Result<Option<u64>, ()> {
    let digit = |number: u64, byte: &u8| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    };
    match text {
        b"-" => Ok(None),
        b"" => Err(()),
        text => text.iter().try_fold(0, digit).map(Some).ok_or(()),
    }
}

fn find(line: &[u8], from: usize, byte: u8) -> Option<usize> {
    memchr::memchr(byte, line.get(from..)?).map(|found| from + found)
}

#[cold]
fn no_line(message: &str, line: &[u8]) -> Fault {
    malformed(
        &format!("{message} in {}", quote(line)),
        "the common or combined format, `ADDRESS - USER [10/Oct/2000:13:55:36 -0700] \"GET /path HTTP/1.1\" 200 2326`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// User, key, operation, size and status; `None` for a line that is no request.
    type Found = Option<(&'static str, &'static str, Operation, Option<u64>, Option<u16>)>;

    fn check(line: &str, expected: Found) {
        let found = match parse(line.as_bytes()).expect("the line is well formed") {
            Line::Request(request) => Some(request),
            Line::Blank | Line::Other => None,
        };
        let text = |range: &Range<usize>| &line[range.clone()];
        let found = found.as_ref().map(|request| {
            let user = request.user.as_ref().map_or("", text);
            let size = request.size.map(|size| size.0);
            (user, text(&request.key), request.operation, size, request.status)
        });
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn lines_of_real_servers_are_understood() {
        use Operation::{Read, Write};
        let stamp = "[10/Oct/2000:13:55:36 -0700]";
        // The first two are the examples of Apache's manual, `mod_log_config`.
        let cases: [(&str, &str, Found); 12] = [
            (
                "127.0.0.1 - frank ",
                r#" "GET /apache_pb.gif HTTP/1.0" 200 2326"#,
                Some(("127.0.0.1", "/apache_pb.gif", Read, Some(2326), Some(200))),
            ),
            (
                "127.0.0.1 - frank ",
                r#" "GET /apache_pb.gif HTTP/1.0" 200 2326 "http://www.example.com/start.html" "Mozilla/4.08 [en]""#,
                Some(("127.0.0.1", "/apache_pb.gif", Read, Some(2326), Some(200))),
            ),
            (
                "2001:db8::1 - - ",
                r#" "POST /a HTTP/2.0" 302 -"#,
                Some(("2001:db8::1", "/a", Write, None, Some(302))),
            ),
            (
                "::1 - - ",
                r#" "GET /a?b=c&d HTTP/1.1" 304 0 "-" "-""#,
                Some(("::1", "/a?b=c&d", Read, None, Some(304))),
            ),
            ("::1 - - ", r#" "HEAD / HTTP/1.1" 200 0"#, Some(("::1", "/", Read, None, Some(200)))),
            ("::1 - - ", r#" "GET /x" 404 9"#, Some(("::1", "/x", Read, Some(9), Some(404)))),
            ("::1 - - ", r#" "GET /a b HTTP/1.1" 200 9"#, Some(("::1", "/a b", Read, Some(9), Some(200)))),
            (
                "::1 - - ",
                r#" "GET /\"q\" HTTP/1.1" 200 9"#,
                Some(("::1", r#"/\"q\""#, Read, Some(9), Some(200))),
            ),
            (
                "::1 - - ",
                r#" "GET /iso HTTP/1.1" 200 6000000000"#,
                Some(("::1", "/iso", Read, Some(6_000_000_000), Some(200))),
            ),
            ("::1 - - ", r#" "-" 408 -"#, None),
            ("::1 - - ", r#" "\x16\x03\x01" 400 157 "-" "-""#, None),
            ("::1 - - ", r#" "" 400 0"#, None),
        ];
        for (before, after, expected) in cases {
            check(&format!("{before}{stamp}{after}"), expected);
        }
        check("  ", None);
    }
}
