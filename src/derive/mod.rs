//! The untrusted search: closed forms and the certificates that the kernel replays.

pub mod report;
