//! Keeps CubeCL's LLVM compiler, and the LLVM download of its build script, out of every build.
//!
//! Hearth compiles its GPU kernels through WGSL or through CUDA C++ and NVRTC, never through LLVM.
//! The CUDA back end names the types of both of its compilers whichever it uses, so here are those
//! names. Nothing behind them works: to compile a kernel with them is an error that says so.

use std::convert::Infallible;
use std::ffi::c_char;
use std::fmt;

use cubecl_core::environment::backtrace::BackTrace;
use cubecl_core::ir::nvidia::SmArch;
use cubecl_core::prelude::{BufferIOAttr, KernelDefinition};
use cubecl_core::{CompilationError, Compiler};

use nvptx::ptx_version::PtxVersion;

/// What LLVM would write for.
#[derive(Clone, Copy, Debug)]
pub enum LlvmTarget {
    Nvptx,
}

/// A compiler that refuses every kernel.
#[derive(Clone, Debug)]
pub struct PlironCompiler {
    pub target: LlvmTarget,
}

/// Options that nobody reads.
#[derive(Debug, Default)]
pub struct PlironOptions {
    pub arch: Option<Infallible>,
    pub sm_arch: Option<SmArch>,
    pub ptx_version: Option<PtxVersion>,
    pub grid_constants: bool,
}

/// A compiled kernel; there is none.
#[derive(Debug)]
pub struct NvptxModule {
    pub ptx: Vec<c_char>,
    pub ir: String,
    pub shared_memory_size: usize,
    pub io: Vec<BufferIOAttr>,
}

/// What the compiler would give.
#[non_exhaustive]
pub enum PlironArtifact {
    NvptxCode(NvptxModule),
}

impl fmt::Display for PlironArtifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::NvptxCode(module) = self;
        f.write_str(&module.ir)
    }
}

impl Compiler for PlironCompiler {
    type Representation = PlironArtifact;
    type CompilationOptions = PlironOptions;

    fn compile(
        &mut self,
        _kernel: KernelDefinition,
        _options: &PlironOptions,
    ) -> Result<PlironArtifact, CompilationError> {
        Err(CompilationError::Generic {
            reason: "this build has no LLVM: CUDA kernels are compiled by NVRTC (feature \
                     `cuda-cpp` of cubecl)"
                .into(),
            backtrace: BackTrace::capture(),
        })
    }

    fn extension(&self) -> &'static str {
        "ll"
    }

    fn lang_tag(&self) -> &'static str {
        "llvm"
    }
}

pub mod nvptx {
    pub mod ptx_version {
        use std::fmt;

        /// The version of PTX that LLVM would write: none, NVRTC chooses its own.
        #[derive(Clone, Copy, Debug)]
        pub enum PtxVersion {}

        impl PtxVersion {
            pub fn for_driver(_driver: i32) -> Option<Self> {
                None
            }
        }

        impl fmt::Display for PtxVersion {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                match *self {}
            }
        }
    }
}

pub mod shared {
    pub mod lowered_features {
        use cubecl_core::prelude::DeviceProperties;

        pub enum GpuTarget {
            Nvptx,
        }

        /// Takes away no feature: only builds with LLVM have fewer.
        pub fn restrict_features(_: &mut DeviceProperties, _: GpuTarget) {}
    }
}
