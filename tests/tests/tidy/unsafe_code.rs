//! Unsafe code lives in a handful of files, each with its proof; everything else is safe.

use super::sources;

/// Files, and directories ending in a slash.
const ALLOWED: [&str; 13] = [
    "engine/src/device/cuda.rs",
    "engine/src/kernels/cpu/avx2.rs",
    "engine/src/kernels/cpu/avx2/",
    "engine/src/kernels/cpu/avx512.rs",
    "engine/src/kernels/cpu/avx512/",
    "engine/src/kernels/cpu/neon/",
    "engine/src/kernels/cpu/thread_pool.rs",
    "engine/src/kernels/cpu/thread_pool/",
    "engine/src/kernels/cpu/vectors.rs",
    "engine/src/kernels/cpu/vectors/",
    "engine/src/kernels/cube/launch.rs",
    "engine/src/kernels/cube/graph.rs",
    "engine/src/loader/mapped_file.rs",
];

fn is_allowed(path: &str) -> bool {
    ALLOWED
        .iter()
        .any(|allowed| path == *allowed || (allowed.ends_with('/') && path.starts_with(allowed)))
}

#[test]
fn unsafe_stays_where_it_is_allowed() {
    let mut violations = Vec::new();
    for source in sources::rust()
        .into_iter()
        .filter(|source| !is_allowed(&source.path))
    {
        for (index, line) in source.code().lines().enumerate() {
            let mut words = line.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            if words.any(|word| word == "unsafe") {
                violations.push(format!("{}:{}", source.path, index + 1));
            }
        }
    }
    sources::none("unsafe outside the allowed files", &violations);
}

#[test]
fn every_unsafe_block_has_its_proof() {
    let mut violations = Vec::new();
    for source in sources::rust()
        .into_iter()
        .filter(|source| is_allowed(&source.path))
    {
        let num_blocks = source.code().matches("unsafe {").count();
        let num_proofs = source.text.matches("SAFETY:").count();
        if num_proofs < num_blocks {
            violations.push(format!(
                "{}: {num_blocks} blocks, {num_proofs} proofs",
                source.path
            ));
        }
    }
    sources::none("an unsafe block without `// SAFETY:`", &violations);
}
