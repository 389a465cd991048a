//! A client for the tests and the load. It keeps its connections.

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client as Legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::error::Error;

/// A client of the service.
#[derive(Debug, Clone)]
pub struct Client {
    url: String,
    name: String,
    http: Legacy<HttpConnector, Body>,
}

/// An answer of the service.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The content.
    pub body: Vec<u8>,
}

impl Answer {
    /// The content as JSON; null if it is something else.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

impl Client {
    /// A client that gives this name, for which its requests are counted.
    #[must_use]
    pub fn new(url: &str, name: &str) -> Self {
        Client {
            url: url.to_owned(),
            name: name.to_owned(),
            http: Legacy::builder(TokioExecutor::new()).build_http(),
        }
    }

    /// Sends `GET`.
    ///
    /// # Errors
    ///
    /// When the service does not answer. An answer with an error is no error here.
    pub async fn get(&self, path: &str) -> Result<Answer, Box<dyn Error + Send + Sync>> {
        self.send(Method::GET, path, Body::empty()).await
    }

    /// Sends `POST` with JSON.
    ///
    /// # Errors
    ///
    /// Those of [`get`](Self::get).
    pub async fn post(
        &self,
        path: &str,
        content: &Value,
    ) -> Result<Answer, Box<dyn Error + Send + Sync>> {
        self.send(Method::POST, path, Body::from(content.to_string()))
            .await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Body,
    ) -> Result<Answer, Box<dyn Error + Send + Sync>> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("content-type", "application/json")
            .header("x-client", &self.name)
            .body(body)?;
        let (parts, body) = self.http.request(request).await?.into_parts();
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await?.to_bytes().to_vec(),
        })
    }
}
