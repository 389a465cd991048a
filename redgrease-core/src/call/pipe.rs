//! Several calls in one round trip.

#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::{Connection, own};
use crate::error::{DecodeError, Error, Result};
use crate::profile::Profile;
use crate::request::Call;
use redis::{Pipeline, RedisError, Value};
use std::time::Duration;

/// Calls that are sent together. Each call has its own result, so an error of one call does not affect the others.
///
/// A pipeline never registers a gear again: an unknown trigger is the error of its call. The limit of
/// [`Options::call_timeout`](crate::Options::call_timeout) holds for the whole pipeline, limits of its calls do not count.
///
/// ```ignore
/// let (page, counts) = redgrease::pipe((cache_get::call(url), vec![count::call("a"), count::call("b")])).on(&mut con)?;
/// ```
pub fn pipe<P: Calls>(calls: P) -> Pipe<P> {
    Pipe(calls)
}

/// A pipeline of calls, made by [`pipe`].
#[must_use = "a pipeline does nothing until `.on(..)` or `.on_async(..)` sends it"]
#[derive(Debug)]
pub struct Pipe<P>(P);

impl<P: Calls> Pipe<P> {
    /// Sends the calls and waits for all answers.
    ///
    /// # Errors
    ///
    /// When an argument has no counterpart in Python (nothing is sent then), or the connection fails.
    pub fn on<C: Connection + ?Sized>(self, con: &mut C) -> Result<P::Output> {
        let profile = own::profile(|| con.get_db());
        let pipeline = self.pipeline(&profile)?;
        let count = pipeline.len();
        let packed = pipeline.get_packed_pipeline();
        let is_own = || own::endpoint(|| con.get_db()).is_some();
        let limit = profile.call_timeout.filter(|_| is_own());
        let send = || {
            own::quickly(self.0.are_quick(), || {
                con.req_packed_commands(&packed, 0, count)
            })
        };
        let answers = own::with_limit(limit, send).map_err(|e| failed(e, limit))?;
        self.0.read(&mut answers.into_iter(), &profile)
    }

    /// [`on`](Self::on) over an async connection.
    ///
    /// # Errors
    ///
    /// Those of [`on`](Self::on).
    #[cfg(feature = "aio")]
    pub async fn on_async<C: AsyncConnection + ?Sized>(self, con: &mut C) -> Result<P::Output> {
        let profile = own::profile(|| con.get_db());
        let pipeline = self.pipeline(&profile)?;
        let count = pipeline.len();
        let is_own = || own::endpoint(|| con.get_db()).is_some();
        let limit = profile.call_timeout.filter(|_| is_own());
        let (answers, left) = own::with_limit_async(limit, || {
            own::quickly(self.0.are_quick(), || {
                con.req_packed_commands(&pipeline, 0, count)
            })
        });
        let answers = own::within(left, answers).await;
        let answers = answers.map_err(|e| failed(e, limit))?;
        self.0.read(&mut answers.into_iter(), &profile)
    }

    fn pipeline(&self, profile: &Profile) -> Result<Pipeline> {
        let mut pipeline = redis::pipe();
        // Errors are answers, so that each command has one answer.
        pipeline.ignore_errors();
        self.0.add_to(&mut pipeline, profile)?;
        Ok(pipeline)
    }
}

/// The error of a whole pipeline.
fn failed(e: RedisError, limit: Option<Duration>) -> Error {
    let error = Error::from(e).within(limit);
    if error.is_connection() {
        error.about_call("a pipeline of gears".to_owned())
    } else {
        error
    }
}

/// Calls that can be sent in a [`pipe`]: a [`Call`], a `Vec` of calls, or a tuple of those.
pub trait Calls {
    /// The same shape, with a result for each call.
    type Output;

    #[doc(hidden)]
    fn add_to(&self, pipeline: &mut Pipeline, profile: &Profile) -> Result<()>;

    /// Whether the server answers all calls at once.
    #[doc(hidden)]
    fn are_quick(&self) -> bool;

    #[doc(hidden)]
    fn read(
        self,
        answers: &mut dyn Iterator<Item = Value>,
        profile: &Profile,
    ) -> Result<Self::Output>;
}

impl<T> Calls for Call<T> {
    type Output = Result<T>;

    fn add_to(&self, pipeline: &mut Pipeline, profile: &Profile) -> Result<()> {
        pipeline.add_command(self.to_cmd_with(profile)?);
        Ok(())
    }

    fn are_quick(&self) -> bool {
        self.is_quick()
    }

    fn read(
        self,
        answers: &mut dyn Iterator<Item = Value>,
        profile: &Profile,
    ) -> Result<Self::Output> {
        match answers.next() {
            Some(answer) => Ok(self.read_with(answer, profile)),
            None => Err(Error::from(DecodeError::new(
                "no answer",
                "one answer per call",
            ))),
        }
    }
}

impl<C: Calls> Calls for Vec<C> {
    type Output = Vec<C::Output>;

    fn add_to(&self, pipeline: &mut Pipeline, profile: &Profile) -> Result<()> {
        self.iter()
            .try_for_each(|call| call.add_to(pipeline, profile))
    }

    fn are_quick(&self) -> bool {
        self.iter().all(Calls::are_quick)
    }

    fn read(
        self,
        answers: &mut dyn Iterator<Item = Value>,
        profile: &Profile,
    ) -> Result<Self::Output> {
        self.into_iter()
            .map(|call| call.read(answers, profile))
            .collect()
    }
}

macro_rules! tuple {
    ($($name:ident $index:tt)*) => {
        impl<$($name: Calls),*> Calls for ($($name,)*) {
            type Output = ($($name::Output,)*);

            fn add_to(&self, pipeline: &mut Pipeline, profile: &Profile) -> Result<()> {
                $( self.$index.add_to(pipeline, profile)?; )*
                Ok(())
            }

            fn are_quick(&self) -> bool {
                true $( && self.$index.are_quick() )*
            }

            fn read(self, answers: &mut dyn Iterator<Item = Value>, profile: &Profile) -> Result<Self::Output> {
                Ok(($( self.$index.read(answers, profile)?, )*))
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0 B 1);
tuple!(A 0 B 1 C 2);
tuple!(A 0 B 1 C 2 D 3);
tuple!(A 0 B 1 C 2 D 3 E 4);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5 G 6);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7);
