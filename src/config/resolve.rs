//! Resolving: the builder's word, else the environment's, else the default.

use std::{path::PathBuf, time::Duration};

use tracing::level_filters::LevelFilter;

use super::{
    Config, Content, Destination, Notices, Secret, Semconv, Settings,
    accept::{self, Form, Sampler},
    api_key,
    endpoint::{self, SECRET},
    env::{self, Env, Lookup},
    price_file,
    route::Route,
    service::Service,
};
use crate::{error::InitError, price::Price};

const TRACE_NAME: &str = "default";
const ATTRIBUTE_VALUE_LENGTH: usize = 1_000_000;
const MAX_QUEUE_SIZE: usize = 32_768;
const MAX_QUEUE_BYTES: usize = 64 * 1024 * 1024;
const MAX_EXPORT_BATCH_SIZE: usize = 512;
const FLUSH_INTERVAL: Duration = Duration::from_secs(1);
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

impl Settings {
    /// The builder wins over the environment, the environment over the defaults. What the builder said is not looked
    /// up, so that a malformed variable that nobody needs is no error.
    pub(crate) fn resolve(mut self, lookup: Lookup<'_>) -> Result<(Config, Notices), InitError> {
        let env = Env::new(lookup);
        let mut notices = Notices::default();
        let key = self.key(env)?;
        let route = Route::decide(&mut self, key.as_ref().map(|(key, _)| key), env, &mut notices)?;
        if let (Some((key, setting)), Destination::AgentOps { .. }) = (&key, &route.destination)
            && let Some(doubt) = api_key::doubt(setting, key)
        {
            notices.warn(doubt);
        }
        self.tell_refused_tags(&mut notices);
        let service = Service::decide(&mut self, env)?;
        let spool = self.spool(env, &route.destination, &mut notices)?;
        let config = Config {
            destination: route.destination,
            app_url: self.app_url(env)?,
            protocol: route.protocol,
            compression: route.compression,
            headers: route.headers,
            export_timeout: route.export_timeout,
            service_name: service.name,
            service_version: service.version,
            environment: service.environment,
            resource_attributes: service.attributes,
            env_data_opt_out: flag(self.env_data_opt_out, env, env::AGENTOPS_ENV_DATA_OPT_OUT, false)?,
            host_name: self.host_name.unwrap_or_default(),
            tags: self.tags(env),
            trace_name: self.trace_name(env),
            auto_start_session: flag(self.auto_start_session, env, env::AGENTOPS_AUTO_START_SESSION, true)?,
            session_replay_log: flag(self.session_replay_log, env, env::AGENTOPS_LOG_SESSION_REPLAY_URL, true)?,
            sample_ratio: self.sample_ratio(env, key.is_some())?,
            keep_errors: self.keep_errors.unwrap_or(false),
            content: self.content(env)?,
            attribute_value_length: self.attribute_value_length(env)?,
            semconv: self.semconv(env, key.is_some())?,
            prices: self.prices(env)?,
            instrument_llm_calls: flag(self.instrument_llm_calls, env, env::AGENTOPS_INSTRUMENT_LLM_CALLS, true)?,
            max_level: self.max_level.unwrap_or(LevelFilter::DEBUG),
            event_level: self.event_level.unwrap_or(LevelFilter::INFO),
            error_events_to_status: self.error_events_to_status.unwrap_or(true),
            host_trace: self.host_trace.unwrap_or_default(),
            panic_hook: self.panic_hook.unwrap_or(true),
            shutdown_on_signal: self.shutdown_on_signal.unwrap_or(false),
            max_queue_size: self.max_queue_size(env)?,
            max_queue_bytes: accept::bytes("with_max_queue_bytes", self.max_queue_bytes)?.unwrap_or(MAX_QUEUE_BYTES),
            max_export_batch_size: accept::spans("with_max_export_batch_size", self.max_export_batch_size)?
                .unwrap_or(MAX_EXPORT_BATCH_SIZE),
            flush_interval: self.flush_interval(env)?,
            shutdown_timeout: accept::wait(self.shutdown_timeout).unwrap_or(SHUTDOWN_TIMEOUT),
            spool,
            api_key: key.map(|(key, _)| key),
            dict_tags: self.dict_tags,
            redactor: self.redactor,
        };
        Ok((config, notices))
    }

    fn tell_refused_tags(&self, notices: &mut Notices) {
        for tag in &self.refused_tags {
            let tag = endpoint::shown(tag);
            notices.warn(format!(
                "with_tag was not taken for the key {tag:?}: AgentOps keeps it for itself"
            ));
        }
    }

    /// The key and the setting that it comes from.
    fn key(&self, env: Env<'_>) -> Result<Option<(Secret, &'static str)>, InitError> {
        let given = self
            .api_key
            .as_ref()
            .map(|key| ("with_api_key", key.expose().to_owned()));
        match given.or_else(|| env.first([env::AGENTOPS_API_KEY])) {
            Some((setting, text)) => match api_key::accept(&text) {
                Some(key) => Ok(Some((key, setting))),
                None => Err(InitError::invalid(setting, SECRET, api_key::ACCEPTED)),
            },
            None => Ok(None),
        }
    }

