#![no_main]

#[path = "../../tests/fuzz/properties.rs"]
#[allow(dead_code)] // Each target has its own property.
mod properties;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| properties::index(bytes));
