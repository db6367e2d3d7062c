//! A fake AgentOps server on loopback, fixed ids and clock, drawn trees.
