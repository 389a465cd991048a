//! Asks a server for samples.
//!
//! A sample must be cheap for the server: `RG.PYDUMPSESSIONS VERBOSE` has all registrations for a tenth of the time and of the
//! bytes of `RG.DUMPREGISTRATIONS`, which repeats the session with each of them; `INFO` is asked for the sections that are shown.

use super::info::Info;
use super::merged;
use super::reply::{OfShard, ask, of_shards, rows, text};
use super::sample::{Sample, ShardExecution};
use crate::output::{SCRIPT, Source as Script};
use crate::sync::source::source as script_of;
use redgrease_core::{
    ClusterInfo, Con, Error, ErrorKind, Execution, ExecutionPlan, GearsCommands as _, PyStats,
    RegistrationInfo, Requirement, Result, Session,
};
use redis::{IntoConnectionInfo as _, Value};
use std::collections::{BTreeMap, HashSet};
use std::time::{Instant, SystemTime};

/// Executions whose details are asked for in one sample.
const DETAILS: usize = 10;
/// Samples between two looks at what changes seldom: packages, and the version of the server.
const SELDOM: u64 = 10;

/// A connection that is asked again and again.
pub(crate) struct Source {
    con: Con,
    address: String,
    /// Servers before RedisGears 1.2.2 have no listing of sessions.
    has_sessions: bool,
    asked: u64,
    requirements: Vec<Requirement>,
    seldom: String,
    plans: BTreeMap<String, ExecutionPlan>,
    /// Scripts by session and its description, which is another one when the script is.
    scripts: BTreeMap<(String, String), Option<Script>>,
    refusals: Vec<String>,
    silent: BTreeMap<String, String>,
}

impl Source {
    pub(crate) fn new(con: Con, url: &str) -> Self {
        let info = url.into_connection_info();
        Source {
            con,
            // Without the user and the password.
            address: info.map_or_else(|_| String::new(), |info| info.addr().to_string()),
            has_sessions: true,
            asked: 0,
            requirements: Vec::new(),
            seldom: String::new(),
            plans: BTreeMap::new(),
            scripts: BTreeMap::new(),
            refusals: Vec::new(),
            silent: BTreeMap::new(),
        }
    }

    /// Asks for everything that is shown. A question that the server refuses leaves its part empty.
    pub(crate) fn sample(&mut self) -> Result<Sample> {
        let (at, begun) = (SystemTime::now(), Instant::now());
        self.refusals.clear();
        self.silent.clear();
        let cluster = self.piece("RG.INFOCLUSTER", |it| it.con.info_cluster())?;
        let is_cluster = cluster
            .as_ref()
            .is_some_and(|it: &ClusterInfo| it.shards.len() > 1);
        let (sessions, registrations) = self.registrations(is_cluster)?;
        // Rates are about the time between two listings, whatever the other questions take.
        let taken = Instant::now();
        let scripts = self.scripts(&sessions, &registrations);
        let executions = self.executions(is_cluster)?;
        self.details(&executions)?;
        let memory = self.piece("RG.PYSTATS", |it| it.memory(is_cluster))?;
        if self.asked.is_multiple_of(SELDOM) {
            self.requirements = self.piece("RG.PYDUMPREQS", |it| it.con.dump_requirements())?;
            self.seldom = self.piece("INFO", |it| it.info("server"))?;
        }
        self.asked += 1;
        let mut info = Info::default();
        info.add(&self.seldom);
        for section in ["rg_engine", "memory", "stats", "clients"] {
            let fields = self.piece("INFO", |it| it.info(section))?;
            info.add(&fields);
        }
        Ok(Sample {
            at,
            taken,
            cost_ms: begun.elapsed().as_secs_f64() * 1000.0,
            address: self.address.clone(),
            registrations,
            sessions,
            executions,
            plans: self.plans.clone(),
            requirements: self.requirements.clone(),
            memory,
            info,
            cluster: cluster.filter(|_| is_cluster),
            scripts,
            silent: self.silent.clone(),
            refusals: self.refusals.clone(),
        })
    }

    /// Asks a question. A refusal is noted; a lost connection is an error, and so is a server without gears.
    fn piece<T: Default>(
        &mut self,
        name: &str,
        question: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        match question(self) {
            Ok(answer) => Ok(answer),
            Err(error) if is_lost(&error) || error.is_no_gears() => Err(error),
            Err(error) => {
                let refusal = format!("{name}: {error}");
                if !self.refusals.contains(&refusal) {
                    self.refusals.push(refusal);
                }
                Ok(T::default())
            }
        }
    }

    fn registrations(&mut self, is_cluster: bool) -> Result<(Vec<Session>, Vec<RegistrationInfo>)> {
        if self.has_sessions {
            match self.sessions(is_cluster) {
                Ok(found) => return Ok(found),
                Err(error) if is_lost(&error) => return Err(error),
                Err(error) if error.is_no_permission() => {
                    self.refusals.push(format!("RG.PYDUMPSESSIONS: {error}"));
                }
                Err(_) => self.has_sessions = false,
            }
        }
        let rows = self.piece("RG.DUMPREGISTRATIONS", |it| it.con.dump_registrations())?;
        Ok((Vec::new(), rows))
    }

