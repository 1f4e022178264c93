//! The instructions that give names to constants, and their numbers in the versions of Python.

use super::Layout;

/// What an instruction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Nop,
    Extended,
    Const,
    StoreName,
    StoreFast,
    StoreDeref,
    StoreAttr,
    StoreSubscr,
    StoreLoad,
    StoreStore,
    StoreMap,
    LoadName,
    LoadGlobal,
    LoadFast,
    LoadTwo,
    LoadDeref,
    LoadAttr,
    LoadMethod,
    Push,
    Copy,
    Swap,
    Pop,
    Unpack,
    ConstKeyMap,
    Map,
    MapAdd,
    Merge,
    Build,
    Binary,
    Subscr,
    Compare,
    Call,
    CallMethod,
    CallKw,
    KwNames,
    MakeFunction,
    SetDefault,
}

/// The numbers of instructions in 3.6 to 3.10, 3.11 and 3.12, 3.13, and 3.14. 0: there is none.
const NUMBERS: &[(Op, [u8; 4])] = &[
    (Op::Extended, [144, 144, 71, 69]),
    (Op::Nop, [9, 9, 30, 27]),
    // RESUME, PRECALL (3.11), NOT_TAKEN, MAKE_CELL, COPY_FREE_VARS
    (Op::Nop, [0, 151, 149, 128]),
    (Op::Nop, [0, 166, 0, 28]),
    (Op::Nop, [0, 135, 94, 97]),
    (Op::Nop, [0, 149, 62, 60]),
    (Op::Const, [100, 100, 83, 82]),
    (Op::StoreName, [90, 90, 114, 116]),
    (Op::StoreName, [97, 97, 113, 115]),
    (Op::StoreFast, [125, 125, 110, 112]),
    (Op::StoreDeref, [137, 138, 109, 111]),
    (Op::StoreAttr, [95, 95, 108, 110]),
    (Op::StoreSubscr, [60, 60, 39, 38]),
    (Op::StoreLoad, [0, 0, 111, 113]),
    (Op::StoreStore, [0, 0, 112, 114]),
    (Op::LoadName, [101, 101, 92, 93]),
    (Op::LoadGlobal, [116, 116, 91, 92]),
    (Op::LoadFast, [124, 124, 85, 84]),
    // LOAD_FAST_CHECK, LOAD_FAST_BORROW
    (Op::LoadFast, [0, 127, 87, 88]),
    (Op::LoadFast, [0, 0, 0, 86]),
    (Op::LoadTwo, [0, 0, 88, 89]),
    (Op::LoadTwo, [0, 0, 0, 87]),
    (Op::LoadDeref, [136, 137, 84, 83]),
    (Op::LoadAttr, [106, 106, 82, 80]),
    (Op::LoadMethod, [160, 160, 0, 0]),
    // LOAD_BUILD_CLASS, PUSH_NULL, LOAD_SMALL_INT
    (Op::Push, [71, 71, 24, 21]),
    (Op::Push, [0, 2, 34, 33]),
    (Op::Push, [0, 0, 0, 94]),
    // DUP_TOP, COPY
    (Op::Copy, [4, 120, 61, 59]),
    // ROT_TWO, SWAP
    (Op::Swap, [2, 99, 115, 117]),
    (Op::Pop, [1, 1, 32, 31]),
    (Op::Unpack, [92, 92, 117, 119]),
    (Op::ConstKeyMap, [156, 156, 46, 0]),
    (Op::Map, [105, 105, 48, 47]),
    (Op::MapAdd, [147, 147, 95, 98]),
    // DICT_UPDATE, DICT_MERGE, LIST_EXTEND, LIST_APPEND
    (Op::Merge, [165, 165, 69, 67]),
    (Op::Merge, [164, 164, 68, 66]),
    (Op::Merge, [162, 162, 81, 79]),
    (Op::Merge, [145, 145, 80, 78]),
    // Tuples, lists, sets, strings
    (Op::Build, [102, 102, 52, 51]),
    (Op::Build, [103, 103, 47, 46]),
    (Op::Build, [104, 104, 49, 48]),
    (Op::Build, [157, 157, 51, 50]),
    (Op::Subscr, [25, 25, 5, 0]),
    // BINARY_OP or BINARY_ADD, BINARY_MODULO, CONTAINS_OP, IS_OP
    (Op::Binary, [23, 122, 45, 44]),
    (Op::Binary, [22, 0, 0, 0]),
    (Op::Binary, [118, 118, 59, 57]),
    (Op::Binary, [117, 117, 76, 74]),
    (Op::Compare, [107, 107, 58, 56]),
    (Op::Call, [131, 171, 53, 52]),
    (Op::CallMethod, [161, 0, 0, 0]),
    (Op::CallKw, [141, 0, 57, 55]),
    (Op::KwNames, [0, 172, 0, 0]),
    (Op::MakeFunction, [132, 132, 26, 23]),
    (Op::SetDefault, [0, 0, 106, 108]),
];

/// Returns what each instruction does.
pub(super) fn table(layout: Layout, is_python2: bool) -> [Option<Op>; 256] {
    let column = match layout {
        Layout::Old | Layout::P36 => 0,
        Layout::P311 | Layout::P312 => 1,
        Layout::P313 => 2,
        Layout::P314 => 3,
    };
    let mut table = [None; 256];
    for (op, numbers) in NUMBERS {
        table[usize::from(numbers[column])] = Some(*op);
    }
    table[0] = Some(Op::Nop);
    if layout == Layout::Old {
        table[54] = Some(Op::StoreMap);
        if is_python2 {
            table[145] = Some(Op::Extended);
        }
        // Calls and functions are made in other ways.
        table[132] = None;
    }
    table
}
