//! What a request is worked on with.

use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::client::Client;
use super::wire::Wire;
use super::{catalog, check, fetch, search, sql};
use crate::job::{Input, Outcome};
use crate::protocol::{Answer, Failure, FailureCode, Reply, Request};

/// A request under way. Dropping it gives it up.
pub struct ConnectorJob {
    wire: Rc<Wire>,
    /// Gone when it is done.
    work: Option<Pin<Box<dyn Future<Output = Outcome>>>>,
}

impl fmt::Debug for ConnectorJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is asked holds a secret.
        f.debug_struct("ConnectorJob").field("is_done", &self.work.is_none()).finish_non_exhaustive()
    }
}

impl ConnectorJob {
    pub(super) fn new(request: Request) -> Self {
        let wire = Rc::new(Wire::default());
        let work = Box::pin(work(Rc::clone(&wire), request));
        Self { wire, work: Some(work) }
    }

    /// Goes on until the work waits. It never works for long between two waits, so nobody is asked for the time.
    pub(super) fn step(&mut self, _: &dyn Fn() -> bool) -> Outcome {
        let Some(work) = &mut self.work else {
            return Outcome::Done(Answer::Cancelled);
        };
        match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => {
                self.work = None;
                outcome
            }
            Poll::Pending => self.wire.wanted().unwrap_or(Outcome::Working(None)),
        }
    }

    pub(super) fn input(&mut self, input: Input) {
        self.wire.push(input);
    }
}

async fn work(wire: Rc<Wire>, request: Request) -> Outcome {
    let answer = match request {
        Request::Connect(request) => Ok(Reply::Connect(Box::new(check::connect(wire, &request).await))),
        Request::Search(request) => match Client::new(wire, &request.scope.access) {
            Ok(client) => search::search(&client, &request).await.map(|view| Reply::Search(Box::new(view))),
            Err(trouble) => Err(trouble.failure()),
        },
        Request::FetchTrace(request) => match Client::new(wire, &request.access) {
            Ok(client) => match fetch::trace(&client, &request).await {
                Ok((view, spans)) => return Outcome::Handing(Answer::Reply(Reply::Fetched(view)), vec![spans]),
                Err(failure) => Err(failure),
            },
            Err(trouble) => Err(trouble.failure()),
        },
        Request::Columns(access) => match Client::new(wire, &access) {
            Ok(client) => catalog::columns(&client).await.map(Reply::Columns).map_err(|trouble| trouble.failure()),
            Err(trouble) => Err(trouble.failure()),
        },
        Request::Values(request) => match Client::new(wire, &request.scope.access) {
            Ok(client) => catalog::values(&client, &request).await.map(Reply::Values).map_err(|trouble| trouble.failure()),
            Err(trouble) => Err(trouble.failure()),
        },
        Request::OnServer(request) => match Client::new(wire, &request.scope.access) {
            Ok(client) => sql::figures(&client, *request).await,
            Err(trouble) => Err(trouble.failure()),
        },
        _ => Err(Failure {
            code: FailureCode::BadQuery,
            headline: "No server can answer this.".to_owned(),
            detail: "Only what is asked about a server is answered by the connector.".to_owned(),
            remedy: String::new(),
        }),
    };
    Outcome::Done(match answer {
        Ok(reply) => Answer::Reply(reply),
        Err(failure) => Answer::Failed(failure),
    })
}