    fn sessions(&mut self, is_cluster: bool) -> Result<(Vec<Session>, Vec<RegistrationInfo>)> {
        let words = ["RG.PYDUMPSESSIONS", "CLUSTER", "VERBOSE"];
        if !is_cluster {
            let mut sessions: Vec<Session> =
                rows(ask(&mut self.con, &["RG.PYDUMPSESSIONS", "VERBOSE"])?)?;
            let of_all = sessions.iter_mut();
            let registrations = of_all.flat_map(|it| std::mem::take(&mut it.registration_rows));
            let registrations = registrations.collect();
            return Ok((sessions, registrations));
        }
        let mut sessions: BTreeMap<String, Session> = BTreeMap::new();
        let mut registrations = BTreeMap::new();
        for OfShard { shard, reply } in of_shards(ask(&mut self.con, &words)?) {
            match reply {
                Ok(listing) => {
                    for mut session in rows::<Session>(listing)? {
                        let rows = std::mem::take(&mut session.registration_rows);
                        merged::add(&mut registrations, &shard, rows);
                        sessions.entry(session.id.clone()).or_insert(session);
                    }
                }
                Err(reason) => {
                    self.silent.insert(shard, reason);
                }
            }
        }
        Ok((
            sessions.into_values().collect(),
            registrations.into_values().collect(),
        ))
    }

    /// The scripts of sessions with an error in their script. Each is asked for once.
    fn scripts(
        &mut self,
        sessions: &[Session],
        registrations: &[RegistrationInfo],
    ) -> BTreeMap<String, Script> {
        let failing: HashSet<&str> = registrations
            .iter()
            .filter(|it| {
                it.last_error
                    .as_ref()
                    .is_some_and(|error| error.contains(SCRIPT))
            })
            .filter_map(|it| it.session.as_deref())
            .collect();
        let mut known = BTreeMap::new();
        let mut scripts = BTreeMap::new();
        for session in sessions
            .iter()
            .filter(|it| failing.contains(it.id.as_str()))
        {
            let Some(description) = &session.description else {
                continue;
            };
            let key = (session.id.clone(), description.clone());
            let script = match self.scripts.remove(&key) {
                Some(script) => script,
                // Without the right to read the index, the error has no source.
                None => script_of(&mut self.con, description),
            };
            scripts.extend(script.clone().map(|script| (session.id.clone(), script)));
            known.insert(key, script);
        }
        self.scripts = known;
        scripts
    }

    fn executions(&mut self, is_cluster: bool) -> Result<Vec<ShardExecution>> {
        if !is_cluster {
            let rows = self.piece("RG.DUMPEXECUTIONS", |it| it.con.dump_executions())?;
            let of_one = |execution| ShardExecution {
                shard: None,
                execution,
            };
            return Ok(rows.into_iter().map(of_one).collect());
        }
        let listing = self.piece("RG.DUMPEXECUTIONS", |it| {
            Ok(of_shards(ask(
                &mut it.con,
                &["RG.DUMPEXECUTIONS", "CLUSTER"],
            )?))
        })?;
        let mut all = Vec::new();
        for OfShard { shard, reply } in listing {
            match reply {
                Ok(listing) => {
                    all.extend(rows::<Execution>(listing)?.into_iter().map(|execution| {
                        let shard = Some(shard.clone());
                        ShardExecution { shard, execution }
                    }));
                }
                Err(reason) => {
                    self.silent.insert(shard, reason);
                }
            }
        }
        Ok(all)
    }

    /// Asks for details of executions that run, for a last time of those that have ended meanwhile, and of those that scripts
    /// have started.
    fn details(&mut self, executions: &[ShardExecution]) -> Result<()> {
        let listed: HashSet<String> = executions
            .iter()
            .map(|it| it.execution.id.to_string())
            .collect();
        self.plans.retain(|id, _| listed.contains(id));
        let mut wanted: Vec<(bool, String)> = Vec::new();
        for row in executions {
            let (id, execution) = (row.execution.id.to_string(), &row.execution);
            let known = self.plans.get(&id);
            let is_settled = known.is_some_and(|plan| plan.status.is_over());
            let is_watched =
                known.is_some() || !execution.registered || !execution.status.is_over();
            if !is_settled && is_watched && !wanted.iter().any(|(_, it)| *it == id) {
                wanted.push((execution.status.is_over(), id));
            }
        }
        wanted.sort();
        for (_, id) in wanted.into_iter().take(DETAILS) {
            match self.con.get_execution(id.as_str(), None) {
                Ok(plans) => {
                    // The slowest shard tells how long the execution takes.
                    let plan = plans.into_values().max_by_key(|it| it.total_duration);
                    self.plans.extend(plan.map(|plan| (id, plan)));
                }
                Err(error) if is_lost(&error) => return Err(error),
                // It was dropped meanwhile.
                Err(_) => {}
            }
        }
        Ok(())
    }

    fn memory(&mut self, is_cluster: bool) -> Result<BTreeMap<String, PyStats>> {
        if is_cluster {
            return self.con.py_stats_cluster();
        }
        Ok(BTreeMap::from([(String::new(), self.con.py_stats()?)]))
    }

    fn info(&mut self, section: &str) -> Result<String> {
        let reply: Value = ask(&mut self.con, &["INFO", section])?;
        Ok(text(&reply))
    }
}

/// Whether the connection broke.
fn is_lost(error: &Error) -> bool {
    error.is_connection() || error.is_timeout() || matches!(error.kind(), ErrorKind::Connect { .. })
}