    fn app_url(&mut self, env: Env<'_>) -> Result<String, InitError> {
        let given = self.app_url.take().map(|text| ("with_app_url", text));
        match given.or_else(|| env.first([env::AGENTOPS_APP_URL])) {
            Some((setting, text)) => Ok(endpoint::link_base(endpoint::parse(setting, &text)?)),
            None => Ok(endpoint::APP.to_owned()),
        }
    }

    fn tags(&mut self, env: Env<'_>) -> Vec<String> {
        let given = self.tags.take().unwrap_or_else(|| {
            let text = env.text(env::AGENTOPS_DEFAULT_TAGS).unwrap_or_default();
            text.split(',').map(str::to_owned).collect()
        });
        let mut tags = Vec::with_capacity(given.len());
        for tag in given {
            let tag = tag.trim();
            if !tag.is_empty() && !tags.iter().any(|have| have == tag) {
                tags.push(tag.to_owned());
            }
        }
        tags
    }

    fn trace_name(&mut self, env: Env<'_>) -> String {
        let name = self.trace_name.take().or_else(|| env.text(env::AGENTOPS_TRACE_NAME));
        name.unwrap_or_else(|| TRACE_NAME.to_owned())
    }

    fn sample_ratio(&self, env: Env<'_>, has_key: bool) -> Result<f64, InitError> {
        if let Some(ratio) = accept::ratio("with_sample_ratio", self.sample_ratio)? {
            return Ok(ratio);
        }
        if let Some(ratio) = env.read(env::AGENTOPS_SAMPLE_RATIO, &accept::RATIO)? {
            return Ok(ratio);
        }
        if has_key {
            return Ok(1.0);
        }
        Ok(match env.read(env::OTEL_TRACES_SAMPLER, &accept::SAMPLER)? {
            Some(Sampler::Ratio) => env.read(env::OTEL_TRACES_SAMPLER_ARG, &accept::RATIO)?.unwrap_or(1.0),
            Some(Sampler::AlwaysOff) => 0.0,
            Some(Sampler::AlwaysOn) | None => 1.0,
        })
    }

    /// AgentOps' own variable wins over the two of others, and of those the one that holds more back.
    fn content(&self, env: Env<'_>) -> Result<Content, InitError> {
        if let Some(content) = or_env(self.content, env, env::AGENTOPS_CAPTURE_CONTENT, &accept::CONTENT)? {
            return Ok(content);
        }
        let genai = env.read(
            env::OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT,
            &accept::MESSAGE_CONTENT,
        )?;
        let traceloop = env.read(env::TRACELOOP_TRACE_CONTENT, &accept::BOOL)?;
        let is_held_back = genai == Some(false) || traceloop == Some(false);
        Ok(if is_held_back {
            Content::NoMessages
        } else {
            Content::All
        })
    }

    fn attribute_value_length(&self, env: Env<'_>) -> Result<usize, InitError> {
        let given = accept::characters("with_attribute_value_length", self.attribute_value_length)?;
        let length = or_env(
            given,
            env,
            env::OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT,
            &accept::CHARACTERS,
        )?;
        Ok(length.unwrap_or(ATTRIBUTE_VALUE_LENGTH))
    }

    fn semconv(&self, env: Env<'_>, has_key: bool) -> Result<Semconv, InitError> {
        let default = if has_key { Semconv::AgentOps } else { Semconv::GenAi };
        Ok(or_env(self.semconv, env, env::AGENTOPS_SEMCONV, &accept::SEMCONV)?.unwrap_or(default))
    }

    /// The program's own word comes last, for the last price of a model counts.
    fn prices(&mut self, env: Env<'_>) -> Result<Vec<(String, Price)>, InitError> {
        let given = self.price_file.take().map(|path| ("with_price_file", path));
        let from_env = || {
            env.text(env::AGENTOPS_PRICE_FILE)
                .map(|path| (env::AGENTOPS_PRICE_FILE, PathBuf::from(path)))
        };
        let mut prices = match given.or_else(from_env) {
            Some((setting, path)) => price_file::read(setting, &path)?,
            None => Vec::new(),
        };
        prices.append(&mut self.prices);
        Ok(prices)
    }

    fn max_queue_size(&self, env: Env<'_>) -> Result<usize, InitError> {
        let given = accept::spans("with_max_queue_size", self.max_queue_size)?;
        Ok(or_env(given, env, env::AGENTOPS_MAX_QUEUE_SIZE, &accept::SPANS)?.unwrap_or(MAX_QUEUE_SIZE))
    }

    fn flush_interval(&self, env: Env<'_>) -> Result<Duration, InitError> {
        let given = accept::duration("with_export_flush_interval", self.flush_interval)?;
        let interval = or_env(given, env, env::AGENTOPS_EXPORT_FLUSH_INTERVAL, &accept::MILLISECONDS)?;
        Ok(interval.unwrap_or(FLUSH_INTERVAL))
    }
}

/// What the builder said, else the variable.
fn or_env<T>(given: Option<T>, env: Env<'_>, name: &'static str, form: &Form<T>) -> Result<Option<T>, InitError> {
    match given {
        Some(given) => Ok(Some(given)),
        None => env.read(name, form),
    }
}

fn flag(given: Option<bool>, env: Env<'_>, name: &'static str, default: bool) -> Result<bool, InitError> {
    Ok(or_env(given, env, name, &accept::BOOL)?.unwrap_or(default))
}
