//! Every kernel as CUDA C++, compiled by NVRTC for four generations of cards: none is needed.
//!
//! What a driver would be given is assembled too, and its registers and spills are told.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stderr, reason = "registers are worth reading")]

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use cubecl::cuda::CudaCompiler;
use cubecl::define_kernel;
use cubecl::ir::features::Features;
use cubecl::ir::{
    DeviceIdentity, DeviceProperties, HardwareProperties, MemoryDeviceProperties, TargetProperties,
    VectorSize,
};
use cubecl::prelude::*;
use cubecl_cpp::cuda::arch::CudaArchitecture;
use cubecl_cpp::cuda::mma::CudaCmmaCompiler;
use cubecl_cpp::shared::register_wmma_features;
use cudarc::nvrtc::{CompileOptions, compile_ptx_with_opts};

use super::super::launch::{LANES, ROWS};
use super::super::{attention, experts, floats, products, rope, router, sampling, threshold};
use crate::layout::{LINEAR_TABLE, LayoutKind};

/// Ampere, Ada, Hopper and Blackwell, as CubeCL asks NVRTC for them.
const ARCHITECTURES: [&str; 4] = ["sm_80", "sm_89", "sm_90a", "sm_120a"];

/// A kernel, and whether every answer's token waits for it.
struct Kernel {
    name: String,
    is_decode: bool,
    definition: Box<dyn CubeKernel>,
}

/// What CubeCL's CUDA back end says of a card, as far as these kernels ask.
fn properties() -> Arc<DeviceProperties> {
    let hardware = HardwareProperties {
        load_width: 128,
        vector_register_count: None,
        plane_size_min: 32,
        plane_size_max: 32,
        max_bindings: 64,
        max_shared_memory_size: 48 * 1024,
        max_cube_count: (i32::MAX.cast_unsigned(), u16::MAX.into(), u16::MAX.into()),
        max_units_per_cube: 1024,
        max_cube_dim: (1024, 1024, 64),
        num_streaming_multiprocessors: None,
        num_tensor_cores: None,
        min_tensor_cores_dim: None,
        num_cpu_cores: None,
        last_level_cache_size: None,
        max_vector_size: VectorSize::MAX,
        cube_mma_reserved_shared_memory: 0,
    };
    let mut properties = DeviceProperties::new(
        Features::default(),
        MemoryDeviceProperties::new(u64::MAX, 512),
        hardware,
        cubecl::profile::TimingMethod::Device,
        DeviceIdentity {
            name: "no card".into(),
            fingerprint: "no card".into(),
            physical: None,
        },
    );
    cubecl_cpp::register_supported_types(&mut properties);
    // The oldest of the cards has the fewest tensor cores.
    let oldest = CudaArchitecture {
        version: 80,
        tensor_cores: true,
    };
    let combinations = CudaCmmaCompiler::Cpp.supported_cmma_combinations(&oldest);
    register_wmma_features(combinations, &mut properties);
    Arc::new(properties)
}

/// Settings of a launch as it is made on every card.
fn settings(dim: CubeDim) -> KernelSettings {
    KernelSettings::new(*dim, ExecutionMode::Checked, AddressType::U32)
}

/// Cubes whose units work on rows together.
fn rows() -> KernelSettings {
    settings(CubeDim::new_2d(LANES as u32, ROWS as u32))
}

/// Cubes whose units work alone.
fn units() -> KernelSettings {
    settings(CubeDim::new_1d(64))
}

fn buffer() -> BufferCompilationArg {
    BufferCompilationArg { inplace: None }
}

/// A kernel with its name, as it is made for the arguments; numbers that are told at the launch are
/// `()`.
macro_rules! kernel {
    ($name:expr, $is_decode:expr, $made:path, $settings:expr, $($argument:expr),*) => {{
        let target = Arc::new(TargetProperties::default());
        Kernel {
            name: $name.to_string(),
            is_decode: $is_decode,
            definition: Box::new($made($settings, properties(), target, $($argument),*)),
        }
    }};
}

mod grouped_experts;

