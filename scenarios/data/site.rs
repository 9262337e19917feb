//! Ten minutes of one evening at a small site that does not exist: news, a shop, and an article that
//! everybody wants to read from half time on.
//!
//! Every value is a draw named by seed and purpose, so the log is the same at every run and on every
//! machine. Addresses are those that RFC 5737 and RFC 3849 reserve for documentation. The proportions are
//! plausible, not measured: a page brings one to three images and a call of the API, a third of the images
//! is in the browser's cache (304), popularity is Zipf's with the exponent 0.9, and about one request in
//! fifty goes wrong or changes something.

use cachestorm::random::{Draws, Stream};
use std::fmt::Write as _;

/// The log in the combined format, in order of time.
pub fn access_log() -> String {
    let mut site = Site { popularity: Zipf::new(ARTICLES, 0.9), entries: Vec::new() };
    let starts = Stream::new(SEED, 0, "visit.start");
    for visit in 0..VISITS {
        site.visit(visit, starts.at(visit).below(END_MS));
    }
    for visit in VISITS..VISITS + VIRAL_VISITS {
        // The larger of two uniform draws: the crowd grows steadily from half time on.
        let mut draws = starts.at(visit);
        let (one, other) = (draws.below(SPAN_MS / 2), draws.below(SPAN_MS / 2));
        site.visit(visit, START_MS + SPAN_MS / 2 + one.max(other));
    }
    site.crawler();
    site.scanner();
    site.monitor();
    site.entries.retain(|entry| (START_MS..END_MS).contains(&entry.at_ms));
    site.entries.sort_by_key(|entry| entry.at_ms);
    let mut log = String::new();
    for entry in &site.entries {
        entry.write(&mut log);
    }
    log
}

/// The path of the article that goes viral, which is not among the popular ones before.
pub fn viral_article() -> String {
    article(VIRAL)
}

struct Site {
    popularity: Zipf,
    entries: Vec<Entry>,
}

/// One line of the log.
struct Entry {
    at_ms: u64,
    client: String,
    agent: &'static str,
    request: String,
    status: u16,
    bytes: u64,
    referrer: String,
}

impl Site {
    /// One visitor reads a few pages, with a pause before each.
    fn visit(&mut self, visit: u64, start_ms: u64) {
        let is_viral = visit >= VISITS;
        let mut draws = Stream::new(SEED, 0, "visit").at(visit);
        // Some people come twice: fewer addresses than visits.
        let visitor = draws.below(VISITORS);
        let client = format!("2001:db8:{:x}:{:x}::{:x}", visitor % 97, visitor % 13 + 1, visitor + 1);
        let agent = AGENTS[Stream::new(SEED, 0, "visitor.agent").at(visitor).below(5) as usize];
        let mut at_ms = start_ms;
        let mut referrer = if is_viral { "https://social.example/" } else { "-" }.to_owned();
        for page_number in 0.. {
            let path = match page_number {
                0 if is_viral => article(VIRAL),
                _ => self.page(&mut draws),
            };
            self.view(at_ms, &client, agent, &path, &referrer, &mut draws);
            if !draws.chance(if is_viral { 0.25 } else { 0.7 }) {
                break;
            }
            referrer = format!("{HOST}{path}");
            at_ms += 3_000 + draws.below(40_000);
        }
    }

    fn page(&self, draws: &mut Draws) -> String {
        match draws.below(100) {
            0..25 => "/".to_owned(),
            25..75 => article(self.popularity.draw(draws)),
            75..80 => format!("/topics/{}", NOUNS[draws.below(8) as usize]),
            80..83 => {
                format!("/search?q={}+{}", NOUNS[draws.below(16) as usize], VERBS[draws.below(16) as usize])
            }
            83..84 => format!("/news/{}-moved-to-nowhere", draws.below(100_000)),
            _ => product(self.popularity.draw(draws) / 4),
        }
    }

    /// The page, its images and its call of the API.
    fn view(
        &mut self,
        at_ms: u64,
        client: &str,
        agent: &'static str,
        path: &str,
        from: &str,
        draws: &mut Draws,
    ) {
        let mut add = |delay_ms: u64, request: String, (status, bytes): (u16, u64), referrer: &str| {
            let (client, referrer) = (client.to_owned(), referrer.to_owned());
            self.entries.push(Entry {
                at_ms: at_ms + delay_ms,
                client,
                agent,
                request,
                status,
                bytes,
                referrer,
            });
        };
        let is_missing = path.ends_with("nowhere");
        let page = if is_missing { (404, 2_217) } else { (200, size_of(path, 9_000, 60_000)) };
        add(0, format!("GET {path}"), page, from);
        let here = format!("{HOST}{path}");
        if is_missing {
            return;
        }
        for image in 0..=draws.below(3) {
            let file = format!("/images/{:04x}-{image}.webp", size_of(path, 0, 0xFFFF));
            let response = if draws.chance(0.3) { (304, 0) } else { (200, size_of(&file, 12_000, 180_000)) };
            add(60 + draws.below(400), format!("GET {file}"), response, &here);
        }
        match draws.below(100) {
            0..2 => add(4_000, "POST /api/v1/cart".to_owned(), (201, 164), &here),
            2..3 => add(9_000, "POST /api/v1/comments".to_owned(), (302, 0), &here),
            3..60 => {
                let call = format!("GET /api/v1/related?page={path}");
                let bytes = size_of(&call, 700, 3_000);
                add(150 + draws.below(200), call, (200, bytes), &here);
            }
            60..75 => add(150 + draws.below(200), "GET /api/v1/weather".to_owned(), (200, 912), &here),
            75..77 => add(90, "GET /images/logo-2019.png".to_owned(), (404, 153), &here),
            _ => {}
        }
    }

