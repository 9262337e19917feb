//! Whatever is laid over a sound scenario with `--set`, an argument in each line: the answer is problems, or a model that can
//! be prepared and that plays some events. `cargo +nightly fuzz run --fuzz-dir tests/fuzz overrides`.

#![no_main]

use cachestorm::model::{Model, Prepared, simulate};
use cachestorm::scenario::Document;
use std::ops::ControlFlow;

const BASE: &str = include_str!("../../../scenarios/full-stack.toml");

/// Tables of so many keys take longer to make than a fuzzer waits.
const KEYS_MAX: u32 = 100_000;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let mut document = Document::parse("full-stack.toml", BASE).expect("it is TOML");
    for argument in text.lines().take(20) {
        if let Err(problems) = document.set(argument) {
            assert!(!problems.render(false).is_empty(), "problems have a text");
        }
    }
    let model = match document.read(None, Model::read) {
        Ok(model) => model,
        Err(problems) => {
            assert!(!problems.render(false).is_empty(), "problems have a text");
            return;
        }
    };
    if model.workload.keys.iter().any(|group| group.count > KEYS_MAX) || model.instances_max() > 1_000 {
        return;
    }
    let Ok(prepared) = Prepared::new(model, None) else { return };
    let mut looks = 0;
    let played = simulate(&prepared, 0, |_| {
        looks += 1;
        if looks < 10 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    assert!(played.is_ok() || played.is_err_and(|error| !error.to_string().is_empty()));
});
