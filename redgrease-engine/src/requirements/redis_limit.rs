//! The limit for the version of redis-py that the published package `redgrease` needs.

use std::path::PathBuf;

use super::environment::{Environment, file_error};
use super::error::InstallError;
use super::name::{normalize, project};
use super::private_file;
use super::site::Site;

/// The published `redgrease` package uses parts of redis-py that version 4 removed, but does not declare that, so an installer
/// would take the newest redis-py.
const LIMIT: &str = "redis<4\n";

/// A file of constraints that limits the version of redis-py. `None` if the requirements do not need it.
pub(super) fn redis_limit(
    environment: &Environment,
    requirements: &[String],
) -> Result<Option<PathBuf>, InstallError> {
    if !is_needed(environment, requirements) {
        return Ok(None);
    }
    let path = environment.constraints();
    private_file::write(&path, LIMIT).map_err(|error| file_error("write", &path, &error))?;
    Ok(Some(path))
}

/// Whether redis-py must fit the published `redgrease` package: if `redgrease` is required, or
/// if it is installed and `redis` is required in any version. A requirement that names a
/// version of `redis` takes precedence over an installed `redgrease`.
fn is_needed(environment: &Environment, requirements: &[String]) -> bool {
    let is_redgrease = |text: &String| project(text).as_deref() == Some("redgrease");
    let is_any_redis = |text: &String| normalize(text.trim()) == "redis";
    requirements.iter().any(is_redgrease)
        || requirements.iter().any(is_any_redis)
            && Site::read(&environment.site_packages())
                .version("redgrease")
                .is_some()
}
