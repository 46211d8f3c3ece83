//! A pool of threads that share the chunks of one operation at a time.
//!
//! An operation of a decode step takes microseconds, so workers spin a little before they park.
//! Every thread begins with a share of neighbouring chunks, so that it reads memory forward, and
//! takes them one by one; who is done takes from the ends of the others' shares, so a thread that
//! lost its core to another process holds up one chunk, not a share. The caller works too. A chunk
//! is never split, so results do not depend on the number of threads.
#![expect(
    unsafe_code,
    reason = "borrowed closures and disjoint output slices cross threads"
)]

mod columns;

use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle, Thread};

pub use columns::Columns;

/// Rounds a worker looks for work before it parks: some tens of microseconds.
const SPINS: usize = 4_000;
/// Bit of [`Shared::state`] that lets workers in; the bits above count those inside.
const OPEN: usize = 1;
const INSIDE: usize = 2;

type Job<'a> = &'a (dyn Fn(usize) + Sync);

struct Shared {
    /// The job being worked on. Written only while no worker is inside and `OPEN` is not set.
    job: UnsafeCell<Option<Job<'static>>>,
    state: AtomicUsize,
    epoch: AtomicUsize,
    /// What is left of each thread's share; the caller's is the first.
    shares: Vec<Share>,
    panicked: AtomicBool,
    stopped: AtomicBool,
    parked: Vec<AtomicBool>,
}

// SAFETY: `job` is the only part that is not `Sync` by itself. It is written by the one caller
// that holds `ThreadPool::turn`, while `state` is 0, and read by workers only after they have
// entered through `OPEN`, which the caller sets after the write (release) and clears, waiting for
// `state` to be 0 again, before the next write.
unsafe impl Sync for Shared {}

/// Chunks from `first` to before `end`, as two halves of one number; in a cache line of its own,
/// since two threads at most want it at a time.
#[derive(Default)]
#[repr(align(64))]
struct Share(AtomicU64);

impl Share {
    /// # Panics
    /// If there are more than 2^32 chunks.
    fn set(&self, range: Range<usize>) {
        let half = |index| u64::from(u32::try_from(index).expect("fewer than 2^32 chunks"));
        let packed = half(range.start) << 32 | half(range.end);
        self.0.store(packed, Ordering::Relaxed);
    }

    fn take_first(&self) -> Option<usize> {
        self.take(|first, end| (first, (first + 1, end)))
    }

    fn take_last(&self) -> Option<usize> {
        self.take(|first, end| (end - 1, (first, end - 1)))
    }

    /// Takes one chunk of a share that has some; `cut` tells which, and what remains.
    fn take(&self, cut: impl Fn(u64, u64) -> (u64, (u64, u64))) -> Option<usize> {
        let halves = |packed: u64| (packed >> 32, packed & u64::from(u32::MAX));
        let remains = |packed| {
            let (first, end) = halves(packed);
            (first < end).then(|| {
                let (first, end) = cut(first, end).1;
                first << 32 | end
            })
        };
        let order = Ordering::Relaxed;
        let packed = self.0.try_update(order, order, remains).ok()?;
        let (first, end) = halves(packed);
        let (chunk, _) = cut(first, end);
        Some(usize::try_from(chunk).expect("invariant: a chunk's number came from a usize"))
    }
}

/// Threads that live as long as the pool.
pub struct ThreadPool {
    shared: Arc<Shared>,
    workers: Vec<(Thread, Option<JoinHandle<()>>)>,
    turn: Mutex<()>,
}

impl std::fmt::Debug for ThreadPool {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ThreadPool")
            .field("num_threads", &self.num_threads())
            .finish()
    }
}

