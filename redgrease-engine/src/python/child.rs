//! Child processes that a gear makes with `os.fork()`.
//!
//! A child has one thread, the one that called `fork`, and a copy of everything else: the server's data, its connections and its
//! files. It may run Python. It must neither run commands nor go on as a second server, so it ends where the gear ends. It closes
//! the sockets of the server: else the clients of a server that has ended would wait for as long as the child lives, and no other
//! server could listen on the port. `child_signals` ends it with the signals that end any process.

use super::child_signals;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::collections::VecDeque;
use std::ffi::c_int;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

static IS_CHILD: AtomicBool = AtomicBool::new(false);

/// The sockets that gears have bound, by their numbers in the file system: they belong to the gears. The newest ones, because
/// nobody tells when a socket is closed.
static OF_GEARS: Mutex<VecDeque<u64>> = Mutex::new(VecDeque::new());

/// The greatest number of such sockets.
const MOST: usize = 4096;

/// Called by Python in the child.
#[pyfunction]
pub(crate) fn forked(py: Python<'_>) {
    IS_CHILD.store(true, Ordering::Relaxed);
    child_signals::give_back(py);
    close_sockets_of_server();
}

/// `true` in a child process of a gear.
pub(crate) fn is_child() -> bool {
    IS_CHILD.load(Ordering::Relaxed)
}

/// Ends the process if it is a child. Called where the Python of a gear has ended.
#[inline]
pub(super) fn end_child() {
    if is_child() {
        // SAFETY: the process ends without running anything that belongs to the server.
        unsafe { libc::_exit(0) };
    }
}

/// Remembers a socket that Python binds to an address: `(socket, address)`.
pub(super) fn remember_bound(arguments: &Bound<'_, PyTuple>) -> PyResult<()> {
    let descriptor: RawFd = arguments.get_item(0)?.call_method0("fileno")?.extract()?;
    if let Some(number) = number(descriptor) {
        // Only with the interpreter, and so never while another thread forks.
        let mut of_gears = OF_GEARS.lock().unwrap_or_else(PoisonError::into_inner);
        if of_gears.len() >= MOST {
            of_gears.pop_front();
        }
        of_gears.push_back(number);
    }
    Ok(())
}

/// The number of a socket in the file system. `None` if the descriptor is no socket.
fn number(descriptor: RawFd) -> Option<u64> {
    // SAFETY: the system fills the structure, which is read only then.
    unsafe {
        let mut status: libc::stat = std::mem::zeroed();
        let is_known = libc::fstat(descriptor, &raw mut status) == 0;
        let is_socket = is_known && status.st_mode & libc::S_IFMT == libc::S_IFSOCK;
        is_socket.then_some(status.st_ino)
    }
}

/// The end of a connection that is here: the bytes of a path, or a port.
#[derive(Debug, PartialEq, Eq)]
enum Address {
    Port([u8; 2]),
    Path(Vec<u8>),
}

fn address(descriptor: RawFd) -> Option<Address> {
    // SAFETY: the system writes at most as many bytes as the length says, and returns the number of bytes that it has written.
    let (family, bytes) = unsafe {
        let mut storage: libc::sockaddr_storage = std::mem::zeroed();
        let mut length = libc::socklen_t::try_from(size_of_val(&storage)).ok()?;
        if libc::getsockname(descriptor, (&raw mut storage).cast(), &raw mut length) != 0 {
            return None;
        }
        let length = usize::try_from(length).ok()?.min(size_of_val(&storage));
        let bytes = std::slice::from_raw_parts((&raw const storage).cast::<u8>(), length);
        (c_int::from(storage.ss_family), bytes.to_vec())
    };
    match family {
        // Both structures begin with the family and the port.
        libc::AF_INET | libc::AF_INET6 => Some(Address::Port(bytes.get(2..4)?.try_into().ok()?)),
        libc::AF_UNIX => Some(Address::Path(bytes.get(2..)?.to_vec())).filter(has_name),
        _ => None,
    }
}

/// A socket without a name has no path.
fn has_name(address: &Address) -> bool {
    !matches!(address, Address::Path(path) if path.iter().all(|byte| *byte == 0))
}

fn listens(descriptor: RawFd) -> bool {
    let mut listens: c_int = 0;
    let mut length = libc::socklen_t::try_from(size_of_val(&listens)).unwrap_or_default();
    // SAFETY: the system writes a number of this size.
    let outcome = unsafe {
        libc::getsockopt(
            descriptor,
            libc::SOL_SOCKET,
            libc::SO_ACCEPTCONN,
            (&raw mut listens).cast(),
            &raw mut length,
        )
    };
    outcome == 0 && listens != 0
}

/// Closes the sockets on which the server listens, and the connections that it has accepted there.
fn close_sockets_of_server() {
    let Ok(open) = std::fs::read_dir("/proc/self/fd").or_else(|_| std::fs::read_dir("/dev/fd"))
    else {
        return;
    };
    let sockets: Vec<(RawFd, u64)> = open
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|descriptor| Some((descriptor, number(descriptor)?)))
        .collect();
    let of_gears = OF_GEARS.lock().unwrap_or_else(PoisonError::into_inner);
    let is_of_server =
        |(descriptor, number): &&(RawFd, u64)| !of_gears.contains(number) && listens(*descriptor);
    let listened_on: Vec<Address> = sockets
        .iter()
        .filter(is_of_server)
        .filter_map(|(descriptor, _)| address(*descriptor))
        .collect();
    for (descriptor, number) in &sockets {
        let is_there = |address: Address| listened_on.contains(&address);
        if !of_gears.contains(number) && address(*descriptor).is_some_and(is_there) {
            // SAFETY: the descriptor belongs to code of the server, which does not run in a child.
            unsafe { libc::close(*descriptor) };
        }
    }
}
