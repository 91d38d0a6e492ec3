//! `undertone health`: asks a running service whether it lives, for a container's health check. Needs no other program.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::config::{Config, from_env};

/// For the connection, and again for the answer.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(clap::Args)]
pub struct Args {
    /// The configuration file of the service.
    #[arg(long, default_value = "config/undertone.toml", env = "UNDERTONE_CONFIG")]
    config: PathBuf,
}

/// Exit code 1 for every failure, a bad configuration too: container engines keep 2 for themselves.
pub fn run(args: Args) -> Result<(), super::Failure> {
    let config = Config::load(&args.config, &from_env).map_err(anyhow::Error::from)?;
    Ok(ask(reachable(config.listen))?)
}

/// Where a service that listens on all addresses is reached from its own machine.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn ask(address: SocketAddr) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)
        .with_context(|| format!("nothing answers on {address}"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut status = [0; 12];
    stream.read_exact(&mut status).with_context(|| format!("no answer from {address}"))?;
    ensure!(&status == b"HTTP/1.1 200", "{address} does not answer /healthz with 200");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Answers one request with `answer`, and gives the request.
    fn answering(answer: &'static str) -> (SocketAddr, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let served = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let read = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&request[..read]).into_owned()
        });
        (address, served)
    }

    #[test]
    fn only_a_200_is_healthy() {
        let cases = [
            ("alive", "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nalive\n", true),
            ("another service", "HTTP/1.1 404 Not Found\r\n\r\n", false),
            ("broken", "HTTP/1.1 500 Internal Server Error\r\n\r\n", false),
            ("not HTTP", "SSH-2.0-OpenSSH_9.2\r\n", false),
            ("no words", "", false),
        ];
        for (name, answer, healthy) in cases {
            let (address, served) = answering(answer);
            assert_eq!(ask(address).is_ok(), healthy, "{name}");
            assert!(served.join().unwrap().starts_with("GET /healthz HTTP/1.1\r\n"), "{name}");
        }
    }

    #[test]
    fn a_service_that_listens_everywhere_is_asked_on_loopback() {
        for (listen, expected) in [
            ("0.0.0.0:8477", "127.0.0.1:8477"),
            ("[::]:8477", "[::1]:8477"),
            ("127.0.0.1:9000", "127.0.0.1:9000"),
            ("10.1.2.3:8477", "10.1.2.3:8477"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), expected);
        }
    }
}
