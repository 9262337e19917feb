//! Which column of a CSV trace holds what: by the user's word, or by the names that are usual.

use super::error::{Fault, quote, quote_name, quote_start};
use super::timestamp::{TimeUnit, decimal};

/// Names of columns that are not the usual ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// When the request came.
    pub time: Option<String>,
    /// What it asked for.
    pub key: Option<String>,
    /// Size of the object, in bytes.
    pub size: Option<String>,
    /// Read or write.
    pub operation: Option<String>,
    /// Time to live, in seconds.
    pub ttl: Option<String>,
    /// Who asked.
    pub user: Option<String>,
}

/// Where the fields of a request stand in a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub delimiter: u8,
    pub width: usize,
    pub time: usize,
    pub key: usize,
    pub size: Option<usize>,
    pub operation: Option<usize>,
    pub ttl: Option<usize>,
    pub user: Option<usize>,
    /// The unit that the name of the time column ends with, as `time_ms`.
    pub unit: Option<TimeUnit>,
}

impl Layout {
    /// From the first line of a file.
    pub fn of_header(line: &[u8], columns: &Columns) -> Result<Self, Fault> {
        let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        let delimiter = delimiter(line);
        let header = Header(line.split(|byte| *byte == delimiter).map(plain_name).collect());
        let time = header.required(columns.time.as_deref(), "time", TIME)?;
        let key = header.required(columns.key.as_deref(), "key", KEY)?;
        Ok(Self {
            delimiter,
            width: header.0.len(),
            time,
            key,
            size: header.find(columns.size.as_deref(), "size", SIZE)?,
            operation: header.find(columns.operation.as_deref(), "operation", OPERATION)?,
            ttl: header.find(columns.ttl.as_deref(), "ttl", TTL)?,
            user: header.find(columns.user.as_deref(), "user", USER)?,
            unit: split_unit(&usual_form(&header.0[time])).1,
        })
    }
}

struct Header(Vec<String>);

impl Header {
    fn required(&self, wanted: Option<&str>, field: &str, aliases: &[&str]) -> Result<usize, Fault> {
        self.find(wanted, field, aliases)?.ok_or_else(|| self.missing(field, aliases))
    }

    /// The column that was named, which must exist, or the first that bears a usual name.
    fn find(&self, wanted: Option<&str>, field: &str, aliases: &[&str]) -> Result<Option<usize>, Fault> {
        if let Some(wanted) = wanted {
            return match self.0.iter().position(|name| name == plain_name(wanted.as_bytes()).as_str()) {
                Some(column) => Ok(Some(column)),
                None => Err(self.no_such_column(wanted, field)),
            };
        }
        let names: Vec<_> = self.0.iter().map(|name| usual_form(name)).collect();
        for alias in aliases {
            let bears = |name: &String| name == alias || (field == "time" && split_unit(name).0 == *alias);
            let mut columns = (0..names.len()).filter(|column| bears(&names[*column]));
            if let Some(column) = columns.next() {
                return match columns.next() {
                    None => Ok(Some(column)),
                    Some(_) => Err(Fault::new(format!("the header has two columns `{alias}`"))
                        .help("give each column a name of its own")),
                };
            }
        }
        Ok(None)
    }

    fn no_such_column(&self, wanted: &str, field: &str) -> Fault {
        let wanted_form = usual_form(wanted);
        let similar =
            self.nearest(|name| strsim::normalized_damerau_levenshtein(&usual_form(name), &wanted_form));
        let message =
            format!("there is no column {}; the columns are {}", quote(wanted.as_bytes()), self.list());
        Fault::new(message).help(match similar {
            Some(name) => format!("did you mean `columns.{field}` = {}?", quote(name.as_bytes())),
            None => format!("set `columns.{field}` to one of them"),
        })
    }

    fn missing(&self, field: &str, aliases: &[&str]) -> Fault {
        if self.0.iter().any(|name| decimal(name.as_bytes(), TimeUnit::Nanoseconds).is_some()) {
            let found = quote_start(self.0.join(",").as_bytes());
            return Fault::new(format!("the first line is {found}; expected the names of the columns"))
                .help("put a header such as `time,key,size` on top");
        }
        let similarity = |name: &str| {
            let name = usual_form(name);
            if [TIME, KEY, SIZE, OPERATION, TTL, USER].iter().any(|names| names.contains(&name.as_str())) {
                return 0.0;
            }
            let similarity = |alias| strsim::normalized_damerau_levenshtein(&name, alias);
            aliases.iter().map(|alias| similarity(alias)).fold(0.0, f64::max)
        };
        let usual = aliases.iter().take(4).map(|alias| format!("`{alias}`")).collect::<Vec<_>>().join(", ");
        let message = format!(
            "no column has a usual name for the {field} ({usual}, …); the columns are {}",
            self.list()
        );
        Fault::new(message).help(match self.nearest(similarity) {
            Some(name) => format!("if {} is meant, set `columns.{field}` to it", quote(name.as_bytes())),
            None => format!("name the right one as `columns.{field}`"),
        })
    }

