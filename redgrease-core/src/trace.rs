//! Spans for `tracing`, named as OpenTelemetry names them. Without the feature `tracing` they do nothing.

#[cfg(feature = "tracing")]
pub(crate) use enabled::{Span, Surroundings, call, registration, run, surroundings};

#[cfg(not(feature = "tracing"))]
pub(crate) use disabled::{Span, Surroundings, call, registration, run, surroundings};

#[cfg(feature = "tracing")]
mod enabled {
    use crate::error::{ErrorKind, Result};
    use crate::gear::Gear;
    use crate::profile::Profile;
    use tracing::Instrument as _;
    use tracing::field::Empty;

    /// A span that records whether the work in it failed.
    pub(crate) struct Span(tracing::Span);

    /// The span that was current when a request was made.
    pub(crate) struct Surroundings(tracing::Span);

    /// The current span.
    pub(crate) fn surroundings() -> Surroundings {
        Surroundings(tracing::Span::current())
    }

    /// A call of a gear.
    pub(crate) fn call(gear: &Gear, on_key: bool, profile: &Profile) -> Span {
        let operation = if on_key {
            "RG.TRIGGERONKEY"
        } else {
            "RG.TRIGGER"
        };
        let span = tracing::info_span!(
            target: "redgrease",
            "gear call",
            otel.kind = "client",
            otel.name = Empty,
            otel.status_code = Empty,
            db.system.name = "redis",
            db.operation.name = operation,
            db.stored_procedure.name = Empty,
            code.function.name = gear.spec().path,
            error.r#type = Empty,
        );
        // The name is only formatted if a subscriber records it.
        if !span.is_disabled() {
            let trigger = profile.trigger_of(gear).unwrap_or_default();
            span.record("otel.name", format!("{operation} {trigger}"));
            span.record("db.stored_procedure.name", trigger.as_ref());
        }
        Span(span)
    }

    /// The registration of a session.
    pub(crate) fn registration(session: &str) -> Span {
        Span(tracing::info_span!(
            target: "redgrease",
            "gear registration",
            otel.kind = "client",
            otel.name = "RG.PYEXECUTE",
            otel.status_code = Empty,
            db.system.name = "redis",
            db.operation.name = "RG.PYEXECUTE",
            redgrease.session = session,
            error.r#type = Empty,
        ))
    }

    /// The run of a chain.
    pub(crate) fn run() -> Span {
        Span(tracing::info_span!(
            target: "redgrease",
            "gear run",
            otel.kind = "client",
            otel.name = "RG.PYEXECUTE",
            otel.status_code = Empty,
            db.system.name = "redis",
            db.operation.name = "RG.PYEXECUTE",
            error.r#type = Empty,
        ))
    }

    impl Span {
        /// Does the work within the span.
        pub(crate) fn observe<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
            let result = self.0.in_scope(work);
            self.record(&result);
            result
        }

        /// Awaits the work within the span.
        pub(crate) async fn observe_async<T>(
            &self,
            work: impl Future<Output = Result<T>>,
        ) -> Result<T> {
            let result = work.instrument(self.0.clone()).await;
            self.record(&result);
            result
        }

        fn record<T>(&self, result: &Result<T>) {
            let Err(e) = result else { return };
            let kind = match e.kind() {
                ErrorKind::Gear(gear) => gear.exception.as_str(),
                ErrorKind::Script { .. } => "script",
                ErrorKind::UnknownTrigger { .. } => "unknown_trigger",
                ErrorKind::NoGears => "no_gears",
                ErrorKind::TriggerOwned { .. } => "trigger_owned",
                ErrorKind::SessionOwned { .. } => "session_owned",
                ErrorKind::Requirements { .. } => "requirements",
                ErrorKind::Registration { .. } => "registration",
                ErrorKind::Convert { .. } => "conversion",
                ErrorKind::Timeout { .. } | ErrorKind::RegistrationTimeout { .. } => "timeout",
                ErrorKind::Connect { .. } => "connect",
                ErrorKind::PoolExhausted { .. } => "pool_exhausted",
                _ => "_OTHER",
            };
            self.0.record("error.type", kind);
            self.0.record("otel.status_code", "ERROR");
        }
    }

    impl Surroundings {
        /// Does the work within the span.
        pub(crate) fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
            self.0.in_scope(work)
        }

        /// Awaits the work within the span.
        #[cfg(feature = "aio")]
        pub(crate) async fn enter_async<T>(self, work: impl Future<Output = T>) -> T {
            work.instrument(self.0).await
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod disabled {
    use crate::error::Result;
    use crate::gear::Gear;
    use crate::profile::Profile;

    pub(crate) struct Span;
    pub(crate) struct Surroundings;

    #[inline]
    pub(crate) fn surroundings() -> Surroundings {
        Surroundings
    }

    #[inline]
    pub(crate) fn call(_gear: &Gear, _on_key: bool, _profile: &Profile) -> Span {
        Span
    }

    #[inline]
    pub(crate) fn registration(_session: &str) -> Span {
        Span
    }

    #[inline]
    pub(crate) fn run() -> Span {
        Span
    }

    #[allow(
        clippy::unused_self,
        reason = "the same methods as with the feature `tracing`"
    )]
    impl Span {
        #[inline]
        pub(crate) fn observe<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
            work()
        }

        #[inline]
        pub(crate) async fn observe_async<T>(
            &self,
            work: impl Future<Output = Result<T>>,
        ) -> Result<T> {
            work.await
        }
    }

    #[allow(
        clippy::unused_self,
        reason = "the same methods as with the feature `tracing`"
    )]
    impl Surroundings {
        #[inline]
        pub(crate) fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
            work()
        }

        #[cfg(feature = "aio")]
        #[inline]
        pub(crate) async fn enter_async<T>(self, work: impl Future<Output = T>) -> T {
            work.await
        }
    }
}
