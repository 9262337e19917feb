//! The scenarios that are part of the program.

/// A scenario that can be named without a path.
#[derive(Debug)]
pub struct Shipped {
    /// Its name, which is that of the file.
    pub name: &'static str,
    /// The file.
    pub text: &'static str,
    /// The traces that it names, with their bytes.
    pub data: &'static [(&'static str, &'static [u8])],
}

macro_rules! shipped {
    ($($name:literal $(with $data:literal)*,)*) => {
        &[$(Shipped {
            name: $name,
            text: include_str!(concat!("../../scenarios/", $name, ".toml")),
            data: &[$(($data, include_bytes!(concat!("../../scenarios/", $data)))),*],
        },)*]
    };
}

/// All of them, in the order in which a newcomer may want to read them.
pub static SHIPPED: &[Shipped] = shipped! {
    "thundering-herd",
    "penetration",
    "avalanche",
    "hot-key",
    "cold-start",
    "pool-exhaustion",
    "baseline",
    "edges",
    "full-stack",
    "shop",
    "news",
    "graphql",
    "real-traffic" with "data/access.log.gz",
    "peer-bench",
};

/// The scenario of this name.
pub fn find(name: &str) -> Option<&'static Shipped> {
    SHIPPED.iter().find(|shipped| shipped.name == name)
}

/// The names of all.
pub fn names() -> Vec<&'static str> {
    SHIPPED.iter().map(|shipped| shipped.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cachestorm::model::Model;
    use cachestorm::scenario::Document;

    #[test]
    fn every_scenario_in_the_folder_is_shipped_under_its_own_name_and_is_sound() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
        let files = std::fs::read_dir(folder).expect("the folder is there");
        let paths = files.map(|file| file.expect("it can be read").path());
        let mut in_folder: Vec<String> = paths
            .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
            .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
            .collect();
        in_folder.sort();
        let mut shipped = names();
        shipped.sort_unstable();
        assert_eq!(shipped, in_folder);
        for Shipped { name, text, .. } in SHIPPED {
            let models = Document::parse(name, text).and_then(|document| document.read_all(Model::read));
            let models = models.unwrap_or_else(|problems| panic!("{problems}"));
            assert!(models.iter().all(|model| model.name == *name), "{name}");
        }
    }
}