    fn nearest(&self, similarity: impl Fn(&str) -> f64) -> Option<&str> {
        let scored = self.0.iter().map(|name| (similarity(name), name.as_str()));
        let nearest = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
        (nearest.0 >= SIMILAR).then_some(nearest.1)
    }

    fn list(&self) -> String {
        // A header of one column is hardly one: it may be the first line of any file.
        if let [only] = self.0.as_slice() {
            return quote_start(only.as_bytes());
        }
        let shown: Vec<_> = self.0.iter().take(LISTED_MAX).map(|name| quote_name(name.as_bytes())).collect();
        match self.0.len() - shown.len() {
            0 => shown.join(", "),
            more => format!("{} and {more} more", shown.join(", ")),
        }
    }
}

/// The one of `,` `;` and tab that the header has most of.
fn delimiter(header: &[u8]) -> u8 {
    let count = |delimiter: u8| memchr::memchr_iter(delimiter, header).count();
    [b'\t', b';', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

/// Without the spaces, quotes and `#` around it.
fn plain_name(name: &[u8]) -> String {
    String::from_utf8_lossy(name).trim_matches([' ', '\t', '\r', '"', '#']).to_owned()
}

/// `Obj-ID` and `obj id` are `obj_id`.
fn usual_form(name: &str) -> String {
    name.to_lowercase().replace([' ', '-'], "_")
}

fn split_unit(name: &str) -> (&str, Option<TimeUnit>) {
    let units = [
        ("_ns", TimeUnit::Nanoseconds),
        ("_us", TimeUnit::Microseconds),
        ("_ms", TimeUnit::Milliseconds),
        ("_s", TimeUnit::Seconds),
    ];
    let split = |(suffix, unit)| name.strip_suffix(suffix).map(|name| (name, Some(unit)));
    units.into_iter().find_map(split).unwrap_or((name, None))
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
/// From here on, names look alike to people: one slip in three letters (`kye`), two in five.
const SIMILAR: f64 = 0.6;
/// A header may have a thousand columns; a message should not.
const LISTED_MAX: usize = 12;

// Usual names, in order of preference: those of libCacheSim's samples and of the published traces of
// CloudPhysics, Twitter and Wikipedia, and what people call their columns.
const TIME: &[&str] =
    &["time", "timestamp", "clock_time", "ts", "datetime", "date", "epoch", "relative_unix"];
const KEY: &[&str] = &[
    "key",
    "object",
    "obj",
    "obj_id",
    "object_id",
    "anonymized_key",
    "lbn",
    "lba",
    "block",
    "hashed_path_query",
    "url",
    "uri",
    "path",
    "id",
    "item",
];
const SIZE: &[&str] =
    &["size", "obj_size", "object_size", "value_size", "response_size", "bytes", "length", "len"];
const OPERATION: &[&str] = &["op", "operation", "cmd", "command", "method", "request_type", "verb"];
const TTL: &[&str] = &["ttl", "ttl_s", "expiry", "max_age"];
const USER: &[&str] = &["user", "user_id", "uid", "client", "client_id", "client_ip", "tenant"];

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(header: &str) -> Option<Layout> {
        Layout::of_header(header.as_bytes(), &Columns::default()).ok()
    }

    #[test]
    fn headers_of_published_traces_are_understood() {
        let cases = [
            ("version,time,op,size,lbn", (1, 4, Some(3), Some(2), None)),
            ("# time, object, size, next_access_vtime", (0, 1, Some(2), None, None)),
            (
                "timestamp,anonymized key,key size,value size,client id,operation,TTL",
                (0, 1, Some(3), Some(5), Some(6)),
            ),
            ("relative_unix\thashed_path_query\timage_type\tresponse_size", (0, 1, Some(3), None, None)),
            ("\u{feff}\"ID\";\"Timestamp\"", (1, 0, None, None, None)),
            ("id,url,ts", (2, 1, None, None, None)),
        ];
        for (header, expected) in cases {
            let found =
                layout(header).map(|found| (found.time, found.key, found.size, found.operation, found.ttl));
            assert_eq!(found, Some(expected), "{header}");
        }
    }

    #[test]
    fn a_name_may_end_with_the_unit() {
        let unit = |header| layout(header).and_then(|layout| layout.unit);
        assert_eq!(unit("time,key"), None);
        assert_eq!(unit("timestamp_ms,key"), Some(TimeUnit::Milliseconds));
        assert_eq!(unit("ts_us,key"), Some(TimeUnit::Microseconds));
        assert_eq!(unit("Time ns,key"), Some(TimeUnit::Nanoseconds));
    }

    #[test]
    fn a_name_the_user_gives_goes_first() {
        let columns = Columns { key: Some("Url".into()), ..Columns::default() };
        let layout = Layout::of_header(b"time,key,Url", &columns).expect("the column exists");
        assert_eq!(layout.key, 2);
    }
}
