//! The tracing spans of calls, registrations and runs.
#![cfg(all(feature = "tracing", feature = "macros"))]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use redgrease::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

#[gear_command(trigger = "traced:divide", mode = "sync")]
fn divide(a: i64, b: i64) -> i64 {
    python! {
        return divmod(a, b)[0]
    }
}

#[gear_command(trigger = "traced:refuse", mode = "sync")]
fn refuse() -> Result<i64, String> {
    python! { raise Err("no") }
}

type Fields = BTreeMap<String, String>;

/// A collector that stores the fields of every span of this project.
#[derive(Clone, Default)]
struct Collector {
    spans: Arc<Mutex<BTreeMap<u64, Fields>>>,
    next: Arc<AtomicU64>,
}

struct Into<'a>(&'a mut Fields);

impl Visit for Into<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!("{value:?}");
        self.0
            .insert(field.name().to_owned(), text.trim_matches('"').to_owned());
    }
}

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target() == "redgrease"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let mut fields = Fields::from([("span".to_owned(), span.metadata().name().to_owned())]);
        span.record(&mut Into(&mut fields));
        self.spans.lock().unwrap().insert(id, fields);
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        if let Some(fields) = self.spans.lock().unwrap().get_mut(&span.into_u64()) {
            values.record(&mut Into(fields));
        }
    }

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}
    fn event(&self, _event: &Event<'_>) {}
    fn enter(&self, _span: &Id) {}
    fn exit(&self, _span: &Id) {}
}

impl Collector {
    fn named(&self, name: &str) -> Vec<Fields> {
        let spans = self.spans.lock().unwrap();
        spans
            .values()
            .filter(|s| s["span"] == name)
            .cloned()
            .collect()
    }
}

#[test]
fn calls_and_registrations_have_spans() {
    let collector = Collector::default();
    tracing::subscriber::with_default(collector.clone(), || {
        let (_server, mut con) = common::started();
        assert_eq!(divide(&mut con, 6, 2).unwrap(), 3);
        assert!(divide(&mut con, 6, 0).is_err());
        let run = ShardsIDReader::new().count().run_on(&mut con).unwrap();
        assert_eq!(run.into_value().unwrap(), 1);
    });
    let registrations = collector.named("gear registration");
    assert_eq!(registrations.len(), 1);
    assert!(registrations[0]["redgrease.session"].contains("traced"));
    assert_eq!(registrations[0]["db.operation.name"], "RG.PYEXECUTE");
    assert_eq!(collector.named("gear run").len(), 1);

    let calls = collector.named("gear call");
    assert_eq!(calls.len(), 2);
    for call in &calls {
        assert_eq!(call["db.system.name"], "redis");
        assert_eq!(call["db.operation.name"], "RG.TRIGGER");
        assert_eq!(call["db.stored_procedure.name"], "traced:divide");
        assert_eq!(call["otel.name"], "RG.TRIGGER traced:divide");
        assert_eq!(call["otel.kind"], "client");
        assert!(call["code.function.name"].ends_with("divide"));
    }
    assert!(!calls[0].contains_key("error.type"));
    assert_eq!(calls[1]["error.type"], "ZeroDivisionError");
    assert_eq!(calls[1]["otel.status_code"], "ERROR");
}

/// An `Err` of a gear is an answer: the call has not failed.
#[test]
fn a_refusal_is_no_failure() {
    let collector = Collector::default();
    tracing::subscriber::with_default(collector.clone(), || {
        let (_server, mut con) = common::started();
        assert_eq!(refuse(&mut con).unwrap(), Err("no".to_owned()));
    });
    let calls = collector.named("gear call");
    assert_eq!(calls.len(), 1);
    assert!(!calls[0].contains_key("error.type"));
    assert!(!calls[0].contains_key("otel.status_code"));
}

#[cfg(feature = "aio")]
#[test]
fn async_calls_have_spans() {
    let collector = Collector::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    tracing::subscriber::with_default(collector.clone(), || {
        runtime.block_on(async {
            let (server, _con) = common::started();
            let mut con = redgrease::connect_async(server.url()).await.unwrap();
            assert_eq!(divide::call(8, 2).on_async(&mut con).await.unwrap(), 4);
        });
    });
    assert_eq!(collector.named("gear call").len(), 1);
}
