//! The threads of a walk. Each takes delta trees, or large subtrees, and walks them with
//! an explicit stack and its own buffers.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use gix::object::Kind;

use super::plan::Plan;
use super::{Derived, Item, Visitor, WalkOptions, WalkStats, Want};
use crate::git::allowance::Allowance;
use crate::git::delta::{self, Runs};
use crate::git::error::Reason;
use crate::git::inflate::{InflateReader, Inflater};
use crate::git::object::{Reader, bound, open_loose};
use crate::git::objects::{LoadedPack, Objects};
use crate::git::pack::file::{Blocks, RandomFile, Section};

/// Subtrees of at least this many bytes are handed to an idle thread.
const SPLIT: u64 = if cfg!(test) { 64 } else { 8 << 20 };
/// Loose objects per task.
const LOOSE: usize = 64;
/// Larger buffers are not kept for reuse.
const KEEP: usize = 16 << 20;
/// Buffers kept per thread.
const POOL: usize = 32;

/// A thread's results.
pub(super) struct Done<L> {
    pub(super) local: L,
    pub(super) stats: WalkStats,
    pub(super) failures: Vec<(u32, Reason)>,
}

/// An unpacked object that still has deltas to visit.
struct Node<S> {
    bytes: Vec<u8>,
    /// None if the visitor panicked on it.
    state: Option<S>,
}

enum Task<S> {
    Root(u32, u32),
    /// A delta (pack, entry) on a node that another thread unpacked.
    Branch(u32, u32, Arc<Node<S>>),
    Loose(usize, usize),
}

struct Queue<S> {
    branches: Vec<Task<S>>,
    idle: usize,
}

struct Shared<'a, V: Visitor> {
    objects: &'a Objects<'a>,
    plan: &'a Plan,
    want: Want<'a>,
    options: &'a WalkOptions<'a>,
    /// None if the plan is within it.
    allowance: Option<Allowance<'a>>,
    visitor: &'a V,
    threads: usize,
    next_root: AtomicUsize,
    next_loose: AtomicUsize,
    /// The number of threads that wait for work; read without the lock, as a hint.
    hungry: AtomicUsize,
    queue: Mutex<Queue<V::State>>,
    wake: Condvar,
}

/// Lets the other threads end if this one panics; otherwise they would wait for it
/// forever. Visitors are guarded, so such a panic is a bug.
struct Leave<'a, 'b, V: Visitor>(&'a Shared<'b, V>);

impl<V: Visitor> Drop for Leave<'_, '_, V> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut queue = self.0.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.idle = self.0.threads;
            self.0.wake.notify_all();
        }
    }
}

/// Runs `f`. Returns None if it panicked.
pub(super) fn guarded<T>(f: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(f)).ok()
}

/// Returns the kind of an object, as far as headers show it.
pub(super) fn known_kind(objects: &Objects<'_>, rank: u32) -> Option<Kind> {
    if rank >= objects.loose_first() {
        return objects.loose_kind((rank - objects.loose_first()) as usize);
    }
    let after = objects.packs().partition_point(|pack| pack.first <= rank);
    let pack = &objects.packs()[after - 1];
    pack.forest.kind_of_rank(pack.table, rank - pack.first)
}

/// Walks everything in `plan` and the loose objects. Returns None if deltas unpack to more
/// than the repository's allowance: what was visited until then depends on the threads.
pub(super) fn run<'a, V: Visitor>(
    objects: &'a Objects<'a>,
    plan: &'a Plan,
    want: Want<'a>,
    options: &'a WalkOptions<'a>,
    visitor: &'a V,
) -> Option<Vec<Done<V::Local>>> {
    let threads = options.threads.clamp(1, 1024);
    let shared = Shared {
        objects,
        plan,
        want,
        options,
        allowance: (!plan.is_counted).then(|| Allowance::new(objects.store())),
        visitor,
        threads,
        next_root: AtomicUsize::new(0),
        next_loose: AtomicUsize::new(0),
        hungry: AtomicUsize::new(0),
        queue: Mutex::new(Queue {
            branches: Vec::new(),
            idle: 0,
        }),
        wake: Condvar::new(),
    };
    let done = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads)
            .filter_map(|_| {
                let thread = std::thread::Builder::new();
                let spawned = thread.spawn_scoped(scope, || Worker::new(&shared).work());
                spawned.map_err(|_| shared.do_without()).ok()
            })
            .collect();
        let mut done = vec![Worker::new(&shared).work()];
        done.extend(others.into_iter().map(|thread| {
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        }));
        done
    });
    let spent = shared.allowance.as_ref().is_some_and(Allowance::is_spent);
    (!spent).then_some(done)
}

