//! The `stopleak` program.
fn main() {}
