//! The free-form targets of `--erase`: globs relative to each PATH.

use std::path::{Component, Path};

use anyhow::{Context, Result, ensure};
use globset::{GlobSet, GlobSetBuilder};

use crate::glob::glob;

/// Where version control keeps what cannot be made again.
pub const STORES: [&str; 4] = [".git", ".hg", ".svn", ".jj"];

/// What the user asked to have erased.
#[derive(Debug, Default)]
pub struct Erase {
    all: Globs,
    /// Those that write out the store of a repository.
    of_stores: Globs,
}

#[derive(Debug, Default)]
struct Globs {
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
        for text in globs {
            let is_inside =
                |part: Component| matches!(part, Component::Normal(_) | Component::CurDir);
            ensure!(
                Path::new(text).components().all(is_inside),
                "--erase cannot use '{text}': it leads out of the PATH; write it relative to the PATH, without '..'"
            );
        }
        let of_stores = globs.iter().filter(|text| has_store(Path::new(text)));
        Ok(Erase {
            all: Globs::new(globs.iter())?,
            of_stores: Globs::new(of_stores)?,
        })
    }

    /// Whether nothing was asked for.
    pub fn is_empty(&self) -> bool {
        self.all.any.is_empty() && self.all.directories.is_empty()
    }

    /// Whether a path below a PATH was asked for. The PATH itself, whose path is empty,
    /// never is. The store of a repository is only by a glob that writes its name out.
    pub fn matches(&self, path: &Path, is_directory: bool) -> bool {
        let globs = match has_store(path) {
            true => &self.of_stores,
            false => &self.all,
        };
        !path.as_os_str().is_empty()
            && (globs.any.is_match(path) || (is_directory && globs.directories.is_match(path)))
    }
}

impl Globs {
    fn new<'g>(globs: impl Iterator<Item = &'g String>) -> Result<Globs> {
        let (mut any, mut directories) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        for text in globs {
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
            set.add(glob(&plain).with_context(|| format!("--erase cannot use '{text}'"))?);
        }
        Ok(Globs {
            any: any.build()?,
            directories: directories.build()?,
        })
    }
}

fn has_store(path: &Path) -> bool {
    path.iter()
        .any(|part| STORES.iter().any(|store| part == *store))
}
