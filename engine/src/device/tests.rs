//! Machines that are not there, and what is said of them.

use std::cell::RefCell;
use std::path::PathBuf;

use super::*;

/// A machine as a test wants it; everything is in order until something is taken away.
struct Machine {
    driver: Option<CudaVersion>,
    compiler: Option<CudaVersion>,
    headers: bool,
    cards: Vec<CudaCard>,
    adapters: Vec<Adapter>,
    free_memory: Option<u64>,
    broken: Vec<DeviceId>,
    builds: (bool, bool),
    /// Where a kernel was run.
    tried: RefCell<Vec<DeviceId>>,
}

const GIB: u64 = 1 << 30;

fn version(major: u32, minor: u32) -> CudaVersion {
    CudaVersion { major, minor }
}

impl Machine {
    fn with_cards(count: usize) -> Self {
        let card = CudaCard {
            name: "Card".into(),
            memory: 16 * GIB,
        };
        Self {
            driver: Some(version(13, 0)),
            compiler: Some(version(13, 0)),
            headers: true,
            cards: vec![card; count],
            adapters: Vec::new(),
            free_memory: Some(32 * GIB),
            broken: Vec::new(),
            builds: (true, true),
            tried: RefCell::default(),
        }
    }

    fn auto(&self, needed: u64) -> Chosen {
        let reports = examine_for(self, &DeviceChoice::Auto);
        choose(&DeviceChoice::Auto, Parallel::Auto, &reports, needed).unwrap()
    }

    fn named(&self, names: &str, needed: u64) -> Result<Chosen, DeviceError> {
        let names = names.parse().unwrap();
        choose(&names, Parallel::Auto, &examine_for(self, &names), needed)
    }

    /// The problem of the first card, which everybody should fall back from.
    fn problem(&self) -> DeviceProblem {
        let reports = examine(self);
        let chosen = self.auto(GIB);
        assert_eq!(chosen.devices, [DeviceId::Cpu]);
        let problem = reports[0].problem.clone().unwrap();
        assert!(
            chosen.reason.contains(&problem.to_string()),
            "{}",
            chosen.reason
        );
        assert!(!problem.remedy().is_empty());
        let error = self.named("cuda:0", GIB).unwrap_err().to_string();
        assert!(error.contains(&problem.remedy()), "{error}");
        problem
    }
}

impl Probe for Machine {
    fn has_cuda_kernels(&self) -> bool {
        self.builds.0
    }

    fn has_wgpu_kernels(&self) -> bool {
        self.builds.1
    }

    fn cuda_driver(&self) -> Option<CudaVersion> {
        self.driver
    }

    fn cuda_cards(&self) -> Vec<CudaCard> {
        self.cards.clone()
    }

    fn nvrtc(&self) -> Option<CudaVersion> {
        self.compiler
    }

    fn cuda_headers(&self) -> Option<PathBuf> {
        self.headers.then(|| PathBuf::from("/headers"))
    }

    fn adapters(&self) -> Vec<Adapter> {
        self.adapters.clone()
    }

    fn free_memory(&self) -> Option<u64> {
        self.free_memory
    }

    fn run_kernel(&self, device: DeviceId) -> Result<(), String> {
        self.tried.borrow_mut().push(device);
        if self.broken.contains(&device) {
            return Err("it gave zeros".into());
        }
        Ok(())
    }
}

#[test]
fn a_machine_in_order_computes_on_its_first_card() {
    let chosen = Machine::with_cards(2).auto(12 * GIB);
    assert_eq!(chosen.devices, [DeviceId::Cuda(0)]);
    assert!(chosen.reason.contains("Card"), "{}", chosen.reason);
}

#[test]
fn without_a_driver_the_processor_computes_and_the_reason_is_told() {
    let machine = Machine {
        driver: None,
        cards: Vec::new(),
        ..Machine::with_cards(0)
    };
    assert_eq!(machine.problem(), DeviceProblem::NoDriver);
}

#[test]
fn a_driver_without_cards_is_no_missing_driver() {
    assert_eq!(Machine::with_cards(0).problem(), DeviceProblem::NoCard);
}

#[test]
fn a_driver_without_compiler_or_headers_is_not_trusted() {
    let machine = Machine {
        compiler: None,
        ..Machine::with_cards(1)
    };
    assert_eq!(machine.problem(), DeviceProblem::NoCompiler);
    let machine = Machine {
        headers: false,
        ..Machine::with_cards(1)
    };
    assert_eq!(machine.problem(), DeviceProblem::NoHeaders);
    assert!(
        machine
            .problem()
            .remedy()
            .contains("pip install nvidia-cuda-nvrtc")
    );
}

#[test]
fn a_compiler_newer_than_the_driver_is_not_used() {
    let machine = Machine {
        driver: Some(version(12, 8)),
        compiler: Some(version(13, 0)),
        ..Machine::with_cards(1)
    };
    let problem = machine.problem();
    assert!(problem.to_string().contains("knows CUDA 12.8"), "{problem}");
    assert!(problem.remedy().contains("12.8"), "{}", problem.remedy());
    // The other way round is how things usually are.
    let machine = Machine {
        driver: Some(version(13, 1)),
        ..Machine::with_cards(1)
    };
    assert_eq!(machine.auto(GIB).devices, [DeviceId::Cuda(0)]);
}

