//! Help and error messages, compared with `tests/cmd`.

#[test]
fn help_and_errors_match_the_snapshots() {
    trycmd::TestCases::new()
        .env("NO_COLOR", "1")
        .case("tests/cmd/*.trycmd");
}
