//! Keys that a program writes (`field`) and that AgentOps reads.

/// Fields that a program puts on its spans.
pub(crate) mod field {
    pub(crate) const PREFIX: &str = "agentops.";
    pub(crate) const KIND: &str = "agentops.kind";
    pub(crate) const NAME: &str = "agentops.name";
    pub(crate) const VERSION: &str = "agentops.version";
    pub(crate) const TAGS: &str = "agentops.tags";
    pub(crate) const TAG_PREFIX: &str = "agentops.tag.";
    pub(crate) const INPUT: &str = "agentops.input";
    pub(crate) const OUTPUT: &str = "agentops.output";
    pub(crate) const COST: &str = "agentops.cost";
    pub(crate) const SPEC: &str = "agentops.spec";
    pub(crate) const END_STATE: &str = "agentops.end_state";
    /// The reason that goes with a `Fail` end state.
    pub(crate) const END_REASON: &str = "agentops.end_state.reason";
    /// On the `tracing` span of a session that keeps its own record: that span is not exported.
    pub(crate) const SESSION_HAS_RECORD: &str = "agentops.session.has_record";
    pub(crate) const OTEL_NAME: &str = "otel.name";
    pub(crate) const OTEL_KIND: &str = "otel.kind";
    pub(crate) const OTEL_STATUS_CODE: &str = "otel.status_code";
    pub(crate) const OTEL_STATUS_DESCRIPTION: &str = "otel.status_description";
}

pub(crate) const SPAN_KIND: &str = "agentops.span.kind";
pub(crate) const TAGS: &str = "agentops.tags";
pub(crate) const SESSION_END_STATE: &str = "agentops.session.end_state";
/// The future that a span stands for was dropped before it was done.
pub(crate) const CANCELLED: &str = "agentops.cancelled";
/// A streamed answer ended before the model did.
pub(crate) const RESPONSE_PARTIAL: &str = "agentops.response.partial";
pub(crate) const HTTP_STATUS_CODE: &str = "http.response.status_code";
/// How many more times a request was sent.
pub(crate) const HTTP_RESEND_COUNT: &str = "http.request.resend_count";
/// The process ended while the span was open, and the span ended with it.
pub(crate) const OPEN_AT_SHUTDOWN: &str = "agentops.open_at_shutdown";
/// The process ended while the span was open, and the next one reports it.
pub(crate) const PROCESS_ENDED: &str = "agentops.process_ended";
pub(crate) const ENTITY_INPUT: &str = "agentops.entity.input";
pub(crate) const ENTITY_OUTPUT: &str = "agentops.entity.output";
pub(crate) const GUARDRAIL_SPEC: &str = "agentops.guardrail.spec";
pub(crate) const AGENT_USAGE_PREFIX: &str = "agentops.agent.usage.";
pub(crate) const OPERATION_NAME: &str = "operation.name";
pub(crate) const OPERATION_VERSION: &str = "operation.version";
pub(crate) const AGENT_NAME: &str = "agent.name";
pub(crate) const AGENT_ID: &str = "agent.id";
pub(crate) const AGENT_ROLE: &str = "agent.role";
pub(crate) const AGENT_MODELS: &str = "agent.models";
pub(crate) const TOOL_NAME: &str = "tool.name";
pub(crate) const TOOL_DESCRIPTION: &str = "tool.description";
pub(crate) const TOOL_PARAMETERS: &str = "tool.parameters";
pub(crate) const TOOL_RESULT: &str = "tool.result";
pub(crate) const TOOL_STATUS: &str = "tool.status";
pub(crate) const TOOL_CALL_ID: &str = "tool.call.id";
pub(crate) const TOOL_CALL_TYPE: &str = "tool.call.type";
pub(crate) const ERROR_TYPE: &str = "error.type";
pub(crate) const ERROR_MESSAGE: &str = "error.message";
pub(crate) const EXCEPTION: &str = "exception";
pub(crate) const EXCEPTION_TYPE: &str = "exception.type";
pub(crate) const EXCEPTION_MESSAGE: &str = "exception.message";
pub(crate) const EXCEPTION_STACKTRACE: &str = "exception.stacktrace";
pub(crate) const USER_ID: &str = "user.id";
pub(crate) const SESSION_ID: &str = "session.id";
pub(crate) const TRACE_METADATA_PREFIX: &str = "trace.metadata.";
pub(crate) const INSTRUMENTATION_NAME: &str = "instrumentation.name";
pub(crate) const INSTRUMENTATION_VERSION: &str = "instrumentation.version";
/// What `instrumentation.name` says.
pub(crate) const SDK_NAME: &str = "agentops-rust";
/// The name of the instrumentation scope, as in the Python SDK.
pub(crate) const SCOPE: &str = "agentops";
