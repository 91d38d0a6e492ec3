//! A private Postgres for those who have not set one up: the installed binaries, a data directory of
//! our own, a Unix socket and no port. It is durable, and it ends when this process ends, however that comes about.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How long a server may take to answer, or an old one to leave. Recovery after a crash is within this.
const PATIENCE: Duration = Duration::from_secs(60);

/// Keeps the server below a shell that waits for our end of a pipe: when this process ends, even by
/// kill -9, the pipe closes and the shell asks the server for a fast shutdown. `$1` is a directory to
/// remove afterwards, or empty.
const KEEPER: &str = r#"
throwaway=$1; shift
exec 3<&0
"$@" </dev/null 3<&- & server=$!
(cat <&3 >/dev/null; kill -INT $server 2>/dev/null) & watcher=$!
wait $server; status=$?
kill $watcher 2>/dev/null
[ -z "$throwaway" ] || rm -rf "$throwaway"
exit $status
"#;

/// A running private server. Dropping it stops the server; `stop` also waits for it.
pub struct PrivateServer {
    options: PgConnectOptions,
    stop: Option<oneshot::Sender<()>>,
    supervisor: JoinHandle<()>,
}

impl PrivateServer {
    /// Starts the server of this data directory, creating it the first time.
    ///
    /// Errors say what to install when no server binaries are found, and who holds the directory when it is in use.
    pub async fn start(data_dir: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(data_dir).with_context(|| format!("creating {}", data_dir.display()))?;
        Self::start_in(data_dir, Keep::Durably).await
    }

    /// Starts an empty server that leaves nothing behind: for the demo and the tests.
    pub async fn start_throwaway() -> anyhow::Result<Self> {
        let dir = std::env::temp_dir().join(format!("undertone-{}", uuid::Uuid::now_v7().simple()));
        fs::create_dir_all(&dir).with_context(|| format!("creating {}", dir.display()))?;
        Self::start_in(&dir, Keep::Nothing).await
    }

    async fn start_in(dir: &Path, keep: Keep) -> anyhow::Result<Self> {
        let dir = dir.canonicalize().with_context(|| format!("opening {}", dir.display()))?;
        let setup = Setup {
            bin: find_binaries()?,
            user: ServerUser::current()?,
            socket: socket_dir(&dir),
            dir,
            keep,
        };
        setup.prepare_directories()?;
        setup.create_cluster_once().await?;
        setup.wait_for_predecessor().await?;
        let mut running = setup.spawn()?;
        let options = setup.connect_options();
        setup.wait_until_it_answers(&mut running, &options).await?;
        let (stop, stopped) = oneshot::channel();
        let supervisor = tokio::spawn(supervise(setup, running, stopped));
        Ok(Self { options, stop: Some(stop), supervisor })
    }

    /// How to reach the server's `undertone` database.
    pub fn options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    /// Stops the server and waits until it is gone.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let _ = self.supervisor.await;
    }
}

/// How to reach the server that a running service has in this data directory; `None` where none answers.
pub async fn running(data_dir: &Path) -> Option<PgConnectOptions> {
    let options = options_by(&socket_dir(&data_dir.canonicalize().ok()?));
    options.connect().await.ok().map(|_| options)
}

fn options_by(socket: &Path) -> PgConnectOptions {
    PgConnectOptions::new()
        .socket(socket)
        .username("undertone")
        .database("postgres")
        .disable_statement_logging()
}

#[derive(Clone, Copy, PartialEq)]
enum Keep {
    Durably,
    Nothing,
}

struct Setup {
    bin: PathBuf,
    user: Option<ServerUser>,
    dir: PathBuf,
    socket: PathBuf,
    keep: Keep,
}

impl Setup {
    fn cluster(&self) -> PathBuf {
        self.dir.join("postgres")
    }

    fn log(&self) -> PathBuf {
        self.dir.join("postgres.log")
    }

    fn connect_options(&self) -> PgConnectOptions {
        options_by(&self.socket)
    }

    fn prepare_directories(&self) -> anyhow::Result<()> {
        for dir in [&self.dir, &self.socket] {
            fs::create_dir_all(dir).with_context(|| format!("creating {}", dir.display()))?;
            fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
            if let Some(user) = &self.user {
                chown(dir, Some(user.uid), Some(user.gid))
                    .with_context(|| format!("giving {} to the user {}", dir.display(), user.name))?;
            }
        }
        Ok(())
    }

    /// Makes the cluster beside its place and moves it there whole, so that a crash leaves no half of one.
    async fn create_cluster_once(&self) -> anyhow::Result<()> {
        if self.cluster().join("PG_VERSION").exists() {
            return Ok(());
        }
        let fresh = self.dir.join("postgres.new");
        let _ = fs::remove_dir_all(&fresh);
        let made = self
            .command(&self.bin.join("initdb"))
            .arg("-D")
            .arg(&fresh)
            .args(["-U", "undertone", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-instructions"])
            .args((self.keep == Keep::Nothing).then_some("--no-sync"))
            .output()
            .await
            .context("running initdb")?;
        ensure!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr).trim());
        fs::rename(&fresh, self.cluster()).context("moving the new cluster into its place")
    }

