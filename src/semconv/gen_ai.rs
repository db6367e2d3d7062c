//! Keys of model calls: what AgentOps' server reads (the older names) and today's OpenTelemetry GenAI
//! conventions (semantic-conventions-genai, state of autumn 2026).

pub(crate) const PREFIX: &str = "gen_ai.";

// Both dialects
pub(crate) const REQUEST_MODEL: &str = "gen_ai.request.model";
pub(crate) const RESPONSE_MODEL: &str = "gen_ai.response.model";
pub(crate) const RESPONSE_ID: &str = "gen_ai.response.id";
pub(crate) const OPERATION_NAME: &str = "gen_ai.operation.name";
pub(crate) const CONVERSATION_ID: &str = "gen_ai.conversation.id";

// What AgentOps reads
pub(crate) const SYSTEM: &str = "gen_ai.system";
pub(crate) const REQUEST_TYPE: &str = "gen_ai.request.type";
pub(crate) const REQUEST_STREAMING: &str = "gen_ai.request.streaming";
pub(crate) const PROMPT: &str = "gen_ai.prompt";
pub(crate) const COMPLETION: &str = "gen_ai.completion";
pub(crate) const USAGE_PROMPT_TOKENS: &str = "gen_ai.usage.prompt_tokens";
pub(crate) const USAGE_COMPLETION_TOKENS: &str = "gen_ai.usage.completion_tokens";
pub(crate) const USAGE_TOTAL_TOKENS: &str = "gen_ai.usage.total_tokens";
pub(crate) const USAGE_CACHE_READ_INPUT_TOKENS: &str = "gen_ai.usage.cache_read_input_tokens";
pub(crate) const USAGE_CACHE_CREATION_INPUT_TOKENS: &str = "gen_ai.usage.cache_creation_input_tokens";
pub(crate) const USAGE_REASONING_TOKENS: &str = "gen_ai.usage.reasoning_tokens";
pub(crate) const USAGE_PROMPT_COST: &str = "gen_ai.usage.prompt_cost";
pub(crate) const USAGE_COMPLETION_COST: &str = "gen_ai.usage.completion_cost";
pub(crate) const USAGE_TOTAL_COST: &str = "gen_ai.usage.total_cost";
pub(crate) const RESPONSE_FINISH_REASON: &str = "gen_ai.response.finish_reason";
pub(crate) const TIME_TO_FIRST_TOKEN: &str = "gen_ai.streaming.time_to_first_token";
/// Seconds from the first piece of an answer to its end.
pub(crate) const TIME_TO_GENERATE: &str = "gen_ai.streaming.time_to_generate";
pub(crate) const CHUNK_COUNT: &str = "gen_ai.streaming.chunk_count";

// GenAI conventions
pub(crate) const PROVIDER_NAME: &str = "gen_ai.provider.name";
pub(crate) const REQUEST_STREAM: &str = "gen_ai.request.stream";
pub(crate) const USAGE_INPUT_TOKENS: &str = "gen_ai.usage.input_tokens";
pub(crate) const USAGE_OUTPUT_TOKENS: &str = "gen_ai.usage.output_tokens";
pub(crate) const USAGE_CACHE_READ: &str = "gen_ai.usage.cache_read.input_tokens";
pub(crate) const USAGE_CACHE_CREATION: &str = "gen_ai.usage.cache_creation.input_tokens";
/// Anthropic's name below the conventions' group: of the tokens written to a cache those that stay for an hour.
pub(crate) const USAGE_CACHE_CREATION_1H: &str = "gen_ai.usage.cache_creation.ephemeral_1h_input_tokens";
pub(crate) const USAGE_REASONING_OUTPUT: &str = "gen_ai.usage.reasoning.output_tokens";
pub(crate) const RESPONSE_FINISH_REASONS: &str = "gen_ai.response.finish_reasons";
pub(crate) const TIME_TO_FIRST_CHUNK: &str = "gen_ai.response.time_to_first_chunk";
pub(crate) const INPUT_MESSAGES: &str = "gen_ai.input.messages";
pub(crate) const OUTPUT_MESSAGES: &str = "gen_ai.output.messages";
pub(crate) const SYSTEM_INSTRUCTIONS: &str = "gen_ai.system_instructions";
pub(crate) const TOOL_DEFINITIONS: &str = "gen_ai.tool.definitions";
pub(crate) const AGENT_NAME: &str = "gen_ai.agent.name";
pub(crate) const AGENT_ID: &str = "gen_ai.agent.id";
pub(crate) const TOOL_NAME: &str = "gen_ai.tool.name";
pub(crate) const TOOL_TYPE: &str = "gen_ai.tool.type";
pub(crate) const TOOL_DESCRIPTION: &str = "gen_ai.tool.description";
pub(crate) const TOOL_CALL_ID: &str = "gen_ai.tool.call.id";
pub(crate) const TOOL_CALL_ARGUMENTS: &str = "gen_ai.tool.call.arguments";
pub(crate) const TOOL_CALL_RESULT: &str = "gen_ai.tool.call.result";
pub(crate) const SERVER_ADDRESS: &str = "server.address";
pub(crate) const SERVER_PORT: &str = "server.port";
/// The event of an evaluation and its attributes.
pub(crate) const EVALUATION_RESULT: &str = "gen_ai.evaluation.result";
pub(crate) const EVALUATION_NAME: &str = "gen_ai.evaluation.name";
pub(crate) const EVALUATION_SCORE_VALUE: &str = "gen_ai.evaluation.score.value";
pub(crate) const EVALUATION_SCORE_LABEL: &str = "gen_ai.evaluation.score.label";
pub(crate) const EVALUATION_EXPLANATION: &str = "gen_ai.evaluation.explanation";
