//! Pure judgement over facts.

pub mod advice;
