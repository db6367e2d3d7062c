//! counted_once
