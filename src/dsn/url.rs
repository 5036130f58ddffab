//! A connection as a URL without its password.

use super::{ChannelBinding, Dsn, Host, RootCert, ServerAddress, SessionAttrs, SslMode};

impl Dsn {
    /// The URL that leads to the same server, without the password and without start-up options, which may hold
    /// secrets of extensions.
    pub(crate) fn to_url(&self) -> String {
        let hosts: Vec<_> = self.hosts.iter().map(host).collect();
        let mut url = format!(
            "postgres://{}@{}/{}",
            encode(&self.user),
            hosts.join(","),
            encode(&self.database)
        );
        let params = self.url_params();
        let params: Vec<_> =
            params.iter().map(|(key, value)| format!("{key}={}", encode(value))).collect();
        if !params.is_empty() {
            url.push('?');
            url.push_str(&params.join("&"));
        }
        url
    }

    /// The parameters that differ from their defaults.
    fn url_params(&self) -> Vec<(&'static str, String)> {
        let mut params = Vec::new();
        let addresses: Vec<_> = self.hosts.iter().map(hostaddr).collect();
        if addresses.iter().any(|address| !address.is_empty()) {
            params.push(("hostaddr", addresses.join(",")));
        }
        if self.tls.mode != SslMode::Prefer && self.tls.root != RootCert::System {
            params.push(("sslmode", self.tls.mode.as_str().to_owned()));
        }
        match &self.tls.root {
            RootCert::System => params.push(("sslrootcert", "system".to_owned())),
            RootCert::File(path) => params.push(("sslrootcert", path.display().to_string())),
            RootCert::Default(_) => {}
        }
        if let Some((certificate, key)) = &self.tls.client {
            params.push(("sslcert", certificate.display().to_string()));
            params.push(("sslkey", key.display().to_string()));
        }
        let texts = [
            ("application_name", self.application_name.clone()),
            ("schema", self.schema.clone()),
            ("connect_timeout", self.connect_timeout.map(|limit| limit.as_secs().to_string())),
            ("connection_limit", self.connection_limit.map(|limit| limit.to_string())),
            ("channel_binding", channel_binding(self.channel_binding).map(str::to_owned)),
            ("target_session_attrs", session_attrs(self.session).map(str::to_owned)),
        ];
        params.extend(texts.into_iter().filter_map(|(key, value)| Some((key, value?))));
        params
    }
}

fn host(host: &Host) -> String {
    let port = host.port;
    match &host.address {
        ServerAddress::Tcp { name, .. } if name.contains(':') => format!("[{name}]:{port}"),
        ServerAddress::Tcp { name, .. } => format!("{}:{port}", encode(name)),
        ServerAddress::Socket(directory) => {
            format!("{}:{port}", encode(&directory.display().to_string()))
        }
    }
}

fn hostaddr(host: &Host) -> String {
    match &host.address {
        ServerAddress::Tcp { addr: Some(addr), .. } => addr.to_string(),
        _ => String::new(),
    }
}

fn channel_binding(binding: ChannelBinding) -> Option<&'static str> {
    match binding {
        ChannelBinding::Prefer => None,
        ChannelBinding::Disable => Some("disable"),
        ChannelBinding::Require => Some("require"),
    }
}

fn session_attrs(attrs: SessionAttrs) -> Option<&'static str> {
    match attrs {
        SessionAttrs::Any => None,
        SessionAttrs::ReadWrite => Some("read-write"),
        SessionAttrs::ReadOnly => Some("read-only"),
        SessionAttrs::Primary => Some("primary"),
        SessionAttrs::Standby => Some("standby"),
        SessionAttrs::PreferStandby => Some("prefer-standby"),
    }
}

/// Percent-encodes everything but unreserved characters and commas of lists.
fn encode(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~,".contains(&byte);
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match is_plain(byte) {
            true => encoded.push(char::from(byte)),
            false => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
