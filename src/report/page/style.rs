//! The style and the script of a page, and the digests by which its security policy knows them.

use crate::report::chart::Theme;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// What moves the cursor.
pub const SCRIPT: &str = include_str!("page.js");

/// The looks of the page, light and dark. Charts are drawn in the light colours; on a dark screen each of them is
/// replaced by its counterpart.
pub fn style() -> String {
    let mut style = include_str!("page.css").to_owned();
    let looks = Theme::looks();
    // Writing to a string cannot fail.
    for (index, [light, _]) in looks.iter().enumerate() {
        let _ = writeln!(style, ".look{index} {{ background: {light} }}");
    }
    style.push_str("@media screen and (prefers-color-scheme: dark) {\n");
    for (index, [_, dark]) in looks.iter().enumerate() {
        let _ = writeln!(style, "  .look{index} {{ background: {dark} }}");
    }
    for [light, dark] in Theme::counterparts() {
        let _ = writeln!(style, "  svg [fill=\"{light}\"] {{ fill: {dark} }}");
        let _ = writeln!(style, "  svg [stroke=\"{light}\"] {{ stroke: {dark} }}");
    }
    style.push_str("}\n");
    style
}

/// A policy that allows this style and this script, and nothing from anywhere.
pub fn policy(style: &str, script: &str) -> String {
    let digest = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        digest(style),
        digest(script)
    )
}
