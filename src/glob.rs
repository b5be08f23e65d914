//! Globs as the shell, git and `pathlib` mean them: in all of them but `**`, nothing
//! except a separator stands for a separator.

use std::path::is_separator;

use globset::{Error, Glob, GlobBuilder};

/// A glob of paths.
///
/// # Errors
///
/// When it cannot be understood.
pub fn glob(text: &str) -> Result<Glob, Error> {
    // What is said of a glob that is wrong is said of the one that was written.
    Glob::new(text)?;
    GlobBuilder::new(&within_names(text))
        .literal_separator(true)
        .build()
}

/// The same glob with classes that stand for no separator. `globset` sees to that where
/// `*` and `?` stand, but takes `[!a]` and `[.-9]` at their word.
fn within_names(glob: &str) -> String {
    let mut plain = String::new();
    let mut rest = glob.chars();
    while let Some(char) = rest.next() {
        plain.push(char);
        match char {
            '\\' if !is_separator('\\') => plain.extend(rest.next()),
            '[' => {
                let mut inside = rest.clone();
                if let Some(class) = Class::read(&mut inside) {
                    class.without_separator().write(&mut plain);
                    rest = inside;
                }
            }
            _ => {}
        }
    }
    plain
}

/// What stands between `[` and `]`.
struct Class {
    is_negated: bool,
    /// The characters, as ranges from one to another, in the order they are written.
    ranges: Vec<(char, char)>,
}

impl Class {
    /// Reads a class just as `globset` does, up to its end.
    fn read(text: &mut std::str::Chars) -> Option<Class> {
        let mut ranges: Vec<(char, char)> = Vec::new();
        let is_negated = text.as_str().starts_with(['!', '^']);
        if is_negated {
            text.next();
        }
        let mut in_range = false;
        loop {
            match (text.next()?, ranges.last_mut()) {
                (']', Some(_)) => break,
                (char, Some(last)) if in_range => {
                    last.1 = char;
                    in_range = false;
                }
                ('-', Some(_)) => in_range = true,
                (char, _) => ranges.push((char, char)),
            }
        }
        if in_range {
            ranges.push(('-', '-'));
        }
        Some(Class { is_negated, ranges })
    }

    fn without_separator(mut self) -> Class {
        let separator = ('/', '/');
        if self.is_negated {
            // A `-` stays last, where it means itself.
            let is_last = self.ranges.len() > 1 && self.ranges.last() == Some(&('-', '-'));
            let place = self.ranges.len() - usize::from(is_last);
            self.ranges.insert(place, separator);
            return self;
        }
        let split = |(first, last)| match (first, last) {
            // A character that is in no name keeps the place.
            range if range == separator => vec![('\0', '\0')],
            ('/', last) => vec![('0', last)],
            (first, '/') => vec![(first, '.')],
            (first, last) if first < '/' && '/' < last => vec![(first, '.'), ('0', last)],
            range => vec![range],
        };
        self.ranges = self.ranges.into_iter().flat_map(split).collect();
        self
    }

    fn write(&self, text: &mut String) {
        text.extend(self.is_negated.then_some('!'));
        for (first, last) in &self.ranges {
            text.push(*first);
            if first != last {
                text.extend(['-', *last]);
            }
        }
        text.push(']');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every class of up to three of these characters matches what `globset` alone would
    /// match, but for the separator.
    #[test]
    fn a_class_stands_for_all_it_did_but_the_separator() {
        let of = "!^-]/+.09[\\";
        let mut bodies = vec![String::new()];
        let mut tried = 0;
        for _ in 0..3 {
            let longer = |body: &String| {
                let body = body.clone();
                of.chars().map(move |char| format!("{body}{char}"))
            };
            bodies = bodies.iter().flat_map(longer).collect();
            for body in &bodies {
                let text = format!("a[{body}]z");
                let Ok(plain) = Glob::new(&text) else {
                    assert!(glob(&text).is_err(), "{text}");
                    continue;
                };
                let (plain, ours) = (
                    plain.compile_matcher(),
                    glob(&text).unwrap().compile_matcher(),
                );
                for byte in 1..=127u8 {
                    let name = format!("a{}z", byte as char);
                    let is_meant = byte != b'/' && plain.is_match(&name);
                    assert_eq!(ours.is_match(&name), is_meant, "{text} and {name:?}");
                }
                tried += 1;
            }
        }
        assert!(tried > 1_000, "{tried}");
    }
}
