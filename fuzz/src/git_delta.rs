//! Deltas. Any instructions on any base give an error or a result. In a result,
//! copied runs equal the base and changes cover the rest.
use super::input::Input;
use stopleak::git::delta::{self, Runs};

/// Far above the honest sizes of these inputs.
const LIMIT: u64 = 1 << 20;

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let honest = input.byte() & 1 != 0;
    let base = input.part();
    let instructions = input.rest();
    let mut delta = Vec::new();
    if honest {
        // Random sizes are rejected at once, so write the true ones.
        push_size(&mut delta, base.len());
        push_size(&mut delta, result_len(instructions));
    }
    delta.extend_from_slice(instructions);
    let mut out = Vec::new();
    let mut runs = Runs::default();
    if delta::apply(&delta, base, LIMIT, &mut out, &mut runs).is_err() {
        return;
    }
    assert_eq!(runs.len() as usize, out.len());
    assert_eq!(runs.base_len() as usize, base.len());
    let mut known = vec![false; out.len()];
    for run in runs.copies() {
        let (dst, src) = (run.dst as usize, run.src as usize);
        let (dst_end, src_end) = (run.dst_end() as usize, run.src_end() as usize);
        assert!(out[dst..dst_end] == base[src..src_end]);
        known[dst..dst_end].fill(true);
    }
    let mut windows = Vec::new();
    runs.windows(3, 3, 8, &mut windows);
    for window in &windows {
        assert!(window.start <= window.end && window.end as usize <= out.len());
        known[window.start as usize..window.end as usize].fill(true);
    }
    assert!(known.iter().all(|k| *k), "a byte is neither copied nor new");
    runs.changes(|place| assert!(place.end as usize <= out.len()));
}

fn push_size(out: &mut Vec<u8>, mut size: usize) {
    while size >= 0x80 {
        out.push(0x80 | (size & 0x7f) as u8);
        size >>= 7;
    }
    out.push(size as u8);
}

/// Returns the size of the result if all copies are inside the base.
fn result_len(instructions: &[u8]) -> usize {
    let (mut at, mut len) = (0, 0usize);
    while let Some(&op) = instructions.get(at) {
        at += 1;
        if op & 0x80 == 0 {
            at += usize::from(op);
            len += usize::from(op);
            continue;
        }
        at += (op & 0x0f).count_ones() as usize;
        let mut size = 0;
        for bit in 0..3 {
            if op & (0x10 << bit) != 0 {
                size |= usize::from(instructions.get(at).copied().unwrap_or(0)) << (8 * bit);
                at += 1;
            }
        }
        len += if size == 0 { 0x1_0000 } else { size };
    }
    len
}