fn kernels() -> Vec<Kernel> {
    let linear = LayoutKind::Nibbles {
        table: LINEAR_TABLE,
    };
    let mut table = LINEAR_TABLE;
    table[0] = 5;
    let other = LayoutKind::Nibbles { table };
    let layouts = [
        linear,
        other,
        LayoutKind::Bytes,
        LayoutKind::Mxfp4,
        LayoutKind::Dense,
        LayoutKind::Bf16,
    ];
    let mut kernels: Vec<Kernel> = layouts.into_iter().flat_map(of_layout).collect();
    kernels.extend(of_floats());
    kernels.extend(grouped_experts::of_grouping());
    kernels.extend([true, false].map(of_rope));
    kernels.extend([64, 128].map(of_attention));
    kernels.extend(of_sampling());
    kernels.extend([0, 3, 8, 12].into_iter().flat_map(|level| {
        [true, false]
            .into_iter()
            .flat_map(move |is_count| of_threshold(is_count, level))
    }));
    kernels
}

fn of_layout(kind: LayoutKind) -> Vec<Kernel> {
    use products::embedding_kernel::EmbeddingKernel;
    use products::matmul_kernel::MatmulKernel;
    let mut kernels: Vec<Kernel> = [1, 4]
        .map(|at_once| {
            let name = format!("matmul {kind:?} {at_once}");
            let is_decode = at_once == 1;
            kernel!(
                name,
                is_decode,
                MatmulKernel::new,
                rows(),
                buffer(),
                buffer(),
                buffer(),
                (),
                (),
                (),
                kind,
                at_once
            )
        })
        .into();
    kernels.push(kernel!(
        format!("embedding {kind:?}"),
        true,
        EmbeddingKernel::new,
        units(),
        buffer(),
        buffer(),
        buffer(),
        (),
        (),
        kind
    ));
    kernels.extend(of_experts(kind));
    kernels.extend(grouped_experts::of_tiles(kind));
    kernels.extend(grouped_experts::of_tensor_cores(kind));
    kernels
}

