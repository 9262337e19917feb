//! Files that cannot be read, and what is said then.

use crate::scenario::{MAX_BYTES, load};
use std::fs;
use std::path::PathBuf;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("cachestorm-loading-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a temporary folder can be made");
        Self(path)
    }

    /// What is said about a file with these bytes, with the folder's own path taken out.
    fn answer(&self, name: &str, bytes: Option<&[u8]>) -> String {
        let path = self.0.join(name);
        if let Some(bytes) = bytes {
            fs::write(&path, bytes).expect("a file can be written");
        }
        match load(&path, &["thundering-herd", "hot-key"]) {
            Ok((_, text)) => text,
            Err(problems) => problems.to_string().replace(&self.0.display().to_string(), "DIR"),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays behind is no reason to fail.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_file_that_cannot_be_read_says_why_and_what_to_do() {
    let folder = Folder::new("why");
    let large = vec![b'#'; MAX_BYTES + 1];
    let cases: [(&str, Option<&[u8]>, &str, &str); 6] = [
        ("nothing.toml", None, "there is no such file", "`cachestorm scenarios` lists the shipped ones"),
        (
            "thundering-heard",
            None,
            "there is no such file",
            "did you mean `thundering-herd`, one of the shipped scenarios?",
        ),
        ("", None, "it is a directory", "name the `.toml` file in it"),
        ("large.toml", Some(&large), "it is larger than 1048576 bytes", "a file of its own"),
        ("blank.toml", Some(b" \n\t\n"), "it is empty", "`cachestorm scenarios NAME` prints a scenario"),
        ("latin.toml", Some(b"a = 1\nb = \"\xe9\"\n"), "line 2 is not UTF-8", "save the file as UTF-8"),
    ];
    for (name, bytes, reason, help) in cases {
        let answer = folder.answer(name, bytes);
        assert!(answer.starts_with(&format!("error: failed to read `DIR/{name}`: {reason}\n")), "{answer}");
        assert!(answer.contains("= help: ") && answer.contains(help), "{answer}");
    }
}

#[test]
fn a_file_of_the_largest_size_is_read() {
    let folder = Folder::new("size");
    let text = folder.answer("full.toml", Some(&vec![b'#'; MAX_BYTES]));
    assert_eq!(text.len(), MAX_BYTES);
}
