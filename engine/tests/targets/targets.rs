//! Which device a test program tests: the processor, or the one `HEARTH_TEST_DEVICE` names.

use hearth_engine::device::DeviceId;

/// The device under test.
pub(crate) fn id() -> DeviceId {
    match std::env::var("HEARTH_TEST_DEVICE") {
        Ok(name) => name.parse().unwrap(),
        Err(_) => DeviceId::Cpu,
    }
}

/// Whether it is a card: activations stay f32 there, and bits depend on how many tokens are
/// computed together.
pub(crate) fn is_card() -> bool {
    id() != DeviceId::Cpu
}
