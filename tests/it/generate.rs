//! The man page and the completions, which are generated from the command line.

use std::process::Command;

use crate::util::{PYCLEAN, is_missing, tree};

#[test]
fn man_page_describes_every_option() {
    let page = tree("").pyclean("--generate man");
    assert_eq!(page.code, Some(0));
    for part in [
        ".TH pyclean 1",
        "\\-\\-stale",
        "mypy           .mypy_cache",
        ".SH \"EXIT STATUS\"",
        ".SH \"EXAMPLES\"",
        ".SH \"ENVIRONMENT\"",
        ".SH \"FILES\"",
        ".SH OUTPUT",
    ] {
        assert!(page.stdout.contains(part), "{part}: {}", page.stdout);
    }
}

#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let run = tree("").pyclean(&format!("--generate complete-{shell}"));
        assert_eq!(run.code, Some(0), "{shell}: {}", run.stderr);
        let words = match shell {
            // The completions for PowerShell do not include values.
            "powershell" => &["keep-python"][..],
            _ => &["keep-python", "hypothesis", "pypy3.10"],
        };
        for word in words {
            assert!(run.stdout.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(tree("").pyclean("--generate complete-csh").code, Some(2));
}

#[test]
fn bash_completes_topics_and_versions() {
    if is_missing("bash") {
        return;
    }
    let completed = |words: &str| {
        let script = format!(
            "source <('{PYCLEAN}' --generate complete-bash)
             COMP_WORDS=({words}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
             _pyclean pyclean \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD - 1]}}\"
             echo \"${{COMPREPLY[@]}}\""
        );
        let output = Command::new("bash").args(["-c", &script]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(completed("pyclean . --debris hy"), "hypothesis\n");
    assert_eq!(
        completed("pyclean --keep-python 3.1"),
        "3.10 3.11 3.12 3.13 3.14 3.15\n"
    );
    assert_eq!(completed("pyclean --keep"), "--keep-python\n");
}
