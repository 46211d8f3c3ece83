//! The operations for GPUs.
