//! `cachestorm scenarios`: the shipped scenarios, as a list or one as its text.

use super::exit::{Exit, Stop, print};
use super::format::TextOrJson;
use super::shipped::{self, SHIPPED, Shipped};
use cachestorm::model::Model;
use cachestorm::report::results;
use cachestorm::scenario::{Document, did_you_mean};
use serde_json::{Value, json};

/// Lists the shipped scenarios, or prints one
///
/// A scenario that is printed can be kept in a file, edited and run.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cachestorm scenarios                                what there is
  cachestorm scenarios cold-start                     one of them; `compare cold-start` tries its cures
  cachestorm scenarios thundering-herd > mine.toml    a copy to edit
  cachestorm scenarios --json | jq -r '.scenarios[].name'")]
pub struct Scenarios {
    /// Print the text of this one
    name: Option<String>,
    #[command(flatten)]
    printed: TextOrJson,
}

impl Scenarios {
    pub fn execute(&self) -> Result<Exit, Stop> {
        let text = match &self.name {
            None if self.printed.is_json() => format!("{:#}\n", document(SHIPPED, false)?),
            None => list()?,
            Some(name) => {
                let shipped = shipped::find(name).ok_or_else(|| {
                    let help = did_you_mean(name, shipped::names());
                    let help = help.unwrap_or_else(|| "`cachestorm scenarios` lists them".into());
                    Stop::failed(format!("find a shipped scenario `{name}`"), help)
                })?;
                if self.printed.is_json() {
                    format!("{:#}\n", document(std::slice::from_ref(shipped), true)?)
                } else {
                    shipped.text.to_owned()
                }
            }
        };
        print(|out| out.write_all(text.as_bytes()))?;
        Ok(Exit::Done)
    }
}

/// The scenarios for programs, with their texts if these are wanted.
fn document(scenarios: &[Shipped], with_text: bool) -> Result<Value, Stop> {
    let mut all = Vec::new();
    for shipped in scenarios {
        let document = Document::parse(shipped.name, shipped.text)?;
        let model = document.read(None, Model::read)?;
        let variants = document.variants().iter();
        let variants =
            variants.map(|variant| json!({ "name": variant.name, "description": variant.description }));
        let mut scenario = json!({
            "name": shipped.name,
            "description": model.description,
            "variants": variants.collect::<Vec<_>>(),
        });
        if with_text {
            scenario["text"] = json!(shipped.text);
        }
        all.push(scenario);
    }
    Ok(results::document("scenarios", json!({ "scenarios": all })))
}

fn list() -> Result<String, Stop> {
    let mut text = String::new();
    let bold = anstyle::Style::new().bold();
    for shipped in SHIPPED {
        let document = Document::parse(shipped.name, shipped.text)?;
        let model = document.read(None, Model::read)?;
        let about = model.description.unwrap_or_default();
        text.extend([format!("{bold}{}{bold:#}\n  {about}\n", shipped.name)]);
        for variant in document.variants() {
            let description = variant.description.as_deref().unwrap_or_default();
            text.extend([format!("    --variant {:<14} {description}\n", variant.name)]);
        }
    }
    text +=
        "\nRun one with `cachestorm run NAME`; `cachestorm scenarios NAME > mine.toml` gives you a copy.\n";
    Ok(text)
}
