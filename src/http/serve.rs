//! Serves HTTP to whoever comes: a connection that is slow, silent or one too many costs others nothing.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::CancellationToken;

/// What a connection may cost.
#[derive(Clone, Copy)]
pub struct Patience {
    /// Connections at once. Further ones wait in the system's own line.
    connections: usize,
    /// From a connection's begin, or a request's first byte, to the first of its answer. Handlers have half of it.
    answered_within: Duration,
    /// How long a connection that was answered may rest.
    rests: Duration,
    /// How long requests in hand may take to end once the service stops.
    farewell: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connections: 1024,
            answered_within: Duration::from_secs(20),
            // Longer than proxies keep theirs (60 s, 120 s): one of the two has to close it, and a webhook that meets a
            // connection which we just closed may be lost.
            rests: Duration::from_secs(150),
            farewell: Duration::from_secs(10),
        }
    }
}

/// Serves until told to stop, then lets the requests in hand end.
pub async fn serve(listener: TcpListener, routes: Router, patience: Patience, stop: CancellationToken) {
    let Patience { connections, farewell, .. } = patience;
    let listener = Guarded { listener, places: Arc::new(Semaphore::new(connections)), patience };
    let serving = axum::serve(listener, routes).with_graceful_shutdown(stop.clone().cancelled_owned());
    tokio::select! {
        // It never ends with an error: what a single connection suffers stays with that connection.
        _ = serving => {}
        () = async {
            stop.cancelled().await;
            sleep(farewell).await;
        } => tracing::warn!("Requests were still in hand {} s after the stop; they are cut off", farewell.as_secs()),
    }
}

/// Lets so many in at once.
struct Guarded {
    listener: TcpListener,
    places: Arc<Semaphore>,
    patience: Patience,
}

impl Listener for Guarded {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let place = self.places.clone().acquire_owned().await.expect("the semaphore is never closed");
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let patience = self.patience;
        let ends = Box::pin(sleep(patience.answered_within));
        (Connection { stream, patience, ends, in_request: true, _place: place }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection on which our patience ends.
struct Connection {
    stream: TcpStream,
    patience: Patience,
    ends: Pin<Box<Sleep>>,
    /// Whether bytes came since the last that we wrote.
    in_request: bool,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    fn wait_no_longer_than(&mut self, time: Duration) {
        self.ends.as_mut().reset(Instant::now() + time);
    }

    fn wrote(&mut self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(1..)) = result {
            self.in_request = false;
            self.wait_no_longer_than(self.patience.rests);
        }
        result
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_read(cx, buf);
        match &result {
            Poll::Pending if self.ends.as_mut().poll(cx).is_ready() => {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            Poll::Ready(Ok(())) if !self.in_request => {
                self.in_request = true;
                let time = self.patience.answered_within;
                self.wait_no_longer_than(time);
            }
            _ => {}
        }
        result
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.wrote(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.wrote(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
