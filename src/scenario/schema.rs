//! The JSON Schema of scenario files, made by the declarations that read them, so that an editor that completes
//! and checks a file and the program that runs it cannot disagree.

use super::document::Document;
use super::kind::{Kind, name, text};
use super::reader::Reader;
use super::variant::{DESCRIPTION, NAME, VARIANT};
use serde_json::{Map, Value as Json, json};

/// Whether a schema describes a whole scenario or one that is laid over another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Required settings are required.
    Whole,
    /// Every setting may be absent, and lists of named tables may be changed element by element.
    Partial,
}

/// What the absence of a setting means, for its description.
pub(super) enum Absent {
    /// It must not be absent.
    Problem,
    /// It must not be absent, but `"none"` says that there is nothing.
    ProblemOrNone,
    /// There is no such thing then; `"none"` says so, too.
    Nothing,
    /// This value.
    Default(Json),
    /// A default that has no short form.
    Unsaid,
}

/// The schema of one table, as it is collected.
pub(super) struct Description {
    shape: Shape,
    properties: Map<String, Json>,
    required: Vec<&'static str>,
}

impl Description {
    /// The schema of the table that `read` declares.
    pub(super) fn of<T>(shape: Shape, read: impl Fn(&mut Reader<'_>) -> T) -> Json {
        let mut description = Self { shape, properties: Map::new(), required: Vec::new() };
        read(&mut Reader::describing(&mut description));
        let mut schema = json!({
            "type": "object",
            "properties": description.properties,
            "additionalProperties": false,
        });
        if shape == Shape::Whole && !description.required.is_empty() {
            schema["required"] = json!(description.required);
        }
        schema
    }

    pub(super) fn shape(&self) -> Shape {
        self.shape
    }

    pub(super) fn add(&mut self, key: &'static str, doc: &str, mut schema: Json, absent: Absent) {
        let more = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        let mut doc = doc.to_owned();
        if let Some(more) = more.as_ref().and_then(Json::as_str) {
            doc = format!("{doc} {more}");
        }
        match absent {
            Absent::Problem => self.required.push(key),
            Absent::ProblemOrNone => {
                self.required.push(key);
                schema = or_none(&schema);
            }
            Absent::Nothing => schema = or_none(&schema),
            Absent::Default(value) => schema["default"] = value,
            Absent::Unsaid => {}
        }
        schema["description"] = json!(doc);
        self.properties.insert(key.to_owned(), schema);
    }
}

fn or_none(schema: &Json) -> Json {
    json!({ "anyOf": [schema, { "enum": [super::field::NONE] }] })
}

/// JSON Schema (draft-07) of the files that `read` accepts, with their variants.
///
/// # Panics
///
/// If a default that was given with [`super::Field::or_written`] is not one: an error in the program.
pub fn schema<T>(title: &str, read: impl Fn(&mut Reader<'_>) -> T) -> Json {
    let mut whole = Description::of(Shape::Whole, &read);
    whole["properties"][VARIANT] = json!({
        "description": "A partial scenario, laid over the rest of the file.",
        "type": "array",
        "items": { "$ref": "#/definitions/variant" },
    });
    let mut variant = Description::of(Shape::Partial, &read);
    variant["properties"][NAME] = name().schema(Shape::Whole);
    variant["properties"][NAME]["description"] = json!("What results and messages call the variant.");
    variant["properties"][DESCRIPTION] = text().schema(Shape::Whole);
    variant["properties"][DESCRIPTION]["description"] = json!("What the variant shows, in a sentence.");
    variant["required"] = json!([NAME]);
    let mut schema = json!({ "$schema": "http://json-schema.org/draft-07/schema#", "title": title });
    let parts = whole.as_object_mut().map(std::mem::take).unwrap_or_default();
    schema.as_object_mut().expect("an object was just made").extend(parts);
    schema["definitions"] = json!({ "variant": variant });
    schema
}

/// Takes any bytes through parsing, variants, an override, reading and rendering; none of it may panic. The
/// first line is a `--set` argument, the rest a file.
///
/// # Panics
///
/// If there is a fault in this module, which is what fuzzing looks for.
pub fn fuzz<T>(bytes: &[u8], read: impl Fn(&mut Reader<'_>) -> T) {
    let text = String::from_utf8_lossy(bytes);
    let (argument, file) = text.split_once('\n').unwrap_or(("", &text));
    let mut document = match Document::parse("fuzz.toml", file) {
        Ok(document) => document,
        Err(problems) => {
            assert!(!problems.render(true).is_empty(), "problems have a text");
            return;
        }
    };
    if let Err(problems) = document.set(argument) {
        assert!(!problems.render(false).is_empty(), "problems have a text");
    }
    if let Err(problems) = document.read_all(read) {
        assert!(!problems.render(false).is_empty(), "problems have a text");
    }
}
