//! Incidents: facts in, section, verdict, exit code and next command out.

mod tree;