    /// A server of this directory may still be shutting down after a crash of ours: it is waited for.
    async fn wait_for_predecessor(&self) -> anyhow::Result<()> {
        let pid_file = self.cluster().join("postmaster.pid");
        let deadline = Instant::now() + PATIENCE;
        while let Ok(content) = fs::read_to_string(&pid_file) {
            let pid = content.lines().next().unwrap_or_default().trim().to_owned();
            if !is_postgres(&pid) {
                // Left by a machine that went down; its number may be another process's by now.
                let _ = fs::remove_file(&pid_file);
                break;
            }
            ensure!(
                Instant::now() < deadline,
                "{} is in use by the Postgres with process id {pid}: stop the other undertone, or set DATABASE_URL",
                self.dir.display()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    fn spawn(&self) -> anyhow::Result<Running> {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log())?;
        let mut command = self.command(Path::new("/bin/sh"));
        command.arg("-c").arg(KEEPER).arg("undertone-postgres");
        command.arg(if self.keep == Keep::Nothing { self.dir.as_os_str() } else { "".as_ref() });
        command.arg(self.bin.join("postgres")).arg("-D").arg(self.cluster()).arg("-k").arg(&self.socket);
        for setting in [
            "listen_addresses=",
            "unix_socket_permissions=0700",
            "max_connections=200",
            "timezone=UTC",
            // A burst fills tables within seconds, and plans made from what was known before it are bad ones.
            "autovacuum_naptime=5s",
            // Otherwise its log quotes the row that a constraint refuses.
            "log_error_verbosity=terse",
        ] {
            command.arg("-c").arg(setting);
        }
        if self.keep == Keep::Nothing {
            command.args(["-c", "fsync=off", "-c", "full_page_writes=off"]);
        }
        // A process group of its own, so that Ctrl-C in the terminal reaches us and not the server.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log);
        let mut keeper = command.spawn().context("starting Postgres")?;
        // Taken out, because waiting for a child closes what it still holds of its input.
        let pipe = keeper.stdin.take();
        Ok(Running { keeper, pipe })
    }

    async fn wait_until_it_answers(
        &self,
        running: &mut Running,
        options: &PgConnectOptions,
    ) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = running.keeper.try_wait()? {
                bail!(
                    "Postgres ended at once ({status}); the end of {}:\n{}",
                    self.log().display(),
                    self.log_tail()
                );
            }
            match options.connect().await {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > deadline => {
                    return Err(error)
                        .with_context(|| format!("Postgres did not answer, see {}", self.log().display()));
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    fn log_tail(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(5)..].join("\n")
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.dir);
        if let Some(user) = &self.user {
            command.uid(user.uid).gid(user.gid).env("HOME", &self.dir);
        }
        command
    }
}

/// A server below its keeper. It runs for as long as the pipe is open.
struct Running {
    keeper: Child,
    pipe: Option<ChildStdin>,
}

/// Keeps the server running until told to stop: one that dies by itself is started again.
async fn supervise(setup: Setup, mut running: Running, mut stop: oneshot::Receiver<()>) {
    loop {
        tokio::select! {
            _ = &mut stop => {
                drop(running.pipe.take());
                let _ = running.keeper.wait().await;
                return;
            }
            status = running.keeper.wait() => restart(&setup, &mut running, status).await,
        }
    }
}

async fn restart(setup: &Setup, running: &mut Running, status: io::Result<ExitStatus>) {
    tracing::warn!(status = ?status.ok(), "The private Postgres ended; starting it again");
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        match setup.spawn() {
            Ok(fresh) => return *running = fresh,
            Err(error) => tracing::error!("Could not start the private Postgres: {error:#}"),
        }
    }
}

/// The user to run the server as: Postgres refuses to run as root, so root lends it to `postgres`.
struct ServerUser {
    name: String,
    uid: u32,
    gid: u32,
}

impl ServerUser {
    fn current() -> anyhow::Result<Option<Self>> {
        use std::os::unix::fs::MetadataExt;
        let we_are_root = fs::metadata("/proc/self").map(|own| own.uid() == 0).unwrap_or(false);
        if !we_are_root {
            return Ok(None);
        }
        let passwd = fs::read_to_string("/etc/passwd").context("reading /etc/passwd")?;
        let user = passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next().filter(|name| *name == "postgres")?;
            let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
            Some(Self { name: name.to_owned(), uid, gid })
        });
        Ok(Some(
            user.context("running as root, and there is no user `postgres` to run the private Postgres as")?,
        ))
    }
}

/// Finds the directory with `initdb` and `postgres`: Debian's versioned places (newest first), then Homebrew's and the PATH.
pub fn find_binaries() -> anyhow::Result<PathBuf> {
    let mut versioned: Vec<(u32, PathBuf)> =
        ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt", "/usr"]
            .iter()
            .filter_map(|parent| fs::read_dir(parent).ok())
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let version =
                    name.trim_start_matches("postgresql@").trim_start_matches("pgsql-").parse().ok()?;
                Some((version, entry.path().join("bin")))
            })
            .collect();
    versioned.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let on_path = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect::<Vec<_>>();
    versioned
        .into_iter()
        .map(|(_, bin)| bin)
        .chain(on_path)
        .find(|bin| bin.join("initdb").exists() && bin.join("postgres").exists())
        .context(
            "no Postgres server binaries found. Install them (Debian, Ubuntu: `apt-get install postgresql`; \
             macOS: `brew install postgresql@17`; Fedora: `dnf install postgresql-server`), \
             or set DATABASE_URL to a Postgres that runs",
        )
}

/// A Unix socket's path is limited to about 100 bytes, so a deep data directory keeps its socket elsewhere.
fn socket_dir(dir: &Path) -> PathBuf {
    let beside = dir.join("socket");
    if beside.as_os_str().len() <= 80 {
        return beside;
    }
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    dir.hash(&mut hasher);
    std::env::temp_dir().join(format!("undertone-socket-{:016x}", hasher.finish()))
}

fn is_postgres(pid: &str) -> bool {
    if !Path::new("/proc").exists() {
        // Without /proc the server's own check of its pid file has to do.
        return false;
    }
    !pid.is_empty()
        && fs::read_to_string(format!("/proc/{pid}/comm"))
            .is_ok_and(|comm| comm.trim().starts_with("postgres"))
}
