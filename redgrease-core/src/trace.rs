//! Spans for `tracing`, named as OpenTelemetry names them. Without the feature `tracing` they are nothing.

#[cfg(feature = "tracing")]
pub(crate) use enabled::{call, registration, run};

#[cfg(not(feature = "tracing"))]
pub(crate) use disabled::{call, registration, run};

#[cfg(feature = "tracing")]
mod enabled {
    use crate::error::{ErrorKind, Result};
    use crate::registry::Gear;
    use tracing::Instrument as _;
    use tracing::field::Empty;

    /// A span that notes how what it surrounds has ended.
    pub(crate) struct Span(tracing::Span);

    /// A call of a gear.
    pub(crate) fn call(gear: &Gear, on_key: bool) -> Span {
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
        // Nobody listens: the name need not be made.
        if !span.is_disabled() {
            let trigger = crate::registry::trigger_name(gear).unwrap_or_default();
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
        /// Does something within the span.
        pub(crate) fn observe<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
            let result = self.0.in_scope(work);
            self.note(&result);
            result
        }

        /// Awaits something within the span.
        #[cfg(feature = "aio")]
        pub(crate) async fn observe_async<T>(
            &self,
            work: impl Future<Output = Result<T>>,
        ) -> Result<T> {
            let result = work.instrument(self.0.clone()).await;
            self.note(&result);
            result
        }

        fn note<T>(&self, result: &Result<T>) {
            let Err(e) = result else { return };
            let kind = match e.kind() {
                ErrorKind::Gear(gear) => gear.exception.as_str(),
                ErrorKind::Script { .. } => "script",
                ErrorKind::UnknownTrigger { .. } => "unknown_trigger",
                ErrorKind::NoGears => "no_gears",
                ErrorKind::TriggerOwned { .. } => "trigger_owned",
                ErrorKind::Requirements { .. } => "requirements",
                ErrorKind::Registration { .. } => "registration",
                ErrorKind::Convert { .. } => "conversion",
                ErrorKind::Timeout { .. } => "timeout",
                ErrorKind::Connect { .. } => "connect",
                _ => "_OTHER",
            };
            self.0.record("error.type", kind);
            self.0.record("otel.status_code", "ERROR");
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod disabled {
    use crate::error::Result;
    use crate::registry::Gear;

    pub(crate) struct Span;

    #[inline]
    pub(crate) fn call(_gear: &Gear, _on_key: bool) -> Span {
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

    #[allow(clippy::unused_self, reason = "the other one has something inside")]
    impl Span {
        #[inline]
        pub(crate) fn observe<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
            work()
        }

        #[cfg(feature = "aio")]
        #[inline]
        pub(crate) async fn observe_async<T>(
            &self,
            work: impl Future<Output = Result<T>>,
        ) -> Result<T> {
            work.await
        }
    }
}
