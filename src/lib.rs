//! cliplyctl