impl ThreadPool {
    /// A pool of `num_threads` threads, the caller of [`run`](Self::run) among them.
    ///
    /// # Panics
    /// If the system refuses a thread.
    pub fn new(num_threads: usize) -> Self {
        let num_workers = num_threads.saturating_sub(1);
        let shared = Arc::new(Shared {
            job: UnsafeCell::new(None),
            state: AtomicUsize::new(0),
            epoch: AtomicUsize::new(0),
            shares: (0..=num_workers).map(|_| Share::default()).collect(),
            panicked: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            parked: (0..num_workers).map(|_| AtomicBool::new(false)).collect(),
        });
        let spawn = |index: usize| {
            let shared = Arc::clone(&shared);
            let builder = thread::Builder::new().name(format!("kernel-{index}"));
            let handle = builder.spawn(move || shared.work(index));
            let handle = handle.expect("invariant: the system has room for a thread per core");
            (handle.thread().clone(), Some(handle))
        };
        let workers = (0..num_workers).map(spawn).collect();
        Self {
            shared,
            workers,
            turn: Mutex::new(()),
        }
    }

    /// Threads that work on a job.
    pub fn num_threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Calls `job` with every number below `num_chunks`, once each, and returns when all are done.
    ///
    /// # Panics
    /// If `job` panicked.
    pub fn run(&self, num_chunks: usize, job: &(dyn Fn(usize) + Sync)) {
        if self.workers.is_empty() || num_chunks <= 1 {
            (0..num_chunks).for_each(job);
            return;
        }
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = &*self.shared;
        // SAFETY: only the lifetime changes. `Closing` below waits, on every way out of this
        // function, until no worker is inside, and none enters after that, so the reference is
        // not used after `job` ends. `state` is 0 here, so nobody reads `job` now.
        unsafe { *shared.job.get() = Some(std::mem::transmute::<Job<'_>, Job<'static>>(job)) };
        let num_shares = shared.shares.len();
        for (index, share) in shared.shares.iter().enumerate() {
            share.set(index * num_chunks / num_shares..(index + 1) * num_chunks / num_shares);
        }
        // In this order: a worker that saw the new epoch first would find the door shut, and miss
        // the whole job.
        shared.state.store(OPEN, Ordering::SeqCst);
        shared.epoch.fetch_add(1, Ordering::SeqCst);
        let closing = Closing(shared);
        for ((worker, _), parked) in self.workers.iter().zip(&shared.parked) {
            if parked.swap(false, Ordering::SeqCst) {
                worker.unpark();
            }
        }
        shared.take_chunks(0, job);
        drop(closing);
        drop(turn);
        let panicked = shared.panicked.swap(false, Ordering::Relaxed);
        assert!(!panicked, "a kernel panicked on a worker thread");
    }

    /// Splits `output` into chunks of `chunk_length` and fills them in parallel.
    ///
    /// # Panics
    /// If `chunk_length` is 0.
    pub fn for_each_chunk<T: Send>(
        &self,
        output: &mut [T],
        chunk_length: usize,
        fill: impl Fn(usize, &mut [T]) + Sync,
    ) {
        let length = output.len();
        let pointer = SendPointer(output.as_mut_ptr());
        self.run(length.div_ceil(chunk_length), &|chunk| {
            let start = chunk * chunk_length;
            let chunk_length = chunk_length.min(length - start);
            // SAFETY: `run` hands out every chunk once, chunks do not overlap and end at `length`,
            // and `output` is borrowed mutably until `run` returns.
            let slice =
                unsafe { std::slice::from_raw_parts_mut(pointer.get().add(start), chunk_length) };
            fill(chunk, slice);
        });
    }

