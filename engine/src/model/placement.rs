//! Which layers of a model are on which device.

use burn::tensor::{Device, Tensor, TensorData};

/// The devices of one engine in the order of the layers they hold: the embedding is on the first,
/// norm and head are on the last.
#[derive(Clone, Debug)]
pub struct Placement {
    devices: Vec<Device>,
    /// Layers of each device.
    counts: Vec<usize>,
}

impl Placement {
    /// Everything on one device.
    pub fn whole(device: Device) -> Self {
        Self {
            devices: vec![device],
            counts: vec![usize::MAX],
        }
    }

    /// `counts[i]` layers on `devices[i]`.
    ///
    /// # Panics
    /// If there is no device, or another number of counts.
    pub fn split(devices: Vec<Device>, counts: Vec<usize>) -> Self {
        assert_eq!(devices.len(), counts.len(), "a count for every device");
        assert!(!devices.is_empty(), "at least one device");
        Self { devices, counts }
    }

    /// The device of a layer, by number.
    pub(super) fn place(&self, layer: usize) -> usize {
        let mut layers_before = 0_usize;
        for (place, count) in self.counts.iter().enumerate() {
            layers_before = layers_before.saturating_add(*count);
            if layer < layers_before {
                return place;
            }
        }
        self.devices.len() - 1
    }

    /// A device.
    pub(super) fn device(&self, place: usize) -> &Device {
        &self.devices[place]
    }

    /// Where the embedding is.
    pub(super) fn first(&self) -> &Device {
        &self.devices[0]
    }

    /// Where norm and head are.
    pub fn last(&self) -> &Device {
        &self.devices[self.devices.len() - 1]
    }

    /// All devices.
    pub fn devices(&self) -> &[Device] {
        &self.devices
    }

    /// The device of every layer.
    pub fn of_layers(&self, num_layers: usize) -> Vec<Device> {
        let device = |layer| self.devices[self.place(layer)].clone();
        (0..num_layers).map(device).collect()
    }

    /// Brings hidden states to the device `to`, if they are not there.
    pub(super) fn bring(&self, states: Tensor<2>, from: usize, to: usize) -> Tensor<2> {
        if from == to {
            states
        } else {
            states.to_device(&self.devices[to])
        }
    }
}

/// The same values on every device.
pub(super) fn on_all<const D: usize>(placement: &Placement, values: &TensorData) -> Vec<Tensor<D>> {
    let devices = placement.devices().iter();
    devices
        .map(|device| Tensor::from_data(values.clone(), device))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_follow_each_other_over_the_devices() {
        let flex = || vec![Device::flex(); 3];
        let placement = Placement::split(flex(), vec![2, 0, 3]);
        let places: Vec<usize> = (0..6).map(|layer| placement.place(layer)).collect();
        assert_eq!(places, [0, 0, 2, 2, 2, 2]);
        assert_eq!(placement.of_layers(5).len(), 5);
        assert_eq!(Placement::whole(Device::flex()).place(1_000), 0);
    }
}
