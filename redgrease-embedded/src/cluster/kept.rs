//! [`Kept`]: the directory of a cluster that keeps its data.
//!
//! Each server has a directory `node-N` in it, with its data and its part of the cluster. The file `cluster` is written when all
//! servers are a cluster: it has the numbers and the ports.

use super::Cluster;
use crate::{Error, ErrorKind, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// The directory of a cluster.
#[derive(Debug, Clone)]
pub(super) struct Kept(PathBuf);

/// What a directory says about the cluster whose data it has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) shards: usize,
    pub(super) replicas: usize,
    /// Of each server, in the order of the directories.
    pub(super) ports: Vec<u16>,
}

impl Kept {
    /// The directory of a cluster, which is created if necessary.
    pub(super) fn new(dir: &Path) -> Result<Self> {
        let failed = |e| {
            Error::io(
                format!("the data directory {} cannot be used", dir.display()),
                e,
            )
        };
        fs::create_dir_all(dir).map_err(failed)?;
        dir.canonicalize().map(Kept).map_err(failed)
    }

    /// The directory of a server. The first server has the number 0.
    pub(super) fn node(&self, number: usize) -> PathBuf {
        self.0.join(format!("node-{}", number + 1))
    }

    fn file(&self) -> PathBuf {
        self.0.join("cluster")
    }

    /// The cluster whose data are in the directory. It has as many shards and replicas as the options say, and their ports.
    pub(super) fn layout(
        &self,
        shards: usize,
        replicas: usize,
        first_port: Option<u16>,
    ) -> Result<Option<Layout>> {
        let shown = self.0.display();
        let text = match fs::read_to_string(self.file()) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                if self.node(0).exists() {
                    return Err(Error::new(
                        ErrorKind::Cluster,
                        format!(
                            "the servers in {shown} have not become a cluster, because their start was interrupted: remove the \
                             directory, or choose another one"
                        ),
                    ));
                }
                return Ok(None);
            }
            Err(e) => {
                return Err(Error::io(
                    format!("{} cannot be read", self.file().display()),
                    e,
                ));
            }
        };
        let layout = Layout::read(&text).ok_or_else(|| {
            Error::new(
                ErrorKind::Cluster,
                format!(
                    "{} is no description of a cluster: choose another directory",
                    self.file().display()
                ),
            )
        })?;
        if (layout.shards, layout.replicas) != (shards, replicas) {
            return Err(Error::new(
                ErrorKind::InvalidOption,
                format!(
                    "the cluster in {shown} has {} shards with {} replicas each, not {shards} with {replicas}: start it with these \
                     numbers, or choose another directory",
                    layout.shards, layout.replicas
                ),
            ));
        }
        let kept = layout.ports.first().copied();
        if first_port.is_some() && first_port != kept {
            return Err(Error::new(
                ErrorKind::InvalidOption,
                format!(
                    "the cluster in {shown} has the port {} and those behind it: leave the port out, or choose another directory",
                    kept.unwrap_or_default()
                ),
            ));
        }
        Ok(Some(layout))
    }

    /// Notes that all servers are a cluster.
    fn write(&self, layout: &Layout) -> Result<()> {
        fs::write(self.file(), layout.text())
            .map_err(|e| Error::io(format!("{} could not be written", self.file().display()), e))
    }
}

impl Layout {
    fn text(&self) -> String {
        let ports: Vec<String> = self.ports.iter().map(u16::to_string).collect();
        let ports = ports.join(" ");
        format!(
            "shards {}\nreplicas {}\nports {ports}\n",
            self.shards, self.replicas
        )
    }

    fn read(text: &str) -> Option<Layout> {
        let mut lines = text.lines();
        let mut field = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
        let shards = field("shards")?.parse().ok()?;
        let replicas = field("replicas")?.parse::<usize>().ok()?;
        let ports = field("ports")?.split(' ').map(|port| port.parse().ok());
        let ports = ports.collect::<Option<Vec<u16>>>()?;
        let layout = Layout {
            shards,
            replicas,
            ports,
        };
        let count = replicas.checked_add(1)?.checked_mul(shards)?;
        (count == layout.ports.len()).then_some(layout)
    }
}

impl Cluster {
    /// Notes the present servers in the directory of the cluster, if it has one.
    pub(super) fn keep(&self) -> Result<()> {
        let Some(kept) = &self.kept else {
            return Ok(());
        };
        let nodes = self.nodes();
        let port = |number: usize| {
            let dir = kept.node(number);
            let node = nodes.iter().find(|node| node.dir() == dir);
            node.map(super::ClusterNode::port)
        };
        kept.write(&Layout {
            shards: self.shards(),
            replicas: self.replicas,
            ports: (0..nodes.len()).filter_map(port).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_is_read_as_it_was_written() {
        let layout = Layout {
            shards: 2,
            replicas: 1,
            ports: vec![7000, 7001, 7002, 7003],
        };
        let text = layout.text();
        assert_eq!(Layout::read(&text), Some(layout));
        for wrong in [
            "",
            "shards 2\n",
            &text.replace("shards 2", "shards 3"),
            &text.replace('7', "x"),
        ] {
            assert_eq!(Layout::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn options_that_do_not_fit_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::new(&dir.path().join("new")).unwrap();
        assert_eq!(kept.layout(1, 0, None).unwrap(), None);
        fs::create_dir(kept.node(0)).unwrap();
        let error = kept.layout(1, 0, None).unwrap_err();
        assert!(error.to_string().contains("was interrupted"), "{error}");
        let layout = Layout {
            shards: 1,
            replicas: 0,
            ports: vec![7000],
        };
        kept.write(&layout).unwrap();
        assert_eq!(kept.layout(1, 0, Some(7000)).unwrap(), Some(layout));
        for (shards, replicas, port, words) in [
            (2, 0, None, "has 1 shards"),
            (1, 1, None, "not 1 with 1"),
            (1, 0, Some(7001), "has the port 7000"),
        ] {
            let error = kept.layout(shards, replicas, port).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidOption);
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}