    /// Splits the columns of the matrix `output` (`[_, num_columns]`) and fills them in parallel.
    ///
    /// # Panics
    /// As [`for_each_block`](Self::for_each_block).
    pub fn for_each_columns(
        &self,
        output: &mut [f32],
        num_columns: usize,
        chunk_columns: usize,
        fill: impl Fn(&mut Columns<'_>) + Sync,
    ) {
        let block = (usize::MAX, chunk_columns);
        self.for_each_block(output, num_columns, block, fill);
    }

    /// Splits the matrix `output` (`[_, num_columns]`) into blocks of so many rows and columns and
    /// fills them in parallel: all rows of the first columns, then those of the next.
    ///
    /// # Panics
    /// If `output` does not consist of whole rows, or a block has none.
    pub fn for_each_block(
        &self,
        output: &mut [f32],
        num_columns: usize,
        (block_rows, block_columns): (usize, usize),
        fill: impl Fn(&mut Columns<'_>) + Sync,
    ) {
        assert!(output.len().is_multiple_of(num_columns), "whole rows");
        let num_rows = output.len() / num_columns;
        let pointer = SendPointer(output.as_mut_ptr());
        let block_rows = block_rows.min(num_rows.max(1));
        let blocks_down = num_rows.div_ceil(block_rows);
        self.run(
            num_columns.div_ceil(block_columns) * blocks_down,
            &|block| {
                let (across, down) = (block / blocks_down, block % blocks_down);
                let (column, row) = (across * block_columns, down * block_rows);
                fill(&mut Columns {
                    pointer: pointer.get(),
                    rows: row..(row + block_rows).min(num_rows),
                    row_length: num_columns,
                    range: column..(column + block_columns).min(num_columns),
                    matrix: PhantomData,
                });
            },
        );
    }

    /// Splits the matrix `output` (`[_, num_columns]`) into parts of its rows, from one of `bounds`
    /// to the next, and these into chunks of columns, and fills them in parallel: all columns of
    /// the first part, then those of the next. `fill` is told the part.
    ///
    /// # Panics
    /// If `output` does not consist of whole rows, `bounds` does not ascend from 0 to their number,
    /// or `chunk_columns` is 0.
    pub fn for_each_part(
        &self,
        output: &mut [f32],
        num_columns: usize,
        (bounds, chunk_columns): (&[usize], usize),
        fill: impl Fn(usize, &mut Columns<'_>) + Sync,
    ) {
        assert!(output.len().is_multiple_of(num_columns), "whole rows");
        assert!(bounds.is_sorted() && bounds.first() == Some(&0), "bounds");
        let last = bounds.last().copied().unwrap_or(0);
        assert_eq!(last, output.len() / num_columns, "bounds of all rows");
        let pointer = SendPointer(output.as_mut_ptr());
        let chunks = num_columns.div_ceil(chunk_columns);
        self.run((bounds.len() - 1) * chunks, &|index| {
            let (part, column) = (index / chunks, index % chunks * chunk_columns);
            let mut columns = Columns {
                pointer: pointer.get(),
                rows: bounds[part]..bounds[part + 1],
                row_length: num_columns,
                range: column..(column + chunk_columns).min(num_columns),
                matrix: PhantomData,
            };
            fill(part, &mut columns);
        });
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        for (thread, handle) in &mut self.workers {
            thread.unpark();
            if let Some(handle) = handle.take() {
                // A worker catches the panics of jobs; there is nothing left to report here.
                drop(handle.join());
            }
        }
    }
}

/// Ends a job: lets nobody in and waits for those inside, also while unwinding.
struct Closing<'a>(&'a Shared);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        let mut rounds = 0_usize;
        self.0.state.fetch_and(!OPEN, Ordering::AcqRel);
        while self.0.state.load(Ordering::Acquire) != 0 {
            rounds += 1;
            if rounds < SPINS {
                std::hint::spin_loop();
            } else {
                thread::yield_now();
            }
        }
    }
}

/// Counts a worker out, also while unwinding.
struct Leaving<'a>(&'a Shared);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.panicked.store(true, Ordering::Relaxed);
        }
        self.0.state.fetch_sub(INSIDE, Ordering::AcqRel);
    }
}

impl Shared {
    /// Works until no share has chunks left; `own` is the thread's own share.
    fn take_chunks(&self, own: usize, job: Job<'_>) {
        while let Some(chunk) = self.shares[own].take_first() {
            job(chunk);
        }
        let others = || self.shares.iter().cycle().skip(own + 1);
        for share in others().take(self.shares.len() - 1) {
            while let Some(chunk) = share.take_last() {
                job(chunk);
            }
        }
    }