impl<V: Visitor> Shared<'_, V> {
    /// Counts a thread that the system does not provide as one that waits forever. The
    /// other threads do its work.
    fn do_without(&self) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.idle += 1;
        self.wake.notify_all();
    }

    fn cancelled(&self) -> bool {
        self.options
            .cancel
            .is_some_and(|stop| stop.load(Ordering::Relaxed))
            || self.allowance.as_ref().is_some_and(Allowance::is_spent)
    }

    fn take(&self) -> Option<Task<V::State>> {
        if self.cancelled() {
            return None;
        }
        let at = self.next_root.fetch_add(1, Ordering::Relaxed);
        if let Some(&(pack, p)) = self.plan.roots.get(at) {
            return Some(Task::Root(pack, p));
        }
        let from = self.next_loose.fetch_add(LOOSE, Ordering::Relaxed);
        let count = self.objects.loose().len();
        if from < count {
            return Some(Task::Loose(from, (from + LOOSE).min(count)));
        }
        None
    }

    /// Returns the next task; waits for other threads to share theirs. Returns None at
    /// the end.
    fn next(&self) -> Option<Task<V::State>> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = queue.branches.pop() {
            return Some(task);
        }
        drop(queue);
        if let Some(task) = self.take() {
            return Some(task);
        }
        queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.idle += 1;
        self.hungry.store(queue.idle, Ordering::Relaxed);
        loop {
            if let Some(task) = queue.branches.pop() {
                queue.idle -= 1;
                self.hungry.store(queue.idle, Ordering::Relaxed);
                return Some(task);
            }
            if queue.idle >= self.threads || self.cancelled() {
                self.wake.notify_all();
                return None;
            }
            queue = self
                .wake
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn share(&self, task: Task<V::State>) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.branches.push(task);
        self.wake.notify_one();
    }
}

/// An entry that is being walked, and its next child that is needed.
struct Frame<S> {
    p: u32,
    next: usize,
    node: Arc<Node<S>>,
}

struct Worker<'a, V: Visitor> {
    shared: &'a Shared<'a, V>,
    local: V::Local,
    stats: WalkStats,
    failures: Vec<(u32, Reason)>,
    blocks: Blocks,
    inflater: Inflater,
    stream: Vec<u8>,
    runs: Runs,
    pool: Vec<Vec<u8>>,
    reader: Option<Reader<'a>>,
}

impl<'a, V: Visitor> Worker<'a, V> {
    fn new(shared: &'a Shared<'a, V>) -> Self {
        Self {
            shared,
            local: shared.visitor.local(),
            stats: WalkStats::default(),
            failures: Vec::new(),
            blocks: Blocks::default(),
            inflater: Inflater::default(),
            stream: Vec::new(),
            runs: Runs::default(),
            pool: Vec::new(),
            reader: None,
        }
    }

    fn work(mut self) -> Done<V::Local> {
        let _leave = Leave(self.shared);
        while let Some(task) = self.shared.next() {
            match task {
                Task::Root(pack, p) => self.root(pack as usize, p),
                Task::Branch(pack, p, base) => {
                    let node = self.unpack_delta(pack as usize, p, &base);
                    self.release(base);
                    self.descend(pack as usize, p, node);
                }
                Task::Loose(from, to) => (from..to).for_each(|i| self.loose(i)),
            }
        }
        Done {
            local: self.local,
            stats: self.stats,
            failures: self.failures,
        }
    }

