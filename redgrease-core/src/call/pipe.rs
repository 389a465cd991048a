//! Several calls in one round trip.

#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::Connection;
use crate::error::{DecodeError, Result};
use crate::{Call, Error};
use redis::{Pipeline, Value};

/// Calls that are sent together. An error of one does not spoil the others.
///
/// Nothing is registered again on the way: an unknown trigger is an error of its call.
///
/// ```ignore
/// let (page, counts) = redgrease::pipe((cache_get::call(url), vec![count::call("a"), count::call("b")])).on(&mut con)?;
/// ```
pub fn pipe<P: Calls>(calls: P) -> Pipe<P> {
    Pipe(calls)
}

/// What [`pipe`] returns.
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
        let pipeline = self.pipeline()?;
        let count = pipeline.len();
        let answers = con.req_packed_commands(&pipeline.get_packed_pipeline(), 0, count)?;
        self.read(answers)
    }

    /// Sends the calls and waits for all answers.
    ///
    /// # Errors
    ///
    /// When an argument has no counterpart in Python (nothing is sent then), or the connection fails.
    #[cfg(feature = "aio")]
    pub async fn on_async<C: AsyncConnection + ?Sized>(self, con: &mut C) -> Result<P::Output> {
        let pipeline = self.pipeline()?;
        let count = pipeline.len();
        let answers = con.req_packed_commands(&pipeline, 0, count).await?;
        self.read(answers)
    }

    fn pipeline(&self) -> Result<Pipeline> {
        let mut pipeline = redis::pipe();
        // One answer per command, errors among them.
        pipeline.ignore_errors();
        self.0.add_to(&mut pipeline)?;
        Ok(pipeline)
    }

    fn read(self, answers: Vec<Value>) -> Result<P::Output> {
        self.0.read(&mut answers.into_iter())
    }
}

/// What can be sent in a [`pipe`]: a [`Call`], a `Vec` of them, or a tuple of those.
pub trait Calls {
    /// The same shape, with a result for each call.
    type Output;

    #[doc(hidden)]
    fn add_to(&self, pipeline: &mut Pipeline) -> Result<()>;

    #[doc(hidden)]
    fn read(self, answers: &mut dyn Iterator<Item = Value>) -> Result<Self::Output>;
}

impl<T> Calls for Call<T> {
    type Output = Result<T>;

    fn add_to(&self, pipeline: &mut Pipeline) -> Result<()> {
        pipeline.add_command(self.to_cmd()?);
        Ok(())
    }

    fn read(self, answers: &mut dyn Iterator<Item = Value>) -> Result<Self::Output> {
        match answers.next() {
            Some(answer) => Ok(Call::read(&self, answer)),
            None => Err(Error::from(DecodeError::new(
                "no answer",
                "one answer per call",
            ))),
        }
    }
}

impl<C: Calls> Calls for Vec<C> {
    type Output = Vec<C::Output>;

    fn add_to(&self, pipeline: &mut Pipeline) -> Result<()> {
        self.iter().try_for_each(|call| call.add_to(pipeline))
    }

    fn read(self, answers: &mut dyn Iterator<Item = Value>) -> Result<Self::Output> {
        self.into_iter().map(|call| call.read(answers)).collect()
    }
}

macro_rules! tuple {
    ($($name:ident $index:tt)*) => {
        impl<$($name: Calls),*> Calls for ($($name,)*) {
            type Output = ($($name::Output,)*);

            fn add_to(&self, pipeline: &mut Pipeline) -> Result<()> {
                $( self.$index.add_to(pipeline)?; )*
                Ok(())
            }

            fn read(self, answers: &mut dyn Iterator<Item = Value>) -> Result<Self::Output> {
                Ok(($( self.$index.read(answers)?, )*))
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