    /// A worker's life.
    fn work(&self, index: usize) {
        let mut last_epoch = 0;
        while let Some(epoch) = self.wait(index, last_epoch) {
            last_epoch = epoch;
            let entered = self
                .state
                .try_update(Ordering::AcqRel, Ordering::Relaxed, |state| {
                    (state & OPEN != 0).then_some(state + INSIDE)
                });
            if entered.is_err() {
                continue;
            }
            let work = std::panic::AssertUnwindSafe(|| {
                let _leaving = Leaving(self);
                // SAFETY: this worker is inside, so the caller waits for it and does not write.
                if let Some(job) = unsafe { *self.job.get() } {
                    self.take_chunks(index + 1, job);
                }
            });
            // The flag is set by `Leaving`, and the caller panics in our stead.
            drop(std::panic::catch_unwind(work));
        }
    }

    /// Waits for a job after `last_epoch`; `None` when the pool is gone.
    fn wait(&self, index: usize, last_epoch: usize) -> Option<usize> {
        let mut rounds = 0_usize;
        loop {
            let epoch = self.epoch.load(Ordering::SeqCst);
            if self.stopped.load(Ordering::SeqCst) {
                return None;
            }
            if epoch != last_epoch {
                return Some(epoch);
            }
            rounds += 1;
            if rounds < SPINS {
                std::hint::spin_loop();
                continue;
            }
            self.parked[index].store(true, Ordering::SeqCst);
            // A job that came before the flag was set would not wake us.
            let idle = self.epoch.load(Ordering::SeqCst) == last_epoch;
            if idle && !self.stopped.load(Ordering::SeqCst) {
                thread::park();
            }
            self.parked[index].store(false, Ordering::SeqCst);
        }
    }
}

struct SendPointer<T>(*mut T);

impl<T> SendPointer<T> {
    fn get(&self) -> *mut T {
        self.0
    }
}

// SAFETY: the pointer is only used to make disjoint slices, one thread each, of `T: Send`.
unsafe impl<T: Send> Sync for SendPointer<T> {}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn every_chunk_is_worked_on_once_in_ten_thousand_jobs() {
        let pool = ThreadPool::new(3);
        let mut output = vec![0_u32; 100];
        for round in 1..=10_000 {
            pool.for_each_chunk(&mut output, 7, |_, chunk| {
                for value in chunk {
                    *value += 1;
                }
            });
            assert!(output.iter().all(|value| *value == round), "round {round}");
        }
    }

    /// The caller's chunk ends only when the worker has done the other one.
    #[test]
    fn a_worker_comes_to_every_job() {
        let pool = ThreadPool::new(2);
        for round in 0..3_000 {
            let (came, start) = (AtomicBool::new(false), Instant::now());
            pool.run(2, &|chunk| {
                if chunk == 1 {
                    came.store(true, Ordering::SeqCst);
                }
                while !came.load(Ordering::SeqCst) {
                    let waited = start.elapsed().as_secs();
                    assert!(waited < 60, "round {round}: the worker never came");
                    thread::yield_now();
                }
            });
        }
    }

    #[test]
    fn a_panic_in_a_job_reaches_the_caller_and_the_pool_lives_on() {
        let pool = ThreadPool::new(2);
        let job = std::panic::AssertUnwindSafe(|| {
            pool.run(64, &|chunk| assert!(chunk != 40, "planned"));
        });
        assert!(std::panic::catch_unwind(job).is_err());
        let mut output = vec![0_u8; 64];
        pool.for_each_chunk(&mut output, 1, |_, chunk| chunk[0] = 1);
        assert!(output.iter().all(|value| *value == 1));
    }

    #[test]
    fn columns_cover_every_cell_once() {
        let pool = ThreadPool::new(2);
        let mut output = vec![0.0; 5 * 13];
        pool.for_each_columns(&mut output, 13, 4, |columns| {
            for row in 0..columns.rows().end {
                columns
                    .row_mut(row)
                    .iter_mut()
                    .for_each(|value| *value += 1.0);
            }
        });
        assert!(
            output
                .iter()
                .all(|value| (*value - 1.0).abs() < f32::EPSILON)
        );
    }
}