    fn pack(&self, pack: usize) -> &'a LoadedPack<'a> {
        &self.shared.objects.packs()[pack]
    }

    fn item(&self, pack: &'a LoadedPack<'a>, p: u32) -> Item<'a> {
        let in_pack = pack.forest.rank(p);
        let rank = pack.first + in_pack;
        let wanted = self.shared.want.has(rank) && self.shared.objects.owned(rank);
        Item {
            id: pack.table.name(in_pack),
            rank,
            wanted,
        }
    }

    fn buffer(&mut self) -> Vec<u8> {
        self.pool.pop().unwrap_or_default()
    }

    fn give_back(&mut self, bytes: Vec<u8>) {
        if self.pool.len() < POOL && bytes.capacity() <= KEEP {
            self.pool.push(bytes);
        }
    }

    fn release(&mut self, node: Arc<Node<V::State>>) {
        if let Some(node) = Arc::into_inner(node) {
            self.retire(node);
        }
    }

    fn retire(&mut self, node: Node<V::State>) {
        self.give_back(node.bytes);
        if let Some(state) = node.state {
            self.shared.visitor.recycle(&mut self.local, state);
        }
    }

    fn count(&mut self, item: &Item<'_>, len: usize) {
        self.stats.unpacked += 1;
        if item.wanted {
            self.stats.visited += 1;
            self.stats.bytes += len as u64;
        }
    }

    /// Visits a whole object. The state is None if the visitor panicked.
    fn visit_whole(&mut self, item: Item<'_>, bytes: &[u8]) -> Option<V::State> {
        self.count(&item, bytes.len());
        let visitor = self.shared.visitor;
        let state = guarded(|| visitor.whole(&mut self.local, item, bytes));
        if state.is_none() && item.wanted {
            self.failures.push((item.rank, Reason::Panicked));
        }
        state
    }

    fn root(&mut self, number: usize, p: u32) {
        let pack = self.pack(number);
        let size = pack.forest.size(p);
        let node = if u64::from(size) > self.shared.options.limit || size == u32::MAX {
            self.large(pack, p)
        } else {
            let mut bytes = self.buffer();
            bytes.resize(size as usize, 0);
            match self.inflate(pack, p, &mut bytes) {
                Ok(()) => {
                    let state = self.visit_whole(self.item(pack, p), &bytes);
                    Ok(Node { bytes, state })
                }
                Err(reason) => {
                    self.give_back(bytes);
                    Err(Some(reason))
                }
            }
        };
        self.descend(number, p, node);
    }

    /// Offers an object above the limit to the visitor as a stream. Never returns a node,
    /// because deltas on it cannot be built. `Err(None)` means that the visitor took it.
    fn large(
        &mut self,
        pack: &'a LoadedPack<'a>,
        p: u32,
    ) -> Result<Node<V::State>, Option<Reason>> {
        let item = self.item(pack, p);
        let range = pack.forest.data(p);
        let too_large = Err(Some(Reason::TooLarge(u64::from(pack.forest.size(p)))));
        let Ok(file) = pack.pack.data() else {
            return too_large;
        };
        if !item.wanted {
            return too_large;
        }
        let mut input = InflateReader::new(Section::new(file, range.start, range.end));
        let size = u64::from(pack.forest.size(p));
        let too_large = self.stream_large(item, size, &mut input);
        too_large.map_or(Err(None), |reason| Err(Some(reason)))
    }

    /// Passes an object to the visitor as a stream. Returns None if the visitor took it.
    fn stream_large(&mut self, item: Item<'_>, size: u64, input: &mut dyn Read) -> Option<Reason> {
        let visitor = self.shared.visitor;
        match guarded(|| visitor.large(&mut self.local, item, size, input)) {
            Some(Ok(true)) => {
                self.stats.unpacked += 1;
                self.stats.visited += 1;
                self.stats.bytes += size;
                None
            }
            Some(Ok(false)) => Some(Reason::TooLarge(size)),
            Some(Err(error)) => Some(error.into()),
            None => Some(Reason::Panicked),
        }
    }

    /// Unpacks the data of entry `p` into all of `out`.
    fn inflate(&mut self, pack: &'a LoadedPack<'a>, p: u32, out: &mut [u8]) -> Result<(), Reason> {
        let range = pack.forest.data(p);
        let len = (range.end.saturating_sub(range.start)).min(bound(out.len()) as u64) as usize;
        let input = self
            .blocks
            .get(pack.number, pack.pack.data()?, range.start, len)?;
        self.inflater.exact(input, out).map(drop)
    }

    fn unpack_delta(
        &mut self,
        number: usize,
        p: u32,
        base: &Node<V::State>,
    ) -> Result<Node<V::State>, Option<Reason>> {
        let pack = self.pack(number);
        let size = pack.forest.size(p);
        let limit = self.shared.options.limit;
        if u64::from(size) > limit {
            return Err(Some(Reason::TooLarge(u64::from(size))));
        }
        let size = size as usize;
        let mut stream = std::mem::take(&mut self.stream);
        if stream.len() < size {
            stream.resize(size, 0);
        }
        let mut bytes = self.buffer();
        let built = self.inflate(pack, p, &mut stream[..size]).and_then(|()| {
            if let Some(allowance) = &self.shared.allowance {
                allowance.take_delta(&stream[..size], limit)?;
            }
            delta::apply(
                &stream[..size],
                &base.bytes,
                limit,
                &mut bytes,
                &mut self.runs,
            )
        });
        if stream.len() > KEEP {
            stream = Vec::new();
        }
        self.stream = stream;
        if let Err(reason) = built {
            self.give_back(bytes);
            return Err(Some(reason));
        }
        let item = self.item(pack, p);
        let Some(known) = &base.state else {
            let state = self.visit_whole(item, &bytes);
            return Ok(Node { bytes, state });
        };
        self.count(&item, bytes.len());
        let visitor = self.shared.visitor;
        let from = Derived {
            base: known,
            base_bytes: &base.bytes,
            runs: &self.runs,
        };
        let state = guarded(|| visitor.delta(&mut self.local, item, &bytes, from));
        if state.is_none() && item.wanted {
            self.failures.push((item.rank, Reason::Panicked));
        }
        Ok(Node { bytes, state })
    }

    /// Returns the position of the first needed child of `p` at or after `from`.
    fn needed_child(&self, number: usize, p: u32, from: usize) -> Option<usize> {
        let children = self.pack(number).forest.children(p);
        let rest = children.get(from..)?;
        let skip = rest
            .iter()
            .position(|&child| self.shared.plan.needs(number, child))?;
        Some(from + skip)
    }

    /// Walks everything below `p`, whose node was just created.
    fn descend(&mut self, number: usize, p: u32, node: Result<Node<V::State>, Option<Reason>>) {
        let mut stack: Vec<Frame<V::State>> = Vec::new();
        self.enter(number, p, node, &mut stack);
        while let Some(frame) = stack.last_mut() {
            if self.shared.cancelled() {
                return;
            }
            let (parent, at) = (frame.p, frame.next);
            let child = self.pack(number).forest.children(parent)[at];
            let base = match self.needed_child(number, parent, at + 1) {
                Some(next) => {
                    frame.next = next;
                    Arc::clone(&frame.node)
                }
                // The last child: the frame is done, and its buffer can be reused.
                None => match stack.pop() {
                    Some(frame) => frame.node,
                    None => return,
                },
            };
            let idle = self.shared.hungry.load(Ordering::Relaxed) > 0;
            if idle && !stack.is_empty() && self.pack(number).forest.weight(child) >= SPLIT {
                self.shared.share(Task::Branch(number as u32, child, base));
                continue;
            }
            let node = self.unpack_delta(number, child, &base);
            self.release(base);
            self.enter(number, child, node, &mut stack);
        }
    }

    /// Pushes a frame for `p` if something below it is needed.
    fn enter(
        &mut self,
        number: usize,
        p: u32,
        node: Result<Node<V::State>, Option<Reason>>,
        stack: &mut Vec<Frame<V::State>>,
    ) {
        match node {
            Ok(node) => match self.needed_child(number, p, 0) {
                Some(next) => stack.push(Frame {
                    p,
                    next,
                    node: Arc::new(node),
                }),
                None => self.retire(node),
            },
            Err(reason) => self.fail(number, p, reason),
        }
    }

    /// Records `p` (unless it is already handled) and all deltas on it as failed.
    fn fail(&mut self, number: usize, p: u32, reason: Option<Reason>) {
        if self.shared.cancelled() {
            // A cancelled walk does not report the remaining objects.
            return;
        }
        let pack = self.pack(number);
        let below = match &reason {
            None => Reason::TooLarge(u64::from(pack.forest.size(p))),
            Some(reason) => reason.clone().of_base(),
        };
        let mut todo = vec![p];
        let mut own = reason;
        let mut at_top = true;
        while let Some(p) = todo.pop() {
            let item = self.item(pack, p);
            let reason = if at_top {
                own.take()
            } else {
                Some(below.clone())
            };
            at_top = false;
            if let (true, Some(reason)) = (item.wanted, reason) {
                self.failures.push((item.rank, reason));
            }
            let children = pack.forest.children(p).iter();
            todo.extend(children.filter(|child| self.shared.plan.needs(number, **child)));
        }
    }

    fn loose(&mut self, i: usize) {
        let objects = self.shared.objects;
        let rank = objects.loose_first() + i as u32;
        let kind = objects.loose_kind(i);
        if kind.is_some_and(|kind| kind != self.shared.plan.kind)
            || !objects.owned(rank)
            || !self.shared.want.has(rank)
            || self.shared.cancelled()
        {
            return;
        }
        let id = &objects.loose()[i];
        let mut bytes = self.buffer();
        let limit = self.shared.options.limit;
        let reader = self
            .reader
            .get_or_insert_with(|| Reader::new(objects.store(), limit));
        let mut found = Err(Reason::Missing);
        for path in objects.store().loose_paths(id) {
            match reader.loose(path, &mut bytes) {
                Ok(None) => {}
                Ok(Some(kind)) => {
                    found = Ok(kind);
                    break;
                }
                Err(Reason::TooLarge(_)) => {
                    self.give_back(bytes);
                    return self.large_loose(
                        i,
                        Item {
                            id,
                            rank,
                            wanted: true,
                        },
                    );
                }
                Err(reason) => found = Err(reason),
            }
        }
        match found {
            Ok(kind) => {
                objects.set_loose_kind(i, kind);
                if kind == self.shared.plan.kind {
                    let state = self.visit_whole(
                        Item {
                            id,
                            rank,
                            wanted: true,
                        },
                        &bytes,
                    );
                    return self.retire(Node { bytes, state });
                }
            }
            Err(reason) => self.failures.push((rank, reason)),
        }
        self.give_back(bytes);
    }

    fn large_loose(&mut self, i: usize, item: Item<'_>) {
        let objects = self.shared.objects;
        let mut last = Reason::Missing;
        for path in objects.store().loose_paths(item.id) {
            let Ok(file) = RandomFile::open(path) else {
                continue;
            };
            let reason = match open_loose(&file) {
                Ok((kind, size, mut input)) => {
                    objects.set_loose_kind(i, kind);
                    if kind != self.shared.plan.kind {
                        return;
                    }
                    self.stream_large(item, size, &mut input)
                }
                Err(reason) => Some(reason),
            };
            match reason {
                None => return,
                Some(reason) => last = reason,
            }
        }
        self.failures.push((item.rank, last));
    }
}
