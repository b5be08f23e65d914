//! Checks the properties of the fuzz targets on their seeds.

#[path = "fuzz/properties.rs"]
mod properties;

use std::fs;
use std::path::Path;

type Property = fn(&[u8]);

#[test]
fn properties_hold_for_the_seeds() {
    let targets: [(&str, Property); 7] = [
        ("name", properties::name),
        ("header", properties::header),
        ("marshal", properties::marshal),
        ("version", properties::version),
        ("ignore", properties::ignore),
        ("config", properties::config),
        ("index", properties::index),
    ];
    for (target, property) in targets {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fuzz/seeds")
            .join(target);
        let seeds: Vec<_> = fs::read_dir(&seeds).unwrap().collect();
        assert!(!seeds.is_empty(), "{target}");
        for seed in seeds {
            property(&fs::read(seed.unwrap().path()).unwrap());
        }
    }
}