fn of_experts(kind: LayoutKind) -> [Kernel; 2] {
    use experts::down_kernel::DownKernel;
    use experts::gate_up_kernel::GateUpKernel;
    let gate_up = kernel!(
        format!("gate_up {kind:?}"),
        true,
        GateUpKernel::new,
        rows(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        (),
        (),
        (),
        (),
        (),
        (),
        kind
    );
    let down = kernel!(
        format!("down {kind:?}"),
        true,
        DownKernel::new,
        rows(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        (),
        (),
        (),
        (),
        kind
    );
    [gate_up, down]
}

fn of_floats() -> [Kernel; 3] {
    use floats::rms_norm_kernel::RmsNormKernel;
    use floats::swiglu_kernel::SwigluKernel;
    use router::router_kernel::RouterKernel;
    [
        kernel!(
            "rms_norm",
            true,
            RmsNormKernel::new,
            rows(),
            buffer(),
            buffer(),
            buffer(),
            (),
            (),
            ()
        ),
        kernel!(
            "swiglu",
            true,
            SwigluKernel::new,
            units(),
            buffer(),
            buffer(),
            ()
        ),
        kernel!(
            "router",
            true,
            RouterKernel::new,
            units(),
            buffer(),
            buffer(),
            buffer(),
            (),
            (),
            4
        ),
    ]
}

fn of_rope(halves: bool) -> Kernel {
    use rope::rope_kernel::RopeKernel;
    let name = format!("rope, halves: {halves}");
    kernel!(
        name,
        true,
        RopeKernel::new,
        units(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        (),
        (),
        (),
        (),
        halves
    )
}

fn of_attention(head_dim: usize) -> Kernel {
    use attention::attention_kernel::AttentionKernel;
    let name = format!("attention {head_dim}");
    kernel!(
        name,
        true,
        AttentionKernel::new,
        rows(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        (),
        (),
        (),
        (),
        (),
        head_dim
    )
}

fn of_sampling() -> [Kernel; 4] {
    use sampling::best_kernel::BestKernel;
    use sampling::draw_kernel::DrawKernel;
    use sampling::mass_kernel::MassKernel;
    use threshold::keep_all_kernel::KeepAllKernel;
    let best = kernel!(
        "best",
        true,
        BestKernel::new,
        rows(),
        buffer(),
        buffer(),
        ()
    );
    let keep_all = kernel!("keep_all", true, KeepAllKernel::new, rows(), buffer());
    let mass = kernel!(
        "mass",
        true,
        MassKernel::new,
        rows(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        ()
    );
    let draw = kernel!(
        "draw",
        true,
        DrawKernel::new,
        rows(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        (),
        ()
    );
    [best, keep_all, mass, draw]
}

fn of_threshold(is_count: bool, level: u32) -> [Kernel; 2] {
    use threshold::digit_kernel::DigitKernel;
    use threshold::narrow_kernel::NarrowKernel;
    let digit = kernel!(
        format!("digit {level}, count: {is_count}"),
        true,
        DigitKernel::new,
        rows(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        (),
        is_count,
        level
    );
    let narrow = kernel!(
        format!("narrow {level}, count: {is_count}"),
        true,
        NarrowKernel::new,
        rows(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        (),
        is_count,
        level
    );
    [digit, narrow]
}

/// The CUDA C++ of a kernel.
fn source(kernel: &dyn CubeKernel) -> String {
    let mut compiler = CudaCompiler::default();
    let mut options = <CudaCompiler as cubecl::Compiler>::CompilationOptions::default();
    let features = &mut options.cpp.supports_features;
    features.fast_math = true;
    features.dp4a = true;
    features.grid_constants = true;
    let definition = define_kernel(kernel).unwrap();
    let compiled = cubecl::Compiler::compile(&mut compiler, definition, &options);
    compiled.unwrap().to_string()
}

/// Folder of NVRTC's headers and of the assembler.
fn cuda_folder() -> Option<PathBuf> {
    std::env::var_os("HEARTH_TEST_CUDA").map(PathBuf::from)
}

/// What NVRTC makes of `source`, or what it says against it.
fn ptx(source: &str, architecture: &'static str) -> Result<String, String> {
    let include = cuda_folder().unwrap().join("include");
    let text = |folder: PathBuf| folder.display().to_string();
    let options = CompileOptions {
        arch: Some(architecture),
        include_paths: vec![text(include.clone()), text(include.join("cccl"))],
        ..CompileOptions::default()
    };
    let compiled = compile_ptx_with_opts(source, options);
    compiled
        .map(|ptx| ptx.to_src())
        .map_err(|error| format!("{error:?}"))
}

/// Registers of a kernel and bytes it spills, as the assembler tells them.
fn assemble(ptx: &str, architecture: &str) -> (u32, u32) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kernel.ptx");
    std::fs::write(&file, ptx).unwrap();
    let assembler = cuda_folder().unwrap().join("bin/ptxas");
    let mut command = Command::new(assembler);
    command.args(["-v", "--gpu-name", architecture]).arg(&file);
    let output = command
        .arg("-o")
        .arg(folder.path().join("kernel.cubin"))
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{report}");
    let number_before = |unit: &str| {
        let before = report.split(unit).next().unwrap();
        before
            .split_whitespace()
            .next_back()
            .unwrap()
            .parse()
            .unwrap()
    };
    (
        number_before(" registers"),
        number_before(" bytes spill stores"),
    )
}

#[test]
fn every_kernel_compiles_for_cuda_and_no_decode_kernel_spills() {
    if cuda_folder().is_none() {
        eprintln!("skipped: every_kernel_compiles_for_cuda (HEARTH_TEST_CUDA is not set)");
        return;
    }
    for Kernel {
        name,
        is_decode,
        definition,
    } in kernels()
    {
        let source = source(definition.as_ref());
        let mut told = Vec::new();
        for architecture in ARCHITECTURES {
            let ptx = ptx(&source, architecture);
            let ptx =
                ptx.unwrap_or_else(|log| panic!("{name} for {architecture}: {log}\n{source}"));
            let (registers, spilled) = assemble(&ptx, architecture);
            told.push(format!("{architecture} {registers}+{spilled}"));
            assert!(
                !is_decode || spilled == 0,
                "{name} spills {spilled} bytes on {architecture}"
            );
        }
        eprintln!("{name}: registers+spilled bytes {}", told.join(", "));
    }
}
