//! What a person reads: help and errors, word for word.
#![cfg(unix)]

#[test]
fn the_words_are_these() {
    trycmd::TestCases::new()
        .env("NO_COLOR", "1")
        .case("tests/cmd/*.trycmd");
}
