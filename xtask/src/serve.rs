//! Serves the site on localhost, and builds it again when a file changes.

use crate::site::{self, Kind, OUT};
use anyhow::{Context, Result};
use notify::{RecursiveMode, Watcher};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use tiny_http::{Header, Request, Response, Server};

/// Port tried first.
const PORT: u16 = 8080;
/// What a build reads.
const SOURCES: [&str; 5] = ["src", "shaders", "www", "Cargo.toml", "Cargo.lock"];
/// Waits for the rest of a change, as editors write several files.
const SETTLE: Duration = Duration::from_millis(150);
/// How long a page's question for the next build stays open.
const PATIENCE: Duration = Duration::from_secs(25);

/// Number of builds done, for pages that wait for the next.
#[derive(Default)]
struct Builds {
    count: Mutex<u64>,
    changed: Condvar,
}

impl Builds {
    /// Counts one more.
    fn add(&self) {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.changed.notify_all();
    }

    /// The number of builds: at once to a page that has seen none, otherwise when it is another than the one seen, or
    /// after a while.
    fn after(&self, seen: Option<u64>) -> u64 {
        let count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |count: &mut u64| seen == Some(*count);
        *self.changed.wait_timeout_while(count, PATIENCE, same).unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Builds, serves and rebuilds until it is stopped.
pub fn serve(port: Option<u16>) -> Result<()> {
    site::build(Kind::Serve)?;
    let server = listen(port)?;
    let builds = Arc::new(Builds::default());
    let (sender, changes) = channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| !event.kind.is_access()) {
            sender.send(()).ok();
        }
    })?;
    for source in SOURCES.iter().filter(|source| Path::new(source).exists()) {
        watcher
            .watch(Path::new(source), RecursiveMode::Recursive)
            .with_context(|| format!("{source} cannot be watched"))?;
    }
    let rebuilt = builds.clone();
    std::thread::spawn(move || rebuild(&changes, &rebuilt));
    if let Some(address) = server.server_addr().to_ip() {
        println!("\nPetri is served at http://localhost:{}/  (stop with Ctrl+C)", address.port());
    }
    for request in server.incoming_requests() {
        let builds = builds.clone();
        // A page that waits for the next build must not keep others waiting.
        std::thread::spawn(move || answer(request, &builds));
    }
    Ok(())
}

/// The port asked for, or the first that is free.
fn listen(port: Option<u16>) -> Result<Server> {
    let at = |port: u16| Server::http(("127.0.0.1", port));
    let server = match port {
        Some(port) => at(port),
        None => at(PORT).or_else(|_| at(0)),
    };
    server.map_err(|error| anyhow::anyhow!("port {}: {error}; choose another with --port", port.unwrap_or(PORT)))
}

fn rebuild(changes: &Receiver<()>, builds: &Builds) {
    while changes.recv().is_ok() {
        while changes.recv_timeout(SETTLE).is_ok() {}
        println!("\nbuilding again");
        match site::build(Kind::Serve) {
            Ok(()) => {
                builds.add();
                println!("built");
            }
            Err(error) => eprintln!("xtask: {error:#}; the last good build stays"),
        }
    }
}

fn answer(request: Request, builds: &Builds) {
    let path = request.url().split(['?', '#']).next().unwrap_or("/").to_owned();
    // A visitor who goes away is no error of ours.
    match path.as_str() {
        "/reload.js" => request.respond(typed(RELOAD.as_bytes().to_vec(), "text/javascript")),
        "/reload" => {
            let seen = request.url().split_once("?seen=").and_then(|(_, seen)| seen.parse().ok());
            request.respond(typed(builds.after(seen).to_string().into_bytes(), "text/plain"))
        }
        _ => match read(&path) {
            Some((contents, mime)) => request.respond(typed(contents, mime)),
            None => request.respond(Response::from_string("not found").with_status_code(404)),
        },
    }
    .ok();
}

/// Learns the number of builds at once, then waits for another. Waiting first would lose a build that ends meanwhile.
const RELOAD: &str = "\
(async () => {
  const count = async (query) => (await fetch('./reload' + query)).text();
  const later = () => new Promise((resolve) => setTimeout(() => resolve(''), 1000));
  let first = '';
  while (first === '') first = await count('').catch(later);
  for (;;) {
    const now = await count('?seen=' + first).catch(later);
    if (now !== '' && now !== first) return location.reload();
  }
})();
";

fn read(path: &str) -> Option<(Vec<u8>, &'static str)> {
    let path = path.trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    // Names in the site have no dots but those of their endings, so nothing outside can be reached.
    if path.contains("..") {
        return None;
    }
    let file = Path::new(OUT).join(path);
    let mime = match file.extension()?.to_str()? {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript",
        "css" => "text/css",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    };
    Some((std::fs::read(file).ok()?, mime))
}

fn typed(contents: Vec<u8>, mime: &str) -> Response<std::io::Cursor<Vec<u8>>> {
    let mut response = Response::from_data(contents);
    for (name, value) in [("Content-Type", mime), ("Cache-Control", "no-store")] {
        if let Ok(header) = Header::from_bytes(name, value) {
            response.add_header(header);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_that_ends_after_a_page_has_loaded_reaches_it() {
        let builds = Builds::default();
        let seen = builds.after(None);
        builds.add();
        assert_eq!(builds.after(Some(seen)), seen + 1);
    }

    #[test]
    fn a_page_that_waits_is_woken() {
        let builds = Arc::new(Builds::default());
        let waiting = builds.clone();
        let page = std::thread::spawn(move || waiting.after(Some(0)));
        std::thread::sleep(Duration::from_millis(50));
        builds.add();
        assert_eq!(page.join().expect("the page waits without panicking"), 1);
    }
}
