//! The free-form targets of `--erase`: globs relative to each PATH.

use std::path::{Component, Path};

use anyhow::{Context, Result, ensure};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// What the user asked to have erased.
#[derive(Debug, Default)]
pub struct Erase {
    any: GlobSet,
    directories: GlobSet,
}

impl Erase {
    /// Globs, of which one that ends with a separator names directories only, as
    /// with `pathlib`.
    ///
    /// # Errors
    ///
    /// When a glob cannot be understood, or leads out of the PATH.
    pub fn new(globs: &[String]) -> Result<Erase> {
        let (mut any, mut directories) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        for text in globs {
            let is_inside =
                |part: Component| matches!(part, Component::Normal(_) | Component::CurDir);
            ensure!(
                Path::new(text).components().all(is_inside),
                "--erase cannot use '{text}': it leads out of the PATH; write it relative to the PATH, without '..'"
            );
            let set = if text.ends_with('/') {
                &mut directories
            } else {
                &mut any
            };
            let parts = Path::new(text)
                .components()
                .filter_map(|part| part.as_os_str().to_str());
            let plain = parts
                .filter(|part| *part != ".")
                .collect::<Vec<_>>()
                .join("/");
            ensure!(
                !plain.is_empty(),
                "--erase cannot use '{text}': it names nothing"
            );
            let glob = GlobBuilder::new(&plain).literal_separator(true).build();
            set.add(glob.with_context(|| format!("--erase cannot use '{text}'"))?);
        }
        Ok(Erase {
            any: any.build()?,
            directories: directories.build()?,
        })
    }

    /// Whether nothing was asked for.
    pub fn is_empty(&self) -> bool {
        self.any.is_empty() && self.directories.is_empty()
    }

    /// Whether a path below a PATH was asked for. The PATH itself, whose path is empty,
    /// never is.
    pub fn matches(&self, path: &Path, is_directory: bool) -> bool {
        let is_below = !path.as_os_str().is_empty();
        let matches = |set: &GlobSet| set.is_match(path);
        is_below && (matches(&self.any) || (is_directory && matches(&self.directories)))
    }
}
