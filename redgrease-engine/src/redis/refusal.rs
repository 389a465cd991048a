//! The words for a command that the server does not run: an unknown command, a wrong number of arguments.
//!
//! From Redis 7.0 on, the server gives its own words as a reply. Older servers give a number of the C library; the words for
//! it are those that a client of such a server gets.

use super::raw;
use super::user::User;

/// The number of bytes of arguments that the error of an unknown command shows.
const SHOWN: usize = 128;

/// `true` if the server can give the reason as a reply.
pub(super) fn comes_as_reply() -> bool {
    // SAFETY: the static is written once, while the module loads. A copy of it is read.
    let since_7_0 = unsafe { raw::RedisModule_EventLoopAdd };
    since_7_0.is_some()
}

/// The words for keys that this server does not serve.
pub(super) const FOREIGN_KEYS: &str =
    "ERR this command needs keys of another shard, or of several hash slots";
/// The same in the words of servers since 7.0.
const FOREIGN_KEYS_SINCE_7_0: &str = "Attempted to access a non local key";

/// `true` if this error says that this server does not serve the keys of a command.
pub(crate) fn is_about_keys(error: &[u8]) -> bool {
    let Ok(error) = std::str::from_utf8(error) else {
        return false;
    };
    let words = error.strip_prefix("ERR ").unwrap_or(error);
    error == FOREIGN_KEYS || words.starts_with(FOREIGN_KEYS_SINCE_7_0)
}

/// The words for a number of the C library.
pub(super) fn words(errno: i32, command: &[u8], args: &[&[u8]]) -> String {
    match errno {
        libc::ENOENT => {
            let mut shown = String::new();
            for arg in args {
                if shown.len() >= SHOWN {
                    break;
                }
                let part = arg.get(..SHOWN - shown.len()).unwrap_or(arg);
                shown.extend(["`", &readable(part), "`, "]);
            }
            let name = readable(command);
            format!("ERR unknown command `{name}`, with args beginning with: {shown}")
        }
        libc::EINVAL => {
            let name = readable(command).to_lowercase();
            format!("ERR wrong number of arguments for '{name}' command")
        }
        libc::EPERM => FOREIGN_KEYS.to_owned(),
        libc::EACCES => {
            let name = readable(command).to_lowercase();
            format!("NOPERM this user has no permissions to run the '{name}' command")
        }
        other => {
            // `io::Error` appends " (os error N)".
            let text = std::io::Error::from_raw_os_error(other).to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            format!("ERR the server did not run '{}': {text}", readable(command))
        }
    }
}

/// The words for a command of a user that is gone.
pub(super) fn no_user(user: Option<&User>) -> String {
    let name = user.map(User::name).unwrap_or_default();
    format!(
        "NOPERM the user '{}' of this gear does not exist any more: create the user, or register the gear as another one",
        readable(name)
    )
}

/// Bytes as one line of text.
fn readable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace(['\0', '\r', '\n'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_an_older_server() {
        assert_eq!(
            words(libc::ENOENT, b"NoSuch", &[b"a", b"b\0\xff"]),
            "ERR unknown command `NoSuch`, with args beginning with: `a`, `b \u{fffd}`, "
        );
        assert_eq!(
            words(libc::ENOENT, b"x", &[]),
            "ERR unknown command `x`, with args beginning with: "
        );
        assert_eq!(
            words(libc::EINVAL, b"GET", &[]),
            "ERR wrong number of arguments for 'get' command"
        );
        assert_eq!(
            words(libc::EIO, b"get", &[]),
            "ERR the server did not run 'get': Input/output error"
        );
    }

    #[test]
    fn errors_about_keys_are_known() {
        let own = words(libc::EPERM, b"get", &[b"k"]);
        for (error, is) in [
            (own.as_str(), true),
            (
                "ERR Attempted to access a non local key in a cluster node\r\n",
                true,
            ),
            ("ERR unknown command", false),
            ("WRONGTYPE Operation against a key", false),
        ] {
            assert_eq!(is_about_keys(error.as_bytes()), is, "{error}");
        }
        assert!(!is_about_keys(b"\xff"));
    }

    #[test]
    fn long_arguments_are_cut() {
        let long = [b'y'; 500];
        let text = words(libc::ENOENT, b"x", &[&long, b"more"]);
        assert_eq!(text.matches('y').count(), SHOWN);
        assert!(!text.contains("more"));
    }
}