    /// A search engine reads the whole archive in order, four pages a second.
    fn crawler(&mut self) {
        for page in 0..SPAN_MS / 250 {
            let path = article(page);
            let bytes = size_of(&path, 9_000, 60_000);
            self.machine(START_MS + page * 250, "192.0.2.10", AGENTS[5], format!("GET {path}"), (200, bytes));
        }
    }

    /// Somebody looks for the doors of other people's software, for two seconds.
    fn scanner(&mut self) {
        let doors = [
            "/wp-login.php",
            "/.env",
            "/.git/config",
            "/phpmyadmin/",
            "/xmlrpc.php",
            "/admin",
            "/backup.zip",
        ];
        for (ordinal, door) in (0..56).zip(doors.into_iter().cycle()) {
            let at_ms = START_MS + 200_000 + ordinal * 37;
            let request = format!("GET {door}{}", if ordinal < 28 { "" } else { "?1" });
            self.machine(at_ms, "198.51.100.77", AGENTS[6], request, (404, 153));
        }
    }

    fn monitor(&mut self) {
        for check in 0..SPAN_MS / 10_000 {
            self.machine(
                START_MS + check * 10_000,
                "203.0.113.5",
                AGENTS[7],
                "HEAD /healthz".to_owned(),
                (200, 0),
            );
        }
    }

    fn machine(
        &mut self,
        at_ms: u64,
        client: &str,
        agent: &'static str,
        request: String,
        response: (u16, u64),
    ) {
        let (client, (status, bytes), referrer) = (client.to_owned(), response, "-".to_owned());
        self.entries.push(Entry { at_ms, client, agent, request, status, bytes, referrer });
    }
}

impl Entry {
    fn write(&self, log: &mut String) {
        let Self { at_ms, client, agent, request, status, bytes, referrer } = self;
        let seconds = (at_ms - START_MS) / 1_000;
        let (minute, second) = (seconds / 60, seconds % 60);
        let time = format!("12/Mar/2026:20:{minute:02}:{second:02} +0100");
        writeln!(
            log,
            r#"{client} - - [{time}] "{request} HTTP/2.0" {status} {bytes} "{referrer}" "{agent}""#
        )
        .expect("a string takes what is written to it");
    }
}

/// Ranks from 0, by inversion of the cumulative weights.
struct Zipf(Vec<f64>);

impl Zipf {
    fn new(ranks: u64, exponent: f64) -> Self {
        let weight = |rank| libm::pow(rank as f64, -exponent);
        let add = |sum: &mut f64, rank| {
            *sum += weight(rank);
            Some(*sum)
        };
        Self((1..=ranks).scan(0.0, add).collect())
    }

    fn draw(&self, draws: &mut Draws) -> u64 {
        let total = self.0.last().copied().unwrap_or(0.0);
        let mark = draws.unit() * total;
        self.0.partition_point(|sum| *sum <= mark) as u64
    }
}

fn article(rank: u64) -> String {
    // Popularity does not follow age: ranks are spread over the archive by an odd factor.
    let id = rank * 1_009 % ARCHIVE;
    format!("/news/{}-{}-{}", 20_000 + id, NOUNS[(id % 16) as usize], VERBS[(id / 16 % 16) as usize])
}

fn product(rank: u64) -> String {
    format!("/shop/{}-{}", NOUNS[(rank % 16) as usize], 100 + rank)
}

/// The size of what stands at a path: always the same, between `least` and `least + spread`, mostly small.
fn size_of(path: &str, least: u64, spread: u64) -> u64 {
    let mut draws = Stream::new(SEED, 0, path).at(0);
    least + (draws.unit() * draws.unit() * spread as f64) as u64
}

const SEED: u64 = 2026;
/// Visits begin a minute before the log does, so that it starts in the middle of an evening.
const START_MS: u64 = 60_000;
const SPAN_MS: u64 = 600_000;
const END_MS: u64 = START_MS + SPAN_MS;
const VISITS: u64 = 1_750;
const VIRAL_VISITS: u64 = 1_600;
const VISITORS: u64 = 2_800;
const ARTICLES: u64 = 900;
/// A prime, so that every rank has an article of its own.
const ARCHIVE: u64 = 2_503;
const VIRAL: u64 = 613;
const HOST: &str = "https://www.harbour-news.example";

/// Five browsers, then the machines.
const AGENTS: [&str; 8] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15",
    "Mozilla/5.0 (compatible; ExampleBot/2.1; +https://bot.example/)",
    "python-requests/2.32.3",
    "uptime-check/1.0",
];
const NOUNS: [&str; 16] = [
    "harbour", "council", "storm", "market", "bridge", "school", "festival", "ferry", "library", "museum",
    "station", "garden", "theatre", "bakery", "stadium", "river",
];
const VERBS: [&str; 16] = [
    "opens",
    "closes",
    "grows",
    "wins",
    "votes",
    "returns",
    "moves",
    "waits",
    "celebrates",
    "repairs",
    "explains",
    "warns",
    "saves",
    "builds",
    "sells",
    "plans",
];
