//! What configuration files say, as plain data. Not what is done about it.

pub mod gitleaks;
