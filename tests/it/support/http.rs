//! A loopback HTTP server that can also send invalid, slow or incomplete responses.

use std::collections::{HashMap, VecDeque};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// The response of one path.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The delay between the request and the first byte.
    pub delay: Duration,
    pub mode: SendMode,
}

/// How a response is sent.
#[derive(Clone, Debug, PartialEq)]
pub enum SendMode {
    /// A valid HTTP response.
    Normal,
    /// Closes the connection after the request without a response.
    CloseAtOnce,
    /// Resets the connection (RST) after the request.
    Reset,
    /// Reads the request and never responds.
    NoResponse,
    /// Sends the header, then the body with a pause after each byte.
    Drip { pause: Duration },
    /// Announces this many bytes more than it sends, then closes.
    Truncate { missing: usize },
    /// Repeats `body` until this many bytes are sent.
    Huge { bytes: usize },
    /// Sends the body without an HTTP header.
    NotHttp,
}

impl Response {
    /// Returns a JSON response.
    pub fn json(status: u16, body: impl Into<Vec<u8>>) -> Response {
        Response::text(status, "application/json", body)
    }

    /// Returns an HTML response.
    pub fn html(status: u16, body: impl Into<Vec<u8>>) -> Response {
        Response::text(status, "text/html; charset=utf-8", body)
    }

    /// Returns a response of this content type.
    pub fn text(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Response {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Response {
            status,
            headers,
            body: body.into(),
            delay: Duration::ZERO,
            mode: SendMode::Normal,
        }
    }

    /// Returns a redirect.
    pub fn redirect(status: u16, location: &str) -> Response {
        Response::text(status, "text/plain", "moved").header("location", location)
    }

    /// Returns `{"ok":true}`, sent in this way.
    pub fn with_mode(mode: SendMode) -> Response {
        Response { mode, ..Response::json(200, r#"{"ok":true}"#) }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Response {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the delay before the first byte.
    pub fn delay(mut self, delay: Duration) -> Response {
        self.delay = delay;
        self
    }
}

/// A received request.
#[derive(Clone, Debug)]
pub struct StubRequest {
    pub method: String,
    /// The path and the query.
    pub target: String,
    /// The headers, with names in lower case.
    pub headers: HashMap<String, String>,
}

/// A running server. Unknown paths return 404.
pub struct Stub {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The next responses by path. The last one of a path is repeated.
    responses: HashMap<String, VecDeque<Response>>,
    requests: Vec<StubRequest>,
    closed: bool,
}

impl Stub {
    /// Serves these responses by path on a free port of 127.0.0.1.
    pub fn start<'a>(table: impl IntoIterator<Item = (&'a str, Response)>) -> Stub {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stub = Stub { address: listener.local_addr().unwrap(), state: Arc::default() };
        for (path, response) in table {
            stub.set(path, response);
        }
        let state = Arc::clone(&stub.state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if state.lock().unwrap().closed {
                    break;
                }
                let state = Arc::clone(&state);
                // Errors are ignored: some clients close the connection early.
                thread::spawn(move || drop(serve(stream, &state)));
            }
        });
        stub
    }

    /// Returns `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sets the response of a path.
    pub fn set(&self, path: &str, response: Response) {
        self.set_all(path, [response]);
    }

    /// Sets the responses of a path. They are sent in order, and the last one is repeated.
    pub fn set_all(&self, path: &str, responses: impl IntoIterator<Item = Response>) {
        let responses = responses.into_iter().collect();
        self.state.lock().unwrap().responses.insert(path.to_owned(), responses);
    }

    /// Returns the requests of a path so far, in order.
    pub fn requests(&self, path: &str) -> Vec<StubRequest> {
        let state = self.state.lock().unwrap();
        state.requests.iter().filter(|request| path_of(&request.target) == path).cloned().collect()
    }

    /// Returns the number of requests of a path.
    pub fn count(&self, path: &str) -> usize {
        self.requests(path).len()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.state.lock().unwrap().closed = true;
        // Wakes the listener. From then on, the port refuses connections.
        let _ = TcpStream::connect(self.address);
    }
}

/// Returns the URL of a port of 127.0.0.1 that refuses connections.
pub fn refused_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

fn path_of(target: &str) -> &str {
    target.split('?').next().unwrap_or_default()
}

/// Answers one request and closes.
fn serve(stream: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let request = read_request(&stream)?;
    let path = path_of(&request.target).to_owned();
    let head_only = request.method == "HEAD";
    let response = {
        let mut state = state.lock().unwrap();
        state.requests.push(request);
        state.responses.get_mut(&path).and_then(next)
    };
    let response = response.unwrap_or_else(|| Response::json(404, r#"{"error":"not found"}"#));
    thread::sleep(response.delay);
    answer(stream, &response, head_only)
}

fn next(responses: &mut VecDeque<Response>) -> Option<Response> {
    if responses.len() > 1 { responses.pop_front() } else { responses.front().cloned() }
}

fn read_request(stream: &TcpStream) -> io::Result<StubRequest> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let mut words = first.split(' ');
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default().to_owned();
    let mut headers = HashMap::new();
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    Ok(StubRequest { method, target, headers })
}

fn answer(mut stream: TcpStream, response: &Response, head_only: bool) -> io::Result<()> {
    let body = &response.body;
    let content_length = match response.mode {
        SendMode::Truncate { missing } => body.len() + missing,
        SendMode::Huge { bytes } => bytes,
        _ => body.len(),
    };
    match response.mode {
        SendMode::CloseAtOnce => return Ok(()),
        SendMode::Reset => return socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)),
        SendMode::NoResponse => return stream.read_to_end(&mut Vec::new()).map(drop),
        SendMode::NotHttp => return stream.write_all(body),
        _ => stream.write_all(head(response, content_length).as_bytes())?,
    }
    match response.mode {
        _ if head_only => Ok(()),
        SendMode::Drip { pause } => body.iter().try_for_each(|byte| {
            thread::sleep(pause);
            stream.write_all(&[*byte])
        }),
        SendMode::Huge { bytes } => {
            let endless = body.iter().copied().cycle();
            let piece: Vec<u8> = endless.take(body.len() * 10_000).collect();
            let full_pieces = bytes / piece.len();
            (0..full_pieces).try_for_each(|_| stream.write_all(&piece))?;
            stream.write_all(&piece[..bytes % piece.len()])
        }
        _ => stream.write_all(body),
    }
}

fn head(response: &Response, content_length: usize) -> String {
    let mut head = format!("HTTP/1.1 {} Stub\r\n", response.status);
    for (name, value) in &response.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head + &format!("content-length: {content_length}\r\nconnection: close\r\n\r\n")
}