#[test]
fn too_little_memory_is_refused_with_what_would_fit() {
    let mut machine = Machine::with_cards(2);
    let needed = 20 * GIB;
    let chosen = machine.auto(needed);
    assert_eq!(chosen.devices, [DeviceId::Cpu]);
    assert!(chosen.reason.contains("20480 MB"), "{}", chosen.reason);
    let error = machine.named("cuda:0", needed).unwrap_err().to_string();
    assert!(error.contains("--device cpu"), "{error}");
    machine.free_memory = Some(GIB);
    let error = machine.named("cuda:1", needed).unwrap_err().to_string();
    assert!(
        error.contains("--device cuda:0,cuda:1,cpu --parallel layers"),
        "{error}"
    );
    let doubt = "(if it is usable, which `hearth doctor` tells)";
    assert!(error.contains(doubt), "cuda:0 was not tried: {error}");
    let error = machine.named("cuda:1", 90 * GIB).unwrap_err().to_string();
    assert!(error.contains("a smaller model"), "{error}");
    let both = machine.named("cuda:0,cuda:1", needed).unwrap();
    assert_eq!(both.devices, [DeviceId::Cuda(0), DeviceId::Cuda(1)]);
    // As replicas each has to hold all of them.
    let names = DeviceChoice::Listed(both.devices);
    let reports = examine_for(&machine, &names);
    let error = choose(&names, Parallel::Replicas, &reports, needed).unwrap_err();
    assert!(error.to_string().contains("cuda:0 has room for"), "{error}");
}

#[test]
fn a_card_that_computes_garbage_is_passed_over() {
    let mut machine = Machine::with_cards(2);
    machine.broken.push(DeviceId::Cuda(0));
    assert_eq!(machine.auto(GIB).devices, [DeviceId::Cuda(1)]);
    let error = machine.named("cuda:0", GIB).unwrap_err().to_string();
    assert!(error.contains("it gave zeros"), "{error}");
}

#[test]
fn a_card_in_software_is_taken_only_by_name() {
    let mut machine = Machine::with_cards(0);
    machine.adapters.push(Adapter {
        name: "pipe".into(),
        is_software: true,
    });
    let chosen = machine.auto(GIB);
    assert_eq!(chosen.devices, [DeviceId::Cpu]);
    assert!(chosen.reason.contains("in software"), "{}", chosen.reason);
    assert!(machine.named("wgpu:0", GIB).is_ok());
    machine.adapters[0].is_software = false;
    assert_eq!(machine.auto(GIB).devices, [DeviceId::Wgpu(0)]);
    // It does not tell whether 12 GiB would fit.
    assert_eq!(machine.auto(12 * GIB).devices, [DeviceId::Cpu]);
    assert!(machine.named("wgpu:0", 12 * GIB).is_ok());
    let missing = machine.named("wgpu:1", GIB).unwrap_err();
    assert_eq!(missing, DeviceError::Missing(DeviceId::Wgpu(1)));
}

#[test]
fn only_what_may_be_taken_is_touched() {
    let mut machine = Machine::with_cards(2);
    for is_software in [true, false] {
        let name = "pipe".into();
        machine.adapters.push(Adapter { name, is_software });
    }
    let tried = |look: &dyn Fn()| {
        look();
        machine.tried.take()
    };
    let (first, second) = (DeviceId::Cuda(0), DeviceId::Cuda(1));
    let (pipe, card) = (DeviceId::Wgpu(0), DeviceId::Wgpu(1));
    let named = |names: &str| drop(machine.named(names, GIB).unwrap());
    assert_eq!(
        tried(&|| drop(examine(&machine))),
        [first, second, pipe, card]
    );
    assert_eq!(tried(&|| drop(machine.auto(GIB))), [first, second, card]);
    assert_eq!(tried(&|| named("wgpu:0,cpu")), [pipe]);
    assert_eq!(tried(&|| named("cuda:1")), [second]);
    assert!(tried(&|| named("cpu")).is_empty());
}

#[test]
fn a_build_without_kernels_says_how_to_make_one_with_them() {
    let machine = Machine {
        builds: (false, false),
        ..Machine::with_cards(1)
    };
    assert_eq!(machine.problem(), DeviceProblem::NotBuiltForCuda);
    let error = machine.named("wgpu:0", GIB).unwrap_err().to_string();
    assert!(error.contains("--features wgpu"), "{error}");
}

#[test]
fn names_are_read_as_they_are_written() {
    for text in ["auto", "cpu", "cuda:1", "wgpu:0,cpu", "cuda:0,cuda:1"] {
        let choice: DeviceChoice = text.parse().unwrap();
        assert_eq!(choice.to_string(), text);
    }
    assert_eq!("cuda".parse(), Ok(DeviceId::Cuda(0)));
    for text in [
        "", "gpu", "cuda:x", "cpu:1", "auto,cpu", "cuda:0,", "cpu,cpu",
    ] {
        assert!(text.parse::<DeviceChoice>().is_err(), "{text}");
    }
}
